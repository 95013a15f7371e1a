"""Captions as exported: cues as programs change them, and what in them is nobody's."""

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
