"""Encoders: the lexical one by hand, the sentence model where its weights are at hand, and what is refused."""

from pathlib import Path

import marimo  # noqa: F401 - encoders are also loaded in notebooks, where transformers wants IPython
import numpy as np
import pytest
from huggingface_hub import constants

from models.features.encoder import Lexical, load_encoder
from pipeline.settings import Settings

MINILM = Path(__file__).parents[4] / "shared" / "models" / "all-MiniLM-L6-v2"


def test_lexical_by_meaning():
    """Like meanings are nearer than unlike ones, beyond shared words; vectors have length 1."""
    price, cost, weather = Lexical()(["what is the price", "how much does it cost", "it rains a lot"])
    assert np.linalg.norm(price) == pytest.approx(1, abs=1e-6)
    assert price @ cost > price @ weather + 0.2


def test_lexical_empty():
    """An empty text is all zeros, no texts are no rows."""
    assert not Lexical()(["", "zzxqv"]).any()
    assert Lexical()([]).shape == (0, Lexical()(["a"]).shape[1])


def test_default_without_weights(monkeypatch, tmp_path):
    """Nothing named and nothing cached: lexical, without asking a hub."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert load_encoder(Settings()).name == Lexical().name


def test_loaded_once():
    """The same setting gives the same engine within a process."""
    assert load_encoder(Settings(encoder="lexical")) is load_encoder(Settings(encoder="lexical"))


def test_absent_weights_offline(monkeypatch, tmp_path):
    """Offline, an encoder that is not at hand is refused with what would help."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="not at hand; name a local folder"):
        load_encoder(Settings(encoder="no/such-model", offline=True))


def test_sentence_model():
    """From a local folder: meaning counts beyond shared words, and the name carries a digest of the weights."""
    if not MINILM.exists():
        pytest.skip("the sentence encoder's weights are not at hand")
    encode = load_encoder(Settings(encoder=str(MINILM)))
    price, cost, weather = encode(["what is the price", "how much does it cost", "it rains a lot"])
    assert price @ cost > price @ weather + 0.2
    assert encode.name.startswith("all-MiniLM-L6-v2@")
    assert price.dtype == np.float32


def test_sentence_model_reads_each_text_alone():
    """A text has the same vector, to the last bit, alone and among others of other lengths, in any order."""
    if not MINILM.exists():
        pytest.skip("the sentence encoder's weights are not at hand")
    encode = load_encoder(Settings(encoder=str(MINILM)))
    texts = [" ".join(["what is the price of it"] * (1 + k % 7)) + f" {k}" for k in range(21)] + ["", "why"]
    together = encode(texts)
    assert encode([]).shape == (0, together.shape[1])
    assert np.array_equal(encode(texts[::-1])[::-1], together)
    assert all(np.array_equal(encode([text])[0], vector) for text, vector in zip(texts, together, strict=True))
    reference = encode._model.encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(together, reference, atol=1e-6)
