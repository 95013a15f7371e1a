"""Hostile files: every reader takes or refuses what it is given, in a sentence, within seconds and without a crash.

    python -m benchmarks.faults.fuzz --inputs 20000

prints a table and writes docs/benchmarks/fuzz.md. Inputs are good files with bytes, tokens and structure changed. Each
reader runs in a process of its own whose memory is limited; what breaks one is kept in the folder that is named.
"""

import argparse
import hashlib
import io
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getrusage, setrlimit
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.page import write
from models.learning.element_model import ABOUT, ARRAYS, FITTED, _digest, load
from models.ratings.reference import load_reference
from models.ratings.rubrics import RubricError, load_rubrics
from models.ratings.scores import read_scores
from pipeline.errors import CallError
from pipeline.intake.calls import LISTED, read_calls
from pipeline.intake.spreadsheets import DAMAGED
from pipeline.metrics.cadence import DEFAULT, load_plan
from pipeline.pages.coaching import CONSENT, read_consent
from pipeline.settings import load_settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.tables import Elements
from pipeline.transcripts.transcript import from_json, read_transcript

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks" / "fuzz.md"
TRANSCRIPTS = ROOT / "tests" / "pipeline" / "transcripts" / "samples"
KINDS = ("discovery_call", "one_on_one")
LIMIT_S, LIMIT_BYTES = 20, 12 << 30
LONGEST_SENTENCE = 1_000
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


class Reader(NamedTuple):
    """What is fuzzed: good files, what reads one and looks at what came of it, the errors it may raise, and what
    knows the inside of its files, if anything does."""

    seeds: Callable[[], list[tuple[str, bytes]]]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...]
    inside: Mutate | None = None


class Outcome(NamedTuple):
    """What the inputs of one reader came to; `broken` has the first error of each kind that is none to be raised."""

    accepted: int
    refused: int
    slowest_s: float
    broken: dict[str, bytes]
    n_broken: int


class TooSlowError(BaseException):
    """An input took longer than LIMIT_S."""


def fuzz(name: str, inputs: int, *, seed: int, folder: Path) -> Outcome:
    """Give `inputs` mutated files to a reader, the good ones first."""
    reader, rng = READERS[name], random.Random(f"{name} {seed}")
    seeds = reader.seeds()
    accepted = refused = n_broken = 0
    slowest_s, broken = 0.0, {}
    for number in range(inputs):
        file_name, content = seeds[number % len(seeds)]
        if number >= len(seeds):
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                content = _mutated(content, [other for _, other in seeds], rng, reader.inside)
        path = folder / file_name
        path.write_bytes(content)
        began = perf_counter()
        try:
            with _limited():
                reader.read(path)
            accepted += 1
        except reader.refusals as error:
            if fault := _unfit(error):
                broken.setdefault(fault, content)
                n_broken += 1
            else:
                refused += 1
        except BaseException as error:  # a crash in Rust is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            broken.setdefault(_kind(error), content)
            n_broken += 1
        slowest_s = max(slowest_s, perf_counter() - began)
    return Outcome(accepted, refused, slowest_s, broken, n_broken)


def _unfit(error: Exception) -> str | None:
    """What is wrong with a refusal: it is to be one sentence (a rubric's one for each problem)."""
    lines = str(error).splitlines()
    if not lines or not all(line.strip() for line in lines):
        return f"{type(error).__name__} without a word"
    if len(lines) > 1 and not isinstance(error, RubricError):
        return f"{type(error).__name__} of {len(lines)} lines: {lines[0][:80]}"
    longest = max(map(len, lines))
    return f"{type(error).__name__} of {longest} letters: {lines[0][:60]}" if longest > LONGEST_SENTENCE else None


def _kind(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}: {str(error)[:100]!r}"


@contextmanager
def _limited() -> Any:
    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _mutated(content: bytes, others: list[bytes], rng: random.Random, inside: Mutate | None) -> bytes:
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
    """The end cut off, or a piece out of the middle."""
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:begin] if rng.random() < 0.5 else content[:begin] + content[end:]


