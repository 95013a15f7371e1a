"""Colours cannot be bought: keywords, talk off the topic and gibberish raise no label that a person would not see."""

from pathlib import Path

import polars as pl
import pytest

from models.features.encoder import Lexical
from models.features.implausible import implausible_calls
from models.label import Labeller, label
from models.learning.train import TrainingData, train
from models.ratings.reference import found_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements, Scores
from tests.models.features.test_features import talk

ROOT = Path(__file__).parents[1]
STUFFED = (
    "Agenda purpose outcome time frame agree agreed next steps owner date confirmed Friday Tuesday send email "
    "minutes questions priorities follow up action items summary recap thank you deal decision budget."
)
OFF_TOPIC = (
    "Anyway the dog got into the garden again and dug up all the tulips, so my neighbour lent us a little fence, "
    "and then it rained for a week, which the frogs in the pond seemed to like a great deal."
)
GIBBERISH = "Blorp zzt quux frobnicate wibble snarf grue plugh xyzzy fnord glarf mimsy borogove tove gyre."
RED, GREEN = 0, 3
SOME = 10  # calls


@pytest.fixture(scope="module")
def world():
    """Models of two elements from the discovery calls and demos, and the discovery calls that are red in one."""
    reference = load_reference(ROOT / "data" / "scripted")
    calls = reference.calls.filter(pl.col("interaction").is_in(["discovery_call", "demo_call"]))
    talk = Talk.validate(reference.talk.join(calls, on="call_id", how="semi"))
    acts = acts_of(talk, ROOT / "data" / "scripted")
    elements = load_rubrics(ROOT / "rubrics").filter(rubric="discovery_call")
    elements = Elements.validate(elements.filter(pl.col("element").is_in(["agenda", "next_steps"])))
    scores = Scores.validate(reference_scores(ROOT / "data" / "scripted").join(calls, on="call_id", how="semi"))
    encode = Lexical()
    findings = found_unseen(reference._replace(talk=talk, calls=calls), acts)
    data = TrainingData(talk, acts, scores, reference.calls, turns=reference.turns, findings=findings)
    models = train(data, elements, encode).models
    median = scores.group_by("call_id", "element").agg(pl.col("level").median())
    bad = median.filter(pl.col("level") == RED).join(elements, on="element", how="semi").select("call_id", "element")
    chosen = calls.filter(interaction="discovery_call").join(bad, on="call_id", how="semi").sort("call_id").head(SOME)
    here = Talk.validate(talk.join(chosen, on="call_id", how="semi"))
    given = here, bad, elements, models, encode
    return *given, labelled(here, given)


def labelled(talk: pl.DataFrame, world) -> pl.DataFrame:
    """Labels of the elements in which these calls are red."""
    _, bad, elements, models, encode = world[:5]
    labels = label(talk, classify_acts(talk), Labeller(elements, models, encode)).labels
    return labels.join(bad, on=["call_id", "element"]).sort("call_id", "element")


def with_line(talk: pl.DataFrame, text: str, times: int) -> pl.DataFrame:
    """The lead says `text` before the talk starts and again at its end, `times` in a row."""
    first = talk.group_by("call_id", maintain_order=True).agg(pl.all().filter(pl.col("side") == "lead").first())
    said = first.with_columns(text=pl.lit(text), n_words=pl.lit(len(text.split()), pl.Int64)).select(talk.columns)
    parts = [said.with_columns(idx=pl.col("idx") * 0 + at) for at in (*range(times), *range(900, 900 + times))]
    return Talk.validate(
        pl.concat([*parts, talk.with_columns(pl.col("idx") + times)]).sort("call_id", "idx"), cast=True
    )


@pytest.mark.parametrize("text", [STUFFED, OFF_TOPIC, GIBBERISH], ids=["stuffed", "off topic", "gibberish"])
@pytest.mark.parametrize("times", [1, 3])
def test_red_calls_stay_low(world, text, times):
    """Of red calls in which the lead says such things, none becomes green unless a person is to look at it, and the
    expected level of those that nobody looks at rises by less than a quarter of a level."""
    before, after = world[5], labelled(with_line(world[0], text, times), world)
    assert before.height >= SOME
    unseen = ~after["needs_review"]
    assert not ((after["level"] == GREEN) & unseen).any()
    rise = (after["expected_level"] - before["expected_level"]).filter(unseen & ~before["needs_review"])
    assert rise.is_empty() or rise.mean() < 0.25


def test_gibberish_alone_goes_to_review(world):
    """Calls that are nothing but gibberish or keywords are for a person."""
    for text in (STUFFED, GIBBERISH):
        labels = labelled(Talk.validate(world[0].with_columns(text=pl.lit(text))), world)
        assert labels["needs_review"].all()


def test_what_nobody_says():
    """Keywords or gibberish in a row and a long passage said three times are implausible; talk and figures are not."""
    said = "So we have the sixty thousand for the north and then a hundred and ninety for the two in the south."
    calls = {"stuffed": [STUFFED], "gibberish": [GIBBERISH], "over": [OFF_TOPIC] * 3,
             "talk": [said, OFF_TOPIC, OFF_TOPIC], "short": ["Friday, three, ten, ring, book, demo."] * 5}  # fmt: skip
    frame = talk(**{name: [("lead", text) for text in texts] for name, texts in calls.items()})
    assert implausible_calls(frame) == ["gibberish", "over", "stuffed"]


def test_the_reference_is_spoken():
    """No reference conversation is taken for implausible, although people read days and figures out in a row."""
    assert implausible_calls(load_reference(ROOT / "data" / "scripted").talk) == []
