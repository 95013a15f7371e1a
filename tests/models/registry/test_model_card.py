"""Model cards say what the figures were and where the model is weak."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.registry.model_card import card, reliability, reliability_svg
from tests.models.learning.test_train import scored, trained, world


@pytest.fixture(scope="module")
def made():
    frame, levels = world()
    found = trained(scored(levels), frame)
    model = next(model for model in found.models if model.rubric == "discovery_call")
    return (
        model,
        found.rows.filter(model_id=model.model_id).row(0, named=True),
        found.validated.filter(model_id=model.model_id),
    )


def test_card(made):
    """Status, data, figures, gate and confusion are those of the model."""
    model, row, validated = made
    text = card(model, row, validated)
    assert text.startswith("# agenda in discovery_call\n\n- status: **calibrated**\n- learnt from: scores by people")
    assert "- calls: 40 (40 scored by people, 40 of them by this rubric, 0 by the reference), raters: 2" in text
    assert f"| QWK with the raters' median | {model.figures['qwk']:.2f} (" in text
    assert "Gate: passed." in text
    greens = [validated.filter(level=3, given=level).height for level in range(4)]
    assert "| green | " + " | ".join(map(str, greens)) + " |" in text


def test_an_earlier_wording_is_counted(made):
    """Of three sources the card says how many calls each has, and that the earlier wording is a source apart."""
    model, row, validated = made
    counts = {"n_people": 25, "n_people_here": 25, "n_reference": 35, "n_earlier": 20}
    third = replace(model, basis="people, reference and earlier wording", figures=model.figures | counts)
    text = card(third, row | {"n_train": 80}, validated)
    assert "80 (25 scored by people, 25 of them by this rubric, 35 by the reference, 20 by an earlier wording)" in text
    assert "by an earlier wording that meant something else, which is a source apart" in text


def test_without_scores():
    """A model from the anchors has no figures, and says that it learnt from no scores."""
    frame, _ = world()
    found = trained(scored({"c00": 1}), frame)
    text = card(found.models[0], found.rows.row(0, named=True), found.validated)
    assert "no scores at all" in text
    assert "fewer than 20 scored calls" in text
    assert "## Figures" not in text


def test_reliability_by_hand():
    """Sure of red in five calls, one of which is green: of 15 shares said to be 0, three came true."""
    chances = np.eye(4)[[0] * 5]
    shares = reliability(np.array([0, 0, 0, 0, 3]), chances)
    assert shares["said"].to_list() == [0.0] * 5
    assert (shares["found"] * shares["n"]).sum() == pytest.approx(3)


def test_weakness_is_named(made):
    """Greens taken for yellows more often than not are named."""
    model, row, _ = made
    levels = [3] * 12 + [0] * 12
    chances = np.eye(4)[[2] * 8 + [3] * 4 + [0] * 12]
    rows = {"level": levels, "given": chances.argmax(axis=1)} | {
        f"p_{color}": chances[:, k] for k, color in enumerate(("red", "orange", "yellow", "green"))
    }
    text = card(model, row, pl.DataFrame(rows))
    assert "green is taken for yellow in 8 of 12 calls" in text
    assert "only 0 calls were orange" in text
    assert "stricter than the raters by 0.33 levels" in text


def test_plot_is_a_picture(made):
    """The plot parses as XML and holds a point for each bin."""
    import xml.etree.ElementTree as ET

    drawn = ET.fromstring(reliability_svg(made[2]))  # noqa: S314
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}circle")) == 5
