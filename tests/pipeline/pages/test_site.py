"""The pages of a workspace: which are written and when, and what makes them safe."""

import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.pages.parts.ratings import page_name
from pipeline.pages.selection import Selection
from pipeline.pages.site import write_report
from tests.pipeline.pages.four_calls import CALLS, WHOLE, Page, dead_links, hostile, with_audio


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
    written = write_report(tables, elements, tmp_path, selection=Selection(call_id="a2"))
    assert written[0] == tmp_path / "calls/a2.html"
    assert not (tmp_path / "calls/a1.html").exists()
    assert dead_links(tmp_path) == []


def test_one_team(tables, elements, tmp_path):
    """A team's map holds its people only."""
    page = write_report(tables, elements, tmp_path, selection=Selection(team="West"))[0]
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
        write_report(tables, elements, tmp_path, selection=Selection(**choice))


def test_empty_workspace(elements, tmp_path):
    """Without any table there is still a map that says what to do."""
    assert "callgrade score LIST" in write_report({}, elements, tmp_path)[0].read_text()


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
    folders = {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    assert folders == {".", "calls", "people", "guides"}
    assert dead_links(tmp_path) == []


def test_self_contained(tables, elements, recording, tmp_path):
    """Pages name no other host, link to pages that are there, and their policy forbids everything but themselves."""
    for path in write_report(with_audio(tables, recording), elements, tmp_path):
        addresses = Page(path).addresses
        assert [address for address in addresses if "//" in address.split(",")[0]] == []
        assert "default-src 'none'; style-src 'sha256-" in path.read_text()
    assert dead_links(tmp_path) == []
