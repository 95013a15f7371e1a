"""Series: actions followed from meeting to meeting of the same two people, in the order the meetings were held."""

import dataframely as dy
import polars as pl

from pipeline.language.follow_up import carry_actions, exchanges_of, previous_meetings
from pipeline.tables import Actions, Talk


def carry_series(
    actions: dy.DataFrame[Actions],
    known: pl.DataFrame,
    calls: pl.DataFrame,
    *,
    talk: dy.DataFrame[Talk],
) -> dy.DataFrame[Actions]:
    """`actions` of some calls with those still open from each one's meeting before, which may be one of them.

    `known` are the actions stored of other calls; `calls` (call_id, lead_id, other_id, started_at) are all of both.
    """
    waiting = set(talk["call_id"].unique())
    links = previous_meetings(calls).filter(pl.col("call_id").is_in(waiting))
    settled = known.filter(~pl.col("call_id").is_in(waiting))
    exchanges = exchanges_of(talk)
    while waiting:
        blocked = links.filter(pl.col("earlier_id").is_in(waiting))["call_id"]
        ready = waiting - set(blocked)
        into = links.filter(pl.col("call_id").is_in(ready)).rename({"call_id": "into", "earlier_id": "call_id"})
        carried = carry_actions(
            Actions.validate(actions.filter(pl.col("call_id").is_in(ready))),
            settled.join(into, on="call_id"),
            exchanges,
        )
        settled = pl.concat([settled, carried])
        waiting -= ready
    return Actions.validate(settled.filter(pl.col("call_id").is_in(talk["call_id"].implode())))
