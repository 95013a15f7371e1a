"""Make the sample recordings, their call list and their truth from data/samples/scripts: needs flite and sox."""

import json
import re
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
import yaml

from benchmarks.speech.synthetic_voices import Line, Person, play
from pipeline.speech.audio import RATE_HZ, Samples

SAMPLES = Path(__file__).parent / "samples"
BIT_RATE = 48_000
NOISE = 10 ** (-66 / 20)  # of full scale, over 40 dB under the speech
FAR_END = 0.7  # the other side is a little quieter
LINE = re.compile(r"(?P<side>lead|other)(?P<mark>\+|&|\.\.)?: (?P<text>.+)")


def main() -> None:
    """Write everything below data/samples but the scripts."""
    cast = yaml.safe_load((SAMPLES / "scripts/cast.yaml").read_text())
    rows, truth = [], []
    for path in sorted((SAMPLES / "scripts").glob("*-*.yaml")):
        script = {"call_id": path.stem} | yaml.safe_load(path.read_text())
        turns, samples = perform(script, cast)
        truth += turns
        if script.get("transcript_only"):
            write_vtt(SAMPLES / f"{path.stem}.vtt", turns, cast)
        else:
            write_audio(SAMPLES / f"{path.stem}.mp3", samples)
        rows.append(call_row(script, cast))
        print(f"{path.stem:24} {samples.shape[1] / RATE_HZ:6.1f} s  {len(turns)} turns")
    (SAMPLES / "truth.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in truth))
    pl.DataFrame(rows).sort("started_at").write_csv(SAMPLES / "calls.csv")


def perform(script: dict[str, Any], cast: dict[str, Any]) -> tuple[list[dict[str, Any]], Samples]:
    """Let the two people of a script talk: the rows of the truth, and the recording as (channels, samples)."""
    call_id, people = script["call_id"], {side: cast[script[side]] for side in ("lead", "other")}
    lines = []
    for line in script["turns"].splitlines():
        if not (match := LINE.fullmatch(line)):
            raise ValueError(f"{call_id}: a line reads 'lead: text' or 'other: text', not {line!r}")
        lines.append(Line(match["side"], match["mark"] or "", match["text"]))
    sounds = {side: Person(person["voice"], person["pitch"], person["stretch"]) for side, person in people.items()}
    lead_channel = 1 if script.get("lead_channel") == "right" else 0
    seed = zlib.crc32(call_id.encode())
    turns, samples = play(lines, sounds, seed=seed, lead_channel=lead_channel)
    samples[1 - lead_channel] *= FAR_END
    samples += np.random.default_rng(seed).normal(0, NOISE, samples.shape)
    if script.get("mono"):
        samples = samples.sum(axis=0, keepdims=True)
    one_channel = script.get("mono") or script.get("transcript_only")
    truth = [
        {"call_id": call_id, "idx": idx, "person_id": script[turn.side]}
        | turn._asdict()
        | {"channel": None if one_channel else turn.channel}
        for idx, turn in enumerate(turns)
    ]
    return truth, samples


def write_audio(path: Path, samples: Samples) -> None:
    """Encode as mp3, which every browser plays; the two channels are coded apart, so that none leaks into the other."""
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(path, "w", options={"id3v2_version": "0"}) as file:
        stream = file.add_stream("libmp3lame", rate=RATE_HZ, layout=layout, options={"joint_stereo": "0"})
        stream.bit_rate = BIT_RATE * len(samples) // 2
        frame = av.AudioFrame.from_ndarray(samples.clip(-1, 1), format="fltp", layout=layout)
        frame.rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
        fifo = av.AudioFifo()
        fifo.write(frame)
        for piece in [*fifo.read_many(stream.codec_context.frame_size or 576, partial=True), None]:
            file.mux(stream.encode(piece))


def write_vtt(path: Path, turns: list[dict[str, Any]], cast: dict[str, Any]) -> None:
    """Write the turns as WebVTT with a voice tag each, as meeting products export them."""
    cues = ["WEBVTT\n"]
    for turn in turns:
        name = cast[turn["person_id"]]["name"]
        cues.append(f"{stamp(turn['start_s'])} --> {stamp(turn['end_s'])}\n<v {name}>{turn['text']}</v>\n")
    path.write_text("\n".join(cues))


def stamp(seconds: float) -> str:
    """Seconds as WebVTT writes them, 00:01:02.340."""
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02.0f}:{minutes % 60:02.0f}:{seconds:06.3f}"


def call_row(script: dict[str, Any], cast: dict[str, Any]) -> dict[str, Any]:
    """The call's row in the call list."""
    lead, other = cast[script["lead"]], cast[script["other"]]
    written = script.get("transcript_only", False)
    return {
        "recording": None if written else f"{script['call_id']}.mp3",
        "transcript": f"{script['call_id']}.vtt" if written else None,
        "interaction": script["interaction"],
        "call_id": script["call_id"],
        "started_at": f"{script['started_at']:%Y-%m-%dT%H:%MZ}",
        "scheduled_minutes": script["scheduled_minutes"],
        "lead_id": script["lead"],
        "lead_name": lead["name"],
        "lead_channel": script["lead_channel"] if script.get("give_channel") else None,
        "other_id": script["other"],
        "other_name": other["name"],
        "team": lead["team"],
        "manager_id": lead["manager"],
        "opportunity_id": script.get("opportunity_id"),
        "stage": script.get("stage"),
        "outcome": script.get("outcome"),
        "region": script["region"],
    }


if __name__ == "__main__":
    main()
