"""Playback: the copy of a recording in a page keeps its seconds, is made once, and goes with the recording."""

import shutil

import numpy as np
import polars as pl
import pytest

from pipeline.pages.parts import playback
from pipeline.pages.parts.playback import encode_playback
from pipeline.pages.site import write_report
from pipeline.speech.audio import RATE_HZ, decode
from tests.pipeline.pages.four_calls import (
    with_audio,
)


def test_playback_is_in_step(recording):
    """The copy is 30 s long at 24 kbit/s, and the tone of second 15 to 18 is still there."""
    copy = recording.with_suffix(".mp3")
    copy.write_bytes(encode_playback(recording))
    assert copy.stat().st_size == pytest.approx(30 * 24_000 / 8, rel=0.05)
    samples = decode(copy).samples[0]
    loud = np.flatnonzero(np.abs(samples) > 0.2) / RATE_HZ
    assert samples.size / RATE_HZ == pytest.approx(30, abs=0.05)
    assert (loud.min(), loud.max()) == (pytest.approx(15, abs=0.05), pytest.approx(18, abs=0.05))


def test_recording_goes_away(tables, elements, recording, tmp_path):
    """When the recording is deleted, the page loses its player at the next writing and says so."""
    mine = tmp_path / "mine.wav"
    shutil.copy(recording, mine)
    folder = tmp_path / "reports"
    write_report(with_audio(tables, mine), elements, folder)
    assert "<audio" in (folder / "calls/a1.html").read_text()
    mine.unlink()
    write_report(with_audio(tables, mine), elements, folder)
    page = (folder / "calls/a1.html").read_text()
    assert "<audio" not in page
    assert "is not there any more" in page


def test_sound_is_encoded_once(tables, elements, recording, tmp_path, monkeypatch):
    """A page that is written again because its text changed keeps the encoded sound it had."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    monkeypatch.setattr(playback, "encode_playback", lambda _: pytest.fail("encoded again"))
    labels = tables["labels"].with_columns(needs_review=pl.lit(value=True))
    write_report(with_audio({**tables, "labels": labels}, recording), elements, tmp_path)
    assert "<audio" in (tmp_path / "calls/a1.html").read_text()
