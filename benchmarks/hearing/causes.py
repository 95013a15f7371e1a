"""What moves colours: the words that are misheard, where turns are cut, or how text is written.

Each conversation is judged again with one of these as it was spoken and the rest as it was heard: the words of each
side are laid along each other by the alignment that word errors are counted by.
"""

from collections.abc import Sequence

import dataframely as dy
import jiwer
import polars as pl

from benchmarks.hearing.spoken import READ
from benchmarks.labels.accuracy import bare
from benchmarks.paths import SCRIPTED
from models.features.encoder import load_encoder
from models.label import Labeller, label
from models.learning.element_model import ElementModel
from models.learning.train import TrainingData, train
from models.ratings.misheard import some_misheard
from models.ratings.reference import analyse_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from models.registry.in_use import load_models
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.language.text import plain_tokens
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements
from pipeline.transcripts.roles import talk_of

SPOKEN, HEARD, WORDS, TURNS, BARE = "spoken", "heard", "words heard", "turns heard", "bare"
COMPARED = {
    "words and turns as heard": HEARD,
    "words as heard, turns as spoken": WORDS,
    "turns as heard, words as spoken": TURNS,
    "words and turns as spoken, without case and marks": BARE,
}
UNSEEN = "words and turns as heard, classifiers that learnt from nobody in these conversations"
CALL = ["conversation", "version"]


def causes(store: Store, listed: pl.DataFrame, kind: str, settings: Settings) -> pl.DataFrame:
    """What is judged, the colours, the share that differ from those of what was spoken, and how far expected levels
    move: cause, n, changed, moved. The last row is of classifiers made without the people of these conversations."""
    elements = load_rubrics(settings.rubrics)
    versions = _versions(store, listed.filter(pl.col("kind").is_in([READ, kind])), elements)
    model_ids = store.read("labels", where=pl.col("current"))["model_id"].unique().to_list()
    judged = _judged(versions, elements, load_models(store, model_ids), settings)
    unseen = _judged(versions, elements, _strangers(set(listed["conversation"]), elements, settings), settings)
    rows = [_compared(judged, version, cause) for cause, version in COMPARED.items()]
    return pl.concat([*rows, _compared(unseen, HEARD, UNSEEN)])


def laid(turns: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The words of `texts` on the turns of a side: each where the word lies that it is aligned with."""
    said = [(turn, word) for turn, text in enumerate(turns) for word in text.split()]
    words = [word for text in texts for word in text.split()]
    found: list[list[str]] = [[] for _ in turns]
    aligned = jiwer.process_words(_comparable([word for _, word in said]), _comparable(words))
    for chunk in aligned.alignments[0]:
        n_said, n_heard = chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx
        for number in range(n_heard):
            at = chunk.ref_start_idx + (number * n_said // n_heard if n_said else -1)
            found[said[max(at, 0)][0]].append(words[chunk.hyp_start_idx + number])
    return [" ".join(spoken) for spoken in found]


def _comparable(words: list[str]) -> str:
    return " ".join(word or "-" for word in plain_tokens(pl.Series(words, dtype=pl.String)))


def _versions(store: Store, listed: pl.DataFrame, elements: dy.DataFrame[Elements]) -> dy.DataFrame[Talk]:
    """Every version of each conversation as a call of its own, named `conversation|version`."""
    calls = store.read("calls", where=pl.col("status") == "ok").join(listed.select("call_id"), on="call_id")
    utterances = store.read("utterances").join(calls.select("call_id"), on="call_id")
    talk = talk_of(utterances, calls, elements).join(listed, on="call_id")
    versions = []
    for (conversation,), both in talk.group_by("conversation", maintain_order=True):
        spoken, heard = (both.filter(chosen).sort("idx") for chosen in (pl.col("kind") == READ, pl.col("kind") != READ))
        if spoken.height and heard.height:
            texts = {SPOKEN: spoken, HEARD: heard, WORDS: _with_words(spoken, heard), TURNS: _with_words(heard, spoken)}
            versions += [
                rows.with_columns(call_id=pl.lit(f"{conversation}|{version}")) for version, rows in texts.items()
            ]
            versions.append(
                bare(Talk.validate(spoken.select(Talk.column_names()), cast=True)).with_columns(
                    call_id=pl.lit(f"{conversation}|{BARE}")
                )
            )
    spoken = pl.concat(rows.select(Talk.column_names()) for rows in versions).filter(pl.col("text") != "")
    n_words = pl.col("text").str.extract_all(r"\S+").list.len().cast(pl.Int64)
    return Talk.validate(spoken.with_columns(n_words=n_words, idx=pl.int_range(pl.len()).over("call_id")), cast=True)


def _with_words(turns: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    sides = []
    for (side,), mine in turns.group_by("side", maintain_order=True):
        theirs = texts.filter(side=side)["text"].to_list()
        sides.append(mine.with_columns(text=pl.Series(laid(mine["text"].to_list(), theirs), dtype=pl.String)))
    return pl.concat(sides).sort("idx")


def _strangers(conversations: set[str], elements: dy.DataFrame[Elements], settings: Settings) -> list[ElementModel]:
    """Classifiers that learnt from the reference without anybody who speaks in these conversations."""
    reference = load_reference(SCRIPTED)
    people = reference.calls.select("call_id", person=pl.concat_list("lead_id", "other_id")).explode("person")
    present = people.filter(pl.col("call_id").is_in(list(conversations)))
    met = people.join(present, on="person", how="semi").select("call_id").unique()
    talk = Talk.validate(reference.talk.join(met, on="call_id", how="anti"))
    acts = acts_of(talk, SCRIPTED)
    data = TrainingData(
        talk,
        acts,
        reference_scores(SCRIPTED),
        reference.calls.join(met, on="call_id", how="anti"),
        turns=reference.turns.join(met, on="call_id", how="anti"),
        findings=analyse_unseen(reference, talk, acts),
        misheard=some_misheard(talk, SCRIPTED),
    )
    return train(data, elements, load_encoder(settings)).models


def _judged(
    talk: dy.DataFrame[Talk], elements: dy.DataFrame[Elements], models: Sequence[ElementModel], settings: Settings
) -> pl.DataFrame:
    acts = classify_acts(talk)
    labeller = Labeller(elements, models, load_encoder(settings))
    labels = label(talk, acts, labeller, findings=analyse(talk, acts)).labels
    names = pl.col("call_id").str.split_exact("|", 1).struct.rename_fields(CALL)
    return labels.drop_nulls("level").with_columns(names.alias("names")).unnest("names")


def _compared(judged: pl.DataFrame, version: str, cause: str) -> pl.DataFrame:
    key = ["conversation", "rubric", "element"]
    said = judged.filter(version=SPOKEN).select(*key, said="level", said_expected="expected_level")
    both = judged.filter(version=version).join(said, on=key)
    return both.select(
        cause=pl.lit(cause),
        n=pl.len(),
        changed=(pl.col("level") != pl.col("said")).mean(),
        moved=(pl.col("expected_level") - pl.col("said_expected")).abs().mean(),
    )
