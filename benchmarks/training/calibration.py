"""Make the probabilities of acts hold: one temperature, and log odds for each act, fitted on what was held out."""

import numpy as np
import polars as pl
import torch
from scipy.optimize import minimize
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.act_corpora import BARE
from pipeline.language.act_network import ActModel, read
from pipeline.tables.values import ACTS

PENALTY = 0.02  # on the square of the log odds, by sentence: acts that were hardly held out keep theirs


def calibrated(model: ActModel, held: pl.DataFrame) -> ActModel:
    """The model with the temperature and the odds under which held-out sentences are likeliest, marks or none."""
    allowed = np.stack([held["allowed"].list.contains(act).to_numpy() for act in ACTS], 1)
    certain = (held["weight"] >= 1.0).to_numpy() & (allowed.sum(1) < len(ACTS))
    if certain.sum() < 50:
        return model
    logits = [read(model.networks, held.with_columns(text)).acts.numpy() for text in (pl.col("text"), BARE)]
    both, mine = np.concatenate([part[certain] for part in logits]), np.concatenate([allowed[certain]] * 2)

    def loss(values: np.ndarray) -> float:
        shifted = both / np.exp(values[0]) + values[1:]
        scores = shifted - np.logaddexp.reduce(shifted, 1, keepdims=True)
        right = np.logaddexp.reduce(np.where(mine, scores, -30.0), 1)
        return float(-right.mean() + PENALTY * (values[1:] ** 2).sum())

    best = minimize(loss, np.zeros(1 + len(ACTS)), method="L-BFGS-B").x
    temperature, odds = round(float(np.exp(best[0])), 3), tuple(round(float(odd), 3) for odd in best[1:])
    shown = torch.tensor(both / temperature + np.array(odds)).argmax(1).numpy()
    for act in ("reflect", "ask_open", "ask_closed", "suggest", "direct", "inform"):
        truth = mine[:, ACTS.index(act)]
        print(f"held out: {act} kappa {cohen_kappa_score(truth, shown == ACTS.index(act)):.2f} of {truth.sum()}")
    print(f"temperature {temperature}, odds {dict(zip(ACTS, odds, strict=True))}")
    return model._replace(temperature=temperature, odds=odds)
