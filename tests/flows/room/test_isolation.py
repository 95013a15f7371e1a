"""Isolation: every route as everybody. What a role may not see is answered like what does not exist, and nothing of a
call out of reach stands on any page. A new route fails here until it is declared."""

import re

import pytest

from flows.room.database.coaching import Dispute, Goal, Playlist
from flows.room.database.columns import now
from flows.room.database.scoring import Assignment
from pipeline.pages.parts.ratings import page_name
from tests.flows.room.browsers import PEOPLE
from tests.flows.room.everybody import DECLARED, FOREIGN, MARK, OPEN, REPORTS, in_reach, last_of_ann, paths, routes

FORMS = [template for (method, template), roles in DECLARED.items() if method == "POST" and roles != OPEN]


def test_every_route_is_declared(app):
    """Each new route says here who may use it."""
    assert set(routes(app)) == set(DECLARED)


@pytest.mark.parametrize("who", [*PEOPLE])
def test_every_page_as_everybody(house, world, enter, who):
    """A page opens for those who may see it and for nobody else, and names no call out of reach."""
    browser, (role, _) = enter(who), PEOPLE[who]
    reach = in_reach(house, who) - ({last_of_ann(house)} if who == "mia" else set())
    opened = 0
    for template, path, call_id, alone in paths(house, world):
        roles = DECLARED["GET", template]
        answer = browser.get(path)
        may = (roles == OPEN or role in roles) and (call_id is None or call_id in reach) and (not alone or who in alone)
        assert (answer.status_code == 200) == may, f"{who} at {path}: {answer.status_code}"
        assert may or answer.status_code in (404, 410), f"{who} at {path}: {answer.status_code}"
        opened += answer.status_code == 200
        if template.startswith("/audio") and may:
            assert answer.headers["content-type"].startswith("audio/")
            continue
        if template == "/score/{assignment_id}":
            continue  # whose words are assigned, may be read there
        named = {first or second for first, second in MARK.findall(answer.text)}
        assert named <= reach, f"{who} at {path} sees {named - reach}"
        for other in ("ann", "cy"):
            if f"goal-of-{other}" in answer.text:
                assert path in (f"/people/{other}.html", f"/meetings/{other}.html") or (path, who) == ("/", other)
        if template in REPORTS:
            assert [name for name in FOREIGN.get(who, ()) if name in answer.text] == [], f"{who} at {path}"
    assert opened >= 2


def test_a_rater_sees_no_answer(house, world, enter):
    """On the page of a call to score stand neither the machine's answer, the outcome, the opportunity nor a name."""
    rae = enter("rae")
    text = rae.get(f"/score/{world['assignment rae']}").text
    call = house.store.read("calls").filter(lead_id="ann").sort("call_id").tail(1).row(0, named=True)
    for hidden in ("Ann Lee", "ann", call["outcome"], call["opportunity_id"], "North", "% sure", "provisional"):
        assert not re.search(rf"(?<!\w){re.escape(hidden)}(?!\w)", text), hidden
    assert call["call_id"] not in text.replace(f"mark-{call['call_id']}-mark", "")


def test_blind_until_scored(house, world, enter):
    """Mia, who is to score a call of Ann's, cannot open its page before she has."""
    mia = enter("mia")
    call_id = last_of_ann(house)
    assert mia.get(f"/calls/{page_name(call_id)}").status_code == 404
    with house.database.begin() as session:
        session.get(Assignment, world["assignment mia"]).finished_at = now()
    assert mia.get(f"/calls/{page_name(call_id)}").status_code == 200


def filled(template: str) -> str:
    """The path of a form, of something that is not there."""
    return re.sub(r"\{\w+\}", "guessed", template)


def test_no_form_without_signing_in(client):
    """Who is not signed in is asked to, and nothing is done."""
    for template in FORMS:
        assert client.post(filled(template), data={"a": "b"}).status_code == 401, template


@pytest.mark.parametrize("who", ["rae", "ann", "mia", "dan", "eve", "adi"])
def test_every_form_as_everybody(enter, who):
    """Without this browser's token nothing is done; a role that may not gets no answer."""
    browser, (role, _) = enter(who), PEOPLE[who]
    for template in FORMS:
        path = filled(template)
        assert browser.client.post(path, data={"a": "b"}).status_code in (403, 404), f"{who} at {path}"
        if role not in DECLARED["POST", template]:
            assert browser.post(path, a="b").status_code == 404, f"{who} at {path}"
        elif template != "/sign-out":
            assert browser.post(path, a="b").status_code in (303, 400, 404, 422), f"{who} at {path}"


def test_forms_on_what_is_not_yours(house, world, enter):
    """Max, who manages Cy, can say nothing of a call of Ann's, nor settle, keep, remove or close what is not his."""
    max_, ann = enter("max"), house.store.read("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
    levels = {"level agenda": "3", "repeat": "a", "avoid": "b"}
    forms = {
        "/say/own-view": {"call": ann, **levels},
        "/say/dispute": {"call": ann, "element": "agenda", "level": "3", "why": "so"},
        "/say/settle": {"dispute_id": world["dispute ann"], "level": "3"},
        "/say/comment": {"call": ann, "at": "1", "to": "ann", "text": "hello"},
        "/say/moment": {"call": ann, "playlist_id": world["list ann"], "start": "0", "end": "9"},
        f"/playlists/{world['list ann']}/remove": {},
        f"/playlists/{world['shared ann']}/remove": {"moment_id": world["moment-of-shared ann"]},
        "/goals": {
            "person_id": "ann", "about": "discovery_call/agenda", "to_level": "3", "due_on": "2027-01-01",
            "practise": "x",
        },
        "/goals/close": {"goal_id": world["goal ann"], "came_to": "dropped"},
        f"/score/{world['assignment rae']}/answer": {"element": "agenda", "level": "3"},
        f"/score/{world['assignment rae']}/finish": {},
    }  # fmt: skip
    for path, fields in forms.items():
        assert max_.post(path, **fields).status_code == 404, path
    with house.database.read() as session:
        assert session.get(Dispute, world["dispute ann"]).settled_at is None
        assert session.get(Playlist, world["list ann"]) is not None
        assert session.get(Goal, world["goal ann"]).closed_at is None
