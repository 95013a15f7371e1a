"""The page of labels says what its figures say."""

import polars as pl

from benchmarks.labels.page import Figures, Run, page


def figures(n_train: list[int]) -> Figures:
    """Figures of one encoder and two elements with so many scored calls."""
    elements = pl.DataFrame({"element": ["agenda", "story"], "n_train": n_train, "simple_qwk": [0.5, 0.7]})
    shown = elements.with_columns(
        human_qwk=0.9, majority=0.4, qwk=pl.Series([0.6, 0.8]), lowest=0.55, highest=0.85, reasons=pl.Series(["x", ""])
    )
    run = Run(shown, pl.DataFrame(), [], ece=0.03, kept=0.75, near=0.99, train_s=12.0)
    swaps = pl.DataFrame({"swap": ["names"], "n_words": [3], "n_labels": [4], "flips": [0.25]})
    words = elements.select("element", "simple_qwk")
    return Figures({"lexical": run}, words, {"lexical": 2.0}, {"lexical": swaps}, {}, 3, 1000, 40)


def test_means_over_elements() -> None:
    """Two elements with more than 100 calls: mean 0.7, lowest 0.6; a quarter of the labels goes to review."""
    text = page(figures([150, 120]))
    assert "- lexical: 0.700 (lowest 0.60) over 2, none; expected calibration error 0.030; 25% of the labels" in text
    assert "| agenda | 150 | 0.90 | 40% | 0.50 | 0.50 | 0.60 (0.55 to 0.85) |" in text
    assert "labelling 1,000 conversations of 40 utterances from their transcripts 2 s" in text
    assert "| lexical | names | 3 | 4 | 25.00% |" in text
    assert "- agenda: x" in text


def test_no_element_with_many_calls() -> None:
    """Where no element has so many calls, the page says so."""
    assert "- bag of words with logistic regression: none, 0.600 over 2" in page(figures([40, 50]))
