"""Training: who learns from whom, folds by people, the gate, and what is never done."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.features.features import describe
from models.learning import evidence
from models.learning.gate import Gate
from models.learning.tasks import make_tasks
from models.learning.train import Trained, TrainingData, TrainingOptions, has_own_cues, train
from models.ratings.agreement import agree, qwk
from models.ratings.misheard import Misheard
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import LEVELS
from tests.models.features.test_features import Letters, talk

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ELEMENTS = load_rubrics(Path(__file__).parents[3] / "rubrics")
AGENDA = Elements.validate(ELEMENTS.filter(pl.col("rubric").is_in(["discovery_call", "demo_call"]), element="agenda"))
OPENINGS = (
    "So the roof was on my list and your boilers.",
    "I thought we would talk about the boilers.",
    "First the boilers, then prices. The purpose is to see if we fit.",
    "We have thirty minutes. First boilers, then prices; by the end you decide if we go on. Does that work for you?",
)
PEOPLE = pl.DataFrame({"call_id": [f"c{n:02}" for n in range(80)], "lead_id": [f"l{n // 2}" for n in range(80)],
                       "other_id": [f"o{n}" for n in range(80)]})  # fmt: skip

OPENING = pl.DataFrame({"call_id": PEOPLE["call_id"], "element": "agenda", "idx": 1})


def opening(level: int) -> list[tuple[str, str]]:
    """The lead opens at a level; at green the other side agrees."""
    return [("lead", OPENINGS[level]), ("other", "Yeah, that works." if level == 3 else "Well.")]


def world(n: int = 40) -> tuple[pl.DataFrame, dict[str, int]]:
    """Calls whose first line alone tells the level of their agenda, and these levels."""
    levels = {f"c{number:02}": (number * 7) % 4 for number in range(n)}
    calls = {
        call: [("lead", f"Hello {call}."), *opening(level), *[("lead", "Tell me more."), ("other", f"{k} years.")] * 2]
        for k, (call, level) in enumerate(levels.items())
    }
    return talk(**calls), levels


def scored(levels: dict[str, int], *, raters: int = 2, **columns: object) -> pl.DataFrame:
    """Scores of the discovery agenda by raters who agree."""
    use = AGENDA.filter(rubric="discovery_call").row(0, named=True)
    rows = [
        {"call_id": call, "rater": f"r{rater}", "level": level, "color": LEVELS[level]}
        for call, level in levels.items()
        for rater in range(raters)
    ]
    fixed = {name: use[name] for name in ("rubric", "element", "rubric_hash", "rubric_version")}
    fixed |= {"rater_kind": "person", "note": None, "session": None, "scored_at": None} | columns
    return Scores.validate(pl.DataFrame(rows).with_columns(**{k: pl.lit(v) for k, v in fixed.items()}), cast=True)


def trained(scores: pl.DataFrame, frame: pl.DataFrame, **options: object):
    data = TrainingData(frame, classify_acts(frame), scores, PEOPLE, turns=OPENING)
    return train(data, AGENDA, Letters(), options=TrainingOptions(now=NOW, **options))


@pytest.fixture(scope="module")
def by_people():
    frame, levels = world()
    return trained(scored(levels), frame)


def test_learns_and_passes(by_people):
    """Where one line tells the level, the model learns it from people's scores, passes the gate and is calibrated."""
    model = next(model for model in by_people.models if model.rubric == "discovery_call")
    assert model.figures["qwk"] > 0.9
    assert (model.basis, model.gate, model.status) == ("people", "passed", "calibrated"), model.reasons


def test_doubts_what_is_misheard(by_people):
    """Where every opening is misheard, a model that knows of it makes less of how openings are worded."""
    frame, levels = world()
    heard = Talk.validate(frame.with_columns(text=pl.when(pl.col("idx") == 1).then(pl.lit("Well.")).otherwise("text")))
    misheard = Misheard(frame, classify_acts(frame), heard, classify_acts(heard))
    data = TrainingData(frame, misheard.acts, scored(levels), PEOPLE, turns=OPENING, misheard=misheard)
    doubting = train(data, AGENDA, Letters(), options=TrainingOptions(now=NOW)).models[0]
    trusting = by_people.models[0]
    written, other = (
        describe(talk, classify_acts(talk), Letters(), findings=analyse(talk, classify_acts(talk)))
        for talk in (frame, heard)
    )
    moved = [
        abs(evidence.score(written, model.weights) - evidence.score(other, model.weights)).max()
        for model in (doubting, trusting)
    ]
    assert moved[0] < 0.8 * moved[1]


