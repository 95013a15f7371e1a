"""Analyse talk: the moments that structure it, the purposes it serves, and the actions promised or agreed in it."""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.language.actions import NOBODY, find_actions
from pipeline.language.moments import moments_of, score_utterances
from pipeline.language.promises.reviews import NO_EXCHANGES, exchanges_of
from pipeline.language.purposes import find_purposes
from pipeline.language.reflections import find_reflections
from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk


class Findings(NamedTuple):
    """What `analyse` finds in some calls.

    moments: agendas, recaps, reflections and the like
    purposes: one row per utterance
    actions: those promised or agreed in the calls themselves; none is carried from an earlier meeting
    exchanges: what `follow_up.carry_series` looks for earlier actions in
    """

    moments: dy.DataFrame[Moments]
    purposes: dy.DataFrame[Purposes]
    actions: dy.DataFrame[Actions]
    exchanges: pl.DataFrame = NO_EXCHANGES

    def together_with(self, other: "Findings") -> "Findings":
        """These findings and those of other calls."""
        return Findings(
            Moments.validate(pl.concat([self.moments, other.moments])),
            Purposes.validate(pl.concat([self.purposes, other.purposes])),
            Actions.validate(pl.concat([self.actions, other.actions])),
            pl.concat([self.exchanges, other.exchanges]),
        )


def analyse(
    talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], *, zone: str = "UTC", known: pl.DataFrame = NOBODY
) -> Findings:
    """Find moments, purposes and actions in the calls of `talk`; due dates count from the day of the call in `zone`.

    `known` are the people of the calls, as `known_people` gives them, by whose names promises are theirs.
    """
    utterances = score_utterances(talk)
    moments = pl.concat([moments_of(utterances), find_reflections(acts)])
    return Findings(
        moments=Moments.validate(moments),
        purposes=find_purposes(talk),
        actions=find_actions(talk, acts, zone=zone, known=known),
        exchanges=exchanges_of(utterances, acts),
    )
