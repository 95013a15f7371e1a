"""Rewriting a rubric: anchors changed in the YAML that people wrote, all else in it left as it is, as a new version."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dataframely as dy
import polars as pl
import yaml

from flows.room.house import House
from flows.room.shown import labels_of
from models.learning.tasks import scores_of_elements
from models.ratings.rewording import KEEPS, diff_rubrics
from models.ratings.rubrics import SHARED, RubricError, check_rubrics, load_rubrics
from models.registry.workspace import all_scores
from pipeline.location import write_whole
from pipeline.metrics.current_labels import with_settlement
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import USE

MAX_LETTERS = 1000
N_PREVIEWED = 10
ANSWERS = {True: "same_meaning_as", False: "other_meaning_than"}


@dataclass(frozen=True)
class Change:
    """New anchors of an element by colour, and whether they mean the same as the ones before."""

    element: str
    anchors: dict[str, str]
    same_meaning: bool


def problems_of(folder: Path, rubric: str, change: Change) -> list[str]:
    """What would be wrong with the rubrics after a change, one sentence each; empty where all would be well."""
    try:
        with _tried(folder, rubric, change) as (tried, _):
            return check_rubrics(tried)
    except (RubricError, ValueError) as error:
        return str(error).splitlines()


def preview(house: House, rubric: str, change: Change, calls: pl.DataFrame) -> list[dict[str, object]]:
    """What a change would do to the ten newest calls that have a label of an element it touches: call_id, rubric,
    element, level, new_level (null where it would not be judged until people score by the new words), becomes (why).

    With the same meaning all stays. With another, a classifier learns from what was scored by the earlier words, where
    that is enough, and is provisional; levels that people settled were of the earlier words and count no more.
    """
    folder = Path(house.settings.rubrics)
    with _tried(folder, rubric, change) as (tried, _):
        before, after = load_rubrics(folder), load_rubrics(tried)
    changes = diff_rubrics(before, after).filter(pl.col("field").is_in(LEVELS)).unique(USE[:2])
    scores = all_scores(house.store, after)
    given = scores_of_elements(after, scores, set(scores["call_id"]))
    learnable = [use for one in given if one.is_enough for use in one.uses]
    about = changes.join(
        pl.DataFrame(learnable, schema=dict.fromkeys(USE, pl.String), orient="row"), on=USE[:2], how="left"
    )
    labels = with_settlement(labels_of(house)).drop_nulls("level")
    newest = calls.sort("started_at", descending=True, nulls_last=True).select("call_id", "name", "other_name")
    rows = newest.join(labels.drop("rubric_hash"), on="call_id", maintain_order="left")
    touched = rows.join(about, on=USE[:2], maintain_order="left").head(N_PREVIEWED)
    stays, is_learnt = pl.col("keeps") == KEEPS[True], pl.col("rubric_hash").is_not_null()
    machine = pl.coalesce("machine_level", "level")
    return touched.with_columns(
        new_level=pl.when(stays).then("level").when(is_learnt).then(machine),
        becomes=pl.when(stays)
        .then(pl.lit("stays as it is"))
        .when(is_learnt & pl.col("machine_level").is_not_null())
        .then(pl.lit("the settled level was of the earlier words: the classifier's again, provisional"))
        .when(is_learnt)
        .then(pl.lit("provisional, learnt from scores by the earlier words"))
        .otherwise(pl.lit("not judged until people score by the new words")),
    ).to_dicts()


def publish(folder: Path, rubric: str, change: Change) -> int:
    """Write a change as a new version of every rubric that has the element; returns the rubric's version.

    Raises RubricError where the rubrics would not be valid.
    """
    with _tried(folder, rubric, change) as (tried, written):
        problems = check_rubrics(tried)
        if problems:
            raise RubricError("\n".join(problems))
        for name in written:
            write_whole(folder / name, (tried / name).read_bytes())
    return int(load_rubrics(folder).filter(rubric=rubric)["rubric_version"][0])


@contextmanager
def _tried(folder: Path, rubric: str, change: Change) -> Iterator[tuple[Path, list[str]]]:
    """A copy of the rubrics in which the change was made, and the files that differ."""
    elements = load_rubrics(folder)
    now = elements.filter(rubric=rubric, element=change.element)
    if now.is_empty():
        raise ValueError(f"Rubric {rubric} has no element {change.element}.")
    if not all(0 < len(text.strip()) <= MAX_LETTERS for text in change.anchors.values()):
        raise ValueError(f"Write each anchor in 1 to {MAX_LETTERS} letters.")
    with tempfile.TemporaryDirectory(prefix="callgrade-rubrics-") as name_of_copy:
        tried = Path(name_of_copy)
        for path in folder.glob("*.yaml"):
            shutil.copy(path, tried)
        own = f"{rubric}.yaml"
        home = own if _entry(_composed(folder / own), change.element) is not None else SHARED
        _write_anchors(tried / home, change, _hashes(elements, now, home))
        users = [rubric] if home == own else _users(folder, change.element)
        for name in users:
            _next_version(tried / f"{name}.yaml")
        yield tried, sorted({home, *(f"{name}.yaml" for name in users)})


def _hashes(elements: dy.DataFrame[Elements], now: pl.DataFrame, home: str) -> list[str]:
    """The fingerprints of the wording before: those of all rubrics that use it, where it is shared."""
    rows = now if home != SHARED else elements.join(now, on=["element", *LEVELS, "where"], how="semi")
    return rows["rubric_hash"].unique().sort().to_list()


def _composed(path: Path) -> yaml.Node:
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    if node is None:
        raise ValueError(f"{path.name} is empty.")
    return node


def _pairs(node: yaml.Node) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _entries(node: yaml.Node) -> Iterator[yaml.Node]:
    listed = _pairs(node).get("elements")
    yield from listed.value if isinstance(listed, yaml.SequenceNode) else []


def _entry(node: yaml.Node, element: str) -> yaml.Node | None:
    named = ((one, _pairs(one).get("id")) for one in _entries(node))
    return next((one for one, id_ in named if id_ is not None and id_.value == element), None)


def _users(folder: Path, element: str) -> list[str]:
    """The rubrics that pull a shared element in."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != SHARED)
    uses = {path.stem: [_pairs(one).get("use") for one in _entries(_composed(path))] for path in paths}
    return [name for name, nodes in uses.items() if any(node is not None and node.value == element for node in nodes)]


