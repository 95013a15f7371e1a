"""All findings of some calls at once, the same as by each step alone."""

import polars as pl

from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import Findings, analyse
from pipeline.language.moments import find_moments
from pipeline.language.purposes import find_purposes
from pipeline.language.reflections import find_reflections
from pipeline.tables.conversations import Talk
from tests.conversations import moments_of, no_actions, purposes_of, talk_of

TALK = talk_of(
    ("lead", 0, 4, "Thanks for coming. Today I'd like to go over your pipeline and then the forecast, all right?"),
    ("other", 4, 8, "Yes, that works."),
    ("lead", 8, 12, "Last week you wanted to ring the auditor. Did you get hold of her?"),
    ("other", 12, 60, "She says the licences are late again and nobody knows why."),
    ("lead", 60, 64, "So the licences are late again."),
    ("other", 64, 80, "They are."),
    ("lead", 80, 84, "I'll send you the list of the licences by Friday."),
    ("other", 84, 88, "Great, thank you."),
    interaction="one_on_one",
)


def test_every_step_finds_what_it_finds_alone() -> None:
    """Agenda, reflection and action are found, and none of them depends on the steps being taken together."""
    acts = classify_acts(TALK)
    findings = analyse(TALK, acts)
    assert {"agenda", "reflection", "prior_action"} <= set(findings.moments["kind"])
    alone = pl.concat([find_moments(TALK), find_reflections(acts)])
    assert findings.moments.sort("idx", "kind").equals(alone.sort("idx", "kind"))
    assert findings.purposes.equals(find_purposes(TALK))
    assert findings.actions.equals(find_actions(TALK, acts))
    assert findings.actions["idx"].to_list() == [6]


def test_dates_count_from_the_day_in_the_zone() -> None:
    """A call at 6:00 UTC on a Monday takes place on the Sunday in Pago Pago, so that "tomorrow" is a day earlier."""
    early = Talk.validate(TALK.with_columns(pl.col("started_at").dt.offset_by("-3h")))
    early = Talk.validate(early.with_columns(pl.col("text").str.replace("by Friday", "tomorrow")))
    acts = classify_acts(early)
    utc, west = (analyse(early, acts, zone=zone).actions["due_date"].item() for zone in ("UTC", "Pacific/Pago_Pago"))
    assert (utc - west).days == 1


def test_exchanges_carry_what_was_said_and_answered() -> None:
    """Each utterance stands with its answer, and with how probable it is that it looks back."""
    exchanges = analyse(TALK, classify_acts(TALK)).exchanges
    assert exchanges["words"][1] == "yes that works"
    assert exchanges["reply"][1].startswith("last week you wanted")
    assert exchanges["back"].arg_max() == 2


def test_findings_of_other_calls_stand_beside() -> None:
    """Findings of two lots of calls are those of all."""
    own = Findings(moments_of((0, "agenda")), purposes_of((0, "forecast")), no_actions())
    others = Findings(
        moments_of((0, "recap"), call_id="other"), purposes_of((0, "deal"), call_id="other"), no_actions()
    )
    findings = own.together_with(others)
    assert findings.moments.select("call_id", "kind").rows() == [("c", "agenda"), ("other", "recap")]
    assert findings.purposes.select("call_id", "purpose").rows() == [("c", "forecast"), ("other", "deal")]
