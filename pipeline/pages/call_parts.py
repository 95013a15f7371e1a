"""What the page of a conversation is made of: its turns, elements with their evidence, measures, actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import dataframely as dy
import polars as pl

from pipeline.intake.kinds import UNJUDGED_ROLES, is_practice, judged_by
from pipeline.metrics.current_labels import with_own_evidence
from pipeline.pages.parts.actions import Action, timed
from pipeline.pages.parts.given import Given, given_by_people
from pipeline.pages.parts.measures import MeasureRow
from pipeline.pages.parts.ratings import NOBODY, PRACTISED, learnt_by, rate, unjudged, words
from pipeline.pages.parts.typed_rows import record_of, rows_by
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import USE, in_todays_words

SHOWN_ACTS = {
    "ask_open": "open question",
    "ask_closed": "closed question",
    "ask_leading": "leading question",
    "suggest": "suggests",
    "direct": "directs",
    "commit": "promises",
    "reflect": "gives back",
}
UNSURE = 0.5  # a recogniser's confidence under which a line is marked


@dataclass(frozen=True)
class Call:
    """A conversation with the names of both sides, the title of its kind, the page's path and stamp, and the paths of
    the person's calls before and after it."""

    call_id: str
    call_href: str
    person_href: str | None
    stamp: str
    kind: str
    lead: str
    other: str
    interaction: str | None
    rubric_title: str | None
    scored_role: str | None
    started_at: datetime | None
    duration_s: float | None
    scheduled_minutes: float | None
    team: str | None
    opportunity_id: str | None
    stage: str | None
    outcome: str | None
    recording: str | None
    audio_sha256: str | None
    transcriber: str | None
    diarizer: str | None
    language: str | None
    scored_at: datetime | None
    before_href: str | None
    after_href: str | None


@dataclass(frozen=True)
class Show:
    """An element whose label rests on a line."""

    element: str
    title: str
    level: int


@dataclass(frozen=True)
class Line:
    """An utterance: what it asks or promises (tags), which elements rest on it, whether the recogniser was unsure."""

    idx: int
    start_s: float
    end_s: float
    text: str
    tags: list[str] | None
    shows: list[Show] | None
    unsure: bool
    confidence: float | None


@dataclass(frozen=True)
class Turn:
    """Lines of one speaker in a row; `side` is null where the role is unknown."""

    side: str | None
    speaker_name: str
    lines: list[Line]


@dataclass(frozen=True)
class Moment:
    """A moment that a label rests on; `idx` is null where there is none, and the quote says why; the times are then
    those of the stretch that it rests on, if it does on one. `who` says it, unless it is the person who is judged."""

    idx: int | None
    start_s: float | None
    end_s: float | None
    quote: str
    who: str | None = None


@dataclass(frozen=True)
class Element:
    """A label: the colour, how sure, the anchors of the levels, and the moments it rests on; where the element is not
    judged yet, level, p and shares are null, and `reason` says why. A level that people settled has the machine's in
    `machine_level`, which is null else."""

    element: str
    title: str
    level: int | None
    p: float | None
    shares: list[float | None]
    reason: str | None
    status: str
    basis: str
    needs_review: bool
    machine_level: int | None
    settled_by: str | None
    anchors: list[str] | None
    moments: list[Moment] | None
    given: list[Given] | None
    rubric_version: int


@dataclass(frozen=True)
class Mark:
    """The moment that an element's label rests on most, above the talk bar."""

    title: str
    level: int
    start_s: float


@dataclass(frozen=True)
class Parts:
    """What a conversation's page is made of, by its tables."""

    turns: list[Turn]
    elements: list[Element]
    marks: list[Mark]
    measures: list[MeasureRow]
    actions: list[Action]
    learnt: dict[str, int]


def parts(
    calls: pl.DataFrame, rows: Mapping[str, pl.DataFrame], elements: dy.DataFrame[Elements]
) -> Iterator[tuple[Call, Parts]]:
    """Each call with what its page is made of; all tables are cut to these calls and grouped by call once."""
    of_these = pl.col("call_id").is_in(calls["call_id"].implode())
    cut = {name: rows[name].filter(of_these) for name in ("utterances", "acts", "measures", "evidence", "actions")}
    judged = judged_by("rubric")  # whether it was a role-play the kind says
    ratings = rate(calls, rows["labels"].filter(of_these), elements).with_columns(judged)
    given = given_by_people(rows["scores"].filter(of_these), elements)
    grey = unjudged(calls, rows["labels"].filter(of_these), elements).with_columns(judged)
    named = _named(calls, elements)
    evidence = _evidence(cut["evidence"], ratings)
    marks = evidence.filter(pl.col("idx").is_not_null() & (pl.col("rank") == 0))
    said = _turns(cut["utterances"], cut["acts"], evidence, named)
    turns = rows_by("call_id", Turn, said)
    quoted = evidence.join(_said_by_others(said), on=["call_id", "idx"], how="left", maintain_order="left")
    labels = rows_by("call_id", Element, _elements(pl.concat([ratings, grey], how="diagonal"), quoted, elements, given))
    top = rows_by("call_id", Mark, marks)
    measures = rows_by("call_id", MeasureRow, cut["measures"])
    actions = rows_by("call_id", Action, timed(cut["actions"], cut["utterances"]))
    learnt = learnt_by("call_id", ratings)
    for row in named.iter_rows(named=True):
        call = record_of(Call, row)
        yield (
            call,
            Parts(
                turns=turns.get(call.call_id, []),
                elements=labels.get(call.call_id, []),
                marks=top.get(call.call_id, []),
                measures=measures.get(call.call_id, []),
                actions=actions.get(call.call_id, []),
                learnt=learnt.get(call.call_id, {}),
            ),
        )


