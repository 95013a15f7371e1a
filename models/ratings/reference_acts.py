"""The acts of the reference conversations, and of those of them that are misheard, kept beside the package: reading
them took most of a training's time."""

import hashlib
from pathlib import Path

import dataframely as dy
import polars as pl

from models.features.encoder import WEIGHTS as ENCODER
from models.ratings.reference import load_reference
from pipeline.language.acts import classify_acts
from pipeline.language.sentences import WEIGHTS
from pipeline.language.vocabulary import VOCABULARY
from pipeline.tables.conversations import Acts, Talk

KEPT = Path(__file__).parent / "weights" / "reference_acts.parquet"
KEPT_MISHEARD = KEPT.with_name("misheard_acts.parquet")
CHANNEL = KEPT.with_name("misheard.json")  # what `models.ratings.misheard` mishears by, and
LEXICON = ENCODER / "lexical.txt"  # the words that it knows


def acts_of(talk: dy.DataFrame[Talk], folder: Path) -> dy.DataFrame[Acts]:
    """What `classify_acts` finds in `talk`, from what is kept where a call is one of the reference in `folder`."""
    kept = of_same_texts(kept_acts(folder), talk, folder)
    others = Talk.validate(talk.join(kept, on="call_id", how="anti"))
    return Acts.validate(pl.concat([kept, classify_acts(others)]).sort("call_id", "idx", "sentence"))


def of_same_texts(kept: pl.DataFrame, talk: dy.DataFrame[Talk], folder: Path) -> pl.DataFrame:
    """The kept acts of those calls of `talk` whose texts are those of the reference in `folder`, to the letter."""
    at = ["call_id", "idx", "text"]
    some = talk.join(kept.select("call_id").unique(), on="call_id", how="semi")
    changed = some.join(load_reference(folder).talk, on=at, how="anti") if some.height else some
    return kept.join(some, on="call_id", how="semi").join(changed, on="call_id", how="anti")


def kept_acts(folder: Path, kept: Path = KEPT) -> pl.DataFrame:
    """The acts that are kept; none where they are of other conversations, weights, vocabulary or mishearing than
    today's."""
    if not kept.exists() or pl.read_parquet_metadata(kept).get("made_of") != made_of(folder):
        return Acts.create_empty()
    return pl.read_parquet(kept)


def made_of(folder: Path) -> str:
    """A digest of what acts depend on: the conversations, the weights, the vocabulary and what is misheard."""
    digest = hashlib.sha256()
    weights = sorted(path for path in WEIGHTS.parent.rglob("*") if path.is_file())
    for path in (folder / "conversations.jsonl", VOCABULARY, CHANNEL, LEXICON, *weights):
        digest.update(path.read_bytes())
    return digest.hexdigest()
