"""How right acts, sentence ends, uptake and reflections are.

    python -m benchmarks.language.acts --corpora ../shared/data

Every figure is on meetings and people that training did not see, with a simple baseline beside it. `--write` writes the
page docs/accuracy/acts.md.
"""

import time
from pathlib import Path
from textwrap import fill

import dataframely as dy
import numpy as np
import polars as pl
import torch
from cyclopts import App
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from benchmarks.language.act_corpora import (
    ASKS,
    BARE,
    CHOOSING,
    GROUP_OF,
    ami,
    by_marks,
    group_scores,
    held_people,
    reference_labels,
)
from benchmarks.language.agreement import precision_recall_f1
from benchmarks.language.listening import on_listening
from benchmarks.language.sentence_ends import on_endings
from benchmarks.page import table
from benchmarks.paths import DOCS, SCRIPTED
from models.ratings.reference import load_reference
from pipeline.language.act_model.model import load, read
from pipeline.language.act_model.network import AMI_LABELS
from pipeline.language.acts import classify_acts, timed_sentences
from pipeline.language.sentences import WEIGHTS
from pipeline.language.text import words_of
from pipeline.language.vocabulary import said
from pipeline.tables.conversations import Talk
from pipeline.tables.values import ACTS

app = App()
GROUPS = ("ask", "tell", "acknowledge", "other")
GROUP_OF_ACT = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 3])
ERRORS = Path(__file__).with_name("acts_errors.md")  # read and judged by hand, unlike the figures
PAGE = DOCS / "accuracy" / "acts.md"
SPACED = pl.col("text").str.to_lowercase().str.replace_all(r"([?.,!])", " $1 ")
TEXTS = {"without marks": BARE, "with marks": pl.col("text")}
WORD = r"\S+"
MISHEARD = 0.2  # share of words dropped or replaced


def n_gram_guesses(train: pl.DataFrame, test: pl.DataFrame, wanted: np.ndarray, *, around: bool) -> np.ndarray:
    """Logistic regression on words and word pairs of the sentence, and if `around` of the ones before and after."""

    def features(frame: pl.DataFrame) -> csr_matrix:
        hashing = HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False, token_pattern=WORD)
        steps = (0, 1, -1) if around else (0,)
        near = [frame.select(pl.col("text").shift(step).over("call_id").fill_null(""))["text"] for step in steps]
        matrix: csr_matrix = hstack([hashing.transform(texts) for texts in near], format="csr")
        return matrix

    model = SGDClassifier(loss="log_loss", alpha=2e-6, max_iter=12, tol=None, average=True, random_state=0)
    guesses: np.ndarray = model.fit(features(train), wanted).predict(features(test))
    return guesses


def on_ami(corpora: Path) -> str:
    """Four groups of acts on held-out AMI meetings, beside the baselines."""
    frame = ami(corpora)
    label = frame["label"].replace_strict({name: k for k, name in enumerate(AMI_LABELS)}).to_numpy()
    frame = frame.with_columns(pl.Series("group", GROUP_OF.numpy()[label]))
    test, train = frame.filter("held"), frame.filter(~pl.col("held"))
    truth, rows = test["group"].to_numpy(), []
    for name, text in TEXTS.items():
        outputs = read(load(WEIGHTS), test.with_columns(text))
        shown = SPACED if name == "with marks" else BARE
        models = {
            "ours": group_scores(outputs.labels).argmax(1).numpy(),
            "n-grams of the act and its neighbours": n_gram_guesses(
                train.with_columns(shown), test.with_columns(shown), train["group"].to_numpy(), around=True
            ),
            '"?" alone': np.where(test.with_columns(text)["text"].str.contains(r"\?\W*$").to_numpy(), 0, 1),
            "ours, its ten acts summed up": GROUP_OF_ACT[outputs.acts.argmax(1).numpy()],
        }
        for model, guess in models.items():
            each = f1_score(truth, guess, average=None, labels=range(4), zero_division=0)
            rows.append([name, model, f"{each.mean():.3f}", *(f"{score:.3f}" for score in each)])
    intro = f"{len(truth):,} acts of {test['call_id'].n_unique()} meetings, split as the annotators split them.\n\n"
    return intro + table(["text", "model", "macro-F1", *GROUPS], rows)


