"""The reference data: written apart, told apart, and complete."""

import json
import runpy
from pathlib import Path

import polars as pl

from models.ratings.reference import load_reference
from models.ratings.rubrics import load_rubrics
from pipeline.tables.values import PURPOSES, TAKEN_UP_STATES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "scripted"
NEWER = pl.col("call_id").str.contains(r"^[nckath]\d")
MADE = runpy.run_path(str(ROOT / "data" / "make_scripted.py"))


def written() -> list[object]:
    """The newer conversations as their checks take them."""
    rows = map(json.loads, (FOLDER / "conversations.jsonl").read_text().splitlines())
    return [
        MADE["Conversation"](
            {"id": row["call_id"], "interaction": row["interaction"]},
            [(turn["role"], turn["text"]) for turn in row["turns"]],
        )
        for row in rows
        if row.get("leads")
    ]


def test_no_near_copies() -> None:
    """No two of the newer conversations share eight words in a row, and none quotes five of its anchors."""
    conversations = written()
    assert len(conversations) == 382
    assert list(MADE["copies"](conversations, [])) == []
    assert list(MADE["quotes"](conversations)) == []


def test_a_copy_is_refused() -> None:
    """The same line under another name is a copy; a line out of an anchor is a quotation."""
    conversations = written()
    first = conversations[0]
    twin = MADE["Conversation"]({"id": "z1", "interaction": first.head["interaction"]}, first.turns)
    assert any(line.startswith("z1: shares with") for line in MADE["copies"]([*conversations, twin], []))
    anchor = load_rubrics(ROOT / "rubrics").filter(rubric=first.head["interaction"])["green"][0]
    quoting = MADE["Conversation"](first.head, [("manager", anchor)])
    assert list(MADE["quotes"]([quoting]))


def test_every_level_of_every_element() -> None:
    """Each kind has 36 conversations or more, each of its elements every level, each score three raters."""
    scores = load_reference(FOLDER).scores.filter(NEWER)
    kinds = scores.group_by("rubric").agg(pl.col("call_id").n_unique().alias("n")).filter(pl.col("n") >= 36)
    assert set(kinds["rubric"]) >= {
        "negotiation_call", "call_planning", "coaching_session", "account_review", "territory_review",
    }  # fmt: skip
    levels = scores.join(kinds, on="rubric").group_by("rubric", "element").agg(pl.col("level").n_unique())
    assert set(levels["level"]) == {4}
    assert set(scores.group_by("call_id", "element").len()["len"]) == {3}


def test_truth_lies_in_its_conversation() -> None:
    """Every tagged turn exists, and the first turn of each newer conversation begins a stretch."""
    reference = load_reference(FOLDER)
    for rows in (reference.actions, reference.agenda, reference.prior_actions, reference.purposes, reference.moves):
        assert rows.join(reference.talk, on=["call_id", "idx"], how="anti").is_empty()
    first = reference.purposes.filter(idx=0)["call_id"]
    assert set(first) == set(reference.calls.filter(NEWER)["call_id"])


def test_readers_tagged_every_conversation() -> None:
    """Each reader has a row for each conversation; the turns are there, the owners take part."""
    reference = load_reference(FOLDER)
    roles = reference.talk.select("call_id", owner_role="role").unique()
    for name in ("action_tags", "prior_action_tags"):
        tags = pl.read_csv(FOLDER / f"{name}.csv").rename({"turn": "idx"})
        assert set(tags.group_by("tagger").agg(pl.col("call_id").n_unique()).rows()) == {("M", 607), ("N", 607)}
        found = tags.drop_nulls("idx")
        assert found.join(reference.talk, on=["call_id", "idx"], how="anti").is_empty()
        if "owner_role" in found.columns:
            owned = found.filter(pl.col("owner_role") != "both")
            assert owned.join(roles, on=["call_id", "owner_role"], how="anti").is_empty()


def test_what_became_of_actions() -> None:
    """Each is an action tagged in a meeting with a next one, and is told of in a turn of that, or not at all."""
    reference = load_reference(FOLDER)
    became = pl.read_csv(FOLDER / "what_became.csv").rename({"turn": "idx"})
    made = reference.actions.select(earlier_id="call_id", what="what")
    assert became.join(made, on=["earlier_id", "what"], how="anti").is_empty()
    series = reference.calls.select("call_id", "series")
    pair = became.join(series, on="call_id").join(series, left_on="earlier_id", right_on="call_id", suffix="_earlier")
    assert pair.select((pl.col("series") == pl.col("series_earlier")).all()).item()
    told = became.drop_nulls("idx")
    assert told.join(reference.talk, on=["call_id", "idx"], how="anti").is_empty()
    assert set(became.filter(pl.col("idx").is_null())["state"]) == {"not_mentioned"}
    assert set(became["state"]) - {"not_mentioned"} == set(TAKEN_UP_STATES)


def test_written_outcomes() -> None:
    """Every state is there, and every exchange has an answer."""
    written = pl.read_csv(ROOT / "data" / "acts" / "outcomes.csv")
    assert set(written["state"]) == set(TAKEN_UP_STATES)
    assert written.select(pl.col("text", "after").str.len_chars().min() > 0).row(0) == (True, True)


def test_readers_of_purposes() -> None:
    """Both read the same meetings, each from its first turn on."""
    tags = pl.read_csv(FOLDER / "purpose_tags.csv").rename({"turn": "idx"})
    firsts = [set(tags.filter(idx=0, tagger=reader)["call_id"]) for reader in "PQ"]
    assert firsts[0] == firsts[1] == set(tags["call_id"])
    assert set(tags["purpose"]) <= set(PURPOSES)
    assert tags.join(load_reference(FOLDER).talk, on=["call_id", "idx"], how="anti").is_empty()


def test_sentences_of_acts() -> None:
    """Three thousand sentences, none twice in its place, each by two labellers; where they differ, the reason."""
    rows = pl.read_csv(ROOT / "data" / "acts" / "spoken.csv")
    assert rows.height >= 3000
    assert not rows.select("before", "text").is_duplicated().any()
    first, second = (pl.col(f"labeller_{n}").str.split(":").list.first() for n in (1, 2))
    differ = rows.filter(first != second)
    assert differ["settled"].null_count() == 0
    assert rows.filter(first == second, first != pl.col("act")).is_empty()
