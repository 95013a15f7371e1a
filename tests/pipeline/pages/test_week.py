"""The pages of the week and of cadence, and the summaries: their figures by hand, from the KPI table."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.metrics import hearing
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.campaign import WARNING, Campaign
from pipeline.pages import cadence as cadence_page
from pipeline.pages import week as week_page
from pipeline.pages.cadence import Cadence
from pipeline.pages.messages import night_text, week_text
from pipeline.pages.parts.figures import Figure
from pipeline.pages.site import Context, write_report
from pipeline.pages.week import Change, Cost, Moved, Tile, Week
from pipeline.tables import TABLES
from pipeline.tables.values import LEVELS

PLAN = load_plan()


@pytest.fixture(autouse=True)
def _no_table_of_hearing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures by hand do not change with what the benchmark of hearing found."""
    monkeypatch.setattr(hearing, "TABLE", tmp_path / "none.csv")


WEEK = date(2026, 3, 9)
NIGHT = datetime(2026, 3, 14, 2, tzinfo=UTC)
ELEMENTS = pl.DataFrame({"rubric": ["discovery_call", "one_on_one"], "rubric_title": ["Discovery call", "One-on-one"]})
Row = dict[str, Any]


def kpi(name: str, value: float, *, weeks_ago: int = 0, n: int = 20, **columns: Any) -> Row:
    """A figure of the whole organisation in the latest week."""
    given = {"level_of": "org", "entity_id": "all", "interaction": "all", "low": None, "high": None} | columns
    key = {"week": WEEK - timedelta(weeks=weeks_ago), "kpi": name, "kpi_name": name}
    return key | {"value": value, "n_calls": n} | given


def rows(*kpis: Row, **tables: pl.DataFrame) -> dict[str, pl.DataFrame]:
    empty = {name: schema.create_empty() for name, schema in TABLES.items()}
    return empty | {"kpis": pl.DataFrame(list(kpis), schema=empty["kpis"].schema)} | tables


def calls(*given: Row) -> pl.DataFrame:
    schema = TABLES["calls"].create_empty().schema
    about = {"status": "ok", "scored_at": NIGHT, "interaction": "discovery_call"}
    return pl.DataFrame([dict.fromkeys(schema) | about | row for row in given], schema=schema)


NO_RATINGS = pl.DataFrame(
    schema=dict.fromkeys(("call_id", "name", "person_href", "rubric_title", "call_href", "rubric"), pl.String)
    | dict.fromkeys(("other_name", "other_id", "title", "element"), pl.String)
    | {
        "level": pl.Int64,
        "needs_review": pl.Boolean,
        "expected_level": pl.Float64,
        "started_at": pl.Datetime("us", "UTC"),
    }
)


def week(*kpis: Row, ratings: pl.DataFrame = NO_RATINGS, **tables: pl.DataFrame) -> Week:
    return week_page.view(rows(*kpis, **tables), ratings, ELEMENTS, PLAN)


def tile(view: Week, name: str) -> Tile:
    return next(tile for tiles in view.groups.values() for tile in tiles if tile.kpi == name)


@pytest.mark.parametrize(
    ("now", "before", "way", "text", "doubt"),
    [
        ((0.5, 0.4, 0.6), (0.2, 0.1, 0.3), "up", "30 points", ""),
        ((0.5, 0.4, 0.6), (0.3, 0.2, 0.45), "up", "20 points", "may be chance"),
        ((0.2, 0.1, 0.3), (0.5, 0.4, 0.6), "down", "30 points", ""),
        ((0.5, None, None), (0.4, 0.2, 0.6), "up", "10 points", "too few to tell"),
        ((0.501, 0.4, 0.6), (0.5, 0.4, 0.6), "same", "0 points", "may be chance"),
    ],
)
def test_change(now: Any, before: Any, way: str, text: str, doubt: str) -> None:
    """A tile tells how far it moved since the week before, and whether the intervals leave chance out."""
    pair = [
        kpi("agenda_present_share", value, weeks_ago=ago, low=low, high=high)
        for ago, (value, low, high) in enumerate([now, before])
    ]
    assert tile(week(*pair), "agenda_present_share").change == Change(way, text, doubt)


