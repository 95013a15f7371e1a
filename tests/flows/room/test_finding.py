"""Search finds what was said, in any form of the word, where one may look; topics count it."""

import time
from datetime import date

import polars as pl
import pytest

from flows.room.calibration.blind import blind_conversation
from flows.room.finding.index import Wanted, search
from flows.room.finding.topics import count_topics, load_topics, trends
from flows.room.house import House
from flows.room.shown import labels_of, named
from pipeline.tables.values import LEVELS


@pytest.fixture
def spoken(house: House) -> tuple[House, str, str]:
    """The workspace in which a call of Ann's and one of Cy's hold lines of our own."""
    calls = house.store.read("calls").sort("call_id")
    ann, cy = (calls.filter(lead_id=who, interaction="discovery_call")["call_id"][0] for who in ("ann", "cy"))
    lines = house.store.read("utterances")
    texts = {
        (ann, 2): ("rep", "What are the zirconium prices you were quoted?"),
        (ann, 3): ("customer", "Nobody quoted us anything below nine thousand."),
        (cy, 2): ("customer", "We talked about zirconium with another vendor."),
    }
    for (call_id, idx), (role, text) in texts.items():
        row = (pl.col("call_id") == call_id) & (pl.col("idx") == idx)
        lines = lines.with_columns(
            text=pl.when(row).then(pl.lit(text)).otherwise("text"),
            role=pl.when(row).then(pl.lit(role)).otherwise("role"),
        )
    house.store.merge("utterances", lines)
    return house, ann, cy


def found(house: House, reach: set[str] | None, **wanted: object) -> list[tuple[str, int]]:
    """The calls and lines that a search finds."""
    hits = search(house, Wanted(**wanted), frozenset(reach or ()), sees_all=reach is None)
    return sorted((hit.call_id, hit.idx) for hit in hits)


def test_words_and_phrases(spoken):
    """A stem finds all its forms; a phrase only itself; several words must all be there; signs are no commands."""
    house, ann, cy = spoken
    assert found(house, None, words="zirconium") == sorted([(ann, 2), (cy, 2)])
    assert found(house, None, words="zirconium price") == [(ann, 2)]
    assert found(house, None, words='"another vendors" zirconium') == [(cy, 2)]
    assert found(house, None, words='"vendor another" zirconium') == []
    assert found(house, None, words='zirconium" OR x NOT (*') == []
    assert found(house, None, words="  ") == []


def test_only_in_reach(spoken):
    """Nothing is found in calls that one may not see."""
    house, ann, cy = spoken
    assert found(house, {ann}, words="zirconium") == [(ann, 2)]
    assert found(house, set(), words="zirconium") == []
    assert cy != ann


def test_narrowed(spoken):
    """By who speaks, by person, by time, by the colour of an element, and by the answer that follows."""
    house, ann, cy = spoken
    assert found(house, None, words="zirconium", side="other") == [(cy, 2)]
    assert found(house, None, words="zirconium", person="ann") == [(ann, 2)]
    assert found(house, None, words="zirconium price", answers=True) == [(ann, 3)]
    level = house.table("labels").filter(call_id=ann, element="agenda")["level"].item()
    assert (ann, 2) in found(house, None, words="zirconium", element="agenda", level=level)
    assert (ann, 2) not in found(house, None, words="zirconium", element="agenda", level=(level + 1) % 4)


def test_all_answers_to_a_question_about_price(spoken):
    """In red calls of March: the act, the colour and the time narrow together, and what is found is the answer."""
    house, ann, _ = spoken
    acts = house.store.read("acts").filter(pl.col("call_id") == ann)
    house.store.merge("acts", acts.head(1).with_columns(idx=pl.lit(2, pl.Int64), act=pl.lit("ask_open")))
    level = house.table("labels").filter(call_id=ann, element="agenda")["level"].item()
    wanted = {"words": "price", "act": "ask_open", "answers": True, "element": "agenda", "level": level}
    march = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}
    assert found(house, None, **wanted, **march) == [(ann, 3)]
    assert found(house, None, **wanted, since=date(2026, 4, 1)) == []
    assert found(house, None, **wanted, until=date(2026, 2, 28)) == []
    assert found(house, None, **wanted | {"act": "ask_leading"}, **march) == []


def test_a_colleague(spoken, enter):
    """Somebody of our side who joins the lead is neither the lead nor the customer."""
    house, ann, _ = spoken
    lines = house.store.read("utterances", where=(pl.col("call_id") == ann) & (pl.col("idx") == 3))
    house.store.merge("utterances", lines.with_columns(role=pl.lit("colleague")))
    assert found(house, None, words="nobody quoted", side="other") == []
    assert found(house, None, words="nobody quoted", side="colleague") == [(ann, 3)]
    assert found(house, None, words="zirconium price", answers=True) == []
    assert "a colleague of Ann Lee" in enter("eve").get("/search?q=nobody+quoted").text
    (line,) = [one for one in blind_conversation(house, ann, hides_names=False).lines if one.idx == 3]
    assert (line.side, line.speaker) == ("colleague", "Colleague")


