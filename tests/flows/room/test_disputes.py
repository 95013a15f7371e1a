"""Disputes: another view stands at once beside the machine's answer, which stays; settled, it counts as a person's
score, and pages and KPIs show it, marked."""

import polars as pl
import pytest

from flows.room.coaching.disputes import overturned
from flows.room.overrides import store_settled
from flows.room.shown import labels_of


@pytest.fixture
def said(house, enter):
    """Ann and Mia have both said how a call of Ann's went: their browsers, the call and the machine's label of it."""
    ann, mia = enter("ann"), enter("mia")
    call_id = house.store.read("calls").filter(lead_id="ann", interaction="discovery_call")["call_id"].sort()[0]
    levels = {f"level {name}": "2" for name in house.elements().filter(rubric="discovery_call")["element"]}
    for browser in (ann, mia):
        assert browser.post("/say/own-view", call=call_id, repeat="a", avoid="b", **levels).status_code == 303
    return ann, mia, call_id, labels_of(house).filter(call_id=call_id, element="agenda").row(0, named=True)


def test_from_dispute_to_kpi(house, enter, said):
    """With level, reason and moment it is shown at once; who raised it cannot settle it; the settled level is a score,
    what the page shows, marked, and makes the label an overturned one, of which the page of the week tells at once."""
    ann, mia, call_id, machine = said
    other = (machine["level"] + 1) % 4
    form = {"call": call_id, "element": "agenda", "level": str(other), "why": "listen to it", "turn": "2"}
    assert ann.post("/say/dispute", **form).status_code == 303
    text = mia.get(f"/calls/{call_id}.html").text
    assert "listen to it" in text
    assert "Not settled yet" in ann.get(f"/calls/{call_id}.html").text
    assert 'href="#u2"' in text.split("listen to it")[1].split("</p>")[0]
    dispute = mia.get("/disputes").text.split('name="dispute_id" value="')[1].split('"')[0]
    assert ann.post("/say/settle", dispute_id=dispute, level=str(other)).status_code == 404
    assert mia.post("/say/settle", dispute_id=dispute, level=str(other), why="she is right").status_code == 303
    again = mia.post("/say/settle", dispute_id=dispute, level="0")  # as from a second tab
    assert (again.status_code, "mia has settled it already" in again.text) == (409, True)
    while store_settled(house):
        pass
    assert labels_of(house).filter(call_id=call_id, element="agenda")["level"].to_list() == [other]
    stays = house.store.read("labels", where=(pl.col("call_id") == call_id) & (pl.col("element") == "agenda"))
    assert stays.filter("current")["level"].to_list() == [machine["level"]]
    scores = house.store.read("scores", where=(pl.col("rater") == "mia") & (pl.col("call_id") == call_id))
    assert scores.select("element", "level", "rater_kind").rows() == [("agenda", other, "person")]
    page = ann.get(f"/calls/{call_id}.html").text
    assert "settled by mia" in page.lower()
    assert enter("eve").get("/week.html").status_code == 200
    kpis = house.store.read("kpis").filter(level_of="org", interaction="discovery_call", kpi="overturned_share:agenda")
    assert kpis.select((pl.col("value") * pl.col("n_calls")).sum()).item() == pytest.approx(1)


def test_reworded_before_it_was_settled(house, said):
    """What is settled is of the label that stands by then: of the wording under which it was raised it counted nowhere,
    neither on pages nor in KPIs, and nobody was told. The earlier settlement counts no more as overturned."""
    ann, mia, call_id, machine = said
    about = {"call_id": call_id, "element": "agenda"}
    labels = house.store.read("labels").filter(**about)

    def settled_after(change):
        form = {"call": call_id, "element": "agenda", "level": str((machine["level"] + 1) % 4), "why": "listen to it"}
        assert ann.post("/say/dispute", **form).status_code == 303
        house.store.replace("labels", change(labels), **{name: [value] for name, value in about.items()})
        dispute = mia.get("/disputes").text.split('name="dispute_id" value="')[1].split('"')[0]
        assert mia.post("/say/settle", dispute_id=dispute, level=form["level"]).status_code == 303
        while store_settled(house):
            pass
        return labels_of(house).filter(**about).select("level", "status", "rubric_hash").rows()

    reworded = settled_after(lambda rows: rows.with_columns(rubric_hash=pl.lit("new"), model_id=pl.lit("new-model")))
    assert reworded == [((machine["level"] + 1) % 4, "settled", "new")]
    assert house.store.read("overrides").filter(**about)["model_id"].to_list() == ["new-model"]
    house.store.replace("labels", labels, **{name: [value] for name, value in about.items()})
    rates = overturned(labels_of(house), house.store.read("overrides"), house.elements())
    assert rates.filter(rubric="discovery_call")["n_overturned"].sum() == 0


