"""The calibration page: how far raters agree, how far models agree with them, and whether shares mean what they say."""

from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipeline.metrics.current_labels import SETTLED, judged_labels
from pipeline.pages.parts.ratings import words
from pipeline.pages.parts.typed_rows import rows_of
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS, MEETING
from pipeline.tables.wordings import USE, in_todays_words

N_BINS = 10
MIN_ALPHA = 0.6  # below, people should talk about what the levels mean
MAX_TODO = 3


@dataclass(frozen=True)
class Scope:
    """How far scores of an element agree between people, between automated raters, or between model and people."""

    scope: str
    n_calls: int
    n_raters: int
    alpha_ordinal: float | None
    qwk: float | None
    ac2: float | None
    exact: float | None
    adjacent: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ElementModel:
    """The newest classifier of an element, cross-validated."""

    qwk: float | None
    qwk_low: float | None
    qwk_high: float | None
    human_qwk: float | None
    ece: float | None
    smd: float | None
    n_train: int
    gate: str


@dataclass(frozen=True)
class Element:
    """An element with its agreement and classifier; `stale` where that was trained on other anchors."""

    title: str
    scopes: list[Scope] | None
    model: ElementModel | None
    stale: bool | None


@dataclass(frozen=True)
class Kind:
    """The elements of one rubric."""

    rubric_title: str
    elements: list[Element]


@dataclass(frozen=True)
class Raters:
    """The scores at hand of one kind of rater."""

    rater_kind: str
    scores: int
    raters: int
    calls: int


@dataclass(frozen=True)
class Period:
    """How many levels stricter than usual a rater was in a month."""

    month: str
    severity: float
    n_calls: int


@dataclass(frozen=True)
class Rater:
    """A person who scores, measured from the mean of all people; None where too little was scored by others, too.

    `drifts` is whether the trend's interval lies to one side of 0; months are few where there is no time of scoring.
    """

    rater: str
    n_scores: int
    n_shared: int
    severity: float | None
    severity_low: float | None
    severity_high: float | None
    reliability: float | None
    trend: float | None
    drifts: bool | None
    n_repeated: int
    self_exact: float | None
    self_qwk: float | None
    months: list[Period] | None


@dataclass(frozen=True)
class Bin:
    """Probabilities of about the same size: what they said (`predicted`), and how often raters gave that level."""

    rater_kind: str
    predicted: float
    found: float
    n: int


@dataclass(frozen=True)
class Calibration:
    """What the calibration page shows; `orphans` are elements scored under other anchors than today's, `reworded` says
    what became of people's scores by wordings that meant something else."""

    kinds: list[Kind]
    raters: list[Raters]
    people: list[Rater]
    reliability: list[Bin]
    orphans: list[str]
    reworded: list[str]
    todo: list[str]
    title: str = "Calibration"


def view(
    rows: Mapping[str, pl.DataFrame], elements: dy.DataFrame[Elements], *, unseen: pl.DataFrame | None = None
) -> Calibration:
    """The calibration page: per rubric (those in use first) and element the agreement, model and gate.

    `unseen` are the labels as models give them that had not learnt from the call; without them nothing is said of
    whether shares come true.
    """
    titles = elements.select("rubric", "element", "title", "position", "rubric_title", "rubric_hash")
    rows = dict(rows) | {name: in_todays_words(rows[name], elements) for name in ("agreement", "models", "scores")}
    rows["scores"] = rows["scores"].filter(pl.col("rater_kind") != MEETING)
    agreement = rows["agreement"].join(
        titles.select("rubric_hash", "rubric", "element"), on=["rubric", "element", "rubric_hash"], how="semi"
    )
    scopes = (
        agreement.sort("scope", descending=True)
        .group_by("rubric", "element", maintain_order=True)
        .agg(pl.struct(pl.exclude("rubric", "element")).alias("scopes"))
    )
    newest = rows["models"].sort("trained_at").group_by("rubric", "element").last()
    model = newest.select("rubric", "element", pl.struct(pl.exclude("rubric", "element")).alias("model"))
    kinds = (
        titles.join(scopes, on=["rubric", "element"], how="left")
        .join(model, on=["rubric", "element"], how="left")
        .filter(pl.col("scopes").is_not_null() | pl.col("model").is_not_null())
        .with_columns(stale=pl.col("model").struct.field("rubric_hash") != pl.col("rubric_hash"))
        .sort(~pl.col("rubric").is_in(rows["labels"]["rubric"].unique().implode()), "rubric", "position")
        .group_by("rubric", maintain_order=True)
        .agg(pl.col("rubric_title").first(), pl.struct("title", "scopes", "model", "stale").alias("elements"))
    )
    unseen = rows["labels"].clear() if unseen is None else unseen
    raters = rows["scores"].group_by("rater_kind").agg(
        pl.len().alias("scores"),
        pl.col("rater").n_unique().alias("raters"),
        pl.col("call_id").n_unique().alias("calls"),
    )  # fmt: skip
    shown = rows_of(Kind, kinds)
    people = rows_of(Rater, people_who_score(rows["raters"], rows["rater_periods"]))
    return Calibration(
        todo=_todo(shown, people, rows["scores"]),
        kinds=shown,
        raters=rows_of(Raters, raters.sort("rater_kind")),
        people=people,
        reliability=rows_of(Bin, reliability(in_todays_words(unseen, elements), rows["scores"])),
        orphans=_orphans(rows["agreement"], titles),
        reworded=_reworded(rows["scores"], rows["labels"], elements),
    )