def _write_anchors(path: Path, change: Change, earlier: list[str]) -> None:
    """Put new texts in place of the old ones, and note what the earlier wording meant."""
    text = path.read_text(encoding="utf-8")
    entry = _entry(_composed(path), change.element)
    if entry is None:
        raise ValueError(f"{path.name} has no element {change.element}.")
    fields = _pairs(entry)
    anchors = _pairs(fields["levels"])
    edits = [
        (anchors[color].start_mark.index, anchors[color].end_mark.index, _quoted(new.strip()))
        for color, new in change.anchors.items()
    ]
    key = ANSWERS[change.same_meaning]
    kept = fields.get(key)
    if kept is not None:
        hashes = [*(one.value for one in kept.value), *earlier]
        edits.append((kept.start_mark.index, kept.end_mark.index, _listed(hashes)))
    else:
        title = fields["title"]
        indent = " " * entry.start_mark.column
        edits.append((title.end_mark.index, title.end_mark.index, f"\n{indent}{key}: {_listed(earlier)}"))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    path.write_text(text, encoding="utf-8")


def _next_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    version = _pairs(_composed(path))["version"]
    new = str(int(version.value) + 1)
    path.write_text(text[: version.start_mark.index] + new + text[version.end_mark.index :], encoding="utf-8")


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


def _listed(hashes: list[str]) -> str:
    return "[" + ", ".join(f'"{one}"' for one in dict.fromkeys(hashes)) + "]"
