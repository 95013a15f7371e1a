"""Kept: what the cross-validation said of each call, and the model's card, in the folder of the model."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import dataframely as dy
import polars as pl

from models.learning.train import NOTHING_VALIDATED, Trained
from models.registry.model_card import card, reliability_svg
from pipeline.location import write_whole
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Labels
from pipeline.tables.values import LEVELS

BESIDE = "beside"  # the folder of models that did not come into use
CARD, PLOT, VALIDATED = "card.md", "reliability.svg", "validated.parquet"


def keep(trained: Trained, folder: Path) -> None:
    """Write card, reliability plot and cross-validation of each model into `folder`/<model_id>."""
    rows = {row["model_id"]: row for row in trained.rows.to_dicts()}
    for model in trained.models:
        place = folder / model.model_id
        seen = trained.validated.filter(pl.col("model_id") == model.model_id)
        write_whole(place / CARD, card(model, rows[model.model_id], seen).encode())
        if seen.height:
            write_whole(place / PLOT, reliability_svg(seen).encode())
            _write(seen, place / VALIDATED)


def validated(folder: Path, model_ids: Iterable[str]) -> pl.DataFrame:
    """The kept rows of `Trained.validated` of these models."""
    found = [folder / model_id / VALIDATED for model_id in model_ids]
    kept = [pl.read_parquet(path.read_bytes()) for path in found if path.is_file()]
    return pl.concat([NOTHING_VALIDATED, *kept], how="diagonal")


def as_unseen(labels: dy.DataFrame[Labels], validated: pl.DataFrame) -> dy.DataFrame[Labels]:
    """The labels, those of calls that their model learnt from as the cross-validation judged them: only so do they say
    how far the model agrees with people."""
    chances = [f"p_{color}" for color in LEVELS]
    held = [pl.col(name).alias(f"held_{name}") for name in chances]
    held_out = validated.select("model_id", "call_id", "given", *held)
    both = labels.join(held_out, on=["model_id", "call_id"], how="left", maintain_order="left")
    judged = pl.col("level").is_not_null() & pl.col("given").is_not_null()
    colors = color_of(pl.col("given"))
    mean = pl.sum_horizontal(level * pl.col(f"held_p_{color}") for level, color in enumerate(LEVELS))
    replaced = {"level": pl.col("given"), "color": colors, "expected_level": mean.clip(0, len(LEVELS) - 1)}
    replaced |= {name: pl.col(f"held_{name}") for name in chances}
    unseen = both.with_columns(pl.when(judged).then(new).otherwise(name).alias(name) for name, new in replaced.items())
    return Labels.validate(unseen.select(labels.columns))


def forget_calls(folder: Path, call_ids: list[str]) -> int:
    """Take calls out of all that is kept; returns how many rows were removed."""
    n_removed = 0
    for path in [*folder.glob(f"*/{VALIDATED}"), *folder.glob(f"{BESIDE}/*/{VALIDATED}")]:
        rows = pl.read_parquet(path.read_bytes())
        left = rows.filter(~pl.col("call_id").is_in(call_ids))
        if left.height < rows.height:
            _write(left, path)
            n_removed += rows.height - left.height
    return n_removed


def _write(rows: pl.DataFrame, path: Path) -> None:
    written = BytesIO()
    rows.write_parquet(written)
    write_whole(path, written.getvalue())
