"""The page of one conversation: who spoke when, what was said, measures, elements with their evidence, actions."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.pages.measures import view_measures
from pipeline.pages.ratings import rate, words
from pipeline.tables import LEVELS

SHOWN_ACTS = {
    "ask_open": "open question",
    "ask_closed": "closed question",
    "ask_leading": "leading question",
    "suggest": "suggests",
    "direct": "directs",
    "commit": "promises",
}
TICKS_S = (30, 60, 120, 300, 600, 1800, 3600, 86_400)
UNSURE = 0.5  # a recogniser's confidence under which a line is marked

Rows = dict[str, list[dict[str, Any]]]


def views(calls: pl.DataFrame, rows: Mapping[str, pl.DataFrame], elements: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """What the page of each call shows; all tables are cut to these calls and grouped by call once."""
    of_these = pl.col("call_id").is_in(calls["call_id"].implode())
    cut = {name: rows[name].filter(of_these) for name in ("utterances", "acts", "measures", "evidence", "actions")}
    ratings = rate(calls, rows["labels"].filter(of_these), elements)
    roles = elements.group_by("rubric").agg(
        pl.col("rubric_title", "scored_role", "other_role", "rubric_version").first()
    )
    told = calls.join(roles, left_on="interaction", right_on="rubric", how="left").with_columns(
        kind=pl.coalesce("rubric_title", words("interaction")),
        lead=pl.when(pl.col("person") == "").then(pl.col("scored_role")).otherwise("name").fill_null("Lead"),
        other=pl.coalesce("other_name", "other_id", "other_role", pl.lit("Other side")),
    )
    evidence = _evidence(cut["evidence"], ratings)
    grouped = {
        "turns": _by_call(_turns(cut["utterances"], cut["acts"], evidence, told)),
        "elements": _by_call(_elements(ratings, evidence, elements)),
        "marks": _by_call(evidence.filter(pl.col("idx").is_not_null() & (pl.col("rank") == 0))),
        "measures": _by_call(cut["measures"]),
        "actions": _by_call(_actions(cut["actions"], cut["utterances"])),
        "learnt": _by_call(ratings.group_by("call_id", "basis").agg(pl.len().alias("n")).sort("basis")),
    }
    for call in told.iter_rows(named=True):
        view = {name: found.get(call["call_id"], []) for name, found in grouped.items()}
        yield _view(call, view)


def _by_call(frame: pl.DataFrame) -> Rows:
    parts = frame.partition_by("call_id", as_dict=True, maintain_order=True, include_key=False)
    return {str(key[0]): part.to_dicts() for key, part in parts.items()}


def _view(call: dict[str, Any], view: Rows) -> dict[str, Any]:
    lines = [line for turn in view["turns"] for line in turn["lines"]]
    length = max([call["duration_s"] or 0.0, *(line["end_s"] for line in lines)]) or 1.0
    return {
        **view,
        "href": call["call_href"],
        "title": f"{call['kind']}: {call['lead']} with {call['other']}",
        "call": call,
        "names": {"lead": call["lead"], "other": call["other"], None: "Unknown"},
        "lanes": [side for side in ("lead", "other", None) if any(turn["side"] == side for turn in view["turns"])],
        "length_s": length,
        "ticks": list(range(0, int(length) + 1, next(step for step in TICKS_S if length <= 12 * step))),
        "measures": view_measures(view["measures"], {"lead": call["lead"], "other": call["other"]}),
        "learnt": {row["basis"]: row["n"] for row in view["learnt"]},
        "weak": "pocketsphinx" in (call["transcriber"] or ""),
        "recording": call["recording"],
        "stamp": call["stamp"],
    }


def _evidence(evidence: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    """Evidence of the current labels, with the element's title and colour."""
    label = ratings.select("call_id", "rubric", "element", "model_id", "title", "level")
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
        .agg(pl.col("side").first(), pl.col("speaker_name").first(), pl.col("role").first(), line.alias("lines"))
        .drop("turn")
    )


def _elements(ratings: pl.DataFrame, evidence: pl.DataFrame, elements: pl.DataFrame) -> pl.DataFrame:
    """One row per element in the rubric's order: colour, probabilities, anchors, moments."""
    anchors = elements.select("rubric", "element", "where", pl.concat_list(LEVELS).alias("anchors"))
    moments = evidence.group_by("call_id", "rubric", "element", maintain_order=True).agg(
        pl.struct("idx", "start_s", "end_s", "quote").alias("moments")
    )
    shares = pl.concat_list(f"p_{color}" for color in LEVELS).alias("shares")
    return (
        ratings.join(anchors, on=["rubric", "element"], how="left", maintain_order="left")
        .join(moments, on=["call_id", "rubric", "element"], how="left", maintain_order="left")
        .select(
            "call_id",
            "rubric",
            "element",
            "title",
            "where",
            "level",
            "p",
            shares,
            "expected_level",
            "status",
            "basis",
            "needs_review",
            "anchors",
            "moments",
            "model_id",
            "rubric_version",
        )
    )


def _actions(actions: pl.DataFrame, utterances: pl.DataFrame) -> pl.DataFrame:
    """Actions with the time they were spoken of; those of this meeting first."""
    times = utterances.select("call_id", "idx", "start_s", "end_s")
    found = actions.join(times, on=["call_id", "idx"], how="left")
    return found.sort("call_id", pl.col("carried_from").is_not_null(), "action")


def trace(actions: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Actions with the date and the page of the meeting they were carried from."""
    origins = calls.select(carried_from="call_id", carried_href="call_href", carried_on="started_at")
    return actions.join(origins, on="carried_from", how="left")
