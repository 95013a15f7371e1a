"""Any conversation, written as each format has it, is read as it was said: nobody's words are lost or another's."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.transcripts.formats import READERS, read_transcript

Said = tuple[float, float, str, str]  # start, end, who, what
NAMES = (
    *("Nora Vance", "Omar Field", "paula stern", "van der Berg, Jan", "J. O'Neill", "Ömer Çelik", "李 雷", "Guest 2"),
    *("nora.vance@example.com", "+49 170 1234567", "Max (Northwind)", "iPhone von Ida", "Speaker 1", "Dr. Ana Ruiz"),
)
WORDS = (
    *("the", "route", "is", "late", "We", "plan", "it", "with", "a", "sheet", "twenty", "vans", "don't", "O.K.", "yes"),
    *("and", "what", "about", "Monday", "Fahrt", "größer", "e-mail", "3", "percent", "I", "think", "so", "hm", "well"),
)
sentences = st.lists(st.sampled_from(WORDS), min_size=4, max_size=14).map(" ".join)
endings = st.sampled_from((".", "?", "!", "", "..."))


@st.composite
def conversations(draw: st.DrawFn) -> list[Said]:
    """Two to four people, who speak in turns; each at least twice, so that a label recurs."""
    people = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    order = people * 2 + draw(st.lists(st.sampled_from(people), max_size=8))
    who = [order[0], *(b for a, b in pairwise(order) if a != b)]
    at_s, said = 0.0, []
    for name in who:
        text = draw(sentences) + draw(endings)
        length_s = len(text.split()) / 2.5
        said.append((round(at_s, 2), round(at_s + length_s, 2), name, text))
        at_s += length_s + draw(st.sampled_from((1.0, 1.5, 3.0)))
    return said


def clock(seconds: float, point: str = ".") -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole % 3600 // 60:02}:{whole % 60:02}{point}{round(seconds % 1 * 1000):03}"


def short(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def words(start: float, end: float, text: str) -> list[tuple[float, float, str]]:
    """Each word with its share of the time."""
    parts = text.split()
    step = (end - start) / len(parts)
    return [(start + at * step, start + (at + 1) * step, word) for at, word in enumerate(parts)]


def cues(rows: list[Said], form: str, point: str = ".") -> str:
    return "\n\n".join(f"{clock(a, point)} --> {clock(b, point)}\n{form.format(n=n, t=t)}" for a, b, n, t in rows)


def lines(rows: list[Said], form: str) -> str:
    return "\n".join(form.format(n=n, t=t, m=short(a), c=clock(a)[:8]) for a, b, n, t in rows)


def table(rows: list[Said]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([("Start", "Speaker", "Text"), *((short(a), n, t) for a, b, n, t in rows)])
    return written.getvalue()


def number(rows: list[Said]) -> dict[str, int]:
    return {name: at for at, name in enumerate(dict.fromkeys(n for *_, n, _ in rows))}


def each_word(rows: list[Said], make: Callable[[float, float, str, int], dict[str, Any]]) -> list[dict[str, Any]]:
    ids = number(rows)
    return [make(a, b, word, ids[n]) for start, end, n, t in rows for a, b, word in words(start, end, t)]


def each(rows: list[Said], make: Callable[[float, float, str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    return [make(*row) for row in rows]


TEXTS: dict[str, tuple[str, Callable[[list[Said]], str]]] = {
    "voices": ("webvtt", lambda rows: "WEBVTT\n\n" + cues(rows, "<v {n}>{t}</v>")),
    "labels": ("webvtt", lambda rows: "WEBVTT\n\n" + cues(rows, "{n}: {t}")),
    "srt": ("srt", lambda rows: cues(rows, "{n}: {t}", ",")),
    "name above": ("srt", lambda rows: cues(rows, "{n}:\n{t}", ",")),
    "colons": ("text", lambda rows: lines(rows, "{n}: {t}")),
    "headings": ("text", lambda rows: lines(rows, "{n}  {m}\n{t}\n")),
    "Zoom": ("text", lambda rows: lines(rows, "[{n}] {c}\n{t}\n")),
    "Fathom": ("text", lambda rows: lines(rows, "{m} - {n}\n{t}\n")),
    "stamped": ("text", lambda rows: lines(rows, "[{c}] {n}: {t}")),
    "tabs": ("text", lambda rows: lines(rows, "{c}\t{n}\t{t}")),
    "Markdown": ("text", lambda rows: lines(rows, "**{n}:** {t}\n")),
    "CSV": ("turns", table),
    "records": ("turns", lambda rows: lines(rows, "Speaker: {n}\nTime: {m}\nText: {t}\n")),
    "page": ("text", lambda rows: "<html><body>" + lines(rows, "<p>{n}: {t}</p>") + "</body></html>"),
}
JSON: dict[str, Callable[[list[Said]], Any]] = {
    "whisper": lambda rows: {
        "segments": each(rows, lambda a, b, n, t: {"start": a, "end": b, "text": t, "speaker": n})
    },
    "seglst": lambda rows: each(rows, lambda a, b, n, t: {"start_time": a, "end_time": b, "words": t, "speaker": n}),
    "turns": lambda rows: {"sentences": each(rows, lambda a, _, n, t: {"start_time": a, "text": t, "speaker_name": n})},
    "azure": lambda rows: {
        "phrases": [
            {
                "offsetMilliseconds": a * 1000,
                "durationMilliseconds": (b - a) * 1000,
                "text": t,
                "speaker": number(rows)[n],
            }
            for a, b, n, t in rows
        ]
    },
    "aws": lambda rows: {
        "results": {
            "items": each_word(
                rows,
                lambda a, b, word, n: {
                    "type": "pronunciation",
                    "start_time": str(a),
                    "end_time": str(b),
                    "speaker_label": f"spk_{n}",
                    "alternatives": [{"content": word}],
                },
            )
        }
    },
    "deepgram": lambda rows: {
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {"words": each_word(rows, lambda a, b, w, n: {"start": a, "end": b, "word": w, "speaker": n})}
                    ]
                }
            ]
        }
    },
    "google": lambda rows: {
        "results": [
            {
                "alternatives": [
                    {
                        "words": each_word(
                            rows,
                            lambda a, b, w, n: {
                                "startTime": f"{a}s",
                                "endTime": f"{b}s",
                                "word": w,
                                "speakerTag": n + 1,
                            },
                        )
                    }
                ]
            }
        ]
    },
    "assemblyai": lambda rows: {
        "status": "completed",
        "utterances": [
            {
                "speaker": f"X{number(rows)[n]}",
                "words": [{"start": a * 1000, "end": b * 1000, "text": word} for a, b, word in words(start, end, t)],
            }
            for start, end, n, t in rows
        ],
    },
    "speechmatics": lambda rows: {
        "results": each_word(
            rows,
            lambda a, b, word, n: {
                "type": "word",
                "start_time": a,
                "end_time": b,
                "alternatives": [{"content": word, "speaker": f"S{n}"}],
            },
        )
    },
    "elevenlabs": lambda rows: {
        "words": each_word(
            rows, lambda a, b, word, n: {"type": "word", "start": a, "end": b, "text": word, "speaker_id": f"s_{n}"}
        )
    },
    "rev": lambda rows: {
        "monologues": [
            {
                "speaker": number(rows)[n],
                "elements": [
                    {"type": "text", "ts": a, "end_ts": b, "value": word} for a, b, word in words(start, end, t)
                ],
            }
            for start, end, n, t in rows
        ]
    },
    "callgrade": lambda rows: {
        "version": 1,
        "duration_s": rows[-1][1],
        "speakers": {f"S{at}": {"name": name} for name, at in number(rows).items()},
        "utterances": each(
            rows, lambda a, b, n, t: {"start_s": a, "end_s": b, "speaker": f"S{number(rows)[n]}", "text": t}
        ),
    },
}


def is_read(content: bytes, name: str, reader: str, said: list[Said], *, spans: str = "") -> None:
    """Every turn has its words and, by whatever name, its speaker; each speaker is one. `spans` is the RTTM beside."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        if spans:
            (Path(folder) / name).with_suffix(".rttm").write_text(spans)
        found = read_transcript(Path(folder) / name, listed=("Nora Vance", "Omar Field"))
    assert found.transcriber in (f"transcript:{reader}", None)
    runs = [
        (who, " ".join(text for _, text in run).split())
        for who, run in groupby(found.utterances.select("speaker", "text").rows(), key=lambda row: row[0])
    ]
    assert [text for _, text in runs] == [text.split() for *_, text in said]
    assert len({who for who, _ in runs}) == len(number(said))
    assert len({(who, name) for (who, _), (*_, name, _) in zip(runs, said, strict=True)}) == len(number(said))


