"""The calibration page: reliability by hand."""

from datetime import UTC, datetime
from html import unescape

import polars as pl
import pytest

from pipeline.pages.calibration import reliability
from pipeline.pages.site import write_report
from pipeline.tables.judgements import Elements, RaterPeriods, Raters, Scores


def test_reliability_by_hand(tables):
    """Of the eight labels' shares in the bin of 0.8 (two of orange and two of yellow), a rater gave one."""
    keys = tables["labels"].select("call_id", "rubric", "element", "rubric_hash", "rubric_version")
    scores = keys.with_columns(rater=pl.lit("x"), rater_kind=pl.lit("person"), level=pl.lit(1), color=pl.lit("orange"))
    found = reliability(tables["labels"], scores).filter(pl.col("predicted").round(6) == 0.8)
    assert found.select("rater_kind", "n", "found").rows() == [("person", 3, pytest.approx(1 / 3))]


def test_severity_and_drift_by_name(tables, elements, tmp_path):
    """The severe rater stands first with months and agreement with herself; one who shares nothing is named."""
    nothing = dict.fromkeys(Raters.column_names())
    nothing |= {"rater_kind": "person", "n_scores": 3, "n_calls": 3, "n_repeated": 0}
    severe = {"rater": "Ann", "n_shared": 3, "severity": 0.4, "severity_low": 0.3, "severity_high": 0.5}
    severe |= {"reliability": 0.7, "trend": 0.2, "trend_low": 0.1, "trend_high": 0.3}
    severe |= {"n_repeated": 4, "self_exact": 0.75, "self_qwk": 0.8}
    mild = {"rater": "Bob", "n_shared": 3, "severity": -0.4, "severity_low": -0.5, "severity_high": -0.3}
    rows = [nothing | row for row in (mild, severe, {"rater": "Cem", "n_shared": 0})]
    month = {"rater": "Ann", "rater_kind": "person", "period": datetime(2026, 5, 1, tzinfo=UTC), "severity": 0.15,
             "low": 0.0, "high": 0.3, "n_calls": 3}  # fmt: skip
    tables["raters"] = Raters.validate(pl.DataFrame(rows, schema=Raters.create_empty().schema))
    tables["rater_periods"] = RaterPeriods.validate(pl.DataFrame([month], schema=RaterPeriods.create_empty().schema))
    write_report(tables, elements, tmp_path)
    page = " ".join((tmp_path / "calibration.html").read_text().split())
    assert page.index("Ann</th>") < page.index("Bob</th>") < page.index("Cem</th>")
    assert "0.40 stricter" in page
    assert "0.40 milder" in page
    assert "May 2026 +0.15" in page
    assert "75 % of 4 the same, kappa 0.80" in page.replace("75%", "75 %")
    assert "shares no conversation with another rater" in page


def test_what_became_of_scores_by_an_earlier_wording(tables, elements, tmp_path):
    """Of an element that came to mean something else the page says how many conversations people scored before, whether
    they are learnt from, and how many by today's wording."""
    reworded = elements.with_columns(other_meaning_than=pl.lit(["old"], pl.List(pl.String)))
    keys = tables["labels"].select("call_id", "rubric", "element").unique()
    given = {"rubric_hash": "old", "rater": "x", "rater_kind": "person", "level": 1, "color": "orange"}
    given |= {"rubric_version": 1, "note": None, "session": None, "scored_at": None}
    tables["scores"] = Scores.validate(keys.with_columns(**{k: pl.lit(v) for k, v in given.items()}), cast=True)
    n = keys.filter(element="agenda").height
    for basis, becomes in (
        ("reference", "are kept, not learnt from, 0 by today's"),
        ("people, reference and earlier wording", "are learnt from as a source of their own, 0 by today's"),
    ):
        tables["labels"] = tables["labels"].with_columns(basis=pl.lit(basis))
        write_report(tables, Elements.validate(reworded), tmp_path)
        page = unescape(" ".join((tmp_path / "calibration.html").read_text().split()))
        assert f"Sets the agenda (Discovery call): {n} by an earlier wording {becomes}" in page
        assert "count neither as agreement nor for the gate" in page
