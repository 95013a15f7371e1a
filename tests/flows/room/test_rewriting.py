"""Rubrics reworded in the browser, weights that are signed, and forgetting."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from flows.room.calibration import rewriting
from flows.room.calibration.rewriting import Change, preview, publish
from flows.room.calibration.setting_up import agreed_levels, planned
from flows.room.database.coaching import Comment
from flows.room.database.columns import now
from flows.room.database.connection import FILE
from flows.room.database.people import AuditEntry
from flows.room.database.scoring import WeightVersion
from flows.room.entry import audit
from flows.room.finding.index import INDEX, Wanted, search
from flows.room.forgetting import FORGOTTEN, forget_in_room
from flows.room.shown import labels_of, named
from models.ratings.rubrics import RubricError, load_rubrics
from models.registry.workspace import own_scores
from pipeline.metrics.cadence import load_plan
from pipeline.tables.judgements import Scores
from tests.workspace import RUBRICS


@pytest.fixture
def room_database(each_database: str) -> str:
    """All of this holds on each kind of database."""
    return each_database


NEW = {color: f"It's {color}: better" for color in ("red", "orange", "yellow", "green")}


def fields(means: str, element: str = "insight") -> dict[str, str]:
    return {"element": element, "means": means, **NEW}


def test_publish(house, enter):
    """A changed anchor is a new version; what the earlier wording meant is noted; all else in the file stays."""
    eve, folder = enter("eve"), house.settings.rubrics
    before = load_rubrics(folder).filter(rubric="discovery_call")
    old = before.filter(element="insight").row(0, named=True)
    assert eve.post("/rubrics/discovery_call/publish", **fields("same")).status_code == 303
    after = load_rubrics(folder).filter(rubric="discovery_call")
    new = after.filter(element="insight").row(0, named=True)
    assert new["rubric_version"] == old["rubric_version"] + 1
    assert [new[color] for color in NEW] == list(NEW.values())
    assert list(new["same_meaning_as"]) == [old["rubric_hash"]]
    others = [name for name in before.columns if name != "rubric_version"]
    assert after.filter(element="agenda").select(others).equals(before.filter(element="agenda").select(others))
    again = {**fields("other"), "red": "Another."}
    assert eve.post("/rubrics/discovery_call/publish", **again).status_code == 303
    newest = load_rubrics(folder).filter(rubric="discovery_call", element="insight").row(0, named=True)
    assert list(newest["other_meaning_than"]) == [new["rubric_hash"]]


def test_publish_a_shared_element(tmp_path):
    """An element that several rubrics use changes in all of them, and each has a new version."""
    folder = Path(shutil.copytree(RUBRICS, tmp_path / "rubrics"))
    before = load_rubrics(folder)
    publish(folder, "discovery_call", Change("agenda", NEW, same_meaning=False))
    after = load_rubrics(folder)
    for rubric in before.filter(element="agenda")["rubric"]:
        old, new = (rows.filter(rubric=rubric, element="agenda").row(0, named=True) for rows in (before, after))
        if old["red"] == before.filter(rubric="discovery_call", element="agenda")["red"].item():
            assert new["red"] == NEW["red"], rubric
            assert new["rubric_version"] == old["rubric_version"] + 1
            assert old["rubric_hash"] in new["other_meaning_than"]


def test_a_wrong_change(house, enter):
    """An empty anchor is refused with a sentence, and nothing is written."""
    eve, folder = enter("eve"), Path(house.settings.rubrics)
    before = (folder / "discovery_call.yaml").read_text()
    answer = eve.post("/rubrics/discovery_call/check", **{**fields("same"), "red": " "})
    assert answer.json()["problems"] == ["Write each anchor in 1 to 1000 letters."]
    assert "Write each anchor" in eve.post("/rubrics/discovery_call/publish", **{**fields("same"), "red": " "}).text
    assert (folder / "discovery_call.yaml").read_text() == before
    with pytest.raises((RubricError, ValueError), match="no element"):
        publish(folder, "discovery_call", Change("nothing", NEW, same_meaning=True))


def previewed(house, means: str, element: str) -> list[dict[str, object]]:
    """What a change would do, by the tables."""
    change = Change(element, NEW, same_meaning=means == "same")
    return preview(house, "discovery_call", change, named(house))


def test_preview(house, enter):
    """Ten calls, old colours against new: the same meaning changes none; another leaves what the earlier words taught,
    as provisional; the page shows it beside the way to publish."""
    same, other = (previewed(house, means, "insight") for means in ("same", "other"))
    assert len(same) == len(other) == 10
    assert all((row["new_level"], row["becomes"]) == (row["level"], "stays as it is") for row in same)
    assert {row["becomes"] for row in other} == {"provisional, learnt from scores by the earlier words"}
    text = enter("eve").post("/rubrics/discovery_call/preview", **fields("other")).text
    assert text.count("provisional, learnt from scores by the earlier words") == 10
    assert "Publish as a new version" in text


def test_preview_of_what_nobody_scored(house, monkeypatch):
    """Where too little was scored by the earlier words to learn from, the colours would go."""
    monkeypatch.setattr(rewriting, "all_scores", lambda *_: Scores.create_empty())
    rows = previewed(house, "other", "insight")
    assert {(row["new_level"], row["becomes"]) for row in rows} == {
        (None, "not judged until people score by the new words")
    }
    assert all(row["new_level"] == row["level"] for row in previewed(house, "same", "insight"))


def test_preview_of_what_people_settled(house):
    """A settled level was of the earlier words: with another meaning the classifier's own comes back."""
    newest = previewed(house, "other", "insight")[0]
    label = labels_of(house).filter(call_id=newest["call_id"], element="insight").row(0, named=True)
    by_people = (label["level"] + 1) % 4
    about = {name: label[name] for name in ("call_id", "rubric", "element", "rubric_hash", "model_id")}
    row = about | {"machine_level": label["level"], "level": by_people, "raised_by": "ann", "settled_by": "mia"}
    house.store.merge("overrides", pl.DataFrame([row | {"settled_at": now()}]))
    same, other = (previewed(house, means, "insight")[0] for means in ("same", "other"))
    assert (same["level"], same["new_level"]) == (by_people, by_people)
    assert (other["level"], other["new_level"]) == (by_people, label["level"])


