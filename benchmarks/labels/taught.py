"""Whether a sentence encoder that is taught the reference, or a network over turns, helps to label the other half.

    python -m benchmarks.labels.taught path/to/all-MiniLM-L6-v2

Scores of turns are learnt across all elements of a half; those of its own calls come from models of the other part of
it, no person being in both, those of the other half from both models. They are pooled as evidence is and tried as the
classifier's only features and beside those it has. Writes its part of docs/accuracy/halves.md.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
import torch

from benchmarks.labels.halves import FIRST_RATERS, HEAD, LEVEL, MIN_CALLS, PAGE
from benchmarks.labels.turn_scorers import EPOCHS, MAX_TOKENS, MIN_WORDS, TAUGHT_LAYERS, FineTuned, Lesson, Recurrent
from benchmarks.page import table, write
from benchmarks.paths import RUBRICS, SCRIPTED
from models.features.encoder import LEXICAL, load_encoder
from models.features.features import Features, Floats, describe, describe_calls
from models.learning import evidence
from models.learning.classifiers import OrdinalRidge
from models.learning.folds import keep_apart, people_groups, spread_groups
from models.learning.learner import Learner, Material
from models.learning.tasks import make_tasks
from models.learning.train import has_own_cues
from models.ratings.agreement import median_level, qwk
from models.ratings.reference import analyse_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.text import plain
from pipeline.settings import Settings
from pipeline.tables.judgements import Elements, Scores

Learn = Callable[..., Floats]
MODELS = ("as shipped", "taught alone", "taught beside", "network alone", "network beside", "both beside")
THREADS = 1
WAYS = ("learnt from the older, tried on the newer", "learnt from the newer, tried on the older")


class World(NamedTuple):
    """What both directions share."""

    features: Features
    people: pl.DataFrame
    turns: dict[str, set[tuple[str, int]]]
    elements: dy.DataFrame[Elements]


def main() -> None:
    """Teach on each half, label the other, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", help="folder of the sentence encoder")
    folder = parser.parse_args().encoder
    torch.set_num_threads(THREADS)
    reference, scores = load_reference(SCRIPTED), reference_scores(SCRIPTED)
    acts = acts_of(reference.talk, SCRIPTED)
    findings = analyse_unseen(reference, reference.talk, acts)
    features = describe(reference.talk, acts, load_encoder(Settings(encoder=LEXICAL)), findings=findings)
    named = {e: set(at.rows()) for (e,), at in reference.turns.select("element", "call_id", "idx").group_by("element",
             maintain_order=True) for at in [at.drop("element")]}  # fmt: skip
    world = World(features, reference.calls, named, load_rubrics(RUBRICS))
    texts = reference.talk.sort("call_id", "idx").select(plain(pl.col("text")))["text"].to_list()
    started = time.process_time()
    tuned = FineTuned(folder, texts)
    read_s = time.process_time() - started
    recurrent = Recurrent(tuned.vectors, features.starts)
    is_older = pl.col("rater").is_in(FIRST_RATERS)
    older, newer = scores.filter(is_older), scores.filter(~is_older)
    rows, seconds = [], {"reading all turns once": read_s}
    for way, seen, held in ((WAYS[0], older, newer), (WAYS[1], newer, older)):
        extra = {}
        for name, learn in (("taught encoder", tuned.learn), ("network over turns", recurrent.learn)):
            started = time.process_time()
            extra[name] = crossed(world, learn, Scores.validate(seen))
            seconds[f"{name}, {way}"] = time.process_time() - started
        rows += [(way, *row) for row in judged(world, seen, held, extra)]
    text = page(pl.DataFrame(rows, schema=["way", "element", "n", *MODELS], orient="row"), seconds)
    write("benchmarks.labels.taught", text, to=PAGE, head=HEAD)
    print(text)


def crossed(world: World, learn: Learn, seen: dy.DataFrame[Scores]) -> dict[str, Floats]:
    """By element the pooled scores of all calls: those seen by the model of the other part, others by both in mean."""
    features = world.features
    elements = seen["element"].unique().sort().to_list()
    median = median_level(seen, LEVEL)
    level = dict(zip(median.select("element", "call_id").iter_rows(), median["level"], strict=True))
    call_of = np.repeat(features.calls, np.diff(features.starts))
    at = list(zip(call_of.tolist(), features.idx.tolist(), strict=True))
    levels = np.array([[level.get((e, call), -1) for e in elements] for call, _ in at], np.int64)
    named = np.array([[turn in world.turns.get(e, ()) for e in elements] for turn in at]) & (levels >= 0)
    lesson = Lesson(levels >= 0, named, levels)
    calls = [call for call in features.calls if call in set(seen["call_id"])]
    part_of = dict(zip(calls, spread_groups(people_groups(world.people, calls), 2), strict=True))
    part = np.array([part_of.get(call, -1) for call in call_of])
    both = []
    for k in range(2):
        taught, others = np.flatnonzero(part == 1 - k), np.flatnonzero(part != 1 - k)
        scores = np.zeros((*levels.shape, evidence.TARGETS), np.float32)
        scores[others] = learn(taught, lesson.take(taught), judged=others, seed=k)
        both.append(scores)
    scores = sum(both) / np.where(part == -1, 2, 1)[:, None, None].astype(np.float32)
    pads = (evidence.pad(np.ascontiguousarray(scores[:, e]), features.starts) for e in range(len(elements)))
    return {e: evidence.pool(padded) for e, padded in zip(elements, pads, strict=True)}


