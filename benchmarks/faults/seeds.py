"""Good files of every format that the fuzzer changes."""

import hashlib
import io
import json
from functools import cache
from typing import Any, cast

import numpy as np
import polars as pl

from benchmarks.paths import ROOT, RUBRICS, SCRIPTED
from models.learning.element_model import ABOUT, ARRAYS, FITTED
from models.ratings.reference import load_reference
from models.ratings.rubrics import load_rubrics
from pipeline.intake.calls import LISTED
from pipeline.speech.audio import RATE_HZ
from pipeline.tables.judgements import Elements

KINDS = ("discovery_call", "one_on_one")
TRANSCRIPTS = ROOT / "tests" / "pipeline" / "transcripts" / "samples"
CASES = ROOT / "tests" / "cases"


@cache
def rubric_elements() -> Any:
    """The elements of the rubrics in KINDS."""
    chosen = load_rubrics(RUBRICS)
    return Elements.validate(chosen.filter(pl.col("rubric").is_in(KINDS)))


@cache
def known_calls() -> pl.DataFrame:
    """Some scored calls: call_id, interaction."""
    return load_reference(SCRIPTED).calls.select("call_id", "interaction").head(20)


def _call_list() -> pl.DataFrame:
    columns = {name: ["", None, "é"] for name in LISTED} | {"x_region": ["EMEA", "a, b", 'q"q']}
    rows = pl.DataFrame(columns | {"call_id": ["a", "b", "c"], "interaction": [*KINDS, "tea"], "Note": ["x", "y", "z"]})
    times = ["2026-04-20T10:45", "2026-04-20T10:45:00+02:00", "2026-04-20"]
    return rows.with_columns(
        recording=pl.Series(["a.wav", "b/b.wav", "s3://b/c.wav"]),
        started_at=pl.Series(times),
        scheduled_minutes=pl.Series(["30", "45.5", "1e5"]),
        lead_channel=pl.Series(["left", "1", "2"]),
        outcome=pl.Series(["advanced", "LOST", ""]),
    )


def call_lists() -> list[tuple[str, bytes]]:
    """Call lists as CSV in three dialects, and as JSON lines."""
    frame = _call_list()
    return [
        ("list.csv", frame.write_csv().encode()),
        ("list.csv", frame.write_csv(separator=";", quote_style="always").encode("cp1252")),
        ("list.csv", frame.write_csv(separator="\t", include_bom=True, line_terminator="\r\n").encode()),
        ("list.jsonl", frame.write_ndjson().encode()),
    ]


def parquet_call_lists() -> list[tuple[str, bytes]]:
    """A list of text, and one with a column of every kind."""
    frame = _call_list()
    odd = frame.with_columns(
        started_at=pl.lit("2026-04-20").str.to_date(),
        scheduled_minutes=pl.lit(30.0),
        lead_channel=pl.lit(0, pl.Int8),
        x_bytes=pl.lit(b"\xff\xfe"),
        x_list=pl.lit([1]),
        x_kind=pl.lit("k").cast(pl.Categorical),
        x_time=pl.lit(1).cast(pl.Duration),
        x_nothing=pl.lit(None),
    )
    return [("list.parquet", _parquet(frame)), ("list.parquet", _parquet(odd))]


