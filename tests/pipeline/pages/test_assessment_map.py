"""The assessment map: its figures by hand, and a map of many people."""

import polars as pl
import pytest

from pipeline.pages.assessment_map import view_map
from pipeline.pages.parts.ratings import page_name
from pipeline.pages.site import write_report
from pipeline.tables.values import LEVELS
from tests.pipeline.pages.four_calls import dead_links, rated, rows_of


def test_map_by_hand(tables, elements):
    """Ann's agenda is the mean of 0.4, 1 and 2 over three conversations, one of them for review; orange."""
    calls, ratings = rated(tables, elements)
    view = view_map(calls, ratings, elements, rows_of(tables))
    ann, bob = view.kinds[0].rows  # Ann's mean (3.4 + 9) / 6 = 2.07 is before Bob's (2 + 0.4) / 2 = 1.2
    agenda, next_steps = ann.cells
    assert (ann.shown, ann.n_calls, round(ann.overall, 3)) == ("Ann Lee", 3, round(12.4 / 6, 3))
    assert agenda.mean == pytest.approx(3.4 / 3)
    assert [getattr(agenda, color) for color in LEVELS] == [1, 1, 1, 0]
    assert (agenda.n, agenda.level, agenda.review) == (3, 1, 1)
    assert (next_steps.mean, next_steps.level) == (3.0, 3)
    assert [tile.level for tile in bob.cells] == [2, 0]
    assert (view.n_calls, view.n_people, view.whole.n, view.whole.review) == (4, 2, 8, 2)
    assert view.learnt == {"reference": 8}


def test_gold_standard(tables, elements):
    """Ann sets the standard of next steps; Bob that of the agenda, tentatively, as one conversation is not enough."""
    calls, ratings = rated(tables, elements)
    agenda, next_steps = view_map(calls, ratings, elements, rows_of(tables)).kinds[0].columns
    assert (next_steps.gold, next_steps.gold_mean, next_steps.tentative) == ("Ann Lee", 3.0, False)
    assert (agenda.gold, agenda.gold_mean, agenda.tentative) == ("Bob Ray", 2.0, True)


def test_many_people_by_team(tables, elements, tmp_path, monkeypatch):
    """With more people than fit one page, the map shows teams, and each team has a map of its people."""
    monkeypatch.setattr("pipeline.pages.assessment_map.MAX_TILES", 3)
    written = write_report(tables, elements, tmp_path)
    index = (tmp_path / "index.html").read_text()
    assert f'href="teams/{page_name("East")}"' in index
    assert tmp_path / "teams" / page_name("West") in written
    assert dead_links(tmp_path) == []


@pytest.mark.parametrize(("levels", "tile"), [([1], 1), ([1, 1], 1), ([1, 3], 2), ([0, 1], 1)])
def test_tile_and_chips_agree(tables, elements, levels, tile):
    """A tile never has a colour outside those of its conversations: one that is orange with an expected level of 1.6 is
    orange on the map, too, and was yellow there."""
    first = ["a1", "a2"][: len(levels)]
    agenda = (pl.col("element") == "agenda") & pl.col("call_id").is_in(first)
    given = pl.col("call_id").replace_strict(first, levels, default=0, return_dtype=pl.Int64)
    labels = tables["labels"].filter(agenda).with_columns(level=given, expected_level=given + 0.6)
    tables = {**tables, "labels": labels.with_columns(pl.col("expected_level").clip(0, 3))}
    calls, ratings = rated(tables, elements)
    view = view_map(calls, ratings, elements, rows_of(tables))
    assert view.kinds[0].rows[0].cells[0].level == tile
