"""The small weights of pyannote, where they are at hand."""

import os
import sys
from pathlib import Path

from benchmarks.paths import SHARED
from pipeline.settings import Settings
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.engines import Diarizer

SMALL_PYANNOTE = SHARED / "models" / "pyannote-local"


def load_small_pyannote(shared: Path) -> Diarizer | None:
    """The diarizer with the small weights; None where they are not at hand."""
    weights = shared / "models" / "pyannote-local"
    if not weights.is_dir():
        return None
    if str(weights) not in sys.path:
        sys.path.insert(0, str(weights))  # its embedding is a class of its own
    return load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))


def use_weights(folder: Path) -> None:
    """Let pyannote find the class that lies beside the small weights, in this process and those it starts."""
    if folder.is_dir():
        sys.path.insert(0, str(folder))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
