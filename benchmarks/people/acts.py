"""What a counsellor does turn by turn, as people marked it: by the product's rules, by its features, by words."""

from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.people.corpora import coaching
from models.features.features import Encode, describe
from models.learning.folds import FOLDS, spread_groups
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.tables.conversations import Acts, Talk

ASKS = ("ask_open", "ask_closed", "ask_leading")
TELLS = ("suggest", "direct", "inform")
MARKED = ("agenda", "ask", "tell", "encourage")


class ActAgreement(NamedTuple):
    """Kappa with people's marks on the counsellor's turns: as shipped (None where nothing shipped says it), learnt from
    the product's features and learnt from words, both cross-validated by dialogue; n is how many turns have the act."""

    act: str
    n: int
    n_turns: int
    shipped: float | None
    ours: float
    words: float


def coaching_acts(corpora: Path, encode: Encode) -> list[ActAgreement]:
    """One row per act of MARKED."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import cohen_kappa_score

    talk, marked = coaching(corpora)
    acts = classify_acts(talk)
    features = describe(talk, acts, encode)
    call = np.repeat(np.arange(len(features.calls)), np.diff(features.starts))
    at = pl.DataFrame({"call_id": [features.calls[k] for k in call], "idx": features.idx}).with_row_index("row")
    rows = marked.join(at, on=["call_id", "idx"], maintain_order="left")["row"].to_numpy()
    text = marked.join(talk, on=["call_id", "idx"], maintain_order="left")["text"].to_list()
    fold = spread_groups(call[rows])
    shipped = _shipped(talk, acts, marked)
    found = []
    for act in MARKED:
        marks = marked[act].to_numpy()
        ours, words = np.zeros((2, len(marks)), bool)
        for k in range(FOLDS):
            seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            ours[held] = _learnt(features.utterances[rows[seen]], marks[seen], features.utterances[rows[held]])
            by_words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit([text[n] for n in seen])
            parts = (by_words.transform([text[n] for n in part]).toarray() for part in (seen, held))
            words[held] = _learnt(next(parts), marks[seen], next(parts), scaled=False)
        said = shipped.get(act)
        kappa = None if said is None else float(cohen_kappa_score(marks, said))
        found.append(
            ActAgreement(
                act, int(marks.sum()), len(marks), kappa, *(float(cohen_kappa_score(marks, by)) for by in (ours, words))
            )
        )
    return found


def _shipped(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], marked: pl.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """What the product says of each turn without having learnt anything here; nothing that it ships says encourage."""
    key = ["call_id", "idx"]
    by_turn = acts.group_by(key).agg(
        pl.col("act").is_in(ASKS).any().alias("ask"), pl.col("act").is_in(TELLS).any().alias("tell")
    )
    agenda = analyse(talk, acts).moments.filter(kind="agenda").select(*key, agenda=True).unique()
    both = marked.select(key).join(by_turn, on=key, how="left", maintain_order="left")
    both = both.join(agenda, on=key, how="left", maintain_order="left")
    return {act: both[act].fill_null(value=False).to_numpy() for act in ("agenda", "ask", "tell")}


def _learnt(
    seen: NDArray[np.floating], marks: NDArray[np.bool_], held: NDArray[np.floating], *, scaled: bool = True
) -> NDArray[np.bool_]:
    """Logistic regression with classes weighed alike."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [StandardScaler()] if scaled else []
    penalty = 0.001 if scaled else 1.0  # of hundreds of columns of unit variance; of words of unit length
    model = make_pipeline(*steps, LogisticRegression(C=penalty, class_weight="balanced", max_iter=2000))
    said: NDArray[np.bool_] = model.fit(seen, marks).predict(held)
    return said
