"""Coaching focus: which element counts most, whose moments are shown, and with whose consent; by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.metrics.cadence import load_plan
from pipeline.pages.parts import coaching

PLAN = load_plan()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ELEMENTS = pl.DataFrame({"rubric": "r", "element": ["agenda", "close"], "green": ["a good agenda", "a good close"]})
Levels = dict[str, list[float]]


def ratings(**people: Levels) -> pl.DataFrame:
    """A rating per person, element and week, from expected levels; everybody is in the team north."""
    rows: list[dict[str, Any]] = []
    for person, elements in people.items():
        for place, (element, levels) in enumerate(elements.items()):
            for week, level in enumerate(levels):
                rows.append(
                    {
                        "person": person, "name": person.title(), "team": "north", "rubric": "r", "rubric_title": "R",
                        "element": element, "title": element.title(), "position": place, "expected_level": level,
                        "level": round(level), "p": 0.9, "needs_review": False, "status": "calibrated",
                        "started_at": MONDAY + timedelta(weeks=week), "call_id": f"{person}{week}", "model_id": "m",
                        "call_href": f"calls/{person}{week}.html", "other_name": "Cy",
                    }
                )  # fmt: skip
    return pl.DataFrame(rows)


def evidence(rated: pl.DataFrame) -> pl.DataFrame:
    """A moment for every label: the agenda's is utterance 0, the close's is utterance 9."""
    idx = pl.col("element").replace_strict({"agenda": 0, "close": 9}, return_dtype=pl.Int64)
    about = {"rank": 0, "start_s": 1.0, "quote": "as it was said", "worth_showing": True}
    keys = ["call_id", "rubric", "element", "model_id"]
    return rated.select(*keys, idx=idx, **{name: pl.lit(value) for name, value in about.items()})


def focus(rated: pl.DataFrame, person: str, **plan: object) -> dict[str, Any]:
    chosen = PLAN.model_copy(update=plan)
    return coaching.levels(rated, ELEMENTS, chosen).filter("focus", person=person).to_dicts()[0]


def test_the_lower_one_counts_most() -> None:
    """Steady at 1, Ann is 2 below green and 2 below Bob at the close, which is worth (2 + 2) / 2; the agenda less."""
    rated = ratings(ann={"agenda": [2, 2, 2], "close": [1, 1, 1]}, bob={"agenda": [2, 2, 2], "close": [3, 3, 3]})
    found = focus(rated, "ann")
    assert (found["element"], found["worth"], found["room"], found["best_name"]) == ("close", 2.0, 2.0, "Bob")
    assert found["direction"] == "steady"


def test_moments_of_settled_levels() -> None:
    """A moment that the classifier took for a red agenda is no good one where people settled green, nor the other way
    round: it stood on pages, in guides and invitations under the settled colour. An upheld one stays."""
    rated = ratings(ann={"agenda": [3, 0, 2]}).with_columns(machine_level=pl.Series([0, 3, 2]))
    assert coaching.strongest(rated, evidence(rated))["call_id"].to_list() == ["ann2"]


def test_role_plays_are_not_in_focus() -> None:
    """Ann's worst element is one she practises: it stands beside the real ones with its own goal, and the focus is the
    worst of the real ones."""
    real = ratings(ann={"agenda": [2, 2, 2], "close": [1, 1, 1]})
    played = ratings(ann={"agenda": [0, 0, 0]}).with_columns(rubric=pl.lit("practice_r"))
    rated = pl.concat([real, played])
    assert focus(rated, "ann")["element"] == "close"
    beside = coaching.levels(rated, ELEMENTS, PLAN).filter(rubric="practice_r")
    assert beside.select("element", "mean", "goal").rows() == [("agenda", 0.0, "a good agenda")]


def test_the_trend_counts_by_half() -> None:
    """The close at 1 rises by a level a week, so that in four weeks half of at most 1 is gained: 1.5 below 3 by itself,
    less than the steady agenda's 2."""
    rated = ratings(ann={"agenda": [1, 1, 1], "close": [0, 1, 2]})
    found = coaching.levels(rated, ELEMENTS, PLAN)
    assert dict(found.select("element", "worth").rows()) == {"agenda": 1.0, "close": 0.75}
    assert dict(found.select("element", "trend").rows())["close"] == pytest.approx(4.0)
    assert focus(rated, "ann")["element"] == "agenda"


def test_the_weight_counts() -> None:
    """Twice the weight makes the better element the one to work on."""
    rated = ratings(ann={"agenda": [1.5, 1.5, 1.5], "close": [1, 1, 1]})
    assert focus(rated, "ann")["element"] == "close"
    assert focus(rated, "ann", weights={"agenda": 2.0})["element"] == "agenda"


def test_the_best_needs_enough_conversations() -> None:
    """Two conversations of Bob's at 3 set no standard; and nobody is measured against himself."""
    rated = ratings(ann={"close": [1, 1, 1]}, bob={"close": [3, 3]})
    assert focus(rated, "ann")["best"] is None
    assert focus(rated, "bob")["best_name"] == "Ann"
    assert focus(rated, "bob")["room"] == 0


def test_the_team_comes_first() -> None:
    """Ann is measured against the best of her team, though another team has a better one; the best of a team against
    everybody's."""
    rated = ratings(ann={"close": [1] * 3}, bob={"close": [2] * 3}, cy={"close": [3] * 3}).with_columns(
        team=pl.when(pl.col("person") == "cy").then(pl.lit("south")).otherwise("team")
    )
    assert focus(rated, "ann")["best_name"] == "Bob"
    assert focus(rated, "bob")["best_name"] == "Cy"


