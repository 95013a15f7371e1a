"""The reference: what it holds, and that what is found in it was found by models that had not seen its people."""

from pathlib import Path

import polars as pl
import pytest

from models.ratings.reference import analyse_unseen, found_unseen, load_reference, reference_scores
from pipeline.language.acts import classify_acts
from pipeline.language.moments import find_moments
from pipeline.tables.conversations import Acts, Talk

FOLDER = Path(__file__).parents[3] / "data" / "scripted"


@pytest.fixture(scope="module")
def reference():
    return load_reference(FOLDER)


def test_named_utterances(reference):
    """An utterance that several raters name for an element is there once, and lies in its call."""
    assert reference.turns.is_unique().all()
    assert reference.turns.join(reference.talk, on=["call_id", "idx"], how="anti").is_empty()


def test_scores_are_automated(reference):
    """Every score is there, none as a person's."""
    scores = reference_scores(FOLDER)
    assert scores.height == reference.scores.height
    assert set(scores["rater_kind"]) == {"automated"}


def test_found_unseen(reference):
    """Models that saw none of the people find the agenda, but not as well as those of the package, which did."""
    at = ["call_id", "idx"]
    one = reference.talk.filter(call_id=reference.calls["call_id"][0])
    unseen = found_unseen(reference, classify_acts(one))

    def right(moments: pl.DataFrame) -> float:
        agenda = moments.filter(kind="agenda").select(at).unique()
        return agenda.join(reference.agenda, on=at, how="semi").height / agenda.height

    held = Talk.validate(reference.talk.join(unseen.purposes, on="call_id", how="semi"))
    assert 0.7 < right(unseen.moments) < right(find_moments(held)) - 0.05
    assert set(unseen.purposes["call_id"]) <= set(reference.calls["call_id"])


def test_only_calls_of_others_are_analysed(reference):
    """Calls of the reference have what models found that had not seen them, the same call by another name has not."""
    unseen = found_unseen(reference, Acts.create_empty())
    known = unseen.purposes["call_id"][0]
    one = reference.talk.filter(call_id=known)
    talk = Talk.validate(pl.concat([one, one.with_columns(call_id=pl.lit("copy"))]))
    findings = analyse_unseen(reference, talk, classify_acts(talk))
    found = findings.purposes.filter(call_id=known).sort("idx")
    assert found.equals(unseen.purposes.filter(call_id=known).sort("idx"))
    assert findings.purposes.filter(call_id="copy").height == found.height
    assert findings.exchanges["call_id"].unique().to_list() == ["copy"]
