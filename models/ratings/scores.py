"""Scores by people: read from the files that they keep them in (docs/scores.md)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.errors import brief
from pipeline.intake.kinds import judged_by
from pipeline.intake.single_rows import UNREAD
from pipeline.intake.spreadsheets import HIDDEN, ROW, read_spreadsheet
from pipeline.intake.times import times_in_utc
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Elements, Repeats, Scores
from pipeline.tables.values import LEVELS, RATER_KINDS
from pipeline.tables.wordings import in_todays_words

NAMED = ("call_id", "interaction", "rubric")
ABOUT = ("call_id", "rubric", "rater", "rater_kind", "note", "session", "scored_at")
MIN_SCORED_CALLS = 20  # below which nothing is learnt from them
A_DAY = timedelta(days=1)  # by which clocks and zones may differ

HOLDS = {
    "call_id": "the call's call_id as in the call list",
    "rater": "who scored, the same name on every row of that person",
    "element": "the element's name as in the rubric, such as agenda",
    "level": f"0 to 3 or {', '.join(LEVELS)}",
}
DOCUMENTED = "docs/scores.md has the format, `callgrade scores --template FILE` makes a file to fill in"


@dataclass(frozen=True)
class ScoreFile:
    """What a file of scores holds.

    scores: the good rows, where a rater scored a call in several sessions those of the first
    repeats: the rows of later sessions
    problems: what is wrong with the rows left out, one sentence each
    n_empty: how many rows have no level yet
    unread: the columns of a file with a column per element that are none and hold levels all the same
    """

    scores: dy.DataFrame[Scores]
    repeats: dy.DataFrame[Repeats]
    problems: list[str]
    n_empty: int
    unread: tuple[str, ...] = ()


def read_scores(path: Path, elements: dy.DataFrame[Elements], known_calls: pl.DataFrame) -> ScoreFile:
    """Scores from a spreadsheet, long or wide.

    `known_calls` has call_id and interaction: where the file names no rubric, that is the rubric. Row numbers count
    the header as row 1. Raises ValueError where the file as a whole cannot be read.
    """
    written = read_spreadsheet(path, "a file of scores", name_of=_column, unread="told but ragged")
    _refuse_without(written, ("call_id", "rater"), path)
    hidden = written.filter(pl.col(HIDDEN))[ROW].to_list() if HIDDEN in written.columns else []
    unread = written.drop_nulls(UNREAD).select(ROW, UNREAD).rows() if UNREAD in written.columns else []
    left_out = [*hidden, *(number for number, _ in unread)]
    long = _long(written.filter(~pl.col(ROW).is_in(left_out)), elements, path)
    filled = long.filter(pl.col("level").is_not_null())
    checked = _with_problem(filled, elements, known_calls)
    good = checked.filter(pl.col("problem").is_null())
    line = pl.format("{} row {}: {}", pl.lit(path.name), ROW, "problem")
    problems = checked.filter(pl.col("problem").is_not_null()).sort(ROW).select(line.alias("line"))["line"].to_list()
    problems += [f"{path.name} row {number}: is hidden in the sheet: show it to have it read" for number in hidden]
    problems += [f"{path.name} row {number}: {wrong}" for number, wrong in unread]
    first, later = (good.filter(pl.col("again") == again).select(Scores.column_names()) for again in (False, True))
    return ScoreFile(
        Scores.validate(first, cast=True),
        Repeats.validate(later, cast=True),
        problems,
        long.height - filled.height,
        () if {"element", "level"} <= set(written.columns) else _like_elements(written, elements),
    )


def set_apart(read: ScoreFile, stored: pl.DataFrame, elements: dy.DataFrame[Elements]) -> ScoreFile:
    """The same, scores of a session that `stored` holds from another, or from none, being repeats: what was given first
    is not undone, by today's wording of the `elements` or an earlier one of that meaning. Those without a session
    correct what was given in none; another level than was given in a session is a problem: which counts is unsaid."""
    key = Scores.primary_key()
    both = pl.concat([stored, in_todays_words(stored, elements)]).unique(key, keep="last", maintain_order=True)
    earlier = both.select(*key, pl.col("session").alias("earlier"), stored_level="level")
    known = read.scores.join(earlier, on=key, how="left", maintain_order="left")
    is_another = pl.col("session").ne_missing(pl.col("earlier")) & pl.col("stored_level").is_not_null()
    is_named = pl.col("session").is_not_null()
    first = known.filter(~is_another)
    later, unnamed = (known.filter(is_another, is_named == named) for named in (True, False))
    unclear = pl.format(
        "rater {} scored {} of {} in session {} otherwise; name that session to correct it, or another where it was "
        "scored anew",
        *map(_shown, ("rater", "element", "call_id", "earlier")),
    )
    problems = unnamed.filter(pl.col("level") != pl.col("stored_level")).select(unclear.alias("line"))["line"]
    return replace(
        read,
        scores=Scores.validate(first.select(Scores.column_names())),
        repeats=Repeats.validate(
            pl.concat([read.repeats, Repeats.validate(later.select(Repeats.column_names()), cast=True)])
        ),
        problems=[*read.problems, *problems],
    )


def _refuse_without(written: pl.DataFrame, names: tuple[str, ...], path: Path) -> None:
    for name in names:
        if name not in written.columns:
            raise ValueError(f"{path.name}: has no column {name}; it holds {HOLDS[name]}. {DOCUMENTED}")


def _column(given: str) -> str:
    return given.strip().lower().replace(" ", "_")


def _long(written: pl.DataFrame, elements: dy.DataFrame[Elements], path: Path) -> pl.DataFrame:
    """One row per call, element and rater, all optional columns there."""
    if not {"element", "level"} <= set(written.columns):
        named = [name for name in written.columns if name in set(elements["element"])]
        if not named and {"element", "level"} & set(written.columns):
            _refuse_without(written, ("element", "level"), path)
        if not named:
            raise ValueError(
                f"{path.name}: has neither columns element and level nor a column named like an element; element holds "
                f"{HOLDS['element']}, level {HOLDS['level']}. {DOCUMENTED}"
            )
        about = [name for name in (ROW, *ABOUT) if name in written.columns]
        long = written.select(*about, *named).unpivot(
            on=named, index=about, variable_name="element", value_name="level"
        )
        written = long.filter(pl.col("level").is_not_null())
    absent = [name for name in ABOUT if name not in written.columns]
    whole = written.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    return whole.select(ROW, "element", "level", *ABOUT)  # a file may have columns named like ours


def _like_elements(written: pl.DataFrame, elements: dy.DataFrame[Elements]) -> tuple[str, ...]:
    """The columns that are no element and hold nothing but levels, as where an element's name is misspelt."""
    others = written.drop(*ABOUT, *set(elements["element"]), ROW, HIDDEN, UNREAD, strict=False)
    held = others.select(pl.all().drop_nulls().str.to_lowercase().is_in([*LEVELS, *map(str, range(len(LEVELS)))]).all())
    return tuple(column.name for column in held if column[0] and others[column.name].count())


