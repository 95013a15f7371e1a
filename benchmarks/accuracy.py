"""How far speech can be relied on: diarization, words, roles, and the measures that rest on them.

    python -m benchmarks.accuracy --calls 10 --shared ../shared

writes its part of docs/benchmarks.md. Generated calls need flite and sox; the corpora and weights under `--shared` are
used where they are, and what needs them is left out where they are not.
"""

import argparse
import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import jiwer
import numpy as np
import polars as pl

from benchmarks.generate_calls import GeneratedCall, generate_call
from benchmarks.voices import Turn
from pipeline.align import align
from pipeline.audio import RATE_HZ, Audio, decode
from pipeline.diarize import Diarization, by_channel, load_diarizer
from pipeline.hallucination import SUBTITLES, flag
from pipeline.measures import measure
from pipeline.roles import find_lead
from pipeline.settings import Settings
from pipeline.tables import Actions, Acts, Moments, Purposes, Talk
from pipeline.transcribe import WORDS, Transcription, transcribe

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- begin: benchmarks.accuracy -->", "<!-- end: benchmarks.accuracy -->"
COLLAR_S = 0.25  # pyannote.metrics' total width: 0.125 s to each side of an edge
LINES = {
    "clean": {},
    "crosstalk -20 dB, noise 15 dB down": {"leakage_db": -20, "snr_db": 15},
    "crosstalk -15 dB, noise 15 dB down": {"leakage_db": -15, "snr_db": 15},
    "crosstalk -10 dB, noise 15 dB down": {"leakage_db": -10, "snr_db": 15},
    "crosstalk -10 dB, noise 10 dB down": {"leakage_db": -10, "snr_db": 10},
    "crosstalk -15 dB, 8 kHz \u00b5-law": {"leakage_db": -15, "mu_law_8k": True},
    "crosstalk -15 dB, 40 % of turns overlap": {"leakage_db": -15, "overlap": 0.4},
}
MEASURED = ("talk_ratio", "patience", "interactivity")
Stretch = tuple[str, float, float]  # speaker, start and end in seconds


class Result(NamedTuple):
    """One call: diarization error (share), error of each of MEASURED, processor seconds per second of call."""

    der: float
    errors: dict[str, float]
    speed: float
    role_right: bool | None = None


