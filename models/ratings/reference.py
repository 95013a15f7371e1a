"""The reference conversations of data/scripted: written for this project, scored by three automated raters."""

from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.ratings.agreement import median_level
from pipeline.intake.times import times_in_utc
from pipeline.language.analyse import Findings, analyse
from pipeline.language.reflections import find_reflections
from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk
from pipeline.tables.judgements import Scores, Wordings
from pipeline.tables.values import LEVELS

UNSEEN = Path(__file__).parent / "weights"
LEAD_ROLES = ("rep", "manager")
TELLING_WORDS = range(12, 75)  # of a moment that shows a level by itself
WORDING = ["rubric", "element", "rubric_version"]


class Reference(NamedTuple):
    """What data/scripted holds; `idx` is the number of the turn.

    calls: call_id, interaction, started_at, series, meeting (number in the series), lead_id, other_id, duration_s
    scores: call_id, rubric, element, rater, level (0 to 3), turns (list of idx that show it)
    turns: call_id, element, idx: the utterances that some rater named
    actions: call_id, idx, owner_role (rubric role or both), due_words (null if none), what, kind (null in older calls)
    agenda: call_id, idx
    prior_actions: call_id, idx, state (done, missed, partly, withdrawn, unasked), what
    purposes: call_id, idx, purpose: where a stretch begins; of newer calls only, as are
    moves: call_id, idx, move (leading, reflect, recap, feedback, withdrawn, reagreed), detail (kind of reflection, due
        words, what)
    """

    calls: pl.DataFrame
    talk: dy.DataFrame[Talk]
    scores: pl.DataFrame
    turns: pl.DataFrame
    actions: pl.DataFrame
    agenda: pl.DataFrame
    prior_actions: pl.DataFrame
    purposes: pl.DataFrame
    moves: pl.DataFrame


def load_reference(folder: Path) -> Reference:
    """Read data/scripted; raises FileNotFoundError where a file is missing."""
    raw = pl.read_ndjson(folder / "conversations.jsonl", infer_schema_length=None)
    people = raw.select("call_id", "interaction", "participants").explode("participants").unnest("participants")
    people = people.with_columns(
        person_id=pl.col("name").str.to_lowercase().str.replace_all(" ", "-"), is_ours=pl.col("role").is_in(LEAD_ROLES)
    )
    series = pl.col("series").str.extract_groups(r"^(?<series>\S+) (?<meeting>\d+)/")
    calls = raw.select(
        "call_id",
        "interaction",
        times_in_utc(pl.col("started_at"), zone="UTC"),
        series.struct.field("series"),
        series.struct.field("meeting").cast(pl.Int64),
        "duration_s",
    ).join(
        people.group_by("call_id").agg(
            lead_id=pl.col("person_id").filter("is_ours").first(),
            other_id=pl.col("person_id").filter(~pl.col("is_ours")).first(),
        ),
        on="call_id",
        how="left",
        maintain_order="left",
    )
    talk = (
        raw.select("call_id", "turns")
        .explode("turns")
        .unnest("turns")
        .join(calls, on="call_id")
        .join(people.select("call_id", "role", "person_id", "is_ours"), on=["call_id", "role"])
        .select(
            "call_id",
            pl.col("turn").alias("idx"),
            pl.col("start_s").cast(pl.Float64),
            pl.col("end_s").cast(pl.Float64),
            pl.col("role").alias("speaker"),
            "role",
            "person_id",
            "text",
            pl.col("text").str.split(" ").list.len().cast(pl.Int64).alias("n_words"),
            pl.lit(None, pl.Float64).alias("confidence"),
            pl.when("is_ours").then(pl.lit("lead")).otherwise(pl.lit("other")).alias("side"),
            "interaction",
            pl.col("duration_s").cast(pl.Float64),
            "started_at",
        )
        .sort("call_id", "idx")
    )
    levels = {color: level for level, color in enumerate(LEVELS)}
    turns = pl.col("turns").cast(pl.String).fill_null("").str.extract_all(r"\d+").cast(pl.List(pl.Int64))
    scores = pl.read_csv(folder / "scores.csv").with_columns(
        pl.col("level").replace_strict(levels, return_dtype=pl.Int64), turns
    )
    read = {
        name: pl.read_csv(folder / f"{name}.csv").rename({"turn": "idx"})
        for name in ("actions", "agenda", "prior_actions", "purposes", "moves")
    }
    named = scores.select("call_id", "element", idx="turns").explode("idx").drop_nulls().unique(maintain_order=True)
    named = named.join(talk, on=["call_id", "idx"], how="semi")  # a rater named an utterance after the last
    return Reference(calls, Talk.validate(talk), scores, named, **read)


