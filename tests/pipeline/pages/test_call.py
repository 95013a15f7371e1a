"""The page of a conversation: measures, actions, notes on the recording, and a call of which little is known."""

import re

import polars as pl

from pipeline.pages.selection import Selection
from pipeline.pages.site import Context, write_report
from pipeline.tables.judgements import Elements
from tests.pipeline.pages.four_calls import WHOLE, table


def test_measure_without_value(tables, elements, tmp_path):
    """A measure that could not be computed shows its reason; a share and a rate show their part and whole."""
    measures = [
        {"call_id": "a1", "measure": "talk_ratio", "role": "lead", "part": 6.0, "whole": 9.0, "value": 2 / 3}
        | {"unit": "share", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "ask_rate", "role": "lead", "part": 2.0, "whole": 0.05, "value": 40.0}
        | {"unit": "per hour", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "filler_rate", "role": "lead", "part": 1.0, "whole": 0.8, "value": 1.25}
        | {"unit": "per 100 words", "reason": None, "measures_version": 1},
        {"call_id": "a1", "measure": "patience", "role": "lead", "part": None, "whole": None, "value": None}
        | {"unit": "s", "reason": "no reply of the lead", "measures_version": 1},
    ]
    write_report(
        {**tables, "measures": table("measures", measures)}, elements, tmp_path, selection=Selection(call_id="a1")
    )
    page = (tmp_path / "calls/a1.html").read_text()
    assert "67 %" in page
    assert all(text in page for text in ("6 of 9", "2 in 3 min", "1 in 80 words"))
    assert "– no reply of the lead" in page


def test_action_carried_over(tables, elements, tmp_path):
    """An action carried from an earlier meeting links to it and shows its state; a new one its owner and due words."""
    shared = {"call_id": "a2", "owner_role": "other", "due_date": None}
    actions = [
        {**shared, "action": 0, "idx": 2, "what": "send the list", "due_words": "by Friday", "confirmed": True}
        | {"carried_from": None, "state": "open"},
        {**shared, "action": 1, "idx": None, "what": "call the CFO", "due_words": None, "confirmed": None}
        | {"carried_from": "a1", "state": "not_mentioned"},
    ]
    write_report({**tables, "actions": table("actions", actions)}, elements, tmp_path)
    (tmp_path / "calls/a2.html").unlink()  # written alone, it must still know the meeting before
    write_report({**tables, "actions": table("actions", actions)}, elements, tmp_path)
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", (tmp_path / "calls/a2.html").read_text()))
    assert "open send the list Cy Poe · due by Friday · confirmed · at 0:25" in page
    assert "not mentioned call the CFO Cy Poe · from 2 Mar 2026" in page
    assert 'href="../calls/a1.html"' in (tmp_path / "calls/a2.html").read_text()


def test_reworded_since(tables, elements, tmp_path):
    """A label by anchors that were reworded since is not explained by today's, unless they mean the same: it was."""
    reworded = elements.with_columns(rubric_hash=pl.format("new {}", "element"))
    same = reworded.with_columns(same_meaning_as=pl.concat_list("element"))
    shown = []
    for at, worded in enumerate((elements, reworded, same)):
        write_report(tables, Elements.validate(worded), tmp_path / str(at), selection=Selection(call_id="a1"))
        page = (tmp_path / str(at) / "calls/a1.html").read_text()
        shown.append(("red anchor" in page, "Judged by anchors that are not those" in page))
    assert shown == [(True, False), (False, True), (True, False)]


def test_settled_otherwise(tables, elements, tmp_path):
    """What the classifier's red rests on is not shown for the green that people settled; it was, as evidence of it."""
    settled = tables["labels"].with_columns(
        machine_level=pl.when(pl.col("element") == "agenda").then("level"),
        settled_by=pl.lit("mia"),
        level=pl.when(pl.col("element") == "agenda").then(3).otherwise("level"),
    )
    pages = [{**tables, "labels": labels} for labels in (tables["labels"], settled)]
    shown = []
    for at, rows in enumerate(pages):
        write_report(rows, elements, tmp_path / str(at), selection=Selection(call_id="a1"))
        shown.append((tmp_path / str(at) / "calls/a1.html").read_text())
    assert ["Evidence for Sets the agenda" in page for page in shown] == [True, False]
    assert ["Evidence for Closes with next steps" in page for page in shown] == [True, True]
    assert "No moment is on record for this label." in shown[1]


