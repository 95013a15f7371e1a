"""Purposes of stretches of the reference, found by models that saw none of the people of the call, beside tagged.

Models learn from the writer's tags of the newer calls, from one reader's of the older meetings and from the meetings
beside the reference (see `written.with_learnt`); the other reader's tags judge them (see
`action_matching.with_all_tags`).
"""

from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.ngram_fit import features, fit
from benchmarks.paths import SCRIPTED
from models.features.encoder import Lexical
from models.ratings.reference import Reference
from pipeline.language.ngram_model import weights_table, word_kind
from pipeline.language.purposes import HOME, OPEN, PURPOSE_VIEWS, find_purposes, purpose_units
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.values import PURPOSES

STRENGTH, SMALLEST = 0.3, 0.01
HEAD_START = 0.7  # of what is learnt of the meeting's own purpose: all of it would hide detours
OPEN_START = 0.5  # the same of what is learnt of one-on-ones, which those of the reference spend mostly on coaching
BALANCE = 0.3  # how far purposes that are seldom tagged count more: 0 not at all, 1 as much as the others
SELDOM = 0.001  # the least share of a purpose that BALANCE is reckoned with
WORTH = {"near:": 0.6, "far:": 0.15}  # of words around an utterance beside its own
LEARNT_READER = "Q"
CUSTOMERS = ("discovery_call", "demo_call", "negotiation_call")


class Material(NamedTuple):
    """The utterances of the calls whose stretches are tagged, with `purpose`, as the model reads them: runs of words
    and signs, and the sums of the vectors of what the words mean, a row for each utterance."""

    units: pl.DataFrame
    matrix: sparse.csr_matrix
    names: list[str]
    meanings: NDArray[np.float32]


def tagged_purposes(reference: Reference) -> pl.DataFrame:
    """The tagged purpose of each utterance: call_id, idx, purpose; talk with customers counts as of a deal."""
    tags = reference.purposes.with_columns(pl.col("purpose").replace("customer", "deal"))
    rows = (
        reference.talk.join(tags.select("call_id").unique(), on="call_id", how="semi")
        .select("call_id", "idx")
        .sort("call_id", "idx")
        .join(tags, on=["call_id", "idx"], how="left", maintain_order="left")
    )
    begun = pl.col("purpose").forward_fill().backward_fill().over("call_id")
    return rows.with_columns(begun)


def read_material(reference: Reference) -> Material:
    """The material of the calls that the writer tagged, and of those that LEARNT_READER did."""
    of_reader = pl.read_csv(SCRIPTED / "purpose_tags.csv").filter(tagger=LEARNT_READER).rename({"turn": "idx"})
    tags = pl.concat([reference.purposes, of_reader.select(reference.purposes.columns)])
    truth = tagged_purposes(reference._replace(purposes=tags))
    talk = Talk.validate(reference.talk.join(truth, on=["call_id", "idx"], how="semi"))
    units = purpose_units(talk).join(truth, on=["call_id", "idx"], maintain_order="left")
    words, vectors = Lexical().of_words()
    meanings = [WORTH.get(view.mark, 1.0) * _bags(units[view.column], words) @ vectors for view in PURPOSE_VIEWS]
    return Material(units, *features(units, PURPOSE_VIEWS), np.hstack(meanings))


def _bags(texts: pl.Series, words: list[str]) -> sparse.csr_matrix:
    """Which of `words` each text has: texts by words."""
    column = pl.DataFrame({"word": words}).with_row_index("column")
    said = (
        pl.DataFrame({"word": texts.str.split(" ")}).with_row_index("row").explode("word").unique(maintain_order=True)
    )
    cells = said.join(column, on="word")
    ones = np.ones(cells.height, np.float32)
    shape = (len(texts), len(words))
    return sparse.csr_matrix((ones, (cells["row"].to_numpy(), cells["column"].to_numpy())), shape=shape)


