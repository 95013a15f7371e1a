"""KPIs: hand-worked weeks, and every figure of a made-up year against a slow computation in plain Python."""

import math
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import polars as pl
import pytest
from scipy import stats

from benchmarks.load.year import MONDAY, Year, make_year
from models.ratings.rubrics import load_rubrics
from pipeline.export.data_dictionary import as_markdown
from pipeline.intake.calls import read_calls
from pipeline.metrics.cadence import Meeting, Opportunities, Plan, load_plan, unknown_elements
from pipeline.metrics.kpi_frames import Source
from pipeline.metrics.kpi_table import are_stale, kpis, update_kpis
from pipeline.metrics.kpis import KPIS
from pipeline.metrics.measures import MEASURES
from pipeline.store.delta import Store
from pipeline.tables import LEVELS, TABLES

ROOT = Path(__file__).parents[3]
ELEMENTS = load_rubrics(ROOT / "rubrics")
PLAN = load_plan()
Row = dict[str, Any]
Key = tuple[date, str, str, str, str]


def table(name: str, *rows: Row) -> pl.DataFrame:
    """Rows of a table, null where a column is not given."""
    schema = TABLES[name].create_empty().schema
    extra = {column: pl.String for row in rows for column in row if column.startswith("x_")}
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema={**schema, **extra})


def call(call_id: str, day: int, **columns: Any) -> Row:
    """A scored discovery call of Ann, whom Mia manages in the team north; day 0 is Monday, 20 April 2026."""
    started = datetime(2026, 4, 20, 9, tzinfo=UTC) + timedelta(days=day)
    given = {"lead_id": "ann", "manager_id": "mia", "team": "north", "duration_s": 1800.0, "status": "ok"}
    return {"call_id": call_id, "interaction": "discovery_call", "started_at": started} | given | columns


def label(call_id: str, element: str, level: int, **columns: Any) -> Row:
    """A sure label."""
    sure = {f"p_{color}": float(at == level) for at, color in enumerate(LEVELS)}
    given = {"rubric": "discovery_call", "rubric_hash": "h", "rubric_version": 1, "model_id": "m", "current": True}
    about = {"status": "calibrated", "basis": "people", "needs_review": False, "labelled_at": MONDAY}
    row = {"call_id": call_id, "element": element, "level": level, "color": LEVELS[level]}
    return row | {"expected_level": float(level)} | sure | given | about | columns


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


def test_store(tmp_path: Path) -> None:
    """The stored KPIs are all replaced, so that a call that is gone leaves no figure behind."""
    store = Store(str(tmp_path))
    store.merge("calls", table("calls", call("a", 0), call("b", 7, lead_id="bob")))
    store.merge("labels", table("labels", label("a", "agenda", 1)))
    spoken = {"call_id": "a", "speaker": "S", "role": "rep", "text": "x", "n_words": 1, "start_s": 0.0, "end_s": 1.0}
    store.merge(
        "utterances",
        table("utterances", {**spoken, "idx": 0, "person_id": "ann"}, {**spoken, "idx": 1, "person_id": "mia"}),
    )
    assert update_kpis(store, ELEMENTS) == len(store.read("kpis"))
    rows = store.read("kpis")
    assert rows.filter(kpi="joint_calls", level_of="lead", interaction="all").select("entity_id", "value").rows() == [
        ("ann", 1.0)
    ]
    assert "bob" in rows["entity_id"]
    store.merge("calls", table("calls", call("b", 7, lead_id="bob", status="failed", error_code="silent")))
    update_kpis(store, ELEMENTS)
    assert "bob" not in store.read("kpis")["entity_id"]


def test_kpis_follow_the_plan(tmp_path):
    """They are stale once cadence.yaml changed after they were computed, and not before there are any."""
    store, plan = Store(str(tmp_path)), tmp_path / "cadence.yaml"
    plan.write_text("small_n: 3")
    assert not are_stale(store)
    store.merge("calls", table("calls", call("a", 0)))
    update_kpis(store, ELEMENTS)
    later = store.changed_at("kpis").timestamp() + 1
    os.utime(plan, (later - 2, later - 2))
    assert not are_stale(store)
    os.utime(plan, (later, later))
    assert are_stale(store)


def test_documentation_is_current() -> None:
    """docs/kpis.md is what the definitions say; if this fails, run python -m pipeline.export.data_dictionary >
    docs/kpis.md."""
    assert (ROOT / "docs" / "kpis.md").read_text(encoding="utf-8") == as_markdown()


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("takeover_share: 2", "takeover_share"),
        ("tempo: fast", "tempo"),
        ("meetings: {one_on_one: {every_weeks: 1, minutes: [60, 30]}}", "meetings.one_on_one.minutes"),
        ("- a list", "part: value"),
        ("{", "not YAML"),
    ],
)
def test_wrong_plan(tmp_path: Path, written: str, complaint: str) -> None:
    """A plan that cannot be used is refused with the file and what is wrong."""
    (tmp_path / "cadence.yaml").write_text(written)
    with pytest.raises(ValueError, match=complaint) as error:
        load_plan(tmp_path)
    assert "cadence.yaml" in str(error.value)


