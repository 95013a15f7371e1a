"""Model card: what a classifier learnt from, how far it can be relied on, and where it is weak."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.element_model import ElementModel
from models.learning.gate import RISK
from pipeline.tables.values import LEVELS

CHANCES = [f"p_{color}" for color in LEVELS]
BINS = 5
RARE = 10  # calls of a level below which it is hardly learnt
OFTEN = 0.3  # share of a level's calls given another level, that is worth naming
SIDE, EDGE = 240, 30  # pixels of the reliability plot

BASES = {
    "people": "scores by people",
    "people and reference": "scores by people, on top of reference scores by language models",
    "people and earlier wording": "scores by people, on top of scores by an earlier wording that meant something else",
    "people, reference and earlier wording": "scores by people, on top of reference scores by language models and of "
    "their own by an earlier wording that meant something else, which is a source apart",
    "people (other rubrics)": "scores by people who scored by other rubrics, so nothing is known of how it does here",
    "reference": "reference scores by language models: they agree far more than people do and say nothing of people",
    "earlier wording": "scores by an earlier wording, which meant something else",
    "anchors": "no scores at all, only the words of the anchors",
}
STAND_IN = "alternative annotator test"


def card(model: ElementModel, row: Mapping[str, Any], validated: pl.DataFrame) -> str:
    """The card in Markdown, from the model, its row of the table and its rows of `Trained.validated`.

    It shows the plot of `reliability_svg` as reliability.svg, to be written beside it.
    """
    parts = [_data(model, row), _gate(model)]
    if validated.height:
        levels, given = validated["level"].to_numpy(), validated["given"].to_numpy()
        chances = validated.select(CHANCES).to_numpy()
        parts += [_figures(model), _confusion(levels, given), _reliability(levels, chances)]
        parts.append(_weaknesses(model, levels, given))
    return "\n\n".join([f"# {model.element} in {model.rubric}", *parts]) + "\n"


def reliability(levels: NDArray[np.int64], chances: NDArray[np.float64]) -> pl.DataFrame:
    """Said and found shares of "at least orange, yellow, green", in bins of equal size: said, found, n."""
    said = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1][:, 1:].ravel()
    found = (levels[:, None] >= np.arange(1, len(LEVELS))).ravel()
    bins = np.array_split(np.argsort(said, kind="stable"), BINS)
    rows = [(float(said[part].mean()), float(found[part].mean()), len(part)) for part in bins if len(part)]
    return pl.DataFrame(rows, schema={"said": pl.Float64, "found": pl.Float64, "n": pl.Int64}, orient="row")


def reliability_svg(validated: pl.DataFrame) -> str:
    """The plot of `reliability`: said to the right, found upwards; a perfect model lies on the line."""
    shares = reliability(validated["level"].to_numpy(), validated.select(CHANCES).to_numpy())
    low, high = EDGE, SIDE - EDGE

    def at(said: float, found: float) -> str:
        return f"{low + said * (high - low):.1f},{high - found * (high - low):.1f}"

    points = [at(said, found) for said, found, _ in shares.iter_rows()]
    dots = "".join('<circle cx="{}" cy="{}" r="4"/>'.format(*point.split(",")) for point in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" role="img" font-size="11">'
        "<title>Said and found shares of levels</title>"
        f'<path d="M{at(0, 1)} {at(0, 0)} {at(1, 0)}" fill="none" stroke="#888"/>'
        f'<path d="M{at(0, 0)} {at(1, 1)}" stroke="#bbb" stroke-dasharray="4"/>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#2b6cb0"/><g fill="#2b6cb0">{dots}</g>'
        f'<text x="{SIDE // 2}" y="{SIDE - 8}" text-anchor="middle">said</text>'
        f'<text x="12" y="{SIDE // 2}" text-anchor="middle" transform="rotate(-90 12 {SIDE // 2})">found</text></svg>\n'
    )


def _data(model: ElementModel, row: Mapping[str, Any]) -> str:
    apart = model.figures.get("apart")
    lines = [
        f"- status: **{model.status}**",
        f"- learnt from: {BASES[model.basis]}",
        f"- calls: {row['n_train']}{_of_whom(model.figures)}, raters: {row['n_raters']}",
        f"- trained: {row['trained_at']:%Y-%m-%d %H:%M} UTC",
        f"- encoder: {model.encoder}, features version {model.features_version}",
        f"- anchors: {model.rubric_hash}, scores: {model.data_hash}, model: {model.model_id}",
    ]
    return "\n".join(lines + ([f"- judged on calls whose {apart} it had not learnt from"] if apart else []))


def _of_whom(figures: dict[str, Any]) -> str:
    if not figures.get("n_people"):
        return ""
    counts = f"{figures['n_people']} scored by people, {figures['n_people_here']} of them by this rubric"
    earlier = f", {figures['n_earlier']} by an earlier wording" if figures.get("n_earlier") else ""
    return f" ({counts}, {figures['n_reference']} by the reference{earlier})"


def _gate(model: ElementModel) -> str:
    if not model.reasons:
        return f"Gate: {model.gate}."
    return "\n".join([f"Gate: {model.gate}.", "", *(f"- {reason}" for reason in model.reasons)])


def _figures(model: ElementModel) -> str:
    told = model.figures
    rows = {
        "QWK with the raters' median": f"{_of(told, 'qwk')} ({_of(told, 'qwk_low')} to {_of(told, 'qwk_high')})",
        "QWK between raters": _of(told, "human_qwk"),
        "QWK by a bag of words": _of(told, "words_qwk"),
        "QWK by the words of the green anchor": _of(told, "keywords_qwk"),
        "QWK of always the most frequent level": _of(told, "constant_qwk"),
        "same level": _of(told, "exact", "{:.0%}"),
        "at most one level off": _of(told, "adjacent", "{:.0%}"),
        "always the most frequent level": _of(told, "majority", "{:.0%}"),
        "standardised mean difference": _of(told, "smd"),
        "expected calibration error": _of(told, "ece"),
        f"not put to review (at most {RISK:.0%} more than one level off)": _of(told, "kept", "{:.0%}"),
        f"{STAND_IN}: raters it may replace": _of(told, "wins", "{:.0%}"),
        f"{STAND_IN}: raters a bag of words may replace": _of(told, "words_wins", "{:.0%}"),
        f"{STAND_IN}: raters the words of the green anchor may replace": _of(told, "keywords_wins", "{:.0%}"),
        f"{STAND_IN}: raters the most frequent level may replace": _of(told, "constant_wins", "{:.0%}"),
        f"{STAND_IN}: calls on which it does as well": _of(told, "advantage", "{:.0%}"),
    }
    return "\n".join(
        ["## Figures", "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    )


def _of(figures: dict[str, Any], name: str, form: str = "{:.2f}") -> str:
    value = figures.get(name)
    return "unknown" if value is None else form.format(value)


def _confusion(levels: NDArray[np.int64], given: NDArray[np.int64]) -> str:
    table = _counts(levels, given)
    rows = [(color, *row) for color, row in zip(LEVELS, table, strict=True)]
    return "\n".join(["## Confusion", "", _table(("raters' median", *LEVELS), rows)])


def _reliability(levels: NDArray[np.int64], chances: NDArray[np.float64]) -> str:
    rows = [(f"{said:.2f}", f"{found:.2f}", n) for said, found, n in reliability(levels, chances).iter_rows()]
    plot = "![said and found shares](reliability.svg)"
    return "\n".join(["## Reliability", "", plot, "", _table(("said", "found", "n"), rows)])


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _weaknesses(model: ElementModel, levels: NDArray[np.int64], given: NDArray[np.int64]) -> str:
    table = _counts(levels, given)
    found = []
    for level, (color, row) in enumerate(zip(LEVELS, table, strict=True)):
        if row.sum() < RARE:
            found.append(f"only {row.sum()} calls were {color}: it is hardly learnt")
            continue
        other = int(np.where(np.arange(len(row)) == level, -1, row).argmax())
        if row[other] >= OFTEN * row.sum():
            found.append(f"{color} is taken for {LEVELS[other]} in {row[other]} of {row.sum()} calls")
    lean = float((given - levels).mean())
    if abs(lean) >= 0.1:
        found.append(f"it is {'milder' if lean > 0 else 'stricter'} than the raters by {abs(lean):.2f} levels")
    if model.basis == "reference":
        found.append("in its calls every level is about as common as the others, which real calls are not")
    found.append("it reads the transcript alone: tone of voice and what the recogniser missed are lost on it")
    return "\n".join(["## Known weaknesses", "", *(f"- {weakness}" for weakness in found)])


def _counts(levels: NDArray[np.int64], given: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.zeros((len(LEVELS), len(LEVELS)), np.int64)
    np.add.at(table, (levels, given), 1)
    return table
