"""The page docs/accuracy/hearing.md."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import polars as pl
from scipy.stats import binomtest

from benchmarks.hearing.compare import colours
from benchmarks.hearing.spoken import KINDS
from benchmarks.page import table
from models.ratings.misheard import read_channel
from pipeline.metrics.kpis import KPIS
from pipeline.store.delta import Store
from pipeline.tables.values import LEVELS

WER_EDGES = (0.02, 0.05, 0.1, 0.2, 0.4)
HEAD = """# What errors of hearing do to the figures

Written by `{command}`. {n} reference conversations of `data/scripted` are spoken by synthetic voices with pauses,
overlaps and back-channels, sent over kinds of lines, and heard as any recording is: diarization, Whisper base, roles by
what is said. The same turns read as a transcript that names the roles are what they are held against, so that an error
here is one of hearing alone: of words, of who said them, of when. Words are compared in the normal form of Whisper's
own evaluation: numbers in digits, contractions spelt out, fillers left out.

Synthetic voices are clean and evenly paced; people on the same lines are misheard more often
([benchmarks](../benchmarks.md)), so read the table by word error rate. The classifiers have learnt from texts of these
conversations, among others: their colours are surer here, and change less, than in conversations they do not know.
"""

DOUBTED = """Classifiers doubt what mishearing moves. The channel of Whisper base's errors, learnt from these recordings
(`benchmarks/training/misheard.py`: which words it misheard how often and as what, which marks it set), spoils one
in four reference conversations; the ridge over utterances is held back by how far its scores move between what was
written and what was spoilt. No level is learnt from spoilt text, and figures of agreement are of text as written. The
channel keeps words of two conversations at least, so that it knows none of these by heart. Over all lines it misheard
{name:.0%} of names, {unknown:.0%} of words that the lexical encoder does not know, and {known:.0%} of others.
"""


class Figures(NamedTuple):
    """What was found in a workspace: word error rates, errors of KPIs, what moves colours and on which kind of line."""

    rates: pl.DataFrame
    errors: pl.DataFrame
    causes: pl.DataFrame
    kind: str


def page(store: Store, listed: pl.DataFrame, figures: Figures, *, command: str) -> str:
    """The whole page, from what was scored in a workspace."""
    rates, errors = figures.rates, figures.errors
    judged = colours(store, listed, rates)
    kinds = [kind for kind in KINDS if kind in set(listed["kind"])]
    parts = [
        HEAD.format(command=command, n=listed["conversation"].n_unique()),
        "## Colours\n",
        table(
            ("line", "calls", "not scored", "words wrong", "sides swapped", "colours", "changed", "by two or more",
             "expected level moves by", "colours without review", "changed of these"),
            (_kind_row(kind, listed, rates, judged) for kind in kinds),
        ),
        "By the share of words wrong in the conversation, all lines together:\n",
        table(("words wrong", "calls", "colours", "changed", "by two or more"), _by_wer(rates, judged)),
        f"What moves them, {figures.kind}: the same judged again with a part of it as it was spoken.\n",
        table(
            ("judged beside what was spoken", "colours", "changed", "expected level moves by"),
            ([cause, n, f"{changed:.1%}", moved] for cause, n, changed, moved in figures.causes.iter_rows()),
        ),
        DOUBTED.format_map(read_channel().kinds),
        "By element, share of colours that change:\n",
        table(("element", *kinds), _by_element(judged, kinds)),
        "## KPIs\n",
        "Heard less read: the bias, which more conversations do not lessen, ± the standard deviation of one "
        "conversation's error, which the mean of n divides by the root of n.\n",
        table(("KPI", "unit", *kinds), _by_kpi(errors, kinds)),
    ]  # fmt: skip
    return "\n".join(parts)


def _kind_row(kind: str, listed: pl.DataFrame, rates: pl.DataFrame, judged: pl.DataFrame) -> list[object]:
    of_kind, mine = rates.filter(kind=kind), judged.filter(kind=kind)
    n_calls = listed.filter(kind=kind).height
    about = [kind, n_calls, n_calls - of_kind.height, _percent(of_kind["wer"]), of_kind["swapped"].sum()]
    sure = mine.filter("sure")
    moved = [_interval(mine["changed"]), _percent(mine["moved"] > 1), _mean(mine["expected_moved"])]
    return [*about, mine.height, *moved, sure.height, _percent(sure["changed"])]


def _by_wer(rates: pl.DataFrame, judged: pl.DataFrame) -> Iterator[list[object]]:
    edges = [0.0, *WER_EDGES, float("inf")]
    for low, high in pairwise(edges):
        within = pl.col("wer").is_between(low, high, closed="left")
        calls, mine = rates.filter(within), judged.filter(within)
        if calls.height:
            name = f"{low:.0%} to {high:.0%}" if high <= 1 else f"{low:.0%} or more"
            yield [name, calls.height, mine.height, _percent(mine["changed"]), _percent(mine["moved"] > 1)]


def _by_element(judged: pl.DataFrame, kinds: list[str]) -> Iterator[list[object]]:
    for element in sorted(judged["element"].unique()):
        of_element = judged.filter(element=element)
        yield [element, *(_percent(of_element.filter(kind=kind)["changed"]) for kind in kinds)]


def _by_kpi(errors: pl.DataFrame, kinds: list[str]) -> Iterator[list[object]]:
    shares = [f"{color}_share" for color in LEVELS]  # the colours have tables of their own
    for (kpi, split), rows in errors.filter(~pl.col("kpi").is_in(shares)).group_by("kpi", "split", maintain_order=True):
        cells = {line: (bias, spread) for line, bias, spread in rows.select("line", "bias", "spread").iter_rows()}
        name = f"{kpi}:{split}" if split else kpi
        yield [name, KPIS[str(kpi)].unit, *(_error(*cells[kind]) if kind in cells else "" for kind in kinds)]


def _error(bias: float, spread: float | None) -> str:
    return f"{bias:+.3g}" + ("" if spread is None else f" ± {spread:.2g}")


def _interval(values: pl.Series) -> str:
    """A share with its 95 % interval, as if each colour were a case of its own."""
    if values.is_empty():
        return ""
    low, high = binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
    return f"{_percent(values)} ({low:.1%} to {high:.1%})"


def _percent(values: pl.Series) -> str:
    return f"{float(values.cast(pl.Float64).to_numpy().mean()):.1%}" if len(values) else ""


def _mean(values: pl.Series) -> str:
    return f"{float(values.to_numpy().mean()):.2f}" if len(values) else ""
