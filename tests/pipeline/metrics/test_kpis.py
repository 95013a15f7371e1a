"""KPIs: hand-worked weeks, and every figure of a made-up year against a slow computation in plain Python."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import stdev
from typing import Any

import polars as pl
import pytest

from benchmarks.load.year import MONDAY, Year, make_year
from pipeline.intake.calls import read_calls
from pipeline.metrics.cadence import Meeting, Opportunities, Plan, load_plan
from pipeline.metrics.kpi_frames import Source
from pipeline.metrics.kpi_table import kpis
from pipeline.metrics.kpis import KPIS
from pipeline.tables.values import LEVELS
from tests.pipeline.metrics.kpi_rows import ELEMENTS, PLAN, Row, call, label, table
from tests.pipeline.metrics.slow_kpis import Key, Slow


def counted(
    calls: list[Row],
    labels: list[Row] = [],  # noqa: B006  never changed
    *,
    measures: list[Row] = [],  # noqa: B006
    actions: list[Row] = [],  # noqa: B006
    plan: Plan = PLAN,
    utterances: pl.DataFrame | None = None,
    zone: str = "UTC",
) -> dict[Key, tuple[float, int, float | None, float | None]]:
    """The KPIs of a few rows by their key."""
    source = Source(
        calls=table("calls", *calls),
        labels=table("labels", *labels),
        measures=table("measures", *measures),
        actions=table("actions", *actions),
        utterances=utterances,
    )
    found = kpis(source, ELEMENTS, plan=plan, zone=zone)
    return {
        row[:5]: row[5:]
        for row in found.select(
            "week", "level_of", "entity_id", "interaction", "kpi", "value", "n_calls", "low", "high"
        ).rows()
    }


WEEK = date(2026, 4, 20)
ANN = (WEEK, "lead", "ann", "discovery_call")


def test_share_of_red() -> None:
    """One red of four is 25 %, with Wilson's interval 4.6 % to 69.9 %; another week and a stale label do not count."""
    labels = [label(f"c{at}", "agenda", level) for at, level in enumerate([0, 1, 2, 3])]
    stale = label("c1", "agenda", 0, model_id="old", current=False)
    next_week = [call("late", 7)], [label("late", "agenda", 0)]
    found = counted([call(f"c{at}", 4) for at in range(4)] + next_week[0], [*labels, stale, *next_week[1]])
    for level_of, entity in [("org", "all"), ("team", "north"), ("manager", "mia"), ("lead", "ann")]:
        for interaction in ("discovery_call", "all"):
            value, n, low, high = found[WEEK, level_of, entity, interaction, "red_share:agenda"]
            assert (value, n) == (0.25, 4)
            assert (low, high) == pytest.approx((0.04559, 0.69936), abs=1e-5)


def test_quality_index() -> None:
    """Levels 3, 0 and 3 are 66.7; with weight 2 on the middle one 50; the mean of 100 and 0 has the interval of two."""
    plan = PLAN.model_copy(update={"weights": {"insight": 2.0}})
    labels = [label("c", name, level) for name, level in [("agenda", 3), ("insight", 0), ("next_steps", 3)]]
    assert counted([call("c", 0)], labels)[*ANN, "quality_index"][0] == pytest.approx(200 / 3)
    assert counted([call("c", 0)], labels, plan=plan)[*ANN, "quality_index"] == pytest.approx((50, 1, None, None))
    two = counted([call("a", 0), call("b", 1)], [label("a", "agenda", 3), label("b", "agenda", 0)])
    assert two[*ANN, "quality_index"] == (50.0, 2, 0.0, 100.0)


def test_not_judged_yet_counts_nowhere() -> None:
    """A label without a level is in no share, mean or index: a green agenda beside it makes the call 100, not 50."""
    grey = dict.fromkeys(("level", "color", "expected_level", *(f"p_{color}" for color in LEVELS)))
    unlearnt = label("c", "next_steps", 0) | grey | {"reason": "not_learnt", "status": "provisional"}
    labels = [label("c", "agenda", 3), unlearnt]
    found = counted([call("c", 0)], labels)
    assert [key for key in found if key[-1].endswith(":next_steps")] == []
    assert (found[*ANN, "quality_index"][0], found[*ANN, "provisional_share"][0]) == (100.0, 0.0)


