"""The tables: what one row of each is, what each column means, and what must hold.

Times are UTC, seconds are floats from the start of the recording, shares lie in 0 to 1. `TABLES` are the Delta
tables of a workspace; the other schemas are frames that only pass between steps. A column says what it means by its
`description`, from which the data dictionary is made. Import tables and values from here, whatever file they stand in.
"""

import dataframely as dy

from pipeline.tables.conversations import Actions, Acts, Calls, Moments, Purposes, Talk, Utterances
from pipeline.tables.figures import Kpis, Measures
from pipeline.tables.judgements import (
    Adjudicated,
    Agreement,
    Elements,
    Evidence,
    Labels,
    Models,
    RaterPeriods,
    Raters,
    Repeats,
    Scores,
)
from pipeline.tables.runs import Failures, Runs, Stages
from pipeline.tables.values import (
    ACTION_STATES,
    ACTS,
    BASES,
    CALL_STATES,
    DECIDED_OUTCOMES,
    DECIMALS,
    ENTITIES,
    GATES,
    LABEL_STATES,
    LEVELS,
    MOMENTS,
    OF_A_CALL,
    OUTCOMES,
    OWNERS,
    PLACES,
    PURPOSES,
    RATER_KINDS,
    SIDES,
    STAGES,
    TAKEN_UP_STATES,
    Place,
)

TABLES: dict[str, type[dy.Schema]] = {
    "calls": Calls,
    "utterances": Utterances,
    "acts": Acts,
    "measures": Measures,
    "labels": Labels,
    "evidence": Evidence,
    "actions": Actions,
    "scores": Scores,
    "repeats": Repeats,
    "agreement": Agreement,
    "raters": Raters,
    "rater_periods": RaterPeriods,
    "models": Models,
    "kpis": Kpis,
    "runs": Runs,
    "stages": Stages,
    "failures": Failures,
}
