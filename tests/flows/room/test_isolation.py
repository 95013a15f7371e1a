"""Isolation: every route as everybody. What a role may not see is answered like what does not exist, and nothing of a
call out of reach stands on any page. A new route fails here until it is declared."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import polars as pl
import pytest
from fastapi.routing import APIRoute

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.coaching.disputes import View, raise_dispute
from flows.room.coaching.moments import Span, add_moment
from flows.room.database.coaching import Comment, Dispute, Goal, Playlist, PlaylistMoment
from flows.room.database.columns import now
from flows.room.database.scoring import Assignment
from flows.room.shown import labels_of
from pipeline.pages.parts.ratings import page_name
from tests.flows.room.browsers import PEOPLE

STAFF = ("seller", "manager", "second_line", "enablement", "admin")
ALL = ("rater", *STAFF)
HEADS = ("enablement", "admin")
OPEN = "anybody"  # also who is not signed in

DECLARED: dict[tuple[str, str], tuple[str, ...] | str] = {
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("GET", "/sign-in/provider"): (),  # there is none here; test_provider has one
    ("GET", "/sign-in/back"): (),
    ("GET", "/invitation/{token}"): OPEN,
    ("POST", "/invitation/{token}"): OPEN,
    ("GET", "/look/{name}"): OPEN,
    ("POST", "/sign-out"): ALL,
    ("GET", "/"): ALL,
    ("GET", "/people-of-the-room"): ("admin",),
    ("POST", "/people-of-the-room"): ("admin",),
    ("POST", "/people-of-the-room/close"): ("admin",),
    ("GET", "/audit"): ("admin",),
    ("GET", "/score/{assignment_id}"): ALL,
    ("POST", "/score/{assignment_id}/finish"): ALL,
    ("POST", "/score/{assignment_id}/answer"): ALL,
    ("GET", "/audio/score/{assignment_id}"): ALL,
    ("GET", "/audio/call"): ALL,
    ("GET", "/audio/moment/{moment_id}"): STAFF,
    ("GET", "/index.html"): STAFF,
    ("GET", "/teams/{name}"): STAFF,
    ("GET", "/people/{name}"): STAFF,
    ("GET", "/calls/{name}"): STAFF,
    ("GET", "/week.html"): HEADS,
    ("GET", "/cadence.html"): HEADS,
    ("GET", "/impact.html"): HEADS,
    ("GET", "/calibration.html"): HEADS,
    ("GET", "/runs.html"): HEADS,
    ("POST", "/say/own-view"): STAFF,
    ("POST", "/say/dispute"): STAFF,
    ("POST", "/say/settle"): STAFF,
    ("POST", "/say/comment"): STAFF,
    ("POST", "/say/moment"): STAFF,
    ("GET", "/disputes"): STAFF,
    ("GET", "/playlists"): STAFF,
    ("POST", "/playlists"): STAFF,
    ("GET", "/playlists/{playlist_id}"): STAFF,
    ("POST", "/playlists/{playlist_id}/remove"): STAFF,
    ("GET", "/sessions"): HEADS,
    ("GET", "/sessions/new"): HEADS,
    ("POST", "/sessions"): HEADS,
    ("GET", "/sessions/{session_id}"): HEADS,
    ("POST", "/sessions/{session_id}/state"): HEADS,
    ("GET", "/sessions/{session_id}/result"): ALL,
    ("GET", "/sessions/{session_id}/meeting"): ALL,
    ("POST", "/sessions/{session_id}/revise"): ALL,
    ("POST", "/sessions/{session_id}/decide"): ALL,
    ("POST", "/sessions/{session_id}/reword"): ALL,
    ("GET", "/search"): STAFF,
    ("GET", "/topics"): STAFF,
    ("GET", "/rubrics"): ALL,
    ("GET", "/rubrics/{rubric}"): ALL,
    ("POST", "/rubrics/{rubric}/check"): ("enablement",),
    ("POST", "/rubrics/{rubric}/preview"): ("enablement",),
    ("POST", "/rubrics/{rubric}/publish"): ("enablement",),
    ("GET", "/weights"): ("manager", "second_line", "enablement", "admin"),
    ("POST", "/weights"): ("enablement",),
    ("POST", "/weights/sign"): ("manager", "second_line", "enablement", "admin"),
    ("POST", "/goals"): ("manager", "second_line", "enablement"),
    ("POST", "/goals/close"): ("manager", "second_line", "enablement"),
}
MARK = re.compile(r"mark-(\S+?)-mark|opp-([\w.-]+)")
UNMARKED = (
    "/week.html",
    "/cadence.html",
    "/impact.html",
    "/calibration.html",
    "/runs.html",
    "/audit",
    "/people-of-the-room",
)


def routes(app) -> Iterator[tuple[str, str]]:
    """Every method and path that the room answers to."""
    for one in app.routes:
        for route in getattr(one, "original_router", app).routes:
            assert isinstance(route, APIRoute), f"{route} is of an unknown kind"
            for method in route.methods:
                yield method, route.path


def test_every_route_is_declared(app):
    """Each new route says here who may use it."""
    assert set(routes(app)) == set(DECLARED)


@pytest.fixture
def world(house, recording):
    """A session that Rae and Mia score, and something of everything on a call of Ann's and one of Cy's; every call can
    be heard."""
    house.store.merge("calls", house.store.read("calls").with_columns(recording=pl.lit(str(recording))))
    calls = house.table("calls")
    of = {who: calls.filter(lead_id=who).sort("call_id")["call_id"].to_list() for who in ("ann", "cy")}
    elements = ["agenda", "insight"]
    kept = {}
    with house.database.begin() as session:
        for rater in ("rae", "mia"):
            wish = Wish(f"Of {rater}", "discovery_call", elements, [of["ann"][-1]], [rater])
            made = set_up(session, wish, by="eve", practice=[])
            kept[f"session {rater}"] = made.session_id
        for assignment in session.query(Assignment):
            kept[f"assignment {assignment.person_id}"] = assignment.assignment_id
        for who in ("ann", "cy"):
            label = labels_of(house).filter(call_id=of[who][0], element="agenda").row(0, named=True)
            dispute = raise_dispute(session, label, View(3, f"mark-{of[who][0]}-mark is why"), by=who)
            playlist = Playlist(title=f"List of {who}", made_by=who, made_at=now(), is_shared=False)
            shared = Playlist(title=f"Shared by {who}", made_by=who, made_at=now(), is_shared=True)
            session.add_all([playlist, shared])
            session.flush()
            for one in (playlist, shared):
                add_moment(session, one, of[who][0], Span(0, 5), f"mark-{of[who][0]}-mark", by=who)
            session.add(
                Comment(call_id=of[who][0], at_s=1, text=f"mark-{of[who][0]}-mark", written_by=who, written_to="nobody")
            )
            goal = Goal(
                person_id=who, rubric="discovery_call", element="agenda", from_level=1.0, to_level=3,
                due_on=now().date(), practise=f"goal-of-{who}", opened_by="eve", opened_at=now(),
            )  # fmt: skip
            session.add(goal)
            session.flush()
            kept |= {f"dispute {who}": dispute.dispute_id, f"goal {who}": goal.goal_id}
            for kind, one in (("list", playlist), ("shared", shared)):
                (moment,) = session.query(PlaylistMoment).filter_by(playlist_id=one.playlist_id)
                kept |= {f"{kind} {who}": one.playlist_id, f"moment-of-{kind} {who}": moment.moment_id}
    return kept


def in_reach(house, who: str) -> set[str]:
    """The calls that somebody may see, told by hand from who is whose: Mia manages Ann and Bob, Max manages Cy, Dan
    manages Mia (and no meeting of Max's is on record under him but those that Max leads)."""
    calls = house.store.read("calls")
    own = pl.any_horizontal(pl.col("lead_id", "other_id") == who)
    by_hand = {
        "rae": pl.lit(value=False),
        "rob": pl.lit(value=False),
        "mia": own | (pl.col("lead_id").is_in(["ann", "bob"])),
        "max": own | (pl.col("lead_id") == "cy"),
        "dan": pl.lit(value=True),
        "eve": pl.lit(value=True),
        "adi": pl.lit(value=True),
    }
    return set(calls.filter(by_hand.get(who, own))["call_id"])


def last_of_ann(house) -> str:
    """The call that Rae and Mia are to score."""
    return house.store.read("calls").filter(lead_id="ann").sort("call_id")["call_id"][-1]


def paths(house, world) -> Iterator[tuple[str, str, str | None, set[str]]]:  # noqa: C901  one case a route
    """Every route that is read, filled with all that there is: template, path, the call it is of, and who alone may."""
    calls = house.store.read("calls")
    for _, template in (key for key in DECLARED if key[0] == "GET"):
        if "{" not in template and template != "/audio/call":
            yield template, template, None, set()
        if template == "/search":
            yield template, "/search?q=mark", None, set()
        if template == "/rubrics/{rubric}":
            yield template, "/rubrics/discovery_call", None, set()
        for call_id in calls["call_id"]:
            if template == "/audio/call":
                yield template, f"{template}?call={quote(call_id)}", call_id, set()
            if template == "/calls/{name}":
                yield template, f"/calls/{page_name(call_id)}", call_id, set()
        if template == "/people/{name}":
            managers = {
                "ann": {"mia", "dan"},
                "bob": {"mia", "dan"},
                "cy": {"max", "dan"},
                "mia": {"dan"},
                "max": {"dan"},
            }
            for person, theirs in managers.items():
                yield template, f"/people/{person}.html", None, {person, "eve", "adi", *theirs}
        if template == "/teams/{name}":
            for team, some in (("north", {"ann", "bob", "mia"}), ("south", {"cy", "max"})):
                yield template, f"/teams/{page_name(team.capitalize())}", None, {*some, "dan", "eve", "adi"}
        for key, value in world.items():
            what, _, whose = key.partition(" ")
            if what == "assignment" and "assignment_id" in template:
                yield template, template.replace("{assignment_id}", value), None, {whose}
            if what == "session" and template in ("/sessions/{session_id}", "/sessions/{session_id}/result"):
                yield template, template.replace("{session_id}", value), None, {"eve", "adi"}
            if what == "list" and template == "/playlists/{playlist_id}":
                yield template, f"/playlists/{value}", None, {whose}
            if what == "shared" and template == "/playlists/{playlist_id}":
                yield template, f"/playlists/{value}", None, {*PEOPLE} - {"rae", "rob"}
            if what.startswith("moment-of-") and template == "/audio/moment/{moment_id}":
                call_id = calls.filter(lead_id=whose).sort("call_id")["call_id"][0]
                yield template, f"/audio/moment/{value}", call_id, {whose} if "list" in what else {*PEOPLE}


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
                assert path == f"/people/{other}.html" or (path, who) == ("/", other)
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


@pytest.mark.parametrize("route", [key for key, roles in DECLARED.items() if key[0] == "POST" and roles != OPEN])
def test_every_form_as_everybody(client, enter, route):
    """Without signing in nothing is done; without this browser's token neither; a role that may not gets no answer."""
    _, template = route
    path = re.sub(r"\{\w+\}", "guessed", template)
    assert client.post(path, data={"a": "b"}).status_code == 401
    for who in ("rae", "ann", "mia", "dan", "eve", "adi"):
        browser, (role, _) = enter(who), PEOPLE[who]
        assert browser.client.post(path, data={"a": "b"}).status_code in (403, 404), f"{who} at {path}"
        if role not in DECLARED[route]:
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
