"""How a KPI comes from its rows to a value and an interval: sums of each group, then one formula for each kind."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipeline.metrics import intervals
from pipeline.metrics.cadence import Plan
from pipeline.metrics.kpi_frames import KEYS, Frame

ENTITIES = {"org": pl.lit("all"), "team": pl.col("team"), "manager": pl.col("manager"), "lead": pl.col("lead")}
IDENTITY = ("week", "level_of", "entity_id", "interaction", "of")
TERMS = ("n", "n_calls", "part", "whole", "away", "away_away", "away_whole", "whole_whole")
EACH = pl.lit(1.0)  # the whole where every row counts once


@dataclass(frozen=True)
class Kpi:
    """What one KPI is: over a frame of `kpi_frames.units`, `part` (true or false, or a number) and its `whole`.

    `source` names the frame, and `measure` the measure where it is that of one.

    `kind` is how a group comes to one value: share and mean over rows, ratio of sums, total, spread (standard
    deviation between rows), or volume (the ratio times rows times what the plan says a person's week is worth).
    `bottom` and `top` are the lowest and the highest value that can be, null where there is none; they bound the
    interval.
    """

    unit: str
    definition: str
    source: str
    kind: Literal["share", "mean", "ratio", "total", "spread", "volume"]
    part: pl.Expr
    whole: pl.Expr = EACH
    bottom: float | None = 0.0
    top: float | None = None
    measure: str | None = None

    @property
    def frame(self) -> Frame:
        """The frame that it is counted over."""
        return self.source, self.measure


def summed(frame: pl.DataFrame, chosen: dict[str, Kpi]) -> pl.DataFrame:
    """The sums of each group and KPI: n rows, n_calls, part, whole, and the residual about their ratio, squared."""
    rows = frame.select(*KEYS, *(term for name, kpi in chosen.items() for term in _terms(name, kpi)))
    sums = []
    for level_of, entity in ENTITIES.items():
        keyed = rows.with_columns(entity_id=entity).filter(pl.col("entity_id").is_not_null())
        groups = keyed.group_by("week", "entity_id", "interaction", "of").agg(pl.exclude(KEYS).sum())
        named = groups.with_columns(level_of=pl.lit(level_of))
        sums += [
            named.filter(pl.col(f"{name} n") > 0).select(*IDENTITY, pl.lit(name).alias("kpi"), *_renamed(name))
            for name in chosen
        ]
    beyond = pl.col("away") / pl.col("whole")
    residual = pl.col("away_away") - 2 * beyond * pl.col("away_whole") + beyond**2 * pl.col("whole_whole")
    beyond_doubt = residual > 1e-12 * pl.col("away_away")  # less is what sums of floats leave of 0
    return pl.concat(sums).select(
        *IDENTITY, "kpi", "n", "n_calls", "part", "whole", residual=pl.when(beyond_doubt).then(residual).otherwise(0.0)
    )


def _terms(name: str, kpi: Kpi) -> list[pl.Expr]:
    """What a group sums, null where the KPI does not count the row. `away` is the part less what the ratio of all
    rows lets expect: squares of what is near 0 lose no digits."""
    part, whole = kpi.part.cast(pl.Float64), kpi.whole.cast(pl.Float64)
    counted = part.is_not_null() & whole.is_not_null()
    away = part - part.filter(counted).sum() / pl.when(counted).then(whole).sum() * whole
    terms = (pl.lit(1, pl.Int64), pl.col("calls"), part, whole, away, away**2, away * whole, whole**2)
    return [
        pl.when(counted).then(term).alias(f"{name} {term_name}") for term_name, term in zip(TERMS, terms, strict=True)
    ]


def _renamed(name: str) -> list[pl.Expr]:
    return [pl.col(f"{name} {term}").alias(term) for term in TERMS]


def valued(sums: pl.DataFrame, kpis: dict[str, Kpi], plan: Plan) -> pl.DataFrame:
    """The value and interval of each group's sums, by the kind of its KPI; what has no value is left out.

    They are rounded to 9 digits, so that the same rows give the same figures in whatever order they are summed."""
    part, whole, residual, n = pl.col("part"), pl.col("whole"), pl.col("residual"), pl.col("n")
    quotient = part / whole
    deviation = (residual / (n - 1)).sqrt()
    worth = n * pl.col("interaction").replace_strict(
        {kind: value.calls_per_person_week * value.qualified_share for kind, value in plan.opportunities.items()},
        default=None,
        return_dtype=pl.Float64,
    )
    lost = intervals.wilson(part, whole)
    spread_out = pl.when(residual > 0).then(residual)  # rows that are all alike do not tell how far others may be
    unknown = pl.lit(None, pl.Float64)
    forms: dict[str, tuple[pl.Expr, pl.Expr, pl.Expr]] = {
        "share": (quotient, *intervals.wilson(part, n)),
        "mean": (quotient, *intervals.ratio(quotient, whole, spread_out, n)),
        "ratio": (quotient, *intervals.ratio(quotient, whole, spread_out, n)),
        "total": (part, unknown, unknown),
        "spread": (deviation, *intervals.spread(deviation, n)),
        "volume": (quotient * worth, lost[0] * worth, lost[1] * worth),
    }
    key = pl.when(pl.col("of").is_null()).then("kpi").otherwise(pl.format("{}:{}", "kpi", "of"))
    figures = []
    for kind in dict.fromkeys(kpi.kind for kpi in kpis.values()):
        value, low, high = forms[kind]
        named = {name: kpi for name, kpi in kpis.items() if kpi.kind == kind}
        bottom = _bound({name: kpi.bottom for name, kpi in named.items()})
        top = _bound({name: kpi.top for name, kpi in named.items()})
        of_kind = intervals.with_quantiles(sums.filter(pl.col("kpi").is_in(list(named))))
        figures.append(
            of_kind.select(
                *IDENTITY[:-1],
                kpi=key,
                kpi_name="kpi",
                split="of",
                value=_rounded(value),
                n_calls="n_calls",
                low=_rounded(pl.when(low < bottom).then(bottom).otherwise(low)),
                high=_rounded(pl.when(high > top).then(top).otherwise(high)),
            ).filter(pl.col("value").is_finite())
        )
    return pl.concat(figures)


def _bound(ends: dict[str, float | None]) -> pl.Expr:
    return pl.col("kpi").replace_strict(ends, default=None, return_dtype=pl.Float64)


def _rounded(value: pl.Expr) -> pl.Expr:
    return value.round_sig_figs(9).round(12)