def test_pooled_and_mean() -> None:
    """Ratios 10/100 and 300/400 are 0.62 pooled, 0.425 in the mean of calls; the mean's 95 % is +-12.706 errors."""
    shown = [("a", 10.0, 100.0), ("b", 300.0, 400.0)]
    rows: list[Row] = [
        {"call_id": name, "measure": "talk_ratio", "role": "lead", "part": part, "whole": whole, "value": part / whole,
         "unit": "share", "measures_version": 1}
        for name, part, whole in shown
    ]  # fmt: skip
    missing = rows[0] | {"call_id": "none", "part": None, "whole": None, "value": None, "reason": "no speech"}
    found = counted([call(name, 0) for name in ("a", "b", "none")], measures=[*rows, missing])
    assert found[*ANN, "talk_ratio_pooled"][:2] == pytest.approx((0.62, 2))
    value, n, low, high = found[*ANN, "talk_ratio_mean"]
    assert (value, n, low, high) == pytest.approx((0.425, 2, 0.0, 1.0))  # 12.706 * 0.65 / 2 on either side, cut
    seconds = [
        row | {"measure": "patience", "part": value, "whole": None, "value": value, "unit": "s"}
        for row, value in zip(rows, [1.0, 1.2], strict=True)
    ]
    found = counted([call(name, 0) for name in ("a", "b")], measures=seconds)
    assert found[*ANN, "patience_mean"] == pytest.approx((1.1, 2, 0.0, 1.1 + 12.7062 * 0.1), abs=1e-5)


def test_interval_of_a_score_below_zero() -> None:
    """A score has no natural bounds: uptake of -0.5, -0.3 and -0.6 is -0.4667 in the mean, and pooled over ten replies
    each; the standard error is 0.15275 / sqrt(3), times 4.3027 on either side: -0.8461 to -0.0872."""
    rows: list[Row] = [
        {"call_id": f"c{at}", "measure": "uptake", "role": "lead", "part": 10 * value, "whole": 10.0, "value": value,
         "unit": "score", "measures_version": 1}
        for at, value in enumerate([-0.5, -0.3, -0.6])
    ]  # fmt: skip
    found = counted([call(f"c{at}", at) for at in range(3)], measures=rows)
    for kpi in ("uptake_mean", "uptake_pooled"):
        assert found[*ANN, kpi] == pytest.approx((-1.4 / 3, 3, -0.846125, -0.087208), abs=1e-5)


def test_mixed_purposes_are_of_meetings() -> None:
    """Of a customer call and a one-on-one that both mix purposes only the meeting counts: 1 of 1."""
    mixed = {
        "measure": "purposes_mixed",
        "role": "all",
        "value": 1.0,
        "part": 1.0,
        "unit": "0/1",
        "measures_version": 1,
    }
    meeting = call("m", 0, interaction="one_on_one", lead_id="mia", other_id="ann", manager_id=None)
    found = counted([call("c", 0), meeting], measures=[mixed | {"call_id": name} for name in ("c", "m")])
    assert found[WEEK, "manager", "mia", "all", "purposes_mixed_share"][:2] == (1.0, 1)
    assert (WEEK, "manager", "mia", "discovery_call", "purposes_mixed_share") not in found


