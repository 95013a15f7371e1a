"""Tables of figures: measures of a conversation and KPIs of a week."""

import dataframely as dy
import polars as pl

from pipeline.tables.columns import count, key, number, one_of, text
from pipeline.tables.values import ENTITIES


class Measures(dy.Schema):
    """One row per measure and role: part and whole, so that a week is summed and not averaged."""

    call_id = key("The conversation.")
    measure = key("The measure; see the entries of kind measure.")
    role = key("lead, other or all; for purpose_mix the purpose.")
    part = number("What is counted.")
    whole = number("What it is a part of; null where it is no quotient. Sum both before dividing.")
    value = number("part / whole, or part.")
    unit = dy.String(description="Unit of the value.")
    reason = text("Why there is no value.")
    measures_version = dy.Int64(description="Version of the definitions.")

    @dy.rule()
    def null_has_a_reason(cls) -> pl.Expr:
        return pl.col("value").is_not_null() | pl.col("reason").is_not_null()


class Kpis(dy.Schema):
    """One row per week (its Monday), entity, kind of conversation and KPI."""

    week = dy.Date(primary_key=True, description="Monday of the week.")
    level_of = one_of(ENTITIES, "What the entity is: org, team, manager, lead.", key=True)
    entity_id = key("The team, manager or person; all for the organisation.")
    interaction = key("Kind of conversation, or all.")
    kpi = key("The KPI; after a colon the element, role, outcome or colour it is split by.")
    kpi_name = dy.String(description="The KPI without what it is split by; see the entries of kind kpi.")
    split = text("The element, role, outcome or colour it is split by; null where it is not split.")
    value = number("Its value.")
    n_calls = count("How many conversations stand behind it.")
    low = number("Lower end of the 95 % interval; null where there is none.")
    high = number("Upper end of it.")
