"""The pages: their figures, what makes them safe, and that they work in a browser."""

import datetime as dt
import re
import shutil
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
import pytest

from models.ratings.rubrics import load_rubrics
from pipeline.metrics.cadence import load_plan
from pipeline.pages import assessment_map, calibration, site
from pipeline.pages import person as person_page
from pipeline.pages.playback import encode_playback
from pipeline.pages.ratings import name_calls, page_name, rate
from pipeline.pages.site import write_report
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.store.delta import Store
from pipeline.tables import LEVELS, TABLES, Elements
from tests.workspace import RUBRICS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">"\'&</style>'
ODDS = {0: (0.7, 0.2, 0.1, 0.0), 1: (0.1, 0.8, 0.1, 0.0), 2: (0.0, 0.1, 0.8, 0.1), 3: (0.0, 0.0, 0.0, 1.0)}
EXPECTED = {0: 0.4, 1: 1.0, 2: 2.0, 3: 3.0}  # the sum of level times its probability in ODDS
WHOLE = ("week.html", "cadence.html", "calibration.html", "runs.html")  # pages of the whole workspace beside the map
PEOPLE = {"ann": ("Ann Lee", "East"), "bob": ("Bob Ray", "West")}

# call, lead, weeks after MONDAY, levels of agenda and next_steps
CALLS = [("a1", "ann", 0, 0, 3), ("a2", "ann", 1, 1, 3), ("a3", "ann", 2, 2, 3), ("b1", "bob", 0, 2, 0)]


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = TABLES[name]
    known = {column: [row.get(column) for row in rows] for column in schema.column_names() if column in rows[0]}
    return schema.validate(pl.concat([schema.create_empty(), pl.DataFrame(known)], how="diagonal_relaxed"), cast=True)


@pytest.fixture
def elements() -> pl.DataFrame:
    anchors = {color: f"{color} anchor" for color in LEVELS}
    shared = {"rubric": "discovery_call", "where": "anywhere", "rubric_title": "Discovery call", "rubric_version": 1}
    roles = {"scored_role": "rep", "other_role": "customer"}
    titles = {"agenda": "Sets the agenda", "next_steps": "Closes with next steps"}
    return Elements.validate(
        pl.DataFrame(
            [
                {"element": name, "title": title, "position": place, "rubric_hash": name, **shared, **roles, **anchors}
                for place, (name, title) in enumerate(titles.items())
            ]
        ),
        cast=True,
    )


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    calls, labels, evidence, utterances = [], [], [], []
    for call_id, lead, weeks, *levels in CALLS:
        name, team = PEOPLE[lead]
        started = MONDAY + dt.timedelta(weeks=weeks)
        calls.append(
            {"call_id": call_id, "interaction": "discovery_call", "started_at": started, "duration_s": 30.0}
            | {"lead_id": lead, "lead_name": name, "other_name": "Cy Poe", "team": team, "status": "ok"}
            | {"transcriber": "faster-whisper:small", "diarizer": "channels"}
        )
        for idx, (role, text) in enumerate([("rep", "Three topics today."), ("customer", "Fine."), ("rep", "Bye.")]):
            utterances.append(
                {"call_id": call_id, "idx": idx, "start_s": 5.0 + 10 * idx, "end_s": 8.0 + 10 * idx, "text": text}
                | {"speaker": role, "role": role, "n_words": len(text.split()), "confidence": 0.9}
            )
        for element, level in zip(("agenda", "next_steps"), levels, strict=True):
            key = {"call_id": call_id, "rubric": "discovery_call", "element": element, "model_id": f"m-{element}"}
            odds = {f"p_{color}": p for color, p in zip(LEVELS, ODDS[level], strict=True)}
            labels.append(
                {**key, **odds, "rubric_hash": element, "rubric_version": 1, "level": level, "color": LEVELS[level]}
                | {"expected_level": EXPECTED[level], "status": "provisional", "basis": "reference"}
                | {"needs_review": level == 0, "current": True, "labelled_at": MONDAY}
            )
            idx = 0 if element == "agenda" else 2
            evidence.append(
                {**key, "rank": 0, "idx": idx, "start_s": 5.0 + 10 * idx, "end_s": 8.0 + 10 * idx, "weight": 1.0}
                | {"quote": "Three topics today." if idx == 0 else "Bye."}
            )
    calls.append(
        {"call_id": "c1", "status": "failed", "error_code": "missing_file", "error": "row 5: no c1.wav; add it"}
    )
    calls = [
        {"lead_id": None, "lead_name": None, "team": None, **calls[0], **call} if i < 4 else call
        for i, call in enumerate(calls)
    ]
    columns = sorted({column for call in calls for column in call})
    return {
        "calls": table("calls", [{column: call.get(column) for column in columns} for call in calls]),
        "labels": table("labels", labels),
        "evidence": table("evidence", evidence),
        "utterances": table("utterances", utterances),
    }