def test_shared_elements_learn_together(by_people):
    """Both rubrics that use the agenda get a model from the same 40 calls, each under its own hash."""
    rows = by_people.rows
    assert sorted(rows["rubric"]) == ["demo_call", "discovery_call"]
    assert rows["n_train"].to_list() == [40, 40]
    assert rows["model_id"].n_unique() == 2
    assert set(rows["rubric_hash"]) <= set(AGENDA["rubric_hash"])


def test_twice_is_the_same(by_people):
    """Trained again, the weights are the same to the bit and so are the names."""
    frame, levels = world()
    again = trained(scored(levels), frame)
    assert [model.model_id for model in again.models] == [model.model_id for model in by_people.models]
    for first, second in zip(by_people.models, again.models, strict=True):
        assert np.array_equal(first.weights, second.weights)
        assert np.array_equal(first.classifier.coef_, second.classifier.coef_)
    assert again.rows.equals(by_people.rows)


def test_automated_scores_stay_provisional():
    """However good, a model that learnt from automated scores is provisional with basis reference."""
    frame, levels = world()
    model = trained(scored(levels, rater_kind="automated"), frame).models[0]
    assert (model.basis, model.gate, model.status) == ("reference", "passed", "provisional")


def test_people_replace_automated_scores():
    """Where enough people scored, automated scores (here all red) are left out."""
    _, levels = world()
    both = pl.concat([scored(levels), scored(dict.fromkeys(levels, 0), raters=3, rater_kind="automated").with_columns(
        rater="auto " + pl.col("rater"))])  # fmt: skip
    task = make_tasks(AGENDA, Scores.validate(both), set(levels))[0]
    assert (task.basis, task.levels) == ("people", levels)


def test_what_a_meeting_decided_counts():
    """Of a call on which a meeting agreed that level is learnt from, not what raters gave; the meeting is no rater, and
    its decision makes what was learnt before stale."""
    _, levels = world()
    call = min(levels)
    decided = {call: (levels[call] + 2) % 4}
    meeting = scored(decided, raters=1, rater_kind="meeting").with_columns(rater=pl.lit("(meeting)"))
    both = Scores.validate(pl.concat([scored(levels), meeting]))
    (before,), (after,) = (make_tasks(AGENDA, scores, set(levels)) for scores in (scored(levels), both))
    assert after.levels == levels | decided
    assert after.values[call] == decided[call]
    assert after.ratings.shape == before.ratings.shape
    assert after.data_hash != before.data_hash
    assert agree(both).equals(agree(scored(levels)))


def test_too_few_scores():
    """Ten scored calls are not learnt from: the anchors stand in, and the model says so."""
    frame, levels = world()
    few = trained(scored(dict(list(levels.items())[:10])), frame)
    assert {(m.basis, m.gate, m.status) for m in few.models} == {("anchors", "too_few_scores", "provisional")}
    assert few.rows["n_train"].to_list() == [0, 0]


def test_scores_of_other_anchors_do_not_count():
    """Scores given under another hash of the element are not learnt from."""
    _, levels = world()
    task = make_tasks(AGENDA, scored(levels, rubric_hash="other"), set(levels))[0]
    assert task.levels == {}


def test_scores_of_other_rubrics_do_not_calibrate(by_people):
    """Nobody scored by the demo's rubric: what it learnt from the discovery calls is provisional there, and says so.
    It was called calibrated, basis people."""
    model = next(model for model in by_people.models if model.rubric == "demo_call")
    assert (model.basis, model.gate, model.status) == ("people (other rubrics)", "passed", "provisional")
    assert model.figures["n_people_here"] == 0