def test_tile() -> None:
    """Shares in percent with their interval; few conversations are marked, but not where they are what is counted."""
    view = week(kpi("quality_index", 61.4, n=4, low=52.0, high=70.2), kpi("calls", 4.0, n=4))
    shown = tile(view, "quality_index")
    assert (shown.figure, shown.change) == (Figure(61.4, "61", "52 to 70", 4, small=True), None)
    assert tile(view, "calls").figure.small is False


def test_the_week_in_a_sentence() -> None:
    """How good, whether that is news, and what was better not made; of a week alone only how good; nothing before."""
    one = kpi("quality_index", 61.4, n=9, low=52.0, high=70.2)
    assert week(one).sentence == "Quality 61 of 100 in 9 conversations."
    before = kpi("quality_index", 55.0, n=9, weeks_ago=1, low=45.0, high=64.0)
    assert week(one, before, kpi("better_not_made_share", 0.25, n=8)).sentence == (
        "Quality 61 of 100 in 9 conversations, up 6 on the week before (may be chance); 25 % better not made."
    )
    none = kpi("better_not_made_share", 0.0, n=9)
    assert week(one, none).sentence == "Quality 61 of 100 in 9 conversations; none better not made."
    assert week().sentence == ""


def test_tile_tells_the_error_of_hearing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bias and standard error of so many conversations, by kind of line; a KPI that the table lacks says nothing."""
    table = tmp_path / "hearing.csv"
    rows = ["agenda_present_share,,two channels,8,0.02,0.2", "agenda_present_share,,one channel,1,-0.1,"]
    table.write_text("\n".join(["kpi,split,line,n_calls,bias,spread", *rows, "quality_index,,two channels,8,-1.26,9"]))
    monkeypatch.setattr(hearing, "TABLE", table)
    view = week(kpi("agenda_present_share", 0.5, n=25), kpi("quality_index", 61.4, n=9), kpi("calls", 4.0))
    # 0.2 / sqrt(25) = 0.04; 9 / sqrt(9) = 3
    told = "two channels +2 ± 4 points; one channel -10 points"
    assert tile(view, "agenda_present_share").figure.hearing == told
    assert tile(view, "quality_index").figure.hearing == "two channels -1.3 ± 3.0"
    assert tile(view, "calls").figure.hearing == ""


def test_a_gap_is_no_week_before() -> None:
    """A figure of a fortnight ago is not compared with, and one that ends before the latest week has no tile."""
    view = week(kpi("quality_index", 60), kpi("quality_index", 50, weeks_ago=2), kpi("calls", 3, weeks_ago=1))
    assert tile(view, "quality_index").change is None
    assert "calls" not in {tile.kpi for tiles in view.groups.values() for tile in tiles}


def test_cost_is_told_with_its_assumptions() -> None:
    """The opportunities lost stand beside the plan's calls a week and share that qualifies."""
    view = week(kpi("opportunities_lost", 12.5, interaction="discovery_call", low=3.0, high=30.0))
    figure = Figure(12.5, "12.5", "3.0 to 30.0", 20, small=False)
    assert view.lost == [Cost("Discovery call", figure, calls_per_person_week=5.0, qualified_share=1.0)]
    assert "Discovery call: 12.5, if each person makes 5 a week and 100 % of them could qualify" in (
        week_text(view) or ""
    )


def test_who_moved() -> None:
    """Ann has come up this week, Bob fell; Cy's shift was last week's."""
    people = calls({"call_id": "a", "lead_id": "ann", "lead_name": "Ann Lee"})
    lead = {"level_of": "lead", "n": 3}
    view = week(
        kpi("people_up_share", 1.0, **lead, entity_id="ann"),
        kpi("people_down_share", 1.0, **lead, entity_id="bob"),
        kpi("people_up_share", 1.0, weeks_ago=1, **lead, entity_id="cy"),
        calls=people,
    )
    assert view.moved == Moved(up=["Ann Lee"], down=["bob"])
    assert "Moved up into yellow or green: Ann Lee" in (week_text(view) or "")