def rated(tables: dict[str, pl.DataFrame], elements: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    calls = name_calls(tables["calls"])
    return calls, rate(calls, tables["labels"], elements)


def rows_of(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: tables.get(name, schema.create_empty()) for name, schema in TABLES.items()}


def with_audio(tables: dict[str, pl.DataFrame], recording: Path) -> dict[str, pl.DataFrame]:
    here = pl.when(pl.col("call_id") == "a1").then(pl.lit(str(recording)))
    return {**tables, "calls": tables["calls"].with_columns(recording=here)}


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds of faint noise with a tone from second 15 to 18."""
    path = tmp_path_factory.mktemp("sound") / "call.wav"
    t = np.arange(30 * RATE_HZ) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 440 * t) * ((t >= 15) & (t < 18))
    sound = tone + 0.001 * np.random.default_rng(1).standard_normal(t.size)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def person(calls, ratings, tables, elements, name, *, consented=()) -> dict[str, Any]:
    views = person_page.views(
        calls, ratings, tables["evidence"], elements, [name], plan=load_plan(), consented=list(consented)
    )
    return next(views)


# The figures


def test_map_by_hand(tables, elements):
    """Ann's agenda is the mean of 0.4, 1 and 2 over three conversations, one of them for review; orange."""
    calls, ratings = rated(tables, elements)
    view = assessment_map.view_map(calls, ratings, elements, rows_of(tables))
    kind = view["kinds"][0]
    ann, bob = kind["rows"]  # Ann's mean (3.4 + 9) / 6 = 2.07 is before Bob's (2 + 0.4) / 2 = 1.2
    agenda, next_steps = ann["cells"]
    assert (ann["shown"], ann["n_calls"], round(ann["overall"], 3)) == ("Ann Lee", 3, round(12.4 / 6, 3))
    assert agenda["mean"] == pytest.approx(3.4 / 3)
    assert [agenda[color] for color in LEVELS] == [1, 1, 1, 0]
    assert (agenda["n"], agenda["level"], agenda["review"]) == (3, 1, 1)
    assert (next_steps["mean"], next_steps["level"]) == (3.0, 3)
    assert [cell["level"] for cell in bob["cells"]] == [2, 0]
    assert (view["n_calls"], view["n_people"], view["whole"]["n"], view["whole"]["review"]) == (4, 2, 8, 2)
    assert view["learnt"] == {"reference": 8}


def test_gold_standard(tables, elements):
    """Ann sets the standard of next steps; Bob that of the agenda, tentatively, as one conversation is not enough."""
    calls, ratings = rated(tables, elements)
    agenda, next_steps = assessment_map.view_map(calls, ratings, elements, rows_of(tables))["kinds"][0]["columns"]
    assert (next_steps["gold"], next_steps["gold_mean"], next_steps["tentative"]) == ("Ann Lee", 3.0, False)
    assert (agenda["gold"], agenda["gold_mean"], agenda["tentative"]) == ("Bob Ray", 2.0, True)


def test_person_by_hand(tables, elements):
    """Ann's agenda rises by 0.8 a week, 3.2 in four weeks; of her two elements it is the one below green."""
    calls, ratings = rated(tables, elements)
    view = person(calls, ratings, tables, elements, "ann")
    agenda = view["focus"]
    assert (agenda["element"], agenda["goal"]) == ("agenda", "green anchor")
    assert agenda["trend"] == pytest.approx(3.2)
    assert agenda["direction"] == "up"
    assert [(str(week["week"]), week["mean"]) for week in agenda["weeks"]] == [
        ("2026-03-02", 0.4),
        ("2026-03-09", 1.0),
        ("2026-03-16", 2.0),
    ]
    assert [(row["call_href"], row["level"]) for row in view["avoid"]] == [("calls/a1.html", 0), ("calls/a2.html", 1)]
    assert [row["title"] for row in view["repeat"]] == ["Closes with next steps", "Sets the agenda"]


def test_room_to_the_best(tables, elements):
    """Bob's next steps are 2.6 below Ann's 3.0; his agenda has no one to be measured against but Ann, who is lower."""
    calls, ratings = rated(tables, elements)
    view = person(calls, ratings, tables, elements, "bob")
    assert (view["focus"]["element"], view["focus"]["best_name"]) == ("next_steps", "Ann Lee")
    assert view["focus"]["room"] == pytest.approx(2.6)
    assert view["focus"]["direction"] == "unknown"


def test_reliability_by_hand(tables):
    """Of the eight labels' shares in the bin of 0.8 (two of orange and two of yellow), a rater gave one."""
    keys = tables["labels"].select("call_id", "rubric", "element", "rubric_hash", "rubric_version")
    scores = keys.with_columns(rater=pl.lit("x"), rater_kind=pl.lit("person"), level=pl.lit(1), color=pl.lit("orange"))
    found = calibration.reliability(tables["labels"], scores).filter(pl.col("predicted").round(6) == 0.8)
    assert found.select("rater_kind", "n", "found").rows() == [("person", 3, pytest.approx(1 / 3))]


def test_measure_without_value(tables, elements, tmp_path):
    """A measure that could not be computed shows its reason; a share and a rate show their part and whole."""
    measures = [
        {"call_id": "a1", "measure": "talk_ratio", "role": "lead", "part": 6.0, "whole": 9.0, "value": 2 / 3}
        | {"unit": "share", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "ask_rate", "role": "lead", "part": 2.0, "whole": 0.05, "value": 40.0}
        | {"unit": "per hour", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "filler_rate", "role": "lead", "part": 1.0, "whole": 0.8, "value": 1.25}
        | {"unit": "per 100 words", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "patience", "role": "lead", "part": None, "whole": None, "value": None}
        | {"unit": "s", "reason": "no reply of the lead", "measures_version": 1},
    ]
    write_report({**tables, "measures": table("measures", measures)}, elements, tmp_path, call_id="a1")
    page = (tmp_path / "calls/a1.html").read_text()
    assert "67 %" in page
    assert all(text in page for text in ("6 of 9", "2 in 3 min", "1 in 80 words"))
    assert "– no reply of the lead" in page


def test_action_carried_over(tables, elements, tmp_path):
    """An action carried from an earlier meeting links to it and shows its state; a new one its owner and due words."""
    shared = {"call_id": "a2", "owner_role": "other", "due_date": None}
    actions = [
        {**shared, "action": 0, "idx": 2, "what": "send the list", "due_words": "by Friday", "confirmed": True}
        | {"carried_from": None, "state": "open"},
        {**shared, "action": 1, "idx": None, "what": "call the CFO", "due_words": None, "confirmed": None}
        | {"carried_from": "a1", "state": "not_mentioned"},
    ]
    write_report({**tables, "actions": table("actions", actions)}, elements, tmp_path)
    (tmp_path / "calls/a2.html").unlink()  # written alone, it must still know the meeting before
    write_report({**tables, "actions": table("actions", actions)}, elements, tmp_path)
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", (tmp_path / "calls/a2.html").read_text()))
    assert "open send the list Cy Poe · due by Friday · confirmed · at 0:25" in page
    assert "not mentioned call the CFO Cy Poe · from 2 Mar 2026" in page
    assert 'href="../calls/a1.html"' in (tmp_path / "calls/a2.html").read_text()


# What is written, and when


def test_pages_of_a_workspace(tables, elements, tmp_path):
    """Entry first; one page per scored conversation and person; a failed one is in the list with its remedy."""
    written = write_report(tables, elements, tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in written]
    assert names[0] == "index.html"
    assert sorted(names[1:]) == sorted(
        [*WHOLE, "people/ann.html", "people/bob.html", *(f"calls/{row[0]}.html" for row in CALLS)]
    )
    index = written[0].read_text()
    assert all(text in index for text in ("c1", "missing_file", "row 5: no c1.wav; add it"))
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


def test_writing_again(tables, elements, tmp_path, monkeypatch):
    """Nothing is written where nothing changed; a changed label renews its call, its person and the map alone."""
    monkeypatch.chdir(tmp_path)
    first = {path: path.stat().st_mtime_ns for path in write_report(tables, elements, tmp_path)}
    (tmp_path / "unrelated").touch()  # the folder's own time once passed for that of a recording that is not named
    write_report(tables, elements, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in first} == first
    flag = pl.when((pl.col("call_id") == "b1") & (pl.col("element") == "agenda")).then(pl.lit(value=True))
    changed = tables["labels"].with_columns(needs_review=flag.otherwise("needs_review"))
    write_report({**tables, "labels": changed}, elements, tmp_path)
    renewed = {path.relative_to(tmp_path).as_posix() for path, at in first.items() if path.stat().st_mtime_ns != at}
    assert renewed == {"index.html", "people/bob.html", "calls/b1.html"}


def test_forgotten_conversation(tables, elements, tmp_path):
    """The page of a conversation that is gone from the tables goes too; a stranger's file stays."""
    write_report(tables, elements, tmp_path)
    stranger = tmp_path / "calls/notes.html"
    stranger.write_text("mine")
    gone = {name: frame.filter(pl.col("call_id") != "b1") for name, frame in tables.items()}
    write_report(gone, elements, tmp_path)
    assert sorted(path.name for path in (tmp_path / "calls").iterdir()) == [
        "a1.html",
        "a2.html",
        "a3.html",
        "notes.html",
    ]
    assert not (tmp_path / "people/bob.html").exists()


def test_one_conversation(tables, elements, tmp_path):
    """Asked for one conversation, its page comes first, and nothing links to pages that are not there."""
    written = write_report(tables, elements, tmp_path, call_id="a2")
    assert written[0] == tmp_path / "calls/a2.html"
    assert not (tmp_path / "calls/a1.html").exists()
    assert dead_links(tmp_path) == []


def test_notes_on_the_recording(tables, elements, tmp_path):
    """What is unlike the recording as a whole stands on its page; a page without notes has no place for them."""
    notes = {"a2": ["truncated: 61.0 of 90.0 s could be decoded"]}
    write_report(tables, elements, tmp_path, notes=lambda call: notes.get(call["call_id"], []))
    assert "Truncated: 61.0 of 90.0 s could be decoded." in (tmp_path / "calls/a2.html").read_text()
    assert "About the recording" not in (tmp_path / "calls/a1.html").read_text()


def test_one_team(tables, elements, tmp_path):
    """A team's map holds its people only."""
    page = write_report(tables, elements, tmp_path, team="West")[0]
    assert page == tmp_path / "teams" / page_name("West")
    assert "Bob Ray" in page.read_text()
    assert "Ann Lee" not in page.read_text()
    assert dead_links(tmp_path) == []


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"call_id": "zz"}, "no scored conversation 'zz' in this workspace"),
        ({"call_id": "c1"}, "no scored conversation 'c1' in this workspace: row 5: no c1.wav; add it"),
        ({"lead_id": "zoe"}, "no scored person 'zoe' in this workspace"),
    ],
)
def test_unknown_choice(tables, elements, tmp_path, choice, message):
    """A choice that is not there is refused, with the reason where one is stored."""
    with pytest.raises(ValueError, match=re.escape(message)):
        write_report(tables, elements, tmp_path, **choice)


