"""Captions as exported: cues as programs change them, and what in them is nobody's."""

import json
from pathlib import Path

import pytest

from pipeline.errors import CallError
from tests.pipeline.transcripts.readers.test_whole_files import WORDS, captions, read, words_of


@pytest.mark.parametrize("tag", ["<v >", "<v>", "<v.loud>"])
def test_voice_tag_without_a_name(tag: str, tmp_path: Path) -> None:
    """Where a tag has no name, as of who is unknown to Teams, nobody is named: a note says who gets the words.

    They were those of who spoke before, without a note.
    """
    written = captions().replace("<v Paula Stern>", tag)
    found = read(tmp_path, "a.vtt", written)
    assert sum(words_of(found)) == sum(WORDS)
    assert found.notes[0].text.startswith("9 words without a speaker are given to who speaks next")
    with pytest.raises(CallError, match="33 of its 64 words have no speaker"):
        read(tmp_path, "a.vtt", written.replace(tag, "<v Paula Stern>").replace("<v Nora Vance>", tag))


ARROWS = ("-->", "-- >", "- ->", "->", "\u2013>", "\u2014>", "\u2192", "\uf0e0")


@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("point", [",", ".", " , ", ":", ";"])
def test_timing_lines_that_programs_changed(arrow: str, point: str, tmp_path: Path) -> None:
    """Times with spaces, as translators set them, with frames, and arrows as Word corrects them are times.

    "00" was a speaker.
    """
    cues = captions("Omar Field").replace("WEBVTT\n\n", "").replace("-->", arrow).replace(".000", f"{point}00")
    spaced = cues if point in ":;" else cues.replace(":", " : ").replace("Omar Field : ", "Omar Field: ")
    for written in (cues, spaced):
        found = read(tmp_path, "a.srt", written)
        assert words_of(found) == WORDS
        assert found.utterances["start_s"].to_list() == [0, 10, 20, 30, 40, 50]


def test_first_caption_of_a_program(tmp_path: Path) -> None:
    """A program's line before the first name in captions is nobody's; it was said by who came next."""
    above = "00:00:00.000 --> 00:00:00.500\n[Auto-generated transcript. Edits may have been applied for clarity.]"
    assert words_of(read(tmp_path, "a.vtt", captions().replace("WEBVTT", f"WEBVTT\n\n{above}"))) == WORDS


COPIES = {"whole": (12, 24), "beginning_first": (9, 21), "beginning_last": (12, 21), "three_times": (12, 36)}


@pytest.mark.parametrize("kind", ["vtt", "txt", "json"])
@pytest.mark.parametrize("case", COPIES)
def test_saved_twice(case: str, kind: str, tmp_path: Path) -> None:
    """A conversation that stands in a file twice, or of which the beginning does, counts once: it was twice as long."""
    first, n_lines = COPIES[case]
    said = [("Nora Vance" if at % 2 else "Omar", f"We go on with point number {at} now.") for at in range(12)]
    whole = [(5 * at, *line) for at, line in enumerate(said)]
    lines = ([*whole[:first], *whole, *whole])[:n_lines]
    written = {
        "vtt": "WEBVTT\n\n"
        + "".join(f"00:00:{at:02}.000 --> 00:00:{at + 4:02}.000\n<v {name}>{text}\n\n" for at, name, text in lines),
        "txt": "".join(f"{name}: {text}\n" for _, name, text in lines),
        "json": json.dumps([{"speaker": name, "start": at, "end": at + 4, "text": text} for at, name, text in lines]),
    }
    found = read(tmp_path, f"a.{kind}", written[kind])
    assert sum(words_of(found)) == 12 * 8
    assert found.duration_s < 60
    (told,) = [note.text for note in found.notes if "in the file twice" in note.text]
    assert told.startswith(f"{8 * (n_lines - 12)} words ")


RUN_ON = {  # how turns stand in a file: every second one runs on behind the one before
    "lines": "{0}: {1} {2}: {3}\n{0}: {1}\n{2}: {3}\n",
    "captions": "00:00:{at}.000 --> 00:00:{to}.000\n{0}: {1} {2}: {3}\n\n",
}


@pytest.mark.parametrize("quoted", ["", '"'])
@pytest.mark.parametrize("form", RUN_ON)
def test_second_speaker_within_a_row(form: str, quoted: str, tmp_path: Path) -> None:
    """Who is named behind a sentence of another speaks from there: the words, and the name, were the other's."""
    said = (f"{quoted}Nice to see you all.{quoted}", f"{quoted}Thanks for that, Nora.{quoted}")
    rows = [
        RUN_ON[form].format("Nora Vance", said[0], "Omar", said[1], at=10 + at, to=15 + at) for at in range(0, 25, 5)
    ]
    rows += ["00:00:40.000 --> 00:00:41.000\nOmar: Bye.\n\n00:00:41.000 --> 00:00:42.000\nOmar: Bye.\n"]
    written = "".join(rows[:-1] if form == "lines" else ["WEBVTT\n\n", *rows])
    found = read(tmp_path, "a.vtt", written)
    by_name = dict(zip(found.speakers, words_of(found), strict=True))
    n = 10 if form == "lines" else 5
    assert list(by_name.values()) == [5 * n, 4 * n + (0 if form == "lines" else 2)]


def test_heading_of_speech_within_a_row(tmp_path: Path) -> None:
    """Words with a colon behind a sentence stay with who says them."""
    rows = [f"{name}: We go on. Next Steps: we talk at {at}.\n" for at in range(8) for name in ("Nora Vance", "Omar")]
    assert words_of(read(tmp_path, "a.txt", "".join(["Next Steps: none.\n" * 2, *rows])))[-2:] == [72, 72]
