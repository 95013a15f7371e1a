"""Meetings that no model learns from: complete, and counted as their page says."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.language.tagged_units import tagged_utterances
from benchmarks.meetings.__main__ import ROWS, figures_of_reader, purpose_kappas, read_tags, what_became
from benchmarks.meetings.written import LEARNT_MEETINGS, MEETINGS, read_meetings, with_learnt
from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from pipeline.language.analyse import Findings
from pipeline.language.moments import utterances
from pipeline.language.promises.reviews import NO_EXCHANGES
from pipeline.tables.conversations import Moments, Purposes, Talk
from pipeline.tables.values import COMMITMENT_STATES, PURPOSES
from tests.conversations import no_actions

LONG_WORDS = 8
TALK, TRUTH = read_meetings(MEETINGS)


def found_as_told() -> Findings:
    """What is found where the purposes are found as they are told, and nothing else."""
    rows = (
        TALK.sort("call_id", "idx")
        .join(TRUTH["purposes"], on=["call_id", "idx"], how="left", maintain_order="left")
        .select("call_id", "idx", pl.col("purpose").forward_fill().over("call_id"), p=pl.lit(1.0))
    )
    return Findings(Moments.create_empty(), Purposes.validate(rows), no_actions(), NO_EXCHANGES)


@pytest.mark.parametrize("folder", [MEETINGS, LEARNT_MEETINGS], ids=lambda folder: folder.name)
def test_truth_lies_in_its_meeting(folder: Path) -> None:
    """Every turn exists, every meeting begins with a purpose, and purposes and states are those that are known."""
    talk, truth = read_meetings(folder)
    for rows in truth.values():
        assert rows.drop_nulls("idx").join(talk, on=["call_id", "idx"], how="anti").is_empty()
    assert set(truth["purposes"].filter(idx=0)["call_id"]) == set(talk["call_id"])
    assert set(truth["purposes"]["purpose"]) <= set(PURPOSES)
    assert set(truth["earlier"]["state"]) <= {*COMMITMENT_STATES, "not_mentioned", "discussed"}


def test_earlier_promises_were_made_before() -> None:
    """Every promise of an earlier meeting was made in one."""
    made = TRUTH["promises"].select(made_in="call_id", promise="promise")
    assert TRUTH["earlier"].join(made, on=["made_in", "promise"], how="anti").is_empty()


def test_learnt_meetings_stand_beside_the_reference() -> None:
    """Their promises, outcomes and purposes are learnt like those of the reference, but nothing of moments."""
    reference = load_reference(SCRIPTED)
    learnt = with_learnt(reference)
    talk, told = read_meetings(LEARNT_MEETINGS)
    own = pl.col("call_id").is_in(talk["call_id"].unique().implode())
    assert learnt.calls.height == reference.calls.height + talk["call_id"].n_unique()
    assert learnt.actions.filter(own).height == told["promises"].height
    assert learnt.prior_actions.filter(own)["state"].drop_nulls().is_in(["reagreed"]).sum() == 0
    tagged = tagged_utterances(learnt, utterances(Talk.validate(learnt.talk.filter(own))))
    assert tagged["agenda"].null_count() == tagged.height
    assert tagged["prior_action"].null_count() == tagged.height


def test_no_meeting_is_learnt_and_measured() -> None:
    """The meetings that models learn from are others than those they are measured on."""
    learnt = read_meetings(LEARNT_MEETINGS)[0].filter(pl.col("n_words") >= LONG_WORDS)
    assert learnt.join(TALK, on="text", how="semi").is_empty()


def test_figures_of_what_is_found_as_told() -> None:
    """Purposes that are found as told agree wholly; where nothing is said of promises, all are not mentioned."""
    found = found_as_told()
    assert purpose_kappas(TALK, found.purposes, TRUTH["purposes"]) == ["1.00", "1.00"]
    states = what_became(TALK, found, TRUTH)
    assert states.height == TRUTH["earlier"].height
    assert set(states["state"].drop_nulls()) == {"not_mentioned"}
    assert states.filter(state_told="reagreed")["due"].null_count() == 0


def test_reader_told_all() -> None:
    """The reader told of each earlier promise, and of each meeting from its first turn on."""
    tags = read_tags()
    at = ["call_id", "made_in", "promise"]
    assert tags["earlier_tags"].select(at).sort(at).equals(TRUTH["earlier"].select(at).sort(at))
    assert set(tags["purpose_tags"].filter(idx=0)["call_id"]) == set(TALK["call_id"])
    assert len(figures_of_reader(TALK, TRUTH | tags)) == len(ROWS)
