"""How well labels agree with raters: cross-validated by person on data/scripted, beside simpler ways of judging.

    python -m benchmarks.labels.accuracy --encoder lexical --encoder path/to/all-MiniLM-L6-v2 --corpora path/to/corpora

Writes docs/accuracy/labels.md; every figure in it comes from that run.
"""

import argparse
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.labels.baselines import bag_of_words, beside, means_and_counts
from benchmarks.labels.fairness import flip_rates
from benchmarks.labels.page import Corpora, Figures, Run, page
from benchmarks.labels.public_corpora import tutors, uptake
from benchmarks.paths import DOCS, ROOT, RUBRICS, SCRIPTED
from models.features.encoder import load_encoder
from models.features.features import Encode, Floats
from models.label import Labeller, label
from models.learning.element_model import ElementModel
from models.learning.gate import expected_calibration_error, sure_from, within_one
from models.learning.train import Trained, TrainingData, TrainingOptions, train
from models.ratings.misheard import Misheard, some_misheard
from models.ratings.reference import Reference, analyse_unseen, load_reference, reference_scores
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import Findings
from pipeline.settings import Settings
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

PAGE = DOCS / "accuracy" / "labels.md"
CHANCES = [f"p_{color}" for color in LEVELS]
SEEDS = (1, 2, 3)  # draws of the folds that figures are means of; the folds of seed 0 were used to choose settings
UNNAMED = "no named utterances"
N_CALLS, N_UTTERANCES = 1000, 40


class Remembered:
    """An encoder that encodes a list of texts once."""

    def __init__(self, encode: Encode) -> None:
        self.name, self._encode = encode.name, encode
        self._known: dict[int, Floats] = {}

    def __call__(self, texts: list[str]) -> Floats:
        """Vectors, from memory where these texts were seen."""
        key = hash(tuple(texts))
        if key not in self._known:
            self._known[key] = self._encode(texts)
        return self._known[key]


@dataclass(frozen=True)
class Material:
    """What labels are learnt from and judged on: the reference, one writing of its text, and an encoder.

    With `named`, classifiers learn from the utterances that the raters named too, else from levels alone.
    """

    reference: Reference
    talk: dy.DataFrame[Talk]
    encode: Encode
    named: bool = True

    @cached_property
    def acts(self) -> dy.DataFrame[Acts]:
        """The acts of the talk."""
        return classify_acts(self.talk)

    @cached_property
    def findings(self) -> Findings:
        """What is found in the talk, by models that saw none of the people of the call."""
        return analyse_unseen(self.reference, self.talk, self.acts)

    @cached_property
    def misheard(self) -> Misheard:
        """Some of the talk as a recogniser might have heard it."""
        return some_misheard(self.talk, SCRIPTED)

    def trained(self, elements: dy.DataFrame[Elements], *, seed: int) -> Trained:
        """Models of `elements` with their cross-validation on one draw of the folds."""
        turns = self.reference.turns if self.named else None
        scores, people = reference_scores(SCRIPTED), self.reference.calls
        data = TrainingData(
            self.talk, self.acts, scores, people, turns=turns, findings=self.findings, misheard=self.misheard
        )
        return train(data, elements, self.encode, options=TrainingOptions(seed=seed))


