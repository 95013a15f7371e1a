"""As exported: files as people have them, in which a speaker's words were another's, or times were lost."""

import json
import unicodedata
from pathlib import Path

import pytest

from pipeline.errors import CallError
from tests.pipeline.transcripts.readers.test_whole_files import WORDS, captions, read, turns, words_of


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("label", ["Åsa Öberg", "José Núñez", "Zoë"])
def test_accents_that_stand_apart(label: str, mixed: bool, tmp_path: Path) -> None:
    """A name is one however its accents are encoded, as macOS and PDF write them, also on some lines only.

    What Åsa Öberg said was Nora Vance's.
    """
    lines = [f"{name}: {text}" for name, text in turns(label)]
    written = [line if mixed and at < 2 else unicodedata.normalize("NFD", line) for at, line in enumerate(lines)]
    assert words_of(read(tmp_path, "a.txt", "\n".join(written))) == WORDS


FORMS = ("[{}] {}", "({}) {}", "<{}> {}", "{} - {}", "0:0{at} - {} - {}", "[0:0{at}] [{}] {}", "[0:0{at}] {} \u2013 {}")


@pytest.mark.parametrize("form", FORMS)
def test_colon_in_what_is_said_after_a_name(form: str, tmp_path: Path) -> None:
    """A colon in the speech of who is named in brackets or before a dash makes no label, nor do few words a heading.

    The turn was the words of who spoke before, the name with it.
    """
    said = [("Nora Vance", "Hello."), ("B", "Good: all is well."), *turns("B"), ("Nora Vance", "Price: 20k, see you.")]
    names = [("Omar Field" if name == "B" else name, text) for name, text in said]
    lines = [form.format(name, text, at=at) for at, (name, text) in enumerate(names)]
    expected = [WORDS[0] + 5, WORDS[1] + 4, WORDS[2]]
    assert words_of(read(tmp_path, "a.txt", "\n".join(lines))) == expected
    if form[0] in "[(" and "at" not in form:
        cues = [f"00:00:{10 + at}.000 --> 00:00:{11 + at}.000\n{line}" for at, line in enumerate(lines)]
        assert words_of(read(tmp_path, "a.vtt", "WEBVTT\n\n" + "\n\n".join(cues))) == expected


@pytest.mark.parametrize("form", ["{} - Brightwater: {}", "(Brightwater) {}: {}", "[External] {}: {}"])
def test_company_beside_a_name_before_a_colon(form: str, tmp_path: Path) -> None:
    """A dash or a bracket in the label of a file of labels with colons is of the label, though speech holds dashes."""
    lines = [form.format(name, text) for name, text in turns("Omar Field")]
    lines[4:4] = ["so we went there - finally - and saw it", "it was nice - they had - all of it"]
    assert words_of(read(tmp_path, "a.txt", "\n".join(lines))) == [WORDS[0], WORDS[1] + 20, WORDS[2]]


TIMED = ("{}: [00:00:{at}] {}", "**{}:** [00:{at}] {}", "{}:\n[00:{at}] {}", "{}:\n(0:00:{at}) {}")
BARE = ("{}: 0:{at} {}", "{}:\n0:{at} {}", "{}\t00:00:{at}.000\t{at}.0\t00:00:{at}.9\t{at}.9\t{}")


@pytest.mark.parametrize("form", [*TIMED, *BARE])
def test_time_after_the_colon(form: str, tmp_path: Path) -> None:
    """A time between a name and what is said, on its line or the next, is when it begins; without brackets in most
    lines, as also a clock may be said.

    It was left out as a sign for a sound, or said, and all times were estimated.
    """
    lines = [form.format(name, text, at=10 + 9 * at) for at, (name, text) in enumerate(turns("Omar Field"))]
    found = read(tmp_path, "a.md", "\n\n".join(lines))
    assert words_of(found) == WORDS
    assert found.utterances["start_s"].to_list() == [10, 19, 28, 37, 46, 55]
    assert not [note for note in found.notes if note.kind == "transcript"]
    more = [*lines, "Paula Stern: 10:30 works."]
    assert words_of(read(tmp_path, "a.txt", "\n".join(more)))[2] == WORDS[2] + 2 - (form == BARE[0])


TITLED = (
    *("Mr. Omar Field (COO, Brightwater)", "Dr. Omar Field, COO, Brightwater Ltd.", "Omar Field, VP of Sales, Acme"),
    *("Omar Field, Head of Sales", "Speaker 3 (Omar)", "Customer (Omar)"),
)


@pytest.mark.parametrize("label", TITLED)
def test_titles_and_companies_in_a_label(label: str, tmp_path: Path) -> None:
    """A name with a title and a company between commas or in brackets is no sentence.

    What such people said was said by who spoke before, without a note.
    """
    name = label.replace("Omar Field", "Tom Fox").replace("Omar", "Tom")  # whom the list does not name
    assert words_of(read(tmp_path, "a.txt", "\n".join(f"{who}: {text}" for who, text in turns(name)))) == WORDS


