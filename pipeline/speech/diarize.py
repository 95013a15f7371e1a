"""Diarize: choose and run the engine that finds who speaks when, by channel or by voice."""

import functools
from collections.abc import Callable

from pipeline.settings import Settings
from pipeline.speech.audio import Audio
from pipeline.speech.channel_diarizer import ChannelsAlikeError, by_channel
from pipeline.speech.engines import Diarization, Diarizer
from pipeline.speech.pyannote_diarizer import pyannote, voices, weights_at_hand


def diarize(audio: Audio, settings: Settings, *, n_speakers: int | None = None) -> Diarization:
    """Diarize by the engine the settings name.

    `auto` takes the channels where each holds one side, else pyannote's model where its weights are on this machine,
    else the voices with the weights that come with the program.
    """
    if settings.diarizer != "auto":
        return load_diarizer(settings.diarizer, settings)(audio, n_speakers=n_speakers)
    try:
        return load_diarizer("channels", settings)(audio, n_speakers=n_speakers)
    except ChannelsAlikeError:
        return load_diarizer(by_voice(settings), settings)(audio, n_speakers=n_speakers)


def by_voice(settings: Settings) -> str:
    """The engine for a single channel that `auto` takes: pyannote where its model is named or on this machine."""
    model = settings.diarization_model
    named = model != Settings.model_fields["diarization_model"].default
    return "pyannote" if named or weights_at_hand(model) else "voices"


def describe(settings: Settings) -> str:
    """The engines that the settings come to, whatever words they are in; stored transcripts are told apart by it."""
    chosen = ("channels", by_voice(settings)) if settings.diarizer == "auto" else (settings.diarizer,)
    return ", ".join(f"{name} {settings.diarization_model}" if name == "pyannote" else name for name in chosen)


def load_diarizer(name: str, settings: Settings) -> Diarizer:
    """The engine of this name, loaded once per process."""
    if name not in DIARIZERS:
        raise ValueError(f"{name}: no diarizer of that name, only auto, {', '.join(DIARIZERS)}")
    return _loaded(DIARIZERS[name], settings.device, settings.diarization_model, settings.offline)


@functools.cache
def _loaded(factory: Callable[..., Diarizer], device: str, model: str, offline: bool) -> Diarizer:
    return factory(device=device, model=model, offline=offline)


def _channels(*, device: str, model: str, offline: bool) -> Diarizer:  # noqa: ARG001  it needs none of them
    return by_channel


def _pyannote(*, device: str, model: str, offline: bool) -> Diarizer:
    return pyannote(model, device=device, offline=offline)


def _voices(*, device: str, model: str, offline: bool) -> Diarizer:  # noqa: ARG001  its weights come with the program
    return voices(device=device)


DIARIZERS: dict[str, Callable[..., Diarizer]] = {"channels": _channels, "pyannote": _pyannote, "voices": _voices}
