"""Meetings of managers and sellers in writing, with what their writers meant: those that models learn from, and those
that no model does."""

import json
from datetime import datetime
from pathlib import Path

import dataframely as dy
import polars as pl

from benchmarks.paths import ROOT
from models.ratings.reference import Reference
from pipeline.tables.conversations import Talk

MEETINGS = ROOT / "data" / "meetings"
LEARNT_MEETINGS = ROOT / "data" / "learnt_meetings"
SECONDS_A_WORD = 0.4
ROLES = {"lead": "manager", "other": "rep"}


def read_meetings(folder: Path) -> tuple[dy.DataFrame[Talk], dict[str, pl.DataFrame]]:
    """The talk, and promises, earlier and purposes as they are in a folder."""
    rows = []
    for line in (folder / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        call, at = json.loads(line), 0.0
        seconds = [SECONDS_A_WORD * (1 + len(turn["text"].split())) for turn in call["turns"]]
        about = {
            "call_id": call["call_id"],
            "interaction": call["interaction"],
            "duration_s": sum(seconds),
            "started_at": datetime.fromisoformat(f"{call['started_at']}:00+00:00"),
        }
        for idx, (turn, length) in enumerate(zip(call["turns"], seconds, strict=True)):
            words = {"text": turn["text"], "n_words": len(turn["text"].split())}
            who = {"speaker": turn["side"], "side": turn["side"], "role": ROLES[turn["side"]]}
            rows.append({"idx": idx, "start_s": at, "end_s": at + length - SECONDS_A_WORD} | about | words | who)
            at += length
    talk = Talk.validate(pl.DataFrame(rows, schema=Talk.create_empty().schema))
    names = ("promises", "earlier", "purposes")
    truth = {name: pl.read_csv(folder / f"{name}.csv", try_parse_dates=True).rename({"turn": "idx"}) for name in names}
    return talk, truth


def with_learnt(reference: Reference) -> Reference:
    """The reference together with the meetings of LEARNT_MEETINGS, whose agenda is not tagged."""
    talk, told = read_meetings(LEARNT_MEETINGS)
    about = talk.select("call_id", "interaction", "started_at", "duration_s").unique(maintain_order=True)
    calls = about.with_columns(lead_id=pl.format("{}-lead", "call_id"), other_id=pl.format("{}-other", "call_id"))
    actions = told["promises"].with_columns(owner_role=pl.col("owner").replace({"lead": "manager", "other": "seller"}))
    prior_actions = told["earlier"].with_columns(state=pl.col("state").replace({"reagreed": "missed"}))
    return reference._replace(
        calls=_beside(reference.calls, calls),
        talk=Talk.validate(_beside(reference.talk, talk)),
        actions=_beside(reference.actions, actions),
        prior_actions=_beside(reference.prior_actions, prior_actions),
        purposes=_beside(reference.purposes, told["purposes"]),
    )


def _beside(known: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    shared = [column for column in known.columns if column in rows.columns]
    return pl.concat([known, rows.select(shared)], how="diagonal")
