"""Find agenda, earlier actions and promises in the reference by models that saw none of the people of a call.

    python -m benchmarks.train_found

Run it after `benchmarks.train_structure`: classifiers learn from what it writes (models/reference.py says why).
"""

from benchmarks.structure import cross_validated
from benchmarks.train_structure import REFERENCE
from models.reference import UNSEEN, load_reference
from pipeline.acts import classify_acts


def main() -> None:
    """Write the tables of moments and actions."""
    reference = load_reference(REFERENCE)
    found = cross_validated(reference, reference.talk, classify_acts(reference.talk))
    found.moments.sort("call_id", "idx", "kind").write_parquet(UNSEEN / "unseen_moments.parquet")
    found.actions.sort("call_id", "action").write_parquet(UNSEEN / "unseen_actions.parquet")
    print(f"{found.moments.height} moments and {found.actions.height} actions in {reference.calls.height} calls")


if __name__ == "__main__":
    main()
