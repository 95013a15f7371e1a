"""Reference conversations as synthetic voices speak them: recordings of every kind of line, and the same as texts."""

import wave
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.paths import SCRIPTED
from benchmarks.speech.synthetic_calls import Conditions, GeneratedCall, generate_call
from models.ratings.reference import load_reference
from pipeline.speech.audio import RATE_HZ
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

READ = "read"  # the kind of the text that recordings are held against
KINDS: dict[str, Conditions] = {
    "two channels": Conditions(),
    "one channel": Conditions(mono=True),
    "telephone, two channels": Conditions(mu_law_8k=True),
    "telephone, one channel": Conditions(mu_law_8k=True, mono=True),
    "noise 20 dB down": Conditions(snr_db=20),
    "noise 10 dB down": Conditions(snr_db=10),
    "one channel, noise 10 dB down": Conditions(snr_db=10, mono=True),
}


def write_calls(folder: Path, n_calls: Mapping[str, int], *, longest_s: float) -> Path:
    """Write recordings of the first `n_calls` conversations by kind of line, their texts, and the call list; what is
    there is not made again.

    The conversations are spread over the kinds of rubrics. Each kind of line has people of its own in the list, so
    that a meeting follows up on the one before on the same line. Names tell nobody apart: roles are found by words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reference = load_reference(SCRIPTED)
    order = pl.int_range(pl.len()).over("interaction")
    calls = reference.calls.sort("call_id").with_columns(order=order).sort("order", "interaction")
    talk = reference.talk.filter(pl.col("start_s") < longest_s).partition_by("call_id", as_dict=True)
    rows: list[dict[str, object]] = []
    for number, call in enumerate(calls.head(max(n_calls.values())).to_dicts()):
        call_id = call["call_id"]
        for kind in (READ, *(kind for kind, n in n_calls.items() if number < n)):
            name = f"{call_id}-{kind.replace(', ', '-').replace(' ', '-')}"
            suffix = "json" if kind == READ else "wav"
            path = folder / f"{name}.{suffix}"
            if not path.exists():
                seed = zlib.crc32(call_id.encode())
                spoken = generate_call(seed, KINDS.get(kind, Conditions()), talk=talk[call_id,])
                _write(path, spoken, dict(talk[call_id,].select("side", "role").unique().iter_rows()))
            rows.append(
                {
                    "transcript" if kind == READ else "recording": path.name,
                    "call_id": name,
                    "interaction": call["interaction"],
                    "started_at": call["started_at"].isoformat(),
                    "lead_id": f"{call['lead_id']} {kind}",
                    "other_id": f"{call['other_id']} {kind}",
                    "kind": kind,
                    "conversation": call_id,
                }
            )
    listed = pl.DataFrame(rows, infer_schema_length=None)
    listed.write_csv(folder / "calls.csv")
    return folder / "calls.csv"


def _write(path: Path, spoken: GeneratedCall, roles: dict[str, str]) -> None:
    """Write a wav of 16 bits, or the turns as a transcript that names the roles."""
    if path.suffix == ".json":
        path.write_text(_as_text(spoken, roles).to_json(), encoding="utf-8")
        return
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(spoken.samples))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((spoken.samples.T * np.iinfo(np.int16).max).astype(np.int16).tobytes())


def _as_text(spoken: GeneratedCall, roles: dict[str, str]) -> Transcript:
    """The turns as they were said: one utterance each, from its first sound to its last."""
    rows: list[tuple[float, float, str, str, list[object]]] = [
        (turn.start_s, turn.end_s, turn.side, turn.text, []) for turn in spoken.turns
    ]
    utterances = pl.DataFrame(rows, schema=SPOKEN, orient="row").sort("start_s")
    speakers = {side: Speaker(role=role) for side, role in roles.items()}
    length_s = spoken.samples.shape[1] / RATE_HZ
    return Transcript(utterances, speakers, length_s, language="en", transcriber="text")