def test_one_conversation_is_no_focus_beside_three() -> None:
    """The agenda's single red conversation does not outweigh the close's three."""
    rated = ratings(ann={"agenda": [0], "close": [2, 2, 2]})
    assert focus(rated, "ann")["element"] == "close"


def test_two_moments_to_repeat_and_two_to_avoid() -> None:
    """Of red ones those in focus come first, another element gives one; nothing stands under both."""
    rated = ratings(ann={"agenda": [0, 0, 0, 3], "close": [0, 3, 3, 3]})
    found = coaching.levels(rated, ELEMENTS, PLAN)
    told = coaching.own_moments(coaching.moments(rated, evidence(rated)), found)
    avoid = told.filter(~pl.col("good")).select("title", "focus").rows()
    repeat = told.filter("good").select("title", "call_href").rows()
    assert avoid == [("Agenda", True), ("Agenda", True)]
    assert repeat[0] == ("Agenda", "calls/ann3.html")
    assert [title for title, _ in repeat] == ["Agenda", "Close"]


def test_moments_are_own_words() -> None:
    """Of a red close the line that weighs most is the customer's: the next one, which is Ann's, is shown; of one that
    rests on the customer's alone, or on what an earlier version stored, nothing is."""
    rated = ratings(ann={"close": [0, 0, 0]})
    most = evidence(rated).with_columns(worth_showing=pl.Series([False, False, None]))
    next_one = most.head(1).with_columns(rank=pl.lit(1), idx=pl.lit(4, pl.Int64), worth_showing=True)
    found = pl.concat([most, next_one], how="vertical_relaxed")
    told = coaching.own_moments(coaching.moments(rated, found), coaching.levels(rated, ELEMENTS, PLAN))
    assert told.select("call_id", "idx").rows() == [("ann0", 4)]


def test_no_line_to_avoid_that_shows_green() -> None:
    """What a red agenda rests on is no moment to avoid where the green close of that call rests on it, too, though
    least of all; in the other call it is one."""
    rated = ratings(ann={"agenda": [0, 0], "close": [3, 3]})
    also = evidence(rated).filter(call_id="ann0", element="close").with_columns(rank=pl.lit(2), idx=pl.lit(0, pl.Int64))
    found = pl.concat([evidence(rated), also], how="vertical_relaxed")
    told = coaching.own_moments(coaching.moments(rated, found), coaching.levels(rated, ELEMENTS, PLAN))
    assert told.filter(~pl.col("good"))["call_id"].to_list() == ["ann1"]


def test_no_line_to_avoid_that_showed_green_long_ago() -> None:
    """The close was rated again later than the agenda, so that its green in the first call is not recent any more,
    where the agenda's red is: the line that both rest on is still none to avoid."""
    rated = ratings(ann={"agenda": [0] + [1] * 5, "close": [3] * 15})
    same = evidence(rated).with_columns(idx=pl.lit(0, pl.Int64))
    shown = coaching.own_moments(coaching.moments(rated, same), coaching.levels(rated, ELEMENTS, PLAN))
    assert "ann0" in coaching.recent(rated).filter(element="agenda")["call_id"].to_list()
    assert "ann0" not in coaching.recent(rated).filter(element="close")["call_id"].to_list()
    assert "ann0" not in shown.filter(~pl.col("good"))["call_id"].to_list()


def test_gold_needs_consent() -> None:
    """Bob's green moment is shown to Ann only if Bob agreed; her own never is, and no yellow one."""
    rated = ratings(
        ann={"close": [0, 0, 3]}, bob={"close": [3, 3, 3]}, cy={"close": [2, 2, 2]}, di={"close": [3, 3, 3]}
    )
    found = coaching.levels(rated, ELEMENTS, PLAN)

    def shown(*consented: str) -> list[str]:
        gold = coaching.gold_moments(coaching.moments(rated, evidence(rated)), found, list(consented))
        return gold.filter(person="ann")["name"].to_list()

    assert shown() == []
    assert shown("ann", "bob", "cy") == ["Bob"]
    assert sorted(shown("ann", "bob", "di")) == ["Bob", "Di"]


def test_consent_is_a_flag_per_person(tmp_path: Path) -> None:
    """Only who stands there with true has agreed; without a file nobody has; anything else is refused by its name."""
    assert coaching.read_consent(tmp_path) == []
    file = tmp_path / "consent.yaml"
    file.write_text("ann: true\nbob: false\n")
    assert coaching.read_consent(tmp_path) == ["ann"]
    for wrong in ("- ann", "ann: perhaps", "{"):
        file.write_text(wrong)
        with pytest.raises(ValueError, match=r"consent\.yaml: is no list of consents"):
            coaching.read_consent(tmp_path)


def test_what_is_long_ago_does_not_count() -> None:
    """Of twenty weeks that rose from 0 to 3 the latest thirteen count; the course of so many is by month."""
    rated = ratings(ann={"close": [0.0] * 7 + [3.0] * 13})
    found = coaching.levels(rated, ELEMENTS, PLAN).to_dicts()[0]
    assert (found["mean"], found["n"], found["by"]) == (3.0, 13, "month")
    assert [month["n"] for month in found["weeks"]] == [5, 4, 4, 5, 2]  # Mondays of March to July, until 13 July
