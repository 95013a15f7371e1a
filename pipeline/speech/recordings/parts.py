"""Audio parts: several recordings of one conversation, as after a dropped line, put one after the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.speech.audio import Audio, decode, mono, too_long


def decode_parts(paths: Sequence[str | Path], *, max_hours: float = 6.0) -> Audio:
    """Decode the recordings of one conversation, as after a dropped line, and put each after the one before.

    Where not all have two channels all are mixed down. Raises what `decode` raises, of the first that has a fault.
    """
    parts = [decode(path, max_hours=max_hours) for path in paths]
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    if sum(part.duration_s for part in parts) > max_hours * 3600:
        raise too_long(paths[0], max_hours)
    alike = len({len(part.samples) for part in parts}) == 1
    samples = np.hstack([part.samples if alike else mono(part.samples)[np.newaxis] for part in parts])
    notes, at_s = [], 0.0
    for number, part in enumerate(parts, start=1):
        if number > 1:
            notes.append(f"part {number} begins at {at_s:.0f} s, right after the part before")
        notes += [f"part {number}: {note}" for note in part.notes]
        at_s += part.duration_s
    notes += [] if alike else ["parts with one and with two channels are mixed down to one"]
    return Audio(samples, first.sample_rate_hz, first.channels, at_s, tuple(notes))
