"""Commitments: for each pair of people one list of what was promised between them, each promise with its history."""

import dataframely as dy
import polars as pl

from pipeline.intake.kinds import is_practice
from pipeline.store.delta import Store
from pipeline.tables.conversations import Commitments
from pipeline.tables.values import OPEN_COMMITMENTS, UNKNOWN_ORIGIN

STATE_OF_ACTION = {"discussed": "open", "not_mentioned": "unasked"}  # the others have the same name


def commitments(actions: pl.DataFrame, calls: pl.DataFrame) -> dy.DataFrame[Commitments]:
    """One row per promise of each pair, in the order they were made; its last state, and all of them in `history`.

    `actions` are those of all meetings, carried ones too; `calls` needs call_id, interaction, lead_id, other_id and
    started_at. A promise that nobody spoke of in the pair's last meeting is unasked; one whose meeting is not known has
    no made_in. What is said in role-plays is promised to nobody.
    """
    met = calls.filter(~is_practice("interaction"))
    held = met.drop_nulls(["lead_id", "other_id", "started_at"]).select(
        "call_id", "lead_id", "started_at", pair=pl.format("{}/{}", "lead_id", "other_id")
    )
    told = (
        actions.join(held, on="call_id")
        .with_columns(
            origin=pl.coalesce("carried_from", "call_id"),
            state=pl.col("state").replace(STATE_OF_ACTION),
            first=pl.coalesce("carried_from", "call_id") == pl.col("call_id"),
        )
        .sort("pair", "started_at", "call_id", "action")
    )
    of_promise = ["pair", "origin", "what", "owner_role"]
    moment = pl.struct("call_id", "state", "due_date", "idx")
    rows = told.group_by(of_promise, maintain_order=True).agg(
        pl.col("kind").first(),
        pl.col("owner_id").drop_nulls().first(),
        seen_at=pl.col("started_at").first(),
        due_words=pl.col("due_words").drop_nulls().last(),
        due_date=pl.col("due_date").drop_nulls().last(),
        state=pl.col("state").last(),
        share_done=pl.col("share_done").drop_nulls().last(),
        history=moment,
    )
    made = held.select(pl.col("call_id").alias("origin"), pl.col("started_at").alias("made_at"))
    unknown = pl.col("origin") == UNKNOWN_ORIGIN
    return Commitments.validate(
        rows.join(made, on="origin", how="left", maintain_order="left")
        .with_columns(made_in=pl.when(~unknown).then("origin"), order=pl.coalesce("made_at", "seen_at"))
        .sort("pair", "order", maintain_order=True)
        .with_columns(commitment=pl.int_range(pl.len()).over("pair"))
        .select(Commitments.column_names()),
        cast=True,
    )


def open_commitments(rows: pl.DataFrame, manager: str | None = None, person: str | None = None) -> pl.DataFrame:
    """What is still to be done, the earliest date first; of the pairs that a manager leads, or that a person is one of
    or owes something in, if given."""
    still = rows.filter(pl.col("state").is_in(OPEN_COMMITMENTS))
    if manager is not None:
        still = still.filter(pl.col("pair").str.starts_with(f"{manager}/"))
    if person is not None:
        of_pair = pl.col("pair").str.starts_with(f"{person}/") | pl.col("pair").str.ends_with(f"/{person}")
        still = still.filter(of_pair | pl.col("owner_id").eq_missing(person))
    return still.sort("due_date", "made_at", "pair", "commitment", nulls_last=True)


def update_commitments(store: Store) -> int:
    """Compute the commitments of all that the store holds and put them in place of those there; returns how many."""
    rows = commitments(store.read("actions"), store.read("calls", where=pl.col("status") == "ok"))
    store.overwrite("commitments", rows)
    return len(rows)
