"""Cases: one situation that people report in public a folder, each read as its README says or refused with the cause.

Most hold one conversation: 14 turns and 253 words, of which Nora Vance says 115, the second person 94 and Paula Stern
44; where there are two people the second says 138.
"""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.intake.calls import Call, read_calls
from pipeline.metrics.frames.weeks import week_of
from pipeline.settings import load_settings
from pipeline.store.delta import Store
from pipeline.store.zone import in_zone, keep_zone, zone_of
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.roles import assign_roles, lack_of_roles
from pipeline.transcripts.transcript import Transcript

CASES = Path(__file__).parent / "cases"
LISTED = ("Nora Vance", "Omar Field")
THREE, TWO = [115, 94, 44], [115, 138]
SPEECH = {  # file: words of each speaker in the order in which they begin; all have 14 turns, but for the exceptions
    "00-control/a.vtt": THREE,
    "01-meet-clock-headings/meet.txt": THREE,
    "02-meet-lowercase-name/meet.txt": THREE,
    **{f"03-zoom-display-names/{name}.vtt": THREE for name in ("amp", "dash", "email", "iphone", "lower", "phone")},
    **{f"03-zoom-display-names/{name}.vtt": THREE for name in ("pipe", "plain", "slash")},
    "04-cue-id-is-speaker/ids.vtt": THREE,
    **{f"05-no-blank-lines/{name}": THREE for name in ("names.srt", "some.vtt", "voices.vtt")},
    "06-whisperx-no-speaker/wx.json": TWO,
    "06-whisperx-no-speaker/wx-lead.json": TWO,
    **{f"07-times-restart/paused.{kind}": THREE for kind in ("txt", "vtt")},
    **{f"08-wall-clock/{name}.txt": THREE for name in ("ampm", "heading", "stamped", "zoomcc")},
    **{f"09-cp1252-transcript/{name}": THREE for name in ("andre.txt", "andre.vtt", "utf8.txt", "voice.vtt")},
    **{f"12-whisper-dialects/{name}.json": TWO for name in ("cpp", "hf", "diarized")},
    "13-list-sep/a.txt": THREE,
    "14-azure-batch/azure.json": TWO,
    **{f"15-teams-words-times/{name}.txt": THREE for name in ("copied", "docx", "minutes")},
    "18-presentation-speaker/meet.vtt": [146, 138],  # the film on the lead's screen is hers: 31 words
    "22-cyrillic-labels/ru.srt": [59, 59],
    "22-cyrillic-labels/ru.txt": [59, 59],
    "22-cyrillic-labels/plain.txt": [59, 59],
    "23-name-in-parentheses/p.vtt": THREE,
    "24-colon-in-continued-cue/c.vtt": [119, 106, 44],  # "Next: you invite him." is hers, "Problem" and "Result" his
    **{f"25-heading-lowercase/{name}.txt": THREE for name in ("otter", "upper")},
    **{f"26-markdown-speakers/{name}.md": THREE for name in ("bold", "boldtime", "hash")},
    **{f"30-blank-line-in-cue/{name}": THREE for name in ("b.vtt", "after.vtt", "after-names.srt")},
    "31-chevrons/cart.vtt": THREE,
    "31-chevrons/cart.txt": THREE,
    "32-rolling-captions/roll.vtt": THREE,
    **{f"33-two-speakers-one-unreadable/two.{kind}": TWO for kind in ("txt", "vtt")},
}
TURNS = {f"22-cyrillic-labels/{name}": 10 for name in ("ru.srt", "ru.txt", "plain.txt")}
NOTED = {  # what is told of a file that is not read as it stands
    "01-meet-clock-headings/meet.txt": "4 lines of the program that wrote it",
    "06-whisperx-no-speaker/wx.json": "51 words without a speaker",
    "06-whisperx-no-speaker/wx-lead.json": "82 words without a speaker",
    **{f"07-times-restart/paused.{kind}": "times begin anew 1 time" for kind in ("txt", "vtt")},
    **{f"08-wall-clock/{name}.txt": "times of day" for name in ("ampm", "heading", "stamped", "zoomcc")},
    **{f"22-cyrillic-labels/{name}": "does not read like English" for name in ("ru.srt", "ru.txt", "plain.txt")},
    "25-heading-lowercase/otter.txt": "1 line of the program that wrote it",
    "32-rolling-captions/roll.vtt": "160 words that captions show again",
}


def read(name: str) -> Transcript:
    return read_transcript(CASES / name, listed=LISTED)


def words_of(transcript: Transcript) -> list[int]:
    """How many words each speaker says, in the order in which they begin."""
    rows = transcript.utterances.select("speaker", "text").rows()
    return [sum(len(text.split()) for who, text in rows if who == speaker) for speaker in dict(rows)]