def half_by_people(levels: dict[str, int], judged: dict[str, int]) -> pl.DataFrame:
    """The first half of the calls scored by people as in `judged`, the others by the reference."""
    calls = list(levels)
    by_people, reference = calls[: len(calls) // 2], calls[len(calls) // 2 :]
    return Scores.validate(
        pl.concat(
            [
                scored({call: judged[call] for call in by_people}),
                scored({call: levels[call] for call in reference}, rater_kind="automated"),
            ]
        )
    )


def level_of(call: str) -> int:
    return int(np.random.default_rng(int(call[1:])).integers(4))


@pytest.mark.parametrize("judge", [level_of, lambda _: 2], ids=["random", "constant"])
def test_scores_that_agree_with_nothing_change_nothing(judge):
    """Random and constant scores bring no model into use: the reference's comes out, to the bit as if nobody had
    scored, and why is said. They replaced it."""
    frame, levels = world(80)
    both = half_by_people(levels, {call: judge(call) for call in levels})
    if judge is level_of:
        both = both.with_columns(
            level=pl.when(rater_kind="person").then((pl.col("level") + pl.col("rater").str.tail(1).cast(int)) % 4)
            .otherwise("level")
        )  # fmt: skip
    found = trained(Scores.validate(both), frame)
    alone = trained(Scores.validate(both.filter(rater_kind="automated")), frame)
    assert [model.model_id for model in found.models] == [model.model_id for model in alone.models]
    assert np.array_equal(found.models[0].classifier.coef_, alone.models[0].classifier.coef_)
    assert {model.basis for model in found.models} == {"reference"}
    assert found.refused["rubric"].to_list() == ["demo_call", "discovery_call"]
    assert found.refused["n_calls"].to_list() == [40, 40]


def test_people_learn_on_top_of_the_reference():
    """Forty calls scored by people who see no red and no difference between the upper two levels: what is learnt from
    both agrees with them more than the reference does, and says what it rests on. The reference was dropped."""
    frame, levels = world(80)
    stricter = {call: max(level - 1, 0) for call, level in levels.items()}
    found = trained(half_by_people(levels, stricter), frame)
    model = next(model for model in found.models if model.rubric == "discovery_call")
    assert model.basis == "people and reference"
    assert (model.figures["n_people"], model.figures["n_reference"], model.figures["n_train"]) == (40, 40, 80)
    mine = found.validated.filter(pl.col("rubric_scored") != "", model_id=model.model_id)
    assert qwk(mine["level"].to_numpy(), mine["given"].to_numpy()) > 0.9
    assert qwk(mine["level"].to_numpy(), mine["in_use"].to_numpy()) < 0.8


def with_earlier_wording(n_now: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """35 calls by the reference, 20 by people under an earlier wording, and some by today's, a level stricter."""
    frame, levels = world(80)
    calls = list(levels)
    before = scored({call: levels[call] for call in calls[35:55]}, rubric_hash="e" * 16)
    reference = scored({call: levels[call] for call in calls[:35]}, rater_kind="automated")
    now = scored({call: max(levels[call] - 1, 0) for call in calls[55 : 55 + n_now]})
    return frame, Scores.validate(pl.concat([reference, before, now]))


def test_an_earlier_wording_is_a_third_source():
    """With the reference at hand, people's scores by an earlier wording that meant something else are learnt from, too,
    which the basis and the counts say. They were lost."""
    frame, scores = with_earlier_wording(25)
    model = by_todays_wording(frame, scores)
    assert model.basis == "people, reference and earlier wording"
    counts = [model.figures[name] for name in ("n_people", "n_reference", "n_earlier", "n_train")]
    assert counts == [25, 35, 20, 80]


def test_an_earlier_wording_does_not_count():
    """Neither for the gate, whose figures are those of calls scored by today's wording, nor for `calibrated`: with 19
    such calls nothing of people's is learnt, and with none it is the reference."""
    frame, scores = with_earlier_wording(25)
    turned = scores.with_columns(
        level=pl.when(rubric_hash="e" * 16).then(pl.col("rater").str.tail(1).cast(pl.Int64) * 3).otherwise("level")
    )
    model, of_quarrel = (by_todays_wording(frame, given) for given in (scores, Scores.validate(turned)))
    assert model.figures["human_qwk"] == of_quarrel.figures["human_qwk"] == 1.0
    assert model.status == "calibrated", model.reasons
    few = by_todays_wording(*with_earlier_wording(19))
    assert (few.basis, few.status, few.figures["n_earlier"]) == ("reference", "provisional", 0)


def by_todays_wording(frame: pl.DataFrame, scores: pl.DataFrame):
    """The model of the discovery call's agenda, whose earlier wording meant something else."""
    data = TrainingData(frame, classify_acts(frame), scores, PEOPLE, turns=OPENING)
    elements = AGENDA.filter(rubric="discovery_call").with_columns(other_meaning_than=pl.lit(["e" * 16]))
    return train(data, Elements.validate(elements), Letters(), options=TrainingOptions(now=NOW)).models[0]


def test_single_rater_meets_the_floor():
    """With one rater there is no human-human agreement: the floor decides, and a stricter floor refuses."""
    frame, levels = world()
    once = trained(scored(levels, raters=1), frame).models[0]
    assert once.figures["human_qwk"] is None
    assert once.gate == "passed"
    strict = trained(scored(levels, raters=1), frame, gate=Gate(floor=1.01)).models[0]
    assert any("needed 1.01" in reason for reason in strict.reasons)


def test_held_out_calls_teach_nothing():
    """Turning a call's level upside down does not change the probabilities it gets in the cross-validation."""
    frame, levels = world()
    flipped = levels | {"c00": 3 - levels["c00"]}
    first, second = (
        trained(scored(given), frame).validated.unique("call_id").sort("call_id").select("p_red", "p_green").to_numpy()
        for given in (levels, flipped)
    )
    np.testing.assert_allclose(first[0], second[0])
    assert not np.allclose(first[1:], second[1:])


def test_without_named_utterances(by_people):
    """Where no rater names utterances, all of a call teach a little: less is learnt than with them, yet something."""
    frame, levels = world()
    data = TrainingData(frame, classify_acts(frame), scored(levels), PEOPLE)
    found = train(data, AGENDA, Letters(), options=TrainingOptions(now=NOW))
    told = found.models[0].figures
    assert told["qwk"] > 0.4
    assert told["qwk_low"] > 0.1
    assert chance_of_truth(found) < chance_of_truth(by_people)


def chance_of_truth(found: Trained) -> float:
    """The mean probability, out of sample, of the level that a call has."""
    right = [pl.when(pl.col("level") == level).then(f"p_{color}") for level, color in enumerate(LEVELS)]
    return found.validated.unique("call_id").select(pl.coalesce(right).mean()).item()


def test_other_elements_stay_as_they_are(by_people):
    """With the anchors of the demo's agenda changed, the discovery call's model is the same to the bit; the demo's has
    no scores for its new anchors."""
    frame, levels = world()
    changed = Elements.validate(
        AGENDA.with_columns(
            red=pl.when(rubric="demo_call").then(pl.lit("Nobody says why they met.")).otherwise("red"),
            rubric_hash=pl.when(rubric="demo_call").then(pl.lit("new")).otherwise("rubric_hash"),
        )
    )
    pointed = pl.DataFrame({"call_id": PEOPLE["call_id"], "element": "agenda", "idx": 1})
    acts = classify_acts(frame)
    data = TrainingData(frame, acts, scored(levels), PEOPLE, turns=pointed)
    after = train(data, changed, Letters(), options=TrainingOptions(now=NOW)).models
    before = {model.rubric: model for model in by_people.models}
    assert {model.rubric: model.basis for model in after} == {"demo_call": "anchors", "discovery_call": "people"}
    same = next(model for model in after if model.rubric == "discovery_call")
    assert same.model_id == before["discovery_call"].model_id
    assert np.array_equal(same.weights, before["discovery_call"].weights)
    assert np.array_equal(same.classifier.coef_, before["discovery_call"].classifier.coef_)


def test_folds_are_kept_to(by_people):
    """Trained again on the folds of before with one score changed, every call lies in the fold it had."""
    frame, levels = world()
    again = trained(scored(levels | {"c00": 3 - levels["c00"]}), frame, folds=by_people.validated)
    folds = [found.validated.unique("call_id").sort("call_id")["fold"].to_list() for found in (by_people, again)]
    assert folds[0] == folds[1]
    drawn = trained(scored(levels), frame, seed=3).validated.unique("call_id").sort("call_id")["fold"].to_list()
    assert drawn != folds[0]


def test_refused_scores_of_an_element_without_reference():
    """Forty calls scored at random where nothing else is known: the anchors stand in, and the reason is the scores, not
    their number. It said fewer than 20 scored calls."""
    frame, levels = world()
    at_random = {call: level_of(call) for call in levels}
    other = (pl.col("level") + pl.col("rater").str.tail(1).cast(pl.Int64)) % 4
    found = trained(Scores.validate(scored(at_random).with_columns(level=other)), frame)
    assert {model.basis for model in found.models} == {"anchors"}
    reason = found.refused["reason"][0]
    assert "the raters agree with each other no better than chance" in reason
    assert {model.reasons for model in found.models} == {(reason,)}
    assert [(model.basis, model.gate, model.reasons[0]) for model in found.beside] == [
        ("people (other rubrics)", "failed", reason),
        ("people", "failed", reason),
    ]


def test_own_cues_are_for_elements_of_these_kinds_alone(by_people):
    """Trading, of negotiations alone, looks at their cues; the agenda, which other meetings have too, does not."""
    tasks = make_tasks(ELEMENTS, Scores.create_empty(), set())
    look = {task.uses[0][1]: has_own_cues(task) for task in tasks}
    assert look["trading"]
    assert not look["agenda"]
    assert (
        len(by_people.models[0].weights)
        == describe(world()[0], classify_acts(world()[0]), Letters()).without_own().utterances.shape[1] + 1
    )
