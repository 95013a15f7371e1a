"""Meetings that no model learns from: complete, and counted as their page says."""

import polars as pl

from benchmarks.meetings.__main__ import purpose_kappas, read_meetings, what_became
from pipeline.language.analyse import Findings
from pipeline.language.promises.reviews import NO_EXCHANGES
from pipeline.tables.conversations import Moments, Purposes
from pipeline.tables.values import COMMITMENT_STATES, PURPOSES
from tests.conversations import no_actions

TALK, TRUTH = read_meetings()


def found_as_told() -> Findings:
    """What is found where the purposes are found as they are told, and nothing else."""
    rows = (
        TALK.sort("call_id", "idx")
        .join(TRUTH["purposes"], on=["call_id", "idx"], how="left", maintain_order="left")
        .select("call_id", "idx", pl.col("purpose").forward_fill().over("call_id"), p=pl.lit(1.0))
    )
    return Findings(Moments.create_empty(), Purposes.validate(rows), no_actions(), NO_EXCHANGES)


def test_truth_lies_in_its_meeting() -> None:
    """Every turn exists, every earlier promise was made in a meeting before, every meeting begins with a purpose."""
    for rows in TRUTH.values():
        assert rows.drop_nulls("idx").join(TALK, on=["call_id", "idx"], how="anti").is_empty()
    made = TRUTH["promises"].select(made_in="call_id", promise="promise")
    assert TRUTH["earlier"].join(made, on=["made_in", "promise"], how="anti").is_empty()
    assert set(TRUTH["purposes"].filter(idx=0)["call_id"]) == set(TALK["call_id"])
    assert set(TRUTH["purposes"]["purpose"]) <= set(PURPOSES)
    assert set(TRUTH["earlier"]["state"]) <= {*COMMITMENT_STATES, "not_mentioned", "discussed"}


def test_figures_of_what_is_found_as_told() -> None:
    """Purposes that are found as told agree wholly; where nothing is said of promises, all are not mentioned."""
    found = found_as_told()
    assert purpose_kappas(TALK, found, TRUTH["purposes"]) == ["1.00", "1.00"]
    states = what_became(TALK, found, TRUTH)
    assert states.height == TRUTH["earlier"].height
    assert set(states["state"].drop_nulls()) == {"not_mentioned"}
    assert states.filter(state_told="reagreed")["due"].null_count() == 0