@pytest.mark.parametrize("name", SPEECH)
def test_case_is_read(name: str) -> None:
    """Every speaker has his own words, every turn stands once, and what is not as it was is told."""
    found = read(name)
    assert words_of(found) == SPEECH[name]
    assert found.utterances.height == TURNS.get(name, 14)
    told = " ".join(note.text for note in found.notes)
    assert NOTED.get(name, "") in told
    assert "where nobody speaks them" not in told
    assert found.duration_s < 300


@pytest.mark.parametrize("name", [name for name in SPEECH if SPEECH[name] == THREE])
def test_lead_of_a_case(name: str) -> None:
    """Nora Vance leads with her 115 of 253 words, 0.455, and the second person is the one in the list."""
    call = Call("c", lead_id="nora-vance", lead_name="Nora Vance", other_id="omar-field", other_name="Omar Field")
    utterances, roles = assign_roles(read(name), call, lead_role="rep", other_role="customer")
    assert lack_of_roles(read(name), roles) is None
    by_role = dict(utterances.group_by("role").agg(words=utterances["n_words"].sum()).iter_rows())
    assert set(by_role) == {"rep", "customer"}
    led = utterances.filter(utterances["role"] == "rep")
    assert led["n_words"].sum() / utterances["n_words"].sum() == pytest.approx(115 / 253)
    assert set(led["person_id"]) == {"nora-vance"}


def test_texts_without_speakers_say_so() -> None:
    """The plain JSON of Whisper names nobody: the error says that, and what would help."""
    found = read("12-whisper-dialects/verbose.json")
    _, roles = assign_roles(found, Call("c", lead_name="Nora Vance"), lead_role="rep", other_role="customer")
    code, error = lack_of_roles(found, roles) or ("", "")
    assert code == "one_speaker"
    assert "names no speaker" in error


@pytest.mark.parametrize("name", ["calls.csv", "footer.csv", "utf16.csv"])
def test_list_as_it_is_exported(name: str) -> None:
    """A named separator, UTF-16 with tabs and a footer below the table give the one call of the list."""
    rows = read_calls(CASES / "13-list-sep" / name, ["discovery_call"], timezone="UTC")
    assert rows.select("row", "call_id", "error_code").rows() == [(2, "13-x", None)]


def test_times_of_a_list() -> None:
    """ISO 8601 is read; day-first, US, spreadsheet numbers and milliseconds are refused by name."""
    rows = read_calls(CASES / "16-crm-dates" / "calls.csv", ["discovery_call"], timezone="UTC")
    refused = dict(rows.filter(rows["error_code"] == "bad_metadata").select("call_id", "error").iter_rows())
    assert sorted(refused) == ["d2", "d3", "d4", "d5", "d6", "d8"]
    assert "4.3.2026 14:30" in refused["d3"]


def test_day_is_the_same_everywhere(tmp_path: Path) -> None:
    """In Berlin a date and half past midnight of 2 March are Monday, 20:30 in New York on the 1st is, too (02:30).

    The zone is the workspace's: who opens it later without saying so sees the same days.
    """
    rows = read_calls(CASES / "34-date-only" / "calls.csv", ["discovery_call"], timezone="Europe/Berlin")
    store = Store(str(tmp_path / "workspace"))
    keep_zone(store, "Europe/Berlin")
    assert load_settings(workspace=str(tmp_path / "workspace")).timezone == "Europe/Berlin"
    zone = zone_of(store)
    assert in_zone(rows, zone)["started_at"].dt.date().to_list() == [date(2026, 3, 2)] * 3
    assert rows.select(week_of(pl.col("started_at"), zone))["started_at"].to_list() == [date(2026, 3, 2)] * 3


def test_order_of_the_file_is_kept() -> None:
    """Two parts whose times begin anew follow each other; in minutes the second begins where the first ends."""
    for kind in ("vtt", "txt"):
        texts = read(f"07-times-restart/paused.{kind}").utterances["text"].to_list()
        assert [at for at, text in enumerate(texts) if "Monday at ten works" in text] == [11]


def test_clock_headings_are_times() -> None:
    """What stands after the heading 00:01:00 begins at 60 s, and no clock is a spoken word."""
    utterances = read("01-meet-clock-headings/meet.txt").utterances
    assert utterances["start_s"][7] >= 60
    assert not utterances["text"].str.contains(r"\d\d:\d\d").any()


def test_unknown_label_that_decides_a_side_is_an_error(tmp_path: Path) -> None:
    """Where only one speaker is sure, a doubtful label is named in the error."""
    file = tmp_path / "a.txt"
    file.write_text("Nora Vance: Good morning to you.\nzq: Fine.\nNora Vance: When do you plan?\nOn Monday.\n")
    with pytest.raises(CallError, match='whether "zq" is a speaker'):
        read_transcript(file)
