"""How well acts are told on corpora that training left out, beside plain TF-IDF.

    python -m benchmarks.language --corpora ../shared/data --left-out left_out

`--left-out` is a folder with the weights that `benchmarks.training.acts --without CORPUS` and then
`benchmarks.training.act_words --without CORPUS` wrote, a folder or a link for each corpus by its name; then only these
are judged. Without it the shipped weights are measured on every corpus, of which they have seen a part. Writes
docs/accuracy/unseen_corpora.md with `--write`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from cyclopts import App
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, f1_score
from sklearn.model_selection import GroupKFold

from benchmarks.language.act_corpora import ASKS, BARE
from benchmarks.page import table
from benchmarks.paths import DOCS
from benchmarks.people.annotated import SIGNS, annotated
from pipeline.language.acts import chances_of, timed_sentences
from pipeline.language.sentences import WEIGHTS

PAGE = DOCS / "accuracy" / "unseen_corpora.md"
TEXTS = {"with marks": pl.col("text"), "without marks": BARE}
TELLS = ("inform", "suggest", "direct")
ADVICE = ("suggest", "direct")
MOST_UNITS = 4_000  # of a corpus that a TF-IDF learns from
FEWEST = 15  # units with a sign that a corpus must have to be judged on it
WORDS = r"(?u)\b\w+\b|[?!]"

app = App()


class Score(NamedTuple):
    """How right guesses are: F1 (of the sign, or the mean over kinds) and Cohen's kappa."""

    f1: float
    kappa: float


class Line(NamedTuple):
    """A line of the page: what is told of how many units of which corpus, and how right each way of telling is."""

    what: str
    corpus: str
    text: str
    units: int
    ours: Score
    others: Score | None
    own: Score | None


class Task(NamedTuple):
    """What is told of a unit: a sign of it, or the kind of question that it asks."""

    name: str
    column: str


TASKS = (*(Task(sign, sign) for sign in SIGNS), Task("open, closed, none", "kind"))


def by_us(frame: pl.DataFrame, weights: Path) -> pl.DataFrame:
    """What the acts of a frame's units are: its columns, with the signs and the kind that we find as ours_*."""
    talk = frame.select("call_id", "speaker", "start_s", "end_s", "text", idx="unit")
    sentences = timed_sentences(talk)
    chances = chances_of(sentences, weights)
    found = sentences.select("call_id", pl.col("idx").alias("unit")).with_columns(signs_of(chances))
    kind = (
        pl.when(pl.col("ours_open").any()).then(pl.lit("open"))
        .when(pl.col("ours_ask").any()).then(pl.lit("closed")).otherwise(pl.lit("none"))
    )  # fmt: skip
    units = found.group_by("call_id", "unit").agg(*(pl.col(f"ours_{sign}").any() for sign in SIGNS), ours_kind=kind)
    absent = [pl.col(f"ours_{sign}").fill_null(value=False) for sign in SIGNS]
    joined = frame.join(units, on=["call_id", "unit"], how="left", maintain_order="left")
    return joined.with_columns(*absent, pl.col("ours_kind").fill_null("none"))


def signs_of(chances: pl.DataFrame) -> list[pl.Series]:
    """The signs of sentences from their acts."""
    acts = chances["act"]
    return [
        acts.is_in(ASKS).alias("ours_ask"),
        acts.is_in(TELLS).alias("ours_tell"),
        acts.is_in(ADVICE).alias("ours_advice"),
        (acts == "reflect").alias("ours_reflect"),
        (acts == "ask_open").alias("ours_open"),
    ]