def test_sellers_of_the_roster() -> None:
    """Zoe is met by Mia and leads no recorded call; Kim is listed and never seen, Pat starts next week: the first two
    are due for the weekly one-on-one. They were not on the team."""
    weekly = Meeting(every_weeks=1)
    plan = PLAN.model_copy(update={"meetings": {"one_on_one": weekly, "deal_review": weekly}})
    meeting = {"interaction": "one_on_one", "lead_id": "mia", "manager_id": "dan"}
    roster = pl.DataFrame(
        {"person": ["kim", "pat", "mia"], "manager": ["mia", "mia", "dan"], "team": ["north"] * 3}
        | {"role": ["rep", None, "Manager"], "start_date": [None, WEEK + timedelta(days=7), None]}
    )
    others = (table("labels"), table("measures"), table("actions"))
    source = Source(table("calls", call("m", 2, other_id="zoe", **meeting)), *others, roster=roster)
    kept = kpis(source, ELEMENTS, plan=plan).filter(kpi="cadence_kept_share", interaction="one_on_one")
    found = {row[:2]: row[2] for row in kept.select("level_of", "entity_id", "value").rows()}
    assert found["lead", "zoe"] == 1.0
    assert found["lead", "kim"] == 0.0
    assert ("lead", "pat") not in found
    assert ("lead", "mia") not in found
    assert found["manager", "mia"] == 0.5
    on_friday = kpis(replace(source, today=WEEK + timedelta(days=4)), ELEMENTS, plan=plan)
    friday = on_friday.filter(kpi="cadence_kept_share", interaction="one_on_one", level_of="lead")
    assert friday["entity_id"].to_list() == ["zoe"]  # Kim's week is not over
    assert kpis(source, ELEMENTS, plan=plan).filter(kpi="cadence_kept_share", interaction="deal_review").is_empty()


def test_plan_without_decisive_elements(tmp_path: Path) -> None:
    """`decisive: {}` in cadence.yaml leaves out what is better not made, and no other figure: two of three are red."""
    (tmp_path / "cadence.yaml").write_text("decisive: {}\n")
    labels = [label(f"c{at}", "next_steps", level) for at, level in enumerate([0, 0, 2])]
    found = counted([call(f"c{at}", 0) for at in range(3)], labels, plan=load_plan(tmp_path))
    assert found[*ANN, "red_share:next_steps"][:2] == pytest.approx((2 / 3, 3))
    assert [key for key in found if key[-1] in ("better_not_made_share", "opportunities_lost")] == []


def test_cost_of_bad_calls() -> None:
    """A hundred sellers with one discovery call a day of which a quarter is red lose 125 opportunities a week."""
    people = [f"p{at:03d}" for at in range(100)]
    calls = [call(name, 0, lead_id=name) for name in people]
    labels = [
        label(name, element, 0 if at < 25 else 2)
        for at, name in enumerate(people)
        for element in ("pain_discovery", "next_steps")
    ]
    only_one_red = label("p099", "next_steps", 0)
    found = counted([{**one, "call_id": one["lead_id"]} for one in calls], [*labels[:-1], only_one_red])
    org = (WEEK, "org", "all", "discovery_call")
    assert found[*org, "better_not_made_share"][:2] == (0.25, 100)
    value, n, low, high = found[*org, "opportunities_lost"]
    share_low, share_high = found[*org, "better_not_made_share"][2:]
    assert (value, n) == (125.0, 100)
    assert (low, high) == pytest.approx((500 * share_low, 500 * share_high))
    assert (WEEK, "org", "all", "all", "opportunities_lost") not in found
    own = PLAN.model_copy(
        update={"opportunities": {"discovery_call": Opportunities(calls_per_person_week=2, qualified_share=0.3)}}
    )
    assert counted([{**one, "call_id": one["lead_id"]} for one in calls], labels, plan=own)[*org, "opportunities_lost"][
        0
    ] == pytest.approx(15)