def _parquet(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_parquet(written)
    return written.getvalue()


def workbook_call_list() -> list[tuple[str, bytes]]:
    """A call list as a workbook, and one with a title, a hidden row and a sheet of people."""
    import xlsxwriter

    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:
        calls = book.add_worksheet("Calls")
        calls.write(0, 0, "Calls of March")
        for at, row in enumerate(
            [["call_id", "recording", "interaction"], ["a", "a.wav", KINDS[0]], ["b", "b.wav", "x"]]
        ):
            calls.write_row(at + 2, 0, row)
        calls.set_row(4, None, None, {"hidden": True})
        people = book.add_worksheet("People")
        for at, row in enumerate([["call_id", "name", "id", "role"], ["a", "Nora Vance", "nora", "rep"]]):
            people.write_row(at, 0, row)
    return [("list.xlsx", _workbook(_call_list())), ("list.xlsx", written.getvalue())]


def workbook_scores() -> list[tuple[str, bytes]]:
    """Scores as a workbook."""
    return [("scores.xlsx", _workbook(_score_list()))]


def _workbook(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_excel(written)
    return written.getvalue()


def transcripts(*endings: str) -> list[tuple[str, bytes]]:
    """A transcript of each format with such an ending, one of them in UTF-16, and the situations that people report."""
    samples = [(path.name, path.read_bytes()) for path in sorted(TRANSCRIPTS.iterdir()) if path.suffix in endings]
    cases = sorted(path for path in CASES.rglob("*.*") if path.suffix in endings)
    samples += [
        (f"{path.parent.name}-{path.name}", path.read_bytes())
        for path in cases
        if path.name not in ("expect.txt", "calls.csv")
    ]
    wide = [("wide.txt", dict(samples)["plain.txt"].decode().encode("utf-16"))] if ".txt" in endings else []
    return [*samples, *wide]


def words_without_speakers() -> bytes:
    """Six segments of two seconds that name nobody."""
    segments = [{"start": 2.5 * at, "end": 2.5 * at + 2, "text": "and what did they say then"} for at in range(6)]
    return json.dumps({"segments": segments}).encode()


def spans() -> list[tuple[str, bytes]]:
    """Who speaks in these segments, as RTTM: two in turn."""
    lines = [f"SPEAKER a 1 {2.5 * at} 2.0 <NA> <NA> {('ann', 'bo')[at % 2]} <NA> <NA>" for at in range(6)]
    return [("a.rttm", "\n".join(lines).encode())]


def rubrics() -> list[tuple[str, bytes]]:
    """A small rubric as JSON, which is YAML too, and the beginning of one of ours."""
    elements = [
        {
            "id": name,
            "title": name,
            "where": "opening",
            "levels": dict.fromkeys(("red", "orange", "yellow", "green"), "x"),
        }
        for name in ("agenda", "story")
    ]
    rubric = {"rubric": "chat", "version": 1, "title": "Chat", "scored_role": "rep", "other_role": "customer"}
    written = [rubric | {"elements": elements}]
    own = (RUBRICS / "discovery_call.yaml").read_bytes().replace(b"rubric: discovery_call", b"rubric: chat")
    return [*(("chat.yaml", json.dumps(one).encode()) for one in written), ("chat.yaml", own[:1500])]


def _score_list() -> pl.DataFrame:
    call_ids = known_calls()["call_id"].to_list()[:3]
    return pl.DataFrame(
        {"call_id": call_ids, "rubric": "discovery_call", "element": "agenda", "rater": ["r1", "r2", "r1"]}
        | {"level": ["0", "green", "2.0"], "rater_kind": "person", "note": ["é", "=1", None], "session": "s"}
        | {"scored_at": ["2026-04-20", "2026-04-20T10:45:00Z", "2026-04-20 10:45"], "Rubric hash": "h", "known": "1"}
    )


def score_lists() -> list[tuple[str, bytes]]:
    """Scores as CSV, one a row in two dialects and one call a row."""
    frame = _score_list()
    wide = frame.select("call_id", "rater", agenda="level", next_steps="level", given="note", row="session")
    return [
        ("scores.csv", frame.write_csv().encode()),
        ("scores.csv", frame.write_csv(separator=";").encode("cp1252")),
        ("scores.csv", wide.write_csv().encode()),
    ]


def signature(about: dict[str, Any]) -> str:
    """The signature of a model's facts, computed as an attacker would compute it."""
    return hashlib.sha256(json.dumps(about, indent=1, sort_keys=True).encode()).hexdigest()


def model_files() -> list[tuple[str, bytes]]:
    """The two files of a small model."""
    from safetensors.numpy import save as to_bytes

    content = to_bytes({"weights": np.zeros((3, 5), np.float32), f"{FITTED}coef_": np.zeros(4)})
    about = {
        "format": "callgrade-model", "format_version": 2, "model_id": "m", "rubric": "r", "element": "e",
        "basis": "people",
        "rubric_hash": "h", "features_version": 1, "encoder": "lexical", "gate": "passed", "sure": 0.5,
        "data_hash": "d",
        "kind": "ordinal", "reasons": ["x"], "figures": {"qwk": 0.5}, "params": {},
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    return [(ABOUT, json.dumps(about | {"sha256": signature(about)}).encode()), (ARRAYS, content)]


def recordings() -> list[tuple[str, bytes]]:
    """Eleven seconds of a tone, as the formats that recordings come in."""
    import av

    tone = (0.3 * np.sin(np.arange(11 * RATE_HZ) * 440 * 2 * np.pi / RATE_HZ)).astype(np.float32)
    written = []
    for name, codec, rate in (
        *(("a.wav", "pcm_s16le", 8_000), ("b.wav", "pcm_mulaw", 8_000), ("a.mp3", "libmp3lame", 16_000)),
        *(
            ("a.ogg", "libopus", 16_000),
            ("a.flac", "flac", 8_000),
            ("a.m4a", "aac", 16_000),
            ("a.webm", "libopus", 16_000),
        ),
    ):
        sink = io.BytesIO()
        with av.open(sink, "w", format={"m4a": "mp4"}.get(name[2:], name[2:])) as target:
            stream = cast("av.AudioStream", target.add_stream(codec, rate=rate, layout="mono"))
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(tone[None, :: RATE_HZ // rate]), format="fltp", layout="mono"
            )
            frame.sample_rate = rate
            for part in av.AudioResampler(stream.format.name, "mono", rate, frame_size=stream.frame_size or 0).resample(
                frame
            ):
                target.mux(stream.encode(part))
            target.mux(stream.encode(None))
        written.append((name, sink.getvalue()))
    return written