@pytest.mark.parametrize("label", ["the dispatcher", "Tom Fox from the desk", "head of the van desk"])
def test_label_of_words_that_recurs_is_told(label: str, tmp_path: Path) -> None:
    """What stands before a colon again and again may be somebody: a note or an error names it, also many words."""
    lines = [
        f"{name}: {text}" for name, text in [*turns("Omar Field"), (label, "we do."), (label, "no."), (label, "so.")]
    ]
    notes = " ".join(note.text for note in read(tmp_path, "a.txt", "\n".join(lines)).notes)
    assert f'"{label}" before a colon is taken for speech' in notes
    lines += [f"{label}: this is how we work here on a day in June."] * 3
    with pytest.raises(CallError, match=f'not clear whether "{label}" is a speaker'):
        read(tmp_path, "a.txt", "\n".join(lines))


LAST = ("I will send you the recording and the transcript.", "Please note the date: Friday.", "Recording stopped?")


@pytest.mark.parametrize("last", LAST)
def test_last_words_that_sound_like_a_program(last: str, tmp_path: Path) -> None:
    """What stands below the last heading is said, also where it tells of the recording; so is what has an I in it.

    It was left out as a line of the program that wrote the file, and with it what was promised at the end.
    """
    lines = [
        f"{name}  0:{10 + at}\n{text}" for at, (name, text) in enumerate([*turns("Omar Field"), ("Omar Field", last)])
    ]
    found = read(
        tmp_path, "a.txt", "\n\n".join([*lines, "I send you my recording.", "Transcribed by https://x.example"])
    )
    assert words_of(found) == [WORDS[0], WORDS[1] + len(last.split()) + 5, WORDS[2]]


NOTICES = (
    *(
        "Nora Vance hat die Transkription beendet",
        "Nora Vance inició la transcripción",
        "Ann ha avviato la trascrizione",
    ),
    *("Nora Vance iniciou a transcrição", "Nora Vance heeft de transcriptie gestopt"),
)


@pytest.mark.parametrize("notice", NOTICES)
def test_notices_of_other_languages_and_pages(notice: str, tmp_path: Path) -> None:
    """Who began or ended a transcript of Teams in other languages, and a page's number behind a title, nobody says."""
    lines = [f"{name}: {text}" for name, text in turns("Omar Field")]
    lines[3:3] = ["Northwind Inc. - CONFIDENTIAL - Page 2 of 3"]
    assert words_of(read(tmp_path, "a.txt", "\n".join([notice, *lines, notice]))) == WORDS


@pytest.mark.parametrize("title", ["Quick recap", "Follow-up tasks:", "Meeting notes"])
def test_notes_below_a_transcript(title: str, tmp_path: Path) -> None:
    """What services write below a transcript is not said by who spoke last."""
    lines = [f"{name}  0:{10 + 9 * at}\n{text}" for at, (name, text) in enumerate(turns("Omar Field"))]
    written = [*lines, title, "They spoke of vans.", "Next steps", "Omar Field: to count."]
    assert words_of(read(tmp_path, "a.txt", "\n\n".join(written))) == WORDS


def test_notes_above_a_transcript(tmp_path: Path) -> None:
    """What Gemini writes above its transcript, the title of which has a picture, is left out, and the rest is read."""
    notes = ["\U0001f4dd Notes", "Summary", *["Nora Vance and Omar Field talked about the vans and the desk."] * 5]
    lines = [f"{name}: {text}" for name, text in turns("Omar Field")]
    written = [*notes, "\U0001f4d6 Transcript", "Mar 2, 2026", "00:00:00", *lines]
    assert words_of(read(tmp_path, "a.txt", "\n\n".join(written))) == WORDS


def as_json(**more: object) -> list[dict[str, object]]:
    return [
        {"speaker": name, "start": 10 * at, "end": 10 * at + 8, "text": text} | more
        for at, (name, text) in enumerate(turns("Omar"))
    ]


@pytest.mark.parametrize("mark", [("is_final", True), ("isFinal", True), ("IsPartial", False), ("is_partial", False)])
@pytest.mark.parametrize("place", ["segments", "transcript"])
def test_what_a_recogniser_took_back(mark: tuple[str, bool], place: str, tmp_path: Path) -> None:
    """What is heard before it is final is said once; it was counted again with each change."""
    name, settled = mark
    early = [part | {"text": str(part["text"])[:20], name: not settled} for part in as_json()]
    late = as_json(**{name: settled})
    both = [part for pair in zip(early, late, strict=True) for part in pair]
    assert words_of(read(tmp_path, "a.json", json.dumps({place: both}))) == WORDS
    assert (
        words_of(read(tmp_path, "a.json", json.dumps({place: [part | {name: not settled} for part in late]}))) == WORDS
    )


