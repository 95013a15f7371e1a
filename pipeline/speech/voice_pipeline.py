"""Voice pipeline: pyannote's diarization, with vectors of voices that are made once along the recording.

Pyannote makes a vector for each speaker of each of its overlapping windows. Here one vector for each piece of 1.6 s
serves all windows, and within a window each moment of a speaker goes to the voice that the pieces around it fit: the
small segmentation now and then takes two voices that are alike for one. Where it hears nobody, or bridges the silence
between two voices, the detector of speech is asked.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.core import SlidingWindow, SlidingWindowFeature

from pipeline.speech.audio import RATE_HZ
from pipeline.speech.voice_activity import speech_spans
from pipeline.speech.voice_encoder import FEWEST_FRAMES, FRAME_S, PIECE_S

HOP_S = 0.4  # from piece to piece
SPOKEN_SHARE = 0.4  # of a piece that has a vector
PURE_SHARE = 0.75  # of a piece that is one speaker's more than the others', for the vector of that speaker
LONG_ENOUGH_SHARE = 0.2  # of a window in which a speaker is alone, for the middle of a voice
PIECES_WEIGHT = 0.8  # of the pieces around a moment, against the whole of its speaker in the window
PAD_S = 0.05  # of speech by the detector, to each side
MISSED_S = 1.0  # of speech that the segmentation leaves out and the detector hears, at least
MISSED_SCORE = 0.1  # of its voice there: less than any that the segmentation gives
BRIDGED_S = 0.2  # of silence by the detector, at least, between two voices that the segmentation took for one
BATCH = 32

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Heard(NamedTuple):
    """What is heard along one recording."""

    spoken: NDArray[np.float64]  # (k, 2), start and end in seconds of each stretch of speech by the detector
    starts_s: NDArray[np.float64]  # of each piece, in order
    pieces: Floats  # (n, 256), the vector of each piece
    speakers: Floats  # (windows, speakers, 256), of each speaker of each window, of length 1; nan where one is silent
    brief: Mask  # (windows, speakers), who fills no piece of the window


class VoicePipeline(SpeakerDiarization):  # type: ignore[misc]  # pyannote ships no types
    """Pyannote's pipeline for our encoder; it holds what is heard along the recording that it is at."""

    heard: Heard

    def get_embeddings(
        self,
        file: Any,
        binary_segmentations: SlidingWindowFeature,
        exclude_overlap: bool = False,  # noqa: ARG002  moments of several speakers are never part of a vector
        hook: Any = None,  # noqa: ARG002  pyannote's signature
    ) -> Floats:
        """The vector of each speaker of each window (windows, speakers, 256); nan where one is silent."""
        sound = self._audio(file)[0][0]
        windows = binary_segmentations.sliding_window
        active = np.nan_to_num(binary_segmentations.data) > 0
        alone = _alone(active)
        spoken = speech_spans(sound.cpu().numpy(), pad_s=PAD_S)
        starts = _starts(spoken, active.any(axis=2), windows, len(sound) / RATE_HZ)
        with torch.inference_mode():
            pieces = self._embedding.model_.along(sound.to(self._embedding.device), starts.tolist()).cpu().numpy()
        starts_s = starts.astype(np.float64) * FRAME_S
        speakers = np.full((*active.shape[::2], self._embedding.dimension), np.nan, np.float32)
        for window in range(len(active)):
            start_s = window * windows.step
            first, last = np.searchsorted(starts_s, [start_s - PIECE_S, start_s + windows.duration])
            weights = _weights(alone[window], starts_s[first:last] - start_s, windows.duration)
            speakers[window] = _unit(weights.T @ pieces[first:last])
        brief = np.isnan(speakers).any(axis=2) & active.any(axis=1)
        enough = alone.sum(axis=1, keepdims=True) > FEWEST_FRAMES
        for window, speaker, vector in self._of_their_own(sound, np.where(enough, alone, active), brief, windows):
            speakers[window, speaker] = vector
        self.heard = Heard(spoken, starts_s, pieces, speakers, brief)
        return speakers.copy()

    def _of_their_own(
        self, sound: torch.Tensor, speaks: Mask, brief: Mask, windows: SlidingWindow
    ) -> Iterator[tuple[int, int, Floats]]:
        """The window, the speaker and the vector of each who is brief, of that speaker's own sound alone."""
        places = np.argwhere(brief)
        length = round(windows.duration * RATE_HZ)
        for at in range(0, len(places), BATCH):
            batch = places[at : at + BATCH]
            sounds = torch.zeros(len(batch), 1, length)
            for row, (window, _) in enumerate(batch):
                first = round(window * windows.step * RATE_HZ)
                cut = sound[first : first + length]
                sounds[row, 0, : len(cut)] = cut
            masks = torch.from_numpy(np.stack([speaks[window, :, speaker] for window, speaker in batch])).float()
            for (window, speaker), vector in zip(batch, _unit(self._embedding(sounds, masks=masks)), strict=True):
                yield int(window), int(speaker), vector

    def reconstruct(
        self, segmentations: SlidingWindowFeature, hard_clusters: NDArray[Any], count: SlidingWindowFeature
    ) -> SlidingWindowFeature:
        """Which voices (frames, voices) speak at each moment; a cluster below 0 is of a speaker who is silent."""
        windows, scores = segmentations.sliding_window, segmentations.data
        active = scores > self.segmentation.threshold
        alone = _alone(active)
        centres = _centres(self.heard.speakers, hard_clusters, alone.mean(axis=1) >= LONG_ENOUGH_SHARE)
        near_pieces = _smooth(_unit(self.heard.pieces) @ centres.T)
        near_speakers = np.nan_to_num(self.heard.speakers @ centres.T)
        voices = np.zeros((*scores.shape[:2], len(centres)), np.float32)
        frames = np.arange(scores.shape[1])
        within_s = (frames + 0.5) * windows.duration / len(frames)
        middles_s = self.heard.starts_s + PIECE_S / 2
        for window, score in enumerate(scores):
            times_s = window * windows.step + within_s
            around = np.stack([np.interp(times_s, middles_s, near) for near in near_pieces.T], axis=1)
            nobody = frames[~active[window].any(axis=1)]
            voices[window, nobody, around[nobody].argmax(axis=1)] = MISSED_SCORE
            for speaker in np.flatnonzero(hard_clusters[window] >= 0):
                by_pieces = alone[window, :, speaker, None] & ~self.heard.brief[window, speaker]
                weight = np.where(by_pieces, PIECES_WEIGHT, 0.0)
                voice = (weight * around + (1 - weight) * near_speakers[window, speaker]).argmax(axis=1)
                voices[window, frames, voice] = np.maximum(voices[window, frames, voice], score[:, speaker])
        counted = _with_missed(count, self.heard.spoken)
        return _unbridged(self.to_diarization(SlidingWindowFeature(voices, windows), counted), self.heard.spoken)


