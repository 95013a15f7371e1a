"""Scoring: every answer is kept, flows into the table once, and what a session came to is what raters gave."""

import re

import polars as pl
import pytest
from sqlalchemy import select, update

from flows.room.calibration.setting_up import Wish, order_for, set_up
from flows.room.database.scoring import Adjudication, Answer, Assignment, Rewording, Session
from flows.room.decisions import store_decided
from flows.room.keep_scores import store_answers, waiting
from models.ratings.rubrics import load_rubrics
from models.registry.workspace import pointed_at
from pipeline.tables.values import MEETING


@pytest.fixture
def room_database(each_database: str) -> str:
    """All of this holds on each kind of database."""
    return each_database


ELEMENTS = ["agenda", "insight"]


@pytest.fixture
def discovery(house) -> list[str]:
    """The ids of the discovery calls."""
    return house.table("calls").filter(interaction="discovery_call").sort("call_id")["call_id"].to_list()


def open_session(house, call_ids, raters, practice=()):
    """A session on these calls; returns its id."""
    with house.database.begin() as session:
        wish = Wish("May", "discovery_call", ELEMENTS, list(call_ids), list(raters))
        return set_up(session, wish, by="eve", practice=list(practice)).session_id


def todo(house, session_id, person_id, kind="first"):
    """The assignments of a rater in their order."""
    wanted = select(Assignment).where(Assignment.session_id == session_id, Assignment.person_id == person_id)
    with house.database.read() as session:
        return list(session.scalars(wanted.where(Assignment.kind == kind).order_by(Assignment.place)))


def score(browser, assignment, levels, turns="1"):
    """Give a level for each element and finish the call."""
    for element, level in zip(ELEMENTS, levels, strict=True):
        path = f"/score/{assignment.assignment_id}/answer"
        answer = browser.post(path, element=element, level=str(level), turns=turns, seconds="7")
        assert answer.status_code == 303, answer.text
    return browser.post(f"/score/{assignment.assignment_id}/finish")


def test_order(discovery):
    """Practice first, an order of one's own, a tenth again at the end and never twice in a row."""
    twelve = [f"c{n}" for n in range(12)]
    ann, bob = (order_for(rater, "s", twelve, ["p1", "p2", "p3"]) for rater in ("ann", "bob"))
    assert [kind for kind, _ in ann] == ["practice"] * 2 + ["first"] * 12 + ["again"] * 2
    assert sorted(call for kind, call in ann if kind == "first") == sorted(twelve)
    assert ann != bob
    assert ann == order_for("ann", "s", twelve, ["p1", "p2", "p3"])
    assert {call for kind, call in ann if kind == "again"} == {call for _, call in ann[2:4]}
    assert [kind for kind, _ in order_for("ann", "s", ["a", "b", "c"], [])] == ["first"] * 3


def test_answers_reach_the_table(house, enter, discovery):
    """What is given stands in the table of scores under the rater's name; given twice it stands there once."""
    rae = enter("rae")
    session_id = open_session(house, discovery[:1], ["rae"])
    (one,) = todo(house, session_id, "rae")
    before = house.store.read("scores").height
    for _ in range(2):
        rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="2", turns="", note="short")
    store_answers(house)
    mine = house.store.read("scores", where=pl.col("rater") == "rae").to_dicts()
    assert house.store.read("scores").height == before + 1
    assert [(row["call_id"], row["element"], row["level"], row["note"]) for row in mine] == [
        (discovery[0], "agenda", 2, "short")
    ]
    rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="1", turns="")
    store_answers(house)
    assert house.store.read("scores", where=pl.col("rater") == "rae")["level"].to_list() == [1]
    rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="none", turns="")
    store_answers(house)
    assert house.store.read("scores", where=pl.col("rater") == "rae").is_empty()
    assert waiting(house) == 0