def _splice(content: bytes, other: bytes, rng: random.Random) -> bytes:
    begin, end = sorted(rng.randrange(len(other) + 1) for _ in range(2))
    at = rng.randrange(len(content) + 1)
    return content[:at] + other[begin:end] + content[at:]


def _token(content: bytes, rng: random.Random) -> bytes:
    """A token that means something to some format, put in or in the place of a few bytes."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(TOKENS) + content[at + rng.choice((0, 0, 1, 5)) :]


def _number(content: bytes, rng: random.Random) -> bytes:
    found = list(re.finditer(rb"\d+(?:\.\d+)?", content[:100_000]))
    if not found:
        return content
    chosen = rng.choice(found)
    new = rng.choice(
        (b"-1", b"0", b"NaN", b"1e308", b"1e999", b"9" * 5_000, b"4294967296", b"2026-13-45", b"0x10", b"")
    )
    return content[: chosen.start()] + new + content[chosen.end() :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    """A token, or a piece of the file, very many times: long lines, deep nesting."""
    begin = rng.randrange(len(content) + 1)
    piece = rng.choice((*TOKENS, content[begin : begin + 20], content[begin : begin + 2]))
    return content[:begin] + piece * rng.choice((*(3, 10, 30, 100, 300) * 6, 20_000)) + content[begin:]


def _json(content: bytes, rng: random.Random) -> bytes:
    """JSON with one value changed, moved, doubled or gone; of JSON lines, one line."""
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
    """A tree with one node changed."""
    if isinstance(data, (dict, list)) and data and rng.random() < 0.85:
        key = rng.choice(list(data)) if isinstance(data, dict) else rng.randrange(len(data))
        deed = rng.random()
        if deed < 0.1:
            del data[key]
        elif deed < 0.15 and isinstance(data, list):
            data.append(data[key])
        elif deed < 0.2 and isinstance(data, dict):
            data[rng.choice(("", "x", "é", "\ud800", *data))] = data[key]
        else:
            data[key] = changed(data[key], rng)
        return data
    if rng.random() < 0.02:
        for _ in range(rng.choice((50, 900))):
            data = [data]
        return data
    return rng.choice(VALUES)


def _in_zip(content: bytes, rng: random.Random) -> bytes:
    """A workbook with one of its parts changed, and packed anew."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except (*DAMAGED, ValueError):
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
    """A sheet with one cell somewhere else, of another type or without a value."""
    found = list(re.finditer(rb' (r|t|s|ref|count|uniqueCount|spans)="[^"]*"', content))
    if not found:
        return _token(content, rng)
    chosen = rng.choice(found)
    new = rng.choice(
        (b"XFD1048576", b"A0", b"ZZZZ99999999999", b"A1:XFD1048576", b"s", b"b", b"e", b"d", b"n", b"99999", b"-1")
    )
    return content[: chosen.start()] + b" " + chosen[1] + b'="' + new + b'"' + content[chosen.end() :]


def _signed(content: bytes, rng: random.Random) -> bytes:
    """A model's facts with one changed and signed anew, as somebody would who means harm."""
    try:
        about = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, rng)
    if not isinstance(about, dict):
        return content
    about = changed(about, rng)
    if isinstance(about, dict):
        about.pop("sha256", None)
        about["sha256"] = _digest(about)
    return json.dumps(about).encode()


# What each reader promises beyond not failing


def _read_list(path: Path) -> None:
    rows = read_calls(path, KINDS, timezone="Europe/Berlin")
    _hold(set(LISTED) <= set(rows.columns), "a column is lacking")
    _hold(rows["call_id"].is_unique().all() and not rows["call_id"].has_nulls(), "call_id is no key")
    _hold(rows["scheduled_minutes"].drop_nulls().is_finite().all(), "scheduled_minutes is not finite")
    _hold(all("\n" not in error for error in rows["error"].drop_nulls()), "an error of several lines")


def _read_transcript(path: Path) -> None:
    found = read_transcript(path)
    again = from_json(found.to_json().encode().decode())
    _hold(again.utterances.equals(found.utterances, null_equal=True), "its JSON is another transcript")
    _hold(dict(again.speakers) == dict(found.speakers), "its JSON has other speakers")
    _hold(np.isfinite(found.duration_s), "its duration is not finite")


