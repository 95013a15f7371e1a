"""Saved models come back as they were; what is not ours or not intact is refused."""

import json

import numpy as np
import pytest

from models.learning.element_model import ABOUT, ARRAYS, load, save
from tests.models.learning.test_train import scored, trained, world


@pytest.fixture(scope="module")
def models():
    frame, levels = world()
    return trained(scored(levels), frame).models + trained(scored({"c00": 1}), frame).models


def test_round_trip(models, tmp_path):
    """A learnt and an anchors model come back with the same figures and the same probabilities, to the bit."""
    for model in (models[0], models[-1]):
        save(model, tmp_path / model.model_id)
        back = load(tmp_path / model.model_id)
        assert (back.model_id, back.figures, back.reasons) == (model.model_id, model.figures, model.reasons)
        rows = np.random.default_rng(0).standard_normal((5, 2000))[
            :, : len(getattr(model.classifier, "coef_", [0] * 2000))
        ]
        assert np.array_equal(back.classifier.predict_proba(rows), model.classifier.predict_proba(rows))
        assert np.array_equal(back.weights, model.weights)


def test_same_bytes(models, tmp_path):
    """Saved twice, a model is the same bytes."""
    for folder in ("a", "b"):
        save(models[0], tmp_path / folder)
    for name in (ARRAYS, ABOUT):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name", [ARRAYS, ABOUT])
def test_one_changed_byte(models, tmp_path, name):
    """A model of which a single byte changed is refused."""
    save(models[0], tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    at = content.rindex(b"0") if name == ABOUT else len(content) - 1
    content[at] ^= 1
    (tmp_path / name).write_bytes(bytes(content))
    with pytest.raises(ValueError, match="not as it was saved"):
        load(tmp_path)


def test_cut_short(models, tmp_path):
    """Half a file of arrays is refused."""
    save(models[0], tmp_path)
    content = (tmp_path / ARRAYS).read_bytes()
    (tmp_path / ARRAYS).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not as it was saved"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', "\u0080\u0004."])
def test_not_ours(tmp_path, text):
    """Files of other makers are refused before anything in them is used."""
    (tmp_path / ABOUT).write_text(text)
    (tmp_path / ARRAYS).write_bytes(b"")
    with pytest.raises(ValueError, match="train again"):
        load(tmp_path)


def test_missing(tmp_path):
    """An empty folder is named."""
    with pytest.raises(ValueError, match="holds no saved model"):
        load(tmp_path / "none")


def test_unknown_classifier(models, tmp_path):
    """A signed model of a classifier we do not have is refused: no class is looked up by name outside our list."""
    from models.learning.element_model import _digest

    save(models[0], tmp_path)
    about = json.loads((tmp_path / ABOUT).read_text())
    del about["sha256"]
    about["kind"] = "os.system"
    about["sha256"] = _digest(about)
    (tmp_path / ABOUT).write_text(json.dumps(about))
    with pytest.raises(ValueError, match=r"no classifier 'os\.system'"):
        load(tmp_path)
