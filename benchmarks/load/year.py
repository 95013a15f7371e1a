"""Generate a year of conversations whose truth is known, time KPIs and export, and check the intervals of KPIs.

    python -m benchmarks.load.year --target duckdb:year.duckdb

prints the figures. Every person has a skill; the skill of each conversation varies about it and gives each element's
colour its probabilities, from which the colour is drawn.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.paths import RUBRICS
from models.ratings.rubrics import load_rubrics
from pipeline.export.targets import export
from pipeline.metrics.kpi_table import update_kpis
from pipeline.metrics.measures import MEASURES, MEASURES_VERSION
from pipeline.store.delta import Store
from pipeline.tables.conversations import Actions, Calls
from pipeline.tables.figures import Measures
from pipeline.tables.judgements import Evidence, Labels
from pipeline.tables.values import LEVELS, PURPOSES

NIGHT = date(2026, 1, 10)
MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
WEEKS = 52
SELLERS_PER_TEAM = 10
MOMENTS_PER_LABEL = 3
CUSTOMER_SHARE = 0.6
THRESHOLDS = np.array([-0.9, 0.1, 1.1])  # skill at which orange, yellow and green become likelier than what is below
TOP = {"share": 1.0, "0/1": 1.0, "count": 6.0, "s": 120.0}


class Year(NamedTuple):
    """The tables of the year; `elements` are the rubrics it was made for."""

    calls: pl.DataFrame
    labels: pl.DataFrame
    measures: pl.DataFrame
    actions: pl.DataFrame
    evidence: pl.DataFrame
    elements: pl.DataFrame


def make_year(elements: pl.DataFrame, *, n_calls: int = 20_000, n_sellers: int = 100, seed: int = 7) -> Year:
    """`n_calls` conversations of `n_sellers` people over 52 weeks, drawn from `seed`."""
    rng = np.random.default_rng(seed)
    calls = _calls(elements, n_calls, n_sellers, rng)
    labels = _labels(calls, elements, rng)
    measures, actions = _measures(calls, rng), _actions(calls, rng)
    return Year(calls.drop("skill"), labels, measures, actions, _evidence(labels, rng), elements)


def _calls(elements: pl.DataFrame, n: int, n_sellers: int, rng: np.random.Generator) -> pl.DataFrame:
    kinds = elements.select("rubric", "scored_role").unique(maintain_order=True)
    meetings = kinds.filter(pl.col("scored_role") == "manager")["rubric"].to_numpy()
    selling = kinds.filter(pl.col("scored_role") != "manager")["rubric"].to_numpy()
    seller = rng.integers(0, n_sellers, n)
    team = seller // SELLERS_PER_TEAM
    with_customer = rng.random(n) < CUSTOMER_SHARE
    interaction = np.where(with_customer, rng.choice(selling, n), rng.choice(meetings, n))
    lead = np.where(with_customer, seller, n_sellers + team)
    skill = rng.normal(0.4, 0.7, n_sellers + n_sellers // SELLERS_PER_TEAM + 1)[lead] + rng.normal(0, 0.8, n)
    started = [
        MONDAY + timedelta(days=int(day) // 5 * 7 + int(day) % 5, minutes=int(minute))
        for day, minute in zip(rng.integers(0, WEEKS * 5, n), rng.integers(8 * 60, 17 * 60, n), strict=True)
    ]
    ended = np.select([skill + rng.normal(0, 1, n) > 1, rng.random(n) < 0.5], ["advanced", "stalled"], "lost")
    empty = Calls.create_empty()
    columns = {
        "call_id": [f"c{number:06d}" for number in range(n)],
        "interaction": interaction,
        "started_at": started,
        "duration_s": rng.uniform(300, 4200, n),
        "scheduled_minutes": rng.choice([30.0, 45.0, 60.0], n),
        "lead_id": [f"p{number:04d}" for number in lead],
        "lead_name": [f"Person {number}" for number in lead],
        "other_id": [
            f"p{number:04d}" if met else f"customer {number}"
            for number, met in zip(seller, ~with_customer, strict=True)
        ],
        "team": [f"team {number}" for number in team],
        "manager_id": np.where(with_customer, np.array([f"p{n_sellers + number:04d}" for number in team]), "director"),
        "opportunity_id": [f"op{number}" for number in rng.integers(0, n // 4 + 1, n)],
        "outcome": [outcome if met else None for outcome, met in zip(ended.tolist(), with_customer, strict=True)],
        "status": ["ok"] * n,
        "scored_at": [moment + timedelta(days=1) for moment in started],
        "skill": skill,
    }
    made = pl.DataFrame(columns)
    missing = [pl.lit(None, kind).alias(name) for name, kind in empty.schema.items() if name not in made.columns]
    return made.with_columns(missing).select(*empty.schema, "skill").cast(empty.schema)


def _labels(calls: pl.DataFrame, elements: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    difficulty = rng.normal(0, 0.5, len(elements))
    rows = calls.select("call_id", "skill", "scored_at", rubric="interaction").join(
        elements.select("rubric", "element", "rubric_hash", "rubric_version", difficulty=pl.Series(difficulty)),
        on="rubric",
    )
    above = 1 / (1 + np.exp(-2 * ((rows["skill"] - rows["difficulty"]).to_numpy()[:, None] - THRESHOLDS)))
    p = -np.diff(np.hstack([np.ones((len(rows), 1)), above, np.zeros((len(rows), 1))]))
    level = (rng.random(len(rows))[:, None] < above).sum(axis=1)
    return rows.select(
        "call_id",
        "rubric",
        "element",
        "rubric_hash",
        pl.format("{}-{}", "rubric", "element").alias("model_id"),
        "rubric_version",
        level=pl.Series(level, dtype=pl.Int64),
        color=pl.Series([LEVELS[at] for at in level]),
        **{f"p_{color}": pl.Series(p[:, at]) for at, color in enumerate(LEVELS)},
        expected_level=pl.Series(p @ np.arange(4.0)),
        reason=pl.lit(None, pl.String),
        status=pl.when(pl.col("element") == "agenda").then(pl.lit("provisional")).otherwise(pl.lit("calibrated")),
        basis=pl.lit("people"),
        needs_review=pl.Series(p.max(axis=1) < 0.5),
        current=pl.lit(value=True),
        labelled_at="scored_at",
    ).select(Labels.column_names())


def _measures(calls: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows_of_each = []
    for name, measure in MEASURES.items():
        top = TOP.get(measure.unit, 40.0)
        for role in measure.roles:
            n = len(calls)
            quotient = rng.random(n) * top
            whole = rng.uniform(1, 3000, n)
            value = np.round(quotient) if measure.unit in ("0/1", "count") else quotient
            absent = pl.Series(rng.random(n) < (0.85 if role in PURPOSES else 0.03))
            divided = measure.whole is not None
            rows = calls.select("call_id", measure=pl.lit(name), role=pl.lit(role)).with_columns(
                part=pl.Series(value * whole if divided else value),
                whole=pl.Series(whole) if divided else pl.lit(None, pl.Float64),
                value=pl.Series(value),
                unit=pl.lit(measure.unit),
            )
            rows_of_each.append(
                rows.with_columns(pl.when(~absent).then(pl.col("part", "whole", "value"))).with_columns(
                    reason=pl.when(absent).then(pl.lit(measure.absent)),
                    measures_version=pl.lit(MEASURES_VERSION, pl.Int64),
                )
            )
    return pl.concat(rows_of_each).select(Measures.column_names())


def _actions(calls: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    counts = rng.integers(0, 4, len(calls))
    rows = calls.select("call_id", "interaction").with_columns(n=pl.Series(counts)).with_columns(
        action=pl.int_ranges("n")
    ).filter(pl.col("n") > 0).explode("action")  # fmt: skip
    n = len(rows)
    carried = (rng.random(n) < 0.3) & ~rows["interaction"].is_in(["discovery_call", "demo_call"]).to_numpy()
    state = np.where(carried, rng.choice(["done", "missed", "partly", "discussed", "not_mentioned"], n), "open")
    return rows.select(
        "call_id",
        "action",
        idx=pl.Series(rng.integers(0, 100, n)),
        what=pl.lit("send the figures"),
        kind=pl.lit("send"),
        owner_id=pl.lit(None, pl.String),
        owner_role=pl.Series(rng.choice(["lead", "other", "both", "unknown"], n)),
        due_words=pl.Series(["by Friday" if dated else None for dated in rng.random(n) < 0.5], dtype=pl.String),
        due_date=pl.lit(None, pl.Date),
        confirmed=pl.Series(rng.random(n) < 0.5),
        carried_from=pl.Series(["c000000" if again else None for again in carried], dtype=pl.String),
        state=pl.Series(state),
        share_done=pl.lit(None, pl.Float64),
    ).select(Actions.column_names())


def _evidence(labels: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    moments = labels.select("call_id", "rubric", "element", "model_id").join(
        pl.DataFrame({"rank": range(MOMENTS_PER_LABEL)}), how="cross"
    )
    at = rng.integers(0, 100, len(moments))
    return moments.with_columns(
        idx=pl.Series(at),
        start_s=pl.Series(at * 3.0),
        end_s=pl.Series(at * 3.0 + 2.5),
        quote=pl.lit("What would have to happen for you to decide this quarter, and who else has a say in it?"),
        weight=pl.Series(rng.random(len(moments))),
        worth_showing=pl.lit(value=True),
    ).select(Evidence.column_names())


def measured(step: Callable[..., Any], *arguments: Any) -> Any:
    """Run a step in a process of its own; print its seconds, processor seconds and peak memory; return its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        result, seconds, cpu_s, peak_gb = pool.submit(_timed, step, arguments).result()
    print(f"{step.__name__:<14} {seconds:7.1f} s  {cpu_s:7.1f} s of CPU  {peak_gb:5.2f} GB  {result}", flush=True)
    return result


