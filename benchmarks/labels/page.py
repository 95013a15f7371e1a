"""The page of label figures, in Markdown: docs/accuracy/labels.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

import polars as pl

from benchmarks.labels.public_corpora import Uptake
from benchmarks.page import table
from models.learning.element_model import ElementModel
from models.learning.folds import FOLDS
from models.learning.gate import RISK

MANY, SOME, FEWER = 100, 30, 60


@dataclass(frozen=True)
class Run:
    """One encoder on one writing of the text: figures by element, what labels of all elements are worth, and time."""

    figures: pl.DataFrame  # element, n_train, human_qwk, majority, qwk (mean of the draws), lowest, highest, reasons
    validated: pl.DataFrame  # cross-validated labels of the first draw: element, call_id, level, given, ...
    models: list[ElementModel]
    ece: float  # expected calibration error over all elements
    kept: float  # share of labels not put to review, by thresholds from other folds
    near: float  # share of these within one level of the raters' median
    train_s: float


@dataclass(frozen=True)
class Corpora:
    """The figures of the public corpora with one encoder."""

    uptake: Uptake
    tutors: pl.DataFrame


@dataclass(frozen=True)
class Figures:
    """All that the page shows, by the title of an encoder or of an encoder on one writing of the text."""

    runs: Mapping[str, Run]
    bag_of_words: pl.DataFrame  # element, simple_qwk
    label_s: Mapping[str, float]  # seconds to label n_calls conversations of n_utterances
    flips: Mapping[str, pl.DataFrame]
    corpora: Mapping[str, Corpora]
    draws: int  # of the folds, of which figures are the mean
    n_calls: int
    n_utterances: int

    @property
    def encoders(self) -> list[str]:
        """The titles of encoders on the text as it is."""
        return [title for title in self.runs if title in self.label_s]


HEAD = """# How well labels agree with the reference raters

Written by `python -m benchmarks.labels.accuracy`, on data/scripted, cross-validated by person in {folds} folds: whoever
speaks in a judged call, on either side, speaks in none of the calls that were learnt from. The figures are quadratic
weighted kappa (QWK) with the raters' median: the mean of {draws} draws of the folds, and in brackets the lowest and the
highest of them. `raters` is the mean kappa between pairs of raters. **The raters are language models, not people:** the
figures compare classifiers; they do not say how far classifiers agree with people. Labels from these scores are
`provisional`, with basis `reference`. Always saying the most frequent level has kappa 0; its share of right answers is
given instead. `bare text` is the same text without case and marks, in training and in judging. The raters also named
the utterances that show a level, and classifiers learn from these; scores that people bring usually name none:
`no named utterances` learns from levels alone.

