"""Who speaks when with pyannote, where weights are at hand, and what is said where they are not."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.pyannote_diarizer import Pyannote
from tests.pipeline.speech.speaking import SHARED, error_rate, frames, needs_shared, recording

HUB = ("accept its conditions at https://hf.co/nobody/no-such-pipeline", "HF_TOKEN", "CALLGRADE_DIARIZATION_MODEL")
FOLDER = ("set CALLGRADE_DIARIZATION_MODEL to a folder with a config.yaml",)


@pytest.mark.parametrize(
    ("model", "steps"), [("nobody/no-such-pipeline", HUB), ("{}/empty", FOLDER), ("{}/gone", FOLDER)]
)
def test_missing_weights_say_what_to_do(model: str, steps: tuple[str, ...], tmp_path: Path) -> None:
    """Without weights the call fails with the steps that help, at once and without asking a hub when offline; whoever
    named a folder is not sent to the hub."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(CallError) as raised:
        load_diarizer("pyannote", Settings(diarization_model=model.format(tmp_path), offline=True))
    assert raised.value.code == "no_diarization_model"
    assert all(step in str(raised.value) for step in steps)
    assert ("hf.co" in str(raised.value)) == (steps is HUB)


@needs_shared
def test_pyannote_on_a_real_phone_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real weights tell the two voices of a mono call apart, also where they overlap, and words get exclusive turns."""
    weights = SHARED / "models" / "pyannote-local"
    monkeypatch.syspath_prepend(str(weights))
    engine = load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))
    found = engine(decode(SHARED / "data/call_audio/audio/pyannote_phone_sample.flac"), n_speakers=2)
    assert found.diarizer == "pyannote:pyannote-local"
    assert found.turns["speaker"].unique().sort().to_list() == ["S0", "S1"]
    assert found.turns["speaker"][0] == "S0"  # numbered as they begin to speak
    truth = np.zeros((2, 3000), bool)
    names: dict[str, int] = {}
    for line in (SHARED / "data/call_audio/pyannote_phone_sample.rttm").read_text().splitlines():
        start, duration, who = float(line.split()[3]), float(line.split()[4]), line.split()[7]
        truth[names.setdefault(who, len(names)), round(start * 100) : round((start + duration) * 100)] = True
    heard = frames(found.turns, 3000)
    assert min(error_rate(truth, heard), error_rate(truth, heard[::-1])) < 0.1
    alone = found.exclusive.sort("start_s")
    assert (alone["start_s"].shift(-1) - alone["end_s"]).drop_nulls().min() >= -1e-6


@needs_shared
def test_number_of_speakers_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three voices are found where the call list names two people."""
    weights = SHARED / "models" / "pyannote-local"
    monkeypatch.syspath_prepend(str(weights))
    engine = load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))
    found = engine(decode(SHARED / "data/call_audio/audio/falcon_test.flac"), n_speakers=2)
    assert found.turns["speaker"].n_unique() == 3


def annotated(*rows: tuple[float, float, str]) -> SimpleNamespace:
    """What a pyannote pipeline gives."""
    from pyannote.core import Annotation, Segment

    found = Annotation()
    for number, (start_s, end_s, label) in enumerate(rows):
        found[Segment(start_s, end_s), number] = label
    return SimpleNamespace(speaker_diarization=found, exclusive_speaker_diarization=found)


def engine_over(pipeline: Callable[..., SimpleNamespace]) -> Pyannote:
    """The engine with another pipeline than one of the hub."""
    import torch

    return Pyannote(pipeline, device=torch.device("cpu"), diarizer="fake")


def test_turns_end_with_the_recording() -> None:
    """What the last window finds beyond the end of the recording is cut off: it made utterances that end too early."""
    found = annotated((1.0, 4.0, "b"), (4.2, 6.0, "b"), (9.0, 10.4, "a"), (10.1, 10.5, "b"))
    turns = engine_over(lambda *_, **__: found)(recording(np.ones((1, 10 * RATE_HZ))), n_speakers=2).turns
    assert turns.rows() == [("S0", 1.0, 6.0, None), ("S1", 9.0, 10.0, None)]  # the pause of 0.2 s is closed


def test_batches_shrink_until_they_fit() -> None:
    """What does not fit is tried in halved batches, which later recordings keep; one window is the least."""
    import torch

    tried = []

    class Pipeline:
        most = 8

        def __call__(self, *_: object, **__: object) -> SimpleNamespace:
            tried.append((self.segmentation_batch_size, self.embedding_batch_size))
            if self.embedding_batch_size > self.most:
                raise torch.OutOfMemoryError
            return annotated((1.0, 4.0, "a"))

    engine = engine_over(Pipeline())
    engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert tried == [(32, 32), (16, 16), (8, 8)]
    engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert tried[3:] == [(8, 8)]
    engine.pipeline.most = 0
    with pytest.raises(CallError) as raised:
        engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert raised.value.code == "out_of_memory"
