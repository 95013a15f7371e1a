"""Sources: people's standards on top of the reference's, and the candidates that people's scores bear out."""

import numpy as np
import pytest

from models.learning.classifiers import OrdinalRidge, chances_of, fit_odds
from models.learning.sources import CANDIDATES, Sources, _held_odds, candidates, fit_reference, fit_sources
from models.ratings.agreement import qwk

N_REFERENCE, N_PEOPLE, N_HELD = 80, 40, 200


def calls(people_levels, *, seed: int = 0) -> tuple[np.ndarray, Sources, np.ndarray]:
    """Calls whose quality shows in some columns: rows, sources (people score by their own standard), shipped levels."""
    draw = np.random.default_rng(seed)
    n = N_REFERENCE + N_PEOPLE + N_HELD
    quality = draw.uniform(-0.5, 3.5, n)
    rows = np.hstack([quality[:, None] + 0.3 * draw.standard_normal((n, 3)), draw.standard_normal((n, 5))])
    shipped = np.clip(np.rint(quality), 0, 3).astype(np.int64)
    people = np.arange(n) >= N_REFERENCE
    levels = np.where(people, people_levels(shipped, draw), shipped)
    return rows, Sources(levels, levels.astype(float), people, np.arange(n), np.zeros(n, bool)), shipped


def stricter(levels: np.ndarray, _: object) -> np.ndarray:
    return np.maximum(levels - 1, 0)


def learnt(rows: np.ndarray, sources: Sources) -> tuple[OrdinalRidge, OrdinalRidge]:
    seen = np.arange(N_REFERENCE + N_PEOPLE)
    return fit_sources(rows[seen], sources.take(seen), OrdinalRidge())


def test_stricter_people():
    """People one level stricter: on calls left out the model of both agrees with them clearly more than the reference
    does, and nearly as much as the reference does with its own raters."""
    rows, sources, shipped = calls(stricter)
    model, plain = learnt(rows, sources)
    held = slice(N_REFERENCE + N_PEOPLE, None)
    with_people = qwk(sources.levels[held], model.predict(rows[held]))
    assert with_people > qwk(sources.levels[held], plain.predict(rows[held])) + 0.2
    assert with_people > qwk(shipped[held], plain.predict(rows[held])) - 0.05


def test_probabilities_are_those_of_people():
    """The mean level that is foretold is people's, a level under the reference's."""
    rows, sources, shipped = calls(stricter)
    model, plain = learnt(rows, sources)
    held = slice(N_REFERENCE + N_PEOPLE, None)
    means = [float((fitted.predict_proba(rows[held]) @ np.arange(4)).mean()) for fitted in (model, plain)]
    assert means == pytest.approx([sources.levels[held].mean(), shipped[held].mean()], abs=0.15)


def test_same_standards_are_pooled():
    """People of the shipped standards: both together are no worse than the reference alone."""
    rows, sources, _ = calls(lambda levels, _: levels)
    model, plain = learnt(rows, sources)
    held = slice(N_REFERENCE + N_PEOPLE, None)
    model_qwk, plain_qwk = (qwk(sources.levels[held], fitted.predict(rows[held])) for fitted in (model, plain))
    assert model_qwk >= plain_qwk - 0.005


def test_reference_as_it_is_is_a_candidate():
    """The first candidate gives every call the level of a ridge on the reference alone."""
    rows, sources, _ = calls(stricter)
    seen = np.arange(N_REFERENCE + N_PEOPLE)
    plain = fit_reference(rows[seen], sources.take(seen), OrdinalRidge())
    found = candidates(rows[seen], sources.take(seen), plain)
    alone = OrdinalRidge().fit(rows[:N_REFERENCE], sources.levels[:N_REFERENCE], sources.groups[:N_REFERENCE])
    assert tuple(found) == CANDIDATES[:-1]
    assert np.array_equal(found["reference"].classifier.predict(rows), alone.predict(rows))


def test_judged_levels_do_not_know_their_call():
    """Turning one call's score upside down does not change the level by which its own fold's cut-offs judge it."""
    rows, sources, _ = calls(stricter)
    seen = np.arange(N_REFERENCE + N_PEOPLE)
    first = sources.take(seen)
    levels = first.levels.copy()
    levels[N_REFERENCE] = 3 - levels[N_REFERENCE]
    second = first._replace(levels=levels, values=levels.astype(float))
    plain = fit_reference(rows[seen], first, OrdinalRidge())
    name = "reference with people's cut-offs"
    own = [candidates(rows[seen], given, plain)[name].levels[0] for given in (first, second)]
    assert own[0] == own[1]


