"""Keep the acts of the reference conversations, and of those that are misheard, beside the package, so that a training
need not read them again.

    python -m benchmarks.training.reference_acts

Run it when the conversations, the weights of acts, the vocabulary or what is misheard are new; until then a training
reads them itself.
"""

from benchmarks.paths import SCRIPTED
from models.ratings.misheard import mishear, read_channel, to_mishear
from models.ratings.reference import load_reference
from models.ratings.reference_acts import KEPT, KEPT_MISHEARD, made_of
from pipeline.language.acts import classify_acts


def main() -> None:
    """Write both tables."""
    talk = load_reference(SCRIPTED).talk
    for kept, said in ((KEPT, talk), (KEPT_MISHEARD, mishear(to_mishear(talk), read_channel()))):
        acts = classify_acts(said)
        acts.write_parquet(kept, compression_level=19, metadata={"made_of": made_of(SCRIPTED)})
        print(f"{kept.name}: {acts.height} sentences in {acts['call_id'].n_unique()} calls")


if __name__ == "__main__":
    main()
