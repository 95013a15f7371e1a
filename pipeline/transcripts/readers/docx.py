"""Docx: the text of a Word document, a line for each paragraph and for each row of a table, cells set apart by tabs.

Source: Office Open XML (ECMA-376), word/document.xml: w:p, w:t, w:tab, w:br, w:tbl, w:tr, w:tc. Teams and Google Meet
write transcripts as such documents; what is in headers, footers and comments is not read.
"""

import io
import re
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from pipeline.transcripts.transcript import UnfitError

MOST_BYTES = 100_000_000
DOCUMENT = "word/document.xml"
COPIES = (
    "Fallback",
    "moveFrom",
)  # of what stands elsewhere: text boxes for old programs, and where text was moved from
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "p": "\n"}
FAULTS = (zipfile.BadZipFile, KeyError, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ParseError)


def docx_text(raw: bytes) -> str:
    """The text of a Word document; raises UnfitError, a clause, where it is none."""
    from xml.etree import ElementTree

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            part = packed.getinfo(DOCUMENT)
            if part.file_size > MOST_BYTES:
                raise UnfitError(f"it unpacks to more than {MOST_BYTES // 1_000_000} MB")
            with packed.open(part) as stream:
                content = stream.read(MOST_BYTES)
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", content[:4_000]):
            raise UnfitError("its text refers to other files")
        body = ElementTree.fromstring(content)  # noqa: S314  without a document type there are no entities
    except FAULTS as error:
        raise UnfitError("it is no Word document, or it is damaged or protected") from error
    for element in body.iter():
        for copy in [child for child in element if _tag(child) in COPIES]:
            element.remove(copy)
    lines: list[str] = []
    _collect(body, lines)
    return "\n".join(lines)


def _collect(element: Element, lines: list[str]) -> None:
    for child in element:
        name = _tag(child)
        if name == "tr":
            cells = [
                " ".join(_paragraph(p) for p in cell.iter() if _tag(p) == "p") for cell in child if _tag(cell) == "tc"
            ]
            lines.append("\t".join(cells))
        elif name == "p":
            lines += _paragraph(child).split("\n")
        else:
            _collect(child, lines)


def _paragraph(paragraph: Element) -> str:
    parts = []
    for element in paragraph.iter():
        name = _tag(element)
        parts.append((element.text or "") if name == "t" else SIGNS.get(name, ""))
    return "".join(parts).removeprefix("\n")


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
