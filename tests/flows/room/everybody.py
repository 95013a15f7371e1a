"""What each role may see, told by hand: every route with the roles that may use it, calls by whose they are, and the
paths that fill every route."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import polars as pl
from fastapi.routing import APIRoute

from pipeline.pages.parts.ratings import page_name
from tests.flows.room.browsers import PEOPLE

STAFF = ("seller", "manager", "second_line", "enablement", "admin")
ALL = ("rater", *STAFF)
HEADS = ("enablement", "admin")
MANAGERS = ("manager", "second_line", *HEADS)
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
    ("GET", "/people.html"): STAFF,
    ("GET", "/meetings/{name}"): STAFF,
    ("GET", "/managers.html"): MANAGERS,
    ("GET", "/managers/{name}"): MANAGERS,
    ("GET", "/guides.html"): STAFF,
    ("GET", "/guides/{name}"): STAFF,
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
FOREIGN = {  # names that nobody of another team reads on the report's pages
    "ann": ("Bob Ray", "Cy Poe", "Max Orr"),
    "bob": ("Ann Lee", "Cy Poe", "Max Orr"),
    "cy": ("Ann Lee", "Bob Ray", "Mia Fox"),
    "mia": ("Cy Poe", "Max Orr"),
    "max": ("Ann Lee", "Bob Ray", "Mia Fox"),
}
MARK = re.compile(r"mark-(\S+?)-mark|opp-([\w.-]+)")
REPORTS = tuple(path for _, path in DECLARED if path.endswith((".html", "/{name}")) and path != "/look/{name}")


def routes(app) -> Iterator[tuple[str, str]]:
    """Every method and path that the room answers to."""
    for one in app.routes:
        for route in getattr(one, "original_router", app).routes:
            assert isinstance(route, APIRoute), f"{route} is of an unknown kind"
            for method in route.methods:
                yield method, route.path


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
    calls = house.store.read("calls").sort("call_id")
    two_of_each = calls.group_by("lead_id", maintain_order=True).agg(
        pl.col("call_id").first(), last=pl.col("call_id").last()
    )
    some = {*two_of_each["call_id"], *two_of_each["last"]}
    for _, template in (key for key in DECLARED if key[0] == "GET"):
        if "{" not in template and template != "/audio/call":
            yield template, template, None, set()
        if template == "/search":
            yield template, "/search?q=mark", None, set()
        if template == "/rubrics/{rubric}":
            yield template, "/rubrics/discovery_call", None, set()
        for call_id in sorted(some):
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
        if template == "/meetings/{name}":
            prepared = {"ann": {"ann", "mia"}, "bob": {"bob", "mia"}, "cy": {"cy", "max"}, "mia": set(), "zed": set()}
            for person, pair in prepared.items():
                above = {"dan", "eve", "adi"} if pair else {"nobody"}
                yield template, f"/meetings/{person}.html", None, {*pair, *above}
        if template == "/managers/{name}":
            for manager in ("mia", "max"):
                yield template, f"/managers/{manager}.html", None, {manager, "dan", "eve", "adi"}
            yield template, "/managers/dan.html", None, {"nobody"}  # manages managers, whom no page of a team lists
        if template == "/guides/{name}":
            for kind in ("discovery-call", "one-on-one"):
                yield template, f"/guides/{page_name(kind.replace('-', '_'))}", None, set()
        if template == "/teams/{name}":
            for team, theirs in (("north", {"ann", "bob", "mia"}), ("south", {"cy", "max"})):
                yield template, f"/teams/{page_name(team.capitalize())}", None, {*theirs, "dan", "eve", "adi"}
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
