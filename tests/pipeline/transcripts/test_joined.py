"""Parts of one conversation: one transcript, in their order, with speakers known by name."""

from pathlib import Path

import pytest

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


ASKED = [  # what who sells asks in two parts, and what the other says
    "What prompted you to look at this now? How many orders do you lose in a month?",
    "I see. And what would it mean for you if that were solved by the summer?",
    "Sorry, my line dropped. You said that it costs you money. How much would you say it is?",
    "What I suggest is that I send you the offer by Friday. Who else would need to agree?",
]
ANSWERED = [
    "We lose orders because nobody looks at the list, and our drivers are ill all the time.",
    "A lot, I would say, we do it by hand, and my boss would like it very much.",
    "We counted it last year, it was about four thousand, and we lost a large customer.",
    "That works for me. Our finance director will want to see it before we do anything.",
]


def numbered(folder: Path, name: str, asks: str, answers: str, turns: range) -> Path:
    """A part in which two speakers have these labels, and say the texts with these numbers in turn."""
    said = [(who, text[at]) for at in turns for who, text in ((asks, ASKED), (answers, ANSWERED))]
    cues = [
        (f"00:{9 * at:02}.000", f"00:{9 * at + 8:02}.000", f"<v {who}>{text}") for at, (who, text) in enumerate(said)
    ]
    return part(folder, name, cues)


@pytest.mark.parametrize("labels", [("speaker 0", "speaker 1"), ("SPEAKER_01", "SPEAKER_00"), ("A", "B"), ("S1", "S2")])
def test_parts_that_number_their_speakers(labels: tuple[str, str], tmp_path: Path) -> None:
    """Who is 0 in the first part and 1 in the second, as the other speaks first there, is told by what they say."""
    asks, answers = labels
    first = numbered(tmp_path, "a.vtt", asks, answers, range(2))
    for second in (asks, answers), (answers, asks):
        files = [first, numbered(tmp_path, "b.vtt", *second, range(2, 4))]
        found = joined_parts([read_transcript(file) for file in files])
        texts = {
            found.speakers[who].name: texts
            for who, texts in found.utterances.group_by("speaker", maintain_order=True).agg("text").iter_rows()
        }
        assert texts == {asks: ASKED, answers: ANSWERED}
        told = f"{second[0]} there is {asks} before, and {second[1]} there is {answers} before, by what they say"
        assert f"part 2 numbers its speakers: {told}" in [note.text for note in found.notes]


def test_numbers_of_speakers_who_say_little(tmp_path: Path) -> None:
    """Where what they say does not tell, one number is one person, and a note says that it need not be so."""
    cues = [("00:01.000", "00:02.000", "<v Speaker 1>Here I am"), ("00:03.000", "00:04.000", "<v Speaker 2>Me too")]
    files = [part(tmp_path, name, cues) for name in ("a.vtt", "b.vtt")]
    found = joined_parts([read_transcript(file) for file in files])
    assert found.utterances["speaker"].to_list() == ["S0", "S1", "S0", "S1"]
    told = "part 2 numbers its speakers, perhaps not as before: who has one number is taken for one person"
    assert told in [note.text for note in found.notes]