def reference_scores(folder: Path) -> dy.DataFrame[Scores]:
    """The scores as rows of the table, each bound to the anchors it was given by; the raters are no people."""
    given = pl.read_csv(folder / "scores.csv").join(pl.read_csv(folder / "anchors.csv"), on=WORDING)
    levels = {color: level for level, color in enumerate(LEVELS)}
    return Scores.validate(
        given.select(
            "call_id",
            "rubric",
            "element",
            "rubric_hash",
            "rater",
            "rubric_version",
            pl.lit("automated").alias("rater_kind"),
            pl.col("level").replace_strict(levels, return_dtype=pl.Int64),
            pl.col("level").alias("color"),
            pl.lit(None, pl.String).alias("note"),
            pl.lit(None, pl.String).alias("session"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("scored_at"),
        )
    )


def reference_wordings(folder: Path) -> dy.DataFrame[Wordings]:
    """The anchors that the reference scores were given by; versions of a rubric may share those of an element."""
    return Wordings.validate(pl.read_csv(folder / "anchors.csv").select(Wordings.column_names()).unique())


def found_unseen(reference: Reference, acts: dy.DataFrame[Acts]) -> Findings:
    """What is found in the reference by models of agenda, earlier actions, purposes and promises that saw none of
    its people.

    Those of the package learnt from these very calls and find more in them than they will in any other, so that a
    classifier would rely on them too much. `benchmarks/training/unseen_findings.py` writes the tables; calls that they
    do not hold are those that the models of the package did not learn from.
    """
    moments, actions = (pl.read_parquet(UNSEEN / f"unseen_{name}.parquet") for name in ("moments", "actions"))
    held = pl.concat([moments.select("call_id"), actions.select("call_id")]).unique()
    held = held.join(reference.calls, on="call_id", how="semi")
    own = Acts.validate(acts.join(held, on="call_id", how="semi"))
    return Findings(
        Moments.validate(pl.concat([moments, find_reflections(own)])),
        Purposes.validate(pl.read_parquet(UNSEEN / "unseen_purposes.parquet").join(held, on="call_id", how="semi")),
        Actions.validate(actions),
    )


def telling_moments(reference: Reference) -> pl.DataFrame:
    """element, level, interaction, call_id, idx: the utterances of the lead that most raters named for an element and
    its median level, those of most first; one for each element, level and kind of conversation."""
    at = ["call_id", "element"]
    levels = median_level(reference.scores, ["rubric", *at])
    named = reference.scores.explode("turns").drop_nulls("turns").group_by(*at, idx="turns").agg(by=pl.len())
    said = reference.talk.select("call_id", "idx", "interaction", "side", "n_words")
    fit = (
        named.join(said, on=["call_id", "idx"])
        .join(levels, on=at)
        .filter((pl.col("side") == "lead") & pl.col("n_words").is_in(list(TELLING_WORDS)))
    )
    best = fit.sort("by", "call_id", "idx", descending=[True, True, False], maintain_order=True)
    columns = ["element", "level", "interaction", "call_id", "idx"]
    return best.unique(columns[:3], keep="first", maintain_order=True).select(columns)


def examples(folder: Path) -> pl.DataFrame:
    """The telling moments that are red or green, with the line before each and who speaks: element, level, interaction,
    call_id, before, quote. Empty where the folder is not there."""
    schema = {"element": pl.String, "level": pl.Int64, "interaction": pl.String}
    if not folder.is_dir():
        return pl.DataFrame(schema=schema | dict.fromkeys(("call_id", "before", "quote"), pl.String))
    reference = load_reference(folder)
    said = reference.talk.select("call_id", "idx", quote="text")
    plain = telling_moments(reference).filter(pl.col("level").is_in([0, len(LEVELS) - 1]))
    return (
        plain.join(said, on=["call_id", "idx"], maintain_order="left")
        .join(said.select("call_id", pl.col("idx") + 1, before="quote"), on=["call_id", "idx"], how="left",
              maintain_order="left")
        .select(*schema, "call_id", "before", "quote")
    )  # fmt: skip


def analyse_unseen(reference: Reference, talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> Findings:
    """What is found in `talk`: in the calls of the reference as `found_unseen` has it, in the others by `analyse`."""
    is_here = pl.col("call_id").is_in(talk["call_id"].unique().implode())
    unseen = found_unseen(reference._replace(calls=reference.calls.filter(is_here)), acts)
    others = talk.join(unseen.purposes, on="call_id", how="anti")
    own = analyse(Talk.validate(others), Acts.validate(acts.join(others, on="call_id", how="semi")))
    return unseen.together_with(own)