@pytest.mark.parametrize("form", TEXTS)
@settings(max_examples=40, deadline=None)
@given(said=conversations())
def test_text(form: str, said: list[Said]) -> None:
    """Captions, lines, headings, tables and pages."""
    reader, written = TEXTS[form]
    is_read(written(said).encode(), "a.txt", reader, said)


@pytest.mark.parametrize("reader", JSON)
@settings(max_examples=20, deadline=None)
@given(said=conversations())
def test_json(reader: str, said: list[Said]) -> None:
    """What recognisers and services write."""
    is_read(json.dumps(JSON[reader](said)).encode(), "a.json", reader, said)


@settings(max_examples=20, deadline=None)
@given(said=conversations())
def test_word(said: list[Said]) -> None:
    """A Word document of headings and paragraphs."""
    texts = [text for a, _, name, text in said for text in (f"{name}   {short(a)}", text)]
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as parts:
        parts.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    is_read(packed.getvalue(), "a.docx", "text", said)


@pytest.mark.parametrize("by_word", [False, True])
@settings(max_examples=30, deadline=None)
@given(said=conversations())
def test_rttm(said: list[Said], *, by_word: bool) -> None:
    """Segments or words that name nobody, with the spans of a diarizer beside them."""
    segments = [
        {"start": a, "end": b, "text": t}
        | ({"words": [{"start": x, "end": y, "word": w} for x, y, w in words(a, b, t)]} if by_word else {})
        for a, b, _, t in said
    ]
    spans = [f"SPEAKER a 1 {a:.2f} {b - a:.2f} <NA> <NA> SPEAKER_{number(said)[n]:02} <NA> <NA>" for a, b, n, _ in said]
    is_read(json.dumps({"segments": segments}).encode(), "a.json", "whisper", said, spans="\n".join(spans))


def test_every_reader_is_here() -> None:
    """No reader is without conversations of its own."""
    assert set(READERS) == {reader for reader, _ in TEXTS.values()} | set(JSON)
