"""The rater model: its gradient, and what it makes of raters whose ways are known."""

import numpy as np
import pytest

from models.ratings.rater_model import GRID, Ratings, _Model, blurred, fit_raters, quantile


def panel(
    severities: list[float], noises: list[float], *, n_calls: int = 300, seed: int = 0
) -> tuple[Ratings, np.ndarray]:
    """Every rater scores one element of every call; and the calls' qualities."""
    draw = np.random.default_rng(seed)
    quality = draw.normal(size=n_calls)
    ways = np.array(severities)[:, None], np.array(noises)[:, None]
    shown = 1.5 + quality - ways[0] + ways[1] * draw.normal(size=(len(severities), n_calls))
    rater, unit = np.indices(shown.shape)
    level = np.round(shown).clip(0, 3).astype(np.int64)
    nothing = np.zeros(n_calls, np.int64)
    return Ratings(unit.ravel(), rater.ravel(), level.ravel(), nothing, np.arange(n_calls), 4), quality


def test_gradient_is_that_of_the_loss():
    """Each part of the gradient is the loss's change by a small step."""
    ratings, _ = panel([0.0, 0.5, -0.5], [0.5, 0.5, 1.0], n_calls=40)
    model = _Model(ratings._replace(item=np.arange(40) % 2))
    model.fit((0.8, 0.5))
    at = model.center + 0.2 * np.random.default_rng(1).normal(size=len(model.center))
    gradient = model.loss(at)[1]
    for place in range(len(at)):
        step = np.eye(len(at))[place] * 1e-5
        by_steps = (model.loss(at + step)[0] - model.loss(at - step)[0]) / 2e-5
        assert gradient[place] == pytest.approx(by_steps, abs=1e-4), place


def test_severities_are_found():
    """Two raters half a level to either side of the third lie as far apart in logits, well beyond their errors."""
    ratings, _ = panel([0.5, 0.0, -0.5], [0.6, 0.6, 0.6])
    found = fit_raters(ratings)
    severe, middle, lenient = found.severity[:, 0]
    assert severe - lenient > 8 * found.severity_se[0]
    assert middle == pytest.approx(0, abs=3 * found.severity_se[1])


def test_careless_rater_counts_little():
    """A rater who scores at random gets the least reliability; quality follows the two others."""
    ratings, quality = panel([0.0, 0.0, 0.0], [0.4, 0.4, 6.0])
    found = fit_raters(ratings)
    first = np.zeros(3, np.int64)
    reliability = found.reliability(first, np.arange(3))
    assert reliability[2] < 0.2 < 0.7 < reliability[:2].min()
    plain = ratings.level.reshape(3, -1).mean(axis=0)
    mean = found.posterior @ GRID
    assert np.corrcoef(mean, quality)[0, 1] > np.corrcoef(plain, quality)[0, 1] + 0.1


def test_quantile_of_a_blurred_point():
    """All chance at 0, blurred by 0.5, has its 97.5 % point at 1.96 * 0.5."""
    point = (GRID == 0).astype(float)[None]
    assert quantile(blurred(point, np.array([0.5])), 0.975) == pytest.approx(0.98, abs=0.03)
