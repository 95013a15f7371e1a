"""How findings agree with a reference: by sentence, by call, by utterance."""

import numpy as np
import polars as pl
from sklearn.metrics import precision_recall_fscore_support

from models.ratings.reference import Reference


def precision_recall_f1(truth: np.ndarray, guess: np.ndarray) -> list[float]:
    """Precision, recall and F1 of yes among yes and no."""
    return [float(score) for score in precision_recall_fscore_support(truth, guess, average="binary")[:3]]


def levels(reference: Reference, element: str) -> pl.DataFrame:
    """The median level of an element by call: call_id, level."""
    scored = reference.scores.filter(pl.col("element") == element)
    return scored.group_by("call_id").agg(pl.col("level").median())


def f1(found: set[object], wanted: set[object]) -> float:
    """The harmonic mean of precision and recall of a set."""
    return 2 * len(found & wanted) / max(1, len(found) + len(wanted))


def calls_of(frame: pl.DataFrame) -> set[object]:
    """The calls in a frame."""
    return set(frame["call_id"].unique())


def call_figures(found: pl.DataFrame, truth: pl.DataFrame, least: int) -> str:
    """F1 over calls of a finding against a level of at least `least`, and the share of the other calls left alone."""
    everything, wanted = calls_of(truth), calls_of(truth.filter(pl.col("level") >= least))
    got = calls_of(found) & everything
    rest = everything - wanted
    return f"{f1(got, wanted):.2f} ({len(rest - got) / len(rest):.2f})"


def always(truth: pl.DataFrame, least: int) -> str:
    """The figure of saying yes to every call."""
    return f"always yes: {call_figures(truth, truth, least)}"


def near(found: pl.DataFrame, tagged: pl.DataFrame) -> str:
    """Precision and recall of utterances, one beside counting as right."""
    got, wanted = (set(frame.select("call_id", "idx").iter_rows()) for frame in (found, tagged))

    def around(places: set[tuple[str, int]]) -> set[tuple[str, int]]:
        return {(call, idx + step) for call, idx in places for step in (-1, 0, 1)}

    return f"{len(got & around(wanted)) / max(1, len(got)):.2f} / {len(wanted & around(got)) / len(wanted):.2f}"