def main() -> None:
    """Run all that can be run here and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10, help="generated calls for each kind of line")
    parser.add_argument("--samples", type=int, default=7, help="calls of data/samples to recognise")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="corpora and weights")
    options = parser.parse_args()
    parts = [
        "## Speech: who said what\n",
        f"Written by `python -m benchmarks.accuracy --calls {options.calls} --samples {options.samples}`. Diarization "
        f"error (DER) by pyannote.metrics, collar {COLLAR_S} s in all, overlap counted. Generated calls speak texts of "
        "`data/scripted` with synthetic voices: they show what crosstalk, noise and overlap do, not how people sound. "
        "Speed is processor seconds per second of call on one core, shared with other programs.\n",
        *channels(options.calls),
    ]
    if options.shared.is_dir():
        parts += [*real_calls(options.shared), *voices(options.calls, options.shared), *guard(options.shared)]
    parts += words(options.samples)
    write("\n".join(parts))


def channels(n: int) -> Iterator[str]:
    """Channel diarization on generated two-channel calls."""
    yield "### Two channels\n"
    yield _heading(
        "line", "DER mean", "DER worst", "talk_ratio error median", "95 %", "patience", "interactivity", "speed"
    )
    for line, spoilt in LINES.items():
        results = [_channel_result(generate_call(seed, **spoilt)) for seed in range(n)]
        yield _row(line, results)
    yield "\nErrors are absolute; patience in seconds, interactivity in changes a minute (medians).\n"


def voices(n: int, shared: Path) -> Iterator[str]:
    """Diarization by voice on generated mono calls and AMI, with the weights at hand."""
    weights = shared / "models" / "pyannote-local"
    sys.path.insert(0, str(weights))
    engine = load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))
    results = [_mono_result(generate_call(1000 + seed, mono=True, snr_db=20), engine) for seed in range(n)]
    yield "### One channel, by voice\n"
    yield (
        "pyannote with the small weights of the test folder (segmentation of 2022, GE2E embeddings), not the default "
        "model, which cannot be had where this was run; number of speakers hinted.\n"
    )
    yield _heading(
        "recording", "DER mean", "DER worst", "talk_ratio error median", "95 %", "patience", "interactivity", "speed"
    )
    yield _row("generated mono calls, noise 20 dB down", results)
    right = [result.role_right for result in results if result.role_right is not None]
    yield f"\nRoles by text on these: {sum(right)} of {len(right)} decided are right, {n - len(right)} undecided.\n"
    clips = shared / "data" / "ami_audio"
    reference = _rttm(clips / "reference.rttm")
    ders = []
    for clip, turns in sorted(reference.items()):
        if len({speaker for speaker, *_ in turns}) > 1:
            found = engine(decode(clips / "audio" / f"{clip}.flac"), n_speakers=len({who for who, *_ in turns}))
            ders.append(der(turns, _found(found.turns)))
    mean, median = np.mean(ders), np.median(ders)
    yield f"AMI, {len(ders)} clips of 30 s with 2 to 4 speakers: DER mean {mean:.1%}, median {median:.1%}.\n"


def real_calls(shared: Path) -> Iterator[str]:
    """A real telephone call on two channels against its reference."""
    folder = shared / "data" / "call_audio"
    (turns,) = _rttm(folder / "aws_auto_repairs_40.derived.rttm").values()
    found = by_channel(decode(folder / "audio" / "aws_auto_repairs_40.flac")).turns
    truth, heard = _share(turns, "agent"), _share(_found(found), "S0")
    yield (
        f"A real two-channel telephone call (245 s, 8 kHz): talk ratio of the agent {heard:.3f}, by its reference "
        f"{truth:.3f} (the reference is channel energy, not an ear); DER {der(turns, _found(found)):.1%}.\n"
    )


def guard(shared: Path) -> Iterator[str]:
    """The hallucination guard on AMI's words, with and without injected hallucinations."""
    spoken = pl.read_parquet(shared / "data" / "ami" / "ami_words.parquet")
    spoken = spoken.filter(~pl.col("punc"), ~pl.col("vocalsound")).drop_nulls(["text", "start", "end"])
    rng = np.random.default_rng(0)
    counts: dict[str, list[int]] = {}
    for meeting in spoken["meeting"].unique(maintain_order=True)[:20]:
        true = _meeting(spoken.filter(pl.col("meeting") == meeting))
        speech = true.select("start_s", "end_s", "channel")
        heard = _injected(true, rng)
        kinds = heard.with_columns(flagged=flag(heard, speech)).group_by("kind").agg(pl.col("flagged").sum(), pl.len())
        for kind, flagged, total in kinds.iter_rows():
            counts[kind] = [a + b for a, b in zip(counts.get(kind, [0, 0]), (flagged, total), strict=True)]
    yield "### Hallucination guard\n"
    yield "Words of 20 AMI meetings with loops, subtitle phrases and text over silence put in; words flagged:\n"
    yield "| words | flagged | of |\n| --- | ---: | ---: |"
    yield from (f"| {kind} | {flagged / total:.2%} | {total} |" for kind, (flagged, total) in sorted(counts.items()))
    yield ""


def words(n: int) -> Iterator[str]:
    """PocketSphinx on the samples: word error by channel and as said by whom."""
    lines = [json.loads(line) for line in (ROOT / "data/samples/truth.jsonl").read_text(encoding="utf-8").splitlines()]
    calls = sorted({line["call_id"] for line in lines if line["channel"] is not None})[:n]
    yield "### Words\n"
    yield (
        "PocketSphinx on the two-channel samples, which are synthetic voices on a clean line: real telephone speech is "
        "far worse. cpWER: each speaker's words in a row, the better of both ways to pair speakers.\n"
    )
    yield "| call | WER | cpWER | speed |\n| --- | ---: | ---: | ---: |"
    totals = np.zeros(3)
    for call in calls:
        said = [line for line in lines if line["call_id"] == call]
        audio = decode(ROOT / "data" / "samples" / f"{call}.mp3")
        diarization = by_channel(audio)
        began = time.process_time()
        transcription = transcribe(audio, diarization, Settings(transcriber="pocketsphinx"))
        speed = (time.process_time() - began) / audio.duration_s
        heard = align(transcription, diarization, audio).utterances.sort("start_s")
        whole = _word_errors([line["text"] for line in said], heard["text"])
        spoken = [[line["text"] for line in said if line["channel"] == channel] for channel in (0, 1)]
        by_speaker = [heard.filter(pl.col("speaker") == f"S{channel}")["text"] for channel in (0, 1)]
        paired = min(
            (sum(_word_errors(spoken[a], by_speaker[b])[0] for a, b in enumerate(order)), whole[1])
            for order in itertools.permutations((0, 1))
        )
        totals += (whole[0], paired[0], whole[1])
        yield f"| {call} | {whole[0] / whole[1]:.1%} | {paired[0] / paired[1]:.1%} | {speed:.2f} |"
    yield f"| all | {totals[0] / totals[2]:.1%} | {totals[1] / totals[2]:.1%} | |\n"


def der(truth: Iterable[Stretch], found: Iterable[Stretch]) -> float:
    """Diarization error rate, speakers paired as they fit best."""
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.diarization import DiarizationErrorRate

    both = []
    for stretches in (truth, found):
        annotation = Annotation()
        for number, (speaker, start_s, end_s) in enumerate(stretches):
            annotation[Segment(start_s, end_s), number] = speaker
        both.append(annotation)
    return float(DiarizationErrorRate(collar=COLLAR_S)(*both))