def _todo(kinds: list[Kind], people: list[Rater], scores: pl.DataFrame) -> list[str]:
    """What would help calibration most, the first as a heading; at most MAX_TODO of each sort."""
    if scores.filter(rater_kind="person").is_empty():
        return [
            "Two people score the same twenty conversations",
            "Make a file to fill in: callgrade scores --template scores.xlsx",
            "Import it: callgrade scores scores.xlsx",
            "See how far the two agree: callgrade agreement; then learn from them: callgrade train",
        ]
    apart = [
        (scope.alpha_ordinal, f"{element.title} ({kind.rubric_title})")
        for kind in kinds
        for element in kind.elements
        for scope in element.scopes or []
        if scope.scope == "people" and scope.alpha_ordinal is not None and scope.alpha_ordinal < MIN_ALPHA
    ]
    stale = [element.title for kind in kinds for element in kind.elements if element.stale]
    drifting = [person.rater for person in people if person.drifts]
    todo = [f"Talk about {title}: people agree by {alpha:.2f}, {MIN_ALPHA} is wanted" for alpha, title in sorted(apart)]
    todo = todo[:MAX_TODO]
    if drifting:
        todo.append(
            f"Score five conversations together with {', '.join(drifting[:MAX_TODO])}: stricter or milder of late"
        )
    if stale:
        todo.append(f"Train again (callgrade train): {len(stale)} elements were trained on older anchors")
    return todo or ["Nothing stands out: keep scoring a few conversations twice each month"]


def _orphans(agreement: pl.DataFrame, titles: pl.DataFrame) -> list[str]:
    """Elements whose agreement was found under other anchors than today's, as words."""
    gone = agreement.join(titles, on=["rubric", "element", "rubric_hash"], how="anti")
    return gone.select(pl.format("{}: {}", words("rubric"), words("element"))).to_series().unique().sort().to_list()


def _reworded(scores: pl.DataFrame, labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> list[str]:
    """For each element that people scored by a wording that meant something else, how many conversations those are, and
    whether its colours are learnt from them, too."""
    by_people, use = scores.filter(rater_kind="person"), ["rubric", "element"]
    before = elements.select(*use, rubric_hash="other_meaning_than").explode("rubric_hash").drop_nulls()
    wordings = {"n": before, "n_today": elements}
    counted = [
        by_people.join(wording, on=USE, how="semi").group_by(use).agg(pl.col("call_id").n_unique().alias(name))
        for name, wording in wordings.items()
    ]
    learnt = labels.filter("current", pl.col("basis").str.contains("earlier wording")).select(use).unique()
    known = elements.join(counted[0], on=use).join(counted[1], on=use, how="left").sort("rubric", "position")
    stay = pl.when(pl.struct(use).is_in(learnt.select(pl.struct(use)).to_series().implode()))
    return (
        known.select(
            pl.format(
                "{} ({}): {} by an earlier wording {}, {} by today's",
                "title",
                "rubric_title",
                "n",
                stay.then(pl.lit("are learnt from as a source of their own")).otherwise(
                    pl.lit("are kept, not learnt from")
                ),
                pl.col("n_today").fill_null(0),
            )
        )
        .to_series()
        .to_list()
    )


def people_who_score(raters: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """The columns of Rater, the most severe first."""
    month = pl.struct(pl.col("period").dt.strftime("%b %Y").alias("month"), "severity", "n_calls")
    months = periods.filter(rater_kind="person").sort("rater", "period").group_by("rater").agg(month.alias("months"))
    return (
        raters.filter(rater_kind="person")
        .join(months, on="rater", how="left")
        .with_columns(drifts=(pl.col("trend_low") > 0) | (pl.col("trend_high") < 0))
        .sort("severity", "rater", descending=[True, False], nulls_last=True)
    )


def reliability(labels: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Predicted shares against how often raters gave that level, in N_BINS bins and by kind of rater.

    Columns rater_kind, predicted (mean of the bin), found (share of scores), n. All four levels of all current
    labels count, so a row stands for many probabilities; only scores under the same anchors are compared.
    """
    keys = ["call_id", "rubric", "element", "rubric_hash"]
    shares = (
        judged_labels(labels)
        .filter(pl.col("status") != SETTLED)
        .select(*keys, *(pl.col(f"p_{color}").alias(color) for color in LEVELS))
        .unpivot(index=keys, variable_name="asked", value_name="p")
    )
    return (
        scores.select(*keys, "rater_kind", "color")
        .join(shares, on=keys)
        .group_by("rater_kind", bin=(pl.col("p") * N_BINS).floor().clip(0, N_BINS - 1))
        .agg(
            pl.col("p").mean().alias("predicted"),
            (pl.col("color") == pl.col("asked")).mean().alias("found"),
            pl.len().alias("n"),
        )
        .sort("rater_kind", "bin")
        .drop("bin")
    )