def _read_rubric(path: Path) -> None:
    load_rubrics(path.parent)


def _read_scores(path: Path) -> None:
    scores, problems = read_scores(path, _elements(), _known_calls())
    _hold(scores.height == 0 or scores["level"].is_between(0, 3).all(), "a level that is none")
    _hold(all("\n" not in problem for problem in problems), "a problem of several lines")


def _read_settings(path: Path) -> None:
    load_settings(workspace=str(path.parent))


def _read_model(path: Path) -> None:
    other = path.with_name(ARRAYS if path.name == ABOUT else ABOUT)
    other.write_bytes(dict(_models())[other.name])
    load(path.parent)


def _decode(path: Path) -> None:
    samples = decode(path, max_hours=0.02).samples
    _hold(bool(np.isfinite(samples).all()), "a sample that is no number")


def _hold(promise: bool, what: str) -> None:
    if not promise:
        raise AssertionError(what)


@cache
def _elements() -> Any:
    chosen = load_rubrics(ROOT / "rubrics")
    return Elements.validate(chosen.filter(pl.col("rubric").is_in(KINDS)))


@cache
def _known_calls() -> pl.DataFrame:
    return load_reference(ROOT / "data" / "scripted").calls.select("call_id", "interaction").head(20)


# Good files to begin with


def _list_frame() -> pl.DataFrame:
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


def _lists() -> list[tuple[str, bytes]]:
    frame = _list_frame()
    return [
        ("list.csv", frame.write_csv().encode()),
        ("list.csv", frame.write_csv(separator=";", quote_style="always").encode("cp1252")),
        ("list.csv", frame.write_csv(separator="\t", include_bom=True, line_terminator="\r\n").encode()),
        ("list.jsonl", frame.write_ndjson().encode()),
    ]


def _parquet_lists() -> list[tuple[str, bytes]]:
    """A list of text, and one with a column of every kind."""
    frame = _list_frame()
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


