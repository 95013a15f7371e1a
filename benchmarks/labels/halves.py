"""How well what was learnt from one half of the reference labels the other: conversations by other hands, other raters.

    python -m benchmarks.labels.halves [--encoder path/to/all-MiniLM-L6-v2]

The halves are the conversations that raters A, B and C scored and those that D, E and F did. Writes its part of
docs/accuracy/halves.md; nobody of one half is in the other.
"""

import argparse

import dataframely as dy
import polars as pl

from benchmarks.labels.baselines import bag_of_words, means_and_counts
from benchmarks.page import table, write
from benchmarks.paths import DOCS, RUBRICS, SCRIPTED
from models.features.encoder import LEXICAL, load_encoder
from models.features.features import Encode
from models.label import Labeller, label
from models.learning.train import TrainingData, train
from models.ratings.agreement import median_level, qwk
from models.ratings.misheard import some_misheard
from models.ratings.reference import Reference, analyse_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.analyse import Findings
from pipeline.settings import Settings
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.judgements import Elements, Scores

PAGE = DOCS / "accuracy" / "halves.md"
HEAD = """# Learnt from one half of the reference, tried on the other

Written by `python -m benchmarks.labels.halves`. The older half was written and scored by other hands (language models,
all of them) than the newer one. QWK is with the median of the raters, on elements that have 30 scored calls or more in
either half. A section in which 202 next_steps are newer was measured before the 180 latest conversations were there.
"""
MIN_CALLS = 30
FIRST_RATERS = ("A", "B", "C")
LEVEL = ["rubric", "element", "call_id"]


def main() -> None:
    """Learn from each half, label the other, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="lexical")
    options = parser.parse_args()
    reference, elements = load_reference(SCRIPTED), load_rubrics(RUBRICS)
    scores, encode = reference_scores(SCRIPTED), load_encoder(Settings(encoder=options.encoder))
    acts = acts_of(reference.talk, SCRIPTED)
    findings = analyse_unseen(reference, reference.talk, acts)
    is_older = pl.col("rater").is_in(FIRST_RATERS)
    n_calls = [pl.col("call_id").filter(half).n_unique().over("element") for half in (is_older, ~is_older)]
    shared = scores.filter(pl.min_horizontal(n_calls) >= MIN_CALLS)
    older, newer = shared.filter(is_older), shared.filter(~is_older)
    figures = []
    for name, learnt_from, tried_on in (
        ("older, tried on newer", older, newer),
        ("newer, tried on older", newer, older),
    ):
        given = labelled(reference, acts, findings, elements, encode, learnt_from=learnt_from, tried_on=tried_on)
        figures.append(given.with_columns(learnt_from=pl.lit(name)))
        if encode.name.startswith(LEXICAL):  # of an encoder of many dimensions they take hours
            figures.append(simple(reference, encode, learnt_from, tried_on).with_columns(learnt_from=pl.lit(name)))
    name = encode.name.partition("@")[0]
    text = page(pl.concat(figures, how="diagonal"), name)
    write(f"benchmarks.labels.halves {name}", text, to=PAGE, head=HEAD)
    print(text)


def labelled(
    reference: Reference,
    acts: dy.DataFrame[Acts],
    findings: Findings,
    elements: dy.DataFrame[Elements],
    encode: Encode,
    *,
    learnt_from: pl.DataFrame,
    tried_on: pl.DataFrame,
) -> pl.DataFrame:
    """element, n, by, qwk: models of `learnt_from` on the calls of `tried_on`."""
    seen, unseen = ({*scores["call_id"]} for scores in (learnt_from, tried_on))
    some = Elements.validate(elements.filter(pl.col("element").is_in(learnt_from["element"].implode())))
    talk, held = (Talk.validate(reference.talk.filter(pl.col("call_id").is_in(calls))) for calls in (seen, unseen))
    turns = reference.turns.filter(pl.col("call_id").is_in(seen))
    scores, misheard = Scores.validate(learnt_from), some_misheard(talk, SCRIPTED)
    data = TrainingData(talk, acts, scores, reference.calls, turns=turns, findings=findings, misheard=misheard)
    trained = train(data, some, encode)
    labels = label(held, acts, Labeller(some, trained.models, encode, guess_unlearnt=True), findings=findings).labels
    median = median_level(tried_on, LEVEL).rename({"level": "scored"})
    return _agreement(labels.join(median, on=LEVEL), "callgrade")


def simple(reference: Reference, encode: Encode, learnt_from: pl.DataFrame, tried_on: pl.DataFrame) -> pl.DataFrame:
    """The same by plain logistic regression: on words, and on mean embeddings and counts."""
    from sklearn.linear_model import LogisticRegression

    known = median_level(learnt_from, LEVEL)
    held = median_level(tried_on, LEVEL).rename({"level": "scored"})
    figures = []
    for name, rows in (
        ("bag of words", bag_of_words(reference)),
        ("means and counts", means_and_counts(reference, encode)),
    ):
        for (element,), part in known.join(rows, on="call_id").group_by("element"):
            others = held.filter(element=element).join(rows, on="call_id")
            fitted = LogisticRegression(C=1.0, max_iter=2000).fit(part["row"].to_numpy(), part["level"])
            levels = others.with_columns(level=pl.Series(fitted.predict(others["row"].to_numpy())))
            figures.append(_agreement(levels, name))
    return pl.concat(figures)


def _agreement(labels: pl.DataFrame, by: str) -> pl.DataFrame:
    rows = [
        (element, part.height, by, qwk(part["level"].to_numpy(), part["scored"].cast(pl.Int64).to_numpy()))
        for (element,), part in labels.group_by("element")
    ]
    return pl.DataFrame(rows, schema=["element", "n", "by", "qwk"], orient="row")


def page(rows: pl.DataFrame, encoder: str) -> str:
    """One table for each half that was learnt from."""
    parts = [f"## Encoder {encoder}"]
    for (name,), part in rows.group_by("learnt_from", maintain_order=True):
        wide = part.pivot("by", index=["element", "n"], values="qwk").sort("n", "element", descending=[True, False])
        means = ", ".join(f"{by} {wide[by].to_numpy().mean():.2f}" for by in wide.columns[2:])
        parts.append(f"### Learnt from the {name}\n\nMeans: {means}.\n")
        parts.append(table(wide.columns, wide.rows()))
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