def test_odds_without_scores_are_the_references():
    """Held to the reference's odds, odds of no scores are those; of many they are people's own."""
    draw = np.random.default_rng(0)
    scores = draw.standard_normal(4000)
    levels = np.clip(np.rint(1.5 + 1.2 * scores + 0.5 * draw.standard_normal(4000)), 0, 3).astype(np.int64)
    start = fit_odds(scores, levels)
    none = _held_odds(scores[:0], levels[:0], start, 1.0, begin=start)
    assert none == pytest.approx(start, abs=1e-6)
    strict = np.maximum(levels - 1, 0)
    many = _held_odds(scores, strict, start, 1.0, begin=start)
    shares = chances_of(scores, many).mean(axis=0)
    assert shares == pytest.approx(np.bincount(strict, minlength=4) / 4000, abs=0.02)


N_EARLIER, N_NOW = 40, 25


def reworded(seed: int, earlier_levels, stress: float) -> tuple[np.ndarray, Sources, np.ndarray]:
    """A reference, 40 calls that people scored by an earlier wording, 25 by today's, and calls left out, as people
    score them by today's: rows, sources, the rows left out. People lay stress on what the reference does not ask for.
    """
    draw = np.random.default_rng(seed)
    n = N_REFERENCE + N_EARLIER + N_NOW + N_HELD
    quality, other = draw.uniform(-0.5, 3.5, n), draw.standard_normal(n)
    rows = np.hstack([
        quality[:, None] + 0.6 * draw.standard_normal((n, 3)), other[:, None] + 0.3 * draw.standard_normal((n, 3)),
        draw.standard_normal((n, 12)),
    ])  # fmt: skip
    asked = quality + stress * other + 0.3 * draw.standard_normal(n)
    shipped, theirs = (np.clip(np.rint(values), 0, 3).astype(np.int64) for values in (quality, asked))
    at = np.arange(n)
    earlier = (at >= N_REFERENCE) & (at < N_REFERENCE + N_EARLIER)
    levels = np.where(at < N_REFERENCE, shipped, np.where(earlier, earlier_levels(theirs, draw), theirs))
    sources = Sources(levels, levels.astype(float), (at >= N_REFERENCE) & ~earlier, at, earlier)
    return rows, sources, np.flatnonzero(at >= N_REFERENCE + N_EARLIER + N_NOW)


def milder(levels: np.ndarray, _: object) -> np.ndarray:
    return np.minimum(levels + 1, 3)


def unrelated(levels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return draw.integers(0, 4, len(levels))


def with_and_without(seed: int, earlier_levels, *, stress: float = 1.5) -> tuple[float, float]:
    """Agreement on calls left out of what learnt from all sources, and of what the earlier wording is kept from."""
    rows, sources, held = reworded(seed, earlier_levels, stress)
    seen = np.setdiff1d(np.arange(len(rows)), held)
    now = seen[~sources.earlier[seen]]
    fitted = [fit_sources(rows[part], sources.take(part), OrdinalRidge())[0] for part in (seen, now)]
    both, alone = (qwk(sources.levels[held], model.predict(rows[held])) for model in fitted)
    return both, alone


def test_earlier_wording_teaches():
    """40 calls that the same people scored by an earlier wording, one level milder, teach what they look at: on calls
    left out it is better than from 25 by today's wording and the reference alone, and on no draw worse by more than
    .02. Before, with a reference at hand, these scores were not learnt from at all."""
    both, alone = np.array([with_and_without(seed, milder) for seed in range(8)]).T
    assert both.mean() > alone.mean() + 0.03
    assert (both - alone).min() > -0.02


def test_earlier_wording_of_the_same_standards():
    """Where people look at the same as the reference, so that there is nothing to win, no draw loses more than .02."""
    both, alone = np.array([with_and_without(seed, milder, stress=0.0) for seed in range(8)]).T
    assert (both - alone).min() > -0.02


def test_earlier_wording_of_nothing():
    """Scores by an earlier wording that have to do with nothing cost next to nothing."""
    both, alone = np.array([with_and_without(seed, unrelated) for seed in range(8)]).T
    assert (both - alone).mean() > -0.02


def test_severity_by_the_earlier_wording_is_its_own():
    """The mean level that is foretold is that of today's wording, not the milder one of the earlier."""
    rows, sources, held = reworded(0, milder, 1.5)
    seen = np.setdiff1d(np.arange(len(rows)), held)
    model, _ = fit_sources(rows[seen], sources.take(seen), OrdinalRidge())
    mean = float((model.predict_proba(rows[held]) @ np.arange(4)).mean())
    assert mean == pytest.approx(sources.levels[held].mean(), abs=0.25)
    assert mean < sources.levels[sources.earlier].mean() - 0.3
