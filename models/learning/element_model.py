"""Saved models: arrays as safetensors, the rest as JSON, and a digest over both: nothing else is loaded."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.features.features import Floats
from pipeline.errors import brief
from pipeline.location import write_whole

FORMAT = "callgrade-model"
FORMAT_VERSION = 2
ARRAYS, ABOUT = "model.safetensors", "model.json"
FITTED = "classifier."
OWN_ARRAYS = ("weights", "words")
CALIBRATED_BASES = (
    *("people", "people and reference", "people and earlier wording"),
    "people, reference and earlier wording",
)
OTHER_RUBRICS = "people (other rubrics)"
UNFIT = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True)
class ElementModel:
    """A classifier of one element of one rubric, and what is known of it.

    `weights` score utterances as evidence, `words` the words of a call, where there are any (word_score.py);
    `classifier` is a fitted estimator of CLASSIFIERS; a label is for review unless the chance that it is at most one
    level off reaches `sure`; `reasons` say why the gate did not pass.
    """

    model_id: str
    rubric: str
    element: str
    rubric_hash: str
    features_version: int
    encoder: str
    basis: str
    gate: str
    sure: float
    data_hash: str
    weights: Floats
    classifier: Any
    kind: str = "ordinal"
    reasons: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    words: Floats | None = None

    @property
    def status(self) -> str:
        """Only what scores that people gave by this very rubric carried through the gate is calibrated."""
        return "calibrated" if self.basis in CALIBRATED_BASES and self.gate == "passed" else "provisional"

    @property
    def unfit(self) -> str | None:
        """Why it gives no colours, if so: it learnt from no scores, or is right less often than the most frequent level
        would be."""
        if self.basis == "anchors":
            return "not_learnt"
        worse = self.figures and (self.figures.get("exact") or 0.0) < (self.figures.get("majority") or 0.0)
        return "worse_than_majority" if worse else None


def save(model: ElementModel, folder: Path) -> None:
    """Write the model into `folder`, which is made; the same model gives the same bytes."""
    from safetensors.numpy import save as to_bytes

    fitted = {name: np.asarray(value) for name, value in vars(model.classifier).items() if name.endswith("_")}
    arrays = {FITTED + name: np.ascontiguousarray(value) for name, value in fitted.items()}
    own = {name: getattr(model, name) for name in OWN_ARRAYS if getattr(model, name) is not None}
    content = to_bytes(arrays | {name: np.ascontiguousarray(array) for name, array in own.items()})
    kept = {name: value for name, value in vars(model).items() if name not in (*OWN_ARRAYS, "classifier")}
    about = kept | {"format": FORMAT, "format_version": FORMAT_VERSION, "params": model.classifier.get_params()}
    about["arrays_sha256"] = hashlib.sha256(content).hexdigest()
    about["sha256"] = _digest(about)
    write_whole(folder / ARRAYS, content)
    write_whole(folder / ABOUT, _json(about).encode())


def load(folder: Path) -> ElementModel:
    """The model in `folder`; raises ValueError where it is not one of ours or not as it was saved."""
    from safetensors import SafetensorError

    from models.learning.classifiers import CLASSIFIERS

    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        content = (folder / ARRAYS).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{folder}: holds no saved model; train again") from error
    if not isinstance(about, dict) or (about.get("format"), about.get("format_version")) != (FORMAT, FORMAT_VERSION):
        raise ValueError(f"{folder}: is not a model of this version of callgrade; train again")
    signed = about.pop("sha256", None)
    if signed != _digest(about) or about.pop("arrays_sha256", None) != hashlib.sha256(content).hexdigest():
        raise ValueError(f"{folder}: the model is not as it was saved; train again")
    if (kind := about.get("kind")) not in tuple(CLASSIFIERS):
        raise ValueError(f"{folder}: no classifier {brief(kind)!r}, only {', '.join(CLASSIFIERS)}; train again")
    try:
        return _built(about, content, CLASSIFIERS[kind])
    except (*UNFIT, SafetensorError) as error:
        raise ValueError(f"{folder}: its facts are not those of a model; train again") from error


def _built(about: dict[str, Any], content: bytes, kind: Any) -> ElementModel:
    from safetensors.numpy import load as from_bytes

    arrays = from_bytes(content)
    params = {name: _tuples(value) for name, value in about.pop("params").items()}
    classifier = kind(**params)
    for name, value in arrays.items():
        if name.startswith(FITTED) and name.endswith("_"):
            setattr(classifier, name.removeprefix(FITTED), value)
    del about["format"], about["format_version"]
    reasons, weights, words = tuple(about.pop("reasons")), arrays["weights"], arrays.get("words")
    return ElementModel(**about, reasons=reasons, weights=weights, words=words, classifier=classifier)


def _digest(about: dict[str, Any]) -> str:
    """The SHA-256, in hex, of a model's facts: it shows damage, not malice."""
    return hashlib.sha256(_json(about).encode()).hexdigest()


def _json(about: dict[str, Any]) -> str:
    return json.dumps(about, indent=1, sort_keys=True)


def _tuples(value: object) -> object:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
