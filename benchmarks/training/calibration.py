"""Make the probabilities of acts hold: one temperature, and log odds for each act, fitted on what was held out."""

from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.optimize import minimize, minimize_scalar
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.act_corpora import BARE
from pipeline.language.act_model.model import ActModel, read
from pipeline.tables.values import ACTS

MIN_HELD = 100  # sentences with marks and without, below which nothing is fitted
PENALTY = 0.02  # on the square of the log odds, by sentence: acts that were hardly held out keep theirs


class Held(NamedTuple):
    """Logits of held-out sentences, with their marks and again without, and the acts that are right for each."""

    logits: np.ndarray
    right: np.ndarray


def held_logits(model: ActModel, held: pl.DataFrame) -> Held:
    """What a model makes of the sentences that were held out and whose acts are certain."""
    allowed = np.stack([held["allowed"].list.contains(act).to_numpy() for act in ACTS], 1)
    certain = (held["weight"] >= 1.0).to_numpy() & (allowed.sum(1) < len(ACTS))
    logits = [read(model, held.with_columns(text)).acts.numpy() for text in (pl.col("text"), BARE)]
    return Held(np.concatenate([part[certain] for part in logits]), np.concatenate([allowed[certain]] * 2))


def calibrated(model: ActModel, held: pl.DataFrame) -> ActModel:
    """The model with the temperature and the odds under which held-out sentences are likeliest, marks or none."""
    found = held_logits(model, held)
    if len(found.right) < MIN_HELD:
        return model

    def loss(values: np.ndarray) -> float:
        unlikely = _unlikeliness(found.logits / np.exp(values[0]) + values[1:], found.right)
        return unlikely + float(PENALTY * (values[1:] ** 2).sum())

    best = minimize(loss, np.zeros(1 + len(ACTS)), method="L-BFGS-B").x
    temperature, odds = round(float(np.exp(best[0])), 3), tuple(round(float(odd), 3) for odd in best[1:])
    return _shown(model._replace(temperature=temperature, odds=odds), found)


def warmed(model: ActModel, held: pl.DataFrame) -> ActModel:
    """The model with all its log odds divided by the one number under which held-out sentences are likeliest."""
    found = held_logits(model, held)
    if len(found.right) < MIN_HELD:
        return model
    sure = found.logits / model.temperature + np.array(model.odds)
    best = minimize_scalar(lambda log: _unlikeliness(sure / np.exp(log), found.right), bounds=(-1, 2), method="bounded")
    divisor = float(np.exp(best.x))
    odds = tuple(round(odd / divisor, 3) for odd in model.odds)
    return _shown(model._replace(temperature=round(model.temperature * divisor, 3), odds=odds), found)


def _unlikeliness(logits: np.ndarray, right: np.ndarray) -> float:
    """Mean negative log probability of the right acts."""
    scores = logits - np.logaddexp.reduce(logits, 1, keepdims=True)
    return float(-np.logaddexp.reduce(np.where(right, scores, -30.0), 1).mean())


def _shown(model: ActModel, found: Held) -> ActModel:
    """The model, after printing how right it is on what was held out."""
    acts = (found.logits / model.temperature + np.array(model.odds)).argmax(1)
    for act in ("reflect", "ask_open", "ask_closed", "suggest", "direct", "inform"):
        truth = found.right[:, ACTS.index(act)]
        print(f"held out: {act} kappa {cohen_kappa_score(truth, acts == ACTS.index(act)):.2f} of {truth.sum()}")
    print(f"temperature {model.temperature}, odds {dict(zip(ACTS, model.odds, strict=True))}")
    return model