def _workbook(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_excel(written)
    return written.getvalue()


def _transcripts() -> list[tuple[str, bytes]]:
    found = [(path.name, path.read_bytes()) for path in sorted(TRANSCRIPTS.iterdir())]
    return [*found, ("wide.txt", dict(found)["plain.txt"].decode().encode("utf-16"))]


def _rubrics() -> list[tuple[str, bytes]]:
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
    own = (ROOT / "rubrics" / "discovery_call.yaml").read_bytes().replace(b"rubric: discovery_call", b"rubric: chat")
    return [*(("chat.yaml", json.dumps(one).encode()) for one in written), ("chat.yaml", own[:1500])]


def _scores_frame() -> pl.DataFrame:
    call_ids = _known_calls()["call_id"].to_list()[:3]
    return pl.DataFrame(
        {"call_id": call_ids, "rubric": "discovery_call", "element": "agenda", "rater": ["r1", "r2", "r1"]}
        | {"level": ["0", "green", "2.0"], "rater_kind": "person", "note": ["é", "=1", None], "session": "s"}
        | {"scored_at": ["2026-04-20", "2026-04-20T10:45:00Z", "2026-04-20 10:45"], "Rubric hash": "h", "known": "1"}
    )


def _scores() -> list[tuple[str, bytes]]:
    frame = _scores_frame()
    wide = frame.select("call_id", "rater", agenda="level", next_steps="level", given="note", row="session")
    return [
        ("scores.csv", frame.write_csv().encode()),
        ("scores.csv", frame.write_csv(separator=";").encode("cp1252")),
        ("scores.csv", wide.write_csv().encode()),
    ]


def _models() -> list[tuple[str, bytes]]:
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
    return [(ABOUT, json.dumps(about | {"sha256": _digest(about)}).encode()), (ARRAYS, content)]


def _recordings() -> list[tuple[str, bytes]]:
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
            stream = target.add_stream(codec, rate=rate, layout="mono")
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


READERS = {
    "call list": Reader(_lists, _read_list, (ValueError,)),
    "call list, Parquet": Reader(_parquet_lists, _read_list, (ValueError,)),
    "call list, XLSX": Reader(lambda: [("list.xlsx", _workbook(_list_frame()))], _read_list, (ValueError,), _in_zip),
    "transcript": Reader(_transcripts, _read_transcript, (CallError,)),
    "rubric": Reader(_rubrics, _read_rubric, (RubricError,)),
    "scores": Reader(_scores, _read_scores, (ValueError,)),
    "scores, XLSX": Reader(lambda: [("scores.xlsx", _workbook(_scores_frame()))], _read_scores, (ValueError,), _in_zip),
    "cadence.yaml": Reader(
        lambda: [("cadence.yaml", DEFAULT.read_bytes()[:600]), ("cadence.yaml", b'{"weights": {"agenda": 2}}')],
        lambda path: load_plan(path.parent),
        (ValueError,),
    ),
    "consent.yaml": Reader(
        lambda: [(CONSENT, b"ann: true\nbob: false\n"), (CONSENT, b'{"ann": true, "bob": false}')],
        lambda path: read_consent(path.parent),
        (ValueError,),
    ),
    "callgrade.toml": Reader(
        lambda: [("callgrade.toml", b'encoder = "lexical"\nworkers = 2\nexports = ["csv:out"]\nmax_hours = 3.5\n')],
        _read_settings,
        (ValueError,),
    ),
    "model": Reader(_models, _read_model, (ValueError,), _signed),
    "recording": Reader(_recordings, _decode, (CallError,)),
}  # fmt: skip


def main() -> None:
    """Fuzz every reader in a process of its own; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--reader", choices=READERS, help="this one alone")
    parser.add_argument("--at-once", type=int, default=1, help="readers at a time")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)  # where what breaks the reader is put
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_child(options)))
        return
    kept = Path(tempfile.mkdtemp(prefix="fuzz-"))
    rows = ["| reader | inputs | accepted | refused | other errors | slowest, s | peak memory, GB |"]
    rows.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with ThreadPoolExecutor(options.at_once) as pool:
        for row in pool.map(lambda name: _row(name, options, kept), [options.reader] if options.reader else READERS):
            rows.append(row)
            print(row, flush=True)
    if options.reader:
        return
    told = (
        f"`python -m benchmarks.faults.fuzz --inputs {options.inputs} --seed {options.seed}`: good files of every "
        f"format with "
        "bits flipped, ends cut off, pieces of other files put in, tokens and numbers that mean something to a parser "
        "put in or repeated up to 20,000 times, values of JSON exchanged for others, parts of workbooks changed and "
        "packed anew, models signed anew. Refused is what raised the reader's own error with one sentence; other "
        f"errors are any other exception, a crash, an input of more than {LIMIT_S} s, or something accepted that "
        "breaks what the reader promises (a call_id that is no key, a transcript that its JSON does not give back).\n\n"
    )
    write("benchmarks.faults.fuzz", told + "\n".join(rows), to=PAGE, head="# Hostile files\n")


def _row(name: str, options: argparse.Namespace, kept: Path) -> str:
    command = [sys.executable, "-m", "benchmarks.faults.fuzz", "--reader", name, "--child", str(kept)]
    limits = ["--inputs", str(options.inputs), "--seed", str(options.seed)]
    done = subprocess.run([*command, *limits], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"| {name} | | | | crashed with status {done.returncode}: {done.stderr[-300:]!r} | | |"
    found = json.loads(done.stdout.splitlines()[-1])
    for fault in found["broken"]:
        print(f"{name}: {fault}; see {kept}", file=sys.stderr)
    figures = (found["accepted"], found["refused"], found["n_broken"])
    cells = [
        name,
        *(f"{n:,}" for n in (sum(figures), *figures)),
        f"{found['slowest_s']:.2f}",
        f"{found['peak_gb']:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _child(options: argparse.Namespace) -> dict[str, Any]:
    setrlimit(RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzz(options.reader, options.inputs, seed=options.seed, folder=Path(folder))
    for number, content in enumerate(outcome.broken.values()):
        (options.child / f"{options.reader.replace(' ', '-')}-{number}").write_bytes(content)
    peak_gb = getrusage(RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return outcome._asdict() | {"broken": list(outcome.broken), "peak_gb": peak_gb}


if __name__ == "__main__":
    main()
