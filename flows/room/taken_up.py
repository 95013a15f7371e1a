"""What was taken up in the room, for the workspace's table: goals, and comments on moments that labels rest on."""

import polars as pl
from sqlalchemy import select

from flows.room.database.coaching import Comment, Goal
from flows.room.house import House
from pipeline.tables.coaching import TakenUp

NEAR_S = 5.0  # a comment that stands as near to a moment speaks of it


def store_taken_up(house: House) -> int:
    """Let the table be what the room's database has; returns how many rows it has. Nothing is written where it is."""
    with house.database.read() as session:
        goals, comments = list(session.scalars(select(Goal))), list(session.scalars(select(Comment)))
    rows = pl.concat([_goals(goals), _comments(house, comments)]).sort(TakenUp.primary_key())
    stored = house.store.read("taken_up").sort(TakenUp.primary_key())
    if not rows.equals(stored):
        house.store.overwrite("taken_up", rows)
    return rows.height


def _goals(goals: list[Goal]) -> pl.DataFrame:
    told = [
        {
            "how": "goal", "item_id": one.goal_id, "person_id": one.person_id, "rubric": one.rubric,
            "element": one.element, "at": one.opened_at, "call_id": one.opened_in, "from_level": one.from_level,
            "to_level": one.to_level, "due_on": one.due_on, "came_to": one.came_to,
        }
        for one in goals
    ]  # fmt: skip
    return TakenUp.validate(pl.DataFrame(told, schema=TakenUp.create_empty().schema), cast=True)


def _comments(house: House, comments: list[Comment]) -> pl.DataFrame:
    """The comments to whom a call's labels are of, one row for each element at whose moments they stand."""
    written = pl.DataFrame(
        [(one.comment_id, one.call_id, one.written_to, one.at_s, one.written_at) for one in comments],
        schema={"item_id": pl.String, "call_id": pl.String, "person_id": pl.String, "at_s": pl.Float64}
        | {"at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    led = house.store.read("calls").select("call_id", person_id="lead_id")
    current = house.store.read("labels", where=pl.col("current")).select("call_id", "rubric", "element", "model_id")
    moments = (
        house.store.read(
            "evidence", where=pl.col("call_id").is_in(written["call_id"].to_list()) & pl.col("idx").is_not_null()
        )
        .join(current, on=["call_id", "rubric", "element", "model_id"], how="semi")
        .select("call_id", "rubric", "element", "start_s", "end_s")
    )
    at = pl.col("at_s")
    about = (
        written.join(led, on=["call_id", "person_id"], how="semi")
        .join(moments, on="call_id")
        .filter(at.is_between(pl.col("start_s") - NEAR_S, pl.col("end_s") + NEAR_S))
        .unique(["item_id", "rubric", "element"], maintain_order=True)
        .with_columns(how=pl.lit("comment"))
        .drop("at_s", "start_s", "end_s")
    )
    return TakenUp.validate(pl.concat([TakenUp.create_empty(), about], how="diagonal"), cast=True)
