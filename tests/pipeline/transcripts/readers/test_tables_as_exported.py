"""Tables as exported: columns and records as people and programs name them, and cells that are empty."""

from pathlib import Path

import pytest

from tests.pipeline.transcripts.readers.test_whole_files import WORDS, read, turns, words_of

TABLES = {  # each with two times of the second turn, 19 and 27.5 s
    "units": ("Start (s),End (s),Speaker (name),Text", "19.0,27.5,{},{}"),
    "milliseconds": ("start (ms),end (ms),speaker,text", "19000,27500,{},{}"),
    "commas": ("Start;End;Speaker;Text", "19,0;27,5;{};{}"),
    "video": ("Speaker Name,Start Time,End Time,Text", "{},00:00:19:00,00:00:27:12,{}"),
    "subtitler": ("#,Timecode In,Timecode Out,Who,Dialogue", "2,00:00:19.000,00:00:27.500,{},{}"),
    "german": ("Beginn;Ende;Sprecher;Text", "00:00:19;00:00:27,5;{};{}"),
    "titles": ("Call with Brightwater,,,\nStart,End,Speaker,Text", "0:19,0:27.5,{},{}"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_headers_as_people_write_them(kind: str, tmp_path: Path) -> None:
    """Columns are known with a unit or a name of the same, below titles, and with decimal commas or frames.

    Times were estimated, or the file refused as one that names nobody.
    """
    header, row = TABLES[kind]
    first = row.replace("27", "18").replace("19", "10")
    lines = [(first if at == 0 else row).format(name, f'"{text}"') for at, (name, text) in enumerate(turns("Omar")[:2])]
    found = read(tmp_path, "a.csv", "\n".join([header, *lines]))
    times = found.utterances.select("start_s", "end_s").rows()
    assert words_of(found) == [13, 12]
    assert times == [(10, pytest.approx(18.5, abs=0.5)), (19, pytest.approx(27.5, abs=0.5))]
    assert not found.times_estimated


def test_columns_that_are_spoken_of(tmp_path: Path) -> None:
    """Words that are names of columns make no header of what is said."""
    lines = [f"{name}\n{text}" for name, text in [("Omar", "the fields are,\nrole, content, and\nall"), *turns("Omar")]]
    assert words_of(read(tmp_path, "a.txt", "\n\n".join(lines))) == [WORDS[1] + 7, WORDS[0], WORDS[2]]


def test_records_with_dashes(tmp_path: Path) -> None:
    """Records of YAML, each begun by a dash, are turns; "speaker" and "text" were the two who speak."""
    records = [
        f"- speaker: {name}\n  start: {10 * at}\n  text: {text}" for at, (name, text) in enumerate(turns("Omar"))
    ]
    found = read(tmp_path, "a.yaml", "\n".join(records))
    assert words_of(found) == WORDS
    assert found.utterances["start_s"].to_list() == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("mark", ["", '""""', "\u2033"])
def test_table_with_empty_cells_of_speakers(mark: str, tmp_path: Path) -> None:
    """Where cells are merged, left empty or have ditto marks, who is named above speaks on.

    It was an error, the next one spoke, or somebody called by the mark.
    """
    rows = ["Speaker,Text"]
    for name, text in turns("Omar"):
        rows += [f'{name},"{text}"', f"{mark},And the vans?"]
    found = read(tmp_path, "a.csv", "\n".join(rows))
    assert words_of(found) == [WORDS[0] + 9, WORDS[1] + 6, WORDS[2] + 3]
    assert found.notes[0].text == "18 words in rows without a speaker are given to who is named above"


FRAMED = (
    "00:00:{at}{sign}12 - 00:00:{to}{sign}06\n{name}\n{text}\n",
    "{name} 00:00:{at}{sign}12\n{text}\n",
    "[00:00:{at}{sign}12] {name}: {text}",
    "00:00:{at}{sign}12\t00:00:{to}{sign}06\t{name}\t{text}",
)


@pytest.mark.parametrize("sign", [":", ";"])
@pytest.mark.parametrize("form", FRAMED)
def test_frames_behind_seconds(form: str, sign: str, tmp_path: Path) -> None:
    """Programs that cut films count frames behind the seconds: their times were words of who spoke before."""
    lines = [
        form.format(at=10 + 9 * at, to=17 + 9 * at, sign=sign, name=name, text=text)
        for at, (name, text) in enumerate(turns("Omar Field"))
    ]
    found = read(tmp_path, "a.txt", "\n".join(lines))
    assert words_of(found) == WORDS
    assert found.utterances["start_s"].to_list()[:2] == pytest.approx([10.4, 19.4])
    if "to" in form:
        assert found.utterances["end_s"].to_list()[:2] == pytest.approx([17.2, 26.2])


@pytest.mark.parametrize("marks", ["#{}#", "#{}-5#", "{{{}}}", "<{}>"])
@pytest.mark.parametrize("form", ["{name}: {time} {text}", "{name}: {text} {time}", "{time} {name}: {text}"])
def test_times_between_other_marks(form: str, marks: str, tmp_path: Path) -> None:
    """Times between the marks of programs for typists are times: their digits were words of who speaks."""
    lines = [
        form.format(time=marks.format(f"00:00:{10 + 9 * at}"), name=name, text=text)
        for at, (name, text) in enumerate(turns("Omar Field"))
    ]
    found = read(tmp_path, "a.txt", "\n".join(lines))
    assert words_of(found) == WORDS
    if not form.endswith("{time}"):
        assert found.utterances["start_s"][1] == pytest.approx(19.5 if "5" in marks else 19.0)
