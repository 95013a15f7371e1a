"""Tables of what people say of calls: disputes, answers after the call, comments, playlists, goals."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flows.room.database.columns import Id, Indexed, Key, Levels, MaybeMoment, Moment, Name, Words
from flows.room.database.people import Base

SEATS = ("self", "manager")


class Dispute(Base):
    """One row per label that a person disagrees with; it stands beside the machine's answer until it is settled.

    `settled_level` is the level that counts from then on, which may be the machine's.
    """

    __tablename__ = "disputes"
    dispute_id: Mapped[Id]
    call_id: Mapped[Indexed]
    rubric: Mapped[Name]
    element: Mapped[Name]
    rubric_hash: Mapped[Words]
    rubric_version: Mapped[int]
    model_id: Mapped[Words]
    machine_level: Mapped[int]
    level: Mapped[int]
    why: Mapped[Words]
    idx: Mapped[int | None]
    raised_by: Mapped[Name]
    raised_at: Mapped[Moment]
    settled_level: Mapped[int | None]
    settled_why: Mapped[Words]
    settled_by: Mapped[str | None]
    settled_at: Mapped[MaybeMoment]
    stored_at: Mapped[MaybeMoment]


class Reflection(Base):
    """One row per person who answered the two questions after a call, as the seller or as the manager."""

    __tablename__ = "reflections"
    call_id: Mapped[Key]
    person_id: Mapped[Key]
    seat: Mapped[Name]
    repeat: Mapped[Words]
    avoid: Mapped[Words]
    levels: Mapped[Levels]
    given_at: Mapped[Moment]


class Comment(Base):
    """One row per comment at a second of a recording, to a person."""

    __tablename__ = "comments"
    comment_id: Mapped[Id]
    call_id: Mapped[Indexed]
    at_s: Mapped[float]
    text: Mapped[Words]
    written_by: Mapped[Name]
    written_to: Mapped[Indexed]
    written_at: Mapped[Moment]
    read_at: Mapped[MaybeMoment]


class Playlist(Base):
    """One row per list of moments; a shared one is seen by all, its moments only of those who consented."""

    __tablename__ = "playlists"
    playlist_id: Mapped[Id]
    title: Mapped[Words]
    rubric: Mapped[str | None]
    element: Mapped[str | None]
    is_shared: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[Name]
    made_at: Mapped[Moment]


class PlaylistMoment(Base):
    """One row per moment of a list."""

    __tablename__ = "playlist_moments"
    moment_id: Mapped[Id]
    playlist_id: Mapped[str] = mapped_column(ForeignKey("playlists.playlist_id", ondelete="CASCADE"), index=True)
    call_id: Mapped[Indexed]
    start_s: Mapped[float]
    end_s: Mapped[float]
    note: Mapped[Words]
    added_by: Mapped[Name]
    added_at: Mapped[Moment]


class Goal(Base):
    """One row per goal of a person: an element, from and to which level, by when, what to practise.

    It is opened from the one-on-one in which it was agreed; a person has one open goal at most.
    """

    __tablename__ = "goals"
    goal_id: Mapped[Id]
    person_id: Mapped[Indexed]
    rubric: Mapped[Name]
    element: Mapped[Name]
    from_level: Mapped[float]
    to_level: Mapped[int]
    due_on: Mapped[date]
    practise: Mapped[Words]
    opened_in: Mapped[str | None]
    opened_by: Mapped[Name]
    opened_at: Mapped[Moment]
    came_to: Mapped[str | None]
    closed_at: Mapped[MaybeMoment]
