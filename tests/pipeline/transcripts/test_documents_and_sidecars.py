"""Word documents, and speakers from a file beside a transcript."""

import json
import zipfile
from pathlib import Path

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


def test_other_zip_files_are_refused(tmp_path: Path) -> None:
    """A workbook is no transcript."""
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as packed:
        packed.writestr("xl/workbook.xml", "<a/>")
    with pytest.raises(CallError, match="no Word document"):
        read_transcript(tmp_path / "a.docx")


def test_rttm_beside_words(tmp_path: Path) -> None:
    """Segments without speakers get those of the RTTM file of the same name: two turns of ann, one of bo."""
    segments = [{"start": 0.0, "end": 2.0, "text": "Hi there"}, {"start": 3.0, "end": 4.0, "text": "Hello"}]
    segments.append({"start": 5.0, "end": 6.0, "text": "How are you?"})
    (tmp_path / "a.json").write_text(json.dumps({"segments": segments}))
    spans = [(0.1, 1.9, "ann"), (2.9, 1.2, "bo"), (5.0, 1.0, "ann")]
    lines = [f"SPEAKER a 1 {start} {length} <NA> <NA> {who} <NA> <NA>" for start, length, who in spans]
    (tmp_path / "a.rttm").write_text("\n".join(lines))
    assert turns(tmp_path / "a.json") == [("ann", "Hi there"), ("bo", "Hello"), ("ann", "How are you?")]
