"""Role model: find the speaker who leads by the words and pairs of words that each uses."""

import functools
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).parent / "weights" / "roles.json"
FEWEST_WORDS = 20  # below which a speaker's words say nothing of his role


def grams(text: str) -> dict[str, float]:
    """Words and pairs of words of a speaker, with the log of 1 + their count; case and marks play no part."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'"))
    counts = Counter(words)
    counts.update(f"{first} {second}" for first, second in itertools.pairwise(words))
    return {gram: float(np.log1p(count)) for gram, count in counts.items()}


def score(text: str) -> float:
    """A speaker's score as the lead: the difference of two speakers' scores is the logit of which one leads."""
    weights = _weights()
    used = {gram: count for gram, count in grams(text).items() if gram in weights}
    length = float(np.sqrt(sum(count * count for count in used.values())))
    return sum(weights[gram] * count for gram, count in used.items()) / length if length else 0.0


def lead_side(texts: Mapping[str, str]) -> tuple[tuple[str, ...], float]:
    """The speakers who sound like the lead's side, and the probability that the split into two sides is so.

    The split is where two neighbours in score lie furthest apart. Speakers with few words are left out, and nobody is
    on the lead's side where fewer than two are left.
    """
    scores = {speaker: score(text) for speaker, text in texts.items() if len(text.split()) >= FEWEST_WORDS}
    if len(scores) < 2:
        return (), 0.0
    ranked = sorted(scores, key=lambda speaker: -scores[speaker])
    gaps = [scores[above] - scores[below] for above, below in itertools.pairwise(ranked)]
    cut = int(np.argmax(gaps)) + 1
    return tuple(ranked[:cut]), float(1 / (1 + np.exp(-gaps[cut - 1])))


@functools.cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return weights
