"""What spaCy's parser would add to the reading of promises: the trees are fitted with and without its signs.

    python -m benchmarks.training.parser_signs

writes docs/accuracy/parser.md. Every call is judged by models that saw none of its people.
"""

import time
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.language.action_matching import tagged_actions
from benchmarks.language.cross_validation import folds
from benchmarks.language.promise_fit import Material, fit_promises, fit_trees, read_material
from benchmarks.language.promises import held_out, promise_figures
from benchmarks.paths import DOCS, SCRIPTED
from models.ratings.reference import Reference, load_reference
from models.ratings.reference_acts import acts_of
from pipeline.language.actions import actions_of
from pipeline.language.clauses import clauses
from pipeline.language.ngram_model import score
from pipeline.language.promises.probabilities import (
    CANDIDATE_ODDS,
    CLAUSE_VIEWS,
    TURN_VIEWS,
    PromiseWeights,
    in_view,
    log_odds,
    surroundings,
    turns_of,
)
from pipeline.tables.conversations import Talk
from pipeline.transcripts.entities import PACKAGE

Doubles = NDArray[np.float64]
PAGE = DOCS / "accuracy" / "parser.md"
MODALS = {
    "will": {"will", "'ll", "’ll", "shall"},
    "can": {"can", "could", "may", "might"},
    "should": {"should", "must", "would", "'d", "’d"},
}
SUBJECTS = {"i": {"i"}, "we": {"we"}, "you": {"you", "ya"}, "they": {"he", "she", "they"}}
SIGNS = (
    *(f"subject_{who}" for who in (*SUBJECTS, "name", "thing", "none")),
    *MODALS,
    *(
        "imperative",
        "passive",
        "negated",
        "past",
        "progressive",
        "conditional",
        "object",
        "me",
        "noun_alone",
        "question",
    ),
)
TEMPLATE = """# What a parser adds to promises

Written by `python -m benchmarks.training.parser_signs` from the newer calls of `data/scripted`. spaCy's small English
pipeline tags and parses the {clauses} clauses that may promise something; {signs} signs of each (who its subject is,
mood, modality, negation, tense, object) are given to the trees beside what they read already.

| figure | without | with the parser |
|---|---|---|
{rows}

It costs {seconds:.3f} processor seconds a conversation. The words, their order and the answer tell the trees what the
parser could, so that it is not used: promises are found alike where the pipeline is installed and where it is not.
"""


class Held(NamedTuple):
    """The clauses of the reference as models that saw none of their people read them, and their fold."""

    units: pl.DataFrame
    rows: Doubles
    odds: Doubles
    owners: pl.DataFrame
    fold: NDArray[np.int64]


def read_held(units: pl.DataFrame, judged: dict[int, PromiseWeights], fold: dict[str, int]) -> Held:
    """What the linear models say of each clause, each judged by its own fold's."""
    viewed = in_view(units)
    turns = turns_of(viewed)
    clause_fold, turn_fold = (
        frame["call_id"].replace_strict(fold, return_dtype=pl.Int64).to_numpy() for frame in (viewed, turns)
    )
    odds, owners = np.zeros(len(clause_fold)), np.zeros((len(clause_fold), 3))
    turn_odds = {name: np.zeros(len(turn_fold)) for name in ("promises", "asks")}
    for number, weights in judged.items():
        mine = clause_fold == number
        by_clause = score(viewed.filter(pl.Series(mine)), weights.clauses, CLAUSE_VIEWS)
        odds[mine] = log_odds(by_clause["action"].to_numpy())
        owners[mine] = by_clause.select("speaker", "listener", "both").to_numpy()
        by_turn = score(turns.filter(pl.Series(turn_fold == number)), weights.turns, TURN_VIEWS)
        for name, values in turn_odds.items():
            values[turn_fold == number] = log_odds(by_turn[name].to_numpy())
    owned = pl.DataFrame(owners, schema=["speaker", "listener", "both"], orient="row")
    return Held(units, surroundings(viewed, turns, odds, turn_odds), odds, owned, clause_fold)


