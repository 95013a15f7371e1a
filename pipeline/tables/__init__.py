"""The tables: what one row of each is, what each column means, and what must hold.

Times are UTC, seconds are floats from the start of the recording, shares lie in 0 to 1. `TABLES` are the Delta
tables of a workspace; the other schemas are frames that only pass between steps. A column says what it means by its
`description`, from which the data dictionary is made. Sets of allowed values stand
in `values` only.
"""

import dataframely as dy

from pipeline.tables.coaching import TakenUp
from pipeline.tables.conversations import Actions, Acts, Calls, Commitments, Moments, Purposes, Talk, Utterances
from pipeline.tables.figures import Kpis, Measures
from pipeline.tables.judgements import (
    Adjudicated,
    Agreement,
    Elements,
    Evidence,
    Labels,
    Models,
    Overrides,
    Pointed,
    RaterPeriods,
    Raters,
    Repeats,
    Scores,
    Wordings,
)
from pipeline.tables.runs import Failures, Runs, Stages

TABLES: dict[str, type[dy.Schema]] = {
    "calls": Calls,
    "utterances": Utterances,
    "acts": Acts,
    "measures": Measures,
    "labels": Labels,
    "evidence": Evidence,
    "actions": Actions,
    "commitments": Commitments,
    "scores": Scores,
    "pointed": Pointed,
    "repeats": Repeats,
    "overrides": Overrides,
    "taken_up": TakenUp,
    "wordings": Wordings,
    "agreement": Agreement,
    "raters": Raters,
    "rater_periods": RaterPeriods,
    "models": Models,
    "kpis": Kpis,
    "runs": Runs,
    "stages": Stages,
    "failures": Failures,
}
