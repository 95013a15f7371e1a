"""Voice encoder: the GE2E speaker encoder of Resemblyzer (Apache-2.0) as a model of pyannote.audio.

An LSTM over mel spectra gives one vector for each 1.6 s of a voice (Wan et al. 2018, Generalized end-to-end loss for
speaker verification). Its weights are beside it in `voices`.
"""

import torch
import torch.nn.functional as F  # noqa: N812  as torch itself writes it
import torchaudio
from pyannote.audio.core.model import Model
from torch import Tensor, nn

HOP, WINDOW, MELS, DIMENSIONS = 160, 400, 40, 256  # samples at 16 kHz; bands; of a vector
PARTIAL, STEP = 160, 80  # frames of 10 ms: what the encoder was trained on, half overlapping
FRAME_S, PIECE_S = 0.01, 1.6
PIECES, MARGIN = 64, 2  # pieces at a time; frames around them, for their spectra
FEWEST_FRAMES = 8  # of a voice, for a vector of it
LOUDNESS_DBFS = -30.0  # quieter voices are raised to this


class VoiceEncoder(Model):  # type: ignore[misc]  # pyannote ships no types
    """Vectors of voices: `forward` takes sound (n, 1, samples) and weights (n, frames) that say when a voice speaks."""

    def __init__(self, sample_rate: int = 16_000, num_channels: int = 1) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels)
        self.mel = torchaudio.transforms.MelSpectrogram(
            sample_rate,
            n_fft=WINDOW,
            hop_length=HOP,
            n_mels=MELS,
            power=2.0,
            norm="slaney",
            mel_scale="slaney",
            pad_mode="constant",
        )
        self.lstm = nn.LSTM(MELS, DIMENSIONS, 3, batch_first=True)
        self.linear = nn.Linear(DIMENSIONS, DIMENSIONS)
        self.register_buffer("center", torch.zeros(DIMENSIONS))  # the mean voice: without it all lie close together

    @property
    def dimension(self) -> int:
        """The length of a vector, as pyannote asks for it."""
        return DIMENSIONS

    def forward(self, waveforms: Tensor, weights: Tensor | None = None) -> Tensor:
        """Vectors (n, 256); nan where a voice speaks too briefly. Raises ValueError for sound that is too short."""
        sounds = waveforms[:, 0]
        n, n_samples = sounds.shape
        if n_samples < FEWEST_FRAMES * HOP:
            raise ValueError(f"{n_samples} samples are too few for a vector of a voice")
        vectors = sounds.new_full((n, DIMENSIONS), float("nan"))
        partials, owners = [], []
        for row, (sound, mel) in enumerate(zip(sounds, self._spectra(sounds), strict=True)):
            spoken = torch.ones(len(mel), dtype=torch.bool) if weights is None else _stretched(weights[row], len(mel))
            if int(spoken.sum()) < FEWEST_FRAMES:
                continue
            power = sound[_stretched(spoken, n_samples)].pow(2).mean()
            gain = (10 ** (LOUDNESS_DBFS / 10) / power.clamp_min(1e-10)).clamp_min(1.0)
            cut = _partials(mel[spoken] * gain)
            partials.append(cut)
            owners += [row] * len(cut)
        if not partials:
            return vectors
        _, (hidden, _) = self.lstm(torch.cat(partials))
        encoded = F.normalize(torch.relu(self.linear(hidden[-1])), dim=1)
        owner = torch.tensor(owners, device=encoded.device)
        summed = encoded.new_zeros(n, DIMENSIONS).index_add_(0, owner, encoded)
        heard = torch.unique(owner)
        vectors[heard] = F.normalize(summed[heard], dim=1) - self.center
        return vectors

    def along(self, sound: Tensor, starts: list[int]) -> Tensor:
        """The vector (256) of each piece of 1.6 s of a sound (samples) that starts at one of these frames, in order."""
        vectors = [sound.new_zeros(0, DIMENSIONS)]
        for at in range(0, len(starts), PIECES):
            batch = starts[at : at + PIECES]
            first = max(batch[0] - MARGIN, 0)
            cut = sound[first * HOP : (batch[-1] + PARTIAL + MARGIN) * HOP]
            mel = self.mel(cut).T
            pieces = torch.stack([mel[start - first :][:PARTIAL] for start in batch])
            power = torch.stack([cut[(start - first) * HOP :][: PARTIAL * HOP].pow(2).mean() for start in batch])
            gain = (10 ** (LOUDNESS_DBFS / 10) / power.clamp_min(1e-10)).clamp_min(1.0)
            _, (hidden, _) = self.lstm(pieces * gain[:, None, None])
            vectors.append(F.normalize(torch.relu(self.linear(hidden[-1])), dim=1) - self.center)
        return torch.cat(vectors)

    def _spectra(self, sounds: Tensor) -> list[Tensor]:
        """The mel spectra (frames, 40) of each sound; pyannote sends a sound once for each voice in it."""
        spectra: list[Tensor] = []
        for row, sound in enumerate(sounds):
            again = row > 0 and torch.equal(sound, sounds[row - 1])
            spectra.append(spectra[-1] if again else self.mel(sound).T)
        return spectra


def _stretched(mask: Tensor, n: int) -> Tensor:
    """A mask over other frames, by the nearest."""
    return F.interpolate(mask[None, None].float(), size=n, mode="nearest")[0, 0] > 0.5


def _partials(frames: Tensor) -> Tensor:
    """Cut spectra (n, 40) into pieces (m, 160, 40); what is shorter is repeated."""
    n = len(frames)
    if n < PARTIAL:
        return frames.repeat(-(-PARTIAL // n), 1)[None, :PARTIAL]
    starts = list(range(0, n - PARTIAL + 1, STEP))
    if starts[-1] + PARTIAL < n - STEP // 4:
        starts.append(n - PARTIAL)
    return torch.stack([frames[start : start + PARTIAL] for start in starts])