How far the figures flatter. Which kinds of features an element uses is chosen anew within each training part, so a
judged call has no say in it. Agenda, earlier actions and promises are found by models that saw none of the people of
the call (`models.ratings.reference.found_unseen`). The number from which a label is not put to review comes from the
other folds. But penalties and the share of trust in each kind of feature were settled by some 25 trials on the folds of
seed 0 of these same calls; these draws differ, the calls do not. The cues were written after reading some of these
conversations, and the act classifier and the lexical word vectors were made with their texts (never with their levels).
The two simple ways of judging are plain, not tuned; they look at whole calls only, and better ones are possible.
"""


def page(figures: Figures) -> str:
    """The whole page in Markdown."""
    last = figures.encoders[-1]
    parts = [HEAD.format(folds=FOLDS, draws=figures.draws), _elements(figures), _means(figures)]
    parts += [_times(figures), _fairness(figures.flips)]
    for title in figures.encoders:
        if title in figures.corpora:
            parts += [_uptake(title, figures.corpora[title].uptake), _tutors(title, figures.corpora[title].tutors)]
    parts += [f"## Why models stay provisional ({last}, folds of seed 0)", _reasons(figures.runs[last].figures)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _elements(figures: Figures) -> str:
    runs, encoders = figures.runs, figures.encoders
    head = ["element", "scored calls", "raters", "most frequent level", "bag of words"]
    head += [f"means and counts ({title})" for title in encoders] + list(runs)
    rows = []
    for row in runs[encoders[0]].figures.iter_rows(named=True):
        name = row["element"]
        cells = [name, row["n_train"], f"{row['human_qwk']:.2f}", f"{row['majority']:.0%}"]
        cells.append(f"{figures.bag_of_words.filter(element=name)['simple_qwk'][0]:.2f}")
        cells += [f"{runs[title].figures.filter(element=name)['simple_qwk'][0]:.2f}" for title in encoders]
        for run in runs.values():
            element = run.figures.filter(element=name).row(0, named=True)
            cells.append(f"{element['qwk']:.2f} ({element['lowest']:.2f} to {element['highest']:.2f})")
        rows.append(cells)
    return table(head, rows)


def _over(figures: pl.DataFrame, column: str) -> str:
    many = figures.filter(pl.col("n_train") > MANY)[column].to_list()
    some = figures.filter(pl.col("n_train").is_between(SOME, FEWER))[column].to_list()
    of_many = f"{mean(many):.3f} (lowest {min(many):.2f}) over {len(many)}" if many else "none"
    return f"{of_many}, " + (f"{mean(some):.3f} over {len(some)}" if some else "none")


def _means(figures: Figures) -> str:
    runs, encoders = figures.runs, figures.encoders
    counted = runs[encoders[0]].figures.select("element", "n_train").join(figures.bag_of_words, on="element")
    lines = [f"- bag of words with logistic regression: {_over(counted, 'simple_qwk')}"]
    lines += [f"- means and counts ({title}): {_over(runs[title].figures, 'simple_qwk')}" for title in encoders]
    lines += [
        f"- {title}: {_over(run.figures, 'qwk')}; expected calibration error {run.ece:.3f}; "
        f"{1 - run.kept:.0%} of the labels go to review, and of the others {run.near:.1%} are within one level"
        for title, run in runs.items()
    ]
    about = f"Means over elements with more than {MANY} scored calls, and over those with {SOME} to {FEWER}. A label "
    about += f"goes to review where more than {RISK:.0%} speaks for its being more than one level off."
    return about + "\n\n" + "\n".join(lines)


def _times(figures: Figures) -> str:
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"- {title}: training all elements with cross-validation {figures.runs[title].train_s:.0f} s; labelling "
        f"{figures.n_calls:,} conversations of {figures.n_utterances} utterances from their transcripts {seconds:.0f} s"
        for title, seconds in figures.label_s.items()
    ]
    return "\n".join([f"## Time ({cores} cores, shared with other work)", "", *lines])


def _fairness(flips: Mapping[str, pl.DataFrame]) -> str:
    rows = [
        (title, row["swap"], row["n_words"], row["n_labels"], f"{row['flips']:.2%}")
        for title, swaps in flips.items()
        for row in swaps.iter_rows(named=True)
    ]
    shown = table(["encoder", "swapped", "words changed", "labels of the calls", "colours changed"], rows)
    about = "Every given name of a participant, every he and she, and a list of places is put in place of another."
    return f"## Swapped names, pronouns and places\n\n{about}\n\n{shown}"


def _uptake(title: str, uptake: Uptake) -> str:
    model = uptake.trained.models[0]
    figures = model.figures
    wins = "unknown" if figures["wins"] is None else f"{figures['wins']:.0%}"
    return f"""## Uptake, scored by people ({title})

The same code on {uptake.n_used:,} classroom exchanges of the uptake corpus, cross-validated by lesson
({uptake.n_left_out} exchanges are left out: their ratings are not known). QWK with the raters' median
{figures["qwk"]:.2f} ({figures["qwk_low"]:.2f} to {figures["qwk_high"]:.2f}), between raters
{figures["human_qwk"]:.2f}, by the words alone {figures["words_qwk"]:.2f}; standardised mean difference
{figures["smd"]:.2f}, expected calibration error {figures["ece"]:.3f}.
Gate: **{model.gate}**{"; " + "; ".join(model.reasons) if model.reasons else ""}. The alternative annotator test lets
the model stand in for {wins} of the raters (dealt out by chance: who gave which rating is not known). The few weights
of one kind of feature, listening, were fitted to these ratings; triples that could not be told apart are left out,
which makes the raters look better than they are."""


def _tutors(title: str, tutors: pl.DataFrame) -> str:
    rows = [
        (row["dimension"], row["n"], f"{row['macro_f1']:.2f}", f"{row['majority_f1']:.2f}",
         "0.58 to 0.72" if row["published"] is None else f"{row['published']:.2f}")
        for row in tutors.iter_rows(named=True)
    ]  # fmt: skip
    return f"""## Tutors' replies ({title})

The same code on mrbench, three steps, cross-validated by conversation. The published figures are the best of the BEA
2025 shared task by large language models, on a test set of its own, so that they stand beside, not against.

{table(["dimension", "replies", "macro-F1", "most frequent step", "published best"], rows)}"""


def _reasons(figures: pl.DataFrame) -> str:
    failed = figures.filter(pl.col("reasons") != "").iter_rows(named=True)
    return "\n".join(f"- {row['element']}: {row['reasons']}" for row in failed)
