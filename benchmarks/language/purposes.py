"""Purposes of stretches of the reference, found by models that saw none of the people of the call, beside tagged."""

from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from scipy import sparse
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.ngram_fit import features, fit
from models.ratings.reference import Reference
from pipeline.language.ngram_model import weights_table
from pipeline.language.purposes import HOME, PURPOSE_VIEWS, find_purposes, purpose_units
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.values import PURPOSES

STRENGTH, SMALLEST = 0.3, 0.01
OFTEN_HOME = ("account", "deal", "coaching")  # purposes of kinds of meeting that are tagged often enough
HEAD_START = 0.6  # of what is learnt of the meeting's own purpose: all of it would hide detours
SELDOM_HOME = ("forecast", "pipeline")  # of these too few are: what is learnt of the others stands for them
WORTH = {"near:": 0.6, "far:": 0.3}  # of words around an utterance beside its own
CUSTOMERS = ("discovery_call", "demo_call", "negotiation_call")


class Material(NamedTuple):
    """The utterances of the calls whose stretches are tagged, with `purpose`, as the model reads them."""

    units: pl.DataFrame
    matrix: sparse.csr_matrix
    names: list[str]


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
    """The material of the tagged calls."""
    truth = tagged_purposes(reference)
    talk = Talk.validate(reference.talk.join(truth, on=["call_id", "idx"], how="semi"))
    units = purpose_units(talk).join(truth, on=["call_id", "idx"], maintain_order="left")
    return Material(units, *features(units, PURPOSE_VIEWS))


def fit_purposes(material: Material, calls: list[str]) -> dict[str, dict[str, float]]:
    """A model for each purpose from the tagged calls among these."""
    worth = np.array([next((w for mark, w in WORTH.items() if name.startswith(mark)), 1.0) for name in material.names])
    rows = material.units.with_row_index("at").filter(pl.col("call_id").is_in(calls))["at"].to_numpy()
    matrix = (material.matrix[rows] @ sparse.diags(worth)).tocsc()
    purpose = material.units["purpose"].to_numpy()[rows]
    worth_of = dict(zip(material.names, worth, strict=True)) | {"": 1.0}
    models = {}
    for name in PURPOSES:
        own = [at for at, gram in enumerate(material.names) if not gram.startswith(HOME) or gram == f"{HOME}{name}"]
        fitted = fit(
            matrix[:, own].tocsr(), [material.names[at] for at in own], purpose == name, STRENGTH, smallest=SMALLEST
        )
        models[name] = {gram: round(weight * worth_of[gram], 4) for gram, weight in fitted.items()}
    usual = max(np.mean([models[name].get(f"{HOME}{name}", 0.0) for name in OFTEN_HOME]), 0.0)
    for name in SELDOM_HOME:
        models[name][f"{HOME}{name}"] = round(float(usual), 4)
    for name in PURPOSES:
        models[name][f"{HOME}{name}"] = round(HEAD_START * models[name].get(f"{HOME}{name}", 0.0), 4)
    return models


def purposes_unseen(reference: Reference, talk: dy.DataFrame[Talk], fold: dict[str, int]) -> dy.DataFrame[Purposes]:
    """The purposes of all of `talk` by models that saw none of the people of a call."""
    material = read_material(reference)
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    parts = []
    for number in sorted(set(fold.values())):
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