def _alone(active: Mask) -> Mask:
    """Where each speaker is the only one of a window."""
    alone: Mask = active & (active.sum(axis=2, keepdims=True) == 1)
    return alone


def _unit(vectors: Floats) -> Floats:
    """Vectors of length 1; nan where one has none."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: Floats = np.divide(vectors, lengths, out=np.full_like(vectors, np.nan), where=lengths > 0)
    return units


def _starts(spoken: NDArray[np.float64], speech: Mask, windows: SlidingWindow, duration_s: float) -> NDArray[np.intp]:
    """The first frame, of 10 ms, of each piece in which somebody speaks, by the segmentation or by the detector."""
    size, hop = round(PIECE_S / FRAME_S), round(HOP_S / FRAME_S)
    n = max(round(duration_s / FRAME_S), size)
    busy = np.zeros(n, bool)
    stretched = np.linspace(0, speech.shape[1] - 1, round(windows.duration / FRAME_S)).round().astype(int)
    for window, frames in enumerate(speech):
        first = round(window * windows.step / FRAME_S)
        busy[first : first + len(stretched)] |= frames[stretched][: max(n - first, 0)]
    for first, last in (spoken / FRAME_S).round().astype(int):
        busy[first:last] = True
    passed = np.concatenate([[0], np.cumsum(busy)])
    starts = np.arange(0, n - size + 1, hop)
    chosen = starts[passed[starts + size] - passed[starts] >= SPOKEN_SHARE * size]
    return chosen if len(chosen) else starts[:1]


def _weights(alone: Mask, starts_s: NDArray[np.float64], duration_s: float) -> Floats:
    """How much of each piece each speaker has more than the others (pieces, speakers); 0 where it is not pure."""
    n_frames = len(alone)
    passed = np.concatenate([np.zeros((1, alone.shape[1])), np.cumsum(alone, axis=0)])
    edges = np.stack([starts_s, starts_s + PIECE_S]) / duration_s * n_frames
    first, last = np.clip(np.round(edges), 0, n_frames).astype(int)
    own = (passed[last] - passed[first]) * duration_s / n_frames / PIECE_S
    more = 2 * own - own.sum(axis=1, keepdims=True)
    return np.where(more >= PURE_SHARE, more, 0).astype(np.float32)


def _centres(speakers: Floats, clusters: NDArray[Any], long_enough: Mask) -> Floats:
    """The middle of each cluster, of length 1, of those who are alone for long enough where there are any."""
    known = ~np.isnan(speakers).any(axis=2)
    middles = []
    for cluster in range(clusters.max() + 1):
        members = known & (clusters == cluster)
        chosen = members & long_enough
        middles.append(speakers[chosen if chosen.any() else members].sum(axis=0))
    return np.nan_to_num(_unit(np.stack(middles)))


def _smooth(near: Floats) -> Floats:
    """What each piece is near to, with a quarter of each of its neighbours: one odd piece is no change of speaker."""
    wider = np.concatenate([near[:1], near, near[-1:]])
    smooth: Floats = (wider[:-2] + 2 * near + wider[2:]) / np.float32(4)
    return smooth


def _with_missed(count: SlidingWindowFeature, spoken: NDArray[np.float64]) -> SlidingWindowFeature:
    """The number of speakers of each moment, one at least where speech is heard that the segmentation left out."""
    number = count.data.copy()
    for first, last in _frames(spoken, count):
        edges = np.flatnonzero(np.diff(np.pad(number[first:last, 0] == 0, 1).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2) + first:
            if (end - begin) * count.sliding_window.step >= MISSED_S:
                number[begin:end] = 1
    return SlidingWindowFeature(number, count.sliding_window)


def _unbridged(voices: SlidingWindowFeature, spoken: NDArray[np.float64]) -> SlidingWindowFeature:
    """The voices of each moment, none in the silence from one voice to another."""
    active = voices.data.copy()
    pauses = np.stack([spoken[:-1, 1], spoken[1:, 0]], axis=1)
    for first, last in _frames(pauses[pauses[:, 1] - pauses[:, 0] >= BRIDGED_S], voices):
        if 0 < first < last < len(active) and (active[first - 1] != active[last]).any():
            active[first:last] = 0
    return SlidingWindowFeature(active, voices.sliding_window)


def _frames(spans: NDArray[np.float64], of: SlidingWindowFeature) -> NDArray[np.intp]:
    """The first frame of each span of seconds, and the one after its last."""
    frames = of.sliding_window
    middles = frames.start + frames.duration / 2 + np.arange(len(of.data)) * frames.step
    return np.searchsorted(middles, spans)
