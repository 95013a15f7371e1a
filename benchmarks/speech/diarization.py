"""Errors of diarization, by channel and by voice, and the errors of measures that follow from them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.speech import errors, telephone_lines
from benchmarks.speech.errors import MEASURED
from benchmarks.speech.synthetic_calls import Conditions, GeneratedCall, generate_call
from pipeline.intake.calls import Call
from pipeline.settings import Settings
from pipeline.speech.align import align
from pipeline.speech.audio import RATE_HZ, Audio, decode
from pipeline.speech.channel_diarizer import by_channel
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.engines import Diarization, Diarizer
from pipeline.transcripts.roles import find_lead

LINE_S, LINE_SAMPLES = 90, ("miller-plumbing", "north-gate-dental", "susan-mark-1", "david-tom")
LINES = {
    "clean": Conditions(),
    "crosstalk -20 dB, noise 15 dB down": Conditions(leakage_db=-20, snr_db=15),
    "crosstalk -15 dB, noise 15 dB down": Conditions(leakage_db=-15, snr_db=15),
    "crosstalk -10 dB, noise 15 dB down": Conditions(leakage_db=-10, snr_db=15),
    "crosstalk -20 dB, noise 10 dB down": Conditions(leakage_db=-20, snr_db=10),
    "crosstalk -15 dB, noise 10 dB down": Conditions(leakage_db=-15, snr_db=10),
    "crosstalk -10 dB, noise 10 dB down": Conditions(leakage_db=-10, snr_db=10),
    "crosstalk -15 dB, 8 kHz \u00b5-law": Conditions(leakage_db=-15, mu_law_8k=True),
    "crosstalk -15 dB, 40 % of turns overlap": Conditions(leakage_db=-15, overlap=0.4),
}
OUTCOME = ("DER mean", "DER worst", "talk_ratio median", "talk_ratio 95 %", "patience", "interactivity", "speed")


@dataclass(frozen=True)
class Result:
    """The errors of one call."""

    der: float  # diarization error, a share
    errors: dict[str, float]  # of each of MEASURED that has a value
    speed: float  # processor seconds per second of call
    role_right: bool | None = None  # null where it was not decided who leads


def channels(n: int, shared: Path) -> Iterator[str]:  # noqa: ARG001  all parts are called alike
    """Channel diarization on generated two-channel calls."""
    yield "## Speech accuracy\n"
    yield (
        "Diarization error (DER) by pyannote.metrics, collar 0.25 s in all, overlap counted. Generated calls speak "
        "texts of `data/scripted` with synthetic voices: they show what crosstalk, noise and overlap do, not how "
        "people sound. Errors of measures are absolute: talk_ratio as median and 95th percentile of the calls, "
        "patience in seconds and interactivity in changes a minute as medians. Speed is processor seconds on one core "
        "per second of call.\n"
    )
    yield "### Two channels\n"
    yield f"`python -m benchmarks.speech.accuracy --parts channels --calls {n}`: {n} calls of about 3 minutes each.\n"
    yield _heading("line", *OUTCOME)
    for line, conditions in LINES.items():
        yield _row(line, [_channel_result(generate_call(seed, conditions)) for seed in range(n)])
    yield ""


def telephone(_: int, shared: Path) -> Iterator[str]:
    """Channel diarization of a real call, and the speech found on lines of every kind."""
    yield "### Two channels on the telephone\n"
    yield (
        f"`python -m benchmarks.speech.accuracy --parts telephone`: the share of each side's speech that is found, on "
        f"the first {LINE_S} s of {len(LINE_SAMPLES)} samples sent through lines of each kind (300 to 3400 Hz, 8 kHz; "
        "GSM is its enhanced full rate; noise and side tone are below the quiet side's speech).\n"
    )
    yield "| line | worst side | mean |\n| --- | ---: | ---: |"
    for name, line in telephone_lines.LINES.items():
        shares = []
        for call_id in LINE_SAMPLES:
            samples, speech = telephone_lines.sample(call_id, seconds=LINE_S)
            heard = telephone_lines.telephoned(samples, speech, line)
            turns = by_channel(Audio(heard, 8_000, 2, heard.shape[1] / RATE_HZ)).turns
            shares += telephone_lines.recall(speech, turns)
        yield f"| {name} | {min(shares):.3f} | {np.mean(shares):.3f} |"
    folder = shared / "data" / "call_audio"
    if not folder.is_dir():
        yield "\nNo recording of a real call here.\n"
        return
    (truth,) = errors.read_rttm(folder / "aws_auto_repairs_40.derived.rttm").values()
    audio = decode(folder / "audio" / "aws_auto_repairs_40.flac")
    found = errors.found_stretches(by_channel(audio).turns)
    yield (
        f"\nA real call of {audio.duration_s:.0f} s at 8 kHz without crosstalk, whose reference is made from the "
        f"energy of each channel, not by ear: DER {errors.der(truth, found):.1%}; talk ratio of the agent "
        f"{errors.share(found, 'S0'):.3f}, by the reference {errors.share(truth, 'agent'):.3f}. The detector's "
        "thresholds were chosen among a few on this very call and on these lines.\n"
    )


def voices(n: int, shared: Path) -> Iterator[str]:
    """Diarization by voice on generated mono calls and on recordings of people, with the weights at hand."""
    engine = load_diarizer("voices", Settings(device="cpu"))
    yield "### One channel, by voice\n"
    yield (
        f"`python -m benchmarks.speech.accuracy --parts voices --calls {n}`: the weights that come with the program, "
        "told the number of participants.\n"
    )
    yield _heading("recording", *OUTCOME)
    mono = Conditions(mono=True, snr_db=20)
    results = [_mono_result(generate_call(1000 + seed, mono), engine) for seed in range(n)]
    yield _row("generated mono calls, noise 20 dB down", results)
    right = [result.role_right for result in results if result.role_right is not None]
    yield (
        f"\nRoles by text on these: {sum(right)} of the {len(right)} decided are right, {n - len(right)} undecided "
        "(the weights have seen these texts; see below for texts they have not).\n"
    )
    yield (
        "How far windows and pieces move and how much pieces weigh were chosen among a few on the real recordings "
        "below, on two of these calls and on twelve others. Two people with one synthetic voice, a semitone apart, are "
        "confused now and then.\n"
    )
    if (shared / "data").is_dir():
        yield from _people(shared / "data", engine)
    else:
        yield "No recordings of people here.\n"


def _people(data: Path, engine: Diarizer) -> Iterator[str]:
    """Recordings of people by voice: DER, and the talk ratio where two speak."""
    yield "| real recording | speakers hinted | found | DER | talk_ratio error |\n| --- | ---: | ---: | ---: | ---: |"
    calls = data / "call_audio"
    (phone,) = errors.read_rttm(calls / "pyannote_phone_sample.rttm").values()
    (sales,) = errors.read_rttm(calls / "gong_sales_demo.v1.rttm").values()
    (agent,) = errors.read_rttm(calls / "aws_auto_repairs_40.derived.rttm").values()
    listed = {
        "telephone call, 30 s": ("pyannote_phone_sample.flac", phone, 2),
        "acted sales call, 569 s (reference by machine)": ("gong_sales_demo.mp3", sales, 2),
        "telephone call, 245 s, its channels mixed": ("aws_auto_repairs_40.flac", agent, 2),
    }
    for name, (file, truth, hint) in listed.items():
        audio = decode(calls / "audio" / file)
        audio = audio._replace(samples=audio.samples.mean(axis=0, keepdims=True))
        found = errors.found_stretches(engine(audio, n_speakers=hint).turns)
        pairs = errors.pair(truth, found)
        who = truth[0][0]
        heard = sum(errors.share(found, speaker) for speaker, true in pairs.items() if true == who)
        off = abs(heard - errors.share(truth, who))
        yield f"| {name} | {hint} | {len(pairs)} | {errors.der(truth, found):.1%} | {off:.3f} |"
    clips = data / "ami_audio"
    ders = []
    for clip, turns in sorted(errors.read_rttm(clips / "reference.rttm").items()):
        speakers = {speaker for speaker, *_ in turns}
        if len(speakers) > 1:
            diarization = engine(decode(clips / "audio" / f"{clip}.flac"), n_speakers=len(speakers))
            ders.append(errors.der(turns, errors.found_stretches(diarization.turns)))
    yield (
        f"\nAMI, {len(ders)} clips of 30 s with 2 to 4 people talking over each other: DER mean {np.mean(ders):.1%}, "
        f"median {np.median(ders):.1%}, most of it missed speech.\n"
    )


def _channel_result(call: GeneratedCall) -> Result:
    audio = Audio(call.samples, RATE_HZ, 2, call.samples.shape[1] / RATE_HZ)
    diarization, speed = _timed(by_channel, audio)
    found = align(errors.true_words(call.turns, by_channel=True), diarization, audio).utterances
    off = errors.measure_errors(call.turns, found, {"S0": "lead", "S1": "other"}, audio.duration_s)
    rate = errors.der(errors.true_stretches(call.turns), errors.found_stretches(diarization.turns))
    return Result(rate, off, speed)


def _mono_result(call: GeneratedCall, engine: Diarizer) -> Result:
    audio = Audio(call.samples, RATE_HZ, 1, call.samples.shape[1] / RATE_HZ)
    diarization, speed = _timed(engine, audio)
    truth, found = errors.true_stretches(call.turns), errors.found_stretches(diarization.turns)
    transcript = align(errors.true_words(call.turns, by_channel=False), diarization, audio)
    sides = errors.pair(truth, found)
    off = errors.measure_errors(call.turns, transcript.utterances, sides, audio.duration_s)
    lead = find_lead(transcript, Call("synthetic"), lead_role="rep", other_role="customer").lead
    return Result(errors.der(truth, found), off, speed, None if lead is None else sides[lead] == "lead")


def _timed(engine: Diarizer, audio: Audio) -> tuple[Diarization, float]:
    """What the engine finds for two participants, and processor seconds per second of call."""
    began = time.process_time()
    return engine(audio, n_speakers=2), (time.process_time() - began) / audio.duration_s


def _heading(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n| --- |{' ---: |' * (len(columns) - 1)}"


def _row(name: str, results: list[Result]) -> str:
    rates = [result.der for result in results]
    off = {name: [result.errors[name] for result in results if name in result.errors] for name in MEASURED}
    talk = off["talk_ratio"]
    return (
        f"| {name} | {np.mean(rates):.1%} | {max(rates):.1%} | {np.median(talk):.4f} | {np.quantile(talk, 0.95):.4f} "
        f"| {np.median(off['patience']):.2f} | {np.median(off['interactivity']):.2f} "
        f"| {np.median([result.speed for result in results]):.4f} |"
    )