def by_words(train: pl.DataFrame, test: pl.DataFrame, column: str) -> np.ndarray:
    """Plain TF-IDF of words and pairs of words with logistic regression."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=WORDS)
    seen = vectors.fit_transform(train["text"])
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=300)
    guesses: np.ndarray = model.fit(seen, train[column].to_numpy()).predict(vectors.transform(test["text"]))
    return guesses


def by_own_words(frame: pl.DataFrame, column: str) -> np.ndarray:
    """The same, of the corpus itself: five folds by conversation."""
    guesses = np.empty(frame.height, object)
    calls = frame["call_id"].to_numpy()
    for seen, held in GroupKFold(min(5, len(np.unique(calls)))).split(calls, groups=calls):
        guesses[held] = by_words(frame[seen], frame[held], column)
    return guesses.astype(frame[column].to_numpy().dtype)


def score(truth: np.ndarray, guess: np.ndarray) -> Score:
    """F1 (of the sign, or the mean over kinds) and kappa."""
    many = len(np.unique(truth)) > 2
    f1 = f1_score(truth, guess, average="macro" if many else "binary", pos_label=True, zero_division=0)
    return Score(float(f1), float(cohen_kappa_score(truth, guess)))


def cells(line: Line) -> list[str]:
    """A line as the page shows it."""
    shown = ["-" if one is None else f"{one.f1:.2f} / {one.kappa:.2f}" for one in (line.ours, line.others, line.own)]
    return [line.what, line.corpus, line.text, f"{line.units:,}", *shown]


def judged(frames: pl.DataFrame, task: Task) -> list[str]:
    """The corpora that can be judged on a task."""
    known = frames.filter(pl.col(task.column).is_not_null())
    wanted = pl.col(task.column) if task.column in SIGNS else pl.col(task.column) != "none"
    counts = known.group_by("corpus", maintain_order=True).agg(wanted.sum().alias("n"))
    return counts.filter(pl.col("n") >= FEWEST)["corpus"].to_list()


def lines_of(frames: pl.DataFrame, text: str, weights: dict[str, Path]) -> list[Line]:
    """The table of one kind of text: each corpus and task with what we find and what the words alone tell."""
    shown = frames.with_columns(TEXTS[text].alias("text"))
    ours = pl.concat(
        [
            by_us(part, weights.get(str(name), WEIGHTS))
            for (name,), part in shown.group_by(["corpus"], maintain_order=True)
        ]
    )
    lines = []
    for task in TASKS:
        for corpus in judged(ours, task):
            if weights and corpus not in weights:
                continue
            known = ours.filter(pl.col(task.column).is_not_null())
            if text == "with marks":
                known = known.filter(pl.col("corpus") != "primock57")  # the mark is what it is judged by
            test, train = known.filter(corpus=corpus), known.filter(pl.col("corpus") != corpus)
            if test.is_empty():
                continue
            small = [part.head(MOST_UNITS) for _, part in train.group_by("corpus", maintain_order=True)]
            truth, enough = test[task.column].to_numpy(), pl.concat(small) if small else train
            other = by_words(enough, test, task.column) if enough[task.column].n_unique() > 1 else None
            own = by_own_words(test, task.column) if test.height < MOST_UNITS else None
            ours_here = score(truth, test[f"ours_{task.column}"].to_numpy())
            beside = [None if guess is None else score(truth, guess) for guess in (other, own)]
            lines.append(Line(task.name, corpus, text, test.height, ours_here, *beside))
            print(cells(lines[-1]), flush=True)
    return lines


HEAD = """# Acts on corpora that training left out

Written by `python -m benchmarks.language --corpora <folder of the public corpora> --left-out <weights> --write`. Each
figure is F1 / kappa, beside it what plain TF-IDF makes of it that learnt from the other corpora, and TF-IDF that
learnt from the corpus itself, in five folds by conversation, and so knows what ours does not. People annotated AMI,
pac_coaching, persuasion_for_good and CaSiNo; in primock57 the question mark decides; a language model of ours labelled
our own ("ours"), read twice. A conversation's units are as its annotators cut them. A TF-IDF learns from the first
{units:,} units of each corpus. **Ours has the higher kappa of the first two in {won} of {n} lines.**
"""


NOTE = """
CaSiNo is lost by what is counted, not by what is found: its annotators mark only questions after the other's needs
("elicit-pref"), and ours finds nearly all of these, but other questions too ("are you excited?", "do we have a deal?").
A TF-IDF reads a unit of several sentences as one, so that a question in a long one weighs little; that is nearer to
their count. How much the words alone weigh beside the networks (.7) and how much asking is made dearer (a log odds of
1) was chosen on the corpora that were left out, each time without the one that is judged: the choice was the same for
each.
"""


@app.default
def main(*, corpora: Path, left_out: Path | None = None, write: bool = False) -> None:
    """Measure, print, and with --write put the table into docs/accuracy."""
    frames = annotated(corpora)
    weights = {folder.name: folder for folder in left_out.iterdir()} if left_out else {}
    lines = [line for text in TEXTS for line in lines_of(frames, text, weights)]
    header = ["what", "corpus", "text", "units", "ours", "TF-IDF of the other corpora", "TF-IDF of itself"]
    known = [(line.ours.kappa, line.others.kappa) for line in lines if line.others is not None]
    head = HEAD.format(units=MOST_UNITS, won=sum(ours > others for ours, others in known), n=len(known))
    page = f"{head}\n{table(header, list(map(cells, lines)))}\n{NOTE}"
    print(page)
    if write:
        PAGE.write_text(page)


if __name__ == "__main__":
    app()
