"""Find agenda, earlier actions, purposes and promises in the reference by models that saw none of the people of a call.

    python -m benchmarks.training.unseen_findings

Run it after `benchmarks.training.moments_and_actions`: classifiers learn from what it writes
(models/ratings/reference.py says why).
"""

from benchmarks.language.cross_validation import cross_validated
from benchmarks.paths import SCRIPTED
from models.ratings.reference import UNSEEN, load_reference
from pipeline.language.acts import classify_acts


def main() -> None:
    """Write the tables of moments, purposes and actions."""
    reference = load_reference(SCRIPTED)
    unseen = cross_validated(reference, reference.talk, classify_acts(reference.talk))
    unseen.moments.sort("call_id", "idx", "kind").write_parquet(UNSEEN / "unseen_moments.parquet")
    unseen.purposes.sort("call_id", "idx").write_parquet(UNSEEN / "unseen_purposes.parquet")
    unseen.actions.sort("call_id", "action").write_parquet(UNSEEN / "unseen_actions.parquet")
    print(f"{unseen.moments.height} moments and {unseen.actions.height} actions in {reference.calls.height} calls")


if __name__ == "__main__":
    main()