def _channel_result(call: GeneratedCall) -> Result:
    audio = Audio(call.samples, RATE_HZ, 2, call.samples.shape[1] / RATE_HZ)
    began = time.process_time()
    diarization = by_channel(audio)
    speed = (time.process_time() - began) / audio.duration_s
    found = align(_true_words(call.turns, by_channel=True), diarization, audio).utterances
    truth = [("S0" if turn.side == "lead" else "S1", *stretch) for turn in call.turns for stretch in turn.speech]
    errors = _measure_errors(call.turns, found, {"S0": "lead", "S1": "other"}, audio.duration_s)
    return Result(der(truth, _found(diarization.turns)), errors, speed)


def _mono_result(call: GeneratedCall, engine: Callable[..., Diarization]) -> Result:
    audio = Audio(call.samples, RATE_HZ, 1, call.samples.shape[1] / RATE_HZ)
    began = time.process_time()
    diarization = engine(audio, n_speakers=2)
    speed = (time.process_time() - began) / audio.duration_s
    truth = [(turn.side, *stretch) for turn in call.turns for stretch in turn.speech]
    transcript = align(_true_words(call.turns, by_channel=False), diarization, audio)
    sides = _sides(truth, diarization.turns)
    errors = _measure_errors(call.turns, transcript.utterances, sides, audio.duration_s)
    lead = find_lead(transcript, {}, lead_role="rep", other_role="customer").lead
    right = None if lead is None else sides.get(lead) == "lead"
    return Result(der(truth, _found(diarization.turns)), errors, speed, right)


def _sides(truth: list[Stretch], turns: pl.DataFrame) -> dict[str, str]:
    """The side that each diarized speaker shares most time with."""
    shared: dict[tuple[str, str], float] = {}
    for speaker, start_s, end_s in _found(turns):
        for side, begins_s, ends_s in truth:
            overlap_s = max(0.0, min(end_s, ends_s) - max(start_s, begins_s))
            shared[speaker, side] = shared.get((speaker, side), 0.0) + overlap_s
    return {who: max(("lead", "other"), key=lambda side: shared.get((who, side), 0.0)) for who, _ in shared}


def _true_words(turns: list[Turn], *, by_channel: bool) -> Transcription:
    """What was said, its words spread over the stretches of each turn: words without a recogniser's errors."""
    rows = []
    for turn in turns:
        said = turn.text.split()
        start_s, end_s = turn.speech[0][0], turn.speech[-1][1]
        edges = np.linspace(start_s, end_s, len(said) + 1).tolist()
        channel = (0 if turn.side == "lead" else 1) if by_channel else None
        rows += [
            (a, b, word, 1.0, channel, False) for (a, b), word in zip(itertools.pairwise(edges), said, strict=True)
        ]
    return Transcription(pl.DataFrame(rows, schema=WORDS, orient="row"), "en", "truth")


def _measure_errors(
    turns: list[Turn], found: pl.DataFrame, sides: dict[str, str], duration_s: float
) -> dict[str, float]:
    truth = pl.DataFrame(
        [(turn.side, start_s, end_s, turn.text) for turn in turns for start_s, end_s in turn.speech],
        schema=["side", "start_s", "end_s", "text"],
        orient="row",
    )
    heard = found.with_columns(side=pl.col("speaker").replace_strict(sides)).select("side", "start_s", "end_s", "text")
    talk = pl.concat([_talk(truth, "truth", duration_s), _talk(heard, "found", duration_s)])
    values = measure(
        Talk.validate(talk),
        Acts.create_empty(),
        moments=Moments.create_empty(),
        purposes=Purposes.create_empty(),
        actions=Actions.create_empty(),
    )
    one = values.filter(pl.col("measure").is_in(MEASURED), pl.col("role").is_in(["lead", "all"]))
    wide = one.pivot("call_id", index="measure", values="value")
    return {
        name: abs(true - got) for name, true, got in wide.select("measure", "truth", "found").drop_nulls().iter_rows()
    }


