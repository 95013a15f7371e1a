"""The simulation: what is learnt from a customer's first scores, on calls of people whom nothing was learnt from."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.calibration.customers import SCENARIOS, Indices, Scored, draw_customer, rate
from models.features.features import CallRows, Features, Floats, describe_calls
from models.learning import evidence
from models.learning.champion import Compared, earns_use
from models.learning.classifiers import OrdinalRidge
from models.learning.folds import FOLDS, spread_groups
from models.learning.gate import Validated
from models.learning.learner import TRUST
from models.learning.sources import Sources, fit_reference, fit_sources
from models.learning.tasks import levels_of_people
from models.ratings.scores import MIN_SCORED_CALLS

NUMBERS = (0, 10, 20, 50, 100)
SCHEMA: dict[str, type[pl.DataType]] = {
    "scenario": pl.String,
    "element": pl.String,
    "draw": pl.Int64,
    "n": pl.Int64,
    "n_scored": pl.Int64,
    "n_customer": pl.Int64,
    "call_id": pl.String,
    "level": pl.Int64,
    "first": pl.Int64,
    "learnt": pl.Int64,
    "best": pl.Int64,
    "best_unnamed": pl.Int64,
    "used": pl.Boolean,
    "of_customer": pl.Boolean,
}


class Cell(NamedTuple):
    """One element, draw and fold: calls left out, the customer's in the order of scoring, those left to the reference,
    and the folds of the training calls (FOLDS for those left out)."""

    scored: Scored
    draw: int
    held: Indices
    customer: Indices
    reference: Indices
    fold: Indices


class LearntBy(NamedTuple):
    """What an element is learnt by: features, what mishearing does to them, and the utterances that raters named."""

    features: Features
    noise: Floats
    named: set[tuple[str, int]]


def cells(scored: Scored, draw: int) -> Iterator[Cell]:
    """The folds of one draw in which the customer has calls enough to learn from."""
    outer = spread_groups(scored.groups, seed=draw + 1)
    for k in range(FOLDS):
        held, training = np.flatnonzero(outer == k), np.flatnonzero(outer != k)
        customer = draw_customer(scored, training, np.random.default_rng([draw, k]))
        if len(customer) < MIN_SCORED_CALLS:
            continue
        fold = np.full(len(scored.calls), FOLDS)
        fold[training] = spread_groups(scored.groups[training])
        yield Cell(scored, draw, held, customer, np.setdiff1d(training, customer), fold)


class Bench:
    """A cell with what is known of its calls; nothing in it hangs on scenario or number, so that it is made once."""

    def __init__(self, cell: Cell, learnt_by: LearntBy) -> None:
        self.cell = cell
        self.features, self.noise, self.named = learnt_by
        self.about: CallRows = describe_calls(self.features)
        self.ridge = OrdinalRidge(tuple(zip((*self.about.blocks, evidence.POOLED), TRUST, strict=True)))
        self.rows = self._with_evidence(cell.reference, cell.scored.levels, self.named)
        self.plains = {k: self._plain(k) for k in range(FOLDS + 1)}

    def _plain(self, k: int) -> OrdinalRidge:
        """The reference's classifier without fold k."""
        own = self.cell.reference[self.cell.fold[self.cell.reference] != k]
        levels, groups = self.cell.scored.levels[own], self.cell.scored.groups[own]
        nobody = levels < 0
        sources = Sources(levels, levels.astype(float), nobody, groups, nobody)
        return fit_reference(self.rows[own], sources, self.ridge)

    def first(self) -> Indices:
        """The levels of the calls left out by the reference that is left."""
        return self.plains[FOLDS].predict(self.rows[self.cell.held])

    def best(self, levels: Indices, *, named: bool) -> Indices:
        """The levels of the calls left out by all training calls scored by the customer's standard; `named` whether
        the customer's scores name utterances as the reference's do."""
        training = np.concatenate([self.cell.reference, self.cell.customer])
        customers = {self.features.calls[row] for row in self.cell.customer}
        shown = self.named if named else {turn for turn in self.named if turn[0] not in customers}
        rows = self._with_evidence(training, levels, shown)
        fitted = self.ridge.like().fit(rows[training], levels[training], self.cell.scored.groups[training])
        return fitted.predict(rows[self.cell.held])

    def _with_evidence(self, teaching: Indices, levels: Indices, named: set[tuple[str, int]]) -> NDArray[np.float64]:
        """Call rows with the evidence learnt from `teaching`, of each call by weights that had not seen its fold."""
        teach = np.isin(np.arange(len(levels)), teaching)
        key = teach.tobytes()
        if getattr(self, "_taught", b"") != key:
            self._taught = key
            self._solver = evidence.Solver(self.features, self.cell.fold, teach, noise=self.noise)
        wanted = evidence.targets(self.features, dict(zip(self.features.calls, levels.tolist(), strict=True)), named)
        scores = evidence.unseen_scores(self.features, self._solver, self._solver.products(wanted))
        pooled = evidence.pool(evidence.pad(scores, self.features.starts))
        return np.hstack([self.about.rows, pooled]).astype(np.float64)

    def learn(self, ratings: Indices) -> tuple[Indices, Indices, pl.DataFrame]:
        """Learn from scores of the customer's first calls (calls by raters), as `train` does.

        Returns the levels of the calls left out, whether each is by what was learnt (1) or by the reference (0), and of
        the customer's calls, judged by models that had not seen them: level (scored), first, learnt, used.
        """
        cell, scored = self.cell, self.cell.scored
        own = cell.customer[: len(ratings)]
        settled = settle(ratings)
        training = np.concatenate([cell.reference, own])
        people = np.arange(len(training)) >= len(cell.reference)
        levels = np.concatenate([scored.levels[cell.reference], settled["level"].to_numpy()])
        values = np.concatenate([scored.levels[cell.reference], settled["value"].to_numpy()]).astype(float)
        sources = Sources(levels, values, people, scored.groups[training], np.zeros(len(people), bool))
        rows, fold = self.rows[training], cell.fold[training]
        given, in_use = np.zeros((2, len(training)), np.int64)
        for k in np.unique(fold[people]):
            seen, held = np.flatnonzero(fold != k), np.flatnonzero((fold == k) & people)
            fitted, plain = fit_sources(rows[seen], sources.take(seen), self.ridge, plain=self.plains[int(k)])
            given[held], in_use[held] = fitted.predict(rows[held]), plain.predict(rows[held])
        verdicts = self._verdicts(levels[people], given[people], in_use[people], own, ratings)
        fitted, plain = fit_sources(rows, sources, self.ridge, plain=self.plains[FOLDS])
        kinds = scored.kinds[cell.held]
        used = np.array([verdicts[kind].better for kind in kinds])
        held_rows = self.rows[cell.held]
        learnt = np.where(used, fitted.predict(held_rows), plain.predict(held_rows))
        own_used = np.array([verdicts[kind].better for kind in scored.kinds[own]])
        table = pl.DataFrame(
            {
                "level": levels[people],
                "first": in_use[people],
                "learnt": np.where(own_used, given[people], in_use[people]),
                "used": own_used,
            }
        )
        return learnt, used, table

    def _verdicts(
        self, levels: Indices, given: Indices, in_use: Indices, own: Indices, ratings: Indices
    ) -> dict[str, Compared]:
        scored = self.cell.scored
        none = np.zeros(len(own), np.int64)
        validated = Validated(
            [scored.calls[row] for row in own], self.cell.fold[own], levels, np.zeros((len(own), 4)), given, none, none,
            in_use, scored.kinds[own], scored.groups[own],
        )  # fmt: skip
        return earns_use(validated, ratings.astype(float), tuple(np.unique(scored.kinds).tolist()))


