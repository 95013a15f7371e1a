"""What is heard and shown of whom: recordings by ranges from where they lie, moments and examples only of those who
agreed, and nothing of calls that were not opened."""

import re
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.coaching.moments import Span, add_moment
from flows.room.database.coaching import Playlist
from flows.room.database.columns import now
from flows.room.database.people import AuditEntry
from flows.room.database.scoring import Assignment
from tests.flows.room.chromium import with_recording
from tests.workspace import settle


def first_of(house, who: str) -> str:
    """The id of somebody's first discovery call."""
    return house.table("calls").filter(lead_id=who, interaction="discovery_call").sort("call_id")["call_id"][0]


@pytest.fixture
def shared(house, recording: Path) -> str:
    """The id of a shared list with five seconds of a call of Cy's."""
    with_recording(house, recording)
    with house.database.begin() as session:
        playlist = Playlist(title="Openings", made_by="max", made_at=now(), is_shared=True)
        session.add(playlist)
        session.flush()
        add_moment(session, playlist, first_of(house, "cy"), Span(2, 7), "listen", by="max")
    return playlist.playlist_id


def test_by_ranges(house, enter, recording):
    """A browser gets the bytes that it asks for, from the recording itself; nothing of it is written anywhere."""
    with_recording(house, recording)
    sound, ann = recording.read_bytes(), enter("ann")
    before = set(house.store.place.rglob("*"))
    path = f"/audio/call?call={first_of(house, 'ann')}"
    part = ann.get(path, headers={"range": "bytes=1000-1999"})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 1000-1999/{len(sound)}")
    assert part.content == sound[1000:2000]
    assert ann.get(path).content == sound
    assert ann.get(path, headers={"range": f"bytes={len(sound)}-"}).status_code == 416
    new = {path.name.split(".")[0] for path in {*house.store.place.rglob("*")} - before}
    assert new <= {"room", "search"}


def test_moments_of_those_who_agreed(house, enter, shared):
    """A moment of a shared list plays for a colleague of another team once its seller agreed: that moment, and not the
    call; when the consent is taken back, it no longer plays."""
    ann, consent = enter("ann"), house.store.place / "consent.yaml"
    call_id = first_of(house, "cy")
    page = f"/playlists/{shared}"
    assert "<audio" not in ann.get(page).text
    consent.write_text("cy: true\n")
    found = re.search(r'src="(/audio/moment/[\w-]+)"', ann.get(page).text)[1]
    sound = ann.get(found)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/mpeg")
    assert ann.get(f"/audio/call?call={call_id}").status_code == 404
    assert f"/calls/{call_id}" not in ann.get(page).text
    consent.write_text("cy: false\n")
    assert ann.get(found).status_code == 404


def test_examples_of_those_who_agreed(house, enter):
    """A rater sees beside the anchors one good moment of another call, of somebody who agreed, without names; none of a
    label that people overturned, which was shown as before, nor the words of the other side."""
    with house.database.begin() as session:
        elements = house.elements().filter(rubric="discovery_call")["element"].to_list()
        set_up(
            session, Wish("May", "discovery_call", elements, [first_of(house, "ann")], ["rae"]), by="eve", practice=[]
        )
    with house.database.read() as session:
        path = f"/score/{session.scalars(select(Assignment.assignment_id)).one()}"
    rae = enter("rae")
    assert "A good example" not in rae.get(path).text
    (house.store.place / "consent.yaml").write_text("bob: true\n")
    text = rae.get(path).text
    assert "A good example, from another call" in text
    assert "Bob Ray" not in text
    evidence = house.store.read("evidence")
    house.store.merge("evidence", evidence.with_columns(worth_showing=pl.lit(value=False)))
    assert "A good example" not in rae.get(path).text
    house.store.merge("evidence", evidence)
    assert "A good example" in rae.get(path).text
    settle(house.store, 0, rubric="discovery_call")
    assert "A good example" not in rae.get(path).text


def test_calls_that_were_not_opened(house, enter, recording):
    """A call without consent to be recorded was never opened: it has no page and no sound, for nobody."""
    with_recording(house, recording)
    call_id = first_of(house, "ann")
    refused = {"status": pl.lit("failed"), "error_code": pl.lit("no_consent")}
    house.store.merge("calls", house.store.read("calls").filter(call_id=call_id).with_columns(**refused))
    for who in ("ann", "mia", "eve"):
        browser = enter(who)
        assert browser.get(f"/calls/{call_id}.html").status_code == 404
        assert browser.get(f"/audio/call?call={call_id}").status_code == 404


def test_who_saw_and_changed_what(house, enter, shared, recording):
    """The audit log names who saw, heard, searched and changed what, and holds nothing that was said."""
    mia, ann = enter("mia"), first_of(house, "ann")
    mia.get("/people/ann.html"), mia.get("/meetings/ann.html"), mia.get("/managers/mia.html")
    mia.get(f"/calls/{ann}.html"), mia.get(f"/audio/call?call={ann}"), mia.get("/search?q=zirconium")
    mia.post("/say/comment", call=ann, at="0:01", to="mia", text="zirconium")
    goal = {"person_id": "ann", "about": "discovery_call/agenda", "to_level": "3", "due_on": "2027-01-31"}
    mia.post("/goals", practise="zirconium", **goal)
    with house.database.read() as session:
        entries = [(one.action, one.what) for one in session.scalars(select(AuditEntry).filter_by(person_id="mia"))]
    assert {
        ("saw", "person ann"), ("saw", "next meeting of ann"), ("saw", "manager mia"), ("saw", f"call {ann}"),
        ("heard", f"call {ann}"), ("searched", ""), ("agreed on goal", "ann: agenda"),
    } <= set(entries)  # fmt: skip
    assert not [what for _, what in entries if "zirconium" in what]
    assert f"call {ann}" in enter("adi").get("/audit").text