def test_what_is_written_beside_the_talk(tmp_path: Path) -> None:
    """A message in the chat is not said."""
    chat = {"type": "chat", "speaker": "Omar", "start": 20, "text": "here is the link"}
    found = read(tmp_path, "a.json", json.dumps({"transcript": [*as_json(type="speech"), chat]}))
    assert words_of(found) == WORDS
    assert found.duration_s == 58


@pytest.mark.parametrize("name", ["speakerIndex", "speaker_tag"])
def test_numbers_of_speakers(name: str, tmp_path: Path) -> None:
    """A speaker may be a number under any of its names; nobody was named."""
    number = {"Nora Vance": 0, "Omar": 1, "Paula Stern": 2}
    parts = [{name: number[str(part.pop("speaker"))], **part} for part in as_json()]
    assert words_of(read(tmp_path, "a.json", json.dumps({"segments": parts}))) == WORDS


def test_entities_of_web_pages(tmp_path: Path) -> None:
    """Signs that stand as entities are read as signs, as in captions: "I&#39;ll" is a promise."""
    said = [
        (name, text.replace("I will", "I&#39;ll").replace("you both", "you &amp; all")) for name, text in turns("Omar")
    ]
    parts = [
        {"speaker": name, "start": 10 * at, "end": 10 * at + 8, "text": text} for at, (name, text) in enumerate(said)
    ]
    files = {"a.json": json.dumps({"segments": parts}), "a.txt": "\n".join(f"{name}: {text}" for name, text in said)}
    for file, written in files.items():
        found = read(tmp_path, file, written)
        assert found.utterances["text"][-1] == "Thank you & all, I'll send the sheet on Thursday."
        assert not [note for note in found.notes if note.kind == "transcript"]


@pytest.mark.parametrize("form", ["{}: {}", "{}  0:{at}\n{}", "**{}**\n\n{}"])
def test_clock_at_the_beginning_of_what_is_said(form: str, tmp_path: Path) -> None:
    """A clock that begins a row or a caption is said, unless most rows that name nobody begin with one.

    "10:30 works for me" lasted from 10:30 on, and its first word was lost.
    """
    said = [
        (name, f"{text}\n{at + 9}:30 works for me." if at in (1, 3) else text)
        for at, (name, text) in enumerate(turns("B"))
    ]
    lines = [form.format(name.replace("B", "Omar Field"), text, at=10 + 9 * at) for at, (name, text) in enumerate(said)]
    found = read(tmp_path, "a.md", "\n\n".join(lines))
    assert words_of(found) == [WORDS[0], WORDS[1] + 8, WORDS[2]]
    assert found.duration_s < 65
    cues = captions().replace("With a spread", "10:30 works. With a spread")
    assert words_of(read(tmp_path, "a.vtt", cues)) == [WORDS[0], WORDS[1] + 2, WORDS[2]]


def test_clock_before_each_row(tmp_path: Path) -> None:
    """Where most rows below a name begin with a clock it is when they are said."""
    lines = [
        f"{name}:\n0:{10 + 9 * at} {text}\n0:{12 + 9 * at} Right." for at, (name, text) in enumerate(turns("Omar"))
    ]
    found = read(tmp_path, "a.txt", "\n".join(lines))
    assert sum(words_of(found)) == sum(WORDS) + 6


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_signs_for_sounds_in_any_file(kind: str, tmp_path: Path) -> None:
    """A sign for a sound is no word in JSON and tables either, and a line of signs alone is no turn."""
    said = [("Omar", "[BLANK_AUDIO]"), *turns("Omar"), ("Omar", "(laughs)"), ("Paula Stern", "[Music] Bye.")]
    parts = [
        {"speaker": name, "start": 9 * at, "end": 9 * at + 8, "text": text} for at, (name, text) in enumerate(said)
    ]
    rows = "\n".join(f'{part["start"]},{part["speaker"]},"{part["text"]}"' for part in parts)
    written = json.dumps({"segments": parts}) if kind == "json" else f"start,speaker,text\n{rows}"
    found = read(tmp_path, f"a.{kind}", written)
    assert words_of(found) == [WORDS[0], WORDS[1], WORDS[2] + 1]
    assert "3 signs for sounds left out" in " ".join(note.text for note in found.notes)


@pytest.mark.parametrize("label", ["?", "???", "\u2014", "--", "___"])
def test_label_of_signs(label: str, tmp_path: Path) -> None:
    """Whom a typist did not know is somebody else; it was who spoke before, without a note."""
    lines = "\n".join(f"{name}: {text}" for name, text in turns(label))
    headings = "\n\n".join(f"{name}  0:{10 + 9 * at}\n{text}" for at, (name, text) in enumerate(turns(label)))
    for written in (lines, headings)[: 1 + (label[0] in "?_")]:  # a dash over a text is a mark of a list
        found = read(tmp_path, "a.txt", written)
        assert words_of(found) == WORDS
        assert found.speakers["S1"].name == "Unknown speaker"
