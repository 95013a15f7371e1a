"""Panels of people: what three of nineteen raters tell of the others, and how far small panels agree."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.people.corpora import Corpus
from models.ratings.agreement import qwk
from models.ratings.severity import adjudicate

Matrix = NDArray[np.float64]


class FromThree(NamedTuple):
    """One scale: root mean square errors from the mean of all other raters, each the root mean square of the draws.

    value, mean, drawn_in: of the adjudicated value, of the plain mean of three, and of that mean drawn towards the mean
    of all calls as far as its error asks for; covered, width: of the 95 % interval; nearer: the share of draws in which
    the value is nearer than the plain mean
    """

    element: str
    value: float
    mean: float
    drawn_in: float
    covered: float
    width: float
    nearer: float


class Apart(NamedTuple):
    """How far QWK of two panels of `size` on `n_calls` goes apart: 2.5 %, median and 97.5 % of draws."""

    element: str
    size: int
    n_calls: int
    low: float
    middle: float
    high: float


def wide(corpus: Corpus, element: str) -> tuple[list[str], list[str], Matrix]:
    """Calls, raters and their levels, calls by raters, nan where a rater did not score."""
    table = (
        corpus.ratings.filter(element=element)
        .sort("rater")
        .pivot("rater", index="call_id", values="level")
        .sort("call_id")
    )
    levels = table.drop("call_id")
    return table["call_id"].to_list(), levels.columns, levels.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def from_three(corpus: Corpus, *, draws: int, size: int = 3) -> list[FromThree]:
    """Adjudicate all scales from the scores of `size` raters drawn at random, and compare with the others' mean."""
    draw = np.random.default_rng(0)
    scales = {element: wide(corpus, element) for element in corpus.steps}
    raters = corpus.ratings["rater"].unique().sort().to_list()
    seen: dict[str, list[tuple[float, ...]]] = {element: [] for element in scales}
    for _ in range(draws):
        chosen = [raters[at] for at in draw.choice(len(raters), size, replace=False)]
        found = adjudicate(corpus.ratings.filter(pl.col("rater").is_in(chosen)), n_levels=max(corpus.steps.values()))
        for element, (_, names, levels) in scales.items():
            inside = np.isin(names, chosen)
            its = found.filter(element=element).sort("call_id")
            seen[element].append(_errors(its, levels[:, inside], levels[:, ~inside].mean(axis=1)))
    return [FromThree(element, *_over_draws(np.array(rows))) for element, rows in seen.items()]


def _errors(found: pl.DataFrame, given: Matrix, others: Matrix) -> tuple[float, ...]:
    mean = given.mean(axis=1)
    noise = given.var(axis=1, ddof=1).mean() / given.shape[1]
    drawn_in = mean.mean() + (mean - mean.mean()) * max(0.0, 1 - noise / mean.var())
    errors = [float(((guess - others) ** 2).mean()) for guess in (found["value"].to_numpy(), mean, drawn_in)]
    covered = (found["low"].to_numpy() <= others) & (others <= found["high"].to_numpy())
    return (
        *errors,
        float(covered.mean()),
        float((found["high"] - found["low"]).to_numpy().mean()),
        float(errors[0] < errors[1]),
    )


def _over_draws(rows: Matrix) -> Matrix:
    means: Matrix = rows.mean(axis=0)
    means[:3] = np.sqrt(means[:3])
    return means


def panels_apart(corpus: Corpus, size: int, n_calls: int, *, draws: int = 1000) -> list[Apart]:
    """QWK of the medians of two panels that share no rater, on calls drawn at random."""
    draw = np.random.default_rng(0)
    rows = []
    for element in corpus.steps:
        _, _, levels = wide(corpus, element)
        values = []
        for _ in range(draws):
            calls = draw.choice(len(levels), n_calls, replace=False)
            both = draw.choice(levels.shape[1], 2 * size, replace=False)
            first, second = (
                np.floor(np.median(levels[np.ix_(calls, part)], axis=1) + 0.5) for part in (both[:size], both[size:])
            )
            values.append(qwk(first, second, n_levels=corpus.steps[element]))
        rows.append(Apart(element, size, n_calls, *np.nanquantile(values, [0.025, 0.5, 0.975])))
    return rows


def one_and_three(levels: Matrix, *, raters_known: bool = True, draws: int = 200) -> tuple[float, float | None]:
    """Spearman of one rater with the mean of the call's others, and of the mean of three with the mean of the rest.

    Where raters are known, the mean over raters and over draws; else over all scores at once, and none of three.
    """
    n_raters = levels.shape[1]
    alone = [_alone(levels, rater) for rater in range(n_raters)]
    if not raters_known:
        return _spearman(*(np.concatenate(part) for part in zip(*alone, strict=True))), None
    draw = np.random.default_rng(0)
    three = []
    for _ in range(draws):
        inside = np.isin(np.arange(n_raters), draw.choice(n_raters, 3, replace=False))
        three.append(_spearman(levels[:, inside].mean(axis=1), levels[:, ~inside].mean(axis=1)))
    return float(np.mean([_spearman(*pair) for pair in alone])), float(np.mean(three))


def _alone(levels: Matrix, rater: int) -> tuple[Matrix, Matrix]:
    """A rater's levels, and the mean of the others on the same calls."""
    own, others = levels[:, rater], np.delete(levels, rater, axis=1)
    used = ~np.isnan(own) & ~np.isnan(others).all(axis=1)
    return own[used], np.nanmean(others[used], axis=1)


def _spearman(first: Matrix, second: Matrix) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)
