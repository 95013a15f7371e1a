"""Errors of hearing: word errors, errors of KPIs and colours that change, on figures worked out by hand."""

from types import SimpleNamespace

import polars as pl
import pytest

from benchmarks.hearing.compare import colours, errors_of_kpis, word_error_rates
from benchmarks.hearing.spoken import READ

LISTED = pl.DataFrame(
    [(f"{talk}-{kind}", kind, talk) for talk in ("a", "b") for kind in (READ, "mono")],
    schema=["call_id", "kind", "conversation"],
    orient="row",
)


def workspace() -> SimpleNamespace:
    """Two conversations, read and heard: measures, labels and actions."""
    talk = {"a-read": (30.0, 60.0), "a-mono": (36.0, 60.0), "b-read": (80.0, 100.0), "b-mono": (70.0, 100.0)}
    agendas, levels = (1.0, 0.0, 1.0, 1.0), (2, 2, 3, 1)
    shares = [("talk_ratio", call, "lead", part, whole, part / whole) for call, (part, whole) in talk.items()]
    yes_no = [("agenda_present", call, "all", agenda, None, agenda) for call, agenda in zip(talk, agendas, strict=True)]
    measured = ["measure", "call_id", "role", "part", "whole", "value"]
    labels = [(call, level, level + 0.25, level == 1) for call, level in zip(talk, levels, strict=True)]
    actions = [("a-read", None, "Friday", "rep"), ("a-read", None, None, "unknown")]
    tables = {
        "measures": pl.DataFrame(shares + yes_no, schema=measured, orient="row"),
        "labels": pl.DataFrame(
            labels, schema=["call_id", "level", "expected_level", "needs_review"], orient="row"
        ).with_columns(element=pl.lit("agenda"), rubric=pl.lit("discovery_call"), current=pl.lit(value=True)),
        "actions": pl.DataFrame(
            actions,
            schema=dict.fromkeys(("call_id", "carried_from", "due_words", "owner_role"), pl.String),
            orient="row",
        ),
        "calls": pl.DataFrame({"call_id": list(talk), "status": "ok"}),
    }

    def read(name: str, where: pl.Expr | None = None) -> pl.DataFrame:
        return tables[name] if where is None else tables[name].filter(where)

    return SimpleNamespace(read=read)


def test_errors_of_kpis() -> None:
    """Means lose 6/60 and gain 10/100, pooled quotients go from 110 to 106 of 160; an action is no longer found."""
    errors = errors_of_kpis(workspace(), LISTED)
    found = {(kpi, split): rest for kpi, split, _, *rest in errors.iter_rows()}
    assert found["talk_ratio_mean", None] == pytest.approx([2, 0.0, 0.1414], abs=1e-4)  # of +0.1 and -0.1
    assert found["talk_ratio_pooled", None][1] == pytest.approx(-4 / 160, abs=1e-5)
    # residuals (36 - 60 r - 30 + 60 s) / 80 and (70 - 100 r - 80 + 100 s) / 80 with r - s = -1/40
    assert found["talk_ratio_pooled", None][2] == pytest.approx(7.5 / 80 * 2**0.5, abs=1e-4)
    assert found["agenda_present_share", None] == pytest.approx([2, -0.5, 0.7071], abs=1e-4)
    assert found["level_mean", "agenda"] == pytest.approx([2, -1.0, 1.414], abs=1e-3)
    assert found["green_share", "agenda"][1] == -0.5
    assert found["quality_index", None][1] == pytest.approx(-100 / 3, abs=0.01)
    assert found["actions_made", None][1] == -1.0
    assert ("actions_owned_share", None) not in found  # nothing heard has none, so the quotient is unknown


def test_colours_that_change() -> None:
    """Of two colours one changes, by two levels, and asks for review; each carries its word error rate."""
    rates = pl.DataFrame(
        {"conversation": ["a", "b"], "kind": "mono", "wer": [0.1, 0.3], "swapped": [False, False]}
    )  # fmt: skip
    judged = colours(workspace(), LISTED, rates).sort("wer")
    assert judged.select("wer", "changed", "moved", "sure").rows() == [(0.1, False, 0, True), (0.3, True, 2, False)]
    assert judged["expected_moved"].to_list() == [0.0, 2.0]


def test_word_errors_and_swapped_sides() -> None:
    """One of six words is misheard in the first; in the second the two sides change places, which is no word error."""
    said = [
        *(("a-read", 0.0, "rep", "what is it"), ("a-read", 1.0, "customer", "a new phone")),
        *(("a-mono", 0.0, "rep", "what is it"), ("a-mono", 1.0, "customer", "a new bone")),
        *(("b-read", 0.0, "rep", "what is it"), ("b-read", 1.0, "customer", "a new phone")),
        *(("b-mono", 0.0, "customer", "what is it"), ("b-mono", 1.0, "rep", "a new phone")),
    ]
    utterances = pl.DataFrame(said, schema=["call_id", "start_s", "role", "text"], orient="row")
    rates = word_error_rates(utterances, LISTED)
    assert rates.rows() == [("a", "mono", pytest.approx(1 / 6), False), ("b", "mono", 0.0, True)]
