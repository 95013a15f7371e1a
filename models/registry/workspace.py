"""Workspace: what a workspace holds to learn from, where its elements stand, how far its raters agree."""

from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.features.features import Encode
from models.learning.train import Trained, TrainingData, TrainingOptions, train
from models.ratings.agreement import agree, agree_with_model
from models.ratings.misheard import some_misheard
from models.ratings.reference import analyse_unseen, load_reference, reference_scores, reference_wordings
from models.ratings.reference_acts import acts_of
from models.ratings.rewording import questions, wordings_of
from models.ratings.severity import rate_raters, severity_by_period
from models.registry.cross_validation import as_unseen, validated
from models.registry.status import rubric_status
from pipeline.store.delta import Store
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements, Labels, Models, Scores, Wordings
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import USE, in_todays_words
from pipeline.transcripts.roles import talk_of

REFERENCE = Path(__file__).parents[2] / "data" / "scripted"


def standing(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> pl.DataFrame:
    """Where each element stands, as `models.registry.status.rubric_status` says it; `why` is null where its
    classifier fits."""
    scores = all_scores(store, elements)
    learnable = set(reference_scores(REFERENCE)["call_id"]) | set(store.read("calls")["call_id"])
    labels = Labels.validate(store.read("labels", where=pl.col("current")))
    models = Models.validate(store.read("models"))
    return rubric_status(elements, models, labels, scores, encoder, calls=learnable)


class Choice(NamedTuple):
    """Which elements to train: of one rubric, of one name, or all; whether they are stale or not."""

    rubric: str | None = None
    element: str | None = None
    everything: bool = False


def to_train(
    store: Store, elements: dy.DataFrame[Elements], encoder: str, choice: Choice
) -> tuple[pl.DataFrame, dy.DataFrame[Elements]]:
    """Which of the chosen elements are stale and why, and those to train: an element that several rubrics use is always
    trained for all of them."""
    chosen = elements.filter(
        pl.lit(choice.rubric is None) | (pl.col("rubric") == (choice.rubric or "")),
        pl.lit(choice.element is None) | (pl.col("element") == (choice.element or "")),
    )
    why = standing(store, elements, encoder).drop_nulls("why").join(chosen, on=USE, how="semi")
    asked = Elements.validate(chosen if choice.everything else chosen.join(why, on=USE, how="semi"))
    return why, with_all_uses(elements, asked)


def with_all_uses(elements: dy.DataFrame[Elements], chosen: dy.DataFrame[Elements]) -> dy.DataFrame[Elements]:
    """The chosen elements and those of other rubrics with the same name and anchors: they learn together."""
    return Elements.validate(elements.join(chosen, on=["element", *LEVELS, "where"], how="semi"))


def train_elements(
    store: Store,
    elements: dy.DataFrame[Elements],
    chosen: dy.DataFrame[Elements],
    encode: Encode,
    *,
    folds: pl.DataFrame | None = None,
) -> Trained:
    """Classifiers for the chosen elements, from the reference conversations and all calls that people scored here.

    Calls that are in `folds` (element, call_id, fold) stay in theirs.
    """
    reference, scores = load_reference(REFERENCE), all_scores(store, elements)
    scored = scores.join(chosen, on="element", how="semi")["call_id"].unique()
    shape = reference.calls["call_id"].head(1)  # of which nobody learns, but it shows what is known of a call
    is_scored = pl.col("call_id").is_in(pl.concat([scored, shape]).implode())
    stored = store.read("calls", where=is_scored)
    utterances = store.read("utterances", where=pl.col("call_id").is_in(stored["call_id"].implode()))
    talk = Talk.validate(pl.concat([reference.talk.filter(is_scored), talk_of(utterances, stored, elements)]))
    people = pl.concat(
        [reference.calls.select("call_id", "lead_id", "other_id"), stored.select("call_id", "lead_id", "other_id")]
    )
    acts = acts_of(talk, REFERENCE)
    findings = analyse_unseen(reference, talk, acts)
    misheard = some_misheard(reference.talk, REFERENCE)
    store.merge("wordings", wordings_of(elements))
    turns = pl.concat([reference.turns, pointed_at(store)])
    data = TrainingData(talk, acts, scores, people, turns=turns, findings=findings, misheard=misheard)
    return train(data, chosen, encode, options=TrainingOptions(folds=folds))


def pointed_at(store: Store) -> pl.DataFrame:
    """The utterances at which raters pointed here: call_id, element, idx."""
    numbers = pl.col("turns").str.extract_all(r"\d+").cast(pl.List(pl.Int64)).alias("idx")
    named = store.read("pointed").select("call_id", "element", numbers)
    return named.explode("idx").drop_nulls().unique(maintain_order=True)


def update_agreement(store: Store, elements: dy.DataFrame[Elements]) -> None:
    """Compute anew how far raters agree with each other and the current labels with them, and how each one scores."""
    scores = all_scores(store, elements).join(elements, on=USE, how="semi")
    given = Scores.validate(scores)
    labels = Labels.validate(in_todays_words(unseen_labels(store), elements))
    store.overwrite("agreement", pl.concat([agree(given), agree_with_model(given, labels)]))
    people = Scores.validate(given.filter(rater_kind="person"))
    store.overwrite("raters", rate_raters(people, in_todays_words(store.read("repeats"), elements)))
    store.overwrite("rater_periods", severity_by_period(people))


def refresh_agreement(store: Store, elements: dy.DataFrame[Elements]) -> None:
    """Compute agreement anew where scores came in after it."""
    computed = store.changed_at("agreement")
    came = [moment for name in ("scores", "repeats") if (moment := store.changed_at(name))]
    if came and (computed is None or max(came) > computed):
        update_agreement(store, elements)


def unseen_labels(store: Store) -> dy.DataFrame[Labels]:
    """The current labels as models give them that had not learnt from the call."""
    labels = Labels.validate(store.read("labels", where=pl.col("current")))
    return as_unseen(labels, validated(store.folder("models"), labels["model_id"].unique()))


def all_scores(store: Store, elements: dy.DataFrame[Elements]) -> dy.DataFrame[Scores]:
    """The reference scores and those imported into the workspace, under today's wording where it means the same."""
    both = in_todays_words(pl.concat([reference_scores(REFERENCE), store.read("scores")]), elements)
    return Scores.validate(both.unique(Scores.primary_key(), keep="last", maintain_order=True))


def own_scores(store: Store, elements: dy.DataFrame[Elements]) -> dy.DataFrame[Scores]:
    """The scores imported into the workspace that are of today's wording or of one that means the same."""
    today = in_todays_words(store.read("scores"), elements).join(elements, on=USE, how="semi")
    return Scores.validate(today.unique(Scores.primary_key(), keep="last", maintain_order=True))


def unanswered(store: Store, elements: dy.DataFrame[Elements]) -> list[str]:
    """Questions on elements that were scored by an earlier wording of which the rubrics do not say what it meant."""
    scores = pl.concat([reference_scores(REFERENCE), store.read("scores")])
    known = pl.concat([reference_wordings(REFERENCE), store.read("wordings")]).unique(USE, keep="last")
    return questions(elements, scores, Wordings.validate(known))
