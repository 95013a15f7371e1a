"""Transcripts of every format, as their makers write them, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import CallError
from pipeline.transcripts.formats import LARGEST_BYTES, READERS, read_transcript
from pipeline.transcripts.transcript import Note, Transcript, from_json

FOLDER = Path(__file__).parent / "samples"
SAID = ["Hi Dana, thanks for making the time.", "Sure, no problem.", "What made you look at this now?"]
TIMES = [(0.4, 3.0), (3.4, 4.2), (5.0, 8.0)]
# file: (what recognised it, the names of the two speakers, whether its words have times)
FORMATS = {
    "voices.vtt": ("transcript:webvtt", ("Maya Lopez", "Dana Reed"), False),
    "names.vtt": ("transcript:webvtt", ("Maya Lopez", "Dana Reed (Guest)"), False),
    "captions.srt": ("transcript:srt", ("Maya Lopez", "Dana Reed"), False),
    "whisperx.json": ("transcript:whisper", ("SPEAKER_00", "SPEAKER_01"), True),
    "aws.json": ("transcript:aws", ("spk_0", "spk_1"), True),
    "aws_channels.json": ("transcript:aws", ("ch_0", "ch_1"), True),
    "aws_call_analytics.json": ("transcript:aws", ("AGENT", "CUSTOMER"), False),
    "deepgram.json": ("transcript:deepgram", ("speaker 0", "speaker 1"), True),
    "deepgram_channels.json": ("transcript:deepgram", ("channel 0", "channel 1"), True),
    "assemblyai.json": ("transcript:assemblyai", ("A", "B"), True),
    "google.json": ("transcript:google", ("1", "2"), True),
    "google_channels.json": ("transcript:google", ("channel 1", "channel 2"), True),
    "whisper_cpp.json": ("transcript:whisper", ("speaker 0", "speaker 1"), False),
    "insanely_fast_whisper.json": ("transcript:whisper", ("SPEAKER_00", "SPEAKER_01"), False),
    "diarized.json": ("transcript:whisper", ("A", "B"), False),
    "azure.json": ("transcript:azure", ("speaker 1", "speaker 2"), True),
    "azure_fast.json": ("transcript:azure", ("channel 0", "channel 1"), False),
    "seglst.json": ("transcript:seglst", ("speaker_0", "speaker_1"), False),
    "speechmatics.json": ("transcript:speechmatics", ("S1", "S2"), True),
    "elevenlabs.json": ("transcript:elevenlabs", ("speaker_0", "speaker_1"), True),
    "rev.json": ("transcript:rev", ("Maya Lopez", "Dana Reed"), True),
    "deepgram_paragraphs.json": ("transcript:deepgram", ("speaker 0", "speaker 1"), False),
    "fireflies.json": ("transcript:turns", ("Maya Lopez", "Dana Reed"), False),
    "gong.json": ("transcript:turns", ("Maya Lopez", "Dana Reed"), False),
    "twilio.json": ("transcript:turns", ("channel 1", "channel 2"), False),
    "genesys.json": ("transcript:turns", ("internal", "external"), False),
    "ringcentral.json": ("transcript:turns", ("0", "1"), False),
    "aircall.json": ("transcript:turns", ("internal", "external"), False),
    "zoom_timeline.json": ("transcript:turns", ("Maya Lopez", "Dana Reed"), False),
    "callgrade.json": ("faster-whisper:large-v3-turbo:float16", (None, None), True),
}


@pytest.mark.parametrize("name", FORMATS)
def test_format_gives_who_said_what_when(name: str) -> None:
    """Every format gives the same three utterances with their times, speakers and words."""
    transcriber, names, has_words = FORMATS[name]
    found = read_transcript(FOLDER / name)
    assert found.utterances["text"].to_list() == SAID
    assert found.utterances["speaker"].to_list() == ["S0", "S1", "S0"]
    assert found.utterances.select("start_s", "end_s").rows() == [pytest.approx(times, abs=0.011) for times in TIMES]
    assert (found.speakers["S0"].name, found.speakers["S1"].name) == names
    assert (found.transcriber, found.times_estimated) == (transcriber, False)
    words = [[word["text"] for word in words or ()] for words in found.utterances["words"].to_list()]
    assert words == ([text.split() for text in SAID] if has_words else [[], [], []])
    assert found.duration_s >= 8.0


STARTS_ONLY = {"fathom.json": 0.0, "dialpad.json": 0.4, "chorus.json": 0.4, "read.json": 0.4}  # and when the first is


@pytest.mark.parametrize("name", STARTS_ONLY)
def test_times_that_are_dates_or_starts(name: str) -> None:
    """Times that count from elsewhere, or have no ends, keep their distance: the second turn is 3 s after the first."""
    found = read_transcript(FOLDER / name)
    assert found.utterances["text"].to_list() == SAID
    assert [known.name for known in found.speakers.values()] == ["Maya Lopez", "Dana Reed"]
    assert found.utterances["start_s"][1] - found.utterances["start_s"][0] == pytest.approx(3.0)
    assert found.utterances["end_s"].max() < 10


TEXTS = {  # files as people save them, and what their notes say beside times
    "meet.txt": "3 lines of the program that wrote it",
    "teams.txt": "2 lines of the program that wrote it",
    "teams.docx": "",
    "zoom_captions.txt": "times begin at 10:00",
    "otter.txt": "1 line of the program that wrote it",
    "fathom.txt": "3 lines of the program that wrote it",
    "rev.txt": "",
    "webex.vtt": "",
    "captions.sbv": "",
    "markdown.md": "",
    "captioner.txt": "",
    "fireflies.csv": "",
    "records.txt": "",
    "page.html": "",
    "recall.json": "",
}


@pytest.mark.parametrize("name", TEXTS)
def test_files_as_people_save_them(name: str) -> None:
    """Headings, titles and notices around it change nothing of what was said, and are told."""
    found = read_transcript(FOLDER / name)
    assert found.utterances["text"].to_list() == SAID
    names = [(known.name or "").partition(" (")[0].title() for known in found.speakers.values()]
    assert names == ["Maya Lopez", "Dana Reed"]
    notes = [note.text for note in found.notes if "estimated" not in note.text]
    assert TEXTS[name] in " ".join(notes)
    assert bool(notes) == bool(TEXTS[name])


def test_every_reader_has_a_sample() -> None:
    """No format is read without a sample file that shows it."""
    read = {transcriber.removeprefix("transcript:") for transcriber, *_ in FORMATS.values()} | {"callgrade", "text"}
    assert set(READERS) <= read


def test_speakers_that_were_not_asked_for() -> None:
    """faster-whisper alone knows no speakers: all is said by one, whose name is not known."""
    found = read_transcript(FOLDER / "faster_whisper.json")
    assert found.utterances["speaker"].unique().to_list() == ["S0"]
    assert found.speakers["S0"].name is None
    assert " ".join(found.utterances["text"]) == " ".join(SAID)


def test_plain_text_has_estimated_times() -> None:
    """Without times, 2.5 words a second with 0.4 s between: 7 words take 2.8 s, and the transcript says so."""
    found = read_transcript(FOLDER / "plain.txt")
    assert found.utterances["text"].to_list() == SAID
    # 7, 3 and 7 words: 0.4 to 3.2, 3.6 to 4.8, 5.2 to 8.0
    assert found.utterances.select("start_s", "end_s").rows() == [
        pytest.approx(times) for times in [(0.4, 3.2), (3.6, 4.8), (5.2, 8.0)]
    ]
    assert found.times_estimated
    assert found.notes == (Note("times", "times are estimated from the number of words"),)
    assert from_json(found.to_json()).times_estimated


@pytest.mark.parametrize("name", ["stamped.txt", "headings.txt"])
def test_plain_text_with_starts_only(name: str) -> None:
    """Given starts are kept; ends are estimated, at most up to the next start."""
    found = read_transcript(FOLDER / name)
    assert found.utterances["text"].to_list() == SAID
    assert [known.name for known in found.speakers.values()] == ["Maya Lopez", "Dana Reed"]
    # starts 0, 3 and 5 s; 2.8 s and 1.2 s of words end before the next start
    assert found.utterances.select("start_s", "end_s").rows() == [(0.0, 2.8), (3.0, 4.2), (5.0, 7.8)]


def test_sentence_with_a_colon_is_no_name(tmp_path: Path) -> None:
    """A colon within what is said does not make a speaker of what stands before it."""
    file = tmp_path / "a.vtt"
    file.write_text(
        "WEBVTT\n\n00:01.000 --> 00:03.000\nMaya: So here is the thing: it works.\n\n"
        "00:09.000 --> 00:12.000\nand here is the other thing: it lasts.\n"
    )
    found = read_transcript(file)
    assert found.utterances["text"].to_list() == [
        "So here is the thing: it works.",
        "and here is the other thing: it lasts.",
    ]
    assert [known.name for known in found.speakers.values()] == ["Maya"]


def test_captions_without_a_pause_are_one_utterance(tmp_path: Path) -> None:
    """Captions are cut for the screen: those of one speaker within 0.5 s are joined, later ones are not."""
    file = tmp_path / "a.vtt"
    cues = [
        ("00:01.000", "00:02.000", "we looked"),
        ("00:02.400", "00:03.000", "at it"),
        ("00:03.600", "00:04.000", "yes"),
    ]
    file.write_text("WEBVTT\n\n" + "\n\n".join(f"{a} --> {b}\n<v Maya>{t}" for a, b, t in cues))
    rows = read_transcript(file).utterances.select("start_s", "end_s", "text").rows()
    assert rows == [(1.0, 3.0, "we looked at it"), (3.6, 4.0, "yes")]


def test_several_voices_in_one_caption(tmp_path: Path) -> None:
    """Two voices in one caption are two utterances; marks and entities are taken out."""
    file = tmp_path / "a.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\n<v.loud Maya><i>R&amp;D</i> called.\n<v Dana Reed>They did.\n")
    found = read_transcript(file)
    assert found.utterances["text"].to_list() == ["R&D called.", "They did."]
    assert [known.name for known in found.speakers.values()] == ["Maya", "Dana Reed"]


def test_utf16_is_read(tmp_path: Path) -> None:
    """A file saved by a Windows editor is read too."""
    (tmp_path / "a.txt").write_bytes((FOLDER / "plain.txt").read_text().encode("utf-16"))
    assert read_transcript(tmp_path / "a.txt").utterances["text"].to_list() == SAID


def ours(**changes: object) -> str:
    return json.dumps(json.loads((FOLDER / "callgrade.json").read_text()) | changes)


def utterance(**changes: object) -> str:
    return ours(utterances=[{"start_s": 0.0, "end_s": 1.0, "speaker": "S0", "text": "hi", "words": []} | changes])


HOSTILE = {
    "empty": "",
    "binary": "\0\1\2" * 1000,
    "prose": "Once upon a time there was a call, and nobody wrote down who said what.\n" * 20,
    "html": "<!doctype html><html><body><p>Maya: hello</p></body></html>",
    "deep": "[{" + '"a":[{' * 100_000,
    "deep_closed": "[" * 50_000 + "{}" + "]" * 50_000,
    "cut_json": ours()[:-40],
    "empty_json": "{}",
    "other_json": '{"a": 1}',
    "json_list": "[{}]",
    "no_words": '{"results": {"channels": []}}',
    "aws_without_items": '{"results": {"items": [{}]}}',
    "google_without_times": '{"results": [{"alternatives": [{"transcript": "hello there"}]}]}',
    "later_version": ours(version=2),
    "unknown_field": ours(speakers={"S0": {"salary": 1}}),
    "no_such_speaker": utterance(speaker="S7"),
    "ends_early": utterance(end_s=-1.0),
    "before_the_start": utterance(start_s=-1.0),
    "no_number": utterance(start_s="soon"),
    "not_finite": utterance().replace('"end_s": 1.0', '"end_s": Infinity'),
    "no_text": utterance(text=None),
    "webvtt_without_cues": "WEBVTT\n\nNOTE nothing here\n",
    "whisper_without_text": '{"segments": [{"start": 0, "text": ""}]}',
    "words_of_numbers": '{"segments": [{"start": 0, "text": "a", "words": [1, 2]}]}',
    "assemblyai_without_times": '{"status": "completed", "words": [{"text": "a"}]}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_transcript_is_refused(case: str, tmp_path: Path) -> None:
    """Whatever is in the file, the error is one sentence with its name and what would be right, and quotes nothing."""
    file = tmp_path / "a.json"
    file.write_text(HOSTILE[case])
    with pytest.raises(CallError) as raised:
        read_transcript(file)
    assert raised.value.code == "unsupported_transcript"
    message = str(raised.value)
    assert message.startswith(str(file))
    assert "webvtt" in message
    assert "upon a time" not in message


def test_missing_and_huge_files(tmp_path: Path) -> None:
    """A missing file has its own code; a huge one is refused before it is read."""
    with pytest.raises(CallError) as raised:
        read_transcript(tmp_path / "none.vtt")
    assert raised.value.code == "missing_file"
    with (tmp_path / "huge.vtt").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(CallError, match="larger than"):
        read_transcript(tmp_path / "huge.vtt")


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_damage_gives_a_transcript_or_a_clean_error(name: str, tmp_path: Path) -> None:
    """Bytes lost and changed anywhere give a valid transcript or CallError, never another exception."""
    whole = (FOLDER / name).read_bytes()
    rng = np.random.default_rng(0)
    for number in range(30):
        data = bytearray(whole[: rng.integers(1, len(whole))] if number % 2 else whole)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(0, 256)
        (tmp_path / name).write_bytes(data)
        try:
            found = read_transcript(tmp_path / name)
        except CallError as error:
            assert error.code == "unsupported_transcript"  # noqa: PT017  either outcome is right
        else:
            assert isinstance(found, Transcript)
            assert (found.utterances["end_s"] >= found.utterances["start_s"]).all()