def test_cadence() -> None:
    """Of two sellers on the team one has the weekly one-on-one; the next week none has, and a row says 0."""
    plan = PLAN.model_copy(
        update={
            "meetings": {"one_on_one": Meeting(every_weeks=1, minutes=(20, 40)), "deal_review": Meeting(every_weeks=2)}
        }
    )
    meeting = {"lead_id": "mia", "manager_id": "dan", "scheduled_minutes": 25.0}
    calls = [
        call("a", 0),
        call("b", 1, lead_id="bob"),
        call("m", 2, interaction="one_on_one", other_id="ann", **meeting),
        call("d", 9, interaction="deal_review", other_id="bob", duration_s=600.0, **meeting),
    ]
    found = counted(calls, plan=plan)
    later = WEEK + timedelta(days=7)
    mia = "manager", "mia"
    assert found[WEEK, *mia, "one_on_one", "cadence_kept_share"][:2] == (0.5, 1)
    assert found[WEEK, "lead", "ann", "one_on_one", "cadence_kept_share"][0] == 1.0
    assert found[WEEK, "lead", "bob", "one_on_one", "cadence_kept_share"][:2] == (0.0, 0)
    assert found[later, *mia, "one_on_one", "cadence_kept_share"][:2] == (0.0, 0)
    assert (WEEK, *mia, "deal_review", "cadence_kept_share") not in found  # one week does not show two
    assert found[later, *mia, "deal_review", "cadence_kept_share"][:2] == (0.5, 1)
    assert found[later, *mia, "all", "cadence_kept_share"][:2] == (0.25, 1)
    assert found[WEEK, *mia, "one_on_one", "meeting_length_kept_share"][0] == 1.0
    assert found[WEEK, *mia, "one_on_one", "meeting_overrun_share"][0] == 1.0
    assert found[later, *mia, "all", "meeting_overrun_share"][0] == 0.0
    assert found[WEEK, *mia, "all", "calls"][0] == 3  # two of her people's and her own meeting
    assert found[WEEK, *mia, "all", "meetings_held"][0] == 1
    assert (WEEK, "manager", "dan", "all", "calls") not in found


def test_moved_meetings() -> None:
    """A meeting a day after its scheduled start was moved, one five minutes late was not; unknown ones do not count."""
    meeting = {"interaction": "one_on_one", "lead_id": "mia"}
    starts = {"a": "2026-04-21T09:00Z", "b": "2026-04-20 08:55:00", "c": None, "d": "tomorrow"}
    calls = [call(name, 0, x_scheduled_at=text, **meeting) for name, text in starts.items()]
    assert counted(calls)[WEEK, "lead", "mia", "one_on_one", "meeting_moved_share"][:2] == (0.5, 2)


SCHEDULED = {  # as a list or a spreadsheet may have it, in Berlin's time where it names no zone; all are 09:00 UTC
    **{text: text for text in ("2026-04-20T11:00:00", "2026-04-20T09:00Z", "2026-04-20 11:00:00.000+02:00")},
    "a datetime": datetime(2026, 4, 20, 11),
    "a datetime with its zone": datetime(2026, 4, 20, 9, tzinfo=UTC),
}


@pytest.mark.parametrize("write", ["write_csv", "write_parquet", "write_excel", "write_ndjson"])
@pytest.mark.parametrize("given", SCHEDULED)
def test_scheduled_start_reaches_the_moved_share(given: str, write: str, tmp_path: Path) -> None:
    """However a list writes the scheduled start: of meetings at it and a day later, half were moved.

    2026-04-20T10:45:00 and what polars writes of datetimes were once read as no time, and such meetings not counted.
    """
    if write == "write_excel" and getattr(SCHEDULED[given], "tzinfo", None):
        pytest.skip("a workbook holds no zones")
    path = tmp_path / f"calls.{ {'write_excel': 'xlsx', 'write_ndjson': 'jsonl'}.get(write, write[6:]) }"
    listed = pl.DataFrame({"recording": ["s3://a/a.wav", "s3://a/b.wav"], "interaction": "one_on_one"})
    getattr(listed.with_columns(scheduled_at=pl.lit(SCHEDULED[given])), write)(path)
    texts = read_calls(path, ["one_on_one"], timezone="Europe/Berlin").select("call_id", "x_scheduled_at").rows()
    meeting = {"interaction": "one_on_one", "lead_id": "mia"}
    calls = [call(name, day, x_scheduled_at=text, **meeting) for day, (name, text) in enumerate(texts)]
    assert counted(calls)[WEEK, "lead", "mia", "one_on_one", "meeting_moved_share"][:2] == (0.5, 2)


