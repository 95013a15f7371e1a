"""Train the listening measures.

    python -m benchmarks.training.reflections --corpora ../shared/data

Word weights are counted in the corpora `ami`, `qmsum`, `uptake` and in data/scripted; uptake is fitted to the raters of
`uptake`, reflections to the reference labels of data/acts. Writes pipeline/language/weights/listening.json.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
from cyclopts import App

from benchmarks.language.listening import MODELS, exchanges, labelled_sentences, rated_replies
from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from pipeline.language import reflections

app = App()


def word_weights(texts: pl.Series) -> dict[str, float]:
    """Inverse document frequency of the stems that occur in 30 texts or more; a rarer one weighs as the rarest."""
    stems = reflections.with_stems(pl.DataFrame({"text": texts}))["stems"]
    counts = stems.explode().drop_nulls().value_counts(name="n").filter(pl.col("n") >= 30)
    often = counts.sort("n", "stems", descending=[True, False])
    return {stem: round(float(np.log(len(texts) / n)), 3) for stem, n in often.rows()}


def weights_of(frame: pl.DataFrame, model: str, *, target: str) -> dict[str, float]:
    """The fitted model as a weight for each feature, and a bias."""
    features = getattr(reflections, f"{model.upper()}_FEATURES")
    scale, linear = (step for _, step in MODELS[model].fit(frame.select(features).to_numpy(), frame[target]).steps)
    weights = np.ravel(linear.coef_) / scale.scale_
    bias = float(np.ravel(linear.intercept_)[0] - weights @ scale.mean_)
    return {**{name: round(float(w), 4) for name, w in zip(features, weights, strict=True)}, "bias": round(bias, 4)}


@app.default
def train(*, corpora: Path, conversations: Path = SCRIPTED) -> None:
    """Count the words, fit both models, write the weights."""
    texts = pl.concat(
        [
            pl.read_parquet(corpora / "ami" / "ami_dialogue_acts.parquet")["text"],
            pl.read_parquet(corpora / "qmsum" / "turns.parquet")["text"],
            exchanges(corpora)[1]["text"],
            load_reference(conversations).talk["text"],
        ]
    )
    spoken = texts.drop_nulls().str.replace_all(r"\{\w+\}", "")  # ICSI's notes on noises
    model = {"idf": word_weights(spoken), "uptake": {}, "reflection": {}}
    reflections.WEIGHTS.write_text(json.dumps(model) + "\n")  # before anything reads it: the features are weighed by it
    model["uptake"] = weights_of(rated_replies(corpora), "uptake", target="uptake")
    model["reflection"] = weights_of(labelled_sentences(conversations), "reflection", target="reflection")
    reflections.WEIGHTS.write_text(json.dumps(model, indent=0) + "\n")


if __name__ == "__main__":
    app()
