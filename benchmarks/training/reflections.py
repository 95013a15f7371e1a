"""Train the measure of uptake.

    python -m benchmarks.training.reflections --corpora ../shared/data

Fits it to the raters of the corpus `uptake`. Writes pipeline/language/weights/listening.json.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
from cyclopts import App

from benchmarks.language.listening import UPTAKE_MODEL, rated_replies
from pipeline.language import reflections

app = App()


def weights_of(frame: pl.DataFrame) -> dict[str, float]:
    """The fitted model as a weight for each feature and a bias; what length adds to a middling reply is in the bias."""
    names = (*reflections.UPTAKE_FEATURES, *reflections.LENGTH_FEATURES)
    rows = frame.select(names).to_numpy()
    scale, linear = (step for _, step in UPTAKE_MODEL.fit(rows, frame["uptake"]).steps)
    weights = np.ravel(linear.coef_) / scale.scale_
    own = len(reflections.UPTAKE_FEATURES)
    bias = float(linear.intercept_ - weights[:own] @ scale.mean_[:own])
    fitted = dict(zip(names, weights[:own], strict=False))
    return {**{name: round(float(weight), 4) for name, weight in fitted.items()}, "bias": round(bias, 4)}


@app.default
def train(*, corpora: Path) -> None:
    """Fit the model and write it."""
    model = {"uptake": weights_of(rated_replies(corpora))}
    reflections.WEIGHTS.write_text(json.dumps(model, indent=0) + "\n")


if __name__ == "__main__":
    app()
