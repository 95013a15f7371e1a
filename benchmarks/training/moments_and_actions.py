"""Train the models behind agenda, earlier actions, their states and promises: python -m
benchmarks.training.moments_and_actions."""

import json
from collections.abc import Sequence
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression

from models.ratings.reference import LEAD_ROLES, Reference, load_reference
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.follow_up import STATES, exchanges_of
from pipeline.language.moments import utterances
from pipeline.language.ngram_model import WEIGHTS, grams, stems
from pipeline.language.text import plain, stemmed
from pipeline.tables import Talk

REFERENCE = Path(__file__).parents[2] / "data" / "scripted"
FEWEST_CALLS = 4  # a run of words counts as a feature if so many calls have it
SMALLEST = 0.005  # weights below this are not stored
STRENGTH = {
    "agenda": 0.2,
    "prior_action": 0.2,
    "state": 0.3,
    "action": 0.1,
    "speaker": 1.0,
    "listener": 1.0,
    "both": 1.0,
}


def features(units: pl.DataFrame) -> tuple[sparse.csr_matrix, list[str]]:
    """The design matrix of units (rows in order) and the names of its columns: grams, then signs."""
    found = grams(units)
    calls = found.join(units.select("row", "call_id"), on="row").group_by("gram").agg(pl.col("call_id").n_unique())
    kept = calls.filter(pl.col("call_id") >= FEWEST_CALLS).select(pl.col("gram").sort()).with_row_index("column")
    cells = found.join(kept, on="gram")
    words = sparse.csr_matrix(
        (np.ones(cells.height), (cells["row"].to_numpy(), cells["column"].to_numpy())),
        shape=(units.height, kept.height),
    )
    signs = [column for column in units.columns if column.startswith("@")]
    flags = sparse.csr_matrix(
        units.select(pl.col(signs).cast(pl.Float64).fill_null(0.0)).to_numpy().reshape(units.height, -1)
    )
    return sparse.hstack([words, flags]).tocsr(), [*kept["gram"], *signs]


def fit(matrix: sparse.csr_matrix, names: Sequence[str], wanted: np.ndarray, strength: float) -> dict[str, float]:
    """A logistic regression as weights by gram, the constant under ""."""
    model = LogisticRegression(C=strength, solver="liblinear").fit(matrix, wanted)
    weights = dict(zip(names, model.coef_[0], strict=True))
    return {"": round(float(model.intercept_[0]), 4)} | {
        name: round(float(weight), 4) for name, weight in weights.items() if abs(weight) >= SMALLEST
    }


def table(models: dict[str, dict[str, float]]) -> pl.DataFrame:
    """Weights by model as the frame that `score` takes."""
    parts = [pl.DataFrame({"gram": list(w), "weight": list(w.values()), "model": m}) for m, w in models.items()]
    return pl.concat(parts).pivot("model", index="gram", values="weight").fill_null(0.0)


def tagged_clauses(reference: Reference, units: pl.DataFrame) -> pl.DataFrame:
    """The clauses with `action` (true, false, or null where it cannot be told) and `owner` (speaker, listener, both).

    The reference names the turn of an action; of its clauses the one that shares most with the action is taken. Other
    clauses of the turn that share something with it are left open.
    """
    wanted = reference.actions.with_columns(
        pl.col("owner_role").is_in(LEAD_ROLES).alias("by_lead"),
        plain(pl.concat_str("what", pl.col("due_words").fill_null(""), separator=" ")).alias("words"),
    ).with_row_index("row")
    asked = stems(wanted).rename({"row": "tag"})
    said = stems(units)
    shared = (
        wanted.select(pl.col("row").alias("tag"), "call_id", "idx")
        .join(
            units.select("row", "call_id", "idx", "@i_will_do", "@i_do", "@you_do", "@can_you"), on=["call_id", "idx"]
        )
        .join(
            asked.join(said, on="stem").group_by("tag", "row").agg(pl.col("idf").sum()), on=["tag", "row"], how="left"
        )
        .with_columns(pl.col("idf").fill_null(0.0))
    )
    form = pl.any_horizontal("@i_will_do", "@i_do", "@you_do", "@can_you").cast(pl.Float64)
    chosen: dict[int, int] = {}
    for turn in shared.with_columns((pl.col("idf") + 3 * form).alias("fit")).partition_by("call_id", "idx"):
        grid = turn.pivot("row", index="tag", values="fit", aggregate_function="first")
        rows = [int(column) for column in grid.columns if column != "tag"]
        for tag, place in zip(*linear_sum_assignment(-grid.drop("tag").to_numpy()), strict=True):
            chosen[rows[place]] = grid["tag"][int(tag)]
    picked = pl.DataFrame(
        {"row": list(chosen), "tag": list(chosen.values())}, schema={"row": pl.UInt32, "tag": pl.UInt32}
    )
    open_rows = shared.filter(pl.col("idf") > 0)["row"].unique().to_list()
    side = wanted.select(
        pl.col("row").alias("tag"),
        pl.when(pl.col("owner_role") == "both")
        .then(pl.lit("both"))
        .when("by_lead")
        .then(pl.lit("lead"))
        .otherwise(pl.lit("other"))
        .alias("owner_side"),
    )
    return (
        units.join(picked, on="row", how="left", maintain_order="left")
        .join(side, on="tag", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("tag").is_not_null())
            .then(True)
            .when(pl.col("row").is_in(open_rows))
            .then(None)
            .otherwise(False)
            .alias("action"),
            pl.when(pl.col("owner_side") == "both")
            .then(pl.lit("both"))
            .when(pl.col("owner_side") == pl.col("side"))
            .then(pl.lit("speaker"))
            .when(pl.col("owner_side").is_not_null())
            .then(pl.lit("listener"))
            .alias("owner"),
        )
    )