def test_follows_the_tables(spoken):
    """What is written after the index was made is found, too, soon after: the index before answers meanwhile."""
    house, ann, _ = spoken
    assert found(house, None, words="tantalum") == []
    lines = house.store.read("utterances", where=(pl.col("call_id") == ann) & (pl.col("idx") == 2))
    house.store.merge("utterances", lines.with_columns(text=pl.lit("Tantalum, then.")))
    end = time.monotonic() + 60
    while not found(house, None, words="tantalum") and time.monotonic() < end:
        time.sleep(0.05)
    assert found(house, None, words="tantalum") == [(ann, 2)]


def test_topics(spoken):
    """Words and patterns are counted per call; a topics.yaml of the workspace takes the place of ours."""
    house, ann, cy = spoken
    (house.store.place / "topics.yaml").write_text(
        "metals:\n  words: [zirconium]\nmoney:\n  patterns: ['(nine|ten) thousand']\n"
    )
    counted = count_topics(house).filter(pl.col("call_id").is_in([ann, cy]))
    counts = counted.sort("topic", "call_id").select("call_id", "topic", "n").rows()
    assert counts == [*sorted([(ann, "metals", 1), (cy, "metals", 1)]), (ann, "money", 1)]


def test_topics_over_weeks(spoken):
    """A topic is in that share of the week's calls in which it came up."""
    house, ann, cy = spoken
    (house.store.place / "topics.yaml").write_text("metals:\n  words: [zirconium]\n")
    (metals,) = trends(count_topics(house), named(house))
    week = (
        house.table("calls")
        .sort("started_at")
        .with_columns(week=pl.col("started_at").dt.truncate("1w").dt.date(), hit=pl.col("call_id").is_in([ann, cy]))
    )
    by_hand = week.group_by("week").agg(pl.col("hit").mean()).sort("week").rows()
    assert (metals.topic, metals.n, metals.n_calls) == ("metals", 2, 2)
    assert metals.weeks == by_hand


def test_a_pattern_that_is_none(house):
    """A wrong file of topics is named with what would be right."""
    (house.store.place / "topics.yaml").write_text("money:\n  patterns: ['(']\n")
    with pytest.raises(ValueError, match=r"topics.yaml: write"):
        load_topics(house.store.place)


def test_the_machines_answer_waits(spoken, enter):
    """Until somebody has said how a call of theirs went, no page and no search by colour gives the machine's answer."""
    house, call_id, _ = spoken
    ann = enter("ann")
    labels = labels_of(house).filter(call_id=call_id)
    element, level = labels.select("element", "level").row(0)
    asked = f"/search?q=zirconium&element={element}&color={LEVELS[level]}"
    pages = ("/index.html", "/people/ann.html")

    def shown() -> tuple[bool, list[int]]:
        found = f"/calls/{call_id}.html" in ann.get(asked).text
        return found, [ann.get(path).text.count("chip l") for path in pages]

    hidden, before = shown()
    levels = {f"level {name}": "2" for name in labels["element"]}
    assert ann.post("/say/own-view", call=call_id, repeat="a", avoid="b", **levels).status_code == 303
    found, after = shown()
    assert (hidden, found) == (False, True)
    assert all(more > less for less, more in zip(before, after, strict=True)), (before, after)


@pytest.mark.parametrize("due_on", ["x", "2026-13-01"])
def test_a_session_by_no_date(enter, due_on):
    """A date that is none is refused in a sentence."""
    assert enter("eve").post("/sessions", rubric="discovery_call", title="t", due_on=due_on).status_code == 422


def test_a_call_among_others(house, enter):
    """The page of a call leads to the same person's call before and after it, of those in reach, and has what is usual
    in the team beside a measure."""
    calls = house.store.read("calls").filter(lead_id="ann").sort("started_at")["call_id"].to_list()
    text = enter("eve").get(f"/calls/{calls[1]}.html").text
    assert f'rel="prev" href="/calls/{calls[0]}.html"' in text
    assert f'rel="next" href="/calls/{calls[2]}.html"' in text
    assert "Usual: the middle half of the team" in text


def test_a_seller_is_met(house, enter):
    """The page of a person lists the meetings held with them beside the calls they led."""
    (met,) = house.store.read("calls").filter(other_id="ann").sort("call_id")["call_id"][:1]
    assert f"/calls/{met}.html" in enter("eve").get("/people/ann.html").text