def _timed(step: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float, float, float]:
    start, cpu_start = perf_counter(), process_time()
    result = step(*arguments)
    return result, perf_counter() - start, process_time() - cpu_start, getrusage(RUSAGE_SELF).ru_maxrss / 1e6


def fill(workspace: str, n_calls: int, n_sellers: int) -> str:
    """Store a generated year; says how many rows it has."""
    year, store = make_year(load_rubrics(RUBRICS), n_calls=n_calls, n_sellers=n_sellers), Store(workspace)
    for name in ("calls", "labels", "measures", "actions", "evidence"):
        store.overwrite(name, getattr(year, name))
    rows = (f"{len(getattr(year, name))} {name}" for name in ("labels", "measures", "actions", "evidence"))
    return f"{n_calls} calls, {', '.join(rows)}"


def compute_kpis(workspace: str) -> str:
    """The KPIs of the whole workspace, read from and written to its tables."""
    return f"{update_kpis(Store(workspace), load_rubrics(RUBRICS))} rows"


def export_all(workspace: str, target: str) -> str:
    """A full export."""
    return _counts(export(Store(workspace), target, load_rubrics(RUBRICS)))


def export_since(workspace: str, target: str, day: date) -> str:
    """An incremental export."""
    return _counts(export(Store(workspace), target, load_rubrics(RUBRICS), since=day))


