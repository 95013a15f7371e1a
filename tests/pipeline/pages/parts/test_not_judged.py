"""What is not judged yet: grey on every page, in no mean, with what to score first."""

import polars as pl

from pipeline.pages.assessment_map import view_map
from pipeline.pages.parts.not_judged import Teaching, Unjudged
from pipeline.pages.site import Context, write_report
from tests.pipeline.pages.four_calls import dead_links, rated, rows_of, without_levels
from tests.pipeline.pages.test_person import person


def test_map_without_it(tables, elements):
    """An agenda that nothing was learnt of is in no mean: Ann's is that of her next steps alone, (3 + 3 + 3) / 3. It
    was a colour like any other."""
    tables = without_levels(tables, "agenda")
    calls, ratings = rated(tables, elements)
    teaching = pl.DataFrame({"call_id": ["b1", "a2"], "rubric": ["discovery_call"] * 2})
    view = view_map(calls, ratings, elements, rows_of(tables), teaching=teaching)
    ann = view.kinds[0].rows[0]
    assert (ann.shown, ann.overall, ann.cells[0].n, view.whole.n) == ("Ann Lee", 3.0, None, 4)
    assert view.kinds[0].columns[0].reason == "not_learnt"
    paths = dict(calls.select("call_id", "call_href").iter_rows())
    to_score = [Teaching("Bob Ray with Cy Poe", paths["b1"]), Teaching("Ann Lee with Cy Poe", paths["a2"])]
    assert view.unjudged == [Unjudged("Discovery call", "not_learnt", ["Sets the agenda"], 4, to_score)]
    assert view.learnt == {"reference": 4}


def test_person_without_it(tables, elements):
    """On the page of a person it is named, and neither focus nor moments come of it."""
    tables = without_levels(tables, "agenda")
    view = person(*rated(tables, elements), tables, elements, "ann")
    assert view.unjudged == ["Sets the agenda (Discovery call)"]
    assert [element.element for elements in view.kinds.values() for element in elements] == ["next_steps"]
    assert {moment.title for moment in (*view.repeat, *view.avoid)} == {"Closes with next steps"}


def test_pages_say_so(tables, elements, tmp_path):
    """The call's page has it grey with its reason and what green looks like; the map lists it, and all links work."""
    teaching = pl.DataFrame({"call_id": ["a1"], "rubric": ["discovery_call"]})
    write_report(without_levels(tables, "agenda"), elements, tmp_path, context=Context(teaching=teaching))
    page = (tmp_path / "calls" / "a1.html").read_text()
    assert "<b>Not judged yet</b>: nothing could be learnt of it" in page
    assert "green anchor" in page
    index = (tmp_path / "index.html").read_text()
    assert '<span class="pill">not judged yet</span>' in index
    assert 'To score first: <a href="calls/a1.html">' in index
    assert "nobody has scored" not in index + page
    assert dead_links(tmp_path) == []