def test_empty_workspace(elements, tmp_path):
    """Without any table there is still a map that says what to do."""
    assert "callgrade score LIST" in write_report({}, elements, tmp_path)[0].read_text()


def test_bare_call(elements, tmp_path):
    """A call of which nothing is known but that it was scored still has its page."""
    calls = table("calls", [{"call_id": "x", "status": "ok"}])
    written = write_report({"calls": calls}, elements, tmp_path)
    assert [path.name for path in written] == ["index.html", *WHOLE, "x.html"]
    assert "No speech was recognised" in written[-1].read_text()
    assert "Not named" in written[0].read_text()


def test_many_people_by_team(tables, elements, tmp_path, monkeypatch):
    """With more people than fit one page, the map shows teams, and each team has a map of its people."""
    monkeypatch.setattr(assessment_map, "MANY_TILES", 3)
    written = write_report(tables, elements, tmp_path)
    index = (tmp_path / "index.html").read_text()
    assert f'href="teams/{page_name("East")}"' in index
    assert tmp_path / "teams" / page_name("West") in written
    assert dead_links(tmp_path) == []


def test_interrupted_writing(tables, elements, tmp_path, monkeypatch):
    """A page that cannot be put in place leaves the old one whole and no partial file."""
    write_report(tables, elements, tmp_path)
    before = (tmp_path / "index.html").read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report({**tables, "labels": tables["labels"].head(2)}, elements, tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".partial"] == []


