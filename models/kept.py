"""Kept: what the cross-validation said of each call, and the model's card, in the folder of the model."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from models.card import card, reliability_svg
from models.train import NOTHING_VALIDATED, Trained

CARD, PLOT, VALIDATED = "card.md", "reliability.svg", "validated.parquet"


def keep(trained: Trained, folder: Path) -> None:
    """Write card, reliability plot and cross-validation of each model into `folder`/<model_id>."""
    rows = {row["model_id"]: row for row in trained.rows.to_dicts()}
    for model in trained.models:
        place = folder / model.model_id
        place.mkdir(parents=True, exist_ok=True)
        seen = trained.validated.filter(pl.col("model_id") == model.model_id)
        (place / CARD).write_text(card(model, rows[model.model_id], seen), encoding="utf-8")
        if seen.height:
            (place / PLOT).write_text(reliability_svg(seen), encoding="utf-8")
            _write(seen, place / VALIDATED)


def validated(folder: Path, model_ids: Iterable[str]) -> pl.DataFrame:
    """The kept rows of `Trained.validated` of these models."""
    found = [folder / model_id / VALIDATED for model_id in model_ids]
    return pl.concat([NOTHING_VALIDATED, *(pl.read_parquet(path) for path in found if path.is_file())])


def forget_calls(folder: Path, call_ids: list[str]) -> int:
    """Take calls out of all that is kept; returns how many rows were removed."""
    n_removed = 0
    for path in folder.glob(f"*/{VALIDATED}"):
        rows = pl.read_parquet(path)
        left = rows.filter(~pl.col("call_id").is_in(call_ids))
        if left.height < rows.height:
            _write(left, path)
            n_removed += rows.height - left.height
    return n_removed


def _write(rows: pl.DataFrame, path: Path) -> None:
    part = path.with_suffix(".part")
    rows.write_parquet(part)
    part.replace(path)
