"""Whole files: one conversation of three people under many labels, in many shapes and on many time bases.

Nora says 33 words in 3 turns, the second person 22 in 2, Paula 9 in 1; as captions the turns begin every 10 s.
"""

import json
import time
from pathlib import Path

import pytest

from benchmarks.training.common_words import words
from pipeline.errors import CallError
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.readers.labels.judge import common_words
from pipeline.transcripts.transcript import Transcript

TURNS = [
    ("Nora Vance", "Good morning, how do you plan the delivery routes on a normal day?"),
    ("B", "With a spreadsheet and a lot of phone calls, every single morning."),
    ("Nora Vance", "What does it cost you when a van is late?"),
    ("B", "About four thousand a month, we counted it last year."),
    ("Paula Stern", "The bakery was my account, I remember it well."),
    ("Nora Vance", "Thank you both, I will send the sheet on Thursday."),
]
WORDS = [33, 22, 9]  # 13 + 10 + 10 of Nora, 12 + 10 of the second, 9 of Paula
LABELS = (
    *("omar field de la cruz", "van der berg, jan", "O. Field", "omar_field", "OF", "Omar Field (Brightwater)"),
    *("Omar (he/him)", "Omar Field, CFO", "Dr. Omar Field", "omar.field@example.com", "Omar Field - Brightwater"),
    *("Omar Field @ Brightwater", "Omar's iPad", "Room 4.12", "\U0001f69a Omar", "\u200eOmar Field\u200e", "محمد علي"),
    *("山田太郎", "Омар", "Omar Field [External]", "Omar Field (Guest)", "Unknown Speaker", "Participant 2", "mark"),
    *("+49 170 1234567", "(555) 010-0142", "Omar Field/Brightwater & Co. KG", "Client", "Speaker B", "Guest-1234"),
)


def turns(second: str) -> list[tuple[str, str]]:
    return [(second if name == "B" else name, text) for name, text in TURNS]


def read(folder: Path, name: str, text: str) -> Transcript:
    (folder / name).write_text(text, encoding="utf-8")
    return read_transcript(folder / name, listed=("Nora Vance", "Omar Field"))


def words_of(found: Transcript) -> list[int]:
    rows = found.utterances.select("speaker", "text").rows()
    return [sum(len(text.split()) for who, text in rows if who == speaker) for speaker in dict(rows)]


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}.000"


def captions(second: str = "Omar Field", *, starts: list[int] | None = None, between: str = "\n\n") -> str:
    begins = starts or [10 * at for at in range(len(TURNS))]
    cues = [
        f"{clock(start)} --> {clock(start + 8)}\n<v {name}>{text}</v>"
        for start, (name, text) in zip(begins, turns(second), strict=True)
    ]
    return "WEBVTT\n\n" + between.join(cues)


@pytest.mark.parametrize("label", LABELS)
def test_label_is_a_speaker(label: str, tmp_path: Path) -> None:
    """However the second person is called, as lines, as headings and in captions, his words are his own."""
    lines = "\n".join(f"{name}: {text}" for name, text in turns(label))
    headings = "\n\n".join(f"{name} (0:{at * 9:02})\n{text}" for at, (name, text) in enumerate(turns(label)))
    before = "\n\n".join(f"00:00:{at * 9:02} {name}\n{text}" for at, (name, text) in enumerate(turns(label)))
    for shape in (lines, headings, before):
        assert words_of(read(tmp_path, "a.txt", shape)) == WORDS
    if ">" not in label:
        cues = "\n\n".join(
            f"{clock(10 * at)} --> {clock(10 * at + 8)}\n{name}: {text}" for at, (name, text) in enumerate(turns(label))
        )
        assert words_of(read(tmp_path, "a.vtt", "WEBVTT\n\n" + cues)) == WORDS


SAID = ("Budget: 20k.", "Action item: call.", "Big Picture: late.", "Quick question: who?", "Here's the thing: no.")


@pytest.mark.parametrize("said", SAID)
def test_words_before_a_colon_are_said(said: str, tmp_path: Path) -> None:
    """In the middle of what somebody says they are no person, but words of who speaks."""
    lines = [f"{name}: {text}" for name, text in turns("Omar Field")]
    found = read(tmp_path, "a.txt", "\n".join([*lines[:2], said, *lines[2:]]))
    assert words_of(found) == [WORDS[0], WORDS[1] + len(said.split()), WORDS[2]]


