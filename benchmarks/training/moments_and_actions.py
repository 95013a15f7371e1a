"""Train the models behind agenda, earlier actions and their states, purposes and promises on all of data/scripted and
data/learnt_meetings.

    python -m benchmarks.training.moments_and_actions

writes their weights to pipeline/language/weights.
"""

import json

import numpy as np
import polars as pl

from benchmarks.language.cross_validation import learnt_folds, looked_back
from benchmarks.language.ngram_fit import features, fit_moments, fit_states, written_outcomes
from benchmarks.language.promise_fit import fit_promises, read_material
from benchmarks.language.purposes import fit_purposes
from benchmarks.language.purposes import read_material as read_purposes
from benchmarks.language.tagged_units import tagged_exchanges, tagged_reviews, tagged_utterances
from benchmarks.meetings.written import with_learnt
from benchmarks.paths import SCRIPTED
from models.ratings.reference import Reference, load_reference
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.moments import utterances
from pipeline.language.ngram_model import WEIGHTS, weights_table
from pipeline.language.promises.decision_trees import write_trees
from pipeline.language.text import plain, stemmed


def common(reference: Reference) -> dict[str, float]:
    """The idf of the stems of the reference talk that three calls or more use, by utterance."""
    units = reference.talk.select("call_id", plain(pl.col("text")).alias("words")).with_row_index("row")
    used = stemmed(units).join(units.select("row", "call_id"), on="row")
    counts = used.group_by("stem").agg(pl.col("row").n_unique().alias("n"), pl.col("call_id").n_unique().alias("calls"))
    kept = counts.filter(pl.col("calls") >= 3).sort("stem")
    return {stem: round(float(np.log(units.height / n)), 2) for stem, n in kept.select("stem", "n").iter_rows()}


def save(name: str, models: dict[str, dict[str, float]]) -> None:
    """Write the models of one file: a row per gram, a column per model."""
    weights_table(models).write_parquet(WEIGHTS / f"{name}.parquet", compression_level=19)


def main() -> None:
    """Train on all of the reference and write the weights."""
    reference = load_reference(SCRIPTED)
    idf = json.dumps({"models": {"idf": common(reference)}}, indent=0, ensure_ascii=False)
    (WEIGHTS / "common.json").write_text(idf + "\n")
    learnt = with_learnt(reference)
    everybody = learnt.calls["call_id"].to_list()
    fold = learnt_folds(reference, learnt)
    spoken = utterances(learnt.talk)
    save("moments", fit_moments(tagged_utterances(learnt, spoken), *features(spoken), everybody))
    acts = classify_acts(learnt.talk)
    exchanges = looked_back(learnt, acts, fold)
    found, reviews = tagged_exchanges(learnt, exchanges), tagged_reviews(learnt, exchanges)
    save("states", fit_states(found, reviews, everybody, written_outcomes()))
    save("purposes", fit_purposes(read_purposes(learnt), everybody))
    units = clauses(learnt.talk, acts)
    _, promises = fit_promises(read_material(learnt, units), fold)
    save("actions", promises.clauses)
    save("turns", promises.turns)
    write_trees(promises.trees, WEIGHTS / "promises.json")


if __name__ == "__main__":
    main()
