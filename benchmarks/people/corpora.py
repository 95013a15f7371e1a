"""Public conversations that people scored, as the tables that this project works on.

Texts are read where they lie and written nowhere.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.tables.columns import color_of
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import LEVELS

STC3 = {"A": "task accomplished", "S": "customer satisfied", "E": "effective"}
LOWEST = -2  # of the five steps of STC-3
UTTERANCE_S = 10.0  # how long each is taken to last: nothing is known of it


@dataclass(frozen=True)
class Corpus:
    """Scored conversations.

    ratings: call_id, element, rater, level (0 up, in the scale's own steps), rubric, rubric_hash
    people: call_id, lead_id, other_id: who must not be on both sides of a cross-validation
    steps: how many levels each element's scale has
    raters_known: whether a rater's name stands for one person throughout
    """

    name: str
    talk: dy.DataFrame[Talk]
    ratings: pl.DataFrame
    people: pl.DataFrame
    steps: dict[str, int]
    raters_known: bool = True


def stc3(corpora: Path) -> Corpus:
    """Dialogues of customers with a company's helpdesk on Weibo, three scales by the same nineteen raters.

    Kept apart in cross-validation is the company: the first two words of the account that the customer calls on.
    """
    path = corpora / "stc3_helpdesk" / "train.jsonl.gz"
    rows = pl.read_ndjson(gzip.decompress(path.read_bytes()))
    text = rows["turns"].list.first().struct.field("text")
    account = text.str.extract(r"@\s*([^#,.?!:@<]{2,40})").str.strip_chars().str.to_lowercase()
    company = account.str.split(" ").list.head(2).list.join(" ").fill_null(rows["id"])
    turns = rows.select(pl.col("id").alias("call_id"), "turns").explode("turns").unnest("turns")
    scales = [
        rows.select(pl.col("id").alias("call_id"), pl.col(scale).alias("level"), element=pl.lit(scale))
        .with_columns(pl.int_ranges(1, pl.col("level").list.len() + 1).alias("rater"))
        .explode("level", "rater")
        for scale in STC3
    ]
    ratings = pl.concat(scales).with_columns(pl.col("level") - LOWEST, pl.format("rater {}", "rater").alias("rater"))
    return Corpus(
        "stc3_helpdesk",
        as_talk(turns.select("call_id", "text", by_lead=pl.col("speaker") == "helpdesk"), "helpdesk"),
        _keyed(ratings, "helpdesk"),
        rows.select(pl.col("id").alias("call_id"), lead_id=company, other_id=pl.lit(None, pl.String)),
        dict.fromkeys(STC3, 5),
    )


def ab_redial(corpora: Path) -> Corpus:
    """Dialogues of a recommender with a seeker of films, five scales; who gave which rating is not known."""
    folder = corpora / "ab_redial"
    rows = pl.read_ndjson(folder / "conversations.jsonl")
    given = pl.read_csv(folder / "ratings_long.csv", schema_overrides={"conversation_id": pl.String})
    given = given.select(
        pl.col("conversation_id").alias("call_id"),
        pl.col("dimension").alias("element"),
        pl.col("rater_slot").alias("rater"),
        (pl.col("score") - pl.col("score").min().over("dimension")).alias("level"),
    ).drop_nulls()
    turns = rows.select(pl.col("id").alias("call_id"), "turns").explode("turns").unnest("turns")
    steps = dict(given.group_by("element").agg(pl.col("level").max() + 1).sort("element").iter_rows())
    return Corpus(
        "ab_redial",
        as_talk(turns.select("call_id", "text", by_lead=pl.col("speaker") != "seeker"), "recommendation"),
        _keyed(given, "recommendation"),
        rows.select(pl.col("id").alias("call_id"), lead_id=pl.lit(None, pl.String), other_id=pl.lit(None, pl.String)),
        steps,
        raters_known=False,
    )


def coaching(corpora: Path) -> tuple[dy.DataFrame[Talk], pl.DataFrame]:
    """Talk of a counsellor with a participant; and which of the counsellor's turns are agenda, ask, tell, encourage."""
    path = corpora / "pac_coaching" / "utterances.csv"
    rows = pl.read_csv(path).filter(pl.col("speaker") != "unknown").sort("dialog", "idx")
    talk = as_talk(rows.select(call_id="dialog", text="text", by_lead=pl.col("speaker") == "counsellor"), "coaching")
    task, social = pl.col("task_focused").fill_null(""), pl.col("social_exchange").fill_null("")
    acts = rows.select(
        pl.col("dialog").alias("call_id"),
        pl.int_range(pl.len()).over("dialog").alias("idx"),
        (task == "Orient").alias("agenda"),
        task.str.starts_with("Ask-").alias("ask"),
        task.is_in(["Give-GenInfo", "Give-Opinion"]).alias("tell"),
        (social == "Approve/Encourage").alias("encourage"),
    )
    by_lead = talk.filter(side="lead").select("call_id", "idx")
    return talk, acts.join(by_lead, on=["call_id", "idx"], maintain_order="left")


def as_talk(turns: pl.DataFrame, interaction: str) -> dy.DataFrame[Talk]:
    """Talk from call_id, text and by_lead, the turns of a call in their order."""
    idx = pl.int_range(pl.len()).over("call_id")
    side = pl.when("by_lead").then(pl.lit("lead")).otherwise(pl.lit("other"))
    frame = turns.with_columns(
        pl.col("text").fill_null(""),
        idx.alias("idx"),
        (idx * UTTERANCE_S).alias("start_s"),
        ((idx + 1) * UTTERANCE_S).alias("end_s"),
        (pl.len().over("call_id") * UTTERANCE_S).alias("duration_s"),
        *(side.alias(name) for name in ("side", "speaker", "role")),
        person_id=pl.lit(None, pl.String),
        confidence=pl.lit(None, pl.Float64),
        started_at=pl.lit(None, pl.Datetime("us", "UTC")),
        n_words=pl.col("text").fill_null("").str.split(" ").list.len(),
        interaction=pl.lit(interaction),
    )
    return Talk.validate(frame.select(Talk.column_names()), cast=True)


def as_elements(corpus: Corpus) -> dy.DataFrame[Elements]:
    """The scales as elements of one rubric; raters had no anchors that are known, so their names stand for them."""
    rubric = corpus.ratings["rubric"][0]
    rows: list[dict[str, Any]] = [
        {color: f"{element}: {color}" for color in LEVELS}
        | {"rubric": rubric, "element": element, "position": place, "title": element, "rubric_hash": element}
        for place, element in enumerate(corpus.steps)
    ]
    return Elements.validate(
        pl.DataFrame(rows).with_columns(
            where=pl.lit("anywhere"), rubric_title=pl.lit(corpus.name), rubric_version=pl.lit(1),
            scored_role=pl.lit("lead"), other_role=pl.lit("other"),
            limit=None, same_meaning_as=pl.lit([], pl.List(pl.String)),
            other_meaning_than=pl.lit([], pl.List(pl.String)),
        ), cast=True,
    )  # fmt: skip


def as_scores(corpus: Corpus) -> dy.DataFrame[Scores]:
    """The ratings as scores in four levels; of scales with five steps the two neighbours given least often are one."""
    parts = []
    for element, n_steps in corpus.steps.items():
        given = corpus.ratings.filter(element=element)
        parts.append(given.with_columns(pl.col("level").replace_strict(four_levels(given["level"], n_steps))))
    color = color_of(pl.col("level"))
    whole = pl.concat(parts).with_columns(
        color.alias("color"),
        note=pl.lit(None, pl.String),
        session=pl.lit(None, pl.String),
        scored_at=pl.lit(None, pl.Datetime("us", "UTC")),
        rater_kind=pl.lit("person"),
        rubric_version=pl.lit(1),
    )
    return Scores.validate(whole.select(Scores.column_names()), cast=True)


def four_levels(levels: pl.Series, n_steps: int) -> dict[int, int]:
    """Step to level: while there are more than four, the two neighbours with the fewest scores become one."""
    counts = [int((levels == step).sum()) for step in range(n_steps)]
    groups = [[step] for step in range(n_steps)]
    while len(groups) > len(LEVELS):
        sums = [sum(counts[step] for step in groups[at] + groups[at + 1]) for at in range(len(groups) - 1)]
        at = sums.index(min(sums))
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return {step: level for level, group in enumerate(groups) for step in group}


def _keyed(ratings: pl.DataFrame, rubric: str) -> pl.DataFrame:
    return ratings.with_columns(rubric=pl.lit(rubric), rubric_hash=pl.col("element"))
