"""Gate: the figures of a cross-validated classifier, and what it must reach before it may be called calibrated."""

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ratings.agreement import bootstrap, mean_qwk, qwk
from models.ratings.alternative_annotator import stand_in
from pipeline.tables.values import LEVELS

RISK = 0.05  # that a label is more than one level off


class Gate(NamedTuple):
    """What a model must reach, cross-validated, to become calibrated; `floor` and `low` where nobody scored twice."""

    behind_people: float = 0.10
    smd: float = 0.15
    ece: float = 0.08
    floor: float = 0.60
    low: float = 0.40


class Validated(NamedTuple):
    """Probabilities for each call by models that had not seen its fold, beside the level that its scores come to.

    in_use: the level without people's scores: by the reference as it is, or the most frequent level where there is none
    by_words, by_keywords: levels by the words alone, and by how many words of the green anchor are said
    rubric: the rubric by which people scored the call; empty where only the reference did
    groups: the same number for calls that no two folds share, which `apart` says what they are: people, people of the
        other side, or only calls
    """

    calls: list[str]
    fold: NDArray[np.int64]
    levels: NDArray[np.int64]
    chances: NDArray[np.float64]
    given: NDArray[np.int64]
    by_words: NDArray[np.int64]
    by_keywords: NDArray[np.int64]
    in_use: NDArray[np.int64]
    rubric: NDArray[np.str_]
    groups: NDArray[np.int64]
    apart: str = "people"

    def take(self, rows: NDArray[np.bool_]) -> "Validated":
        """The same for some calls."""
        calls = [call for call, taken in zip(self.calls, rows, strict=True) if taken]
        return Validated(
            calls,
            self.fold[rows],
            self.levels[rows],
            self.chances[rows],
            self.given[rows],
            self.by_words[rows],
            self.by_keywords[rows],
            self.in_use[rows],
            self.rubric[rows],
            self.groups[rows],
            self.apart,
        )


def judge(validated: Validated, ratings: NDArray[np.float64]) -> dict[str, Any]:
    """The figures of a cross-validation; None where they are not defined. `ratings` are calls by raters."""
    levels, chances, given = validated.levels, validated.chances, validated.given
    by_people = validated.rubric != ""
    pairs = np.stack([levels, given], axis=1).astype(float)
    low, high = bootstrap(lambda rows: qwk(rows[:, 0], rows[:, 1]), pairs)
    instead = stand_in(ratings, given)
    frequent = np.bincount(levels).argmax()
    plain = {
        "constant": np.full_like(given, frequent),
        "keywords": validated.by_keywords,
        "words": validated.by_words,
    }
    figures = {
        "n_train": len(levels),
        "n_raters": ratings.shape[1],
        "qwk": qwk(levels, given),
        "qwk_low": low,
        "qwk_high": high,
        "human_qwk": mean_qwk(ratings[by_people] if by_people.any() else ratings),
        **{f"{name}_qwk": qwk(levels, by_it) for name, by_it in plain.items()},
        **{f"{name}_wins": stand_in(ratings, by_it).wins for name, by_it in plain.items()},
        "exact": float((levels == given).mean()),
        "adjacent": float((abs(levels - given) <= 1).mean()),
        "majority": float((levels == frequent).mean()),
        "smd": mean_difference(levels, given),
        "ece": expected_calibration_error(levels, chances),
        "wins": instead.wins,
        "advantage": instead.advantage,
        "kept": float((within_one(chances, given) >= sure_from(levels, chances, given)).mean()),
        "apart": validated.apart,
    }
    return {name: None if value != value else value for name, value in figures.items()}  # only nan differs from itself


def objections(figures: dict[str, Any], gate: Gate) -> Iterable[str]:
    """Why figures do not pass the gate, one sentence each; none where they do."""
    value = {name: 0.0 if number is None else number for name, number in figures.items()}
    if figures["human_qwk"] is None:
        if value["qwk"] < gate.floor or value["qwk_low"] < gate.low:
            yield f"QWK {value['qwk']:.2f} (from {value['qwk_low']:.2f}); needed {gate.floor} (from {gate.low})"
    elif value["human_qwk"] - value["qwk"] > gate.behind_people:
        yield f"QWK {value['qwk']:.2f} is more than {gate.behind_people} under the raters' {value['human_qwk']:.2f}"
    if value["smd"] > gate.smd:
        yield f"standardised mean difference {value['smd']:.2f} is over {gate.smd}"
    if value["ece"] > gate.ece:
        yield f"expected calibration error {value['ece']:.2f} is over {gate.ece}"
    if value["qwk"] <= value["words_qwk"]:
        yield f"no better than the words alone (QWK {value['words_qwk']:.2f})"
    if value["exact"] <= value["majority"]:
        yield f"no better than always saying the most frequent level ({value['majority']:.0%})"
    if figures["apart"] == "calls":
        yield "judged on people it had learnt from: too few for some to be left out"


def sure_from(levels: NDArray[np.int64], chances: NDArray[np.float64], given: NDArray[np.int64]) -> float:
    """The chance of being at most one level off from which a label is not put to review (conformal).

    That chance must be 1 - RISK by the model's own word, and so high that of calls judged like these "more than one
    level off" is wrongly ruled out for a share of RISK at most. From too few calls to tell, it is 1.
    """
    from mapie.classification import SplitConformalClassifier

    from models.learning.classifiers import Given

    if len(levels) < 1 / RISK:
        return 1.0
    said = within_one(chances, given)
    near = (abs(levels - given) <= 1).astype(np.int64)
    conformal = SplitConformalClassifier(Given(n_levels=2), confidence_level=1 - RISK, prefit=True)
    with warnings.catch_warnings():  # of calls all judged well it says that one of the two outcomes never came
        warnings.filterwarnings("ignore", message="WARNING: your conformalization dataset has less labels")
        conformal.conformalize(np.stack([1 - said, said], axis=1), near)
    tried = np.linspace(0, 1, 1001)
    far_ruled_out = ~conformal.predict_set(np.stack([1 - tried, tried], axis=1))[1][:, 0, 0]
    return max(1 - RISK, float(tried[far_ruled_out].min(initial=1.0)))


def within_one(chances: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance, said by the model, that the level given is at most one off: one number per row of chances."""
    gap = abs(np.arange(len(LEVELS)) - given[:, None])
    said: NDArray[np.float64] = (chances * (gap <= 1)).sum(axis=1)
    return said


def expected_calibration_error(levels: NDArray[np.int64], chances: NDArray[np.float64], *, bins: int = 5) -> float:
    """Mean gap between "at least orange, yellow, green" as said and as found, in bins of equal size."""
    said = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1][:, 1:].ravel()
    found = (levels[:, None] >= np.arange(1, len(LEVELS))).ravel()
    parts = np.array_split(np.argsort(said, kind="stable"), bins)
    return float(sum(abs(said[part].sum() - found[part].sum()) for part in parts) / len(said))


def mean_difference(levels: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """Standardised mean difference: of the model's levels from the raters', in their pooled standard deviation."""
    spread = np.sqrt((levels.var() + given.var()) / 2)
    return float(abs(given.mean() - levels.mean()) / spread) if spread else 0.0
