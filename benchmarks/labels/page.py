"""The page of label figures, in Markdown: docs/accuracy/labels.md."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import polars as pl

from models.learning.folds import FOLDS
from models.learning.gate import RISK
from models.learning.train import Trained

MANY, SOME, FEWER = 100, 30, 60


class Corpora(NamedTuple):
    """What came of the public corpora with one encoder: uptake (exchanges used and left out) and tutors' replies."""

    uptake: Trained
    n_used: int
    n_left_out: int
    tutors: pl.DataFrame


class Measured(Protocol):
    """One encoder on one writing of the text, as `benchmarks.labels.accuracy.Run` has it."""

    @property
    def figures(self) -> pl.DataFrame:
        """One row per element."""

    @property
    def ece(self) -> float:
        """Pooled expected calibration error."""

    @property
    def kept(self) -> float:
        """Share of labels not put to review."""

    @property
    def near(self) -> float:
        """Share of these within one level."""

    @property
    def train_s(self) -> float:
        """Seconds to train everything."""


HEAD = """# How well labels agree with the reference raters

Written by `python -m benchmarks.labels.accuracy`, on data/scripted, cross-validated by person in {folds} folds:
whoever speaks
in a call that is judged, on either side, speaks in none that was learnt from. The figures are quadratic weighted kappa
(QWK) with the raters' median, each the mean of {draws} draws of the folds, in brackets the lowest and highest of them;
`raters` is the mean kappa between pairs of raters. **The raters are language models, not people:** the figures say how
classifiers compare, not how far they agree with people. Labels from these scores are `provisional`, basis `reference`.
Always saying the most frequent level has kappa 0; its share of right answers is given instead. `bare text` is the same
text without case and marks, in training and in judging. The raters also named the utterances that show a level, which
classifiers learn from; scores that people bring usually name none: `no named utterances` is learnt from levels alone.

How far the figures flatter. Which kinds of features an element uses is chosen anew within each training part, so that
no judged call has a say in it. Agenda, earlier actions and promises are found by models that saw none of the people of
the call (`models.ratings.reference.found_unseen`). The number from which a label is not put to review comes from
the other
folds. But penalties and the share of trust in each kind of feature were settled by some 25 trials on the folds of seed
0 of these same calls; these draws differ, the calls do not. The cues were written after reading some of these
conversations, and the act classifier and the lexical word vectors were made with their texts (never with their levels).
The two simple ways of judging are plain, not tuned; they look at whole calls only, and better ones are possible.
"""


def page(
    runs: Mapping[str, Measured],
    words: pl.DataFrame,
    label_s: Mapping[str, float],
    flips: Mapping[str, pl.DataFrame],
    corpora: Mapping[str, Corpora],
    draws: int,
    size: tuple[int, int],
) -> str:
    """The page; `size` is the number of conversations and utterances that were labelled for their time."""
    whole = [title for title in runs if title in label_s]
    parts = [HEAD.format(folds=FOLDS, draws=draws), _elements(runs, words, whole), _means(runs, words, whole)]
    parts += [_times(runs, label_s, size), _fairness(flips)]
    parts += [part for title in whole if title in corpora for part in _corpora(title, corpora[title])]
    parts += [f"## Why models stay provisional ({whole[-1]}, folds of seed 0)", _reasons(runs[whole[-1]].figures)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows])


def _elements(runs: Mapping[str, Measured], words: pl.DataFrame, whole: list[str]) -> str:
    head = ["element", "scored calls", "raters", "most frequent level", "bag of words"]
    head += [f"means and counts ({title})" for title in whole] + list(runs)
    rows = []
    for row in runs[whole[0]].figures.iter_rows(named=True):
        name = row["element"]
        cells = [name, row["n_train"], f"{row['human_qwk']:.2f}", f"{row['majority']:.0%}"]
        cells.append(f"{words.filter(element=name)['simple_qwk'][0]:.2f}")
        cells += [f"{runs[title].figures.filter(element=name)['simple_qwk'][0]:.2f}" for title in whole]
        for run in runs.values():
            its = run.figures.filter(element=name).row(0, named=True)
            cells.append(f"{its['qwk']:.2f} ({its['lowest']:.2f} to {its['highest']:.2f})")
        rows.append(cells)
    return _table(head, rows)


