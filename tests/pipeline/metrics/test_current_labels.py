"""Current labels: what people settled takes the classifier's place, and is counted as overturned where it differs."""

import polars as pl
import pytest

from models.ratings.rubrics import load_rubrics
from pipeline.export.star_schema import star
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.current_labels import SETTLED, settled, shown_labels, unopposed
from pipeline.metrics.kpi_table import update_kpis
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements
from tests.workspace import MONDAY, RUBRICS


@pytest.fixture
def store(small_workspace, tmp_path) -> Store:
    """The small workspace, in which a label of Ann's was overturned to green and one of Bob's upheld."""
    import shutil

    store = Store(shutil.copytree(small_workspace, tmp_path / "w").as_posix())
    labels = store.read("labels").filter(pl.col("element") == "agenda", pl.col("rubric") == "discovery_call")
    about = labels.join(store.read("calls").select("call_id", "lead_id"), on="call_id").sort("call_id")
    ann = about.filter(pl.col("lead_id") == "ann", pl.col("level") < 3).head(1)
    bob = about.filter(lead_id="bob").head(1)
    rows = pl.concat([ann.with_columns(settled_level=pl.lit(3, pl.Int64)), bob.with_columns(settled_level="level")])
    store.merge(
        "overrides",
        rows.select(
            *("call_id", "rubric", "element", "rubric_hash", "model_id"),
            machine_level="level",
            level="settled_level",
            raised_by=pl.lit("ann"),
            settled_by=pl.lit("mia"),
            settled_at=pl.lit(MONDAY),
        ),
    )
    return store


def test_settled(store):
    """Two labels are settled and sure; the machine's level stands beside; all others are as they were."""
    labels, overrides = store.read("labels"), store.read("overrides")
    elements = load_rubrics(RUBRICS)
    after = settled(labels, overrides, elements)
    theirs = after.filter(status=SETTLED)
    assert theirs["level"].to_list().count(3) >= 1
    assert theirs["expected_level"].to_list() == [float(level) for level in theirs["level"]]
    assert theirs.select(pl.sum_horizontal("p_red", "p_orange", "p_yellow", "p_green")).to_series().to_list() == [1, 1]
    assert theirs["settled_by"].to_list() == ["mia", "mia"]
    others = after.filter(pl.col("status") != SETTLED)
    assert others.height == labels.height - 2
    assert others["machine_level"].null_count() == others.height
    reworded = overrides.with_columns(rubric_hash=pl.lit("another"))
    assert settled(labels, reworded, elements).filter(status=SETTLED).is_empty()


def test_element_that_was_taken_out(store):
    """Its labels count no more in maps and KPIs, as they did for ever for calls that were not assessed again since;
    where the whole rubric is gone they stay."""
    elements, labels = load_rubrics(RUBRICS), store.read("labels")
    without = Elements.validate(elements.filter(pl.col("element") != "insight"))
    assert set(labels["element"]) - set(shown_labels(store, without)["element"]) == {"insight"}
    update_kpis(store, without)
    assert not [kpi for kpi in store.read("kpis")["kpi"].unique() if kpi.endswith(":insight")]
    assert "insight" not in set(star(store, without, plan=load_plan())["fact_label"].frame["element"])
    gone = Elements.validate(elements.filter(pl.col("rubric") != "discovery_call"))
    assert shown_labels(store, gone).height == labels.height


