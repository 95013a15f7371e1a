"""Rewording: what is asked, what each answer keeps, and what an answer does to scores."""

import polars as pl
import pytest

from models.learning.tasks import make_tasks
from models.ratings.rewording import APART, diff_rubrics, questions, rewritten, with_counts, wordings_of
from models.ratings.rubrics import load_rubrics
from models.registry.workspace import unanswered
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements, Scores, Wordings
from tests.models.learning.test_train import AGENDA, ELEMENTS, scored, world
from tests.models.ratings.test_rubrics import RUBRIC, hashes, write

REWORDED = RUBRIC.replace("generic", "about us")


def answered(answer: str, fingerprint: str) -> str:
    return REWORDED.replace("id: story\n", f'id: story\n    {answer}: ["{fingerprint}"]\n')


def test_diff(tmp_path):
    """A changed anchor ends the validity of its scores, a title does not; removed elements are one row."""
    before = load_rubrics(write(tmp_path))
    changed = RUBRIC.replace("generic", "about us").replace("Tells a story", "Story").replace("  - use: agenda\n", "")
    rows = diff_rubrics(before, load_rubrics(write(tmp_path, rubric=changed)))
    assert rows.select("element", "field", "before", "after", "keeps_scores").rows() == [
        ("agenda", "element", "present", None, True),
        ("story", "orange", "generic", "about us", False),
        ("story", "position", "1", "0", True),
        ("story", "title", "Tells a story", "Story", True),
    ]
    (keeps,) = rows.filter(field="orange")["keeps"]
    assert "the same meaning keeps scores and classifier, another keeps scores as a source apart" in keeps


def test_version_with_scores_is_immutable(tmp_path):
    """Changing anchors under a scored version is refused with the version to set; a new version is fine."""
    before = load_rubrics(write(tmp_path))
    scores = before.select("rubric", "element", "rubric_version", "rubric_hash")
    after = load_rubrics(write(tmp_path, rubric=RUBRIC.replace("generic", "about us")))
    assert rewritten(before, scores) == []
    assert rewritten(after, scores) == [
        "chat.yaml: element story: its anchors changed, but version 1 already has 1 scores; set version: 2"
    ]
    assert rewritten(after.with_columns(rubric_version=pl.lit(2, pl.Int64)), scores) == []


@pytest.mark.parametrize(
    ("answer", "keeps"),
    [("same_meaning_as", "scores and classifier"), ("other_meaning_than", APART)],
)
def test_diff_says_what_an_answer_keeps(tmp_path, answer, keeps):
    """Each answer keeps something else of the scores; before, a changed word lost them all."""
    before = load_rubrics(write(tmp_path))
    old = hashes(tmp_path)["story"]
    rows = diff_rubrics(before, load_rubrics(write(tmp_path, rubric=answered(answer, old))))
    assert rows.select("field", "keeps_scores", "keeps").rows() == [("orange", answer == "same_meaning_as", keeps)]


def test_diff_says_how_many_calls_people_scored(tmp_path):
    """Beside what is kept stands of how many calls: those that people scored by the earlier wording."""
    before = load_rubrics(write(tmp_path))
    story = before.filter(element="story").select("rubric", "element", "rubric_hash")
    by_whom = pl.DataFrame({"call_id": ["a", "a", "b", "c"], "rater_kind": ["person", "person", "person", "automated"]})
    after = load_rubrics(write(tmp_path, rubric=answered("other_meaning_than", hashes(tmp_path)["story"])))
    rows = with_counts(diff_rubrics(before, after), before, story.join(by_whom, how="cross"))
    assert rows.select("element", "keeps", "calls_scored").rows() == [("story", APART, 2)]


def test_check_asks_with_both_wordings(tmp_path):
    """An element with scores of an earlier wording is asked for, both wordings below each other, until it is answered;
    one that was not scored is not."""
    before = load_rubrics(write(tmp_path))
    old = hashes(tmp_path)["story"]
    scores = before.filter(element="story").select("rubric", "element", "rubric_hash")
    after = load_rubrics(write(tmp_path, rubric=REWORDED))
    (question,) = questions(after, pl.concat([scores, scores]), wordings_of(before))
    assert question.splitlines()[:3] == [
        "story in chat: 2 scores were given by an earlier wording of it",
        "  orange  then: generic",
        "          now:  about us",
    ]
    assert f'same_meaning_as: ["{old}"]' in question
    assert f'other_meaning_than: ["{old}"]' in question
    (unknown,) = questions(after, scores, Wordings.create_empty())
    assert "then: not stored" in unknown
    for answer in ("same_meaning_as", "other_meaning_than"):
        done = load_rubrics(write(tmp_path, rubric=answered(answer, old)))
        assert questions(done, scores, wordings_of(before)) == []


