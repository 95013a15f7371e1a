"""Fit what words alone say of acts, put it beside the networks, and make the whole's probabilities hold.

    python -m benchmarks.training.act_words --corpora ../shared/data

Reads the annotated units of every public corpus and of our own (benchmarks/people/annotated.py), without what is held
out; text with marks and without. Run it after `benchmarks.training.acts`, whose networks (`--networks`) stay as they
are. Writes pipeline/language/weights/acts, or `--out`. `--without` leaves out corpora by their names on the page of
unseen corpora.
"""

from pathlib import Path
from zlib import crc32

import numpy as np
import polars as pl
from cyclopts import App
from sklearn.linear_model import LogisticRegression

from benchmarks.language.act_corpora import BARE, CHOOSING, exchanges, held_people, scripted
from benchmarks.paths import SCRIPTED
from benchmarks.people.annotated import HELD_OUT, ami, annotated
from benchmarks.training.calibration import calibrated, warmed
from models.ratings.reference import load_reference
from pipeline.language.act_model.model import ActModel, load, save
from pipeline.language.act_model.network import ends_kept
from pipeline.language.act_model.words import SIGNS, ActWords, gram_matrix, grams_of
from pipeline.language.sentences import WEIGHTS
from pipeline.language.text import Ints, marked_words_of, word_bits
from pipeline.tables.values import ACTS

SHARE = 0.7  # of the log odds that the words alone say; chosen across corpora that the networks never read
ASK_ODDS = -1.0  # log odds of asking, chosen with it
MOST_UNITS = {"ami": 8_000}  # of a corpus, taken at random from it
USUAL_MOST = 4_000
BY_MARK = "primock57"  # its questions are known by their marks, so that it is read without them
RAREST = 4  # units, with marks and without, that must have a word
STRENGTH = 3.0  # C of the regressions

app = App()


def units(corpora: Path, without: tuple[str, ...]) -> pl.DataFrame:
    """The annotated units that are not held out, as `annotated` gives them, with `open` of questions."""
    meetings = ~HELD_OUT & ~pl.col("meeting").str.contains(CHOOSING)
    rows = pl.concat([annotated(corpora).filter(pl.col("corpus") != "ami"), ami(corpora, meetings=meetings)])
    people = held_people(load_reference(SCRIPTED).calls)
    seen = people.filter(~pl.col("held"))["call_id"]
    register, calls = pl.col("corpus").str.strip_prefix("ours: "), pl.col("corpus") == "ours: calls"
    name = pl.format("held own {} {}", register, "call_id")
    by_name = name.map_elements(lambda name: crc32(name.encode()) % 6 == 0, pl.Boolean)
    own = pl.col("corpus").str.starts_with("ours: ")
    held = pl.when(calls).then(~pl.col("call_id").is_in(seen.implode())).otherwise(own & by_name)
    opened = pl.when(pl.col("kind") != "none").then(pl.col("kind") == "open")
    return rows.filter(~held, ~pl.col("corpus").is_in(without)).with_columns(open=opened)


def cut(rows: pl.DataFrame) -> pl.DataFrame:
    """As many units of each corpus as are read of it at most."""
    parts = rows.group_by(["corpus"], maintain_order=True)
    most = {name: MOST_UNITS.get(str(name), USUAL_MOST) for (name,), _ in parts}
    return pl.concat([part.sample(min(part.height, most[name]), seed=0) for (name,), part in parts])


def both_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """The units with their marks and again without."""
    return pl.concat([rows.filter(pl.col("corpus") != BY_MARK), rows.with_columns(BARE.alias("text"))])


def read_words(texts: pl.Series) -> tuple[Ints, Ints]:
    """The words of texts as the networks read them, and how many each has."""
    marked = pl.DataFrame({"text": texts}).select(marked_words_of(pl.col("text")).alias("words"))["words"]
    return ends_kept(word_bits(marked.explode(empty_as_null=False)), marked.list.len().to_numpy().astype(np.int64))


def fit_words(rows: pl.DataFrame) -> ActWords:
    """A regression for each sign on the units of which it is known."""
    parts = {sign: both_texts(cut(rows.filter(pl.col(sign).is_not_null()))) for sign in SIGNS}
    every = pl.concat([part.select("corpus", "call_id", "unit", "text") for part in parts.values()]).unique(
        maintain_order=True
    )
    sentence, numbers = grams_of(*read_words(every["text"]))
    pairs = np.unique(np.stack([numbers.astype(np.int64), sentence]), axis=1)
    grams, n = np.unique(pairs[0], return_counts=True)
    known = grams[n >= RAREST].astype(np.uint32)
    weights, bias = [], []
    for sign, part in parts.items():
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300)
        model.fit(gram_matrix(*read_words(part["text"]), known), part[sign].to_numpy())
        weights.append(model.coef_[0])
        bias.append(model.intercept_[0])
        print(f"{sign}: {part.height:,} units of {part['corpus'].n_unique()} corpora", flush=True)
    return ActWords(known, np.stack(weights, 1), np.array(bias))


@app.default
def train(*, corpora: Path, networks: Path = WEIGHTS, out: Path = WEIGHTS, without: tuple[str, ...] = ()) -> None:
    """Fit, calibrate and write."""
    held = pl.concat([scripted(SCRIPTED), exchanges()]).filter("held")
    registers = [name.removeprefix("ours: ") for name in without]
    held = held.filter(*(~pl.col("call_id").str.starts_with(f"own {name} ") for name in registers))
    alone = calibrated(ActModel(load(networks).networks), held)
    words = fit_words(units(corpora, without))
    scale = SHARE * alone.temperature
    beside = words._replace(weights=words.weights * scale, bias=words.bias * scale)
    odds = tuple(odd + ASK_ODDS * (act in SIGNS["ask"]) for odd, act in zip(alone.odds, ACTS, strict=True))
    out.mkdir(parents=True, exist_ok=True)
    save(warmed(alone._replace(words=beside, odds=odds), held), out)


if __name__ == "__main__":
    app()
