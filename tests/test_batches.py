"""What is stored of a call does not depend on the calls that are scored with it, to the last figure."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from models.features.encoder import Lexical
from models.label import Labeller, label
from models.learning.train import TrainingData, train
from models.ratings.reference import load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.language.follow_up import carry_series
from pipeline.metrics.measure_values import MEASURE_DECIMALS, measure
from pipeline.tables.conversations import Actions, Talk
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import DECIMALS

ROOT = Path(__file__).parents[1]
KIND = "one_on_one"
N_CALLS = 10
NOW = datetime(2026, 7, 1, tzinfo=UTC)
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def world():
    """Meetings in the order they were held, a third of them as a recogniser without marks writes them; their talk; two
    elements with models; and the encoder."""
    reference = load_reference(ROOT / "data" / "scripted")
    calls = reference.calls.filter(interaction=KIND)
    talk = Talk.validate(reference.talk.join(calls, on="call_id", how="semi"))
    elements = load_rubrics(ROOT / "rubrics").filter(pl.col("element").is_in(["agenda", "next_steps"]), rubric=KIND)
    scores = Scores.validate(reference_scores(ROOT / "data" / "scripted").join(calls, on="call_id", how="semi"))
    encode = Lexical()
    data = TrainingData(talk, acts_of(talk, ROOT / "data" / "scripted"), scores, reference.calls)
    models = train(data, Elements.validate(elements), encode).models
    some = calls.sort("series", "meeting", nulls_last=True).head(N_CALLS).sort("started_at", "call_id")
    bare = pl.col("text").str.to_lowercase().str.replace_all(r"[^a-z0-9' ]", "")
    unmarked = pl.col("call_id").is_in(some["call_id"].gather_every(3).implode())
    said = talk.join(some, on="call_id", how="semi").with_columns(pl.when(unmarked).then(bare).otherwise("text"))
    return some, said, elements, models, encode


def scored(world, batches: list[pl.DataFrame], *, reverse: bool = False) -> Tables:
    """The tables of all batches, one after the other, as the nights that score them store them."""
    calls, said, elements, models, encode = world
    known, parts = Actions.create_empty(), []
    for batch in batches:
        talk = said.join(batch, on="call_id", how="semi").sort("call_id", "idx", descending=[reverse, False])
        acts = classify_acts(talk)
        findings = analyse(talk, acts)
        actions = carry_series(findings.actions, known, calls, exchanges=findings.exchanges)
        known = pl.concat([known, actions])
        labelled = label(talk, acts, Labeller(elements, models, encode), findings=findings, now=NOW)
        measures = measure(talk, acts, findings._replace(actions=actions))
        tables = {"moments": findings.moments, "purposes": findings.purposes, "acts": acts, "actions": actions}
        parts.append(tables | {"measures": measures, "labels": labelled.labels, "evidence": labelled.evidence})
    together = {name: pl.concat([part[name] for part in parts]) for name in parts[0]}
    return {name: table.sort(table.columns) for name, table in together.items()}


@pytest.fixture(scope="module")
def alone(world) -> Tables:
    """Each call in a batch of its own."""
    calls = world[0]
    return scored(world, [calls.slice(at, 1) for at in range(calls.height)])


def test_there_is_something_to_compare(world, alone):
    """Every table has rows; an action is carried from one meeting to the next; labels rest on moments."""
    assert all(table.height for table in alone.values())
    assert alone["labels"].height == 2 * N_CALLS
    assert alone["actions"]["carried_from"].drop_nulls().len()
    assert alone["evidence"]["idx"].drop_nulls().len()


@pytest.mark.parametrize(("size", "reverse"), [(N_CALLS, False), (3, False), (N_CALLS, True)])
def test_batches_do_not_matter(world, alone, size, reverse):
    """Tables are equal to the last figure whether calls are scored one by one, in threes or at once, in any order."""
    calls = world[0]
    together = scored(world, [calls.slice(at, size) for at in range(0, calls.height, size)], reverse=reverse)
    for name, table in alone.items():
        assert together[name].equals(table), name


def test_figures_are_those_that_are_stored(alone):
    """No figure has more decimals than are kept."""
    kept = dict.fromkeys(("acts", "moments", "labels", "evidence"), DECIMALS) | {"measures": MEASURE_DECIMALS}
    for name, decimals in kept.items():
        figures = alone[name].select(pl.selectors.float().exclude("start_s", "end_s"))
        assert figures.width
        assert figures.equals(figures.select(pl.all().round(decimals))), name