# What makes a page safe


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("w1-001", "w1-001.html"),
        ("../../etc/passwd", "etc-passwd~"),
        ("a/b", "a-b~"),
        ("W1", "w1~"),
        ("", "~"),
        (".x", "x~"),
    ],
)
def test_page_names(key, name):
    """Plain ids keep their name; anything else becomes a safe one with a hash."""
    assert re.fullmatch(re.escape(name) + ("" if name.endswith(".html") else r"[0-9a-f]{12}\.html"), page_name(key))


def test_page_names_differ():
    """Ids that look alike to a file system get pages of their own."""
    keys = ["a/b", "a b", "A/b", "a-b", "a.b", "a" * 200, "a" * 201, "<a>", "ä", "~"]
    assert len({page_name(key).lower() for key in keys}) == len(keys)


class Page(HTMLParser):
    """What a browser would act on: elements, handlers, addresses."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102  the parser's name
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]


def dead_links(folder: Path) -> list[str]:
    pages = list(folder.rglob("*.html"))
    links = [(page, link) for page in pages for link in Page(page).addresses if not link.startswith(("#", "data:"))]
    return [f"{page}: {link}" for page, link in links if not (page.parent / link.split("#")[0]).exists()]


def hostile(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Everything that people may write, replaced by an attack; ids too."""
    written = {
        "calls": [
            "call_id",
            "lead_id",
            "lead_name",
            "other_name",
            "team",
            "stage",
            "error",
            "transcriber",
            "opportunity_id",
        ],
        "utterances": ["call_id", "text"],
        "labels": ["call_id", "element"],
        "evidence": ["call_id", "quote", "element"],
    }
    attack = pl.lit(HOSTILE)
    return {
        name: frame.with_columns(
            pl.when(pl.col(column).is_not_null() | pl.lit(column in ("stage", "opportunity_id")))
            .then(pl.concat_str(attack, pl.col(column).fill_null("")))
            .alias(column)
            for column in written[name]
        )
        for name, frame in tables.items()
    }


