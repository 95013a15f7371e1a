"""From a download folder to a list that is understood, and what is said of each row."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.cli.preparing import check, import_folder
from flows.understanding import _moment

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    shutil.copy(CASES / "00-control" / "a.vtt", folder / "GMT20260304-100500_Recording.vtt")
    shutil.copy(CASES / "02-meet-lowercase-name" / "meet.txt", folder / "Route planning (2026-03-05 14 30).txt")
    (folder / "notes.pdf").write_text("not a call")
    return folder


def test_folder_becomes_a_list(downloads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names, dates and parties are guessed and named as such; a list is not overwritten."""
    assert import_folder(downloads) == 0
    rows = pl.read_csv(downloads / "calls.csv", infer_schema=False)
    assert rows["started_at"].to_list() == ["2026-03-04T10:05", "2026-03-05T14:30"]
    assert set(rows["lead_name"]) == {"Nora Vance"}
    assert all("lead_name" in guessed for guessed in rows["guessed"])
    with pytest.raises(ValueError, match="is there already"):
        import_folder(downloads)
    assert check(downloads / "calls.csv", timezone="UTC") == 0
    said = capsys.readouterr().out
    assert "transcript:webvtt, 1.9 min, speech from 0:02 to 1:51" in said
    assert "language: reads like English" in said
    assert "Nora Vance: rep, 115 words, 0.8 min" in said
    assert "times are estimated from the number of words" in said  # of the second, which has none
    assert "2 of 2 can be scored" in said


def test_what_cannot_be_scored_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A transcript without speakers is named with its cause, and the status says that something is wrong."""
    shutil.copy(CASES / "12-whisper-dialects" / "verbose.json", tmp_path / "a.json")
    (tmp_path / "list.csv").write_text("transcript,interaction\na.json,discovery_call\nb.json,discovery_call\n")
    assert check(tmp_path / "list.csv", timezone="UTC") == 1
    said = capsys.readouterr().out
    assert "names no speaker" in said
    assert "0 of 2 can be scored" in said


def test_file_of_two_rows_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that stands in two rows would count twice."""
    shutil.copy(CASES / "00-control" / "a.vtt", tmp_path / "a.vtt")
    rows = [f"{call_id},a.vtt,discovery_call,Nora Vance" for call_id in ("c1", "c2")]
    (tmp_path / "list.csv").write_text("\n".join(["call_id,transcript,interaction,lead_name", *rows]))
    assert check(tmp_path / "list.csv", timezone="UTC") == 0
    assert capsys.readouterr().out.count("the same file as c1, and counts each time: keep one row of it") == 1


def test_what_is_doubtful_in_a_list_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A start in the future has its day and month swapped, or its year misspelt; a name of a column may be, too."""
    shutil.copy(CASES / "00-control" / "a.vtt", tmp_path / "a.vtt")
    soon = datetime.now(UTC) + timedelta(days=40)
    row = f"a.vtt,discovery_call,Nora Vance,{soon.isoformat(timespec='minutes')}"
    (tmp_path / "list.csv").write_text(f"transcript,interaction,lead-nme,started_at\n{row}\n")
    assert check(tmp_path / "list.csv", timezone="UTC") == 0
    said = capsys.readouterr().out
    assert "column lead-nme is kept as it is: is lead_name meant?" in said
    assert "started_at lies in the future: are day, month and year right?" in said


def test_guessed_side_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is counted on the lead's side by what they say alone, and not by a name in the list, is named."""
    truth = [json.loads(line) for line in (CASES.parents[1] / "data/samples/truth.jsonl").read_text().splitlines()]
    said = [(line["side"], line["text"]) for line in truth if line["call_id"] == "david-laura"]
    names = {"lead": "Nora Vance", "other": "Omar Field"}
    lines = [f"{'Max Head' if who == 'lead' and at % 3 else names[who]}: {text}" for at, (who, text) in enumerate(said)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    for people, told in (("", 1), ("Max Head (max, customer)", 0)):
        row = f'a.txt,one_on_one,Nora Vance,"{people}"'
        (tmp_path / "list.csv").write_text(f"transcript,interaction,lead_name,people\n{row}\n")
        assert check(tmp_path / "list.csv", timezone="UTC") == 0
        assert capsys.readouterr().out.count("Max Head: of the lead's side by what they say; name everybody") == told


def test_shortened_name_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A label taken for the lead, as it shortens the lead's name, is told as such: by name, not by what is said."""
    lines = ("Nora Vance: Hello all.", "Omar Field: Good day.", "N. Vance: I am back.", "Omar Field: So you are.")
    (tmp_path / "a.txt").write_text("\n".join(lines))
    (tmp_path / "list.csv").write_text("transcript,interaction,lead_name\na.txt,discovery_call,Nora Vance\n")
    assert check(tmp_path / "list.csv", timezone="UTC") == 0
    said = capsys.readouterr().out
    assert "N. Vance: taken for Nora Vance; name everybody under people if not" in said
    assert "by what they say" not in said


def test_language_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The one that a file names, else whether it reads like English."""
    shutil.copy(CASES / "22-cyrillic-labels" / "ru.srt", tmp_path / "a.srt")
    shutil.copy(CASES.parent / "pipeline/transcripts/samples/callgrade.json", tmp_path / "b.json")
    (tmp_path / "list.csv").write_text("transcript,interaction\na.srt,discovery_call\nb.json,discovery_call\n")
    check(tmp_path / "list.csv", timezone="UTC")
    said = capsys.readouterr().out
    assert "language: does not read like English" in said
    assert "language: en\n" in said


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("call_20260304_1005", "2026-03-04T10:05:00"),
        ("2026-03-04 10.05.30 Nora", "2026-03-04T10:05:30"),
        ("2026-03-04", "2026-03-04T00:00:00"),
        ("rec-20261399-12", None),
        ("call 7", None),
    ],
)
def test_moment_in_a_name(name: str, moment: str | None) -> None:
    """As recorders and people write dates into file names."""
    found = _moment(name)
    assert (found.isoformat() if found else None) == moment
