"""Word documents, and speakers from a file beside a transcript."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.transcripts.formats import read_transcript

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SAID = [("Maya Lopez", "Hi Dana, thanks."), ("Dana Reed", "Sure, no problem."), ("Maya Lopez", "What made you look?")]


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def document(folder: Path, body: str) -> Path:
    file = folder / "a.docx"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return file


def turns(path: Path) -> list[tuple[str | None, str]]:
    found = read_transcript(path)
    return [(found.speakers[who].name, text) for who, text in found.utterances.select("speaker", "text").rows()]


def test_paragraphs_of_a_document(tmp_path: Path) -> None:
    """Headings with times over paragraphs, as Teams writes them."""
    body = "".join(paragraph(f"{name}   0:0{at * 4}") + paragraph(text) for at, (name, text) in enumerate(SAID))
    assert turns(document(tmp_path, body)) == SAID


def test_table_of_names_and_text(tmp_path: Path) -> None:
    """A table with a row for each turn."""
    rows = "".join(f"<w:tr><w:tc>{paragraph(name)}</w:tc><w:tc>{paragraph(text)}</w:tc></w:tr>" for name, text in SAID)
    assert turns(document(tmp_path, f"<w:tbl>{rows}</w:tbl>")) == SAID


def test_copies_within_a_document(tmp_path: Path) -> None:
    """A text box for old programs, and text where it was moved from, stand once; a hyphen between words is one."""
    box = paragraph("Ask about vans.")
    boxes = f"<w:r><AlternateContent><Choice>{box}</Choice><Fallback>{box}</Fallback></AlternateContent></w:r>"
    moved = "<w:r><w:t>Sure, </w:t></w:r>"
    body = paragraph("Maya Lopez: Hi").replace("</w:p>", f"{boxes}</w:p>")
    hyphen = "<w:r><w:noBreakHyphen/></w:r><w:r><w:t>hand one</w:t></w:r></w:p>"
    body += paragraph("Dana Reed: ").replace("</w:p>", f"{moved}<w:moveFrom>{moved}</w:moveFrom></w:p>")
    body += paragraph("Maya Lopez: a second").replace("</w:p>", hyphen) + paragraph("Dana Reed: Yes.")
    assert [text for _, text in turns(document(tmp_path, body))] == [
        "Hi Ask about vans.",
        "Sure,",
        "a second-hand one",
        "Yes.",
    ]


CLOSED = {
    "a.pdf": (b"%PDF-1.7 x", "is a PDF: save its text as .docx or .txt"),
    "a.rtf": (b"{\\rtf1 x}", "Rich Text: save"),
    "a.doc": (b"\xd0\xcf\x11\xe0x", "old Word document, or a mail: save"),
    "a.odt": (b"PK\x03\x04", "is no Word document, or it is damaged"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_files_of_other_programs(name: str, tmp_path: Path) -> None:
    """What is no text is told by what it is, with the remedy; Rich Text was damaged JSON."""
    (tmp_path / name).write_bytes(CLOSED[name][0])
    with pytest.raises(CallError, match=CLOSED[name][1]):
        read_transcript(tmp_path / name)


def test_workbook_of_turns(tmp_path: Path) -> None:
    """A workbook is read as a table: its first sheet with a header, times as cells of times."""
    rows = [(f"0:00:{4 * at:02}", name, text) for at, (name, text) in enumerate(SAID)]
    pl.DataFrame(rows, schema=["Start", "Speaker", "Text"], orient="row").with_columns(
        pl.col("Start").str.to_time("%H:%M:%S")
    ).write_excel(tmp_path / "a.xlsx")
    assert turns(tmp_path / "a.xlsx") == SAID
    assert read_transcript(tmp_path / "a.xlsx").utterances["start_s"].to_list() == [0, 4, 8]


def test_rttm_beside_words(tmp_path: Path) -> None:
    """Segments without speakers get those of the RTTM file of the same name: two turns of ann, one of bo."""
    segments = [{"start": 0.0, "end": 2.0, "text": "Hi there"}, {"start": 3.0, "end": 4.0, "text": "Hello"}]
    segments.append({"start": 5.0, "end": 6.0, "text": "How are you?"})
    (tmp_path / "a.json").write_text(json.dumps({"segments": segments}))
    spans = [(0.1, 1.9, "ann"), (2.9, 1.2, "bo"), (5.0, 1.0, "ann")]
    lines = [f"SPEAKER a 1 {start} {length} <NA> <NA> {who} <NA> <NA>" for start, length, who in spans]
    (tmp_path / "a.rttm").write_text("\n".join(lines))
    assert turns(tmp_path / "a.json") == [("ann", "Hi there"), ("bo", "Hello"), ("ann", "How are you?")]


WORDS = [("Hi", 0.0, 0.5), ("there", 0.5, 1.0), ("Hello", 1.3, 1.8), ("Fine", 2.0, 2.5)]
OF_NOBODY = {  # in each of which nobody was told apart
    "a.srt": "".join(f"{at}\n00:00:0{s:.3f} --> 00:00:0{e:.3f}\n{word}\n\n" for at, (word, s, e) in enumerate(WORDS)),
    "deepgram.json": json.dumps(
        {
            "results": {
                "channels": [{"alternatives": [{"words": [{"word": w, "start": s, "end": e} for w, s, e in WORDS]}]}]
            }
        }
    ),
    "assemblyai.json": json.dumps(
        {"status": "completed", "words": [{"text": w, "start": 1000 * s, "end": 1000 * e} for w, s, e in WORDS]}
    ),
    "whisper.json": json.dumps({"segments": [{"text": w, "start": s, "end": e} for w, s, e in WORDS]}),
}


@pytest.mark.parametrize("name", OF_NOBODY)
def test_rttm_beside_any_file_that_names_nobody(name: str, tmp_path: Path) -> None:
    """Captions that follow each other without a pause, and engines that call everybody speaker 0 or A, name nobody.

    All of it was said by whoever spoke longest, or by "speaker 0" in spite of the RTTM file. Of several spans in a
    line their sum counts.
    """
    file = tmp_path / name
    file.write_text(OF_NOBODY[name])
    assert [who for who, _ in turns(file)] == [None]
    spans = [(0.0, 1.1, "ann"), (1.3, 0.2, "bo"), (1.5, 0.24, "ann"), (1.65, 0.2, "bo"), (2.0, 0.6, "ann")]
    lines = [f"SPEAKER a 1 {start} {length} <NA> <NA> {who} <NA> <NA>" for start, length, who in spans]
    file.with_suffix(".rttm").write_text("\n".join(lines))
    assert turns(file) == [("ann", "Hi there"), ("bo", "Hello"), ("ann", "Fine")]
