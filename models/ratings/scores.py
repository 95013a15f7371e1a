"""Scores by people: read from what they keep them in, and which calls to score next."""

from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.errors import brief
from pipeline.intake.spreadsheets import ROW, read_spreadsheet
from pipeline.intake.times import times_in_utc
from pipeline.tables import LEVELS, RATER_KINDS, Elements, Labels, Scores

ABOUT = ("call_id", "rubric", "rater", "rater_kind", "note", "session", "scored_at")
ENOUGH = 20  # scored calls below which an element is judged by its anchors alone


def read_scores(
    path: Path, elements: dy.DataFrame[Elements], known_calls: pl.DataFrame
) -> tuple[dy.DataFrame[Scores], list[str]]:
    """Scores from a spreadsheet, long or wide, and what is wrong with the rows left out, one sentence each.

    `known_calls` has call_id and interaction: where the file names no rubric, that is the rubric. Row numbers count
    the header as row 1. Raises ValueError where the file as a whole cannot be read.
    """
    written = read_spreadsheet(path, "a file of scores", name_of=_column, ragged=True)
    if not {"call_id", "rater"} <= set(written.columns):
        raise ValueError(f"{path.name}: has no column call_id or rater; name the columns as in the documentation")
    long = _long(written, elements, path)
    checked = _with_problem(long, elements, known_calls)
    good = checked.filter(pl.col("problem").is_null())
    line = pl.format("{} row {}: {}", pl.lit(path.name), ROW, "problem")
    problems = checked.filter(pl.col("problem").is_not_null()).sort(ROW).select(line.alias("line"))["line"].to_list()
    return Scores.validate(good.select(Scores.column_names()), cast=True), problems


def next_to_score(
    calls: pl.DataFrame, labels: dy.DataFrame[Labels], scores: dy.DataFrame[Scores], *, n: int = 20
) -> pl.DataFrame:
    """The `n` calls whose scores would teach most, best first: call_id, rubric, lead_id, worth, reason.

    Worth adds up three wishes over the elements of a call: the label is uncertain, its level is rare among the scores
    so far, and the element has few scores; it is halved for each call of the same lead that is scored or already
    chosen, so that people are spread. Calls that two raters have scored are left out.
    """
    pair = ["rubric", "element"]
    done = scores.group_by("call_id").agg(pl.col("rater").n_unique().alias("raters")).filter(pl.col("raters") > 1)
    per_element = scores.group_by(pair).agg(pl.col("call_id").n_unique().alias("n_scored"))
    per_level = scores.group_by(*pair, "level").len("n_level")
    chances = pl.concat_list("p_red", "p_orange", "p_yellow", "p_green")
    entropy = chances.list.eval(-pl.element() * (pl.element() + 1e-9).log()).list.sum() / pl.lit(4.0).log()
    n_scored = pl.col("n_scored").fill_null(0)
    rare = 1 - pl.col("n_level").fill_null(0) / pl.max_horizontal(n_scored, 1)
    few = pl.lit(ENOUGH) / (ENOUGH + n_scored)
    judged = (
        labels.filter("current")
        .join(done, on="call_id", how="anti")
        .join(per_element, on=pair, how="left")
        .join(per_level, on=[*pair, "level"], how="left")
        .with_columns(entropy.alias("uncertain"), rare.alias("rare"), few.alias("few"))
        .group_by("call_id", "rubric")
        .agg(pl.col("uncertain", "rare", "few").mean())
        .with_columns(pl.sum_horizontal("uncertain", "rare", "few").alias("worth"))
    )
    wishes = {"uncertain": "its labels are uncertain", "rare": "its levels are rare", "few": "few scores so far"}
    strongest = pl.concat_list(list(wishes)).list.arg_max()
    leads = calls.select("call_id", pl.col("lead_id").fill_null(pl.col("call_id")))
    seen = leads.join(scores.select("call_id").unique(), on="call_id").group_by("lead_id").len("seen")
    order = pl.col("worth").rank("ordinal", descending=True).over("lead_id") - 1 + pl.col("seen").fill_null(0)
    return (
        judged.join(leads, on="call_id")
        .join(seen, on="lead_id", how="left")
        .sort("call_id")
        .with_columns(
            pl.col("worth") * pl.lit(0.5).pow(order),
            strongest.replace_strict(dict(enumerate(wishes.values())), return_dtype=pl.String).alias("reason"),
        )
        .sort("worth", "call_id", descending=[True, False])
        .select("call_id", "rubric", "lead_id", "worth", "reason")
        .head(n)
    )


