"""How KPIs read on a page: the figure with its interval, and whether so few conversations stand behind it that it says
little."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from pipeline.metrics.cadence import Plan
from pipeline.metrics.hearing import hearing_errors
from pipeline.metrics.kpis import KPIS


@dataclass(frozen=True)
class Figure:
    """The value of a KPI, as a number and as people read it; `interval` is empty where there is none.

    `hearing` says how far errors of hearing may move it, by kind of recording; empty where that is not known.
    """

    value: float
    text: str
    interval: str
    n: int
    small: bool
    hearing: str = ""


@dataclass(frozen=True)
class Heading:
    """A KPI that heads a column: its title, and what it means."""

    kpi: str
    title: str
    about: str


@dataclass(frozen=True)
class KpiRow:
    """A value of the table of KPIs."""

    kpi: str
    value: float
    n_calls: int
    low: float | None
    high: float | None


def headings(titles: Iterable[tuple[str, str]]) -> list[Heading]:
    """Heads of columns from pairs of KPI and title."""
    return [Heading(kpi, title, KPIS[kpi].definition) for kpi, title in titles]


def figure(name: str, row: KpiRow, plan: Plan) -> Figure:
    """The figure of a row; `name` is its KPI without what it is split by."""
    unit = KPIS[name].unit
    interval = "" if row.low is None or row.high is None else f"{shown(row.low, unit)} to {shown(row.high, unit)}"
    small = is_small(name, row.n_calls, plan)
    return Figure(row.value, shown(row.value, unit), interval, row.n_calls, small, heard(name, row.n_calls))


def heard(name: str, n_calls: int) -> str:
    """How far errors of hearing move a KPI of so many recordings of one kind: bias ± standard error; "" if unknown."""
    scale, unit, digits = (100, " points", 0) if KPIS[name].unit == "share" else (1, "", 1)
    errors = []
    for error in hearing_errors(name):
        spread = "" if error.spread is None else f" ± {scale * error.spread / sqrt(max(1, n_calls)):.{digits}f}"
        errors.append(f"{error.line} {scale * error.bias:+.{digits}f}{spread}{unit}")
    return "; ".join(errors)


def is_small(name: str, n_calls: int, plan: Plan) -> bool:
    """Whether a figure rests on so few conversations that it says little; counts do not, nor do meetings not held."""
    return n_calls < plan.small_n and KPIS[name].kind != "total" and KPIS[name].source != "pairs"


def shown(value: float, unit: str) -> str:
    """A KPI's value as people read it: shares in percent, counts whole, the rest with one digit."""
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if unit in ("count", "0–100", "min") else f"{value:.1f}"