@pytest.mark.parametrize("same_meaning", [True, False])
def test_planned_after_a_rewording(house, same_meaning):
    """A call of which two people scored all elements alike is planned no more and is one to practise with; after a
    rewording it is so only where that means the same. The planner left it out either way, and it was no practice where
    the meaning was the same."""
    labels = labels_of(house).filter(rubric="discovery_call")
    label = labels.filter(element="insight").sort("call_id").row(0, named=True)
    given = {"rater_kind": "person", "level": 2, "color": "yellow", "note": None, "session": None, "scored_at": now()}
    rows = [
        {name: one[name] for name in ("call_id", "rubric", "element", "rubric_hash", "rubric_version")}
        | given
        | {"rater": rater}
        for one in labels.filter(call_id=label["call_id"]).iter_rows(named=True)
        for rater in ("rae", "rob")
    ]
    house.store.merge("scores", pl.DataFrame(rows, schema=Scores.create_empty().schema))

    def is_done() -> tuple[bool, bool]:
        with house.database.read() as session:
            known = own_scores(house.store, house.elements())
            agreed = agreed_levels(known, session, "discovery_call", ["insight"])
        calls = house.table("calls").filter(interaction="discovery_call").height
        return label["call_id"] not in planned(house, "discovery_call", calls - 1), label["call_id"] in agreed

    assert is_done() == (True, True)
    publish(Path(house.settings.rubrics), "discovery_call", Change("insight", NEW, same_meaning=same_meaning))
    assert is_done() == (same_meaning, same_meaning)


def test_weights_are_signed(house, enter):
    """With the fourth side's signature the weights are put to use, and all else in cadence.yaml stays."""
    plan = house.store.place / "cadence.yaml"
    plan.write_text("# ours\nsmall_n: 7\nweights: {insight: 3}  # for now\nmoved_minutes: 30\n")
    eve = enter("eve")
    form = {"weight agenda": "2", "weight insight": "0", "why": "it is what we coach"}
    assert eve.post("/weights", **form).status_code == 303
    version = eve.get("/weights").text.split('name="version_id" value="')[1].split('"')[0]
    for who in ("eve", "mia", "dan"):
        assert enter(who).post("/weights/sign", version_id=version).status_code == 303
        assert load_plan(house.store.place).weights == {"insight": 3}
    assert enter("adi").post("/weights/sign", version_id=version).status_code == 303
    assert load_plan(house.store.place).weights == {"agenda": 2, "insight": 0}
    text = plan.read_text()
    assert "# ours\nsmall_n: 7\n" in text
    assert "moved_minutes: 30" in text
    page = enter("mia").get("/weights").text
    assert "in use since" in page
    assert "operations: signed by adi" in page


def test_forgetting_reaches_the_room(house, enter):
    """After it neither the room's database nor the search index holds a word or a name of what was erased."""
    call_id = house.store.read("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
    mia = enter("mia")
    enter("ann")
    form = {"call": call_id, "at": "0:01", "to": "ann", "text": "zirconium-in-a-comment"}
    assert mia.post("/say/comment", **form).status_code == 303
    assert search(house, Wanted("mark"), frozenset(), sees_all=True)
    removed = forget_in_room(house.settings, house.store, [call_id], person_id="ann")
    assert removed >= 3
    with house.database.read() as session:
        assert session.query(Comment).count() == 0
    place = house.store.place
    assert not (place / INDEX).exists()
    house.database.engine.dispose()
    left = b"".join(path.read_bytes() for path in place.glob(f"{FILE}*"))
    for word in (b"zirconium-in-a-comment", call_id.encode(), b"Ann Lee"):
        assert word not in left


def test_forgetting_spares_others(house):
    """What the log says of calls and people whose name only begins so stays; a proposal stays without the name."""
    others, theirs = ["annabel: done", "call w1-0010"], ["ann: done", "agenda of call w1-001", "call w1-001 to eve"]
    with house.database.begin() as session:
        for what in (*others, *theirs):
            audit.note(session, "eve", "changed", what)
        session.add(WeightVersion(number=1, weights={}, why="", proposed_by="ann", proposed_at=now()))
    forget_in_room(house.settings, house.store, ["w1-001"], person_id="ann")
    with house.database.read() as session:
        assert sorted(session.scalars(select(AuditEntry.what))) == others
        assert list(session.scalars(select(WeightVersion.proposed_by))) == [FORGOTTEN]
