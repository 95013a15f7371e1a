"""Tables of scoring: calibration sessions, who scores what in which order, answers, what the meeting decided."""

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flows.room.database.columns import Id, Indexed, Key, MaybeMoment, Moment, Name, Names, Numbers, Weights, Words
from flows.room.database.people import Base

STATES = ("scoring", "discussing", "closed")
STAKEHOLDERS = ("enablement", "operations", "leadership", "managers")


class Session(Base):
    """One row per calibration session: a rubric or some of its elements, calls, raters, a date.

    `state` is scoring while answers are blind, discussing while raters see each other's and may change theirs, closed.
    """

    __tablename__ = "sessions"
    session_id: Mapped[Id]
    title: Mapped[Words]
    rubric: Mapped[Name]
    elements: Mapped[Names]
    due_on: Mapped[date | None]
    hides_names: Mapped[bool] = mapped_column(default=True)
    state: Mapped[Name]
    created_by: Mapped[Name]
    created_at: Mapped[Moment]


class Assignment(Base):
    """One row per time that a rater has a call to score in a session; `kind` is practice, first or again."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("session_id", "person_id", "call_id", "kind"),)
    assignment_id: Mapped[Id]
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True)
    person_id: Mapped[Indexed]
    call_id: Mapped[Indexed]
    place: Mapped[int]
    kind: Mapped[Name]
    finished_at: Mapped[MaybeMoment]
    seconds: Mapped[int] = mapped_column(default=0)


class Answer(Base):
    """One row per element that a rater judged, in the blind round (1) or after the discussion (2).

    `level` is null where it `cannot be observed`. `version` counts changes, `stored_version` is the one that the table
    of scores holds: where they differ, the answer is still to be stored there.
    """

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("assignment_id", "element", "round"),
        Index("answers_to_store", "version", "stored_version"),
    )
    answer_id: Mapped[Id]
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.assignment_id", ondelete="CASCADE"))
    element: Mapped[Name]
    round: Mapped[int] = mapped_column(default=1)
    level: Mapped[int | None]
    turns: Mapped[Numbers]
    note: Mapped[Words]
    rubric_hash: Mapped[Words]
    rubric_version: Mapped[int]
    given_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(default=1)
    stored_version: Mapped[int] = mapped_column(default=0)


class Adjudication(Base):
    """One row per call and element on which the meeting of a session agreed; `stored_at` once the table of scores has
    it."""

    __tablename__ = "adjudications"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)
    call_id: Mapped[Key]
    element: Mapped[Key]
    level: Mapped[int]
    note: Mapped[Words]
    decided_by: Mapped[Name]
    decided_at: Mapped[Moment]
    stored_at: Mapped[MaybeMoment]


class Rewording(Base):
    """One row per anchor that a meeting found at fault, with its new wording and whether that means the same."""

    __tablename__ = "rewordings"
    rewording_id: Mapped[Id]
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True)
    rubric: Mapped[Name]
    element: Mapped[Name]
    color: Mapped[Name]
    text: Mapped[Words]
    same_meaning: Mapped[bool]
    proposed_by: Mapped[Name]
    proposed_at: Mapped[Moment]
    published_version: Mapped[int | None]


class WeightVersion(Base):
    """One row per version of what each element counts; `weights` has 0 for one that does not count."""

    __tablename__ = "weight_versions"
    version_id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    weights: Mapped[Weights]
    why: Mapped[Words]
    proposed_by: Mapped[Name]
    proposed_at: Mapped[Moment]
    in_use_since: Mapped[MaybeMoment]


class Signature(Base):
    """One row per stakeholder who signed a version of the weights."""

    __tablename__ = "signatures"
    version_id: Mapped[str] = mapped_column(
        ForeignKey("weight_versions.version_id", ondelete="CASCADE"), primary_key=True
    )
    stakeholder: Mapped[Key]
    person_id: Mapped[Name]
    signed_at: Mapped[Moment]