def rewrite(house, before, after):
    """Put other words into the rubric of discovery calls."""
    path = house.settings.rubrics / "discovery_call.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_reworded_while_it_is_scored(house, enter, discovery):
    """An answer from a page with other anchors than today's is refused, it was kept as one by today's. One that is
    changed is by the anchors that the rater sees then, it was kept as one by the earlier."""
    rae = enter("rae")
    (one,) = todo(house, open_session(house, discovery[:1], ["rae"]), "rae")
    path = f"/score/{one.assignment_id}"
    shown = dict(re.findall(r'name="element" value="(.*?)"><input type="hidden" name="wording" value="(.*?)"',
                            rae.get(path).text))  # fmt: skip
    assert rae.post(f"{path}/answer", element="insight", level="1", wording=shown["insight"]).status_code == 303
    rewrite(house, "No story or insight", "Neither story nor insight")
    refused = rae.post(f"{path}/answer", element="insight", level="2", wording=shown["insight"])
    assert (refused.status_code, "load it again" in refused.text) == (409, True)
    assert rae.post(f"{path}/answer", element="agenda", level="2", wording=shown["agenda"]).status_code == 303
    assert rae.post(f"{path}/answer", element="insight", level="2").status_code == 303
    store_answers(house)
    mine = house.store.read("scores", where=(pl.col("rater") == "rae") & (pl.col("element") == "insight"))
    today = house.wordings()["discovery_call", "insight"].rubric_hash
    assert mine.filter(rubric_hash=today)["level"].to_list() == [2]
    assert today != shown["insight"]


def test_element_that_is_gone(house, enter, discovery):
    """A call can be finished although an element of the session is no longer in the rubric: it was not shown, and what
    was lacking never could be given."""
    rae = enter("rae")
    (one,) = todo(house, open_session(house, discovery[:1], ["rae"]), "rae")
    rewrite(house, "id: insight", "id: insight_told")
    path = f"/score/{one.assignment_id}"
    assert rae.post(f"{path}/answer", element="agenda", level="2").status_code == 303
    assert "0 of 1 open" in rae.get(path).text
    assert "unfinished" not in rae.post(f"{path}/finish").headers["location"]


def test_turns_are_what_training_looks_at(house, enter, discovery):
    """The turns at which a rater points are those that training is told of; the newest choice of them counts."""
    rae = enter("rae")
    (one,) = todo(house, open_session(house, discovery[:1], ["rae"]), "rae")
    for turns in ("3,1", "4"):
        rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="3", turns=turns)
        store_answers(house)
    assert pointed_at(house.store).rows() == [(discovery[0], "agenda", 4)]


def test_a_table_that_fails(house, enter, discovery, monkeypatch):
    """Where the table cannot be written, answers wait in the database and follow when it can."""
    rae = enter("rae")
    session_id = open_session(house, discovery[:1], ["rae"])
    (one,) = todo(house, session_id, "rae")
    with monkeypatch.context() as broken:
        broken.setattr(house.store, "merge", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        assert score(rae, one, [1, 2]).status_code == 303
        with pytest.raises(OSError, match="full"):
            store_answers(house)
        assert waiting(house) == 2
    store_answers(house)
    assert house.store.read("scores", where=pl.col("rater") == "rae").height == 2


def test_a_database_that_fails_after_the_table(house, enter, discovery):
    """Where the process stops between table and database, what is stored again changes nothing."""
    rae = enter("rae")
    session_id = open_session(house, discovery[:1], ["rae"])
    (one,) = todo(house, session_id, "rae")
    score(rae, one, [1, 2])
    store_answers(house)
    stored = house.store.read("scores")
    with house.database.begin() as session:
        session.execute(update(Answer).values(stored_version=0))
    store_answers(house)
    assert house.store.read("scores").sort(pl.all()).equals(stored.sort(pl.all()))
    assert house.store.read("repeats").is_empty()


def test_red_and_green_need_a_turn(house, enter, discovery):
    """A call is finished when every element has an answer, and red and green a turn that shows them."""
    rae = enter("rae")
    session_id = open_session(house, discovery[:1], ["rae"])
    (one,) = todo(house, session_id, "rae")
    finish = f"/score/{one.assignment_id}/finish"
    rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="3")
    assert "unfinished" in rae.post(finish).headers["location"]
    assert "point at a turn that shows green" in rae.get(f"/score/{one.assignment_id}").text
    score(rae, one, [3, 2])
    assert rae.post(finish).headers["location"] == "/?said=session-done"
    assert todo(house, session_id, "rae")[0].seconds == 7
    assert "0:07" in enter("eve").get(f"/sessions/{session_id}").text
    again = rae.post(f"/score/{one.assignment_id}/answer", element="agenda", level="1")
    assert again.status_code == 409