def test_shared_element_is_asked_for_once(tmp_path):
    """An element that two rubrics use under their own fingerprints is one question."""
    write(tmp_path)
    other = RUBRIC.replace("rubric: chat", "rubric: talk").replace("scored_role: rep", "scored_role: manager")
    (tmp_path / "talk.yaml").write_text(other)
    before = load_rubrics(tmp_path)
    scores = before.filter(element="agenda").select("rubric", "element", "rubric_hash")
    (tmp_path / "common.yaml").write_text((tmp_path / "common.yaml").read_text().replace("named", "mentioned"))
    (question,) = questions(load_rubrics(tmp_path), scores, wordings_of(before))
    assert question.startswith("agenda in chat, talk: 2 scores")
    assert all(fingerprint in question for fingerprint in scores["rubric_hash"])


def reworded(answer: str) -> pl.DataFrame:
    """The agendas, that of the discovery call by other words."""
    is_discovery = pl.col("rubric") == "discovery_call"
    old = AGENDA.filter(is_discovery)["rubric_hash"].to_list()
    return Elements.validate(
        AGENDA.with_columns(
            pl.when(is_discovery).then(pl.lit("Nobody says why they met.")).otherwise("red").alias("red"),
            pl.when(is_discovery).then(pl.lit("f" * 16)).otherwise("rubric_hash").alias("rubric_hash"),
            pl.when(is_discovery).then(pl.lit(old)).otherwise(pl.lit([], pl.List(pl.String))).alias(answer),
        )
    )


def task_of(elements, scores, levels):
    tasks = make_tasks(elements, Scores.validate(scores), set(levels))
    return next(task for task in tasks if task.uses[0][0] == "discovery_call")


def test_same_meaning_keeps_scores():
    """Reworded with the same meaning, an element learns from all its scores: before, one changed word discarded them
    all."""
    _, levels = world()
    task = task_of(reworded("same_meaning_as"), scored(levels), levels)
    assert (task.basis, task.levels) == ("people", levels)
    assert task.uses == (("discovery_call", "agenda", "f" * 16),)


def test_other_meaning_is_a_source_apart():
    """Scores by an earlier wording that meant something else stand beside those of today's: a call that people scored
    by both counts by today's."""
    _, levels = world()
    new = dict(list(levels.items())[:20])
    turned = {call: 3 - level for call, level in new.items()}
    both = pl.concat([scored(levels), scored(turned, rubric_hash="f" * 16)])
    task = task_of(reworded("other_meaning_than"), both, levels)
    assert task.basis == "people and earlier wording"
    assert task.levels == levels | turned
    assert set(task.rubrics) == set(new)
    alone = task_of(reworded("other_meaning_than"), scored(levels), levels)
    assert (alone.basis, alone.levels, alone.rubrics) == ("earlier wording", levels, {})


def test_sources_beside_people():
    """By an earlier wording the reference's scores take the place of today's, and people's stand beside them; with
    people's of today's wording too few, all of them count alike."""
    _, levels = world()
    calls = list(levels)
    by_reference = scored(dict.fromkeys(calls[:20], 0), rater_kind="automated")
    people = scored(dict.fromkeys(calls[20:], 1))
    now = scored(dict.fromkeys(("c70", *calls[20:39]), 2), rubric_hash="f" * 16)
    known = levels | {"c70": 2}
    given = pl.concat([by_reference, people])
    alone = task_of(reworded("other_meaning_than"), given, known)
    assert (alone.basis, alone.earlier, len(alone.levels)) == ("earlier wording", frozenset(), 40)
    task = task_of(reworded("other_meaning_than"), pl.concat([given, now]), known)
    assert (task.basis, len(task.levels), task.earlier) == ("people and earlier wording", 40, frozenset())
    more = scored({f"c{n}": 1 for n in range(40, 60)})
    task = task_of(
        reworded("other_meaning_than"), pl.concat([given, more, now]), known | {f"c{n}": 1 for n in range(40, 60)}
    )
    assert (task.basis, task.earlier) == ("people and earlier wording", {calls[39], *(f"c{n}" for n in range(40, 60))})


def test_shipped_rubrics_have_answered(tmp_path):
    """In a new workspace nothing is asked: every reworded element says what its earlier wording meant. That the
    versions of a rubric share the wording of an element was taken for a fault."""
    store = Store(str(tmp_path))
    assert unanswered(store, ELEMENTS) == []
    nothing = pl.lit([], pl.List(pl.String))
    silent = Elements.validate(ELEMENTS.with_columns(same_meaning_as=nothing, other_meaning_than=nothing))
    assert any(question.startswith("ask_vs_tell in") for question in unanswered(store, silent))
