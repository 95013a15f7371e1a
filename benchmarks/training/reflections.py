"""Train the listening measures: `python -m benchmarks.training.reflections --corpora ../shared/data`.

Word weights are counted in the corpora `ami`, `qmsum`, `uptake` and in data/scripted; uptake is fitted to the raters of
`uptake`, reflections to the reference labels of data/acts. Writes pipeline/language/weights/listening.json.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
from cyclopts import App
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.training.act_corpora import LABELLED
from models.ratings.reference import load_reference
from pipeline.language import reflections
from pipeline.language.acts import classify_acts
from pipeline.language.text import words_of
from pipeline.tables import Talk

app = App()
MODELS = {
    "uptake": make_pipeline(StandardScaler(), Ridge(10.0)),
    "reflection": make_pipeline(StandardScaler(), LogisticRegression(C=1.0, class_weight={0: 1, 1: 2})),
}


def exchanges(corpora: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rated exchanges of the uptake corpus: call_id, lesson, uptake (z), ratings; and their Talk."""
    rated = pl.read_parquet(corpora / "uptake" / "uptake.parquet").filter(pl.col("uptake_zscore").is_not_null())
    rated = rated.with_row_index("row").select(
        pl.col("row").cast(pl.String).str.zfill(5).alias("call_id"),
        pl.col("obs_id").alias("lesson"),
        pl.col("uptake_zscore").alias("uptake"),
        pl.col("uptake_ratings_sorted").alias("ratings"),
        pl.concat_list("student_text", "teacher_text").alias("text"),
    )
    return rated.drop("text"), talk_of(rated.explode("text"))


def talk_of(lines: pl.DataFrame) -> pl.DataFrame:
    """A Talk of lines (call_id, text) of two speakers in turn, ten seconds each."""
    idx = pl.int_range(pl.len()).over("call_id").cast(pl.Int64)
    frame = lines.with_columns(idx.alias("idx")).select(
        "call_id",
        "idx",
        (pl.col("idx") * 10.0).alias("start_s"),
        (pl.col("idx") * 10.0 + 10).alias("end_s"),
        (pl.col("idx") % 2).cast(pl.String).alias("speaker"),
        pl.lit("unknown").alias("role"),
        pl.lit(None, pl.String).alias("person_id"),
        "text",
        pl.col("text").str.split(" ").list.len().cast(pl.Int64).alias("n_words"),
        pl.lit(None, pl.Float64).alias("confidence"),
        pl.when(pl.col("idx") % 2 == 1).then(pl.lit("lead")).otherwise(pl.lit("other")).alias("side"),
        pl.lit("lesson").alias("interaction"),
        pl.lit(20.0).alias("duration_s"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
    )
    return Talk.validate(frame)


def word_weights(texts: pl.Series) -> dict[str, float]:
    """Inverse document frequency of the stems that occur in 30 texts or more; a rarer one weighs as the rarest."""
    stems = reflections._stemmed(pl.DataFrame({"text": texts}))["stems"]
    counts = stems.explode().drop_nulls().value_counts(name="n").filter(pl.col("n") >= 30)
    often = counts.sort("n", "stems", descending=[True, False])
    return {stem: round(float(np.log(len(texts) / n)), 3) for stem, n in often.rows()}


def rated_replies(corpora: Path) -> pl.DataFrame:
    """`UPTAKE_FEATURES` of each rated exchange beside lesson and uptake, and repetition without weights or stems."""
    rated, talk = exchanges(corpora)
    features = reflections.uptake_features(talk, classify_acts(talk))
    lines = talk.with_columns(words_of(pl.col("text")).list.unique().alias("words")).group_by(
        "call_id", maintain_order=True
    )
    student, teacher = pl.col("words").list.get(0), pl.col("words").list.get(1)
    both = student.list.set_intersection(teacher).list.len()
    plain = lines.agg("words").select(
        "call_id",
        (both / student.list.len()).fill_nan(0.0).alias("plain_share"),
        (both / student.list.set_union(teacher).list.len()).fill_nan(0.0).alias("plain_overlap"),
    )
    return rated.join(features, on="call_id", maintain_order="left").join(plain, on="call_id", maintain_order="left")


def labelled_sentences(conversations: Path) -> pl.DataFrame:
    """`REFLECTION_FEATURES` of the sentences whose neighbours are labelled too, beside reflection (0, 1)."""
    labelled = pl.read_csv(LABELLED).filter(pl.col("picked") == "window")
    talk = load_reference(conversations).talk.filter(pl.col("call_id").is_in(labelled["call_id"].unique().implode()))
    features = reflections.reflection_features(talk, classify_acts(talk))
    return features.join(labelled.drop("text"), on=["call_id", "idx", "sentence"], how="inner", maintain_order="left")


def out_of_fold(frame: pl.DataFrame, model: str, *, target: str, group: str, method: str = "predict") -> np.ndarray:
    """What the model says of rows whose group it has not seen, in ten folds."""
    features = getattr(reflections, f"{model.upper()}_FEATURES")
    given, wanted, groups = frame.select(features).to_numpy(), frame[target].to_numpy(), frame[group].to_numpy()
    return cross_val_predict(MODELS[model], given, wanted, groups=groups, cv=GroupKFold(10), method=method)


def weights_of(frame: pl.DataFrame, model: str, *, target: str) -> dict[str, float]:
    """The fitted model as a weight for each feature, and a bias."""
    features = getattr(reflections, f"{model.upper()}_FEATURES")
    scale, linear = (step for _, step in MODELS[model].fit(frame.select(features).to_numpy(), frame[target]).steps)
    weights = np.ravel(linear.coef_) / scale.scale_
    bias = float(np.ravel(linear.intercept_)[0] - weights @ scale.mean_)
    return {**{name: round(float(w), 4) for name, w in zip(features, weights, strict=True)}, "bias": round(bias, 4)}


@app.default
def train(*, corpora: Path, conversations: Path = Path("data/scripted")) -> None:
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
    reflections.WEIGHTS.write_text(json.dumps(model) + "\n")
    reflections._model.cache_clear()
    model["uptake"] = weights_of(rated_replies(corpora), "uptake", target="uptake")
    model["reflection"] = weights_of(labelled_sentences(conversations), "reflection", target="reflection")
    reflections.WEIGHTS.write_text(json.dumps(model, indent=0) + "\n")


if __name__ == "__main__":
    app()