@pytest.mark.parametrize("fields", [{"level": "4"}, {"level": "3", "turns": "1,x"}, {"level": ""}])
def test_answers_that_are_none(house, enter, discovery, fields):
    """A level that is none, or a turn that is no number, is refused and nothing is kept."""
    rae = enter("rae")
    (one,) = todo(house, open_session(house, discovery[:1], ["rae"]), "rae")
    assert rae.post(f"/score/{one.assignment_id}/answer", element="agenda", **fields).status_code == 422
    with house.database.read() as session:
        assert session.scalars(select(Answer)).first() is None


def test_again_counts_as_a_repeat(house, enter, discovery):
    """A call that comes again goes into the table of repeats, and the first score stays."""
    rae = enter("rae")
    session_id = open_session(house, discovery[:4], ["rae"])
    for one in todo(house, session_id, "rae"):
        score(rae, one, [1, 1])
    (again,) = todo(house, session_id, "rae", "again")
    score(rae, again, [2, 1])
    store_answers(house)
    first = house.store.read("scores", where=(pl.col("rater") == "rae") & (pl.col("call_id") == again.call_id))
    repeats = house.store.read("repeats")
    assert first.sort("element")["level"].to_list() == [1, 1]
    assert repeats.sort("element").select("call_id", "level").rows() == [(again.call_id, 2), (again.call_id, 1)]


def test_practice_comes_first_and_counts_for_nothing(house, enter, discovery):
    """Calls on which two people agreed come first; their levels are shown when they are finished, and not stored."""
    rob, rae = enter("rob"), enter("rae")
    for rater, browser in (("rob", rob), ("rae", rae)):
        for one in todo(house, open_session(house, discovery[:2], [rater]), rater):
            score(browser, one, [2, 1])
    store_answers(house)
    eve = enter("eve")
    fields = {"rubric": "discovery_call", "title": "Second", "elements": ELEMENTS, "raters": ["rae"]}
    answer = eve.post("/sessions", calls=[discovery[5]], **fields)
    session_id = answer.headers["location"].split("/")[2].split("?")[0]
    practice = todo(house, session_id, "rae", "practice")
    assert [one.call_id for one in practice] == discovery[:2]
    path = f"/score/{practice[0].assignment_id}"
    assert "Agreed:" not in rae.get(path).text
    assert score(rae, practice[0], [2, 2]).headers["location"] == path
    assert "Agreed:" in rae.get(path).text
    store_answers(house)
    stored = house.store.read("scores", where=(pl.col("rater") == "rae") & (pl.col("call_id") == discovery[0]))
    assert stored.sort("element")["level"].to_list() == [2, 1]