def _talk(said: pl.DataFrame, call_id: str, duration_s: float) -> pl.DataFrame:
    return (
        said.sort("start_s")
        .with_row_index("idx")
        .select(
            pl.lit(call_id).alias("call_id"),
            pl.col("idx").cast(pl.Int64),
            "start_s",
            "end_s",
            pl.col("side").alias("speaker"),
            pl.col("side").alias("role"),
            pl.lit(None, pl.String).alias("person_id"),
            "text",
            pl.col("text").str.split(" ").list.len().cast(pl.Int64).alias("n_words"),
            pl.lit(None, pl.Float64).alias("confidence"),
            "side",
            pl.lit("discovery_call").alias("interaction"),
            pl.lit(duration_s).alias("duration_s"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
        )
    )


def _meeting(spoken: pl.DataFrame) -> pl.DataFrame:
    """The words of a meeting as a recogniser gives them; each speaker has a channel."""
    speakers = spoken["speaker"].unique(maintain_order=True)
    numbers = dict(zip(speakers, range(len(speakers)), strict=True))
    return spoken.select(
        start_s=pl.col("start").cast(pl.Float64),
        end_s=pl.col("end").cast(pl.Float64),
        text="text",
        p=pl.lit(0.8),
        channel=pl.col("speaker").replace_strict(numbers, return_dtype=pl.Int64),
        no_speech_p=pl.lit(None, pl.Float64),
        logprob=pl.lit(None, pl.Float64),
        kind=pl.lit("said"),
    )


def _injected(true: pl.DataFrame, rng: np.random.Generator, n: int = 30) -> pl.DataFrame:
    """A meeting's words with hallucinations in it; a loop takes the place of what was said meanwhile."""
    said = true["text"].to_list()
    for _ in range(n):
        channel = int(rng.integers(true["channel"].n_unique()))
        own = true.filter(pl.col("channel") == channel, pl.col("kind") == "said").sort("start_s")
        pauses = own.filter(pl.col("start_s").shift(-1) - pl.col("end_s") > 6)
        kind = str(rng.choice(["loop", "subtitle phrase", "text over silence"]))
        at = int(rng.integers(len(said) - 10))
        if kind == "loop":
            start_s = own["end_s"][int(rng.integers(own.height - 1))]
            texts = said[at : at + int(rng.integers(1, 9))] * int(rng.integers(5, 15))
            own_then = (pl.col("channel") == channel) & pl.col("start_s").is_between(
                start_s, start_s + 0.2 * len(texts)
            )
            true = true.filter(~own_then)
        elif pauses.is_empty():
            continue
        else:
            start_s = pauses["end_s"][int(rng.integers(pauses.height))] + 1.0
            texts = str(rng.choice(SUBTITLES)).split() if kind == "subtitle phrase" else said[at : at + 8]
        rows = [
            (start_s + 0.2 * place, start_s + 0.2 * (place + 1), text, 0.6, channel, None, None, kind)
            for place, text in enumerate(texts)
        ]
        true = pl.concat([true, pl.DataFrame(rows, schema=true.schema, orient="row")])
    return true


def _word_errors(truth: Iterable[str], heard: Iterable[str]) -> tuple[int, int]:
    """Words wrong, left out or put in, and words said; case, marks and hyphens aside."""
    said, found = (re.sub(r"[^a-z' ]", " ", " ".join(texts).lower().replace("\u2019", "'")) for texts in (truth, heard))
    counted = jiwer.process_words(" ".join(said.split()), " ".join(found.split()) or "-")
    return counted.substitutions + counted.deletions + counted.insertions, len(said.split())


def _found(turns: pl.DataFrame) -> list[Stretch]:
    return turns.select("speaker", "start_s", "end_s").rows()


def _share(stretches: Iterable[Stretch], speaker: str) -> float:
    lengths = [(who, end_s - start_s) for who, start_s, end_s in stretches]
    return sum(length for who, length in lengths if who == speaker) / sum(length for _, length in lengths)


def _rttm(path: Path) -> dict[str, list[Stretch]]:
    """Stretches by file of an RTTM."""
    found: dict[str, list[Stretch]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        _, name, _, start_s, length_s, _, _, speaker, *_ = line.split()
        found.setdefault(name, []).append((speaker, float(start_s), float(start_s) + float(length_s)))
    return found


def _heading(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n| --- |{' ---: |' * (len(columns) - 1)}"


def _row(name: str, results: list[Result]) -> str:
    ders = [result.der for result in results]
    errors = {name: [result.errors[name] for result in results if name in result.errors] for name in MEASURED}
    talk = errors["talk_ratio"]
    return (
        f"| {name} | {np.mean(ders):.1%} | {max(ders):.1%} | {np.median(talk):.4f} | {np.quantile(talk, 0.95):.4f} "
        f"| {np.median(errors['patience']):.2f} | {np.median(errors['interactivity']):.2f} "
        f"| {np.median([result.speed for result in results]):.4f} |"
    )


def write(part: str) -> None:
    """Put the part into docs/benchmarks.md, in the place of the one before."""
    page = OUT.read_text(encoding="utf-8") if OUT.exists() else "# Benchmarks\n"
    marked = f"{BEGIN}\n{part}\n{END}"
    if BEGIN in page:
        before, _, rest = page.partition(BEGIN)
        page = before + marked + rest.partition(END)[2]
    else:
        page = f"{page.rstrip()}\n\n{marked}\n"
    OUT.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
