"""Facts of the star schema: each row with the surrogate keys of the dimensions it belongs to."""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.export import dimensions
from pipeline.export.data_dictionary import exported
from pipeline.export.keys import SHARED, date_key
from pipeline.intake.consent import CONSENT, says_yes
from pipeline.metrics.cadence import Plan
from pipeline.metrics.current_labels import (
    current_labels,
    judged_labels,
    of_rubrics,
    shown_labels,
    with_settlement,
)
from pipeline.metrics.impact import opportunities as impact
from pipeline.metrics.kpi_frames import qualities
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements
from pipeline.tables.wordings import in_labels_words

LAST_OF_WEEK = pl.duration(days=6)


class Sources(NamedTuple):
    """What facts are made of: the store, the rubrics' elements, the dimensions whose keys they carry, and the
    conversations wanted (call_id; None for all)."""

    store: Store
    wordings: dy.DataFrame[Elements]
    calls: pl.DataFrame
    people: pl.DataFrame
    elements: pl.DataFrame
    kinds: pl.DataFrame
    teams: pl.DataFrame
    chosen: pl.DataFrame | None


def labels(sources: Sources) -> pl.DataFrame:
    """The current label of each conversation and element."""
    rows = current_labels(of_rubrics(_rows(sources, "labels"), sources.wordings))
    return _with_element(rows.select(exported("fact_label")), sources)


def label_history(sources: Sources) -> pl.DataFrame:
    """Every label that a classifier ever gave and the workspace keeps."""
    return _with_element(_rows(sources, "labels").select(exported("fact_label_history")), sources)


def measures(sources: Sources) -> pl.DataFrame:
    """The measures of each conversation and role."""
    return _with_keys(_rows(sources, "measures"), sources)


def actions(sources: Sources) -> pl.DataFrame:
    """The actions of each conversation."""
    return _with_keys(_rows(sources, "actions"), sources)


def evidence(sources: Sources, current: pl.DataFrame, *, quotes: bool) -> pl.DataFrame:
    """The moments that current labels rest on. Words are given where `quotes` may go out and the conversation's
    consent is a yes; when and how weighty it was is always told."""
    rows = _rows(sources, "evidence").join(current, on=["call_id", "rubric", "element", "model_id"], how="semi")
    agreed = sources.calls.filter(says_yes(sources.calls, CONSENT) & quotes)
    may_be_read = pl.col("call_id").is_in(agreed["call_id"].implode())
    kept = rows.select(exported("fact_evidence")).with_columns(quote=pl.when(may_be_read).then("quote"))
    return _with_element(kept, sources).sort("call_id", "rubric", "element", "rank")


def overrides(sources: Sources) -> pl.DataFrame:
    """What people settled in place of a classifier's level, under the wording of the current label where that means
    the same."""
    labels = current_labels(sources.store.read("labels", where=pl.col("current")))
    rows = in_labels_words(sources.store.read("overrides"), labels, sources.wordings)
    latest = (
        rows.sort("settled_at")
        .unique(["call_id", "rubric", "element"], keep="last")
        .sort("call_id", "rubric", "element")
    )
    return _with_element(latest, sources)


def commitments(sources: Sources) -> pl.DataFrame:
    """Promises between two people; the person is who owns the promise, the rest that of the meeting that made it."""
    rows = sources.store.read("commitments").select(exported("fact_commitment"))
    made = sources.calls.select("date", "date_key", "kind_key", "team_key", made_in="call_id", held=pl.lit(value=True))
    keyed = rows.join(made, on="made_in", how="left").with_columns(made_in=pl.when("held").then("made_in"))
    owned = dimensions.with_person(keyed, sources.people, person="owner_id", day="date")
    return owned.drop("date", "held").sort("pair", "commitment")


def opportunities(sources: Sources, snapshots: pl.DataFrame, plan: Plan, with_customer: pl.DataFrame) -> pl.DataFrame:
    """What is told of each opportunity by day, with its state then and the quality of its conversations with the
    customer; person and team are those of the last of these."""
    judged = qualities(with_settlement(judged_labels(shown_labels(sources.store, sources.wordings))), plan)
    known = impact.with_quality(impact.latest(snapshots), with_customer, judged)
    in_order = with_customer.sort("started_at", "call_id")
    led = in_order.group_by("opportunity_id").agg(pl.col("person_key", "team_key").last())
    return (
        snapshots.unique(["opportunity_id", "as_of"], keep="last", maintain_order=True)
        .join(known.select("opportunity_id", "n_calls", "quality", "half", latest="as_of"), on="opportunity_id")
        .join(led, on="opportunity_id", how="left")
        .with_columns(
            state=impact.state_of("stage"),
            is_latest=pl.col("as_of") == pl.col("latest"),
            n_calls=pl.col("n_calls").cast(pl.Int64),
            date_key=date_key(pl.col("as_of")),
        )
        .drop("latest")
        .sort("opportunity_id", "as_of")
    )


def kpis(sources: Sources, plan: Plan, weeks: pl.DataFrame | None) -> pl.DataFrame:
    """KPIs of the weeks wanted (None for all), with the person or team they are of, as at the end of the week."""
    where = None if weeks is None else pl.col("week").is_in(weeks["week"].implode())
    rows = sources.store.read("kpis", where=where).with_columns(small_n=pl.col("n_calls") < plan.small_n)
    entities = rows.select("week", "level_of", "entity_id").unique().with_columns(end=pl.col("week") + LAST_OF_WEEK)
    is_person = pl.col("level_of").is_in(["lead", "manager"])
    of_people = dimensions.with_person(entities.filter(is_person), sources.people, person="entity_id", day="end")
    teams = sources.people.select("person_key", "team_key")
    of_teams = entities.filter(level_of="team").join(sources.teams, left_on="entity_id", right_on="team", how="left")
    people = of_people.join(teams, on="person_key", how="left")
    keys = pl.concat([people, of_teams], how="diagonal").drop("end")
    split = sources.elements.select("element_key", interaction="rubric", split="element")
    return (
        rows.join(keys, on=["week", "level_of", "entity_id"], how="left")
        .join(split, on=["interaction", "split"], how="left")
        .join(sources.kinds.select("interaction", "kind_key"), on="interaction", how="left")
        .with_columns(date_key=date_key(pl.col("week")))
    )


def _rows(sources: Sources, name: str) -> pl.DataFrame:
    chosen = sources.chosen
    return sources.store.read(
        name, where=None if chosen is None else pl.col("call_id").is_in(chosen["call_id"].implode())
    )


def _with_keys(rows: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """The rows of conversations that are there and not skipped, with the keys of lead, day, kind and team."""
    told = sources.calls.filter(pl.col("status") != "skipped")
    return rows.join(told.select("call_id", *SHARED), on="call_id")


def _with_element(rows: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    known = sources.elements.select("rubric", "element", "element_key")
    return _with_keys(rows, sources).join(known, on=["rubric", "element"], how="left")
