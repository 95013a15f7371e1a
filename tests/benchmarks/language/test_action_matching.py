"""What three taggers make of a conversation: each thing once, as most of them say."""

import polars as pl

from benchmarks.language.action_matching import each_once

SAID = ("owner_role", "due_words")
SPOKEN = {
    ("c", 3): "I'll send you the price list on Monday and ring Una.",
    ("c", 9): "Grand, then you come by on Tuesday.",
}


def tags(*rows: tuple[int, str, str, str | None, str]) -> pl.DataFrame:
    columns = ["idx", "tagger", "owner_role", "due_words", "what"]
    return pl.DataFrame(rows, schema=columns, orient="row").select(pl.lit("c").alias("call_id"), pl.all())


def test_each_once_as_most_say() -> None:
    """Three tags of one promise are one thing, at the turn in the middle, in the words nearest to what was said."""
    found = each_once(
        tags(
            (3, "M", "rep", "Monday", "mail out some prices list"),
            (3, "N", "rep", "Monday", "send the price list"),
            (4, "W", "customer", None, "price list from the rep"),
        ),
        SAID,
        SPOKEN,
    )
    assert found.rows(named=True) == [
        {"call_id": "c", "idx": 3, "owner_role": "rep", "due_words": "Monday", "what": "send the price list",
         "tagged_by": "MNW"},
    ]  # fmt: skip


def test_who_says_nothing_is_outvoted() -> None:
    """Two name a time in other words, the first none: there is a time."""
    rows = tags(
        (3, "M", "rep", None, "send the price list"),
        (3, "N", "rep", "on Monday", "send the price list"),
        (3, "W", "rep", "Monday", "send the price list"),
    )
    assert each_once(rows, SAID, SPOKEN)["due_words"].to_list() == ["on Monday"]
    assert each_once(rows.head(2), SAID, SPOKEN)["due_words"].to_list() == [None]


def test_two_of_one_tagger_stay_two() -> None:
    """Two promises that one tagger keeps apart in a turn are not one, and the other's goes to the one it is like."""
    found = each_once(
        tags(
            (3, "M", "rep", "Monday", "send the price list"),
            (3, "M", "rep", None, "ring Una"),
            (3, "N", "rep", None, "ring Una"),
            (9, "N", "customer", "Tuesday", "come by"),
        ),
        SAID,
        SPOKEN,
    )
    assert sorted(found.select("what", "tagged_by").rows()) == [
        ("come by", "N"), ("ring Una", "MN"), ("send the price list", "M"),
    ]  # fmt: skip
