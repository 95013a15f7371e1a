"""Settle: calls that a retraining leaves as a new run would, so that the next night need not touch them."""

from collections.abc import Iterable

import polars as pl

from models.learning.element_model import ElementModel
from pipeline.store.delta import Store


def settle(store: Store, run_id: str, config_hash: str, used: Iterable[ElementModel]) -> None:
    """Assign to the run the calls that were heard and measured as now and have a current label by every model in use.

    `config_hash` is the run's: what is heard and measured, a hyphen, by what it is judged (see `flows.todo`).
    """
    wanted = pl.DataFrame(
        [(model.rubric, model.model_id) for model in used], schema=["rubric", "model_id"], orient="row"
    )
    per_rubric = wanted.group_by("rubric").len("wanted")
    labels = store.read("labels", where=pl.col("current")).join(wanted, on=["rubric", "model_id"], how="semi")
    complete = labels.group_by("call_id", "rubric").len("labels").join(per_rubric, on="rubric")
    complete = complete.filter(pl.col("labels") == pl.col("wanted"))
    measured = config_hash.partition("-")[0]
    same = store.read("runs", where=pl.col("config_hash").str.starts_with(measured)).select("run_id")
    settled = (
        store.read("calls", where=pl.col("status") == "ok")
        .join(same, on="run_id", how="semi")
        .join(complete, on="call_id", how="semi")
    )
    store.merge("calls", settled.with_columns(run_id=pl.lit(run_id)))
