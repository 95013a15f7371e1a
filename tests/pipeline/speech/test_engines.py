"""What engines share: long stretches are cut where it is quiet."""

import numpy as np
import pytest

from pipeline.speech.audio import RATE_HZ
from pipeline.speech.engines import pieces


def test_long_stretch_is_cut_where_it_is_quiet() -> None:
    """Thirty seconds of tone with a pause at 14 s are cut in the pause when 20 s are the most."""
    tone = (0.5 * np.sin(np.arange(30 * RATE_HZ) * 0.3)).astype(np.float32)
    tone[14 * RATE_HZ : int(14.2 * RATE_HZ)] = 0
    cut = list(pieces(tone, 0.0, 30.0, longest_s=20.0, pad_s=0.0))
    assert [at for at, _ in cut] == [0.0, pytest.approx(14.1, abs=0.1)]
    assert sum(len(piece) for _, piece in cut) == len(tone)
