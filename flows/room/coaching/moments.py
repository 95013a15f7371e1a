"""Comments at a second of a recording, and playlists of moments."""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Comment, Playlist, PlaylistMoment
from flows.room.database.columns import now
from flows.room.database.people import Person
from flows.room.entry.reach import Reach

MAX_WORDS = 2000
MAX_TITLE = 120


@dataclass(frozen=True)
class Span:
    """Seconds of a recording, from and to."""

    start_s: float
    end_s: float


def seconds_of(text: str) -> float:
    """Seconds from what people write, 75 or 1:15 or 1:02:03; raises ValueError where it is none of these."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(part.replace(".", "", 1).isdigit() for part in parts):
        raise ValueError("Write the second as 75 or 1:15.")
    total = 0.0
    for part in parts:
        total = 60 * total + float(part)
    return total


def readers_of(session: Session, call: dict[str, object], writer: str) -> list[Person]:
    """To whom a comment on a call may go: those who took part and the manager, as far as they are in the room."""
    ids = {call[name] for name in ("lead_id", "other_id", "manager_id")} - {None, writer}
    return list(session.scalars(select(Person).where(Person.person_id.in_(ids), Person.disabled_at.is_(None))))


def comment(session: Session, call: dict[str, object], at_s: float, text: str, *, by: str, to: str) -> Comment:
    """Write a comment; raises ValueError where it is empty, its second is none of the call, or nobody may read it."""
    if not text.strip():
        raise ValueError("Write the comment.")
    if not 0 <= at_s <= float(str(call["duration_s"] or at_s)) + 1:
        raise ValueError("The call is not as long as that.")
    if to not in {person.person_id for person in readers_of(session, call, by)}:
        raise ValueError("Choose somebody of this call to write to.")
    made = Comment(call_id=str(call["call_id"]), at_s=at_s, text=text.strip()[:MAX_WORDS], written_by=by, written_to=to)
    session.add(made)
    return made


def comments_of(session: Session, call_id: str, person_id: str) -> list[Comment]:
    """The comments on a call that a person wrote or that are to them, which are read by this."""
    mine = or_(Comment.written_by == person_id, Comment.written_to == person_id)
    found = list(session.scalars(select(Comment).where(Comment.call_id == call_id, mine).order_by(Comment.at_s)))
    for one in found:
        if one.written_to == person_id and one.read_at is None:
            one.read_at = now()
    return found


def unread(session: Session, person_id: str, seen: Reach) -> list[Comment]:
    """The comments that a person has not read yet."""
    to_me = select(Comment).where(Comment.written_to == person_id, Comment.read_at.is_(None))
    return [one for one in session.scalars(to_me.order_by(Comment.written_at)) if one.call_id in seen.call_ids]


def playlists_of(session: Session, person_id: str) -> list[Playlist]:
    """A person's own lists and those that are shared."""
    mine = or_(Playlist.made_by == person_id, Playlist.is_shared)
    return list(session.scalars(select(Playlist).where(mine).order_by(Playlist.title)))


def moments_of(session: Session, playlist_id: str) -> list[PlaylistMoment]:
    """The moments of a list, in the order in which they were added."""
    wanted = select(PlaylistMoment).where(PlaylistMoment.playlist_id == playlist_id)
    return list(session.scalars(wanted.order_by(PlaylistMoment.added_at)))


def may_hear(call_id: str, seen: Reach, calls: pl.DataFrame, consented: list[str]) -> bool:
    """Whether a moment of a shared list may be played to somebody: the call is in reach, or its lead agreed to it; not
    while it is still to be scored blindly."""
    if call_id in seen.blind:
        return False
    lead = calls.filter(call_id=call_id, status="ok")["lead_id"].first()
    return call_id in seen.call_ids or (lead is not None and lead in consented)


def add_moment(session: Session, playlist: Playlist, call_id: str, span: Span, note: str, *, by: str) -> None:
    """Add a moment; raises ValueError where it has no length."""
    if not 0 <= span.start_s < span.end_s:
        raise ValueError("A moment ends after it begins.")
    session.add(
        PlaylistMoment(
            playlist_id=playlist.playlist_id,
            call_id=call_id,
            start_s=span.start_s,
            end_s=span.end_s,
            note=note.strip()[:MAX_WORDS],
            added_by=by,
            added_at=now(),
        )
    )
