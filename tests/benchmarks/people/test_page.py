"""The page on agreement with people, from figures made up here."""

import polars as pl

from benchmarks.labels.public_corpora import Uptake
from benchmarks.people.acts import ActAgreement
from benchmarks.people.classifiers import Classifier, Judged, People
from benchmarks.people.page import Results, page
from benchmarks.people.panels import Apart, FromThree
from models.learning.element_model import ElementModel
from models.learning.train import Trained
from pipeline.tables.judgements import Raters

FIGURES = {
    "qwk": 0.5,
    "qwk_low": 0.4,
    "qwk_high": 0.6,
    "human_qwk": 0.45,
    "words_qwk": 0.3,
    "exact": 0.6,
    "majority": 0.5,
}


def test_page_says_what_it_is_not_and_names_the_severe():
    """No sales calls; the two most severe raters in bold; a classifier that is not in use has no figures."""
    rows = [
        dict.fromkeys(Raters.column_names())
        | {"rater": name, "rater_kind": "person", "n_scores": 9, "n_calls": 3, "n_shared": 3, "n_repeated": 0,
           "severity": severity, "severity_low": severity - 0.1, "severity_high": severity + 0.1, "reliability": 0.5}
        for name, severity in (("Bea", 0.3), ("Ann", 0.9), ("Cem", -0.2), ("Dee", -0.4), ("Eli", -0.6))
    ]  # fmt: skip
    model = ElementModel.__new__(ElementModel)
    object.__setattr__(model, "figures", FIGURES)
    object.__setattr__(model, "reasons", ("too far from people",))
    people = People(100, 19, 0.3, 0.48, 0.66, 0.64)
    written = page(
        Results(
            encoder="lexical",
            draws=5,
            n_calls={"stc3_helpdesk": 1300, "ab_redial": 195},
            from_three=[FromThree("A", 0.5, 0.6, 0.55, 0.95, 0.94, 2.0)],
            raters=Raters.validate(pl.DataFrame(rows, schema=Raters.create_empty().schema)),
            apart=[Apart("A", 1, 100, 0.0, 0.3, 0.6)],
            stc3=[Judged("A", people, Classifier(0.65, 0.5, 0.4, 0.6, 0.2, 0.6, 0.5, "people"), ())],
            redial=[Judged("efficiency", people._replace(three=None), None, ("nothing to learn",))],
            uptake=Uptake(Trained([model], pl.DataFrame(), pl.DataFrame()), 1872, 374),
            acts=[ActAgreement("encourage", 61, 419, None, 0.59, 0.54)],
        )
    )
    assert "There is no sales call" in written
    assert "**Ann** and **Bea**" in written
    assert "| efficiency | 100 | 0.30 | not in use | 0.64 | 0.48 | not known |" in written
    assert "On every scale the classifier orders the dialogues better than plain words do." in written
    assert "- efficiency: nothing to learn" in written
    assert "| task accomplished | 100 | 0.30 | **0.65** | 0.64 | 0.48 | 0.66 | 0.50 (0.40 to 0.60) |" in written
    assert "| encourage | 61 | nothing is shipped | 0.59 | 0.54 |" in written
