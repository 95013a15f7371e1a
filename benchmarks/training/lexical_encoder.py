"""Make the weights of the lexical encoder: word vectors whose sums come near a sentence encoder's vectors.

    python -m benchmarks.training.lexical_encoder --teacher path/to/all-MiniLM-L6-v2 --corpora path/to/corpora

Reads the texts (not the labels) of AMI, QMSum, CaSiNo, primock57 and data/scripted. Each word starts from the teacher's
vector of the word alone; a ridge then moves the words so that weighted sums match the teacher's vectors of sentences.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse import diags_array as diagonal

from benchmarks.paths import SCRIPTED
from models.features.encoder import WEIGHTS, load_encoder
from models.features.features import Floats
from models.ratings.reference import load_reference
from pipeline.language.text import plain
from pipeline.settings import Settings

CORPORA = {"ami/ami_dialogue_acts": "text", "qmsum/turns": "text", "casino/utterances": "text",
           "primock57/utterances": "text_tagged"}  # fmt: skip
WIDTH = 128
RARE = 3
PER_CORPUS = 7000
COMMON = 2e-3  # share of all words at which a word counts half (Arora et al. 2017)
PENALTY, START = 2.0, 0.3


def main() -> None:
    """Read, fit, write, and print how near held-out sentences come to the teacher."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--corpora", required=True, type=Path)
    options = parser.parse_args()
    teacher = load_encoder(Settings(encoder=options.teacher))
    own = load_reference(SCRIPTED).talk["text"].to_list()
    corpora = [pl.read_parquet(options.corpora / f"{name}.parquet")[column].drop_nulls().to_list()
               for name, column in CORPORA.items()]  # fmt: skip
    counts = Counter(word for texts in [own, *corpora] for text in plain_texts(texts) for word in text.split())
    words = sorted(word for word, count in counts.items() if count >= RARE)
    share = np.array([counts[word] for word in words]) / counts.total()
    weight = (COMMON / (COMMON + share)).astype(np.float32)
    draw = np.random.default_rng(0)
    sentences = own + [text for texts in corpora for text in sample(texts, draw)]
    vectors = teacher(sentences)
    middle = vectors.mean(axis=0)
    onto = np.linalg.svd((vectors - middle)[::4], full_matrices=False)[2][:WIDTH].T
    goal = (vectors - middle) @ onto
    alone = teacher(words)
    start = START * (alone - alone.mean(axis=0)) @ onto
    rows = weighted(plain_texts(sentences), words, weight)
    held = draw.random(len(sentences)) < 0.1
    print(f"{len(words)} words; cosine to the teacher on held-out sentences "
          f"{cosine(rows[held] @ fit(rows[~held], goal[~held], start), goal[held]):.2f}")  # fmt: skip
    write(words, fit(rows, goal, start) * weight[:, None])


def plain_texts(texts: list[str]) -> list[str]:
    """As features sees them."""
    return pl.DataFrame({"text": texts}).select(plain(pl.col("text")))["text"].to_list()


def sample(texts: list[str], draw: np.random.Generator) -> list[str]:
    """Sentences of 6 to 40 words, at most PER_CORPUS."""
    fit_in = [text for text in texts if 6 <= len(text.split()) <= 40]
    return [fit_in[at] for at in draw.choice(len(fit_in), min(PER_CORPUS, len(fit_in)), replace=False)]


def weighted(texts: list[str], words: list[str], weight: Floats) -> csr_array:
    """Texts by words, each row of length 1."""
    row = {word: at for at, word in enumerate(words)}
    known = [[row[word] for word in text.split() if word in row] for text in texts]
    columns = np.concatenate([np.zeros(0, np.int64), *known]).astype(np.int64)
    counts = csr_array((weight[columns], columns, np.cumsum([0, *map(len, known)])), shape=(len(texts), len(words)))
    length = np.sqrt(counts.multiply(counts).sum(axis=1))
    return (diagonal(1 / np.maximum(length, 1e-6)) @ counts).tocsr()


def fit(rows: csr_array, goal: Floats, start: Floats, *, steps: int = 40) -> Floats:
    """Ridge towards `start` by conjugate gradients, all columns at once."""
    moved = np.zeros_like(start)
    left = rows.T @ (goal - rows @ start)
    way, size = left.copy(), (left * left).sum(axis=0)
    for _ in range(steps):
        bent = rows.T @ (rows @ way) + PENALTY * way
        step = size / np.maximum((way * bent).sum(axis=0), 1e-12)
        moved += step * way
        left -= step * bent
        before, size = size, (left * left).sum(axis=0)
        way = left + size / np.maximum(before, 1e-12) * way
    return start + moved


def cosine(first: Floats, second: Floats) -> float:
    """Mean cosine of the rows."""
    lengths: NDArray[np.float32] = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(((first * second).sum(axis=1) / np.maximum(lengths, 1e-9)).mean())


def write(words: list[str], vectors: Floats) -> None:
    """One byte per entry and a scale per column; words one a line."""
    from safetensors.numpy import save

    scale = (np.abs(vectors).max(axis=0) / 127).astype(np.float32)
    small = np.round(vectors / scale).astype(np.int8)
    (WEIGHTS / "lexical.safetensors").write_bytes(save({"vectors": small, "scale": scale}))
    (WEIGHTS / "lexical.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
