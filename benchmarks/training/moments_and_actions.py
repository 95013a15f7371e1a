"""Train the models behind agenda, earlier actions, their states and promises on all of data/scripted.

    python -m benchmarks.training.moments_and_actions

writes their weights to pipeline/language/weights.
"""

import json

import numpy as np
import polars as pl

from benchmarks.language.ngram_fit import features, fit_actions, fit_moments, fit_states
from benchmarks.language.tagged_units import tagged_clauses, tagged_exchanges, tagged_utterances
from benchmarks.paths import SCRIPTED
from models.ratings.reference import Reference, load_reference
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.moments import utterances
from pipeline.language.ngram_model import WEIGHTS
from pipeline.language.text import plain, stemmed


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
    reference = load_reference(SCRIPTED)
    save("common", {"idf": common(reference)})
    spoken = utterances(reference.talk)
    everybody = reference.calls["call_id"].to_list()
    save("moments", fit_moments(tagged_utterances(reference, spoken), *features(spoken), everybody))
    looked_back = tagged_exchanges(reference, reference.talk)
    save("states", fit_states(looked_back, *features(looked_back), everybody))
    units = clauses(reference.talk, classify_acts(reference.talk))
    tagged = tagged_clauses(reference, units)
    save("actions", fit_actions(tagged, *features(units), everybody))


if __name__ == "__main__":
    main()
