"""The commands on what leaves a workspace: what is promised, the invitation to a next meeting."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.cli.options import Options
from flows.cli.output import commitments, export, prepare, report
from flows.publish import week_view, write_pages
from models.ratings.rubrics import load_rubrics
from pipeline.metrics.cadence import load_plan
from pipeline.store.delta import Store
from pipeline.store.zone import keep_zone
from pipeline.tables import TABLES
from tests.workspace import RUBRICS, settle

LATE = datetime(2026, 3, 21, 23, 30, tzinfo=UTC)  # is the 22nd in Sydney


def promised(folder: Path) -> Store:
    """A workspace in Sydney in which Ann and Bob promised Mia something, Ann by a day that is over."""
    store = Store(str(folder))
    keep_zone(store, "Australia/Sydney")
    rows = [("mia/ann", "send the draft", date(2026, 3, 25)), ("mia/bob", "call Poe", date(2999, 1, 1))]
    told = pl.DataFrame(rows, schema=["pair", "what", "due_date"], orient="row").with_columns(
        commitment=pl.lit(0, pl.Int64), owner_role=pl.lit("other"), made_at=pl.lit(LATE), state=pl.lit("open"),
        history=pl.lit([], TABLES["commitments"].create_empty().schema["history"]),
    )  # fmt: skip
    store.overwrite("commitments", pl.concat([TABLES["commitments"].create_empty(), told], how="diagonal_relaxed"))
    return store


def test_commitments(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is past its day is overdue, it was shown as open; days are those of the workspace's zone, they were UTC's;
    a person's own are told, and an id that nobody has is refused, where nothing was shown and nothing said."""
    options = Options(workspace=promised(Path(shutil.copytree(small_workspace, tmp_path / "w"))).root, rubrics=RUBRICS)
    assert commitments(options=options) == 0
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert [word in first for word in ("overdue", "2026-03-25", "2026-03-22", "mia/ann")] == [True] * 4
    assert [word in second for word in ("open", "2999-01-01", "2026-03-22", "mia/bob")] == [True] * 4
    assert commitments(person="bob", manager="mia", options=options) == 0
    assert "mia/ann" not in capsys.readouterr().out
    for who in ({"person": "nobody"}, {"manager": "ann lee"}):
        with pytest.raises(ValueError, match="give an id that the call lists use"):
            commitments(**who, options=options)


def test_export_after_a_settlement(small_workspace: Path, tmp_path: Path) -> None:
    """What the room settled since the last night stands in the exported KPIs, as in labels: they were as before it."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    label = store.read("labels").filter(pl.col("level") < 3, rubric="discovery_call", element="agenda", current=True)
    settle(store, 3, call_id=label["call_id"][0], element="agenda")
    assert export(f"parquet:{tmp_path}/bi", options=Options(workspace=store.root, rubrics=RUBRICS)) == 0
    assert n_overturned(pl.read_parquet(tmp_path / "bi" / "fact_kpi.parquet")) == pytest.approx(1)


def n_overturned(kpis: pl.DataFrame) -> float:
    """Of how many discovery calls people overturned what the classifier said of the agenda."""
    rows = kpis.filter(kpi="overturned_share:agenda", level_of="org", interaction="discovery_call")
    return float((rows["value"] * rows["n_calls"]).sum())


@pytest.mark.parametrize("tell", ["report", "message"])
def test_told_after_a_settlement(tell: str, small_workspace: Path, tmp_path: Path) -> None:
    """What was settled since the last night stands in the KPIs of pages and of the week's message: they were as before
    it, beside a map that showed it."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    label = store.read("labels").filter(pl.col("level") < 3, rubric="discovery_call", element="agenda", current=True)
    settle(store, 3, call_id=label["call_id"][0], element="agenda")
    if tell == "report":
        assert report(call=label["call_id"][0], options=Options(workspace=store.root, rubrics=RUBRICS)) == 0
    else:
        week_view(store, load_rubrics(RUBRICS), load_plan(store.place))
    assert n_overturned(store.read("kpis")) == pytest.approx(1)


def test_days_of_promises(small_workspace: Path, tmp_path: Path) -> None:
    """On pages the day of a promise is that of the workspace's zone, too."""
    store = promised(Path(shutil.copytree(small_workspace, tmp_path / "w")))
    page = write_pages(store, RUBRICS).parent / "meetings" / "ann.html"
    assert "promised 22 Mar 2026" in page.read_text()


def test_overdue_by_the_same_day(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A promise whose day is over since the last call is overdue on pages and in the invitation as in the list of what
    is promised: they went by the day of the last call."""
    store = promised(Path(shutil.copytree(small_workspace, tmp_path / "w")))
    last = store.read("calls")["started_at"].max()
    assert isinstance(last, datetime)
    since = pl.when(pair=pl.lit("mia/ann")).then(pl.lit(last.date() + timedelta(days=3))).otherwise("due_date")
    store.overwrite("commitments", store.read("commitments").with_columns(due_date=since))
    options = Options(workspace=store.root, rubrics=RUBRICS)
    assert commitments(person="ann", options=options) == prepare("ann", options=options) == 0
    page = write_pages(store, RUBRICS).parent / "meetings" / "ann.html"
    assert capsys.readouterr().out.count("overdue") == 2
    assert "1 overdue" in page.read_text()


def test_prepare(small_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ann's next one-on-one with Mia, the kind in which they met; another kind has its own agenda; one without a rubric
    is refused with those there are."""
    options = Options(workspace=str(small_workspace), rubrics=RUBRICS)
    assert prepare("ann", options=options) == 0
    said = capsys.readouterr().out
    assert said.startswith("Manager to seller one-on-one: Mia Fox and Ann Lee (30 minutes)\nLast met ")
    assert "Agenda\n  3 min  Purpose, topics and time; the seller adds to them\n" in said
    assert prepare("ann", kind="deal_review", options=options) == 0
    assert capsys.readouterr().out.startswith("Deal review: Mia Fox and Ann Lee (45 minutes)")
    with pytest.raises(ValueError, match="no rubric 'tea', only account_review, "):
        prepare("ann", kind="tea", options=options)