def _counts(counts: pl.DataFrame) -> str:
    return ", ".join(f"{name[2:]} {count}" for name, count in counts.drop("table").sum().rows(named=True)[0].items())


def next_night(workspace: str, day: date) -> str:
    """Score the last two days' conversations again, with every label a level lower; says how many there were."""
    store = Store(workspace)
    calls = store.read("calls")
    scored = pl.lit(datetime(day.year, day.month, day.day, 2, tzinfo=UTC)).alias("scored_at")
    again = calls.filter(pl.col("started_at") > pl.col("started_at").max() - timedelta(days=2)).with_columns(scored)
    level = pl.max_horizontal(pl.col("level") - 1, 0)
    labels = store.read("labels").join(again, on="call_id", how="semi").with_columns(
        level=level, color=level.replace_strict(range(4), list(LEVELS), return_dtype=pl.String)
    )  # fmt: skip
    store.merge("calls", again)
    store.merge("labels", labels)
    return f"{len(again)} calls, {len(labels)} labels"


def coverage(workspace: str) -> str:
    """How many of the weekly red shares' intervals hold the mean probability the colours were drawn from."""
    store = Store(workspace)
    calls, labels = store.read("calls"), store.read("labels")
    week = pl.col("started_at").dt.date().dt.truncate("1w").alias("week")
    truth = labels.join(calls.select("call_id", "team", week), on="call_id").group_by(
        "week", "element", entity_id="team"
    )
    shown = store.read("kpis", where=pl.col("kpi_name") == "red_share").filter(level_of="team", interaction="all")
    named = shown.rename({"split": "element"})
    both = named.join(truth.agg(pl.col("p_red").mean()), on=["week", "element", "entity_id"])
    held = both.select(pl.col("p_red").is_between("low", "high")).to_numpy()
    return f"{held.sum()} of {len(held)} intervals of a team's week ({held.mean():.1%})"


def main() -> None:
    """Print the figures of docs/benchmarks/year.md."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--sellers", type=int, default=100)
    parser.add_argument("--target", action="append", default=[], help="a target of callgrade export; may be repeated")
    options = parser.parse_args()
    with TemporaryDirectory() as workspace:
        measured(fill, workspace, options.calls, options.sellers)
        measured(compute_kpis, workspace)
        measured(coverage, workspace)
        for target in options.target:
            print(target.partition(":")[0])
            measured(export_all, workspace, target)
            measured(export_all, workspace, target)
        measured(next_night, workspace, NIGHT)
        measured(compute_kpis, workspace)
        for target in options.target:
            print(target.partition(":")[0])
            measured(export_since, workspace, target, NIGHT)
            measured(export_since, workspace, target, NIGHT)
            measured(export_all, workspace, target)  # what rounding in the ninth digit alone changes


if __name__ == "__main__":
    main()
