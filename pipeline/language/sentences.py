"""Sentences of an utterance, by its marks where it has them and by its words where a recogniser left them out."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipeline.language.text import Doubles, Ints, english, plain_tokens, word_bits, words_of
from pipeline.language.vocabulary import matches
from pipeline.tables.values import DECIMALS

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

WEIGHTS = Path(__file__).parent / "weights" / "acts"
COMPONENT = "sentence_ends"
ONCE = Lock()  # a worker of Dask may have several threads
BATCH = 1000  # texts whose ends are found at a time
MARK = r"[.?!…]"
AT_END = rf"{MARK}['\")\]”’]*$"
ABBREVIATION = r"\b(Mr|Mrs|Ms|Dr|Prof|Jr|Sr|St|vs|Inc|Ltd|Co|approx|etc|e\.g|i\.e|a\.m|p\.m|U\.S|[B-HJ-Z])\.$"
TRAILS_OFF, GOES_ON = r"(\.\.\.|…)$", r"^\p{Ll}"
LONG_WORDS = 30  # a stretch without a full stop that is longer than this is cut by its words
MIN_WORDS = 2  # of two ends closer than this, only the likelier is one
CUT_LOG_ODDS = -1.0  # log odds above which a sentence ends: rather one cut too many than a question lost in a story
WITHIN_QUESTION = 4  # words back to a question word, within which no other question begins
QUESTION_LOG_ODDS = 2.0  # log odds that a sentence ends before words that begin a question


def split_frame(texts: pl.DataFrame) -> pl.DataFrame:
    """The sentences of each row's text: the row's other columns, sentence (0, 1, ...) and text, blanks as one space."""
    sentences = [
        [" ".join(sentence.text.split()) for sentence in doc.sents] for doc in english_sentences().pipe(texts["text"])
    ]
    lists = pl.Series("text", sentences, dtype=pl.List(pl.String)).list.eval(pl.element().filter(pl.element() != ""))
    numbers = pl.int_ranges(lists.list.len().cast(pl.Int64)).alias("sentence")
    return texts.with_columns(lists).with_columns(numbers).explode("text", "sentence").drop_nulls("sentence")


@cache
def english_sentences() -> "Language":
    """The pipeline of `text.english`, made once per process, with `SentenceEnds` as its component: `doc.sents` are our
    sentences."""
    from spacy.language import Language

    language = english()
    with ONCE:
        if COMPONENT not in language.pipe_names:
            Language.component(COMPONENT, func=SentenceEnds())
            language.add_pipe(COMPONENT)
    return language


class SentenceEnds:
    """spaCy's component that says where sentences begin."""

    def __call__(self, doc: "Doc") -> "Doc":
        """Set where the sentences of one text begin."""
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable["Doc"], batch_size: int = BATCH) -> Iterator["Doc"]:
        """The same of many; a text is read alone, whatever others are in its batch."""
        from spacy.util import minibatch

        for batch in minibatch(docs, batch_size):
            _begin_sentences(batch)
            yield from batch


def _begin_sentences(docs: list["Doc"]) -> None:
    """Set which tokens begin a sentence: of the pieces between spaces the first of a text, and those after an end."""
    from spacy.attrs import IS_SPACE, SENT_START, SPACY

    pieces = pl.DataFrame(
        {"row": range(len(docs)), "piece": [doc.text.split() for doc in docs]},
        schema={"row": pl.Int64, "piece": pl.List(pl.String)},
    ).explode("piece", empty_as_null=False)
    begins = np.concatenate([[True], _ends(pieces)[:-1]])
    after = 0
    for doc in docs:
        has_space, is_space = doc.to_array([SPACY, IS_SPACE]).astype(bool).T
        in_piece = np.concatenate([[False], ~(has_space | is_space)[:-1]])[: len(doc)]  # none of an empty text
        first = ~in_piece & ~is_space
        before, after = after, after + int(first.sum())
        starts = np.full((len(doc), 1), -1, np.int64)  # spaCy's no
        starts[first, 0] = np.where(begins[before:after], 1, -1)
        doc.from_array([SENT_START], starts.astype(np.uint64))


def _ends(pieces: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a sentence ends after each piece between spaces (row, piece): at marks, and where these are lacking by
    the words."""
    piece, following = pl.col("piece"), pl.col("piece").shift(-1).over("row")
    trails = piece.str.contains(TRAILS_OFF) & following.str.contains(GOES_ON)
    marked = piece.str.contains(AT_END) & ~piece.str.contains(ABBREVIATION) & ~trails
    by_marks = pieces.with_columns(end=(marked | following.is_null()).fill_null(value=False))
    stretch = pl.col("end").shift(1, fill_value=False).cum_sum()
    bare = ~piece.str.contains(MARK).any().over("row")
    long = pl.len().over("stretch") > LONG_WORDS
    stretches = by_marks.with_columns(stretch=stretch).with_columns(lacks_marks=bare | long)
    ends = stretches["end"].to_numpy(writable=True)
    lacking = stretches.filter("lacks_marks")
    if not lacking.is_empty():
        lengths = lacking.group_by("stretch", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
        ends[stretches["lacks_marks"].to_numpy()] = sentence_ends(lacking["piece"], lengths)
    return ends


def sentence_ends(tokens: pl.Series, lengths: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a sentence ends after each token between spaces, of stretches of the given lengths one after the other.

    A stretch is read alone: the words of another do not matter.
    """
    from pipeline.language.sentence_network import ending_logits

    logits = ending_logits(word_bits(plain_tokens(tokens)), lengths, WEIGHTS) + _question_odds(tokens, lengths)
    return ends_of(logits.round(DECIMALS), lengths)


def _question_odds(tokens: pl.Series, lengths: Ints) -> Doubles:
    """Log odds that a sentence ends after each token, from the words after it: a question may begin there, but not
    within one that began a few words before."""
    words = pl.DataFrame({"token": tokens}).select(words_of(pl.col("token")))["token"]
    n_words = words.list.len().to_numpy()
    token_of = np.append(np.repeat(np.arange(len(tokens)), n_words), len(tokens))
    spoken = words.explode(empty_as_null=False).to_list()
    odds = np.zeros(len(tokens))
    words_before = np.concatenate([[0], np.cumsum(n_words)]).astype(np.int64)
    firsts = words_before[np.concatenate([[0], np.cumsum(lengths)])]
    for first, after in pairwise(firsts.tolist()):
        found = matches(" ".join(spoken[first:after]))
        begins = {token_of[first + match.first] for match in found if match.name == "question_opening"}
        asking = {token_of[first + match.first] for match in found if match.name == "question_word"}
        before = {token - 1 for token in begins if token > token_of[first]}
        for token in before:
            within = any(token - back in asking for back in range(WITHIN_QUESTION))
            odds[token] = -QUESTION_LOG_ODDS if within else QUESTION_LOG_ODDS
    return odds


def ends_of(logits: Doubles, lengths: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where sentences end: at tokens over CUT_LOG_ODDS that are the likeliest within MIN_WORDS, and at the last of each
    piece."""
    last = np.cumsum(lengths) - 1
    ends = logits > CUT_LOG_ODDS
    near = np.full(len(logits), -np.inf)
    for step in range(1, MIN_WORDS):
        near[step:] = np.maximum(near[step:], logits[:-step])
        near[:-step] = np.maximum(near[:-step], logits[step:])
    ends &= logits >= near
    ends[last] = True
    return ends
