"""Playlists: lists of moments, one's own and shared ones, each moment played from where it lies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select

from flows.room.coaching.moments import MAX_TITLE, may_hear, moments_of, playlists_of
from flows.room.database.coaching import Playlist, PlaylistMoment
from flows.room.database.columns import now
from flows.room.entry import audit
from flows.room.guards import NOT_HERE, Home, Posted, Seen, Who, only
from flows.room.render import page
from flows.room.routes.audio import NO_SOUND
from pipeline.errors import CallError
from pipeline.pages.parts.coaching import read_consent
from pipeline.pages.parts.playback import encode_playback
from pipeline.pages.parts.ratings import name_calls

router = APIRouter(dependencies=[Depends(only("seller", "manager", "second_line", "enablement", "admin"))])
Text = Annotated[str, Form()]
SHARES = ("manager", "second_line", "enablement")


@router.get("/playlists")
def show_all(request: Request, house: Home, visitor: Who) -> Response:
    """One's own lists and the shared ones."""
    with house.database.read() as session:
        lists = playlists_of(session, visitor.person_id)
        counted = select(PlaylistMoment.playlist_id, func.count()).group_by(PlaylistMoment.playlist_id)
        n_moments = dict(session.execute(counted).tuples().all())
    elements = house.elements().select("rubric", "element", "title", "rubric_title").to_dicts()
    may_share = visitor.role in SHARES
    values = {"title": "Moments", "lists": lists, "n_moments": n_moments, "elements": elements, "may_share": may_share}
    return page(request, "playlists.html.jinja", values)


@router.post("/playlists", dependencies=[Posted])
def make(
    house: Home, visitor: Who, title: Text, about: Text = "", is_shared: Annotated[bool, Form()] = False
) -> Response:
    """Make a list; `about` is rubric/element of which it is to be the gold standard."""
    rubric, _, element = about.partition("/")
    known = house.elements().filter(rubric=rubric, element=element)
    if not title.strip() or (about and known.is_empty()):
        raise HTTPException(422, "Give the list a title, and an element of the rubrics or none.")
    made = Playlist(
        title=title.strip()[:MAX_TITLE],
        rubric=rubric or None,
        element=element or None,
        is_shared=is_shared and visitor.role in SHARES,
        made_by=visitor.person_id,
        made_at=now(),
    )
    with house.database.begin() as session:
        session.add(made)
        audit.note(session, visitor.person_id, "made list", made.title)
    return RedirectResponse(f"/playlists/{made.playlist_id}", 303)


@router.get("/playlists/{playlist_id}")
def show(request: Request, playlist_id: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """A list with the moments that the reader may hear."""
    with house.database.read() as session:
        playlist = session.get(Playlist, playlist_id)
        if playlist is None or not (playlist.is_shared or playlist.made_by == visitor.person_id):
            raise HTTPException(404, NOT_HERE)
        moments = moments_of(session, playlist_id)
    calls, consented = house.table("calls"), read_consent(house.store.place)
    heard = [one for one in moments if may_hear(one.call_id, seen, calls, consented)]
    named = name_calls(calls.filter(calls["call_id"].is_in([one.call_id for one in heard])))
    about = {row["call_id"]: row for row in named.to_dicts()}
    return page(
        request,
        "playlist.html.jinja",
        title=playlist.title,
        playlist=playlist,
        moments=heard,
        n_hidden=len(moments) - len(heard),
        calls=about,
        in_reach=seen.call_ids,
        is_own=playlist.made_by == visitor.person_id,
    )


@router.get("/audio/moment/{moment_id}")
def hear(moment_id: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """The sound of a moment alone: who agreed to show a moment did not agree to show the call."""
    with house.database.begin() as session:
        moment = session.get(PlaylistMoment, moment_id)
        playlist = session.get(Playlist, moment.playlist_id) if moment else None
        if moment is None or playlist is None or not (playlist.is_shared or playlist.made_by == visitor.person_id):
            raise HTTPException(404, NOT_HERE)
        if not may_hear(moment.call_id, seen, house.table("calls"), read_consent(house.store.place)):
            raise HTTPException(404, NOT_HERE)
        audit.note(session, visitor.person_id, "heard", f"moment of call {moment.call_id}")
    recording = house.recording_of(moment.call_id)
    if recording is None:
        raise HTTPException(404, NO_SOUND)
    try:
        sound = encode_playback(recording, span=(moment.start_s, moment.end_s))
    except CallError as error:
        raise HTTPException(404, NO_SOUND) from error
    return Response(sound, media_type="audio/mpeg")


@router.post("/playlists/{playlist_id}/remove", dependencies=[Posted])
def remove(playlist_id: str, house: Home, visitor: Who, moment_id: Text = "") -> Response:
    """Remove a moment from a list of one's own, or the list where none is named."""
    with house.database.begin() as session:
        playlist = session.get(Playlist, playlist_id)
        if playlist is None or playlist.made_by != visitor.person_id:
            raise HTTPException(404, NOT_HERE)
        moment = session.get(PlaylistMoment, moment_id) if moment_id else None
        if moment is not None and moment.playlist_id == playlist_id:
            session.delete(moment)
        elif not moment_id:
            session.delete(playlist)
        audit.note(session, visitor.person_id, "removed from list", playlist_id)
    return RedirectResponse(f"/playlists/{playlist_id}" if moment_id else "/playlists", 303)