def test_notes_on_the_recording(tables, elements, tmp_path):
    """What is unlike the recording as a whole stands on its page; a page without notes has no place for them."""
    notes = {"a2": ["truncated: 61.0 of 90.0 s could be decoded"]}
    write_report(tables, elements, tmp_path, context=Context(notes=lambda call: notes.get(call.call_id, [])))
    assert "Truncated: 61.0 of 90.0 s could be decoded." in (tmp_path / "calls/a2.html").read_text()
    assert "About the recording" not in (tmp_path / "calls/a1.html").read_text()


def test_bare_call(elements, tmp_path):
    """A call of which nothing is known but that it was scored still has its page."""
    calls = table("calls", [{"call_id": "x", "status": "ok"}])
    written = write_report({"calls": calls}, elements, tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {"index.html", *WHOLE, "calls/x.html"}
    assert "No speech was recognised" in written[-1].read_text()
    assert "Not named" in written[0].read_text()


def test_what_people_scored(tables, elements, tmp_path):
    """People's own scores stand beside the label, by name; automated ones, and those by other anchors, do not."""
    about = {"call_id": "a1", "rubric": "discovery_call", "element": "agenda", "rubric_version": 1, "level": 2}
    about |= {"color": "yellow", "rubric_hash": "agenda", "rater_kind": "person"}
    rows = [
        about | {"rater": "Kim"},
        about | {"rater": "Automaton", "rater_kind": "automated"},
        about | {"rater": "Zenobia", "rubric_hash": "other"},
    ]
    write_report(tables | {"scores": table("scores", rows)}, elements, tmp_path)
    page = (tmp_path / "calls" / "a1.html").read_text()
    assert 'Scored by Kim <span class="chip l2 tiny" title="Scored: yellow">' in page
    assert "Automaton" not in page
    assert "Zenobia" not in page
    write_report(tables, elements, tmp_path)
    assert "Scored by" not in (tmp_path / "calls" / "a1.html").read_text()


def test_caution_stays(tables, elements, tmp_path):
    """Labels that rest on few scores by people and many automated ones are called provisional; after five scored calls
    the caution vanished."""
    labels = tables["labels"].with_columns(basis=pl.lit("people and reference"))
    write_report({**tables, "labels": labels}, elements, tmp_path)
    for page in ("calls/a1.html", "people/ann.html", "index.html"):
        text = (tmp_path / page).read_text()
        assert "Provisional: all colours come from few scores by people and many automated ones" in text, page


def test_agenda_without_evidence(tables, elements, tmp_path):
    """A yellow agenda whose label rests on no moment shows the one that the measure names; "agenda present" stood
    beside a yellow agenda without any."""
    nowhere = pl.when(pl.col("element") != "agenda").then("idx")
    evidence = tables["evidence"].with_columns(idx=nowhere)
    measure = {"call_id": "a3", "measure": "agenda_at", "role": "all", "part": 15.0, "whole": None, "value": 15.0}
    measure |= {"unit": "s", "reason": None, "measures_version": 1}
    made = {
        **tables,
        "evidence": evidence,
        "measures": table("measures", [measure]),
    }
    for shown, there in ((made, True), (tables | {"evidence": evidence}, False)):
        write_report(shown, elements, tmp_path)
        agenda = (tmp_path / "calls/a3.html").read_text().partition('id="agenda"')[2].partition("</article>")[0]
        assert ('href="#u1"' in agenda) is ('<span class="who">Cy Poe</span>' in agenda) is there


def test_a_measure_that_says_otherwise_is_explained(tables, elements, tmp_path):
    """An agenda that is labelled well although none was found says why; where both agree, nothing is said."""
    labels = tables["labels"].filter(element="agenda", call_id="a1")
    level = labels["level"][0]
    measure = {"call_id": "a1", "measure": "agenda_present", "role": "all", "unit": "0/1", "measures_version": 3}
    for found, said in ((float(level < 2), True), (float(level >= 2), False)):
        rows = table("measures", [measure | {"part": found, "value": found}])
        write_report(tables | {"measures": rows}, elements, tmp_path)
        page = (tmp_path / "calls" / "a1.html").read_text()
        assert ("the label reads the opening as a whole" in page or "An agenda was found" in page) == said


def test_who_says_a_quote(tables, elements, tmp_path):
    """A quote of the other side bears their name; one of the person who is judged, whose page it is, bears none."""
    moved = tables["evidence"].with_columns(idx=pl.when(pl.col("element") == "agenda").then(1).otherwise("idx"))
    write_report(tables | {"evidence": moved}, elements, tmp_path, selection=Selection(call_id="a3"))
    page = (tmp_path / "calls/a3.html").read_text()
    agenda, steps = (page.partition(f'id="{name}"')[2].partition("</article>")[0] for name in ("agenda", "next_steps"))
    assert '<span class="who">Cy Poe</span><q>' in agenda
    assert "<q>" in steps
    assert 'class="who"' not in steps
