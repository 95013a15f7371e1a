"""Train who leads a call by text alone, on data/scripted; print how often it is right about people not trained on.

    python -m benchmarks.training.roles

writes pipeline/transcripts/weights/roles.json. Half of the training texts are spoilt as a weak recogniser spoils them,
and short stretches of calls stand beside whole ones.
"""

import json

from benchmarks.speech.roles import describe_held_out, fit, people_apart
from pipeline.transcripts.role_model import WEIGHTS


def main() -> None:
    """Cross-validate by people, then train on all and write the weights."""
    print("\n".join(describe_held_out()))
    calls = people_apart()
    weights = {gram: round(weight, 3) for gram, weight in sorted(fit(calls).items()) if abs(weight) >= 0.05}
    WEIGHTS.write_text(json.dumps({"version": 1, "trained_on": "data/scripted", "weights": weights}, indent=0) + "\n")
    print(f"{len(weights)} weights written to {WEIGHTS.name}")


if __name__ == "__main__":
    main()
