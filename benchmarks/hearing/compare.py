"""Figures of recordings beside those of the same turns as text: word errors, errors of KPIs, colours that change."""

import polars as pl

from benchmarks.hearing.spoken import READ
from benchmarks.speech.errors import word_errors
from pipeline.metrics.hearing import SCHEMA
from pipeline.metrics.measures import MEASURES
from pipeline.store.delta import Store
from pipeline.tables.values import LEVELS

FIGURE = ["conversation", "kpi", "split"]
ONE = pl.lit(1.0)  # the whole of a mean


def word_error_rates(utterances: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Of each recording that was scored: kind, conversation, wer, and whether the two sides are `swapped`.

    They are where each side's words fit those of the other side better than its own.
    """
    said = utterances.join(listed, on="call_id").sort("start_s")
    spoken = {
        key: dict(rows.group_by("role").agg("text").iter_rows())
        for key, rows in said.partition_by("conversation", "kind", as_dict=True).items()
    }
    texts = {
        key: rows["text"].to_list() for key, rows in said.partition_by("conversation", "kind", as_dict=True).items()
    }
    rates = []
    for (conversation, kind), roles in spoken.items():
        if kind == READ:
            continue
        true = spoken[conversation, READ]
        wrong, n_words = word_errors(texts[conversation, READ], texts[conversation, kind])
        straight = sum(word_errors(true[role], roles.get(role, []))[0] for role in true)
        sides = zip(true, reversed(true), strict=True)
        crossed = sum(word_errors(true[role], roles.get(other, []))[0] for role, other in sides)
        rates.append((conversation, kind, wrong / n_words, crossed < straight))
    schema = {"conversation": pl.String, "kind": pl.String, "wer": pl.Float64, "swapped": pl.Boolean}
    return pl.DataFrame(rates, schema=schema, orient="row").sort("kind", "conversation")


def errors_of_kpis(store: Store, listed: pl.DataFrame) -> pl.DataFrame:
    """For each KPI that single conversations have, what it is split by and the line: bias and spread of its error.

    Of a quotient of sums, as of a mean (whose wholes are 1), the bias is that of the quotient of all conversations, and
    the spread that of what each adds to it.
    """
    figures = pl.concat([_measured(store), _labelled(store), _quality(store), _actions(store)])
    placed = figures.drop_nulls(["part", "whole"]).join(listed, on="call_id").drop("call_id")
    true = placed.filter(kind=READ).drop("kind")
    both = placed.filter(pl.col("kind") != READ).join(true, on=FIGURE, suffix="_said", nulls_equal=True)
    group = ["kpi", "split", "kind"]
    ratio = pl.col("part").sum().over(group) / pl.col("whole").sum().over(group)
    said = pl.col("part_said").sum().over(group) / pl.col("whole_said").sum().over(group)
    adds = (pl.col("part") - ratio * pl.col("whole")) / pl.col("whole").mean().over(group)
    adds_said = (pl.col("part_said") - said * pl.col("whole_said")) / pl.col("whole_said").mean().over(group)
    errors = (
        both.with_columns(bias=ratio - said, away=adds - adds_said)
        .filter(pl.col("bias").is_finite())
        .group_by("kpi", "split", line="kind")
        .agg(
            n_calls=pl.len().cast(pl.Int64),
            bias=pl.col("bias").first().round_sig_figs(4).round(6),
            spread=pl.col("away").std().round_sig_figs(4).round(6),
        )
    )
    return errors.select(SCHEMA.names()).sort("kpi", "split", "line")


def colours(store: Store, listed: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Of each element of each recording that has a colour there and as a text: kind, wer, element, `changed`, how many
    levels it `moved`, how far its expected level did, and whether it is `sure`: heard, it asks for no review."""
    labels = (
        store.read("labels", where=pl.col("current")).filter(pl.col("level").is_not_null()).join(listed, on="call_id")
    )
    key = ["conversation", "rubric", "element"]
    true = labels.filter(kind=READ).select(*key, said="level", said_expected="expected_level")
    heard = labels.filter(pl.col("kind") != READ).join(true, on=key).join(rates, on=["conversation", "kind"])
    moved = (pl.col("level") - pl.col("said")).abs()
    return heard.select(
        "kind",
        "wer",
        "element",
        "swapped",
        sure=~pl.col("needs_review"),
        changed=moved > 0,
        moved=moved,
        expected_moved=(pl.col("expected_level") - pl.col("said_expected")).abs(),
    )


def _figures(rows: pl.DataFrame, kpi: pl.Expr, split: pl.Expr, part: pl.Expr, whole: pl.Expr = ONE) -> pl.DataFrame:
    return rows.select(
        "call_id",
        kpi=kpi.cast(pl.String),
        split=split.cast(pl.String),
        part=part.cast(pl.Float64),
        whole=whole.cast(pl.Float64),
    )


def _measured(store: Store) -> pl.DataFrame:
    """The mean (share, where a measure is yes or no) of each measure, and the pooled quotient where it has a whole."""
    means = {name: f"{name}_{'share' if measure.unit == '0/1' else 'mean'}" for name, measure in MEASURES.items()}
    pooled = [name for name, measure in MEASURES.items() if measure.whole is not None and measure.unit != "0/1"]
    several = [name for name, measure in MEASURES.items() if len(measure.roles) > 1]
    split = pl.when(pl.col("measure").is_in(several)).then("role")
    rows = store.read("measures").filter(pl.col("value").is_not_null())
    quotients = rows.filter(pl.col("measure").is_in(pooled))
    return pl.concat(
        [
            _figures(rows, pl.col("measure").replace_strict(means), split, pl.col("value")),
            _figures(quotients, pl.col("measure") + "_pooled", split, pl.col("part"), pl.col("whole")),
        ]
    )


def _labelled(store: Store) -> pl.DataFrame:
    labels = store.read("labels", where=pl.col("current")).filter(pl.col("level").is_not_null())
    element = pl.col("element")
    shares = [
        _figures(labels, pl.lit(f"{color}_share"), element, pl.col("level") == level)
        for level, color in enumerate(LEVELS)
    ]
    return pl.concat([_figures(labels, pl.lit("level_mean"), element, pl.col("expected_level")), *shares])


def _quality(store: Store) -> pl.DataFrame:
    """The quality index of each call, every element weighing the same."""
    levels = store.read("labels", where=pl.col("current")).drop_nulls("expected_level")
    quality = levels.group_by("call_id").agg(value=pl.col("expected_level").mean() / 3 * 100)
    return _figures(quality, pl.lit("quality_index"), pl.lit(None), pl.col("value"))


def _actions(store: Store) -> pl.DataFrame:
    """New actions of each call, and how many of them have an owner and a date."""
    new = pl.col("carried_from").is_null()
    counted = store.read("actions").group_by("call_id").agg(
        made=new.sum(),
        owned=(new & (pl.col("owner_role") != "unknown")).sum(),
        dated=(new & pl.col("due_words").is_not_null()).sum(),
    )  # fmt: skip
    calls = store.read("calls", where=pl.col("status") == "ok").select("call_id")
    made = calls.join(counted, on="call_id", how="left").with_columns(pl.col("made", "owned", "dated").fill_null(0))
    none = pl.lit(None)
    return pl.concat(
        [
            _figures(made, pl.lit("actions_made"), none, pl.col("made")),
            _figures(made, pl.lit("actions_owned_share"), none, pl.col("owned"), pl.col("made")),
            _figures(made, pl.lit("actions_dated_share"), none, pl.col("dated"), pl.col("made")),
        ]
    )
