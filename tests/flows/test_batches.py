"""Batches: which calls go together, in which order they are heard and assessed, what becomes of failures."""

from concurrent.futures.process import BrokenProcessPool
from typing import Any

import polars as pl
import pytest

from flows import batches
from flows.batches import Assessed, assessed, bisect, fault, heard, in_batches
from flows.runners import Job
from flows.timing import Lap, collect_laps
from pipeline.errors import CallError
from pipeline.intake.calls import Call

NOBODY = pl.DataFrame(schema={"call_id": pl.String})


def listed(*calls: tuple[str, str | None, str | None]) -> pl.DataFrame:
    rows = [vars(Call(call_id, lead_id=lead_id, other_id=other_id)) for call_id, lead_id, other_id in calls]
    return pl.DataFrame(rows, schema_overrides={"lead_id": pl.String, "other_id": pl.String})


def ids(frames: list[pl.DataFrame]) -> list[list[str]]:
    return [frame["call_id"].to_list() for frame in frames]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_CALLS", 3)


def test_meetings_of_two_people_stay_together() -> None:
    """Later meetings of a pair are in the batch of the first, the others follow in their order; nobody is a pair."""
    calls = listed(("a", "m", "x"), ("b", None, None), ("c", "m", None), ("d", "n", "y"), ("e", "m", "x"))
    assert ids(in_batches(calls, NOBODY)) == [["a", "b", "e"], ["c", "d"]]


def test_several_workers_end_together() -> None:
    """Batches become smaller towards the end, and keep the meetings of two people together; not for one worker."""
    calls = listed(*((name, None, None) for name in "abcde"), ("f", "m", "x"), ("g", "m", "x"))
    assert ids(in_batches(calls, NOBODY, workers=2)) == [["a", "b"], ["c", "d"], ["e"], ["f", "g"]]
    assert ids(in_batches(calls, NOBODY)) == [["a", "b", "c"], ["d", "e", "f", "g"]]


def test_pair_with_more_calls_than_a_batch() -> None:
    """It is not split."""
    calls = listed(*((name, "m", "x") for name in "abcde"), ("f", "m", "y"))
    assert ids(in_batches(calls, NOBODY)) == [list("abcde"), ["f"]]


def test_unheard_calls_count_for_more() -> None:
    """Two calls that are still to be heard do not share a batch of three."""
    calls = listed(("a", "m", "x"), ("b", "m", "y"), ("c", "m", "z"))
    assert ids(in_batches(calls, calls.head(2))) == [["a"], ["b"], ["c"]]
    assert in_batches(calls.clear(), NOBODY) == []


def done(result: Any) -> Job[Any]:
    """A job that comes to this, or fails with it."""

    def come() -> object:
        if isinstance(result, Exception):
            raise result
        return result

    return Job(None, come)


def test_heard() -> None:
    """A call that failed carries its code; the next batch is started before this one is waited for; laps are kept."""
    frames = [listed((name, None, None)) for name in "abc"]
    started: list[str] = []

    def listen(call: Call) -> Job[list[Lap]]:
        started.append(call.call_id)
        return done(CallError("silent", "no speech") if call.call_id == "b" else [Lap("decode", 1.0)])

    with collect_laps() as laps:
        readable = heard(frames, pl.concat(frames).filter(pl.col("call_id") != "c"), listen)
        first = next(readable)
        assert started == ["a", "b"]
        rest = list(readable)
    codes = [frame["error_code"].to_list() for frame in [first, *rest]]
    assert codes == [[None], ["silent"], [None]]
    assert [lap.stage for lap in laps] == ["decode"]


def test_assessed_in_order() -> None:
    """Results come in the order of the batches, no more than `ahead` are under way, and their laps are kept."""
    under_way: list[str] = []

    def start(batch: pl.DataFrame) -> Job[Assessed]:
        under_way.append(batch["call_id"][0])
        return done(Assessed([batch], [Lap("acts", 1.0)]))

    frames = [listed((name, None, None)) for name in "abcd"]
    with collect_laps() as laps:
        results = assessed(frames, start, ahead=2, total=4)
        assert next(results)["call_id"][0] == "a"
        assert under_way == ["a", "b", "c"]
        assert [frame["call_id"][0] for frame in results] == ["b", "c", "d"]
    assert len(laps) == 4


def test_later_half_knows_the_earlier() -> None:
    """When a batch is bisected, the later half sees what became of the meetings of the earlier."""
    seen: list[tuple[str, int]] = []

    def judge(batch: pl.DataFrame, before: tuple[object, ...]) -> Any:
        if batch.height > 1:
            raise ZeroDivisionError
        seen.append((batch["call_id"][0], len(before)))
        return batches.Assessment(batch, *[batch] * 6)

    bisect(listed(("a", "m", "x"), ("b", "m", "x"), ("c", "m", "x")), judge)
    assert seen == [("a", 0), ("b", 1), ("c", 2)]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [([], None), (CallError("silent", "x"), "silent"), (MemoryError(), "out_of_memory"),
     (BrokenProcessPool(), "out_of_memory"), (KeyError("Dana"), "internal")],
)  # fmt: skip
def test_fault(outcome: object, code: str | None) -> None:
    """The code of what a step came to; the sentence never quotes what an error says of a call."""
    found, sentence = fault(outcome)
    assert found == code
    assert "Dana" not in (sentence or "")