def _over(figures: pl.DataFrame, column: str) -> str:
    many = figures.filter(pl.col("n_train") > MANY)[column]
    some = figures.filter(pl.col("n_train").is_between(SOME, FEWER))[column]
    return f"{many.mean():.3f} (lowest {many.min():.2f}) over {len(many)}, {some.mean():.3f} over {len(some)}"


def _means(runs: Mapping[str, Measured], words: pl.DataFrame, whole: list[str]) -> str:
    counted = runs[whole[0]].figures.select("element", "n_train").join(words, on="element")
    lines = [f"- bag of words with logistic regression: {_over(counted, 'simple_qwk')}"]
    lines += [f"- means and counts ({title}): {_over(runs[title].figures, 'simple_qwk')}" for title in whole]
    lines += [
        f"- {title}: {_over(run.figures, 'qwk')}; expected calibration error {run.ece:.3f}; "
        f"{1 - run.kept:.0%} of the labels go to review, and of the others {run.near:.1%} are within one level"
        for title, run in runs.items()
    ]
    about = f"Means over elements with more than {MANY} scored calls, and over those with {SOME} to {FEWER}. A label "
    about += f"goes to review where more than {RISK:.0%} speaks for its being more than one level off."
    return about + "\n\n" + "\n".join(lines)


def _times(runs: Mapping[str, Measured], label_s: Mapping[str, float], size: tuple[int, int]) -> str:
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"- {title}: training all elements with cross-validation {runs[title].train_s:.0f} s; labelling {size[0]:,} "
        f"conversations of {size[1]} utterances from their transcripts {took:.0f} s"
        for title, took in label_s.items()
    ]
    return "\n".join([f"## Time ({cores} cores, shared with other work)", "", *lines])


def _fairness(flips: Mapping[str, pl.DataFrame]) -> str:
    rows = [
        (title, row["swap"], row["n_words"], row["n_labels"], f"{row['flips']:.2%}")
        for title, found in flips.items()
        for row in found.iter_rows(named=True)
    ]
    table = _table(("encoder", "swapped", "words changed", "labels of the calls", "colours changed"), rows)
    about = "Every given name of a participant, every he and she, and a list of places is put in place of another."
    return f"## Swapped names, pronouns and places\n\n{about}\n\n{table}"


def _corpora(title: str, found: Corpora) -> tuple[str, str]:
    model = found.uptake.models[0]
    told = model.figures
    wins = "unknown" if told["wins"] is None else f"{told['wins']:.0%}"
    uptake = f"""## Uptake, scored by people ({title})

The same code on {found.n_used:,} classroom exchanges of the uptake corpus, cross-validated by lesson
({found.n_left_out} exchanges are left out: their ratings are not known). QWK with the raters' median {told["qwk"]:.2f}
({told["qwk_low"]:.2f} to {told["qwk_high"]:.2f}), between raters {told["human_qwk"]:.2f}, by the words alone
{told["words_qwk"]:.2f}; standardised mean difference {told["smd"]:.2f}, expected calibration error {told["ece"]:.3f}.
Gate: **{model.gate}**{"; " + "; ".join(model.reasons) if model.reasons else ""}. The alternative annotator test lets
the model stand in for {wins} of the raters (dealt out by chance: who gave which rating is not known). The few weights
of one kind of feature, listening, were fitted to these ratings; triples that could not be told apart are left out,
which makes the raters look better than they are."""
    rows = [
        (row["dimension"], row["n"], f"{row['macro_f1']:.2f}", f"{row['majority_f1']:.2f}",
         "0.58 to 0.72" if row["published"] is None else f"{row['published']:.2f}")
        for row in found.tutors.iter_rows(named=True)
    ]  # fmt: skip
    table = _table(("dimension", "replies", "macro-F1", "most frequent step", "published best"), rows)
    tutors = f"""## Tutors' replies ({title})

The same code on mrbench, three steps, cross-validated by conversation. The published figures are the best of the BEA
2025 shared task by large language models, on a test set of its own, so that they stand beside, not against.

{table}"""
    return uptake, tutors


def _reasons(figures: pl.DataFrame) -> str:
    failed = figures.filter(pl.col("reasons") != "").iter_rows(named=True)
    return "\n".join(f"- {row['element']}: {row['reasons']}" for row in failed)