def test_the_result_of_a_session(house, enter, discovery):
    """Agreement is that of the blind answers, and that after the discussion stands beside it; the meeting records what
    is decided, and anchors at fault."""
    rae, rob, eve = enter("rae"), enter("rob"), enter("eve")
    session_id = open_session(house, discovery[:3], ["rae", "rob"])
    given = {"rae": [[0, 1], [1, 1], [3, 2]], "rob": [[2, 1], [1, 1], [3, 2]]}
    for name, browser in (("rae", rae), ("rob", rob)):
        assert browser.get(f"/sessions/{session_id}/result").status_code == 404
        by_call = {one.call_id: one for one in todo(house, session_id, name)}
        for call_id, levels in zip(discovery[:3], given[name], strict=True):
            score(browser, by_call[call_id], levels)
    assert eve.post(f"/sessions/{session_id}/state", state="discussing").status_code == 303
    text = rae.get(f"/sessions/{session_id}/result").text
    assert "1 element of a call, widest first" in text
    assert "After the discussion" not in text
    meeting = rob.get(f"/sessions/{session_id}/meeting").text
    assert "rae" in meeting
    assert "1 of 1" in meeting
    mine = next(one for one in todo(house, session_id, "rae") if one.call_id == discovery[0])
    fields = {"assignment_id": mine.assignment_id, "element": "agenda", "level": "2"}
    assert rae.post(f"/sessions/{session_id}/revise", **fields).status_code == 303
    assert "After the discussion" in rae.get(f"/sessions/{session_id}/result").text
    decided = {"call": discovery[0], "element": "agenda", "level": "2", "note": "it is there"}
    assert rae.post(f"/sessions/{session_id}/decide", **decided).status_code == 404
    assert eve.post(f"/sessions/{session_id}/decide", **decided).status_code == 303
    words = {"element": "agenda", "color": "red", "text": "No agenda at all.", "means": "same"}
    assert eve.post(f"/sessions/{session_id}/reword", **words).status_code == 303
    store_answers(house)
    with house.database.read() as session:
        assert session.scalars(select(Adjudication.level)).all() == [2]
        assert session.scalars(select(Rewording.same_meaning)).all() == [True]
        assert session.get(Session, session_id).state == "discussing"
    store_decided(house)
    assert store_decided(house) == 0
    (agreed,) = house.store.read("scores", where=pl.col("rater_kind") == MEETING).to_dicts()
    today = load_rubrics(house.settings.rubrics).filter(rubric="discovery_call", element="agenda").row(0, named=True)
    assert (agreed["call_id"], agreed["element"], agreed["level"]) == (discovery[0], "agenda", 2)
    assert (agreed["rubric_hash"], agreed["note"]) == (today["rubric_hash"], "it is there")
    later = decided | {"level": "3"}
    assert eve.post(f"/sessions/{session_id}/decide", **later).status_code == 303
    store_decided(house)
    assert house.store.read("scores", where=pl.col("rater_kind") == MEETING)["level"].to_list() == [3]
    blind = house.store.read("scores", where=(pl.col("rater") == "rae") & (pl.col("element") == "agenda"))
    assert blind.filter(call_id=discovery[0])["level"].to_list() == [0]


def test_an_unknown_rater_or_nothing_to_score(enter, discovery):
    """A session needs a title, elements, calls and raters who are in the room."""
    eve = enter("eve")
    good = {
        "rubric": "discovery_call",
        "title": "May",
        "elements": ["agenda"],
        "calls": discovery[:1],
        "raters": ["eve"],
    }
    for wrong in ({"title": " "}, {"elements": []}, {"calls": []}, {"raters": []}, {"raters": ["nobody"]}):
        assert eve.post("/sessions", **(good | wrong)).status_code == 422, wrong
    assert eve.post("/sessions", **good).status_code == 303


def test_scores_fit_the_rubrics(house, enter, discovery):
    """A score carries the fingerprint of the wording that the rater read."""
    rae = enter("rae")
    (one,) = todo(house, open_session(house, discovery[:1], ["rae"]), "rae")
    score(rae, one, [1, 2])
    store_answers(house)
    known = load_rubrics(house.settings.rubrics).select("rubric", "element", "rubric_hash")
    mine = house.store.read("scores", where=pl.col("rater") == "rae")
    assert mine.join(known, on=["rubric", "element", "rubric_hash"], how="semi").height == 2
