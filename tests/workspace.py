"""A small workspace for tests: some of the written conversations as three sellers and their manager had them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from models.ratings.agreement import agree
from models.ratings.reference import load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.analyse import analyse
from pipeline.metrics.kpi_table import update_kpis
from pipeline.metrics.measure_values import measure
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Scores
from pipeline.tables.values import LEVELS

ROOT = Path(__file__).parents[1]
SCRIPTED = ROOT / "data" / "scripted"
RUBRICS = ROOT / "rubrics"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SELLERS = {"ann": "Ann Lee", "bob": "Bob Ray", "cy": "Cy Poe"}
N_CALLS, N_MEETINGS, DAYS = 12, 6, 28
SURE = 0.7  # probability of the level that the median rater gave
RUN = {"run_id": "r", "flow": "nightly", "started_at": MONDAY, "ended_at": MONDAY, "host": "h", "config_hash": "c"}


def filled(folder: Path) -> Store:
    """Twelve discovery calls and six one-on-ones over four weeks, labelled as their raters' median says."""
    store, elements, reference = Store(str(folder)), load_rubrics(RUBRICS), load_reference(SCRIPTED)
    kind, of_two = pl.col("interaction"), reference.calls.filter(pl.col("call_id").str.starts_with("w"))
    taken = pl.concat(
        [
            of_two.filter(kind == "discovery_call").head(N_CALLS),
            of_two.filter(kind == "one_on_one").head(N_MEETINGS),
        ]
    )
    talk = Talk.validate(reference.talk.join(taken, on="call_id", how="semi"))
    acts = acts_of(talk, SCRIPTED)
    findings = analyse(talk, acts)
    scores = reference_scores(SCRIPTED).join(taken, on="call_id", how="semi")
    labels = _labels(scores)
    tables = {
        "calls": _calls(taken),
        "utterances": talk.select(TABLES["utterances"].column_names()),
        "acts": acts,
        "measures": measure(talk, acts, findings),
        "actions": findings.actions,
        "labels": labels,
        "evidence": _evidence(labels, reference.turns, talk),
        "scores": scores,
        "agreement": agree(Scores.validate(scores), resamples=20),
        "runs": _rows("runs", pl.DataFrame([RUN])),
    }
    for name, frame in tables.items():
        store.merge(name, frame)
    update_kpis(store, elements)
    return store


def settle(store: Store, level: int, **chosen: str) -> None:
    """Put a level that people settled in place of the classifier's, of the labels of these values."""
    label = store.read("labels", where=pl.col("current")).filter(**chosen)
    about = label.select("call_id", "rubric", "element", "rubric_hash", "model_id", machine_level="level")
    by_people = {"raised_by": pl.lit("ann"), "settled_by": pl.lit("mia"), "settled_at": pl.lit(datetime.now(UTC))}
    store.merge("overrides", about.with_columns(level=pl.lit(level, pl.Int64), **by_people))


def _calls(taken: pl.DataFrame) -> pl.DataFrame:
    """Sellers in turn lead the calls, and sit across from Mia in the meetings."""
    number = pl.int_range(pl.len())
    meeting = pl.col("interaction") == "one_on_one"
    in_turn = [at % len(SELLERS) for at in range(len(taken))]
    seller = pl.Series(list(SELLERS)).gather(in_turn)
    came_of_it = pl.Series(["advanced", "stalled", "advanced", "lost"]).gather([at % 4 for at in range(len(taken))])
    names = seller.replace_strict(SELLERS)
    calls = taken.select(
        "call_id",
        "interaction",
        "duration_s",
        started_at=pl.lit(MONDAY) + pl.duration(days=number * DAYS // len(taken)),
        lead_id=pl.when(meeting).then(pl.lit("mia")).otherwise(seller),
        lead_name=pl.when(meeting).then(pl.lit("Mia Fox")).otherwise(names),
        other_id=pl.when(meeting).then(seller).otherwise("other_id"),
        other_name=pl.when(meeting).then(names).otherwise("other_id"),
        team=pl.lit("North"),
        manager_id=pl.when(meeting).then(pl.lit("dan")).otherwise(pl.lit("mia")),
        outcome=pl.when(~meeting).then(came_of_it),
        status=pl.lit("ok"),
        run_id=pl.lit("r"),
        scored_at=pl.lit(MONDAY),
    )
    return _rows("calls", calls)


def _labels(scores: pl.DataFrame) -> pl.DataFrame:
    """The raters' median as the level, SURE of it."""
    keys = ["call_id", "rubric", "element", "rubric_hash", "rubric_version"]
    medians = scores.group_by(keys).agg((pl.col("level").median() + 0.5).floor().cast(pl.Int64))
    rest = (1 - SURE) / (len(LEVELS) - 1)
    odds = {f"p_{color}": pl.when(pl.col("level") == at).then(SURE).otherwise(rest) for at, color in enumerate(LEVELS)}
    return medians.with_columns(
        **odds,
        model_id=pl.format("{}-{}", "rubric", "element"),
        color=pl.col("level").replace_strict(range(len(LEVELS)), list(LEVELS), return_dtype=pl.String),
        expected_level=SURE * pl.col("level") + rest * (6 - pl.col("level")),
        reason=pl.lit(None, pl.String),
        status=pl.lit("provisional"),
        basis=pl.lit("reference"),
        needs_review=pl.col("level") == 1,
        current=pl.lit(value=True),
        labelled_at=pl.lit(MONDAY),
    )


def _evidence(labels: pl.DataFrame, turns: pl.DataFrame, talk: pl.DataFrame) -> pl.DataFrame:
    """The first turn that a rater named for a label."""
    named = turns.group_by("call_id", "element").agg(pl.col("idx").min())
    own = pl.col("role").is_in(["rep", "manager"])
    said = talk.select("call_id", "idx", "start_s", "end_s", quote="text", worth_showing=own)
    found = labels.join(named, on=["call_id", "element"]).join(said, on=["call_id", "idx"])
    columns = ["call_id", "rubric", "element", "model_id", "idx", "start_s", "end_s", "quote", "worth_showing"]
    return found.select(*columns, rank=pl.lit(0, pl.Int64), weight=pl.lit(1.0))


def _rows(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The table's columns, null where the frame lacks them."""
    return pl.concat([TABLES[table].create_empty(), frame], how="diagonal_relaxed")