def test_hostile_text(tables, elements, tmp_path):
    """Speech, names and ids with markup stay text: the one script of a page is ours, and no handler gets in."""
    written = write_report(hostile(tables), elements, tmp_path)
    assert len(written) == 1 + len(WHOLE) + 2 + 4
    for path in written:
        page = Page(path)
        assert page.tags.count("script") == 1
        assert page.tags.count("style") == 1
        assert "img" not in page.tags
        assert page.handlers == []
    assert {path.parent for path in tmp_path.rglob("*.html")} == {tmp_path, tmp_path / "calls", tmp_path / "people"}
    assert dead_links(tmp_path) == []


def test_self_contained(tables, elements, recording, tmp_path):
    """Pages name no other host, link to pages that are there, and their policy forbids everything but themselves."""
    for path in write_report(with_audio(tables, recording), elements, tmp_path):
        addresses = Page(path).addresses
        assert [address for address in addresses if "//" in address.split(",")[0]] == []
        assert "default-src 'none'; style-src 'sha256-" in path.read_text()
    assert dead_links(tmp_path) == []


# The recording


def test_playback_is_in_step(recording):
    """The copy is 30 s long at 24 kbit/s, and the tone of second 15 to 18 is still there."""
    copy = recording.with_suffix(".mp3")
    copy.write_bytes(encode_playback(recording))
    assert copy.stat().st_size == pytest.approx(30 * 24_000 / 8, rel=0.05)
    samples = decode(copy).samples[0]
    loud = np.flatnonzero(np.abs(samples) > 0.2) / RATE_HZ
    assert samples.size / RATE_HZ == pytest.approx(30, abs=0.05)
    assert (loud.min(), loud.max()) == (pytest.approx(15, abs=0.05), pytest.approx(18, abs=0.05))