def missed_questions(corpora: Path) -> str:
    """Where the network goes wrong on questions, in the AMI meetings that served to choose settings."""
    chosen = ami(corpora).filter(pl.col("call_id").str.contains(CHOOSING))
    asked = chosen["label"].str.starts_with("el").to_numpy()
    asking = group_scores(read(load(WEIGHTS), chosen).labels).argmax(1).numpy() == 0
    marked = chosen["text"].str.contains(r"\?\W*$").to_numpy()
    missed, wrong = asked & ~asking, asking & ~asked
    text = (
        f"Of the {asked.sum()} questions in the AMI meetings that served to choose settings, the network misses "
        f"{missed.sum()}, of which {(missed & ~marked).sum()} have no question mark; {wrong.sum()} sentences it "
        f"wrongly takes for asking, of which {(wrong & marked).sum()} have one."
    )
    return "\n" + fill(text, 120) + "\n"


def misheard(talk: dy.DataFrame[Talk], *, seed: int = 0) -> dy.DataFrame[Talk]:
    """Talk without marks, half of MISHEARD of its words dropped and half replaced by others of the talk."""
    rng = np.random.default_rng(seed)
    words = talk.select("call_id", "idx", words_of(pl.col("text")).alias("word")).explode("word")
    fate, other = pl.Series(rng.random(words.height)), words["word"].gather(rng.integers(0, words.height, words.height))
    word = pl.when(fate < MISHEARD / 2).then(None).when(fate < MISHEARD).then(other).otherwise("word")
    texts = words.select("call_id", "idx", word.alias("text")).group_by("call_id", "idx", maintain_order=True)
    joined = texts.agg(pl.col("text").drop_nulls().str.join(" "))
    heard = talk.drop("text").join(joined, on=["call_id", "idx"], how="left", maintain_order="left")
    return Talk.cast(heard)


def on_reference(conversations: Path) -> str:
    """The ten acts of held-out calls of data/scripted, by the reference labels."""
    reference = load_reference(conversations)
    held = held_people(reference.calls)
    talk = Talk.validate(reference.talk.join(held.filter("held"), on="call_id", how="semi", maintain_order="left"))
    sentences = timed_sentences(talk)
    labelled = reference_labels().join(held, on="call_id")
    test, train = labelled.filter("held"), labelled.filter(~pl.col("held"))
    truth, guesses = test["act"].to_numpy(), {}
    for name, text in TEXTS.items():
        best = read(load(WEIGHTS), sentences.with_columns(text)).acts.argmax(1).numpy()
        guessed = sentences.select("call_id", "idx", "sentence", pl.Series("guess", [ACTS[k] for k in best]))
        guesses[name] = test.join(guessed, on=["call_id", "idx", "sentence"], how="left", maintain_order="left")[
            "guess"
        ]
        shown_train, shown_test = (part.with_columns(text) for part in (train, test))
        simple = n_gram_guesses(shown_train, shown_test, train["act"].to_numpy(), around=False)
        guesses[f"n-grams alone, {name}"] = pl.Series(simple)
    summary = [
        [name, float((guess.to_numpy() == truth).mean()), float(f1_score(truth, guess, average="macro"))]
        for name, guess in guesses.items()
    ]
    by_act = {
        name: precision_recall_fscore_support(truth, guesses[name], labels=ACTS, zero_division=0) for name in TEXTS
    }
    marked, plain = by_act["with marks"], by_act["without marks"]
    rows = [
        [act, int(marked[3][k]), *(float(part[k]) for part in marked[:3]), float(plain[2][k])]
        for k, act in enumerate(ACTS)
    ]
    mixed = confusion_matrix(truth, guesses["without marks"], labels=ACTS)
    return (
        f"{len(truth)} sentences of {test['call_id'].n_unique()} calls: {(test['picked'] == 'window').sum()} as they "
        "came, the others because a rule took them for one of the rarer acts.\n\n"
        + table(["text", "accuracy", "macro-F1"], summary)
        + "\n"
        + table(["act", "n", "precision", "recall", "F1", "F1 without marks"], rows)
        + "\nWithout marks, reference in rows, ours in columns:\n\n"
        + table(["", *ACTS], [[act, *mixed[k].tolist()] for k, act in enumerate(ACTS)])
        + "\n"
        + whole_path(talk)
    )


