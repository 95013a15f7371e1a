"""What was found in a call, counted: purposes, listening, promises, moments."""

import numpy as np
import polars as pl
import pytest

from models.features.findings import FINDING_KINDS, count_findings
from pipeline.language.analyse import Findings
from pipeline.tables.conversations import Actions, Moments, Talk
from tests.conversations import acts_of, moments_of, no_actions, purposes_of, talk_of

TALK = talk_of(
    ("lead", 0, 10, "one two three four"),
    ("other", 10, 20, "five six"),
    ("lead", 20, 30, "seven eight nine ten"),
    ("other", 30, 40, "eleven twelve"),
    interaction="forecast_review",
)
ACTS = acts_of((0, "inform"), (1, "inform"), (2, "ask_open"), (3, "inform"))
NOTHING = Findings(Moments.create_empty(), purposes_of(*((idx, "forecast") for idx in range(4))), no_actions())


def counted(findings: Findings) -> dict[str, np.ndarray]:
    """The row of the call, by kind."""
    rows, widths = count_findings(TALK, ACTS, findings, ["c"])
    assert len(widths) == len(FINDING_KINDS)
    return dict(zip(FINDING_KINDS, np.split(rows[0], np.cumsum(widths)[:-1]), strict=True))


def test_own_purpose_throughout():
    """All on the forecast: nothing elsewhere, one stretch, none long."""
    elsewhere, other_reviews, longest, stretches, changes, long = counted(NOTHING)["purposes"][:6]
    assert (elsewhere, other_reviews, longest, stretches, changes, long) == (0, 0, 0, 0, 0, 0)  # log of one stretch: 0


def test_detour():
    """Six of twelve words are on a deal, in one stretch of two utterances between two on the forecast."""
    names = ["forecast", "deal", "deal", "forecast"]
    row = counted(NOTHING._replace(purposes=purposes_of(*enumerate(names))))["purposes"]
    assert row[:5] == pytest.approx([6 / 12, 6 / 12, 6 / 12, np.log(3), np.log1p(2)])  # three stretches, two changes
    main, second, third, _, reviews = row[-5:]
    assert (main, second, third, reviews) == pytest.approx((6 / 12, 6 / 12, 0, 2))


def test_small_talk_is_no_other_review():
    """Small talk is elsewhere, but no stretch of another review."""
    names = ["small_talk", "forecast", "forecast", "forecast"]
    row = counted(NOTHING._replace(purposes=purposes_of(*enumerate(names))))["purposes"]
    assert row[:3] == pytest.approx([4 / 12, 0, 0])


def test_a_one_on_one_is_about_what_it_is_mostly_about():
    """A one-on-one that serves a deal throughout is nowhere else; the deal is no detour from coaching."""
    one_on_one = Talk.validate(TALK.with_columns(interaction=pl.lit("one_on_one")))
    about = NOTHING._replace(purposes=purposes_of(*((idx, "deal") for idx in range(4))))
    rows, _ = count_findings(one_on_one, ACTS, about, ["c"])
    assert rows[0][:3].tolist() == [0, 0, 0]


def test_promises():
    """Two promises, one dated and agreed to by the other side; the dated one stands at the close."""
    dated = {"call_id": "c", "action": 0, "idx": 2, "what": "send the quote", "owner_role": "lead",
             "due_words": "Friday", "due_date": pl.date(2026, 4, 24),
             "confirmed": True, "carried_from": None, "state": "open",
             "kind": "send", "owner_id": None, "share_done": None}  # fmt: skip
    vague = dated | {"action": 1, "what": "stay in touch", "due_words": None, "due_date": None, "confirmed": False}
    rows = pl.concat([pl.select(**{k: pl.lit(v) if not isinstance(v, pl.Expr) else v for k, v in row.items()})
                      for row in (dated, vague)], how="vertical_relaxed")  # fmt: skip
    row = counted(NOTHING._replace(actions=Actions.validate(rows, cast=True)))["promises"]
    # all, dated, agreed, both; by lead, other, both
    assert row[:7] == pytest.approx(np.log1p([2, 1, 1, 1, 2, 0, 0]))
    assert (row[7], row[-1]) == (pytest.approx(np.log1p(1)), 1)


def test_moments():
    """An agenda and its agreement count; a reflection counts as listening, on the side that reflects."""
    found = counted(NOTHING._replace(moments=moments_of((0, "agenda"), (1, "agenda_agreed"), (2, "reflection"))))
    assert found["moments"][:2] == pytest.approx(np.log1p([1, 1]))
    assert found["listening"][-2:] == pytest.approx(np.log1p([1, 0]))


def test_call_without_anything():
    """A call of which nothing is known has a row of zeros in its place."""
    rows, _ = count_findings(TALK, ACTS, NOTHING, ["unknown", "c"])
    assert not rows[0].any()
    assert rows[1].any()