def test_recording_goes_away(tables, elements, recording, tmp_path):
    """When the recording is deleted, the page loses its player at the next writing and says so."""
    mine = tmp_path / "mine.wav"
    shutil.copy(recording, mine)
    folder = tmp_path / "reports"
    write_report(with_audio(tables, mine), elements, folder)
    assert "<audio" in (folder / "calls/a1.html").read_text()
    mine.unlink()
    write_report(with_audio(tables, mine), elements, folder)
    page = (folder / "calls/a1.html").read_text()
    assert "<audio" not in page
    assert "is not there any more" in page


def test_sound_is_encoded_once(tables, elements, recording, tmp_path, monkeypatch):
    """A page that is written again because its text changed keeps the encoded sound it had."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    monkeypatch.setattr(site, "encode_playback", lambda _: pytest.fail("encoded again"))
    labels = tables["labels"].with_columns(needs_review=pl.lit(value=True))
    write_report(with_audio({**tables, "labels": labels}, recording), elements, tmp_path)
    assert "<audio" in (tmp_path / "calls/a1.html").read_text()


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser) -> Iterator[Any]:
    """Opens a page from disk; at the end no error may have come up and no request may have gone out."""
    context = browser.new_context()
    trouble: list[str] = []

    page = context.new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda sent: trouble.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)

    def visit(path: Path) -> Any:
        page.goto(path.as_uri())
        return page

    yield visit
    context.close()
    assert trouble == []


def wait_for(page: Any, condition: str) -> None:
    """Wait until an expression holds; the pages' own policy forbids playwright's way, which evaluates strings."""
    end = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never came about: {condition}"
        page.wait_for_timeout(50)


def test_quote_plays(visit, tables, elements, recording, tmp_path):
    """A click on the evidence at second 25 plays there, marks its line in the transcript, and stops at its end."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.locator("#next_steps a.quote").click()
    wait_for(page, "audio.currentTime > 25.2 && !audio.paused")
    assert page.locator(".line.on").get_attribute("id") == "u2"
    wait_for(page, "audio.paused")
    assert page.evaluate("audio.currentTime") == pytest.approx(28.3, abs=0.4)


