"""Promises of a pair over three meetings, put together by hand."""

from datetime import UTC, date, datetime

import polars as pl

from pipeline.metrics.commitments import commitments, open_commitments
from pipeline.tables.conversations import Actions

CALLS = pl.DataFrame(
    {
        "call_id": ["a", "b", "c"],
        "interaction": ["one_on_one"] * 3,
        "lead_id": ["ann", "ann", "ann"],
        "other_id": ["bob", "bob", "bob"],
        "started_at": [datetime(2026, 4, day, tzinfo=UTC) for day in (6, 13, 20)],
    }
)


def action(call_id: str, number: int, what: str, state: str, carried_from: str | None = None, day: int | None = None):
    """A row of the table of actions."""
    values = {"call_id": call_id, "action": number, "idx": 3, "what": what, "kind": "send", "owner_role": "other"}
    values |= {"owner_id": "bob", "due_words": None, "due_date": date(2026, 4, day) if day else None}
    values |= {"confirmed": True, "carried_from": carried_from, "state": state, "share_done": None}
    return values


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=Actions.create_empty().schema)


def test_one_promise_has_one_row_with_its_history() -> None:
    """Made for the 10th, missed and agreed anew for the 17th, done: one row, three moments, the last date."""
    rows = commitments(
        table(
            action("a", 0, "send the quote", "open", day=10),
            action("b", 0, "send the quote", "reagreed", "a", day=17),
            action("c", 0, "send the quote", "done", "a", day=17),
        ),
        CALLS,
    )
    (row,) = rows.to_dicts()
    assert (row["pair"], row["made_in"], row["state"], row["due_date"]) == ("ann/bob", "a", "done", date(2026, 4, 17))
    assert [(moment["call_id"], moment["state"]) for moment in row["history"]] == [
        ("a", "open"),
        ("b", "reagreed"),
        ("c", "done"),
    ]


def test_what_nobody_asks_of_is_unasked_and_open() -> None:
    """A promise that the next meeting is silent on is still to be done; what is done or withdrawn is not listed."""
    rows = commitments(
        table(
            action("a", 0, "send the quote", "open", day=10),
            action("a", 1, "ring Eve", "open"),
            action("a", 2, "book the room", "open"),
            action("b", 0, "send the quote", "not_mentioned", "a", day=10),
            action("b", 1, "ring Eve", "done", "a"),
            action("b", 2, "book the room", "withdrawn", "a"),
        ),
        CALLS,
    )
    assert open_commitments(rows, "ann").select("what", "state").rows() == [("send the quote", "unasked")]
    assert open_commitments(rows, "eve").is_empty()


def test_origin_unknown() -> None:
    """What is reviewed and was never recorded has no meeting in which it was made."""
    (row,) = commitments(table(action("b", 0, "the price list", "missed", "unknown")), CALLS).to_dicts()
    assert (row["made_in"], row["made_at"], row["state"]) == (None, None, "missed")


def test_two_people_promise_in_the_same_words() -> None:
    """What each of two is to do is a promise of its own: what one did said that both had."""
    rows = commitments(
        table(
            action("a", 0, "read the contract", "open"),
            action("a", 1, "read the contract", "open") | {"owner_role": "lead", "owner_id": "ann"},
            action("b", 0, "read the contract", "missed", "a"),
            action("b", 1, "read the contract", "done", "a") | {"owner_role": "lead", "owner_id": "ann"},
        ),
        CALLS,
    )
    assert rows.select("owner_id", "state").rows() == [("bob", "missed"), ("ann", "done")]


def test_role_plays_promise_nothing() -> None:
    """ "I'll send you the quote" of a role-play stood in the list of what is open."""
    played = CALLS.with_columns(interaction=pl.lit("practice_one_on_one"))
    assert commitments(table(action("a", 0, "send the quote", "open")), played).is_empty()


def test_what_a_third_is_to_do() -> None:
    """A promise that was made for somebody else stands in that person's list, too."""
    third = action("a", 0, "book the room", "open") | {"owner_role": "colleague", "owner_id": "cy"}
    rows = commitments(table(third, action("a", 1, "send the quote", "open")), CALLS)
    assert open_commitments(rows, person="cy")["what"].to_list() == ["book the room"]
    assert open_commitments(rows, person="bob").height == 2
