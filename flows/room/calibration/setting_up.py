"""Setting up a calibration session: which calls, practice first, an order of its own for each rater, a tenth again."""

import random
from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from flows.room.database.scoring import Adjudication, Assignment, Session
from flows.room.house import House
from models.ratings.planner import next_to_score
from models.registry.workspace import own_scores
from pipeline.metrics.current_labels import of_rubrics
from pipeline.tables.judgements import Labels, Scores

N_PRACTICE = 2
ONE_AGAIN_IN = 10
FEW = 3  # calls, of which none comes again
MOST_CALLS, MOST_RATERS = 200, 200

Agreed = dict[str, dict[str, int]]  # the level of each element of each call


@dataclass(frozen=True)
class Wish:
    """What a session is to be: `call_ids` in the order of the planner or of whoever chose them."""

    title: str
    rubric: str
    elements: list[str]
    call_ids: list[str]
    raters: list[str]
    due_on: date | None = None
    hides_names: bool = True


def planned(house: House, rubric: str, n: int) -> list[str]:
    """The planner's choice of calls: those whose scores would teach most; without labels the newest."""
    calls = house.table("calls").filter(pl.col("interaction") == rubric, pl.col("status") == "ok")
    labels = of_rubrics(house.table("labels").filter(pl.col("rubric") == rubric), house.elements())
    labels = labels.filter(pl.col("level").is_not_null()).join(calls, on="call_id", how="semi")
    scores = Scores.validate(own_scores(house.store, house.elements()).filter(pl.col("rubric") == rubric))
    chosen = next_to_score(calls, Labels.validate(labels), scores, n=n)["call_id"].to_list() if labels.height else []
    newest = calls.sort("started_at", descending=True, nulls_last=True)["call_id"].to_list()
    return [*chosen, *(call_id for call_id in newest if call_id not in chosen)][:n]


def agreed_levels(scores: dy.DataFrame[Scores], session: Transaction, rubric: str, chosen: list[str]) -> Agreed:
    """The calls of a rubric for which the level of every chosen element is agreed: a meeting decided it, or at least
    two people scored it alike; `scores` are those by today's wording, or by one that means the same."""
    people = scores.filter(pl.col("element").is_in(chosen), rater_kind="person", rubric=rubric)
    same = (pl.col("level").n_unique() == 1) & (pl.col("rater").n_unique() > 1)
    alike = people.group_by("call_id", "element").agg(level=pl.col("level").min(), same=same).filter("same")
    agreed: Agreed = {}
    for call_id, element, level in alike.select("call_id", "element", "level").iter_rows():
        agreed.setdefault(call_id, {})[element] = level
    decided = session.execute(
        select(Adjudication.call_id, Adjudication.element, Adjudication.level)
        .join(Session)
        .where(Session.rubric == rubric, Session.state == "closed")
    )
    for call_id, element, level in decided:
        agreed.setdefault(call_id, {})[element] = level
    return {call_id: levels for call_id, levels in agreed.items() if set(chosen) <= set(levels)}


def set_up(session: Transaction, wish: Wish, *, by: str, practice: list[str]) -> Session:
    """Make a session and assign its calls; raises ValueError where something to score, or somebody, is lacking."""
    _refuse(wish)
    made = Session(
        title=wish.title.strip(),
        rubric=wish.rubric,
        elements=wish.elements,
        due_on=wish.due_on,
        hides_names=wish.hides_names,
        state="scoring",
        created_by=by,
    )
    session.add(made)
    session.flush()
    for rater in dict.fromkeys(wish.raters):
        for place, (kind, call_id) in enumerate(order_for(rater, made.session_id, wish.call_ids, practice)):
            session.add(
                Assignment(session_id=made.session_id, person_id=rater, call_id=call_id, place=place, kind=kind)
            )
    return made


def order_for(rater: str, session_id: str, call_ids: list[str], practice: list[str]) -> list[tuple[str, str]]:
    """The kind and call of everything a rater is to score: practice first, then all in an order of the rater's own,
    then a tenth of them again, the earliest, so that much lies between."""
    shuffled = list(dict.fromkeys(call_ids))
    random.Random(f"{session_id} {rater}").shuffle(shuffled)  # noqa: S311  an order, not a secret
    n_again = -(-len(shuffled) // ONE_AGAIN_IN) if len(shuffled) > FEW else 0
    first = [call_id for call_id in practice if call_id not in shuffled][:N_PRACTICE]
    return [
        *(("practice", call_id) for call_id in first),
        *(("first", call_id) for call_id in shuffled),
        *(("again", call_id) for call_id in shuffled[:n_again]),
    ]


def _refuse(wish: Wish) -> None:
    for lacks, what in (
        (not wish.title.strip(), "Give the session a title."),
        (not wish.elements, "Choose at least one element."),
        (not wish.call_ids, "Choose at least one call."),
        (not wish.raters, "Choose at least one rater."),
        (len(wish.call_ids) > MOST_CALLS, f"Choose at most {MOST_CALLS} calls."),
        (len(wish.raters) > MOST_RATERS, f"Choose at most {MOST_RATERS} raters."),
    ):
        if lacks:
            raise ValueError(what)
