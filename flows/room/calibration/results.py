"""What a session came to: agreement before and after the discussion, each rater's severity, where raters differ."""

from dataclasses import dataclass

import dataframely as dy
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from flows.room.database.columns import now
from flows.room.database.scoring import Adjudication, Answer, Assignment, Session
from models.ratings.agreement import agree, disagreements
from models.ratings.severity import rate_raters
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Repeats, Scores

BLIND, DISCUSSED = 1, 2


@dataclass(frozen=True)
class Voice:
    """What one rater gave an element of a call, blindly and after the discussion, and the turns pointed at."""

    rater: str
    level: int | None
    turns: list[int]
    note: str
    after: int | None
    assignment_id: str


@dataclass(frozen=True)
class Difference:
    """An element of a call on which raters differ, and what the meeting decided, if it did."""

    call_id: str
    element: str
    voices: list[Voice]
    decided: Adjudication | None


@dataclass(frozen=True)
class Result:
    """The result of a session; frames are rows of Agreement (before, after) and of Raters."""

    before: pl.DataFrame
    after: pl.DataFrame | None
    raters: pl.DataFrame
    differences: list[Difference]


def result_of(session: Transaction, calibration: Session) -> Result:
    """The result as far as the session got."""
    rows = _rows(session, calibration)
    blind = _scores(rows.filter(pl.col("kind") == "first", pl.col("level").is_not_null()), calibration)
    revised = rows.filter(pl.col("kind") == "first").with_columns(level=pl.coalesce("after", "level"))
    final = _scores(revised.drop_nulls("level"), calibration)
    again = _scores(rows.filter(pl.col("kind") == "again").drop_nulls("level"), calibration)
    changed = rows["after"].is_not_null().any()
    return Result(
        before=agree(blind),
        after=agree(final) if changed else None,
        raters=rate_raters(blind, Repeats.validate(again, cast=True)),
        differences=_differences(session, calibration, rows, blind),
    )


def progress_of(session: Transaction, session_id: str) -> dict[str, tuple[int, int, int]]:
    """By rater how many calls are finished, how many there are, and the seconds spent."""
    rows = session.scalars(select(Assignment).where(Assignment.session_id == session_id))
    progress: dict[str, tuple[int, int, int]] = {}
    for one in rows:
        done, n, seconds = progress.get(one.person_id, (0, 0, 0))
        progress[one.person_id] = (done + (one.finished_at is not None), n + 1, seconds + one.seconds)
    return progress


def revise(session: Transaction, assignment: Assignment, element: str, level: int | None) -> None:
    """Keep what a rater gives after the discussion; the blind answer stays beside it."""
    answers = session.scalars(
        select(Answer).where(Answer.assignment_id == assignment.assignment_id, Answer.element == element)
    )
    by_round = {answer.round: answer for answer in answers}
    if BLIND not in by_round:
        raise ValueError("There is no blind answer to change.")
    kept = by_round.get(DISCUSSED)
    if kept is None:
        first = by_round[BLIND]
        kept = Answer(
            assignment_id=assignment.assignment_id,
            element=element,
            round=DISCUSSED,
            turns=first.turns,
            note="",
            rubric_hash=first.rubric_hash,
            rubric_version=first.rubric_version,
        )
        session.add(kept)
    kept.level, kept.given_at = level, now()


def _rows(session: Transaction, calibration: Session) -> pl.DataFrame:
    """One row per answer: assignment_id, kind, call_id, rater, element, level, turns, note, rubric_hash,
    rubric_version, given_at, after (the level after the discussion)."""
    found = session.execute(
        select(Answer, Assignment)
        .join(Assignment)
        .where(Assignment.session_id == calibration.session_id, Assignment.kind != "practice")
    )
    rounds: dict[int, list[dict[str, object]]] = {BLIND: [], DISCUSSED: []}
    for row in found:
        answer, assignment = row.Answer, row.Assignment
        about = {name: getattr(answer, name) for name in ANSWERED}
        rounds[answer.round].append(
            about | {"kind": assignment.kind, "call_id": assignment.call_id, "rater": assignment.person_id}
        )
    first, second = (pl.DataFrame(rows, schema=_ROWS, orient="row") for rows in rounds.values())
    revised = second.select("assignment_id", "element", after="level")
    return first.join(revised, on=["assignment_id", "element"], how="left")


ANSWERED = ("assignment_id", "element", "level", "turns", "note", "rubric_hash", "rubric_version", "given_at")
_ROWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "assignment_id": pl.String,
    "element": pl.String,
    "level": pl.Int64,
    "turns": pl.List(pl.Int64),
    "note": pl.String,
    "rubric_hash": pl.String,
    "rubric_version": pl.Int64,
    "given_at": pl.Datetime("us", "UTC"),
    "kind": pl.String,
    "call_id": pl.String,
    "rater": pl.String,
}


def _scores(rows: pl.DataFrame, calibration: Session) -> dy.DataFrame[Scores]:
    return Scores.validate(
        rows.select(
            "call_id",
            "element",
            "rubric_hash",
            "rater",
            "rubric_version",
            "level",
            "note",
            rubric=pl.lit(calibration.rubric),
            rater_kind=pl.lit("person"),
            color=color_of(pl.col("level")),
            session=pl.lit(calibration.session_id),
            scored_at="given_at",
        ).select(Scores.column_names()),
        cast=True,
    )


def _differences(
    session: Transaction, calibration: Session, rows: pl.DataFrame, blind: dy.DataFrame[Scores]
) -> list[Difference]:
    """The elements of calls on which raters differ, widest first; of those alike wide the calls with most of them."""
    decided = {
        (one.call_id, one.element): one
        for one in session.scalars(select(Adjudication).where(Adjudication.session_id == calibration.session_id))
    }
    voices: dict[tuple[str, str], list[Voice]] = {}
    for row in rows.filter(pl.col("kind") == "first").sort("rater").iter_rows(named=True):
        voices.setdefault((row["call_id"], row["element"]), []).append(
            Voice(row["rater"], row["level"], row["turns"], row["note"], row["after"], row["assignment_id"])
        )
    return [
        Difference(
            call_id=row["call_id"],
            element=row["element"],
            voices=voices[row["call_id"], row["element"]],
            decided=decided.get((row["call_id"], row["element"])),
        )
        for row in disagreements(blind).iter_rows(named=True)
    ]