def test_own_plan(tmp_path: Path) -> None:
    """A part in the workspace replaces the default's; the others stay; a misspelt element is found."""
    (tmp_path / "cadence.yaml").write_text("small_n: 9\ndecisive: {discovery_call: [agenda, nextsteps]}")
    plan = load_plan(tmp_path)
    assert (plan.small_n, plan.decisive, plan.meetings) == (
        9,
        {"discovery_call": ("agenda", "nextsteps")},
        PLAN.meetings,
    )
    assert unknown_elements(plan, ELEMENTS) == ["discovery_call.nextsteps"]
    assert unknown_elements(PLAN, ELEMENTS) == []


def _quarter() -> tuple[Year, pl.DataFrame]:
    """Nine weeks of a made-up year, with gaps in the metadata, scheduled starts, stale labels and joint calls."""
    year = make_year(ELEMENTS, n_calls=500, n_sellers=12, seed=3)
    number = pl.int_range(pl.len())
    calls = year.calls.filter(pl.col("started_at") < MONDAY + timedelta(weeks=9)).with_columns(
        team=pl.when(number % 11 != 0).then("team"),
        manager_id=pl.when(number % 13 != 0).then("manager_id"),
        lead_id=pl.when(number % 17 != 0).then("lead_id"),
        status=pl.when(number % 19 != 0).then("status").otherwise(pl.lit("failed")),
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
    return Year(calls, kept["labels"], kept["measures"], kept["actions"], ELEMENTS), utterances


def _close(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(
        (a is None) == (b is None) and (a is None or math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8))
        for a, b in zip(one, other, strict=True)
    )


class Slow:
    """The KPIs again, by loops over rows: samples of (part, whole, conversations) per key, then one formula a kind."""

    def __init__(self, year: Year, utterances: pl.DataFrame, plan: Plan) -> None:
        self.plan = plan
        self.meetings = set(ELEMENTS.filter(scored_role="manager")["rubric"])
        self.calls = [one for one in year.calls.sort("started_at").rows(named=True) if one["status"] == "ok"]
        self.by_call: dict[str, dict[str, list[Row]]] = {}
        for name, frame in (
            ("labels", year.labels),
            ("measures", year.measures),
            ("actions", year.actions),
            ("said", utterances),
        ):
            self.by_call[name] = defaultdict(list)
            for row in frame.rows(named=True):
                self.by_call[name][row["call_id"]].append(row)
        self.samples: dict[Key, list[tuple[float, float, int]]] = defaultdict(list)

    def values(self) -> dict[Key, tuple[float, int, float | None, float | None]]:
        """The KPIs by their key: value, n_calls, low, high."""
        for one in self.calls:
            self._count(one)
        self._count_people()
        self._count_pairs()
        found = {key: self._value(key, samples) for key, samples in self.samples.items()}
        return {key: value for key, value in found.items() if value is not None}

    def _is_meeting(self, one: Row) -> bool:
        return one["interaction"] in self.meetings

    def _manager(self, one: Row) -> str | None:
        return one["lead_id"] if self._is_meeting(one) else one["manager_id"]

    def _add(
        self,
        where: tuple[date, str | None, str | None, str | None, str],
        kpi: str,
        part: float | None,
        whole: float = 1.0,
        n: int = 1,
    ) -> None:
        week, team, manager, lead, interaction = where
        if part is None:
            return
        for level_of, entity in (("org", "all"), ("team", team), ("manager", manager), ("lead", lead)):
            if entity is not None:
                self.samples[week, level_of, entity, interaction, kpi].append((float(part), float(whole), n))

    def _labels(self, one: Row) -> list[Row]:
        return [row for row in self.by_call["labels"][one["call_id"]] if row["current"]]

    def _quality(self, one: Row) -> float | None:
        pairs = [(row["expected_level"], self.plan.weights.get(row["element"], 1.0)) for row in self._labels(one)]
        return (
            sum(level * weight for level, weight in pairs) / sum(weight for _, weight in pairs) / 3 * 100
            if pairs
            else None
        )

    def _bad(self, one: Row) -> bool | None:
        decisive = self.plan.decisive.get(one["interaction"], ())
        levels = [row["level"] for row in self._labels(one) if row["element"] in decisive]
        return all(level == 0 for level in levels) if decisive and len(levels) == len(decisive) else None

    def _count(self, one: Row) -> None:
        for interaction in (one["interaction"], "all"):
            where = (_monday(one), one["team"], self._manager(one), one["lead_id"], interaction)
            for kpi, part, whole in self._of_call(one):
                self._add(where, kpi, part, whole)

    def _of_call(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        labels, quality, minutes = self._labels(one), self._quality(one), one["duration_s"] / 60
        yield "calls", 1, 1
        yield "minutes", minutes, 1
        for row in labels:
            for at, color in enumerate(LEVELS):
                yield f"{color}_share:{row['element']}", row["level"] == at, 1
            yield f"level_mean:{row['element']}", row["expected_level"], 1
        yield "quality_index", quality, 1
        if labels:
            yield "provisional_share", sum(row["status"] == "provisional" for row in labels), len(labels)
            yield "needs_review_share", sum(row["needs_review"] for row in labels), len(labels)
        yield "better_not_made_share", self._bad(one), 1
        coach = [
            row["expected_level"] for row in labels if row["element"] in self.plan.coaching.get(one["interaction"], ())
        ]
        yield "coaching_quality", mean(coach) / 3 * 100 if coach else None, 1
        if one["outcome"] in ("advanced", "stalled", "lost"):
            yield f"quality_by_outcome:{one['outcome']}", quality, 1
            if quality is not None:
                color = LEVELS[math.floor(quality / 100 * 3 + 0.5)]
                yield f"advanced_share:{color}", one["outcome"] == "advanced", 1
        yield from self._of_actions(one)
        yield from self._of_measures(one)
        if self._is_meeting(one):
            yield "meetings_held", 1, 1
            yield "meeting_overrun_share", minutes > one["scheduled_minutes"], 1
            if one["x_scheduled_at"]:
                late = one["started_at"] - datetime.fromisoformat(one["x_scheduled_at"])
                yield "meeting_moved_share", abs(late.total_seconds()) / 60 > self.plan.moved_minutes, 1
        else:
            yield from self._of_joint(one)
        planned = self.plan.meetings.get(one["interaction"])
        if planned is not None and planned.minutes is not None:
            yield "meeting_length_kept_share", planned.minutes[0] <= minutes <= planned.minutes[1], 1

    def _of_actions(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        rows = self.by_call["actions"][one["call_id"]]
        new = [row for row in rows if row["carried_from"] is None]
        old = [row for row in rows if row["carried_from"] is not None]
        yield "actions_made", len(new), 1
        yield "actions_owned_share", sum(row["owner_role"] != "unknown" for row in new), len(new)
        yield "actions_dated_share", sum(row["due_words"] is not None for row in new), len(new)
        yield "actions_confirmed_share", sum(row["confirmed"] is True for row in new), len(new)
        yield "actions_done_share", sum(row["state"] == "done" for row in old), len(old)
        yield "actions_reviewed_share", sum(row["state"] != "not_mentioned" for row in old), len(old)

    def _of_measures(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        for row in self.by_call["measures"][one["call_id"]]:
            if row["value"] is None:
                continue
            split = f":{row['role']}" if len(MEASURES[row["measure"]].roles) > 1 else ""
            form = "share" if row["unit"] == "0/1" else "mean"
            yield f"{row['measure']}_{form}{split}", row["value"], 1
            if row["whole"] is not None:
                yield f"{row['measure']}_pooled{split}", row["part"], row["whole"]

    def _of_joint(self, one: Row) -> Iterator[tuple[str, float | None, float]]:
        said = self.by_call["said"][one["call_id"]]
        if not said:
            return
        spoken = {
            who: sum(row["end_s"] - row["start_s"] for row in said if one[who] and row["person_id"] == one[who])
            for who in ("lead_id", "manager_id")
        }
        yield "joint_calls", spoken["manager_id"] > 0, 1
        if spoken["manager_id"] > 0:
            share = spoken["manager_id"] / (spoken["manager_id"] + spoken["lead_id"])
            yield "manager_takeover_share", share > self.plan.takeover_share, 1

    def _count_people(self) -> None:
        weeks = self.plan.trend_weeks
        led = [one for one in self.calls if one["lead_id"] is not None]
        for lead in {one["lead_id"] for one in led}:
            for kind in {*(one["interaction"] for one in led), "all"}:
                own = [one for one in led if one["lead_id"] == lead and kind in (one["interaction"], "all")]
                for week in self._weeks():
                    this = [one for one in own if _monday(one) == week]
                    if this:
                        where = (week, this[-1]["team"], self._manager(this[-1]), lead, kind)
                        judged = [bad for one in this if (bad := self._bad(one)) is not None]
                        self._add(where, "people", 1, 1, len(this))
                        self._add(where, "opportunities_lost", sum(judged), len(judged), len(this))
                    self._count_trend(own, week, lead, kind, weeks)

    def _count_trend(self, own: list[Row], week: date, lead: str, kind: str, weeks: int) -> None:
        judged = [one for one in own if self._quality(one) is not None and 0 <= (week - _monday(one)).days < 14 * weeks]
        now = [self._quality(one) for one in judged if (week - _monday(one)).days < 7 * weeks]
        before = [self._quality(one) for one in judged if (week - _monday(one)).days >= 7 * weeks]
        if not now:
            return
        where = (week, judged[-1]["team"], self._manager(judged[-1]), lead, kind)
        low = mean(now) / 100 * 3 < 1.5  # type: ignore[type-var,operator]
        self._add(where, "people_spread", mean(now), 1, len(now))  # type: ignore[type-var]
        self._add(where, "people_low_share", low, 1, len(now))
        if before:
            was_low = mean(before) / 100 * 3 < 1.5  # type: ignore[type-var,operator]
            self._add(where, "people_up_share" if was_low else "people_down_share", low != was_low, 1, len(now))

    def _count_pairs(self) -> None:
        weeks = self._weeks()
        for at, week in enumerate(weeks):
            roster: dict[str, Row] = {}
            for one in self.calls:
                if (
                    not self._is_meeting(one)
                    and one["lead_id"]
                    and 0 <= (week - _monday(one)).days < 7 * self.plan.roster_weeks
                ):
                    roster[one["lead_id"]] = one
            for kind, planned in self.plan.meetings.items():
                if kind not in set(ELEMENTS["rubric"]) or at < planned.every_weeks - 1:
                    continue
                for seller, last in roster.items():
                    held = sum(
                        one["interaction"] == kind
                        and one["other_id"] == seller
                        and 0 <= (week - _monday(one)).days < 7 * planned.every_weeks
                        for one in self.calls
                    )
                    for interaction in (kind, "all"):
                        where = (week, last["team"], last["manager_id"], seller, interaction)
                        self._add(where, "cadence_kept_share", held > 0, 1, held)

    def _weeks(self) -> list[date]:
        first, last = min(map(_monday, self.calls)), max(map(_monday, self.calls))
        return [first + timedelta(weeks=at) for at in range((last - first).days // 7 + 1)]

    def _value(
        self, key: Key, samples: list[tuple[float, float, int]]
    ) -> tuple[float, int, float | None, float | None] | None:
        kpi = KPIS[key[4].partition(":")[0]]
        n, n_calls = len(samples), sum(calls for *_, calls in samples)
        part, whole = sum(part for part, *_ in samples), sum(whole for _, whole, _ in samples)
        if kpi.kind == "total":
            return part, n_calls, None, None
        if whole == 0:
            return None
        if kpi.kind == "share":
            return part / n, n_calls, *_wilson(part, n)
        if kpi.kind == "volume":
            worth = self.plan.opportunities.get(key[3])
            if worth is None:
                return None
            scale = n * worth.calls_per_person_week * worth.qualified_share
            low, high = _wilson(part, whole)
            return part / whole * scale, n_calls, low * scale, high * scale
        if kpi.kind == "spread":
            if n < 2:
                return None
            deviation = stdev(part for part, *_ in samples)
            high, low = (math.sqrt((n - 1) / _chi2(p, n - 1)) for p in (0.025, 0.975))
            return deviation, n_calls, deviation * low, deviation * high
        ratio = part / whole
        if n < 2:
            return ratio, n_calls, None, None
        residual = sum((one - ratio * of) ** 2 for one, of, _ in samples)
        if all(math.isclose(one, ratio * of, abs_tol=1e-9) for one, of, _ in samples):
            return ratio, n_calls, None, None
        half = _t(n - 1) * math.sqrt(n / (n - 1) * residual) / whole
        return ratio, n_calls, max(0.0, ratio - half), min(kpi.top or math.inf, ratio + half)


def _monday(one: Row) -> date:
    day: date = one["started_at"].date()
    return day - timedelta(days=day.weekday())


def _wilson(k: float, n: float) -> tuple[float, float]:
    """The two shares p with (k/n - p)^2 = z^2 p (1 - p) / n."""
    z = stats.norm.ppf(0.975)
    a, b, c = 1 + z**2 / n, -(2 * k / n + z**2 / n), (k / n) ** 2
    root = math.sqrt(max(0.0, b**2 - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@cache
def _t(freedom: int) -> float:
    return float(stats.t.ppf(0.975, freedom))


@cache
def _chi2(p: float, freedom: int) -> float:
    return float(stats.chi2.ppf(p, freedom))
