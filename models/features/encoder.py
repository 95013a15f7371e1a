"""Encoders: texts to unit vectors of meaning, by a sentence-transformers model or, with nothing to fetch, by words."""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from models.features.features import Encode, Floats
from pipeline.settings import Settings
from pipeline.speech.weights import cached_folder

DEFAULT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
LEXICAL = "lexical"
MODULES = "modules.json"  # what every sentence-transformers model has
WEIGHTS = Path(__file__).parent / "weights"
BLOCK_TEXTS, BLOCK_TOKENS = 8, 4  # texts that a sentence encoder reads at a time; what their width is a multiple of


def load_encoder(settings: Settings) -> Encode:
    """The encoder of the setting: `lexical`, a local folder, a hub name, or where it is empty the default one if its
    weights are at hand, else lexical. Loaded once per process; raises ValueError naming what would help."""
    chosen = settings.encoder or (DEFAULT_ENCODER if cached_folder(DEFAULT_ENCODER, MODULES) else LEXICAL)
    device = "cpu" if settings.device == "auto" else settings.device
    return _load(chosen, device, settings.offline or not settings.encoder)


@cache
def _load(chosen: str, device: str, offline: bool) -> Encode:
    return Lexical() if chosen == LEXICAL else Sentences(chosen, device=device, offline=offline)


class Lexical:
    """A vector for each of 11,454 words, added up: learnt so that sums come near a sentence encoder's vectors.

    The weights come with the project (`benchmarks/training/lexical_encoder.py` made them), so it is the same
    everywhere.
    """

    def __init__(self) -> None:
        from safetensors.numpy import load

        content = (WEIGHTS / "lexical.safetensors").read_bytes()
        arrays = load(content)
        self.name = f"lexical@{hashlib.sha256(content).hexdigest()[:12]}"
        words = (WEIGHTS / "lexical.txt").read_text(encoding="utf-8").split()
        self._row = {word: row for row, word in enumerate(words)}
        self._vectors = arrays["vectors"].astype(np.float32) * arrays["scale"]

    def of_words(self) -> tuple[list[str], Floats]:
        """The words, and their vectors, a row each."""
        return list(self._row), self._vectors

    def __call__(self, texts: list[str]) -> Floats:
        """Unit vectors, one row per text; a text without a known word is all zeros."""
        from scipy.sparse import csr_array

        known = [[self._row[word] for word in text.split() if word in self._row] for text in texts]
        ends = np.cumsum([0, *map(len, known)])
        columns = np.concatenate([np.zeros(0, np.int64), *known]).astype(np.int64)
        counts = csr_array((np.ones(len(columns), np.float32), columns, ends), shape=(len(texts), len(self._row)))
        sums = counts @ self._vectors
        vectors: Floats = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return vectors


class Sentences:
    """A sentence-transformers model; its name carries a digest of the weights, wherever they lie."""

    def __init__(self, model: str, *, device: str, offline: bool) -> None:
        folder = Path(model) if Path(model).is_dir() else cached_folder(model, MODULES)
        if folder is None and offline:
            raise ValueError(
                f"encoder {model}: its weights are not at hand; name a local folder, or set encoder to lexical"
            )
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(
                str(folder or model), device=device, local_files_only=offline, model_kwargs={"dtype": "float32"}
            )
        except (OSError, ValueError) as error:
            raise ValueError(
                f"encoder {model}: cannot be loaded ({error}); name a folder of sentence-transformers, or lexical"
            ) from error
        self.name = f"{Path(model).name}@{_digest(self._model)}"

    def __call__(self, texts: list[str]) -> Floats:
        """Unit vectors, one row per text.

        A text is read in a block of BLOCK_TEXTS texts that is as wide as its own tokens need, so that the arithmetic,
        and with it the last figure, does not depend on the texts that are read with it.
        """
        if not texts:
            return np.zeros((0, self._model.get_embedding_dimension()), np.float32)
        tokens = self._model.tokenizer(texts, truncation=True, max_length=self._model.max_seq_length)
        widths = np.array([-(-len(ids) // BLOCK_TOKENS) * BLOCK_TOKENS for ids in tokens["input_ids"]], np.int64)
        vectors = np.zeros((len(texts), self._model.get_embedding_dimension()), np.float32)
        for width in np.unique(widths):
            alike = np.flatnonzero(widths == width)
            for first in range(0, len(alike), BLOCK_TEXTS):
                rows = alike[first : first + BLOCK_TEXTS]
                filled = np.resize(rows, BLOCK_TEXTS)  # the last block is filled up with its own texts
                block = {name: [of_texts[row] for row in filled] for name, of_texts in tokens.items()}
                vectors[rows] = self._read(block, int(width))[: len(rows)]
        return vectors

    def _read(self, block: dict[str, list[list[int]]], width: int) -> Floats:
        """The unit vectors of texts that are given as tokens, each of them padded to `width`."""
        import torch

        padded = self._model.tokenizer.pad(block, padding="max_length", max_length=width, return_tensors="pt")
        with torch.inference_mode():
            vectors = self._model({name: value.to(self._model.device) for name, value in padded.items()})
            unit: Floats = torch.nn.functional.normalize(vectors["sentence_embedding"]).float().cpu().numpy()
        return unit


def _digest(model: object) -> str:
    """Twelve hexadecimal digits over the weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):  # type: ignore[attr-defined]
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]