def _named(calls: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """Calls with the title of their kind, and the names of both sides or what the rubric calls them."""
    roles = elements.group_by("rubric").agg(
        pl.col("rubric_title", "scored_role", "other_role", "rubric_version").first()
    )
    return (
        calls.with_columns(rubric=judged_by("interaction"))
        .join(roles, on="rubric", how="left")
        .drop("rubric")
        .with_columns(
            pl.col("scored_role").fill_null(UNJUDGED_ROLES[0]),
            pl.col("other_role").fill_null(UNJUDGED_ROLES[1]),
            kind=pl.coalesce("rubric_title", words("interaction"))
            + pl.when(is_practice("interaction")).then(pl.lit(PRACTISED)).otherwise(pl.lit("")),
            lead=pl.when(pl.col("person") == NOBODY).then(pl.col("scored_role")).otherwise("name").fill_null("Lead"),
            other=pl.coalesce("other_name", "other_id", "other_role", pl.lit("Other side")),
        )
    )


def _evidence(evidence: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    """Evidence of the current labels, with the element's title and colour; none where people settled another level."""
    label = with_own_evidence(ratings).select("call_id", "rubric", "element", "model_id", "title", "level")
    joined = evidence.join(label, on=["call_id", "rubric", "element", "model_id"])
    return joined.sort("call_id", "rubric", "element", "rank")


def _turns(utterances: pl.DataFrame, acts: pl.DataFrame, evidence: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Turns of one speaker with their lines; a line tells what it asks or promises and which elements rest on it."""
    tags = (
        acts.filter(pl.col("act").is_in(list(SHOWN_ACTS)))
        .group_by("call_id", "idx", maintain_order=True)
        .agg(pl.col("act").replace_strict(SHOWN_ACTS).unique(maintain_order=True).alias("tags"))
    )
    shows = evidence.group_by("call_id", "idx", maintain_order=True).agg(
        pl.struct("element", "title", "level").alias("shows")
    )
    side = (
        pl.when(pl.col("role") == pl.col("scored_role"))
        .then(pl.lit("lead"))
        .when(pl.col("role") != "unknown")
        .then(pl.lit("other"))
    )
    lines = (
        utterances.join(calls.select("call_id", "scored_role", "lead", other_name="other"), on="call_id")
        .join(tags, on=["call_id", "idx"], how="left")
        .join(shows, on=["call_id", "idx"], how="left")
        .with_columns(side=side)
        .sort("call_id", "start_s", "idx")
        .with_columns(
            turn=pl.col("speaker").rle_id().over("call_id"),
            crowd=pl.col("speaker").n_unique().over("call_id", "side"),
            unsure=(pl.col("confidence") < UNSURE).fill_null(value=False),
        )
    )
    named = (
        pl.when(pl.col("side") == "lead")
        .then("lead")
        .otherwise(
            pl.when((pl.col("side") == "other") & (pl.col("crowd") == 1))
            .then("other_name")
            .otherwise(pl.format("{} ({})", "role", "speaker"))
        )
    )
    line = pl.struct("idx", "start_s", "end_s", "text", "tags", "shows", "unsure", "confidence")
    return (
        lines.with_columns(speaker_name=named)
        .group_by("call_id", "turn", maintain_order=True)
        .agg(pl.col("side").first(), pl.col("speaker_name").first(), line.alias("lines"))
        .drop("turn")
    )


def _said_by_others(turns: pl.DataFrame) -> pl.DataFrame:
    """Who says the lines that are not the judged person's: call_id, idx, who."""
    others = turns.filter(pl.col("side").ne_missing("lead")).explode("lines")
    return others.select("call_id", pl.col("lines").struct.field("idx"), who="speaker_name")


def _elements(
    ratings: pl.DataFrame, evidence: pl.DataFrame, elements: dy.DataFrame[Elements], given: pl.DataFrame
) -> pl.DataFrame:
    """One row per element in the rubric's order: colour, probabilities, anchors, moments, and what people scored.

    Anchors are null where the label is by a wording that meant something else."""
    anchors = elements.select(*USE, "where", pl.concat_list(LEVELS).alias("anchors"))
    moments = evidence.group_by("call_id", "rubric", "element", maintain_order=True).agg(
        pl.struct("idx", "start_s", "end_s", "quote", "who").alias("moments")
    )
    shares = pl.concat_list(f"p_{color}" for color in LEVELS).alias("shares")
    return (
        in_todays_words(ratings, elements)
        .sort("rubric", "position", "element")
        .join(anchors, on=USE, how="left", maintain_order="left")
        .join(moments, on=["call_id", "rubric", "element"], how="left", maintain_order="left")
        .join(given, on=["call_id", "rubric", "element"], how="left", maintain_order="left")
        .with_columns(shares)
    )
