"""Coaching focus: the one element whose improvement would count most for a person, and the moments that show it."""

from pathlib import Path

import dataframely as dy
import polars as pl
import yaml
from pydantic import TypeAdapter, ValidationError

from pipeline.intake.kinds import is_practice, judged_by
from pipeline.intake.yaml_files import read_yaml
from pipeline.metrics.cadence import Plan
from pipeline.metrics.current_labels import with_own_evidence
from pipeline.pages.parts.ratings import MIN_SCORED_CALLS, NOBODY, TALLY
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

MIN_TREND_WEEKS = 3  # fewer weeks show no trend
STEADY_TREND = 0.25  # levels in four weeks: less is called steady
MAX_TREND = 1.0  # levels in four weeks: a steeper trend is mostly chance
MAX_MOMENTS = 2
LABEL = ["call_id", "element", "model_id"]  # without the rubric, which of a role-play is another in ratings
MAX_RECENT_WEEKS = 13  # what is older does not say where somebody stands
CONSENT = "consent.yaml"
SHOWN = (
    "call_id",
    "title",
    "rubric_title",
    "level",
    "p",
    "quote",
    "idx",
    "start_s",
    "call_href",
    "started_at",
    "other_name",
)


def read_consent(workspace: Path) -> list[str]:
    """Who agreed that colleagues may see their best moments: those for whom consent.yaml says `lead_id: true`.

    Nobody where there is no such file; raises ValueError where it is not one of such lines.
    """
    path = workspace / CONSENT
    if not path.is_file():
        return []
    try:
        flags = TypeAdapter(dict[str, bool]).validate_python(read_yaml(path) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(
            f"{path}: is no list of consents; write lines of `lead_id: true` or `lead_id: false`"
        ) from error
    return [person for person, agreed in flags.items() if agreed]


def recent(ratings: pl.DataFrame) -> pl.DataFrame:
    """Of each person's element the ratings of the MAX_RECENT_WEEKS up to its latest, and those without a date."""
    latest = pl.col("started_at").max().over("person", "rubric", "element")
    return ratings.filter(
        pl.col("started_at").is_null() | (pl.col("started_at") > latest - pl.duration(weeks=MAX_RECENT_WEEKS))
    )


def levels(ratings: pl.DataFrame, elements: dy.DataFrame[Elements], plan: Plan) -> pl.DataFrame:
    """One row per person and element: mean, trend, the best colleague and the distance to him or her (room), all of
    recent ratings; and of all ratings the course: `weeks`, which are months where they are many (`by`).

    `worth` is what an improvement would count: the element's weight times the mean of two distances, to green and to
    the best colleague, both from where half of the trend will have led in four weeks. `focus` marks the one that
    counts most among the elements of MIN_SCORED_CALLS conversations (among all where none has so many); one of
    role-plays only where there are no others.
    """
    keys = ["person", "rubric", "element"]
    day, level = pl.col("started_at").dt.epoch("d").cast(pl.Float64), pl.col("expected_level")
    standing = (
        recent(ratings)
        .group_by(*keys, maintain_order=True)
        .agg(
            pl.col("rubric_title", "title", "position").first(),
            pl.col("team").last(),
            *TALLY,
            (28 * pl.cov(day, level) / day.var()).alias("trend"),
            pl.col("started_at").dt.truncate("1w").n_unique().alias("n_weeks"),
        )
    )
    goals = elements.select("rubric", "element", pl.col(LEVELS[-1]).alias("goal"))
    weight = pl.col("element").replace_strict(plan.weights, default=1.0, return_dtype=pl.Float64)
    long_enough = pl.col("n_weeks") >= MIN_TREND_WEEKS
    half_trend = pl.col("trend").fill_null(0.0).clip(-MAX_TREND, MAX_TREND) / 2
    ahead = (pl.col("mean") + half_trend).clip(0, len(LEVELS) - 1)
    to_best = (pl.col("best") - ahead).clip(lower_bound=0).fill_null(0.0)
    return (
        standing.join(_course(ratings), on=keys, how="left")
        .pipe(_with_best, ratings)
        .with_columns(judged=judged_by("rubric"))
        .join(goals, left_on=["judged", "element"], right_on=["rubric", "element"], how="left")
        .with_columns(
            room=(pl.col("best") - pl.col("mean")).clip(lower_bound=0).fill_null(0.0),
            trend=pl.when(long_enough).then(pl.col("trend").fill_nan(None)),
            weight=weight,
        )
        .with_columns(direction=_direction(pl.col("trend")), worth=weight * (len(LEVELS) - 1 - ahead + to_best) / 2)
        .sort(
            *("person", is_practice("rubric"), pl.col("n") < MIN_SCORED_CALLS, -pl.col("worth"), "mean"),
            *("rubric", "position", "element"),
        )
        .with_columns(focus=pl.int_range(pl.len()).over("person") == 0)
        .sort("person", "rubric", "position", "element")
    )


def moments(ratings: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """The strongest moments of recent ratings; `shows_green` where any green one, recent or not, rests on it, too."""
    of_rating = ["person", "call_id", "rubric", "element"]
    green = with_own_evidence(ratings).filter(level=len(LEVELS) - 1)
    shows_green = evidence.join(green, on=LABEL, how="semi").select("call_id", "idx", shows_green=pl.lit(value=True))
    return (
        strongest(ratings, evidence)
        .join(recent(ratings), on=of_rating, how="semi", maintain_order="left")
        .join(shows_green.unique(), on=["call_id", "idx"], how="left", maintain_order="left")
        .with_columns(pl.col("shows_green").fill_null(value=False))
    )


def own_moments(found: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Moments of each person to repeat (`good`, of yellow and green labels) and to avoid (of red and orange ones), of
    those that `moments` gives.

    MAX_MOMENTS of each kind: of green and red labels first, of the element in focus before others, one for each other
    element; nothing stands under both, and nothing to avoid that a green label rests on.
    """
    in_focus = standing.filter("focus").select("person", "rubric", "element", focus=pl.lit(value=True))
    good = pl.col("level") >= len(LEVELS) // 2
    plain = pl.col("level").is_in([0, len(LEVELS) - 1])
    return (
        found.filter(good | ~pl.col("shows_green"))
        .join(in_focus, on=["person", "rubric", "element"], how="left")
        .with_columns(pl.col("focus").fill_null(value=False), good=good, plain=plain)
        .sort("plain", "focus", "p", descending=True)
        .unique(["person", "call_id", "idx"], keep="first", maintain_order=True)
        .filter(pl.col("focus") | (pl.int_range(pl.len()).over("person", "good", "rubric", "element") == 0))
        .group_by("person", "good", maintain_order=True)
        .head(MAX_MOMENTS)
        .select("person", "good", "focus", *SHOWN)
    )


def gold_moments(found: pl.DataFrame, standing: pl.DataFrame, consented: list[str]) -> pl.DataFrame:
    """For each person MAX_MOMENTS of colleagues' green labels of the element in focus, of those that `moments` gives:
    the surest of each colleague who consented; `name` is the colleague's."""
    green = (
        found.filter((pl.col("level") == len(LEVELS) - 1) & pl.col("person").is_in(consented))
        .sort("needs_review", "p", descending=[False, True])
        .unique(["rubric", "element", "person"], keep="first", maintain_order=True)
        .group_by("rubric", "element", maintain_order=True)
        .head(MAX_MOMENTS + 1)  # one of them may be the person's own
        .rename({"person": "colleague"})
    )
    return (
        standing.filter("focus")
        .select("person", "rubric", "element")
        .join(green, on=["rubric", "element"], maintain_order="right")
        .filter(pl.col("colleague") != pl.col("person"))
        .group_by("person", maintain_order=True)
        .head(MAX_MOMENTS)
        .select("person", "name", *SHOWN)
    )


def strongest(ratings: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """Of the moments worth showing the one that each label rests on most, with the label and its conversation."""
    labels = with_own_evidence(ratings)
    own = evidence.filter("worth_showing").join(labels, on=LABEL, how="semi")
    first = own.sort("rank").unique(LABEL, keep="first", maintain_order=True)
    return first.drop("rubric").join(labels, on=LABEL)


def _course(ratings: pl.DataFrame) -> pl.DataFrame:
    """The mean of each person's element by week, or by month where the person's conversations span more than
    MAX_RECENT_WEEKS."""
    day = pl.col("started_at")
    many = (day.max() - day.min()).over("person") > pl.duration(weeks=MAX_RECENT_WEEKS)
    return (
        ratings.filter(day.is_not_null())
        .with_columns(by=pl.when(many).then(pl.lit("month")).otherwise(pl.lit("week")))
        .with_columns(week=pl.when(many).then(day.dt.truncate("1mo")).otherwise(day.dt.truncate("1w")).dt.date())
        .group_by("person", "rubric", "element", "by", "week")
        .agg(TALLY)
        .sort("week")
        .group_by("person", "rubric", "element", "by")
        .agg(pl.struct("week", "n", "mean", "level").alias("weeks"))
    )


def _with_best(standing: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    """Add best, best_person and best_name: the best of MIN_SCORED_CALLS conversations in the person's team, else of
    everybody; null where that is the person."""
    names = ratings.group_by("person").agg(pl.col("name").last().alias("best_name"))
    able = standing.filter((pl.col("n") >= MIN_SCORED_CALLS) & (pl.col("person") != NOBODY)).sort(
        "mean", "person", descending=[True, False]
    )
    own = ["team", "rubric", "element"]
    of_team, of_all = (
        able.unique(keys, keep="first", maintain_order=True).select(*keys, best_person="person", best="mean")
        for keys in (own, own[1:])
    )
    other = pl.col("best_person") != pl.col("person")
    both = standing.join(of_team, on=own, how="left").join(of_all, on=own[1:], how="left", suffix="_of_all")
    return (
        both.with_columns(
            pl.when(other).then(name).otherwise(f"{name}_of_all").alias(name) for name in ("best", "best_person")
        )
        .with_columns(pl.when(other).then(name) for name in ("best", "best_person"))
        .drop("best_of_all", "best_person_of_all")
        .join(names, left_on="best_person", right_on="person", how="left")
    )


def _direction(trend: pl.Expr) -> pl.Expr:
    return (
        pl.when(trend.is_null())
        .then(pl.lit("unknown"))
        .when(trend > STEADY_TREND)
        .then(pl.lit("up"))
        .when(trend < -STEADY_TREND)
        .then(pl.lit("down"))
        .otherwise(pl.lit("steady"))
    )