def test_kinds_and_teams() -> None:
    """Tables have a row per kind and team with the figures that are known, most conversations first."""
    view = week(
        kpi("calls", 3, interaction="one_on_one"),
        kpi("calls", 9, interaction="discovery_call"),
        kpi("quality_index", 40, interaction="one_on_one"),
        kpi("calls", 12, level_of="team", entity_id="north"),
    )
    kinds = view.tables["Kind of conversation"]
    assert [(line.name, line.cells["calls"].text) for line in kinds] == [
        ("Discovery call", "9"),
        ("One-on-one", "3"),
    ]
    assert "quality_index" not in kinds[0].cells
    assert [line.name for line in view.tables["Team"]] == ["north"]


def rating(call_id: str, element: str, level: int) -> Row:
    about = {"name": "Ann", "rubric": "discovery_call", "rubric_title": "Discovery call", "title": element}
    row = {"call_id": call_id, "element": element, "level": level, "expected_level": float(level), **about}
    return row | {"needs_review": level == 0, "other_name": "Cy"}


def test_the_last_night() -> None:
    """Of three conversations the last run scored two; the one that is red on both decisive elements stands first, and
    the text names it."""
    first, *_ = calls({"call_id": "old", "scored_at": NIGHT - timedelta(days=1)}).to_dicts()
    all_calls = calls(first, {"call_id": "good"}, {"call_id": "bad"}, {"call_id": "gone", "status": "failed"})
    ratings = pl.DataFrame(
        [rating(*row) for row in [
            ("old", "pain_discovery", 0), ("old", "next_steps", 0), ("good", "pain_discovery", 0),
            ("good", "next_steps", 3), ("bad", "pain_discovery", 0), ("bad", "next_steps", 0)]],
        schema=NO_RATINGS.schema,
    )  # fmt: skip
    runs = pl.DataFrame(
        [{"run_id": "r", "flow": "nightly", "started_at": NIGHT, "ended_at": NIGHT}],
        schema=TABLES["runs"].create_empty().schema,
    )
    view = week(calls=all_calls, ratings=ratings, runs=runs)
    assert view.night is not None
    assert [(call.call_id, call.bad) for call in view.night.calls] == [("bad", True), ("good", False)]
    text = night_text(view) or ""
    assert text.splitlines() == [
        "callgrade, night to 14 March 2026: 2 conversations scored",
        "3 labels to review",
        "1 conversation better not made (red on every decisive element):",
        "  Ann with Cy: 0 of 2 elements sound, weakest in “pain_discovery”",
        "To look at first:",
        "  Ann with Cy: 1 of 2 elements sound, weakest in “pain_discovery”",
        "1 conversation not scored:",
        "  gone: None",
    ]


def test_drift() -> None:
    """An alarm of the latest week is told, by the colour that moved most; one of an earlier week and a week as expected
    are not."""
    quiet = {f"{kind}_{color}": 0.25 for kind in ("share", "expected") for color in LEVELS}
    about = {"rubric": "discovery_call", "n": 40, "against": "weeks before"} | quiet
    moved = {"share_red": 0.6, "share_orange": 0.2, "share_yellow": 0.1, "share_green": 0.1, "alarm": True}
    drifted = pl.DataFrame(
        [
            about | moved | {"element": "agenda", "week": WEEK},
            about | moved | {"element": "next_steps", "week": WEEK - timedelta(weeks=1)},
            about | {"element": "next_steps", "week": WEEK, "alarm": False},
        ]
    )
    titles = {"rubric": "discovery_call", "rubric_title": "Discovery call"}
    names = {"agenda": "Sets the agenda", "next_steps": "Closes with next steps"}
    elements = pl.DataFrame(
        [titles | {"element": name, "title": title, "position": 0} for name, title in names.items()]
    )
    runs = pl.DataFrame(
        [{"run_id": "r", "flow": "nightly", "started_at": NIGHT, "ended_at": NIGHT}],
        schema=TABLES["runs"].create_empty().schema,
    )
    tables = rows(runs=runs, calls=calls({"call_id": "a", "status": "failed"}))
    view = week_page.view(tables, NO_RATINGS, elements, PLAN, drifted=drifted)
    line = "Colours have drifted: Sets the agenda in Discovery call, 60% red against 25% in the weeks before"
    assert [one for one in (night_text(view) or "").splitlines() if "drifted" in one] == [line]


