"""Encodings: the text in the bytes of a file that somebody saved, whatever program wrote it.

UTF-8, UTF-16 with or without a mark, and where it is neither Windows-1252 or Mac OS Roman: of the two the one whose
letters stand where letters stand in words. Other encodings of one byte a letter are not known.
"""

import codecs
import re

WIDEST_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PROBED = 4_000  # bytes of a file from which UTF-16 without a mark is told
ODD = re.compile(  # a sign between two letters, or a capital after a small letter
    r"[^\W\d_][\ufffd\u0080-\u00bf\u02c6-\u02dd\u0160\u0178\u017d\u2013-\u20ac\u2122][^\W\d_]"
    r"|[a-z][\u00c0-\u00de\u0160\u0178\u017d]"
)


def decoded(data: bytes) -> str:
    """The text of a file; letters that no encoding explains become U+FFFD."""
    if data.startswith(WIDEST_MARKS):
        return data.decode("utf-32", errors="replace")
    if data.startswith(WIDE_MARKS):
        return data.decode("utf-16", errors="replace")
    if wide := _wide(data[:PROBED]):
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _of_one_byte(data)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of a text in Latin letters is zero."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    if head[1::2].count(0) > 0.6 * pairs and head[::2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > 0.6 * pairs and head[1::2].count(0) < 0.1 * pairs else None


def _of_one_byte(data: bytes) -> str:
    """UTF-8 with single bytes damaged, else Windows-1252 or Mac OS Roman, whichever spells fewer words oddly."""
    mostly = data.decode("utf-8-sig", errors="replace")
    if mostly.count("\ufffd") * 4 <= sum(1 for letter in mostly if letter > "\x7f"):
        return mostly
    windows, mac = data.decode("cp1252", errors="replace"), data.decode("mac-roman")
    return mac if _oddities(mac) < _oddities(windows) else windows


def _oddities(text: str) -> int:
    """How many words hold a sign where a letter is due, or a capital after a small letter."""
    return len(ODD.findall(text)) + text.count("\ufffd")
