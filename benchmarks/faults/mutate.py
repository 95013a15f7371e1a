"""Change good files: bits, bytes, tokens, numbers, values of JSON, parts of a workbook.

Choices are plain random ones, not hypothesis: to change one node of a good file takes as much code with its strategies,
an input takes five times the time, and of twelve kinds of hostile values (deep nesting, halves of letters, thousands of
digits ...) its own generators make six.
"""

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

from benchmarks.faults.seeds import signature
from pipeline.intake.workbooks import DAMAGED

SMALL_JSON = 20_000  # bytes whose structure is changed; parsing larger ones takes the time of many inputs
TOKENS = [
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\\", b":", b"#", b"%", b"|", b"-", b"*a", b"&a "),
    *(b"[", b"]", b"{", b"}", b"<", b">", b"<v ", b"</v>", b" --> ", b"WEBVTT\n\n", b"&#55296;", b"&#99999999999;"),
    *(b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc3\xa9", b"e\xcc\x81"),
    *(b"NaN", b"Infinity", b"-1", b"1e999", b"-0", b"9" * 40, b"null", b"true", b"\\ud800", b"\\u0000", b"../../../x"),
    *(b"=1+1", b"' OR 1=1 --", b"<script>", b"!!python/object:os.system", b"!!int x", b"<<: ",),
    b"0001-01-01T00:00+23:59",
    *(b"99:99:99.999", b"00:00:00.000 --> 00:00:01.000\n", b"call_id", b"recording", b"row", b"level", b"/dev/zero"),
]  # fmt: skip
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**70, -(10**30), float("nan"), float("inf"), 1e308, "", " ", "x", "1", "1e999"),
    *("\ud800", "\0", "é", "a" * 5_000, "../../x", "NaN", "9" * 5_000, [], {}, [[]], [None], {"": None}, ["x", 1]),
]  # fmt: skip

Mutate = Callable[[bytes, random.Random], bytes]


def mutated(content: bytes, others: list[bytes], rng: random.Random, inside: Mutate | None) -> bytes:
    """Change a file in one place: its bytes, its tokens or its structure; `inside` changes the inside of its format."""
    mutators = [_flip, _cut, _token, _token, _number, _repeat, _json, _json, *([inside] * 6 if inside else [])]
    if rng.random() < 0.1:
        return _splice(content, rng.choice(others), rng)
    return rng.choice(mutators)(content, rng)


def _flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 64))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(content: bytes, rng: random.Random) -> bytes:
    """Cut off the end, or take a piece out of the middle."""
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:begin] if rng.random() < 0.5 else content[:begin] + content[end:]


def _splice(content: bytes, other: bytes, rng: random.Random) -> bytes:
    begin, end = sorted(rng.randrange(len(other) + 1) for _ in range(2))
    at = rng.randrange(len(content) + 1)
    return content[:at] + other[begin:end] + content[at:]


def _token(content: bytes, rng: random.Random) -> bytes:
    """Put in a token that means something to some format, or replace a few bytes by it."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(TOKENS) + content[at + rng.choice((0, 0, 1, 5)) :]


def _number(content: bytes, rng: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+(?:\.\d+)?", content[:100_000]))
    if not numbers:
        return content
    number = rng.choice(numbers)
    new = rng.choice(
        (b"-1", b"0", b"NaN", b"1e308", b"1e999", b"9" * 5_000, b"4294967296", b"2026-13-45", b"0x10", b"")
    )
    return content[: number.start()] + new + content[number.end() :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    """Repeat a token, or a piece of the file, very many times: long lines, deep nesting."""
    begin = rng.randrange(len(content) + 1)
    piece = rng.choice((*TOKENS, content[begin : begin + 20], content[begin : begin + 2]))
    return content[:begin] + piece * rng.choice((*(3, 10, 30, 100, 300) * 6, 20_000)) + content[begin:]


def _json(content: bytes, rng: random.Random) -> bytes:
    """Change, move, double or delete one value of JSON; of JSON lines, in one line."""
    lines = content.splitlines() if content[:1] == b"{" and content.count(b"\n{") else [content]
    at = rng.randrange(len(lines))
    if len(lines[at]) > SMALL_JSON:
        return content
    try:
        data = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _token(content, rng)
    lines[at] = json.dumps(changed(data, rng)).encode()
    return b"\n".join(lines)


def changed(data: Any, rng: random.Random) -> Any:
    """Change one node of a tree of dicts and lists, in place."""
    if isinstance(data, (dict, list)) and data and rng.random() < 0.85:
        key = rng.choice(list(data)) if isinstance(data, dict) else rng.randrange(len(data))
        luck = rng.random()
        if luck < 0.1:
            del data[key]
        elif luck < 0.15 and isinstance(data, list):
            data.append(data[key])
        elif luck < 0.2 and isinstance(data, dict):
            data[rng.choice(("", "x", "é", "\ud800", *data))] = data[key]
        else:
            data[key] = changed(data[key], rng)
        return data
    if rng.random() < 0.02:
        for _ in range(rng.choice((50, 900))):
            data = [data]
        return data
    return rng.choice(VALUES)


def in_zip(content: bytes, rng: random.Random) -> bytes:
    """Change one of the parts of a workbook and pack it again."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except (*DAMAGED, ValueError):
        return _flip(content, rng)
    if not parts:
        return _flip(content, rng)
    name = rng.choice(list(parts))
    if rng.random() < 0.05:
        del parts[name]
    else:
        parts[name] = rng.choice((_flip, _cut, _token, _number, _repeat, _cell))(parts[name], rng)
    packed_anew = io.BytesIO()
    with zipfile.ZipFile(packed_anew, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for part, inner in parts.items():
            packed.writestr(part, inner)
    return packed_anew.getvalue()


def _cell(content: bytes, rng: random.Random) -> bytes:
    """Give one cell of a sheet another place or type, or one count another number."""
    attributes = list(re.finditer(rb' (r|t|s|ref|count|uniqueCount|spans)="[^"]*"', content))
    if not attributes:
        return _token(content, rng)
    attribute = rng.choice(attributes)
    new = rng.choice(
        (b"XFD1048576", b"A0", b"ZZZZ99999999999", b"A1:XFD1048576", b"s", b"b", b"e", b"d", b"n", b"99999", b"-1")
    )
    return content[: attribute.start()] + b" " + attribute[1] + b'="' + new + b'"' + content[attribute.end() :]


def signed(content: bytes, rng: random.Random) -> bytes:
    """Change one of a model's facts and sign them again, as an attacker would."""
    try:
        about = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, rng)
    if not isinstance(about, dict):
        return content
    about = changed(about, rng)
    if isinstance(about, dict):
        about.pop("sha256", None)
        about["sha256"] = signature(about)
    return json.dumps(about).encode()
