"""Talk: stored utterances beside what later steps need to know of their calls."""

import dataframely as dy
import polars as pl

from pipeline.tables import Elements, Talk


def talk_of(utterances: pl.DataFrame, calls: pl.DataFrame, elements: dy.DataFrame[Elements]) -> dy.DataFrame[Talk]:
    """Utterances with their call's interaction, duration_s, started_at, and the side of who speaks.

    The scored role of the call's rubric is the lead, any other known role the other side. Calls of an interaction
    without a rubric are left out.
    """
    leads = elements.select("rubric", "scored_role").unique()
    about = calls.select("call_id", "interaction", "duration_s", "started_at").join(
        leads, left_on="interaction", right_on="rubric"
    )
    side = (
        pl.when(pl.col("role") == pl.col("scored_role"))
        .then(pl.lit("lead"))
        .when(pl.col("role") != "unknown")
        .then(pl.lit("other"))
    )
    joined = utterances.join(about, on="call_id").with_columns(side=side)
    return Talk.validate(joined.sort("call_id", "idx"), cast=True)
