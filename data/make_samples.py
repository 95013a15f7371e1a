"""Make the sample recordings, their call lists and their truth from data/samples/scripts: needs flite and sox."""

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
from numpy.typing import NDArray

from benchmarks.voices import RATE_HZ, speak, stretches

SAMPLES = Path(__file__).parent / "samples"
BIT_RATE = 48_000
NOISE = 10 ** (-66 / 20)  # of full scale, over 40 dB under the speech
LOUDNESS = {"lead": 1.0, "other": 0.7}  # the far end is a little quieter
TURN = re.compile(r"(?P<role>lead|other)(?P<mark>\+|&|\.\.)?: (?P<text>.+)")
# what a mark after the role means, as the gap to the end of the turn before in seconds, from and to
GAP_S = {None: (0.25, 0.8), "..": (1.6, 2.4), "+": (-0.7, -0.5)}


def main() -> None:
    """Write everything below data/samples but the scripts."""
    cast = yaml.safe_load((SAMPLES / "scripts/cast.yaml").read_text())
    rows, truth = [], []
    for path in sorted((SAMPLES / "scripts").glob("*-*.yaml")):
        script = {"call_id": path.stem} | yaml.safe_load(path.read_text())
        spoken, voices = play(script, cast)
        truth += spoken
        if script.get("transcript_only"):
            write_vtt(SAMPLES / f"{path.stem}.vtt", spoken, cast)
        else:
            write_audio(SAMPLES / f"{path.stem}.mp3", voices)
        rows.append(call_row(script, cast))
        print(f"{path.stem:24} {voices.shape[1] / RATE_HZ:6.1f} s  {len(spoken)} turns")
    (SAMPLES / "truth.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in truth))
    calls = pl.DataFrame(rows).sort("started_at")
    mono = pl.col("mono")
    calls.filter(~mono).drop("mono").write_csv(SAMPLES / "calls.csv")
    calls.filter(mono).drop("mono", "lead_channel", "transcript").write_csv(SAMPLES / "mono.csv")


def play(script: dict[str, Any], cast: dict[str, Any]) -> tuple[list[dict[str, Any]], NDArray[np.float32]]:
    """Let the two people talk: the turns as spoken, and their voices as (channels, samples)."""
    rng = np.random.default_rng(zlib.crc32(script["call_id"].encode()))
    lead_channel = 1 if script.get("lead_channel") == "right" else 0
    turns, parts = [], []
    last_start_s, last_end_s = 0.0, 0.8
    for line in script["turns"].splitlines():
        match = TURN.fullmatch(line)
        if not match:
            raise ValueError(f"{script['call_id']}: a turn reads 'lead: text' or 'other: text', not {line!r}")
        role, mark, text = match["role"], match["mark"], match["text"]
        person = cast[script[role]]
        voice = speak(text, voice=person["voice"], pitch=person["pitch"], stretch=person["stretch"]) * LOUDNESS[role]
        speech = stretches(voice)
        if mark == "&":  # a back-channel within the turn before
            start_s = last_start_s + rng.uniform(0.6, 0.7) * (last_end_s - last_start_s)
        else:
            start_s = last_end_s + rng.uniform(*GAP_S[mark])
            last_start_s, last_end_s = start_s, start_s + speech[-1][1] - speech[0][0]
        channel = lead_channel if role == "lead" else 1 - lead_channel
        offset_s = round(start_s - speech[0][0], 2)
        speech = [(round(offset_s + a, 2), round(offset_s + b, 2)) for a, b in speech]
        parts.append((channel, round(offset_s * RATE_HZ), voice))
        turns.append(
            {
                "call_id": script["call_id"],
                "idx": len(turns),
                "role": role,
                "person_id": script[role],
                "channel": None if script.get("mono") or script.get("transcript_only") else channel,
                "start_s": speech[0][0],
                "end_s": speech[-1][1],
                "speech": speech,
                "text": text,
            }
        )
    voices = rng.normal(0, NOISE, (2, round((last_end_s + 1) * RATE_HZ)))
    for channel, start, voice in parts:
        voices[channel, start : start + len(voice)] += voice
    if script.get("mono"):
        voices = voices.sum(axis=0, keepdims=True)
    return turns, voices.astype(np.float32)


def write_audio(path: Path, voices: NDArray[np.float32]) -> None:
    """Encode as mp3, which every browser plays; the two channels are coded apart, so that none leaks into the other."""
    layout = "mono" if len(voices) == 1 else "stereo"
    with av.open(path, "w", options={"id3v2_version": "0"}) as file:
        stream = file.add_stream("libmp3lame", rate=RATE_HZ, layout=layout, options={"joint_stereo": "0"})
        stream.bit_rate = BIT_RATE * len(voices) // 2
        frame = av.AudioFrame.from_ndarray(voices.clip(-1, 1), format="fltp", layout=layout)
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
        "mono": script.get("mono", False),
    }


if __name__ == "__main__":
    main()