def whole_path(talk: dy.DataFrame[Talk]) -> str:
    """Words that belong to questions, found in utterances without marks: splitting and acts together."""
    marked = by_marks(talk.select("call_id", "idx", "text"))
    truth = marked.with_columns(pl.col("text").str.contains(r"\?\W*$").alias("asks"))
    plain = classify_acts(Talk.cast(talk.with_columns(BARE)))
    ours = plain.with_columns(pl.col("act").is_in(ASKS).alias("asks"))
    cued = plain.with_columns(said(BARE, "closed_question", "open_question").alias("asks"))
    noisy = classify_acts(misheard(talk)).with_columns(pl.col("act").is_in(ASKS).alias("asks"))

    def per_word(frame: pl.DataFrame) -> np.ndarray:
        words = frame.select("asks", words_of(pl.col("text")).alias("word")).explode("word")
        asked: np.ndarray = words.drop_nulls("word")["asks"].to_numpy()
        return asked

    def per_call(frame: pl.DataFrame) -> np.ndarray:
        counts: np.ndarray = frame.group_by("call_id").agg(pl.col("asks").sum()).sort("call_id")["asks"].to_numpy()
        return counts

    rows = [
        [name, *precision_recall_f1(per_word(truth), per_word(guess))]
        for name, guess in (("ours", ours), ("our sentences, asking if they begin like a question", cued))
    ]
    marks = per_call(truth)
    counts = [
        [name, f"{per_call(guess).mean():.1f}", float(np.corrcoef(marks, per_call(guess))[0, 1])]
        for name, guess in (
            ("without marks", ours),
            (f"without marks, {MISHEARD:.0%} of the words lost or wrong", noisy),
        )
    ]
    return (
        "Splitting and acts together, on utterances without marks: is a word part of a question?\n\n"
        + table(["model", "precision", "recall", "F1"], rows)
        + f"\nQuestions a call, {marks.mean():.1f} by the marks:\n\n"
        + table(["text", "found", "correlation over calls"], counts)
    )


def speed(conversations: Path) -> str:
    """Sentences a second of processor time on one thread, splitting included."""
    torch.set_num_threads(1)
    talk, rows = load_reference(conversations).talk, []
    for name, text in TEXTS.items():
        shown = Talk.cast(talk.with_columns(text))
        classify_acts(Talk.validate(shown.head(50)))
        start = time.process_time()
        n = classify_acts(shown).height
        rows.append([name, f"{n:,}", f"{n / (time.process_time() - start):,.0f}"])
    return table(["text", "sentences", "a second"], rows)


@app.default
def main(*, corpora: Path, conversations: Path = SCRIPTED, write: bool = False) -> None:
    """Print the page of figures; with --write also put it into the docs."""
    sections = {
        "AMI: four groups of acts": on_ami(corpora),
        "The ten acts": on_reference(conversations),
        "Sentence ends without marks": on_endings(corpora, conversations),
        "Listening": on_listening(corpora),
        "Speed, one thread": speed(conversations),
        "Typical errors": ERRORS.read_text() + missed_questions(corpora),
    }
    page = HEAD + "".join(f"\n## {title}\n\n{text}" for title, text in sections.items())
    print(page)
    if write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page)


HEAD = """# Acts, sentence ends, listening

Written by `python -m benchmarks.language.acts --corpora <folder of the public corpora> --write`. Held out are the AMI
meetings ES2004, IS1009, TS3003 and EN2002, and the conversations of a quarter of the leads of data/scripted; training
saw none of their people. People labelled AMI; a language model of ours gave the labels of data/acts ("reference
labels") in one reading, without a second rater; reflections among them count as reflect. "Without marks" is lower case
without punctuation.
"""
if __name__ == "__main__":
    app()