def parsed(texts: list[str]) -> tuple[Doubles, float]:
    """The signs of each text, in the order of SIGNS, and the processor seconds that they took."""
    import spacy

    language = spacy.load(PACKAGE, exclude=["ner", "lemmatizer"])
    signs = np.zeros((len(texts), len(SIGNS)))
    begun = time.process_time()
    for at, doc in enumerate(language.pipe(texts)):
        (root, *_) = [token for token in doc if token.dep_ == "ROOT"]
        children = list(root.children)
        subjects = [child for child in children if child.dep_ in ("nsubj", "nsubjpass")]
        auxiliaries = {child.lower_ for child in children if child.dep_ in ("aux", "auxpass")}
        objects = {child.lower_ for child in children if child.dep_ in ("dobj", "dative", "obj")}
        subject = subjects[0].lower_ if subjects else None
        whose = next((who for who, forms in SUBJECTS.items() if subject in forms), None)
        named = bool(subjects) and subjects[0].tag_.startswith("NNP")
        held = {f"subject_{whose or ('none' if not subjects else 'name' if named else 'thing')}"}
        held |= {modal for modal, forms in MODALS.items() if auxiliaries & forms}
        rules = {
            "imperative": not subjects and not auxiliaries and root.tag_ in ("VB", "VBP"),
            "passive": any(child.dep_ == "nsubjpass" for child in subjects),
            "negated": any(child.dep_ == "neg" for child in children),
            "past": root.tag_ in ("VBD", "VBN"),
            "progressive": root.tag_ == "VBG",
            "conditional": any(token.lower_ in ("if", "unless") and token.dep_ == "mark" for token in doc),
            "object": bool(objects),
            "me": bool(objects & {"me", "us"}),
            "noun_alone": root.pos_ not in ("VERB", "AUX"),
            "question": doc.text.endswith("?"),
        }
        held |= {name for name, true in rules.items() if true}
        signs[at] = [sign in held for sign in SIGNS]
    return signs, time.process_time() - begun


def judge(reference: Reference, material: Material, held: Held, more: Doubles) -> list[str]:
    """The figures of promises in the newer calls, by trees that are given `more` columns."""
    rows, calls = np.hstack([held.rows, more]), np.array(held.units["call_id"].to_list())
    found = []
    for number in sorted(set(held.fold.tolist())):
        mine, others = held.fold == number, sorted(set(calls[held.fold != number].tolist()))
        trees = fit_trees(material, rows, held.odds, others)
        likely = mine & (held.odds >= CANDIDATE_ODDS)
        action = np.zeros(len(calls))
        action[likely] = trees.probabilities(rows[likely])
        part = held.units.hstack(held.owners).with_columns(action=pl.Series(action)).filter(pl.Series(mine))
        found.append(actions_of(part, Talk.validate(reference.talk.join(part, on="call_id", how="semi"))))
    return promise_figures(pl.concat(found), tagged_actions(reference), held_out(reference)["newer"])


def write(reference: Reference, material: Material, held: Held) -> None:
    """Judge with and without the signs and write the page."""
    likely = held.odds >= CANDIDATE_ODDS
    signs = np.zeros((len(held.odds), len(SIGNS)))
    signs[likely], seconds = parsed(held.units.filter(pl.Series(likely))["text"].to_list())
    without, with_parser = (judge(reference, material, held, more) for more in (signs[:, :0], signs))
    names = ("precision / recall", "owner (of those that share a word)", "due date (likewise)", "in calls without any")
    rows = [f"| {name} | {old} | {new} |" for name, old, new in zip(names, without, with_parser, strict=True)]
    count, calls = int(likely.sum()), reference.calls.height
    PAGE.write_text(TEMPLATE.format(clauses=count, signs=len(SIGNS), rows="\n".join(rows), seconds=seconds / calls))
    print(PAGE.read_text())


def main() -> None:
    """Fit the models of each fold, then the trees with and without the signs."""
    reference = load_reference(SCRIPTED)
    fold = folds(reference.calls)
    units = clauses(reference.talk, acts_of(reference.talk, SCRIPTED))
    material = read_material(reference, units)
    judged, _ = fit_promises(material, fold)
    write(reference, material, read_held(units, judged, fold))


if __name__ == "__main__":
    main()