def test_settled_by_somebody_who_scored_blindly(house, said):
    """The blind score stays what it was: the settled level took its place, and with it what raters' agreement is
    counted from. A later settlement by the same person counts instead of their earlier one."""
    ann, mia, call_id, machine = said
    label = {name: machine[name] for name in ("call_id", "rubric", "element", "rubric_hash", "rubric_version")}
    blind = {"rater": "mia", "rater_kind": "person", "level": 0, "color": "red", "note": "none", "session": "may"}
    score = pl.DataFrame([label | blind | {"scored_at": machine["labelled_at"]}])
    house.store.merge("scores", score)
    of_mia = (pl.col("rater") == "mia") & (pl.col("call_id") == call_id)

    def settle(element, level):
        form = {"call": call_id, "element": element, "level": str(level), "why": "listen to it"}
        assert ann.post("/say/dispute", **form).status_code == 303
        dispute = mia.get("/disputes").text.split('name="dispute_id" value="')[1].split('"')[0]
        assert mia.post("/say/settle", dispute_id=dispute, level=str(level)).status_code == 303
        while store_settled(house):
            pass
        kept = house.store.read("scores", where=of_mia).filter(element=element).select("level", "note").rows()
        return kept, house.store.read("overrides").filter(call_id=call_id, element=element)["level"].to_list()

    assert settle("agenda", 3) == ([(0, "none")], [3])
    assert [settle("insight", level) for level in (3, 1)] == [([(3, None)], [3]), ([(1, None)], [1])]


def test_what_is_refused(house, said):
    """Without a reason, or before one has said how the call went, nothing is raised."""
    ann, _, call_id, _ = said
    form = {"call": call_id, "element": "agenda", "level": "3"}
    assert ann.post("/say/dispute", **form, why=" ").status_code == 422
    others = house.store.read("calls").filter(lead_id="ann", interaction="discovery_call")["call_id"].sort()
    assert ann.post("/say/dispute", **form | {"call": others[1]}, why="so").status_code == 404


def test_the_manager_answers_too(house, enter):
    """The manager is asked the same two questions; the machine's answer and the seller's view come after that, and the
    three stand side by side. What was said once stands."""
    ann, mia = enter("ann"), enter("mia")
    call_id = house.store.read("calls").filter(lead_id="ann", interaction="discovery_call")["call_id"].sort()[0]
    levels = {f"level {name}": "1" for name in house.elements().filter(rubric="discovery_call")["element"]}
    own = {"call": call_id, "repeat": "the opening", "avoid": "the haste", **levels}
    assert ann.post("/say/own-view", **own).status_code == 303
    before = mia.get(f"/calls/{call_id}.html").text
    assert "First your own view" in before
    assert "the opening" not in before
    assert "Side by side" not in before
    assert mia.post("/say/own-view", **own | {"repeat": "the close"}).status_code == 303
    after = mia.get(f"/calls/{call_id}.html").text
    for words in ("Side by side", "the opening", "the close", "own view", "manager", "Machine"):
        assert words in after
    assert mia.post("/say/own-view", **own | {"repeat": "another"}).status_code == 422
    assert "another" not in mia.get(f"/calls/{call_id}.html").text.split("Side by side")[1].split("</section>")[0]


def test_a_gold_standard_is_shared(enter):
    """A manager's list may be shared and is of an element; a seller's own list is not shared."""
    form = {"title": "Openings", "about": "discovery_call/agenda", "is_shared": "true"}
    made = {who: enter(who).post("/playlists", **form).headers["location"] for who in ("mia", "ann")}
    cy = enter("cy")
    assert "Gold standard of agenda" in cy.get(made["mia"]).text
    assert cy.get(made["ann"]).status_code == 404