def main() -> None:
    """Run everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", action="append", default=[], help="lexical, a folder or a hub name; repeatable")
    parser.add_argument("--corpora", type=Path, help="folder with uptake/ and mrbench/")
    options = parser.parse_args()
    reference, elements = load_reference(SCRIPTED), load_rubrics(RUBRICS)
    runs: dict[str, Run] = {}
    corpora: dict[str, Corpora] = {}
    label_s: dict[str, float] = {}
    flips: dict[str, pl.DataFrame] = {}
    for name in options.encoder or ["lexical"]:
        encode = Remembered(load_encoder(Settings(encoder=name)))
        title = encode.name.split("@")[0]
        material = Material(reference, reference.talk, encode)
        whole = run(material, elements)
        runs[f"{title}, bare text"] = run(replace(material, talk=bare(reference.talk)), elements)
        runs[f"{title}, {UNNAMED}"] = run(replace(material, named=False), elements)
        simple = beside(reference, whole.validated, means_and_counts(reference, encode), seeds=SEEDS)
        runs[title] = replace(whole, figures=whole.figures.join(simple, on="element", maintain_order="left"))
        flips[title] = flip_rates(reference, elements, whole.models, encode)
        label_s[title] = seconds_to_label(reference, elements, whole.models, load_encoder(Settings(encoder=name)))
        if options.corpora:
            corpora[title] = Corpora(uptake(options.corpora, encode), tutors(options.corpora, encode))
        words = beside(reference, whole.validated, bag_of_words(reference), seeds=SEEDS)
        figures = Figures(runs, words, label_s, flips, corpora, len(SEEDS), N_CALLS, N_UTTERANCES)
        PAGE.write_text(page(figures), encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)} with {title}", flush=True)


def run(material: Material, elements: dy.DataFrame[Elements]) -> Run:
    """Train every element on the folds of the package, and those with scores again on the other draws of folds."""
    _ = material.findings  # not part of the time of training
    began = time.perf_counter()
    first = material.trained(elements, seed=0)
    train_s = time.perf_counter() - began
    learnt = [model for model in first.models if model.basis != "anchors"]
    scored = Elements.validate(elements.filter(pl.col("element").is_in([model.element for model in learnt])))
    others = [material.trained(scored, seed=seed) for seed in SEEDS]
    each_draw = pl.concat(
        pl.DataFrame([{"element": model.element, "qwk": model.figures["qwk"]} for model in other.models]).unique(
            "element"
        )
        for other in others
    )
    over_draws = each_draw.group_by("element").agg(
        pl.col("qwk").mean(), pl.col("qwk").min().alias("lowest"), pl.col("qwk").max().alias("highest")
    )
    of_first_draw = pl.DataFrame(
        [
            {"element": model.element, "reasons": "; ".join(model.reasons)}
            | {name: model.figures[name] for name in ("n_train", "human_qwk", "majority")}
            for model in learnt
        ]
    ).unique("element")
    figures = of_first_draw.join(over_draws, on="element").sort("n_train", "element", descending=[True, False])
    validated = [other.validated.unique(["element", "call_id"]).sort("element", "call_id") for other in others]
    kept, near = kept_within_one(pl.concat(part.with_columns(draw=draw) for draw, part in enumerate(validated)))
    ece = float(np.mean([pooled_ece(part) for part in validated]))
    return Run(figures, validated[0], first.models, ece, kept, near, train_s)


def kept_within_one(validated: pl.DataFrame) -> tuple[float, float]:
    """Share of labels not put to review, and of these within one level; each fold by thresholds from the other four."""
    kept, near = [], []
    for _, part in validated.group_by("element", "draw", maintain_order=True):
        fold, levels, predicted = part.select("fold", "level", "given").to_numpy().T
        chances = part.select(CHANCES).to_numpy()
        for k in np.unique(fold):
            seen, held = fold != k, fold == k
            sure = sure_from(levels[seen], chances[seen], predicted[seen])
            kept.append(within_one(chances[held], predicted[held]) >= sure)
            near.append(abs(predicted[held] - levels[held]) <= 1)
    chosen = np.concatenate(kept)
    return float(chosen.mean()), float(np.concatenate(near)[chosen].mean())


def pooled_ece(validated: pl.DataFrame) -> float:
    """Expected calibration error over all elements together."""
    levels: NDArray[np.int64] = validated["level"].to_numpy()
    return expected_calibration_error(levels, validated.select(CHANCES).to_numpy(), bins=10)


def bare(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Talk]:
    """The text as a weak recogniser writes it: no case, no marks."""
    text = pl.col("text").str.to_lowercase().str.replace_all(r"[^a-z0-9' ]", " ").str.replace_all(" +", " ")
    return Talk.validate(talk.with_columns(text.str.strip_chars()))


def seconds_to_label(
    reference: Reference, elements: dy.DataFrame[Elements], models: list[ElementModel], encode: Encode
) -> float:
    """Seconds to label 1,000 conversations of 40 utterances from their transcripts: acts and features included."""
    talk = reference.talk.filter(pl.col("idx") < N_UTTERANCES)
    calls = talk["call_id"].unique(maintain_order=True).to_list()
    copies = [
        talk.filter(pl.col("call_id").is_in(calls[: N_CALLS - done])).with_columns(
            pl.col("call_id") + f"/{done}", pl.col("text") + f" {done}"
        )
        for done in range(0, N_CALLS, len(calls))
    ]
    many = Talk.validate(pl.concat(copies))
    began = time.perf_counter()
    label(many, classify_acts(many), Labeller(elements, models, encode))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