def test_cancelled_meetings() -> None:
    """Of four one-on-ones one was called off, known by its scheduled start alone; a customer's call is none of them."""
    about = {"interaction": "one_on_one", "lead_id": "mia"}
    off = {"status": "skipped", "error_code": "cancelled", "started_at": None, "x_scheduled_at": "2026-04-22T09:00Z"}
    calls = [call("a", 0, **about), call("b", 1, **about), call("c", 2, **about), call("d", 0, **about | off)]
    found = counted([*calls, call("e", 0, **off)])
    assert found[WEEK, "manager", "mia", "one_on_one", "meeting_cancelled_share"][:2] == (0.25, 4)
    assert found[WEEK, "org", "all", "all", "meeting_cancelled_share"][:2] == (0.25, 4)
    assert found[WEEK, "manager", "mia", "one_on_one", "meetings_held"][0] == 3


def test_opportunities_are_reviewed_in_their_cycle() -> None:
    """In a cycle of four weeks with two reviews each opportunity is due every two: of three under way in the second
    week one was reviewed, and the lost one is not due."""
    review = Meeting(every_weeks=1, times_a_cycle=2)
    plan = PLAN.model_copy(update={"meetings": {"deal_review": review}, "cycle_weeks": 4})
    calls = [call(name, 0, opportunity_id=name) for name in ("one", "two", "three")]
    lost = call("four", 0, opportunity_id="four", outcome="lost")
    about = {"interaction": "deal_review", "lead_id": "mia", "other_id": "ann"}
    found = counted([*calls, lost, call("r", 8, opportunity_id="two", **about)], plan=plan)
    later = WEEK + timedelta(days=7)
    value, n, *_ = found[later, "lead", "ann", "deal_review", "opportunities_reviewed_share"]
    assert (value, n) == (pytest.approx(1 / 3), 1)
    assert (WEEK, "org", "all", "all", "opportunities_reviewed_share") not in found  # the first half is not over


def test_kinds_without_a_rubric() -> None:
    """A team meeting is held with the whole team: both of Mia's sellers had theirs; it has no colours and does not
    touch the quality of calls."""
    plan = PLAN.model_copy(update={"meetings": {"team_meeting": Meeting(every_weeks=1, minutes=(20, 40))}})
    together = call("t", 1, interaction="team_meeting", lead_id="mia", manager_id="dan")
    found = counted([call("a", 0), call("b", 0, lead_id="bob"), together], plan=plan)
    mia = (WEEK, "manager", "mia", "team_meeting")
    assert found[*mia, "cadence_kept_share"][0] == 1.0
    assert {found[WEEK, "lead", who, "team_meeting", "cadence_kept_share"][0] for who in ("ann", "bob")} == {1.0}
    assert (found[*mia, "meetings_held"][0], found[*mia, "meeting_length_kept_share"][0]) == (1.0, 1.0)
    assert (*mia, "quality_index") not in found


def test_role_plays_are_in_no_kpi() -> None:
    """Ann's role-play is red where her real call is green: the week's figures are those of the real call alone."""
    labels = [label("real", "agenda", 3), label("played", "agenda", 0)]
    real = call("real", 0)
    played = call("played", 1, interaction="practice_discovery_call")
    assert counted([real, played], labels) == counted([real], labels)


def test_shift_of_the_middle() -> None:
    """Ann goes from orange to yellow, Bob stays red, Cy falls from green: one of two moves up, one of one down."""
    plan = PLAN.model_copy(update={"trend_weeks": 1})
    levels = {"ann": (1, 2), "bob": (0, 0), "cy": (3, 1)}
    calls = [call(f"{name}{week}", 7 * week, lead_id=name) for name in levels for week in (0, 1)]
    labels = [label(f"{name}{week}", "agenda", pair[week]) for name, pair in levels.items() for week in (0, 1)]
    found = counted(calls, labels, plan=plan)
    later = (WEEK + timedelta(days=7), "team", "north", "all")
    assert found[*later, "people_up_share"][:2] == (0.5, 2)
    assert found[*later, "people_down_share"][:2] == (1.0, 1)
    assert found[*later, "people_low_share"][0] == pytest.approx(2 / 3)
    assert found[later[0], "lead", "ann", "all", "people_up_share"][0] == 1.0
    assert found[*later, "people_spread"][0] == pytest.approx(stdev([200 / 3, 0, 100 / 3]))
    low, high = found[*later, "people_spread"][2:]
    assert (low, high) == pytest.approx((100 / 3 * 0.52066, 100 / 3 * 6.28473), rel=1e-4)  # factors of two degrees


