"""Parts of one conversation: one transcript, in their order, with speakers known by name."""

from pathlib import Path

from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.joined import joined_parts


def part(folder: Path, name: str, cues: list[tuple[str, str, str]]) -> Path:
    file = folder / name
    file.write_text("WEBVTT\n\n" + "\n\n".join(f"{a} --> {b}\n{text}" for a, b, text in cues))
    return file


FIRST = [("00:01.000", "00:03.000", "<v Ann>We were cut"), ("00:04.000", "00:06.000", "<v Bo>Yes")]


def test_part_that_begins_anew(tmp_path: Path) -> None:
    """The second part begins at 6 s, where the first ends: 1 s in it is 7 s; Bo is one speaker."""
    second = [("00:01.000", "00:02.000", "<v Bo>Here I am"), ("00:03.000", "00:04.000", "<v Cy>Me too")]
    files = [part(tmp_path, "a.vtt", FIRST), part(tmp_path, "b.vtt", second)]
    found = joined_parts([read_transcript(file) for file in files])
    rows = [
        (found.speakers[who].name, start, text)
        for who, start, text in found.utterances.select("speaker", "start_s", "text").rows()
    ]
    assert rows == [("Ann", 1.0, "We were cut"), ("Bo", 4.0, "Yes"), ("Bo", 7.0, "Here I am"), ("Cy", 9.0, "Me too")]
    assert found.duration_s == 10.0
    assert [note.text for note in found.notes] == [
        "part 2 begins at 6 s, right after the part before: how long the gap was is not known"
    ]


def test_part_whose_times_go_on(tmp_path: Path) -> None:
    """Times that go on say how long the line was down: from 6 s to 30 s."""
    files = [part(tmp_path, "a.vtt", FIRST), part(tmp_path, "b.vtt", [("00:30.000", "00:32.000", "<v Ann>Back")])]
    found = joined_parts([read_transcript(file) for file in files])
    assert found.utterances["start_s"].to_list() == [1.0, 4.0, 30.0]
    assert [note.text for note in found.notes] == ["part 2 begins at 30 s, as its times say"]


def test_two_who_join_in_the_second_part(tmp_path: Path) -> None:
    """Cy and Di, who are only in the second part, are two people, neither of whom was in the first."""
    second = [("00:01.000", "00:02.000", "<v Cy>Here I am"), ("00:03.000", "00:04.000", "<v Di>Me too")]
    files = [part(tmp_path, "a.vtt", FIRST), part(tmp_path, "b.vtt", second)]
    found = joined_parts([read_transcript(file) for file in files])
    assert [found.speakers[who].name for who in found.utterances["speaker"]] == ["Ann", "Bo", "Cy", "Di"]
