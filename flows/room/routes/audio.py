"""Sound: a recording is streamed from where it lies, by ranges of bytes, to those who may hear the call."""

import mimetypes

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse

from flows.room.calibration.answering import assigned
from flows.room.guards import NOT_HERE, Home, Seen, Who, call_in_reach, noted
from flows.room.house import House

router = APIRouter()
NO_SOUND = "This call has no recording that can be played from here."


@router.get("/audio/score/{assignment_id}")
def to_score(assignment_id: str, house: Home, visitor: Who) -> Response:
    """The sound of a call that is assigned to the one who asks."""
    with house.database.read() as session:
        found = assigned(session, assignment_id, visitor.person_id)
    if found is None:
        raise HTTPException(404, NOT_HERE)
    return sound_of(house, found[0].call_id)


@router.get("/audio/call")
def of_call(call: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """The sound of a call in reach."""
    call_in_reach(call, seen, house)
    noted(house, visitor, "heard", f"call {call}")
    return sound_of(house, call)


def sound_of(house: House, call_id: str) -> Response:
    """The recording of a call, by ranges where the browser asks for them."""
    recording = house.recording_of(call_id)
    if recording is None:
        raise HTTPException(404, NO_SOUND)
    kind = mimetypes.guess_type(recording)[0] or ""
    return FileResponse(recording, media_type=kind if kind.startswith(("audio/", "video/")) else "audio/mpeg")