def test_joint_calls() -> None:
    """Of three calls the manager speaks in two and has over half of our side's speech in one."""
    said = [
        ("a", "ann", 0, 10),
        ("a", "mia", 10, 30),
        ("b", "ann", 0, 10),
        ("b", "mia", 10, 12),
        ("c", "ann", 0, 10),
        ("c", None, 10, 90),
    ]
    spoken = pl.DataFrame(said, schema=["call_id", "person_id", "start_s", "end_s"], orient="row")
    found = counted([call(name, 0) for name in "abc"], utterances=spoken)
    assert found[*ANN, "joint_calls"][0] == 2
    assert found[*ANN, "manager_takeover_share"][:2] == (0.5, 2)
    assert (*ANN, "joint_calls") not in counted([call("a", 0)])


def test_actions() -> None:
    """Three new actions, two owned, one dated; of two carried ones one is done; a call without actions counts 0."""
    made = {"what": "x", "owner_role": "lead", "state": "open"}
    rows: list[Row] = [
        {"call_id": "a", "action": 0, **made, "due_words": "Friday", "confirmed": True},
        {"call_id": "a", "action": 1, **made},
        {"call_id": "a", "action": 2, **made, "owner_role": "unknown"},
        {"call_id": "a", "action": 3, **made, "carried_from": "z", "state": "done"},
        {"call_id": "a", "action": 4, **made, "carried_from": "z", "state": "not_mentioned"},
    ]
    found = counted([call("a", 0), call("b", 0)], actions=rows)
    shares = {
        name: found[*ANN, f"actions_{name}"][0]
        for name in ("made", "owned_share", "dated_share", "confirmed_share", "done_share", "reviewed_share")
    }
    assert shares == pytest.approx(
        {
            "made": 1.5,
            "owned_share": 2 / 3,
            "dated_share": 1 / 3,
            "confirmed_share": 1 / 3,
            "done_share": 0.5,
            "reviewed_share": 0.5,
        }
    )


def test_outcomes() -> None:
    """Quality by outcome and outcome by quality, for conversations with an outcome only."""
    outcomes = {"a": ("advanced", 3), "b": ("lost", 0), "c": ("advanced", 0), "d": ("none", 3), "e": (None, 3)}
    calls = [call(name, 0, outcome=outcome) for name, (outcome, _) in outcomes.items()]
    found = counted(calls, [label(name, "agenda", level) for name, (_, level) in outcomes.items()])
    assert found[*ANN, "quality_by_outcome:advanced"][:2] == (50.0, 2)
    assert found[*ANN, "quality_by_outcome:lost"][:2] == (0.0, 1)
    assert found[*ANN, "advanced_share:red"][:2] == (0.5, 2)
    assert found[*ANN, "advanced_share:green"][:2] == (1.0, 1)
    assert "correlation" in KPIS["quality_by_outcome"].definition


def test_what_does_not_count() -> None:
    """A failed call and one of unknown time are in no KPI; one without a team is in the organisation's."""
    calls = [
        call("failed", 0, status="failed", error_code="silent"),
        call("undated", 0, started_at=None),
        call("stray", 0, team=None, manager_id=None),
    ]
    found = counted(calls)
    assert found[WEEK, "org", "all", "all", "calls"][:2] == (1.0, 1)
    assert {key[1] for key in found} == {"org", "lead"}
    assert counted([call("undated", 0, started_at=None)]) == {}


def test_weeks_begin_where_people_are() -> None:
    """Sunday 23:30 in UTC is Monday in Berlin, so that it falls in the next week there."""
    late = call("c", 0, started_at=datetime(2026, 4, 19, 23, 30, tzinfo=UTC))
    assert (date(2026, 4, 13), "lead", "ann", "all", "calls") in counted([late])
    assert (WEEK, "lead", "ann", "all", "calls") in counted([late], zone="Europe/Berlin")


