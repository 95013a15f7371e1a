"""Simulated customers: calls that leave the reference, a standard to score them by, and raters who do so more or less
carefully."""

from dataclasses import dataclass
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq

from models.learning.folds import keep_apart
from models.ratings.agreement import qwk
from models.ratings.reference import Reference
from pipeline.language.analyse import Findings
from pipeline.tables.conversations import Acts
from pipeline.tables.values import LEVELS

Indices = NDArray[np.int64]

MOST_CALLS = 100  # of a customer
SHARE = 5 / 9  # of the training calls that a customer has at most
FEWEST_LEFT = 20  # calls that the reference keeps
CLOSING, OPENING = 6, 10  # utterances
CARELESS_SD = 4.0  # levels: agrees with the others as chance would
FIGURES = r"(?i)\d|\b(?:hundred|thousand|million|percent)\b"


@dataclass(frozen=True)
class Scenario:
    """Customers of one kind: their standard, and how far each of three raters agrees with another like him (QWK; None
    scores at random, 0 is careless)."""

    title: str
    standard: str
    raters: tuple[float | None, ...]


SCENARIOS = {
    "a .9": Scenario("the shipped standards, raters agree at .9", "shipped", (0.9,) * 3),
    "a .7": Scenario("the shipped standards, raters agree at .7", "shipped", (0.7,) * 3),
    "a .5": Scenario("the shipped standards, raters agree at .5", "shipped", (0.5,) * 3),
    "b": Scenario("one level stricter, raters agree at .9", "stricter", (0.9,) * 3),
    "c": Scenario("a green needs one clause more, raters agree at .9", "clause", (0.9,) * 3),
    "d": Scenario("random scores", "shipped", (None,) * 3),
    "e": Scenario("the shipped standards, two careful raters (.9) and one careless", "shipped", (0.9, 0.9, 0.0)),
    "example": Scenario("the shipped standards, raters agree at .63", "shipped", (0.63,) * 3),
}


class Scored(NamedTuple):
    """One element of the reference: its calls in order, their levels, and who must not be on both sides.

    clause: the calls that have what some customers ask of a green besides
    """

    element: str
    rubric: str
    calls: list[str]
    levels: Indices
    groups: Indices
    kinds: NDArray[np.str_]
    clause: NDArray[np.bool_]
    clause_name: str

    def standard(self, name: str) -> Indices:
        """The levels by a customer's standard, without noise."""
        if name == "stricter":
            return np.maximum(self.levels - 1, 0)
        top = len(LEVELS) - 1
        if name == "clause":
            return np.where((self.levels == top) & ~self.clause, top - 1, self.levels)
        return self.levels


def scored_elements(
    reference: Reference, levels: dict[tuple[str, str], dict[str, int]], clauses: pl.DataFrame
) -> list[Scored]:
    """Each element that was scored on some calls, `levels` by rubric and element, with the clause that nearest to half
    of its greens have."""
    kinds = dict(reference.calls.select("call_id", "interaction").iter_rows())
    found = []
    for (rubric, element), level_of in levels.items():
        calls = sorted(level_of)
        level = np.array([level_of[call] for call in calls])
        order = pl.DataFrame({"call_id": calls}).join(clauses, on="call_id", how="left", maintain_order="left")
        has = order.drop("call_id").fill_null(value=False).to_numpy()
        name = int(abs(has[level == len(LEVELS) - 1].mean(axis=0) - 0.5).argmin())
        found.append(
            Scored(
                element,
                rubric,
                calls,
                level,
                keep_apart(reference.calls, calls).groups,
                np.array([kinds[call] for call in calls]),
                has[:, name],
                order.columns[1 + name],
            )
        )
    return found


def find_clauses(reference: Reference, acts: dy.DataFrame[Acts], findings: Findings) -> pl.DataFrame:
    """call_id and for each clause whether the call has it: properties of the text that no anchor asks for as such."""
    n = pl.int_range(pl.len()).over("call_id")
    talk = reference.talk.with_columns(from_start=n, from_end=pl.len().over("call_id") - 1 - n)
    lead = talk.filter(side="lead")
    asked = acts.filter(pl.col("act").is_in(["ask_open", "ask_closed"])).select("call_id", "idx").unique()
    opened = lead.join(acts.filter(act="ask_open").select("call_id", "idx").unique(), on=["call_id", "idx"], how="semi")
    clauses = {
        "a date by which something is to be done": findings.actions.filter(pl.col("due_date").is_not_null()),
        "a question by the lead at the close": lead.join(asked, on=["call_id", "idx"], how="semi").filter(
            pl.col("from_end") < CLOSING
        ),
        "three open questions": opened.filter(pl.len().over("call_id") > 2),
        "an open question in the opening": opened.filter(pl.col("from_start") < OPENING),
        "a figure named by the lead": lead.filter(pl.col("text").str.contains(FIGURES)),
    }
    calls = reference.calls.select("call_id")
    has = [calls["call_id"].is_in(rows["call_id"].unique().implode()).alias(name) for name, rows in clauses.items()]
    return calls.with_columns(has)


def draw_customer(scored: Scored, training: Indices, draw: np.random.Generator) -> Indices:
    """The training calls that become the customer's, by people, in the order in which they will be scored."""
    wanted = min(MOST_CALLS, round(SHARE * len(training)), len(training) - FEWEST_LEFT)
    taken: list[int] = []
    for group in draw.permutation(np.unique(scored.groups[training])):
        members = training[scored.groups[training] == group]
        if len(taken) + len(members) <= wanted:
            taken += members.tolist()
    return draw.permutation(np.array(taken, np.int64))


def rate(levels: Indices, scenario: Scenario, draw: np.random.Generator) -> NDArray[np.int64]:
    """Three raters' scores of calls whose levels by their standard are given: calls by raters."""
    columns = []
    for agreement in scenario.raters:
        if agreement is None:
            columns.append(draw.integers(0, len(LEVELS), len(levels)))
            continue
        sd = noise_for(levels, agreement) if agreement else CARELESS_SD
        columns.append(np.clip(np.rint(levels + sd * draw.standard_normal(len(levels))), 0, len(LEVELS) - 1))
    return np.stack(columns, axis=1).astype(np.int64)


def noise_for(levels: Indices, agreement: float) -> float:
    """The standard deviation, in levels, at which two raters of these levels agree at a QWK."""
    many = np.repeat(levels, 40)
    noise = np.random.default_rng(1).standard_normal((2, len(many)))

    def over(sd: float) -> float:
        first, second = np.clip(np.rint(many + sd * noise), 0, len(LEVELS) - 1)
        return qwk(first, second) - agreement

    return float(brentq(over, 0.05, 6.0, xtol=0.01))