def test_line_and_bar_play(visit, tables, elements, recording, tmp_path):
    """A click on a line plays it; a click on the middle of the talk bar goes to the middle; arrows move 5 s."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.locator("#u1 .words").click()
    wait_for(page, "audio.currentTime >= 15 && audio.currentTime < 17")
    assert page.locator("#u1").get_attribute("aria-current") == "true"
    page.evaluate("audio.pause()")
    bar = page.locator("#bar").bounding_box()
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    wait_for(page, "Math.abs(audio.currentTime - 15) < 1")
    page.evaluate("audio.pause(); audio.currentTime = 10")
    page.locator("#bar").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("audio.currentTime") == pytest.approx(15, abs=0.01)
    page.keyboard.press(" ")
    wait_for(page, "!audio.paused")
    assert int(page.locator("#bar").get_attribute("aria-valuenow")) >= 15


def test_without_recording(visit, tables, elements, tmp_path):
    """A conversation from a transcript has no player and says so; its evidence still leads to the line."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    assert page.locator("audio").count() == 0
    assert page.get_by_text("No recording to play").is_visible()
    page.locator("#next_steps a.quote").click()
    assert page.locator(".line.on").get_attribute("id") == "u2"


def test_filter_and_sort(visit, tables, elements, tmp_path):
    """Choosing a team leaves its rows; a click on a heading sorts by it, a second one the other way round."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "index.html")
    shown = page.locator("table.grid tbody tr:visible th")
    page.locator("select[data-filter=team]").select_option("West")
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Bob Ray"]
    assert page.locator("table.list tbody tr:visible").count() == 1
    page.locator("select[data-filter=team]").select_option("")
    heading = page.get_by_role("button", name="Sets the agenda")
    heading.click()  # best first: Bob's 2.0, Ann's 1.1
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Bob Ray", "Ann Lee"]
    heading.click()
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Ann Lee", "Bob Ray"]


def test_walk_by_links(visit, tables, elements, recording, tmp_path):
    """From the map to a person, to a moment of theirs, and back: each a click away, the moment's line marked."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "index.html")
    page.locator("table.grid tbody th").get_by_role("link", name="Ann Lee").click()
    assert page.locator("h1").inner_text() == "Ann Lee"
    page.locator(".pair a.quote[href*='a1.html']", has_text="Three topics").click()
    assert page.locator("h1").inner_text() == "Ann Lee with Cy Poe"
    wait_for(page, "document.querySelector('.line.on')?.id === 'u0' && audio.currentTime === 5")
    page.get_by_role("link", name="Calibration").click()
    assert page.locator("h1").inner_text() == "Calibration"


def test_hostile_text_in_a_browser(visit, tables, elements, tmp_path):
    """Nothing that was said or named runs, on a page of any kind."""
    write_report(hostile(tables), elements, tmp_path)
    for path in one_of_each(tmp_path):
        assert visit(path).evaluate("window.hacked") is None