def test_a_year_computed_slowly() -> None:
    """Every figure of a made-up quarter, of every entity, equals what loops over rows in plain Python come to."""
    plan = PLAN.model_copy(update={"trend_weeks": 2, "weights": {"agenda": 2.0, "insight": 0.5}})
    year, utterances = _quarter()
    source = Source(year.calls, year.labels, year.measures, year.actions, utterances)
    found = kpis(source, ELEMENTS, plan=plan)
    fast = {
        row[:5]: row[5:]
        for row in found.select(
            "week", "level_of", "entity_id", "interaction", "kpi", "value", "n_calls", "low", "high"
        ).rows()
    }
    slow = Slow(year, utterances, plan).values()
    assert fast.keys() == slow.keys()
    assert set(found["kpi_name"]) == set(KPIS)
    whole = pl.concat_str("kpi_name", "split", separator=":", ignore_nulls=True)
    assert found.filter(pl.col("kpi") != whole).is_empty()
    wrong = {key: (fast[key], slow[key]) for key in slow if not _close(fast[key], slow[key])}
    assert not wrong


def test_intervals_hold_the_truth() -> None:
    """Of the weekly red shares' intervals over an organisation's calls at least 93 % hold the true mean probability."""
    year = make_year(ELEMENTS, n_calls=3000, n_sellers=20)
    found = kpis(Source(year.calls, year.labels, year.measures.clear(), year.actions.clear()), ELEMENTS)
    week = pl.col("started_at").dt.date().dt.truncate("1w").alias("week")
    truth = (
        year.labels.join(year.calls.select("call_id", week), on="call_id")
        .group_by("week", "element")
        .agg(pl.col("p_red").mean())
    )
    shown = found.filter(kpi_name="red_share", level_of="org", interaction="all").rename({"split": "element"})
    both = shown.join(truth, on=["week", "element"])
    held = both.select(pl.col("p_red").is_between("low", "high"))["p_red"]
    assert len(held) > 1000
    assert held.mean() > 0.93


def _quarter() -> tuple[Year, pl.DataFrame]:
    """Nine weeks of a made-up year, with gaps in the metadata, scheduled starts, stale labels and joint calls."""
    year = make_year(ELEMENTS, n_calls=500, n_sellers=12, seed=3)
    number = pl.int_range(pl.len())
    calls = year.calls.filter(pl.col("started_at") < MONDAY + timedelta(weeks=9)).with_columns(
        team=pl.when(number % 11 != 0).then("team"),
        manager_id=pl.when(number % 13 != 0).then("manager_id"),
        lead_id=pl.when(number % 17 != 0).then("lead_id"),
        status=pl.when(number % 19 != 0).then("status").otherwise(pl.lit("failed")),
        error_code=pl.when(number % 38 == 0).then(pl.lit("cancelled")),
        x_scheduled_at=pl.when(number % 2 == 0).then(
            (pl.col("started_at") - pl.duration(minutes=number % 100)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        ),
    )
    kept = {
        name: getattr(year, name).join(calls, on="call_id", how="semi") for name in ("labels", "measures", "actions")
    }
    stale = kept["labels"].with_columns(model_id=pl.lit("old"), current=pl.lit(value=False), level=pl.lit(0, pl.Int64))
    kept["labels"] = pl.concat([kept["labels"].filter(pl.int_range(pl.len()) % 29 != 0), stale])
    spoken = calls.filter(number % 3 == 0).select(
        "call_id", "lead_id", "manager_id", length_s=(number % 7).cast(pl.Float64)
    )
    utterances = pl.concat(
        [
            spoken.select("call_id", person_id="lead_id", start_s=pl.lit(1.0), end_s=pl.lit(4.0)),
            spoken.filter(number % 4 != 0).select(
                "call_id", person_id="manager_id", start_s=pl.lit(4.0), end_s=4 + pl.col("length_s")
            ),
        ]
    )
    return year._replace(calls=calls, **kept), utterances


def _close(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(
        (a is None) == (b is None) and (a is None or math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8))
        for a, b in zip(one, other, strict=True)
    )
