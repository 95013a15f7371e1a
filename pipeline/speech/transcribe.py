"""Transcribe: choose and run the engine that recognises words."""

import functools
from collections.abc import Callable

from pipeline.settings import Settings
from pipeline.speech.audio import Audio
from pipeline.speech.engines import Diarization, Transcriber, Transcription

DEFAULT = "whisper"


def load_transcriber(name: str, settings: Settings) -> Transcriber:
    """The engine of this name, loaded once per process."""
    if name not in TRANSCRIBERS:
        raise ValueError(f"{name}: no transcriber of that name, only auto, {', '.join(TRANSCRIBERS)}")
    return _loaded(TRANSCRIBERS[name], settings)


def transcribe(audio: Audio, diarization: Diarization, settings: Settings) -> Transcription:
    """Transcribe with the engine the settings name."""
    return load_transcriber(choose_transcriber(settings), settings)(audio, diarization)


def choose_transcriber(settings: Settings) -> str:
    """The engine that the settings name, Whisper for `auto`."""
    return DEFAULT if settings.transcriber == "auto" else settings.transcriber


def describe(name: str, settings: Settings) -> str:
    """The text in calls.transcriber for the engine of this name; stored transcripts are told apart by it."""
    if name != "whisper":
        return name
    from pipeline.speech import whisper_transcriber

    return whisper_transcriber.describe(settings)


@functools.cache
def _loaded(factory: Callable[[Settings], Transcriber], settings: Settings) -> Transcriber:
    return factory(settings)


def _whisper(settings: Settings) -> Transcriber:
    from pipeline.speech.whisper_transcriber import Whisper

    return Whisper(settings)


TRANSCRIBERS: dict[str, Callable[[Settings], Transcriber]] = {"whisper": _whisper}