def test_fits_the_screen(visit, tables, elements, recording, tmp_path):
    """No page of any kind scrolls sideways, on a telephone or on a desk."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    for path in one_of_each(tmp_path):
        page = visit(path)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"


def one_of_each(folder: Path) -> list[Path]:
    return [
        folder / "index.html",
        *(folder / name for name in WHOLE),
        *(min((folder / of).iterdir()) for of in ("people", "calls")),
    ]


# All pages of a workspace with KPIs


@pytest.fixture(scope="module")
def published(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the small workspace, in which a team and the other side have hostile names and Bob consented."""
    store = Store(str(small_workspace))
    tables = {name: store.read(name) for name in TABLES}
    attack = pl.lit(HOSTILE)
    tables["calls"] = tables["calls"].with_columns(team=attack, other_name=pl.concat_str(attack, "other_name"))
    entity = pl.when(pl.col("level_of") == "team").then(attack).otherwise("entity_id")
    tables["kpis"] = tables["kpis"].with_columns(entity_id=entity)
    folder = tmp_path_factory.mktemp("published")
    write_report(tables, load_rubrics(RUBRICS), folder, consented=["bob"])
    return folder


def each_kind(folder: Path) -> list[Path]:
    """Every kind of page, of the busiest person and the first conversation."""
    return [*one_of_each(folder)[:-2], folder / "people/ann.html", min((folder / "calls").iterdir())]


def test_every_page_works(visit, published):
    """Each kind of page is under 3 MB, runs nothing that people wrote, fits a telephone and a desk, and prints without
    its controls; no request goes out and no error comes up."""
    for path in each_kind(published):
        assert path.stat().st_size < 3_000_000
        page = visit(path)
        assert page.evaluate("window.hacked") is None
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        page.emulate_media(media="print")
        assert page.locator("h1").is_visible()
        assert not page.locator("nav .pages").is_visible()
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="screen")
    assert dead_links(published) == []


def test_colours_have_letters(visit, published):
    """Whatever has one of the four colours says so in a letter, and a meeting held or not has a mark of its own."""
    for path in each_kind(published):
        page = visit(path)
        for level, letter in enumerate("ROYG"):
            for text in page.locator(f".chip.l{level}, td.l{level}").all_inner_texts():
                assert text.strip().startswith(letter), f"{path}: {text!r}"
    page = visit(published / "cadence.html")
    assert {text[0] for text in page.locator("td.yes").all_inner_texts()} == {"●"}
    assert {text[0] for text in page.locator("td.no").all_inner_texts()} == {"○"}


def test_the_week_in_a_browser(visit, published, small_workspace):
    """The first tile is the KPI table's figure of the latest week; a conversation of the last night is a click away."""
    page = visit(published / "week.html")
    kpis = Store(str(small_workspace)).read("kpis").filter(level_of="org", interaction="all", kpi="quality_index")
    latest = kpis.sort("week").to_dicts()[-1]
    assert page.locator("#quality_index .value b").inner_text() == f"{latest['value']:.0f}"
    assert f"{latest['n_calls']} conversations" in page.locator("#quality_index").inner_text()
    page.locator("[aria-labelledby=night] tbody a").first.click()
    assert page.locator("#transcript").is_visible()


def test_cadence_by_keyboard(visit, published):
    """The keyboard alone reaches a heading and sorts by it: sellers with the most meetings kept come first."""
    page = visit(published / "cadence.html")
    table = page.locator("table.due").first
    table.get_by_role("button", name="Kept").focus()
    page.keyboard.press("Enter")
    kept = [float(cell.get_attribute("data-v")) for cell in table.locator("tbody td.num").all()]
    assert kept == sorted(kept, reverse=True)
    assert len(kept) == 3
    page.keyboard.press("Enter")
    assert [float(cell.get_attribute("data-v")) for cell in table.locator("tbody td.num").all()] == sorted(kept)


def test_focus_in_a_browser(visit, published):
    """Ann's page says what to work on, two moments of each kind at most, and of colleagues only Bob's, who agreed."""
    page = visit(published / "people/ann.html")
    assert page.locator("section.focus h2").is_visible()
    for kind in page.locator(".pair > div").all():
        assert 1 <= kind.locator("q").count() <= 2
    others = page.locator("section.focus .moments p").all_inner_texts()
    assert all("Bob Ray" in text for text in others)
    page.locator(".pair a.quote").first.click()
    assert page.locator(".line.on").count() == 1
