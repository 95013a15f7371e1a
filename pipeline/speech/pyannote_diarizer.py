"""Pyannote diarizer: find who speaks when on a single channel with a pipeline of pyannote.audio."""

import logging
import os
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import CallError
from pipeline.speech import devices, weights
from pipeline.speech.audio import RATE_HZ, Audio, mono
from pipeline.speech.engines import GAP_S, TURNS, Diarization

log = logging.getLogger(__name__)

CONFIGURATION = "config.yaml"
MORE_SPEAKERS = 2  # than the call list names may take part: a manager who joins, a second customer
WINDOW_BYTES = 40_000_000  # of memory for each ten-second window in a batch, generously
LARGEST_BATCH = 32
SHORTEST_TURN_S = 0.2  # what is left of a change of speakers is no turn, and would take a word from its sentence
LONG_ENOUGH = pl.col("end_s") - pl.col("start_s") >= SHORTEST_TURN_S


class Pyannote:
    """A pipeline of pyannote.audio on a torch device: the one of a folder or the hub, or our own with small weights."""

    def __init__(self, pipeline: Any, *, device: Any, diarizer: str) -> None:
        self.pipeline = pipeline
        self.device = device
        self.diarizer = diarizer
        self.batch = LARGEST_BATCH

    def __call__(self, audio: Audio, *, n_speakers: int | None = None) -> Diarization:
        """Raises CallError silent where nobody speaks, out_of_memory where even single windows do not fit."""
        import torch

        sound = {"waveform": torch.from_numpy(mono(audio.samples)[None]), "sample_rate": RATE_HZ}
        hint = {"min_speakers": n_speakers, "max_speakers": n_speakers + MORE_SPEAKERS} if n_speakers else {}
        self.batch = max(1, min(self.batch, _free_bytes(self.device) // WINDOW_BYTES))
        while True:
            self.pipeline.segmentation_batch_size = self.pipeline.embedding_batch_size = self.batch
            try:
                result = self.pipeline(sound, **hint)
                break
            except (MemoryError, torch.OutOfMemoryError) as error:
                if self.batch == 1:
                    raise CallError(
                        "out_of_memory",
                        "diarization needs more memory than there is; use fewer --workers, or split the recording",
                    ) from error
                self.batch //= 2
                log.info("diarizing again in smaller batches: %d", self.batch)
        turns = _turns(result.speaker_diarization, audio.duration_s)
        exclusive = _turns(result.exclusive_speaker_diarization, audio.duration_s)
        if turns.is_empty():
            raise CallError("silent", "there is no speech in this recording; check what was recorded")
        first = turns.group_by("speaker").agg(pl.min("start_s")).sort("start_s", "speaker")["speaker"]
        names = {label: f"S{number}" for number, label in enumerate(first)}
        named = pl.col("speaker").replace(names)
        closed, alone = _closed(turns.with_columns(named)), exclusive.with_columns(named)
        return Diarization(closed.filter(LONG_ENOUGH), alone.filter(LONG_ENOUGH), self.diarizer)


def pyannote(model: str, *, device: str, offline: bool) -> Pyannote:
    """A pipeline from a folder, the hub's cache or the hub. Raises CallError no_diarization_model where it has none.

    Missing weights are refused before anything heavy is imported; pyannote's telemetry is switched off.
    """
    place = weights_at_hand(model)
    if place is None and Path(model).is_absolute():
        raise _no_model(model, "is a folder that is not there")
    if place is None and (offline or not weights.answers(model)):
        raise _no_model(model, "is not here and the hub cannot be reached")
    if place is not None and place.is_dir() and not (place / CONFIGURATION).is_file():
        raise _no_model(model, f"is a folder without {CONFIGURATION}")
    _keep_to_itself(offline=offline)
    import torch
    from pyannote.audio import Pipeline

    chosen = torch.device(*devices.choose(device))
    try:
        pipeline = Pipeline.from_pretrained(str(place or model))
        if pipeline is not None:
            return Pyannote(pipeline.to(chosen), device=chosen, diarizer=f"pyannote:{Path(model).name}")
    except Exception as error:  # every part of a pipeline brings errors of its own
        raise _no_model(model, f"cannot be loaded on {chosen.type} ({type(error).__name__})") from error
    raise _no_model(model, "is not open to this account")


def voices(*, device: str) -> Pyannote:
    """The pipeline whose small weights come with the program."""
    _keep_to_itself(offline=True)
    import torch

    from pipeline.speech.voice_diarizer import load_voices

    chosen = torch.device(*devices.choose(device))
    return Pyannote(load_voices().to(chosen), device=chosen, diarizer="voices")


def weights_at_hand(model: str) -> Path | None:
    """The folder of a pipeline, itself a folder or in the hub's cache; None where it is not on this machine."""
    return Path(model) if Path(model).exists() else weights.cached_folder(model, CONFIGURATION)


def _keep_to_itself(*, offline: bool) -> None:
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read at import: it would send the lengths of files
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def _no_model(model: str, what: str) -> CallError:
    if Path(model).exists() or Path(model).is_absolute() or model.startswith("."):
        remedy = (
            "set CALLGRADE_DIARIZATION_MODEL to a folder with a config.yaml and the weights it names, or to a hub name"
        )
    else:
        remedy = (
            f"accept its conditions at https://hf.co/{model}, set HF_TOKEN to a token of yours and connect once, or set"
            " CALLGRADE_DIARIZATION_MODEL=/folder with a config.yaml"
        )
    return CallError("no_diarization_model", f"the diarization model {model} {what}; {remedy}")


def _free_bytes(device: Any) -> int:
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) // 2  # the recogniser wants the other half
    if "SC_AVPHYS_PAGES" in getattr(os, "sysconf_names", {}):  # Linux alone tells
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 2**30


def _turns(annotation: Any, duration_s: float) -> pl.DataFrame:
    """The turns of a pyannote annotation, clipped to the recording: its last window reaches beyond the end."""
    rows = [(label, part.start, part.end, None) for part, _, label in annotation.itertracks(yield_label=True)]
    turns = pl.DataFrame(rows, schema=TURNS, orient="row").with_columns(pl.col("start_s", "end_s").clip(0, duration_s))
    return turns.filter(pl.col("end_s") > pl.col("start_s")).sort("start_s", "end_s")


def _closed(turns: pl.DataFrame) -> pl.DataFrame:
    """Join turns of one speaker that are at most GAP_S apart."""
    before = pl.col("end_s").cum_max().shift(1).over("speaker", order_by="start_s")
    new = (pl.col("start_s") - before > GAP_S).fill_null(value=True)
    numbered = turns.sort("speaker", "start_s").with_columns(turn=new).with_columns(pl.col("turn").cum_sum())
    joined = numbered.group_by("speaker", "turn").agg(pl.min("start_s"), pl.max("end_s"), pl.first("channel"))
    return joined.select(TURNS.names()).sort("start_s", "end_s")
