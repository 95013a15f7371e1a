"""Fit who leads a call from text alone, and judge it on people it was not fitted to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from pipeline.transcripts.role_model import grams

WORD_ERROR_RATE = 0.25
FEWEST_CALLS = 8  # in which a gram must occur to be a feature
C = 30.0
FOLDS = 5
DECIDED = 0.8


def describe_held_out() -> Iterator[str]:
    """How often text tells who leads in calls of people it was not fitted to, as written and as misheard."""
    calls = people_apart()
    for spoilt in (False, True):
        logits = np.concatenate([_held_out(calls, fold, spoilt=spoilt) for fold in range(FOLDS)])
        decided = np.abs(logits) >= np.log(DECIDED / (1 - DECIDED))
        heard = f"with {WORD_ERROR_RATE:.0%} of words wrong" if spoilt else "as written"
        yield (
            f"- {heard}: {len(logits)} calls, right {(logits[decided] > 0).mean():.1%} of those decided at "
            f"p >= {DECIDED}, {1 - decided.mean():.1%} undecided; right {(logits > 0).mean():.1%} if all were decided"
        )


def people_apart() -> pl.DataFrame:
    """One row per call: lead and other as lists of what they say turn by turn, and the fold of its people."""
    reference = load_reference(SCRIPTED)
    calls = reference.calls.select("call_id", "lead_id", "other_id").sort("call_id")
    people = {name: number for number, name in enumerate(sorted({*calls["lead_id"], *calls["other_id"]}))}
    met = csr_matrix(
        (
            np.ones(calls.height),
            ([people[person] for person in calls["lead_id"]], [people[person] for person in calls["other_id"]]),
        ),
        shape=(len(people), len(people)),
    )
    circle = connected_components(met, directed=False)[1]
    circles = [int(circle[people[person]]) for person in calls["lead_id"]]
    largest = [number for number, _ in Counter(circles).most_common()]
    folds = calls.with_columns(fold=pl.Series([largest.index(person) % FOLDS for person in circles]))
    texts = reference.talk.group_by("call_id", "side", maintain_order=True).agg("text")
    return folds.join(texts.pivot("side", index="call_id", values="text"), on="call_id").sort("call_id")


def _held_out(calls: pl.DataFrame, fold: int, *, spoilt: bool) -> np.ndarray:
    """Logits of the true lead being the lead, for the calls of a fold."""
    weights = fit(calls.filter(pl.col("fold") != fold))
    rng = np.random.default_rng(100 + fold)
    words = _words(calls)
    logits = []
    for lead, other in calls.filter(pl.col("fold") == fold).select("lead", "other").iter_rows():
        texts = [_spoilt(" ".join(turns), words, rng) if spoilt else " ".join(turns) for turns in (lead, other)]
        vectors = [_vector(text, weights) for text in texts]
        scores = [sum(weights[gram] * count for gram, count in vector.items()) for vector in vectors]
        logits.append(scores[0] - scores[1])
    return np.array(logits)


def fit(calls: pl.DataFrame) -> dict[str, float]:
    """Weight of each gram: logistic regression on the difference of the two speakers of a call."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    words = _words(calls)
    pairs = []
    for lead, other in calls.select("lead", "other").iter_rows():
        part = slice(start := int(rng.integers(max(1, len(lead) * 2 // 3))), start + max(4, len(lead) // 3))
        whole, short = (" ".join(lead), " ".join(other)), (" ".join(lead[part]), " ".join(other[part]))
        pairs += [whole, short, *(tuple(_spoilt(text, words, rng) for text in pair) for pair in (whole, short))]
    seen = Counter(gram for pair in pairs[::4] for gram in {**grams(pair[0]), **grams(pair[1])})
    columns = {gram: number for number, gram in enumerate(sorted(g for g, n in seen.items() if n >= FEWEST_CALLS))}
    lead_rows, other_rows = ([_vector(pair[side], columns) for pair in pairs] for side in (0, 1))
    difference = _matrix(lead_rows, columns) - _matrix(other_rows, columns)
    sign = np.where(np.arange(len(pairs)) % 2 == 0, 1, -1)
    flipped = csr_matrix((sign, (range(len(sign)), range(len(sign))))) @ difference
    model = LogisticRegression(C=C, fit_intercept=False, max_iter=1000).fit(flipped, sign > 0)
    return dict(zip(columns, model.coef_[0].tolist(), strict=True))


def _vector(text: str, known: dict[str, float] | dict[str, int]) -> dict[str, float]:
    used = {gram: count for gram, count in grams(text).items() if gram in known}
    length = np.sqrt(sum(count * count for count in used.values())) or 1.0
    return {gram: count / length for gram, count in used.items()}


def _matrix(vectors: list[dict[str, float]], columns: dict[str, int]) -> csr_matrix:
    entries = [(row, columns[gram], count) for row, vector in enumerate(vectors) for gram, count in vector.items()]
    rows, places, counts = zip(*entries, strict=True)
    return csr_matrix((counts, (rows, places)), shape=(len(vectors), len(columns)))


def _words(calls: pl.DataFrame) -> np.ndarray:
    texts = pl.concat([calls["lead"].explode(), calls["other"].explode()])
    return texts.str.to_lowercase().str.extract_all(r"[a-z0-9']+").explode().to_numpy()


def _spoilt(text: str, words: np.ndarray, rng: np.random.Generator) -> str:
    """The text with words lost, replaced and put in, as a weak recogniser does; replacements are common words."""
    heard = []
    for word in text.split():
        luck = rng.random()
        if luck < 0.3 * WORD_ERROR_RATE:
            continue
        heard.append(str(words[rng.integers(len(words))]) if luck < 0.9 * WORD_ERROR_RATE else word)
        if rng.random() < 0.1 * WORD_ERROR_RATE:
            heard.append(str(words[rng.integers(len(words))]))
    return " ".join(heard)


def roles(_: int, shared: Path) -> Iterator[str]:  # noqa: ARG001  all parts are called alike
    """Which speaker leads, by text alone, for people the weights have not seen."""
    yield "### Roles\n"
    yield (
        "`python -m benchmarks.speech.accuracy --parts roles`: cross-validated by people on `data/scripted`, "
        "text alone.\n"
    )
    yield from describe_held_out()
    yield ""