COMMON = (
    *("Red", "Green", "Amber", "Pros", "Cons", "Summary", "Price", "Note", "PS", "P.S.", "KPI", "ROI", "Q1", "Lunch"),
    *("Plan B", "Team A", "Option 2", "Big picture", "Marketing", "Depot", "Speed", "Upside", "Homework", "Legal"),
)


def with_words(label: str, times: int) -> list[tuple[str, str]]:
    """The conversation with a line "label: we count twenty" as often after each of the first turns."""
    said = turns("Omar Field")
    return [
        (name, f"{text}\n{label}: we count twenty." if at < times else text) for at, (name, text) in enumerate(said)
    ]


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("label", COMMON)
def test_words_said_again_are_no_person(label: str, times: int, tmp_path: Path) -> None:
    """Words that are no name stay those of who speaks however often they stand before a colon; thrice a note says so.

    "PS" is no Paula Stern where the file writes names in full.
    """
    said = with_words(label, times)
    n = len(label.split()) + 3
    expected = [WORDS[0] + n * ((times + 1) // 2), WORDS[1] + n * (times // 2), WORDS[2]]
    lines = "\n".join(f"{name}: {text}" for name, text in said)
    cues = "\n\n".join(
        f"{clock(10 * at)} --> {clock(10 * at + 8)}\n{name}: {text}" for at, (name, text) in enumerate(said)
    )
    for found in (read(tmp_path, "a.txt", lines), read(tmp_path, "a.vtt", "WEBVTT\n\n" + cues)):
        assert words_of(found) == expected
        told = any(f'"{label}"' in note.text for note in found.notes)
        assert told or times < 3


@pytest.mark.parametrize("label", ["Swaroop", "Mark", "Will", "London", "New York", "Acme Corp"])
def test_name_that_could_be_a_word_is_told(label: str, tmp_path: Path) -> None:
    """Words that may be a name are one, with a note of the words it is given; also four times in a longer call."""
    found = read(tmp_path, "a.txt", "\n".join(f"{name}: {text}" for name, text in turns(label)))
    assert words_of(found) == WORDS
    assert f'"{label}" (22 words) is taken for a speaker' in " ".join(note.text for note in found.notes)
    said = [*turns("Omar Field") * 6, *[(label, "we count about twenty."), ("Omar Field", "yes.")] * 4]
    longer = read(tmp_path, "a.txt", "\n".join(f"{name}: {text}" for name, text in said))
    assert f'"{label}" (16 words) is taken for a speaker' in " ".join(note.text for note in longer.notes)


@pytest.mark.parametrize("label", ["Green", "Legal", "KPI"])
def test_word_that_would_decide_a_side_is_refused(label: str, tmp_path: Path) -> None:
    """Who says 22 of 64 words under a common word may be a person: the error names the label."""
    for shape in ("{}: {}", "{}:\n{}", "[{}] {}", "### {}\n{}"):
        lines = [shape.format(name, text) for name, text in turns(label)]
        with pytest.raises(CallError, match=f'not clear whether "{label}" is a speaker'):
            read(tmp_path, "a.txt", "\n".join(lines))


@pytest.mark.parametrize(("lead", "other"), [("Brown", "Green"), ("NV", "PS"), ("Me", "Them"), ("S1", "S2")])
def test_speakers_who_all_have_common_names(lead: str, other: str, tmp_path: Path) -> None:
    """Where all lines are said under such labels these are the speakers; "PS" is somebody among initials."""
    said = [(lead if name == "Nora Vance" else other, text) for name, text in TURNS * 2]
    (tmp_path / "a.txt").write_text("\n".join(f"{name}: {text}" for name, text in said))
    assert words_of(read_transcript(tmp_path / "a.txt")) == [66, 62]


@pytest.mark.parametrize("names", [("S1", "S2", "S3"), ("1", "2", "3"), ("A", "B", "C"), ("NV", "OF", "PS")])
def test_numbers_and_letters_are_speakers(names: tuple[str, str, str], tmp_path: Path) -> None:
    """Where a file calls everybody by a number or a letter, who says little is a speaker, too, without a note."""
    called = dict(zip(("Nora Vance", "B", "Paula Stern"), names, strict=True))
    found = read(tmp_path, "a.txt", "\n".join(f"{called[name]}: {text}" for name, text in TURNS * 2))
    assert words_of(found) == [2 * n for n in WORDS]
    assert "is taken for" not in " ".join(note.text for note in found.notes)


def test_common_words_alone_are_no_speakers(tmp_path: Path) -> None:
    """What one person says, with "Red:" and "Green:" in it, is no conversation of Red and Green."""
    texts = [
        f"{('Red', 'Green')[at % 2]}: {text}" if at in (1, 2, 3, 4) else text for at, (_, text) in enumerate(TURNS)
    ]
    with pytest.raises(CallError, match='"Green", "Red" stand before a colon'):
        read(tmp_path, "a.txt", "\n".join(texts))


def test_common_words_are_those_of_the_conversations() -> None:
    """The list is what the program that writes it finds."""
    assert set(words()) == common_words()


SHAPES = {
    "no_blank_lines": captions(between="\n"),
    "nine_digits": captions().replace(".000 ", ".123456789 ").replace(".000\n", ".5 align:start position:0%\n"),
    "blank_after_timing": captions().replace("\n<v", "\n \n\n<v"),
    "notes_and_styles": captions().replace("\n\n00:00:20", "\n\nNOTE a remark\n\nSTYLE\n::cue {}\n\n00:00:20"),
    "carriage_returns": captions().replace("\n", "\r"),
    "sbv": "\n\n".join(
        f"0:00:{10 * at:02}.000,0:00:{10 * at + 8:02}.000\n{n}: {t}" for at, (n, t) in enumerate(turns("Omar"))
    ),
    "quoted_ids": "WEBVTT\n\n" + "\n\n".join(
        f'{at} "{n}" (7{at})\n{clock(10 * at)} --> {clock(10 * at + 8)}\n{t}' for at, (n, t) in enumerate(turns("Omar"))
    ),
    "brackets": "\n".join(f"[{name}] {text}" for name, text in turns("Omar Field")),
    "bare_names": "\n\n".join(f"{name}\n{text}" for name, text in turns("Omar Field")),
    "tabs": "\n".join(f"{clock(10 * at)}\t{n}\t{t}" for at, (n, t) in enumerate(turns("Omar Field"))),
    "markdown": "\n".join(f"- **{name}**: {text}" for name, text in turns("Omar Field")),
    "italics": "\n\n".join(f"*{name}:* {text}" for name, text in turns("Omar Field")),
    "table_of_bars": "| Time | Speaker | Text |\n|---|---|---|\n"
    + "\n".join(f"| 0:{9 * at:02} | {n} | {t} |" for at, (n, t) in enumerate(turns("Omar Field"))),
    "csv": "start,speaker,text\n" + "\n".join(f'0:{9 * at:02},{n},"{t}"' for at, (n, t) in enumerate(turns("Omar"))),
    "records": "\n\n".join(f"Speaker: {n}\nTime: 0:{9 * at:02}\nText: {t}" for at, (n, t) in enumerate(turns("Omar"))),
    "page": "<html><head><title>x</title></head><body>"
    + "".join(f"<p><b>{n}:</b> {t}</p>" for n, t in turns("Omar Field"))
    + "</body></html>",
    "dashes": "\n".join(f"{name} \u2013 {text}" for name, text in turns("Omar Field")),
    "dashes_and_times": "\n".join(f"{n} @ 0:{9 * at:02} - {t}" for at, (n, t) in enumerate(turns("Omar Field"))),
    "numbered": "\n".join(f"{at + 1}. {name}: {text}" for at, (name, text) in enumerate(turns("Omar Field"))),
    "fathom": "\n\n".join(f"@0:{9 * at:02} - {n} (Northwind)\n{t}" for at, (n, t) in enumerate(turns("Omar Field"))),
    "seconds_in_brackets": "\n".join(
        f"[{9 * at}.00 -> {9 * at + 8}.50] {n}: {t}" for at, (n, t) in enumerate(turns("Omar"))
    ),
    "short_times": "\n".join(f"0m {9 * at}s {n}: {t}" for at, (n, t) in enumerate(turns("Omar Field"))),
    "name_above_in_cues": "\n\n".join(
        f"{at}\n{clock(10 * at)} --> {clock(10 * at + 8)}\n{n}\n{t}" for at, (n, t) in enumerate(turns("Omar") * 2)
    ).partition("\n\n6\n")[0],
    "metadata": "WEBVTT\n\n"
    + "\n\n".join(
        f"{clock(10 * at)} --> {clock(10 * at + 8)}\n{json.dumps({'speakerName': n, 'spokenText': t})}"
        for at, (n, t) in enumerate(turns("Omar Field"))
    ),
    "text_beside_times": "\n".join(
        f"{clock(10 * at)} --> {clock(10 * at + 8)}  {n}: {t}" for at, (n, t) in enumerate(turns("Omar Field"))
    ),
    "company_below_names": "\n\n".join(
        f"{n}\n0:{9 * at:02}  \u2022  Northwind\n{t}" for at, (n, t) in enumerate(turns("Omar Field"))
    ),
    "pronouns": "\n\n".join(f"{n} they/them  0:{9 * at:02}\n{t}" for at, (n, t) in enumerate(turns("Omar"))),
    "ordinary_word_as_name": "\n\n".join(f"{n}  0:{9 * at:02}\n{t}" for at, (n, t) in enumerate(turns("Will"))),
    "picture": "\n".join(f"{name}: {text}" for name, text in turns("\U0001f98a")),
    "masked_number": "\n".join(f"{name}: {text}" for name, text in turns("+44 20 \u2022\u2022\u2022\u2022 12")),
    "json_lines": "\n".join(json.dumps({"speakerName": n, "spokenText": t}) for n, t in turns("Omar Field")),
    "words_one_by_one": json.dumps(
        [{"participant": {"name": n}, "words": [{"text": word} for word in t.split()]} for n, t in turns("Omar")]
    ),
    "escaped": "\n\n".join(f"**{n}** \\[00:00:{9 * at:02}\\]\n\n{t}" for at, (n, t) in enumerate(turns("Omar Field"))),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_keeps_every_word(shape: str, tmp_path: Path) -> None:
    """However the file is laid out, every word is said once, by its speaker."""
    assert words_of(read(tmp_path, "a.vtt", SHAPES[shape])) == WORDS


LINES = [f"{name}: {text}" for name, text in turns("Omar Field")]
BESIDE = {  # text that nobody says, and what is told of it
    "page numbers": ([*LINES[:3], "3 / 7", *LINES[3:]], "1 line of the program"),
    "running title": ([*LINES[:3], "Acme Corp - Confidential", *LINES[3:]], "(3 words)"),
    "who joined": ([*LINES[:3], "Omar Field started presenting", *LINES[3:]], "(4 words)"),
    "narration": ([*LINES[:3], "(Paula joins the call)", *LINES[3:]], "(4 words)"),
    "disclaimer": ([*LINES, "", "Disclaimer: made by a machine, use it at your own risk."], "(11 words)"),
    "foot": ([*LINES, "", "Was this transcript helpful? Rate it"], "(6 words)"),
    "end": ([*LINES, "*Ended: 10:02*"], "1 line of the program"),
    "summary": (["Action items", "- Nora Vance: send the sheet", "", "Transcript", "", *LINES], "(8 words)"),
    "summary below": ([*LINES, "", "Action items", "Nora Vance: send the sheet"], "(7 words)"),
    "time in speech": ([*LINES[:3], LINES[3] + " [00:00:31]", *LINES[4:]], "1 sign"),
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_nobody_says_is_told(what: str, tmp_path: Path) -> None:
    """Lines of programs, titles, summaries and disclaimers are no speech, and a note says how many words they are."""
    lines, told = BESIDE[what]
    found = read(tmp_path, "a.txt", "\n".join(lines))
    assert words_of(found) == WORDS
    assert told in " ".join(note.text for note in found.notes)


def test_time_in_words_and_as_a_clock(tmp_path: Path) -> None:
    """Teams' page has each time twice below a name: both are of that turn, and none of the next."""
    rows = [f"{n}\n0 minutes {9 * at} seconds\n0:{9 * at:02}\n{t}" for at, (n, t) in enumerate(turns("Omar Field"))]
    found = read(tmp_path, "a.txt", "\n\n".join(rows))
    assert found.utterances["start_s"].to_list() == [9.0 * at for at in range(6)]


@pytest.mark.parametrize(
    ("written", "begins_s"), [("00:00:9,5", 9.5), ("0:0:9.5", 9.5), ("0:9.500", 9.5), ("0:1:3", 63.0)]
)
def test_times_of_single_digits(written: str, begins_s: float, tmp_path: Path) -> None:
    """Minutes and seconds of one digit count in captions, tables and JSON alike."""
    rows = [("Nora Vance", "00:00:01.0", "00:00:04.0", "How are you"), ("Omar Field", written, "0:1:5.5", "Very well")]
    spoken_lines = [f"{start} --> {end}\n{name}: {text}" for name, start, end, text in rows]
    keys = ("speaker", "start", "end", "text")
    table = [";".join(row) for row in (keys, *rows)]
    files = {
        "a.srt": "\n\n".join(f"{number}\n{cue}" for number, cue in enumerate(spoken_lines, start=1)),
        "a.vtt": "WEBVTT\n\n" + "\n\n".join(spoken_lines),
        "a.csv": "\n".join(table),
        "a.json": json.dumps([dict(zip(keys, row, strict=True)) for row in rows]),
    }
    for name, text in files.items():
        times = read(tmp_path, name, text).utterances.select("start_s", "end_s").rows()
        assert times == [(1.0, 4.0), (begins_s, 65.5)], name


def test_long_number_takes_no_time(tmp_path: Path) -> None:
    """Forty digits in a cell are read at once: what tells times from words once tried every way to cut them."""
    text = SHAPES["csv"].replace("phone", "9" * 40 + "x")
    began = time.process_time()
    read(tmp_path, "a.csv", text)
    assert time.process_time() - began < 5


def test_clock_and_credit_in_captions(tmp_path: Path) -> None:
    """A clock on a row of its own and who made the captions are not said."""
    added = captions().replace("</v>\n\n00:00:20", "</v>\n00:00:15\n\n00:00:20")
    credit = f"\n\n{clock(60)} --> {clock(63)}\nSubtitles by the community"
    assert words_of(read(tmp_path, "a.vtt", added + credit)) == WORDS


@pytest.mark.parametrize("shared", [1, 2, 4])
def test_captions_that_roll(shared: int, tmp_path: Path) -> None:
    """However many words each caption shows again, one or four, every word is counted once."""
    cues = []
    for at, (name, text) in enumerate(TURNS):
        words = text.split()
        for n in range(0, len(words), 4):
            shown = " ".join(words[max(0, n - shared) : n + 4])
            cues.append(f"{clock(10 * at + n // 2)} --> {clock(10 * at + n // 2 + 2)}\n<v {name}>{shown}</v>")
    assert words_of(read(tmp_path, "a.vtt", "WEBVTT\n\n" + "\n\n".join(cues))) == WORDS


def test_labels_with_times_in_them_are_refused(tmp_path: Path) -> None:
    """A time of a form that nobody knows would make every line another speaker: the error shows the labels."""
    lines = [f"{name} 00.00.{9 * at:02}\n{text}" for at, (name, text) in enumerate(turns("Omar Field") * 2)]
    with pytest.raises(CallError, match="differs in numbers only"):
        read(tmp_path, "a.txt", "\n".join(lines))


BASES = {  # starts of the six cues, how long the call is, what is told
    "times of day": ([36_000 + 10 * at for at in range(6)], 58, "times begin at 10:00"),
    "over midnight": ([86_370, 86_380, 86_390, 0, 10, 20], 58, "after midnight"),
    "anew": ([0, 10, 20, 0, 10, 20], 56, "times begin anew 1 time"),
    "one lost": ([0, 10, 20, 0, 40, 50], 58, "1 line with a time before the last"),
    "backwards": ([50, 40, 30, 20, 10, 0], 58, "times run backwards"),
    "hours after": ([0, 10, 20, 30, 40, 90_000], 48 + 0.4 + 10 / 2.5, "1 line hours after the others"),
    "one far ahead": ([0, 10, 7_200, 30, 40, 50], 58, "1 line far ahead of the next"),
    "before the beginning": ([-30, -20, -10, 0, 10, 20], 58, "begin 30.0 s before the beginning"),
    "late": ([600 + 10 * at for at in range(6)], 658, "nothing is said in the first 10 of 11 minutes"),
    "apart": ([1_000 * at for at in range(6)], 5_008, "nobody speaks in 99%"),
}


@pytest.mark.parametrize("base", BASES)
def test_time_base(base: str, tmp_path: Path) -> None:
    """What the times count is recognised, put right where one reading is plain, and told."""
    starts, length_s, told = BASES[base]
    segments = [
        {"start": start, "end": start + 8, "text": text, "speaker": name}
        for start, (name, text) in zip(starts, turns("Omar Field"), strict=True)
    ]
    if min(starts) < 0 or base == "late":
        found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    else:
        found = read(tmp_path, "a.vtt", captions(starts=starts))
    assert found.duration_s == pytest.approx(length_s)
    assert told in " ".join(note.text for note in found.notes)


def test_speaker_on_both_sides_of_a_new_beginning(tmp_path: Path) -> None:
    """Who ends one part and begins the next, whose times begin anew, says two utterances, each as long as it was."""
    spans = [("a", 0, 9), ("b", 30, 39), ("b", 9, 18), ("a", 19, 29)]
    segments = [{"speaker": who, "start": a, "end": b, "text": "so it is"} for who, a, b in spans]
    found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    assert found.utterances.select("start_s", "end_s").rows() == [(0, 9), (30, 39), (48, 57), (58, 68)]
    assert not found.times_estimated


MONOLOGUE = [("a", 0, 9), ("a", 10, 19), ("a", 20, 29), ("a", 30, 39)]
PART = [("a", 3, 9), ("b", 13, 19), ("a", 23, 29), ("b", 33, 39)]
MEANWHILE = {  # who speaks from when to when, as the file has it, and where lines are put instead
    "a word put in": ([*MONOLOGUE, ("b", 12, 14), ("a", 40, 49)], {}),
    "two words put in": ([*MONOLOGUE, ("b", 12, 14), ("b", 22.5, 24.5), ("a", 40, 49), ("b", 50, 59)], {}),
    "by two people": ([*MONOLOGUE, ("b", 5, 7), ("c", 22, 24), ("a", 40, 49), ("b", 50, 59)], {}),
    "in order of ends": ([("a", 0, 3), ("b", 31, 33), ("b", 36, 38), ("a", 4, 30.5), ("b", 41, 45)], {}),
    "in order of ends, at the end": ([("a", 0, 3), ("b", 31, 33), ("b", 36, 38), ("c", 4, 40)], {}),
    "short part": ([*PART, ("b", 3, 5), ("a", 20, 22), ("b", 45, 49)], {4: (42, 44), 5: (59, 61), 6: (84, 88)}),
    "part of one speaker": ([*PART, ("c", 14, 16), ("c", 22, 24)], {4: (53, 55), 5: (61, 63)}),
    "part that is full": (
        [*MONOLOGUE, ("b", 5, 14), ("b", 15, 29), ("a", 40, 49)],
        {4: (44, 53), 5: (54, 68), 6: (79, 88)},
    ),
    "his own words at once": ([*PART, ("b", 14, 16), ("a", 40, 49)], {4: (39, 40)}),
}


@pytest.mark.parametrize("case", MEANWHILE)
def test_said_while_somebody_goes_on(case: str, tmp_path: Path) -> None:
    """What is put in while another goes on keeps its times though the file has it later; parts are put after parts."""
    spans, moved = MEANWHILE[case]
    segments = [{"speaker": who, "start": a, "end": b, "text": "so it is"} for who, a, b in spans]
    found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    expected = [moved.get(at, (a, b)) for at, (_, a, b) in enumerate(spans)]
    assert found.utterances.select("start_s", "end_s").rows() == sorted(expected)
    assert bool(moved) == any("anew" in note.text or "before the last" in note.text for note in found.notes)


def test_lines_that_all_last_too_long(tmp_path: Path) -> None:
    """Ends that are 30 s late would have everybody talk at once: a note says so."""
    segments = [
        {"start": 10 * at, "end": 10 * at + 38, "text": text, "speaker": name}
        for at, (name, text) in enumerate(turns("Omar Field"))
    ]
    found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    assert "lines last 228 s in 88 s" in " ".join(note.text for note in found.notes)


def test_ends_that_cannot_be_true(tmp_path: Path) -> None:
    """Captions that end when they begin, or an hour later, get ends by their words."""
    for end in (clock(0), "01:00:08.000"):
        text = captions().replace("--> 00:00:08.000", f"--> {end}")
        found = read(tmp_path, "a.vtt", text)
        assert found.duration_s == pytest.approx(58)
        assert "1 line with an end that cannot be true" in " ".join(note.text for note in found.notes)


UNSPACED = {  # a text without spaces of 60 words, and how it is said in 24 s
    "Japanese": "\u672c\u65e5\u306f\u304a\u6642\u9593\u3092\u3044\u305f\u3060\u304d\u3001" * 10,
    "Chinese": "\u611f\u8c22\u60a8\u62bd\u51fa\u65f6\u95f4\u3002\u597d\u7684\u5417\uff1f" * 10,
    "Thai": "\u0e02\u0e2d\u0e1a\u0e04\u0e38" * 60,
}


@pytest.mark.parametrize("language", UNSPACED)
def test_scripts_without_spaces(language: str, tmp_path: Path) -> None:
    """Two letters count as a word, five in Thai: a minute and more of speech keeps its end, and else has its length."""
    text, reply = UNSPACED[language], UNSPACED[language][:5]
    cues = f"WEBVTT\n\n{clock(1)} --> {clock(70)}\n<v Ann>{text}</v>\n\n{clock(71)} --> {clock(72)}\n<v Bo>{reply}</v>"
    found = read(tmp_path, "a.vtt", cues)
    assert found.utterances.select("start_s", "end_s").rows() == [(1, 70), (71, 72)]
    assert not found.times_estimated
    untimed = read(
        tmp_path, "a.json", json.dumps([{"speaker": who, "text": t} for who, t in (("A", text), ("B", reply))])
    )
    assert untimed.utterances["end_s"][0] - untimed.utterances["start_s"][0] == pytest.approx(24)


def test_clock_above_the_second_half(tmp_path: Path) -> None:
    """A time of day in the middle is no start of a call of ten hours."""
    found = read(tmp_path, "a.txt", "\n".join([*LINES[:3], "10:15 AM", *LINES[3:]]))
    assert 20 <= found.duration_s <= 60


def test_counts_that_are_no_unit_of_time(tmp_path: Path) -> None:
    """Starts in samples would make a call of a week: the times are estimated, and a note says so."""
    segments = [{"start": 160_000 * at, "text": text, "speaker": who} for at, (who, text) in enumerate(TURNS)]
    found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    assert found.times_estimated
    assert found.duration_s < 60


@pytest.mark.parametrize(("unit", "name"), [(1e3, "milliseconds"), (1e6, "microseconds")])
def test_unit_of_times(unit: float, name: str, tmp_path: Path) -> None:
    """Times that as seconds would be days are divided."""
    segments = [
        {"start": 10 * at * unit, "end": (10 * at + 8) * unit, "text": text, "speaker": who}
        for at, (who, text) in enumerate(TURNS)
    ]
    found = read(tmp_path, "a.json", json.dumps({"segments": segments}))
    assert found.duration_s == pytest.approx(58)
    assert f"taken for {name}" in " ".join(note.text for note in found.notes)


def test_hours_and_minutes(tmp_path: Path) -> None:
    """14:30 and 14:31 as minutes and seconds would be 63 words in 1 s: they are a clock, the seconds estimated."""
    lines = "\n".join(f"{name} 14:3{at // 3}\n{text}" for at, (name, text) in enumerate(turns("Omar Field")))
    found = read(tmp_path, "a.txt", lines)
    assert found.times_estimated
    assert 60 <= found.duration_s <= 90
    assert "hours and minutes only" in " ".join(note.text for note in found.notes)