def fit_purposes(material: Material, calls: list[str]) -> dict[str, dict[str, float]]:
    """A model for each purpose from the tagged calls among these.

    It learns by the words and by what they mean together, so that what it learns of a word goes for those that mean
    something like it. As the meaning of an utterance is the sum of that of its words, it becomes a weight of each.
    """
    worth = np.array([next((w for mark, w in WORTH.items() if name.startswith(mark)), 1.0) for name in material.names])
    rows = material.units.with_row_index("at").filter(pl.col("call_id").is_in(calls))
    at = rows["at"].to_numpy()
    matrix = (material.matrix[at] @ sparse.diags(worth)).tocsc()
    meanings = sparse.csc_matrix(material.meanings[at])
    marks = [f"~{column}" for column in range(meanings.shape[1])]
    purpose = rows["purpose"].to_numpy()
    worth_of = dict(zip(material.names, worth, strict=True)) | {"": 1.0}
    words, vectors = Lexical().of_words()
    kinds = pl.DataFrame({"word": words}).select(gram=word_kind(pl.col("word")))
    models = {}
    for name in PURPOSES:
        own = [at for at, gram in enumerate(material.names) if not gram.startswith(HOME) or gram == f"{HOME}{name}"]
        wanted = purpose == name
        counts = np.where(wanted, (1 / len(PURPOSES) / max(wanted.mean(), SELDOM)) ** BALANCE, 1.0)
        fitted = fit(
            sparse.hstack([matrix[:, own], meanings]).tocsr(),
            [*(material.names[at] for at in own), *marks],
            wanted,
            STRENGTH,
            weight=counts,
            smallest=0.0,
        )
        of_words = _weights_of_words(kinds, vectors, np.array([fitted.pop(mark) for mark in marks]))
        model = {gram: weight * worth_of[gram] for gram, weight in fitted.items()}
        both = {gram: model.get(gram, 0.0) + of_words.get(gram, 0.0) for gram in model | of_words}
        models[name] = {gram: round(weight, 3) for gram, weight in both.items() if abs(weight) >= SMALLEST or not gram}
        for sign, start in ((f"{HOME}{name}", HEAD_START), (OPEN, OPEN_START)):
            models[name][sign] = round(start * models[name].get(sign, 0.0), 4)
    return models


def _weights_of_words(
    kinds: pl.DataFrame, vectors: NDArray[np.float32], learnt: NDArray[np.float64]
) -> dict[str, float]:
    """What is learnt of meanings, the columns of `Material.meanings`, as a weight of each gram of one word (`kinds`, a
    row for each of the vectors) in each view."""
    of_views = np.split(learnt, len(PURPOSE_VIEWS))
    weights: dict[str, float] = {}
    for view, part in zip(PURPOSE_VIEWS, of_views, strict=True):
        rated = kinds.with_columns(weight=WORTH.get(view.mark, 1.0) * vectors @ part)
        means = rated.group_by(pl.lit(view.mark) + pl.col("gram")).agg(pl.col("weight").mean()).sort("literal")
        weights |= dict(means.iter_rows())
    return weights


def purposes_unseen(learnt: Reference, talk: dy.DataFrame[Talk], fold: dict[str, int]) -> dy.DataFrame[Purposes]:
    """The purposes of all of `talk` by models that saw none of the people of a call."""
    material = read_material(learnt)
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    parts = []
    for number in sorted({fold[call] for call in talk["call_id"].unique()}):
        weights = weights_table(fit_purposes(material, [call for call, of in fold.items() if of != number]))
        parts.append(find_purposes(Talk.validate(talk.filter(of_fold == number)), weights=weights))
    return Purposes.validate(pl.concat(parts))


def stretch_kappa(reference: Reference, found: pl.DataFrame, calls: list[str] | None = None) -> dict[str, float]:
    """Cohen's kappa of found with tagged purposes over utterances: of all tagged calls, and of meetings alone."""
    both = tagged_purposes(reference).join(found.select("call_id", "idx", got="purpose"), on=["call_id", "idx"])
    kinds = reference.calls.select("call_id", "interaction")
    both = both.join(kinds, on="call_id")
    if calls is not None:
        both = both.filter(pl.col("call_id").is_in(calls))
    meetings = both.filter(~pl.col("interaction").is_in(CUSTOMERS))
    return {
        name: float(cohen_kappa_score(rows["purpose"], rows["got"]))
        for name, rows in (("all", both), ("meetings", meetings))
    }