def judged(
    world: World, seen: pl.DataFrame, held: pl.DataFrame, extra: dict[str, dict[str, Floats]]
) -> list[tuple[object, ...]]:
    """element, n and the QWK of each of MODELS on the calls of `held`."""
    enough = [
        {e for e, n in half.group_by("element").agg(pl.col("call_id").n_unique()).iter_rows() if n >= MIN_CALLS}
        for half in (seen, held)
    ]
    found = []
    for task in make_tasks(world.elements, Scores.validate(seen), set(seen["call_id"])):
        name = task.uses[0][1]
        if name not in enough[0] & enough[1]:
            continue
        scored = dict(median_level(held.filter(element=name), ["call_id"]).select("call_id", "level").iter_rows())
        able = world.features if has_own_cues(task) else world.features.without_own()
        known, others = able.take(set(task.levels)), able.take(set(scored))
        place = {call: row for row, call in enumerate(world.features.calls)}
        own, their = ([place[call] for call in part.calls] for part in (known, others))
        apart = keep_apart(world.people, known.calls)
        fold = spread_groups(apart.groups)
        none = np.zeros((len(known.calls), 0), np.float32)
        learner = Learner(task, Material(known, describe_calls(known), none, evidence.Solver(known, fold), fold, apart),
                          world.turns)  # fmt: skip
        pooled = evidence.pool(
            evidence.pad(evidence.score(others, learner.solver.solve(learner.products)), others.starts)
        )
        rows, other_rows = learner.with_evidence(), np.hstack([describe_calls(others).rows, pooled])
        target = np.array([scored[call] for call in others.calls])
        taught, network = (extra[kind][name] for kind in ("taught encoder", "network over turns"))
        tries: tuple[tuple[bool, list[Floats]], ...] = (
            *((True, []), (False, [taught]), (True, [taught])),
            *((False, [network]), (True, [network]), (True, [taught, network])),
        )
        figures = []
        for with_features, more in tries:
            trust = None if with_features else 1.0  # beside others they are taken up where that helps on calls left out
            blocks = (*(learner.blocks if with_features else ()), *((part.shape[1], trust) for part in more))
            first = np.hstack([*([rows] if with_features else []), *(part[own] for part in more)])
            second = np.hstack([*([other_rows] if with_features else []), *(part[their] for part in more)])
            model = OrdinalRidge(blocks).fit(first, learner.levels, apart.groups)
            figures.append(qwk(target, model.predict(second)))
        found.append((name, len(target), *figures))
    return found


def page(rows: pl.DataFrame, seconds: dict[str, float]) -> str:
    """A table for each way, and the time it took."""
    parts = [
        "## An encoder taught the turns of one half, and a network over turns",
        f"All-MiniLM-L6-v2, the last {TAUGHT_LAYERS} of its six layers taught in {EPOCHS} pass which turns raters\n"
        f"named for each element and at which level (of {MIN_WORDS} words or more, at most {MAX_TOKENS} tokens), and\n"
        "a recurrent network over its plain vectors. *Alone*: the classifier knows nothing else of a call; *beside*:\n"
        "what is shipped and the scores of turns, where these lower the error on calls left out of that half.\n"
        "Written by `python -m benchmarks.labels.taught`.",
    ]
    for (way,), part in rows.group_by("way", maintain_order=True):
        means = ", ".join(f"{name} {part[name].to_numpy().mean():.3f}" for name in MODELS)
        ordered = part.drop("way").sort("n", "element", descending=[True, False])
        parts.append(f"### {str(way).capitalize()}\n\nMeans: {means}.\n\n{table(ordered.columns, ordered.rows())}")
    took = "\n".join(f"- {name}: {spent:.0f} s" for name, spent in seconds.items())
    return "\n\n".join([*parts, _gains(rows), f"Processor time:\n\n{took}"])


def _gains(rows: pl.DataFrame) -> str:
    """What each of the models beside the features gains over what is shipped, either way."""
    means = rows.group_by("way", maintain_order=True).agg(pl.col(MODELS).mean())
    beside = [name for name in MODELS if name.endswith("beside")]
    gains = {name: (means[name] - means[MODELS[0]]).to_list() for name in beside}
    said = "; ".join(f"{name} {first:+.3f} and {second:+.3f}" for name, (first, second) in gains.items())
    return f"Over what is shipped, learnt from the older and from the newer: {said}. The product uses none of them."


if __name__ == "__main__":
    main()