def test_settled_of_an_earlier_wording(store):
    """What people settled stays where the new wording means the same, whether the call was labelled again by it or not;
    it vanished once it was. Of a wording that is not said to mean the same it counts no more."""
    elements, labels, overrides = load_rubrics(RUBRICS), store.read("labels"), store.read("overrides")
    is_agenda = pl.col("element") == "agenda"
    old, older = overrides["rubric_hash"][0], overrides.with_columns(rubric_hash=pl.lit("older"))
    same = pl.when(is_agenda).then(pl.lit([old, "older"])).otherwise("same_meaning_as")
    reworded = elements.with_columns(
        rubric_hash=pl.when(is_agenda).then(pl.lit("new")).otherwise("rubric_hash"), same_meaning_as=same
    )
    again = labels.with_columns(rubric_hash=pl.when(is_agenda).then(pl.lit("new")).otherwise("rubric_hash"))
    for label, people in ((labels, overrides), (again, overrides), (labels, older), (again, older)):
        after = settled(label, people, reworded)
        assert after.filter(status=SETTLED).height == 2
        assert after.select(label.columns[:5]).equals(label.select(label.columns[:5]))
    unsaid = reworded.with_columns(same_meaning_as=pl.lit([], pl.List(pl.String)))
    assert settled(again, overrides, unsaid).filter(status=SETTLED).is_empty()
    assert settled(labels, overrides, unsaid).filter(status=SETTLED).height == 2


def test_overturned_is_a_kpi(store):
    """One label in twelve of the element was overturned over all weeks, and KPIs count the settled level."""
    elements = load_rubrics(RUBRICS)
    before = store.read("kpis")
    update_kpis(store, elements)
    after = store.read("kpis").filter(level_of="org", interaction="discovery_call", kpi="overturned_share:agenda")
    assert (after["value"] * after["n_calls"]).sum() == pytest.approx(1)
    assert after["n_calls"].sum() == 12

    def greens(kpis: pl.DataFrame) -> float:
        rows = kpis.filter(level_of="org", interaction="discovery_call", kpi="green_share:agenda")
        return float((rows["value"] * rows["n_calls"]).sum())

    assert greens(store.read("kpis")) == pytest.approx(greens(before) + 1)


def scored_close(*given: tuple[str, int, str, str]) -> pl.DataFrame:
    """Scores of the close of calls: call, level, kind of rater, wording."""
    scores = pl.DataFrame(given, schema=["call_id", "level", "rater_kind", "rubric_hash"], orient="row")
    return scores.with_columns(rubric=pl.lit("r"), element=pl.lit("close"))


def closes(level: int, **columns: object) -> pl.DataFrame:
    """Labels of the close of calls a, b and c."""
    about = {"rubric": "r", "element": "close", "rubric_hash": "now", "level": level, "status": "calibrated"} | columns
    return pl.DataFrame({"call_id": ["a", "b", "c"]} | about)


NOW = pl.DataFrame({"rubric": "r", "element": "close", "rubric_hash": "now", "same_meaning_as": [["worded alike"]]})


def test_labels_that_people_scored_otherwise() -> None:
    """Of three red labels people scored one 0 and 1, one 0 and 2, and one not: the second is left out, also one of a
    role-play, and where it was scored by a wording that means the same. An automated score is nobody's, and a score by
    a wording that means something else does not count; what people settled stays."""
    labels = closes(0)
    scores = scored_close(
        ("a", 0, "person", "now"), ("a", 1, "person", "now"), ("b", 0, "person", "now"),
        ("b", 2, "person", "worded alike"), ("c", 3, "automated", "now"), ("c", 3, "person", "earlier"),
    )  # fmt: skip
    assert unopposed(labels, scores, NOW).equals(labels.filter(pl.col("call_id") != "b"))
    assert unopposed(closes(0, rubric="practice_r"), scores, NOW)["call_id"].to_list() == ["a", "c"]
    assert unopposed(closes(0, status=SETTLED), scores, NOW).height == 3
    assert unopposed(labels, scores.clear(), NOW).equals(labels)
    assert unopposed(labels.clear(), scores, NOW).equals(labels.clear())


def test_what_the_meeting_decided_counts() -> None:
    """A green label that the raters' meeting decided on stays, though they had scored 1 and 2; a red one that they had
    scored does not."""
    scores = scored_close(("a", 1, "person", "now"), ("a", 2, "person", "now"), ("a", 3, "meeting", "now"),
                          ("b", 0, "person", "now"), ("b", 3, "meeting", "now"))  # fmt: skip
    assert unopposed(closes(3), scores, NOW)["call_id"].to_list() == ["a", "b", "c"]
    assert unopposed(closes(0), scores, NOW)["call_id"].to_list() == ["c"]