def test_nothing_to_tell() -> None:
    """Before the first night, and before the first KPI, there is no text."""
    view = week()
    assert (night_text(view), week_text(view)) == (None, None)


def cadence(*kpis: Row) -> Cadence:
    people = calls(
        {"call_id": "a", "lead_id": "ann", "lead_name": "Ann Lee", "manager_id": "mia"},
        {"call_id": "m", "lead_id": "mia", "lead_name": "Mia Fox", "other_id": "ann"},
    )
    pages = pl.DataFrame({"person": ["ann"], "person_href": ["people/ann.html"]})
    return cadence_page.view(rows(*kpis, calls=people), pages, ELEMENTS, PLAN)


def test_cadence_by_seller_and_week() -> None:
    """Ann had her one-on-one last week and not in this; a week in which it was not due is empty."""
    about = {"level_of": "lead", "entity_id": "ann", "interaction": "one_on_one"}
    view = cadence(
        kpi("cadence_kept_share", 0.0, **about),
        kpi("cadence_kept_share", 1.0, weeks_ago=1, **about),
        kpi("calls", 2, weeks_ago=2),
    )
    kind = view.kinds[0]
    ann = kind.sellers[0]
    assert (kind.title, kind.every, kind.n_kept, kind.n_due) == ("One-on-one", 1, 1, 2)
    assert (ann.name, ann.manager, ann.person_href, ann.marks) == (
        "Ann Lee",
        "Mia Fox",
        "people/ann.html",
        [None, True, False],
    )


def test_a_kind_that_is_never_held() -> None:
    """A planned kind of meeting that has no recording is named as such and fills no table."""
    view = cadence(kpi("cadence_kept_share", 0.0, level_of="lead", entity_id="ann", interaction="one_on_one"))
    assert (view.kinds, view.never) == ([], ["One-on-one"])


def test_managers() -> None:
    """A manager's row has the figures of the latest week, the one with fewest kept meetings first."""
    manager = {"level_of": "manager"}
    view = cadence(
        kpi("cadence_kept_share", 0.75, entity_id="zed", **manager),
        kpi("cadence_kept_share", 0.5, entity_id="mia", n=2, **manager),
        kpi("coaching_quality", 66.0, entity_id="mia", n=2, **manager),
        kpi("coaching_quality", 11.0, entity_id="mia", weeks_ago=1, **manager),
    )
    mia, zed = view.managers
    assert (mia.name, zed.name) == ("Mia Fox", "zed")
    assert (mia.cells["cadence_kept_share"].text, mia.cells["coaching_quality"].text) == ("50 %", "66")
    assert mia.cells["coaching_quality"].small is True


def test_many_sellers_see_fewer_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays small: with more marks than fit, the oldest weeks go."""
    monkeypatch.setattr(cadence_page, "MAX_MARKS", 2)
    about = {"level_of": "lead", "interaction": "one_on_one"}
    view = cadence(
        *(kpi("cadence_kept_share", 1.0, weeks_ago=ago, entity_id=name, **about) for ago in range(3) for name in "ab")
    )
    assert view.weeks == [WEEK]


def test_campaign_on_the_page(tables, elements, tmp_path) -> None:
    """Of a campaign with two people the page shows no effect and why, with the warning."""
    campaign = Campaign(rubric="discovery_call", element="agenda", team="East", start=date(2026, 3, 9))
    write_report(tables, elements, tmp_path, context=Context(campaigns=[campaign]))
    page = (tmp_path / "week.html").read_text()
    assert "<b>Sets the agenda, East, from 9 Mar 2026</b>: <b>0.4</b> before, <b>1.5</b> since, 2.0 aimed at" in page
    assert "Too few people to say anything, 1 person against 0." in page
    assert WARNING in page