def train_actions(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models action, speaker, listener and both, from the clauses of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    known = chosen.drop_nulls("action")
    models = {"action": fit(matrix[known["row"].to_numpy()], names, known["action"].to_numpy(), STRENGTH["action"])}
    owned = chosen.drop_nulls("owner")
    signs = [column for column, name in enumerate(names) if name.startswith("@")]  # words would only name people
    by_sign = matrix[owned["row"].to_numpy()][:, signs]
    for owner in ("speaker", "listener", "both"):
        models[owner] = fit(
            by_sign, [names[column] for column in signs], (owned["owner"] == owner).to_numpy(), STRENGTH[owner]
        )
    return models


def tagged_utterances(reference: Reference, units: pl.DataFrame) -> pl.DataFrame:
    """The utterances with `agenda` (null after the opening) and `prior_action` (tagged, or just before its answer)."""
    agenda = reference.agenda.select("call_id", "idx", pl.lit(value=True).alias("agenda")).unique()
    prior = reference.prior_actions.select("call_id", "idx", pl.lit(value=True).alias("prior")).unique()
    joined = units.join(agenda, on=["call_id", "idx"], how="left", maintain_order="left").join(
        prior, on=["call_id", "idx"], how="left", maintain_order="left"
    )
    tagged, answer = pl.col("prior").fill_null(value=False), pl.col("side") == "other"
    asks = (tagged & answer).shift(-1).over("call_id").fill_null(value=False) & (pl.col("side") == "lead")
    return joined.with_columns(
        pl.when("opening").then(pl.col("agenda").fill_null(value=False)).alias("agenda"),
        (tagged | asks).alias("prior_action"),
    )


def train_moments(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models agenda and prior_action, from the utterances of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    models = {}
    for name in ("agenda", "prior_action"):
        known = chosen.drop_nulls(name)
        models[name] = fit(matrix[known["row"].to_numpy()], names, known[name].to_numpy(), STRENGTH[name])
    return models


def tagged_exchanges(reference: Reference, talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """The exchanges that take up an earlier action, with its `state`: the tagged turn is the answer, or it asks."""
    side = talk.select("call_id", "idx", "side")
    asked = pl.when(pl.col("side") == "other").then(pl.col("idx") - 1).otherwise(pl.col("idx")).clip(0)
    tags = (
        reference.prior_actions.join(side, on=["call_id", "idx"])
        .select("call_id", asked.alias("idx"), pl.col("state").replace("unasked", "discussed"))
        .unique(["call_id", "idx"], keep="first", maintain_order=True)
    )
    return tags.join(exchanges_of(talk).drop("row"), on=["call_id", "idx"]).with_row_index("row")


def train_states(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models done, missed, partly and discussed, from the exchanges of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    rows = chosen["row"].to_numpy()
    return {
        state: fit(matrix[rows], names, (chosen["state"] == state).to_numpy(), STRENGTH["state"]) for state in STATES
    }


def common(reference: Reference) -> dict[str, float]:
    """The idf of the stems of the reference talk that three calls or more use, by utterance."""
    units = reference.talk.select("call_id", plain(pl.col("text")).alias("words")).with_row_index("row")
    used = stemmed(units).join(units.select("row", "call_id"), on="row")
    counts = used.group_by("stem").agg(pl.col("row").n_unique().alias("n"), pl.col("call_id").n_unique().alias("calls"))
    kept = counts.filter(pl.col("calls") >= 3).sort("stem")
    return {stem: round(float(np.log(units.height / n)), 2) for stem, n in kept.select("stem", "n").iter_rows()}


def save(name: str, models: dict[str, dict[str, float]]) -> None:
    """Write the models of one file."""
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    (WEIGHTS / f"{name}.json").write_text(json.dumps({"models": models}, indent=0, ensure_ascii=False) + "\n")


def main() -> None:
    """Train on all of the reference and write the weights."""
    reference = load_reference(REFERENCE)
    save("common", {"idf": common(reference)})
    spoken = utterances(reference.talk)
    everybody = reference.calls["call_id"].to_list()
    save("moments", train_moments(tagged_utterances(reference, spoken), *features(spoken), everybody))
    looked_back = tagged_exchanges(reference, reference.talk)
    save("states", train_states(looked_back, *features(looked_back), everybody))
    units = clauses(reference.talk, classify_acts(reference.talk))
    tagged = tagged_clauses(reference, units)
    save("actions", train_actions(tagged, *features(units), everybody))


if __name__ == "__main__":
    main()