def settle(ratings: Indices) -> pl.DataFrame:
    """level and value of each call that was scored, in the order of the rows."""
    calls = [f"{row:04}" for row in range(len(ratings))]
    long = pl.DataFrame(
        [
            {"call_id": call, "rater": f"r{rater}", "level": level, "task": "0"}
            for call, row in zip(calls, ratings.tolist(), strict=True)
            for rater, level in enumerate(row)
        ]
    )
    return levels_of_people(long).sort("call_id")


def simulate(cell: Cell, learnt_by: LearntBy, scenarios: tuple[str, ...]) -> pl.DataFrame:
    """All scenarios and numbers of one cell: a row per call left out, and per call of the customer where all of the
    customer's calls are scored (best is null there)."""
    bench = Bench(cell, learnt_by)
    scored, first = cell.scored, bench.first()
    best: dict[tuple[str, bool], Indices] = {}
    tables = []
    for name in scenarios:
        scenario = SCENARIOS[name]
        truth = scored.standard(scenario.standard)
        for shown in (True, False):
            if (scenario.standard, shown) not in best:
                best[scenario.standard, shown] = bench.best(truth, named=shown)
        draw = np.random.default_rng([cell.draw, int(cell.held[0])])
        ratings = rate(truth, scenario, draw)[cell.customer]
        known: dict[int, tuple[Indices, Indices, pl.DataFrame]] = {}
        for n in NUMBERS:
            n_scored = min(n, len(cell.customer))
            learnt, used = first, np.zeros(len(first), bool)
            if n_scored >= MIN_SCORED_CALLS:
                if n_scored not in known:
                    known[n_scored] = bench.learn(ratings[:n_scored])
                learnt, used, own = known[n_scored]
                if n == NUMBERS[-1]:
                    calls = [scored.calls[row] for row in cell.customer[:n_scored]]
                    own = own.with_columns(pl.Series("call_id", calls), of_customer=pl.lit(value=True))
                    tables.append(_about(own, cell, name, n, n_scored))
            rows = pl.DataFrame(
                {
                    "call_id": [scored.calls[row] for row in cell.held],
                    "level": truth[cell.held],
                    "first": first,
                    "learnt": learnt,
                    "best": best[scenario.standard, True],
                    "best_unnamed": best[scenario.standard, False],
                    "used": used,
                }
            ).with_columns(of_customer=pl.lit(value=False))
            tables.append(_about(rows, cell, name, n, n_scored))
    return pl.concat(tables)


def _about(rows: pl.DataFrame, cell: Cell, scenario: str, n: int, n_scored: int) -> pl.DataFrame:
    about = {"scenario": scenario, "element": cell.scored.element, "draw": cell.draw, "n": n, "n_scored": n_scored}
    about |= {"n_customer": len(cell.customer)}
    whole = rows.with_columns(**{name: pl.lit(value) for name, value in about.items()})
    absent = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in whole.columns]
    return whole.with_columns(absent).select(*SCHEMA).cast(pl.Schema(SCHEMA))
