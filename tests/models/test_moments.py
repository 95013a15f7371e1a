"""Moments: the stretch that a label of the whole call rests on, and the words that stand where nothing is shown."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from models import moments
from models.learning.evidence import Padded
from pipeline.tables.conversations import Purposes
from tests.models.features.test_features import talk

KEY = {"rubric": "r", "element": "e", "model_id": "m"}


def test_most_pointing() -> None:
    """Of nine utterances the six in a row that sum highest are 2 to 7; of a call of three all are the stretch."""
    points = np.full((2, 9), -np.inf, np.float32)
    points[0] = [5, -9, 0, 1, 4, 0, 1, 3, -2]
    points[1, :3] = [1, 2, 3]
    features = SimpleNamespace(calls=["a", "b"], starts=np.array([0, 9, 12]), idx=np.array([*range(10, 19), 0, 1, 2]))
    found = moments.most_pointing(points, features)
    assert found.select("call_id", "idx", "until").rows() == [("a", 12, 17), ("b", 0, 2)]


def test_pointing_at_the_level() -> None:
    """An utterance points by how much it is evidence and by how much it speaks for the call's level."""
    scores = np.arange(10, dtype=np.float32).reshape(1, 2, 5)
    padded = Padded(scores, np.array([[True, False]]))
    assert moments.pointing(padded, np.array([2])).tolist() == [[0 + 3, -np.inf]]


def test_longest_on_purpose() -> None:
    """Of 20 words in reviews 15 are on the deal: of its runs the longer one, 3 to 4, is the stretch; small talk parts
    runs and counts for none. A call without a review has no stretch."""
    spoken = ["a b c d e", "hello", "a b c d e", "a b c d e", "a b c d e"]
    frame = talk(a=[("lead", text) for text in spoken], b=[("lead", "hello")])
    purposes = {("a", 0): "deal", ("a", 1): "small_talk", ("a", 2): "forecast", ("a", 3): "deal", ("a", 4): "deal"}
    serves = pl.Series([purposes.get(row) for row in frame.select("call_id", "idx").iter_rows()], dtype=pl.String)
    rows = frame.select("call_id", "idx").with_columns(purpose=serves, p=pl.lit(1.0))
    told = Purposes.validate(rows, cast=True)
    found = moments.longest_on_purpose(frame, told)
    assert found.rows() == [("a", 3, 4, "deal takes 75% of what is said in reviews")]


@pytest.mark.parametrize(
    ("level", "said", "quote", "times"),
    [
        (2, None, "no single utterance decides this: its title is judged from the call as a whole", (0.0, 14.0)),
        (2, "so", "no single utterance decides this: its title is judged from the call as a whole: so", (0.0, 14.0)),
        (0, "so", "nothing at the close that would count as: its title", (None, None)),
        (None, "so", "not judged yet: nothing could be learnt of it", (None, None)),
    ],
)
def test_where_no_utterance_moved_it(level: int | None, said: str, quote: str, times: tuple[float | None]) -> None:
    """A label of the whole call says so and has the times of its stretch; a red one says what was missing and where,
    one without a level why; neither has a stretch."""
    frame = talk(a=[("lead", "One."), ("lead", "Two."), ("lead", "Three.")])
    about = KEY | {"call_id": "a", "level": level, "title": "Its title", "where": "closing", "reason": "not_learnt"}
    labels = pl.DataFrame([about], schema_overrides={"level": pl.Int64})
    stretches = pl.DataFrame([KEY | {"call_id": "a", "idx": 0, "until": 2, "said": said}], schema=moments.STRETCHES)
    quotes = moments.quotes_of(frame, Purposes.create_empty())
    (row,) = moments.evidence_of(labels, pl.DataFrame(schema=moments.MOVED), stretches, quotes).iter_rows(named=True)
    assert (row["quote"], row["idx"], row["rank"], row["worth_showing"]) == (quote, None, 0, None)
    assert (row["start_s"], row["end_s"]) == (times if level else (None, None))
