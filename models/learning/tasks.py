"""Tasks: what is to be learnt of each element, from which scores."""

import hashlib
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ratings.scores import ENOUGH
from pipeline.tables import LEVELS, Elements, Scores


class Task(NamedTuple):
    """One element to learn: its uses (rubric, element, rubric_hash), the calls' levels, raters' scores, basis."""

    uses: tuple[tuple[str, str, str], ...]
    anchors: tuple[str, ...]
    levels: dict[str, int]
    ratings: NDArray[np.float64]
    basis: str
    data_hash: str


def make_tasks(elements: dy.DataFrame[Elements], scores: dy.DataFrame[Scores], calls: set[str]) -> list[Task]:
    """What is to be learnt: elements with the same name and anchors learn together from all rubrics that use them."""
    tasks = []
    key = ["element", *LEVELS, "where"]
    for name, uses in elements.sort("rubric", "position").group_by(key, maintain_order=True):
        used = uses.select("rubric", "element", "rubric_hash")
        given = scores.join(used, on=used.columns, how="semi").filter(pl.col("call_id").is_in(calls))
        by_people = given.filter(rater_kind="person")
        enough = by_people["call_id"].n_unique() >= ENOUGH
        given = (by_people if enough else given).sort("call_id", "rater")
        wide = given.pivot("rater", index="call_id", values="level", sort_columns=True).sort("call_id")
        ratings = wide.drop("call_id").cast(pl.Float64).fill_null(float("nan")).to_numpy()
        medians = given.group_by("call_id").agg((pl.col("level").median() + 0.5).floor().cast(pl.Int64)).sort("call_id")
        levels = dict(medians.iter_rows()) if medians.height >= ENOUGH else {}
        basis = ("people" if enough else "reference") if levels else "anchors"
        hashed = hashlib.sha256(given.select("call_id", "rater", "level").write_csv().encode()).hexdigest()[:16]
        tasks.append(Task(tuple(used.rows()), tuple(map(str, name[1:5])), levels, ratings, basis, hashed))
    return tasks
