"""One element and draw after another, in processes of their own: what is known of data/scripted, read once in each."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.calibration.customers import SCENARIOS, Scored, find_clauses, scored_elements
from benchmarks.calibration.simulation import LearntBy, cells, simulate
from models.features.encoder import load_encoder
from models.features.features import Features, Floats, describe
from models.learning.tasks import make_tasks
from models.learning.train import has_own_cues, noise_of_hearing
from models.ratings.misheard import some_misheard
from models.ratings.reference import analyse_unseen, load_reference, reference_scores
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]


class Known(NamedTuple):
    """What is known of data/scripted: its elements, features, those that look at cues of their own (`own`), what
    mishearing does to the features (`noise`), and the utterances that raters named by element."""

    elements: dict[str, Scored]
    features: Features
    own: frozenset[str]
    noise: Floats
    named: dict[str, set[tuple[str, int]]]


@cache
def known(encoder: str) -> Known:
    """Read and describe the reference; once per process."""
    folder = ROOT / "data" / "scripted"
    reference, rubrics = load_reference(folder), load_rubrics(ROOT / "rubrics")
    acts = classify_acts(reference.talk)
    findings = analyse_unseen(reference, reference.talk, acts)
    encode = load_encoder(Settings(encoder=encoder))
    features = describe(reference.talk, acts, encode, findings=findings)
    tasks = make_tasks(rubrics, reference_scores(folder), set(features.calls))
    levels = {task.uses[0][:2]: task.levels for task in tasks if task.levels}
    elements = scored_elements(reference, levels, find_clauses(reference, acts, findings))
    turns = reference.turns.group_by("element").agg(pl.struct("call_id", "idx").unique().alias("at"))
    named = {element: {(row["call_id"], row["idx"]) for row in at} for element, at in turns.iter_rows()}
    own = frozenset(task.uses[0][1] for task in tasks if has_own_cues(task))
    noise = noise_of_hearing(some_misheard(reference.talk, folder), encode)
    return Known({scored.element: scored for scored in elements}, features, own, noise, named)


def run(job: tuple[str, str, int, Path]) -> Path:
    """One element and draw: its rows as a file, which is not made again."""
    encoder, element, draw, keep = job
    path = keep / f"{element}-{draw}.parquet"
    if path.exists():
        return path
    about = known(encoder)
    scored = about.elements[element]
    features = about.features if element in about.own else about.features.without_own()
    learnt_by = LearntBy(features.take(set(scored.calls)), about.noise, about.named.get(element, set()))
    tables = [simulate(cell, learnt_by, tuple(SCENARIOS)) for cell in cells(scored, draw)]
    pl.concat(tables).write_parquet(path)
    return path