def _column(given: str) -> str:
    return given.strip().lower().replace(" ", "_")


def _long(written: pl.DataFrame, elements: dy.DataFrame[Elements], path: Path) -> pl.DataFrame:
    """One row per call, element and rater, all optional columns there."""
    if not {"element", "level"} <= set(written.columns):
        named = [name for name in written.columns if name in set(elements["element"])]
        if not named:
            raise ValueError(f"{path.name}: has neither columns element and level nor a column named like an element")
        about = [name for name in (ROW, *ABOUT) if name in written.columns]
        long = written.select(*about, *named).unpivot(
            on=named, index=about, variable_name="element", value_name="level"
        )
        written = long.filter(pl.col("level").is_not_null())
    absent = [name for name in ABOUT if name not in written.columns]
    whole = written.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    return whole.select(ROW, "element", "level", *ABOUT)  # a file may have columns named like ours


def _with_problem(long: pl.DataFrame, elements: dy.DataFrame[Elements], known_calls: pl.DataFrame) -> pl.DataFrame:
    """The columns of Scores and `problem`, null where the row is good."""
    about = elements.select("rubric", "element", "rubric_hash", "rubric_version")
    levels = {color: level for level, color in enumerate(LEVELS)} | {str(level): level for level in range(len(LEVELS))}
    given = pl.col("level").str.to_lowercase().str.replace(r"\.0+$", "")
    read = (
        long.join(known_calls.select("call_id", "interaction", pl.lit(True).alias("known")), on="call_id", how="left")
        .with_columns(pl.coalesce("rubric", "interaction"), pl.coalesce("rater_kind", pl.lit("person")))
        .join(about, on=["rubric", "element"], how="left")
        .with_columns(
            given.replace_strict(levels, default=None, return_dtype=pl.Int64).alias("level"),
            pl.col("level").alias("given"),
            times_in_utc(pl.col("scored_at"), zone="UTC"),
            pl.col("scored_at").alias("given_time"),
        )
    )
    wrong = (
        pl.when(pl.col("known").is_null())
        .then(pl.format("call {} is not in the workspace; score it first or correct its call_id", _shown("call_id")))
        .when(pl.col("rater").is_null())
        .then(pl.lit("no rater; say who scored"))
        .when(~pl.col("rubric").is_in(elements["rubric"].unique().to_list()))
        .then(pl.format("no rubric {}; only {}", _shown("rubric"), pl.lit(", ".join(sorted(set(elements["rubric"]))))))
        .when(pl.col("rubric_hash").is_null())
        .then(pl.format("rubric {} has no element {}", _shown("rubric"), _shown("element")))
        .when(pl.col("level").is_null())
        .then(pl.format("level {} is none of 0 to 3 or {}", _shown("given"), pl.lit(", ".join(LEVELS))))
        .when(~pl.col("rater_kind").is_in(RATER_KINDS))
        .then(pl.format("rater_kind {} is neither person nor automated", _shown("rater_kind")))
        .when(pl.col("scored_at").is_null() & pl.col("given_time").is_not_null())
        .then(pl.format("scored_at {} is not a date; write 2026-04-20 or 2026-04-20T10:45:00", _shown("given_time")))
    )
    key = ["call_id", "rubric", "element", "rater"]
    first = pl.col(ROW).filter(pl.col("problem").is_null()).min().over(key)
    repeated = pl.format(
        "rater {} scored {} of {} in row {} already; keep one", *map(_shown, ("rater", "element", "call_id")), first
    )
    color = pl.col("level").replace_strict(dict(enumerate(LEVELS)), default=None, return_dtype=pl.String)
    return read.with_columns(wrong.alias("problem"), color.alias("color")).with_columns(
        pl.when(pl.col("problem").is_null() & (pl.col(ROW) > first))
        .then(repeated)
        .otherwise("problem")
        .alias("problem")
    )


def _shown(column: str) -> pl.Expr:
    """What stands in a column, on one line and cut where it is long."""
    return pl.col(column).map_elements(brief, return_dtype=pl.String).fill_null("(empty)")
