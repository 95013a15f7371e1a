"""Small conversations for tests, written as rows of (side, start_s, end_s, text)."""

from datetime import UTC, datetime

import dataframely as dy
import polars as pl

from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk

Row = tuple[str | None, float, float, str]
STARTED = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)  # a Monday


def talk_of(
    *rows: Row, call_id: str = "c", duration_s: float = 100.0, interaction: str = "discovery_call"
) -> dy.DataFrame[Talk]:
    """A Talk frame; a side of None is a speaker of unknown role."""
    roles = {"lead": "rep", "other": "customer", "colleague": "colleague", None: "unknown"}
    frame = pl.DataFrame(
        [
            {
                "call_id": call_id,
                "idx": idx,
                "start_s": float(start_s),
                "end_s": float(end_s),
                "speaker": side or f"S{idx % 2}",
                "role": roles[side],
                "person_id": None,
                "text": text,
                "n_words": len(text.split()),
                "confidence": None,
                "side": side,
                "interaction": interaction,
                "duration_s": duration_s,
                "started_at": STARTED,
            }
            for idx, (side, start_s, end_s, text) in enumerate(rows)
        ],
        schema=Talk.create_empty().schema,
    )
    return Talk.validate(frame)


def acts_of(*rows: tuple[int, str], call_id: str = "c") -> dy.DataFrame[Acts]:
    """One sentence per row (idx, act), numbered within its utterance."""
    schema = Acts.create_empty().drop("sentence").schema
    lines = [(call_id, idx, act, 1.0, act, None, None) for idx, act in rows]
    frame = pl.DataFrame(lines, schema=schema, orient="row")
    return Acts.validate(frame.with_columns(sentence=pl.int_range(pl.len()).over("idx")))


def moments_of(*rows: tuple[int, str], call_id: str = "c") -> dy.DataFrame[Moments]:
    """One moment per row (idx, kind)."""
    frame = pl.DataFrame(
        [(call_id, idx, kind, 1.0) for idx, kind in rows], schema=Moments.create_empty().schema, orient="row"
    )
    return Moments.validate(frame)


def purposes_of(*rows: tuple[int, str | None], call_id: str = "c") -> dy.DataFrame[Purposes]:
    """One utterance per row (idx, purpose)."""
    frame = pl.DataFrame(
        [(call_id, idx, name, 1.0) for idx, name in rows], schema=Purposes.create_empty().schema, orient="row"
    )
    return Purposes.validate(frame)


def no_actions() -> dy.DataFrame[Actions]:
    """No action at all."""
    return Actions.create_empty()
