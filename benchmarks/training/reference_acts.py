"""Keep the acts of the reference conversations beside the package, so that a training need not read them again.

    python -m benchmarks.training.reference_acts

Run it when the conversations, the weights of acts or the vocabulary are new; until then a training reads them itself.
"""

from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from models.ratings.reference_acts import KEPT, made_of
from pipeline.language.acts import classify_acts


def main() -> None:
    """Write the table."""
    acts = classify_acts(load_reference(SCRIPTED).talk)
    acts.write_parquet(KEPT, compression_level=19, metadata={"made_of": made_of(SCRIPTED)})
    print(f"{acts.height} sentences in {acts['call_id'].n_unique()} calls")


if __name__ == "__main__":
    main()