def _with_problem(long: pl.DataFrame, elements: dy.DataFrame[Elements], known_calls: pl.DataFrame) -> pl.DataFrame:
    """The columns of Scores and `problem`, null where the row is good."""
    about = elements.select("rubric", "element", "rubric_hash", "rubric_version")
    levels = {color: level for level, color in enumerate(LEVELS)} | {str(level): level for level in range(len(LEVELS))}
    given = pl.col("level").str.to_lowercase().str.replace(r"\.0+$", "")
    read = (
        long.join(known_calls.select("call_id", "interaction", pl.lit(True).alias("known")), on="call_id", how="left")
        .with_columns(judged=judged_by("interaction"))
        .with_columns(pl.coalesce("rubric", "judged"), pl.coalesce("rater_kind", pl.lit("person")))
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
        .when(pl.col("rubric") != pl.col("judged"))
        .then(pl.format("call {} is a {}, which rubric {} does not judge; correct either", *map(_shown, NAMED)))
        .when(pl.col("rubric_hash").is_null())
        .then(pl.format("rubric {} has no element {}", _shown("rubric"), _shown("element")))
        .when(pl.col("level").is_null())
        .then(pl.format("level {} is none of 0 to 3 or {}", _shown("given"), pl.lit(", ".join(LEVELS))))
        .when(~pl.col("rater_kind").is_in(RATER_KINDS))
        .then(pl.format("rater_kind {} is neither person nor automated", _shown("rater_kind")))
        .when(pl.col("scored_at").is_null() & pl.col("given_time").is_not_null())
        .then(pl.format("scored_at {} is not a date; write 2026-04-20 or 2026-04-20T10:45:00", _shown("given_time")))
        .when(pl.col("scored_at") > datetime.now(UTC) + A_DAY)
        .then(pl.format("scored_at {} lies in the future; correct the day, or leave it empty", _shown("given_time")))
    )
    key = ["call_id", "rubric", "element", "rater"]
    good = pl.col("problem").is_null()
    first = pl.col(ROW).filter(good).min().over(key)
    same = pl.col(ROW).filter(good).min().over(*key, "session")
    repeated = pl.format(
        "rater {} scored {} of {} in row {} already; keep one, or name another session where it was scored anew",
        *map(_shown, ("rater", "element", "call_id")), pl.when(pl.col("session").is_null()).then(first).otherwise(same),
    )  # fmt: skip
    twice = pl.col(ROW) > pl.when(pl.col("session").is_null()).then(first).otherwise(same)
    color = color_of(pl.col("level"))
    return read.with_columns(wrong.alias("problem"), color.alias("color")).with_columns(
        pl.when(good & twice).then(repeated).otherwise("problem").alias("problem"), (pl.col(ROW) > first).alias("again")
    )


def _shown(column: str) -> pl.Expr:
    """What stands in a column, on one line and cut where it is long."""
    return pl.col(column).map_elements(brief, return_dtype=pl.String).fill_null("(empty)")
