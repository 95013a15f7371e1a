"""A world for tests of isolation: something of everything that people write, on a call of Ann's and one of Cy's."""

import polars as pl
import pytest

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.coaching.disputes import View, raise_dispute
from flows.room.coaching.moments import Span, add_moment
from flows.room.database.coaching import Comment, Goal, Playlist, PlaylistMoment
from flows.room.database.columns import now
from flows.room.database.scoring import Assignment
from flows.room.shown import labels_of
from pipeline.tables import TABLES


def promises(calls: pl.DataFrame) -> pl.DataFrame:
    """An open promise of each meeting, in words that say of which."""
    reached = {"state": pl.lit("open"), "due_date": pl.lit(None, pl.Date), "idx": pl.lit(1)}
    met = calls.filter(interaction="one_on_one").sort("call_id")
    said = met.select(
        pair=pl.format("{}/{}", "lead_id", "other_id"),
        commitment=pl.int_range(pl.len()).cast(pl.Int64),
        what=pl.format("mark-{}-mark is promised", "call_id"),
        owner_role=pl.lit("other"),
        made_in="call_id",
        made_at="started_at",
        state=pl.lit("open"),
        history=pl.concat_list(pl.struct("call_id", **reached)),
    )
    return pl.concat([TABLES["commitments"].create_empty(), said], how="diagonal_relaxed")


@pytest.fixture
def world(house, recording):
    """A session that Rae and Mia score, and something of everything on a call of Ann's and one of Cy's; every call can
    be heard."""
    house.store.merge("calls", house.store.read("calls").with_columns(recording=pl.lit(str(recording))))
    calls = house.table("calls")
    house.store.merge("commitments", promises(calls))
    of = {who: calls.filter(lead_id=who).sort("call_id")["call_id"].to_list() for who in ("ann", "cy")}
    elements = ["agenda", "insight"]
    kept = {}
    with house.database.begin() as session:
        for rater in ("rae", "mia"):
            wish = Wish(f"Of {rater}", "discovery_call", elements, [of["ann"][-1]], [rater])
            made = set_up(session, wish, by="eve", practice=[])
            kept[f"session {rater}"] = made.session_id
        for assignment in session.query(Assignment):
            kept[f"assignment {assignment.person_id}"] = assignment.assignment_id
        for who in ("ann", "cy"):
            label = labels_of(house).filter(call_id=of[who][0], element="agenda").row(0, named=True)
            dispute = raise_dispute(session, label, View(3, f"mark-{of[who][0]}-mark is why"), by=who)
            playlist = Playlist(title=f"List of {who}", made_by=who, made_at=now(), is_shared=False)
            shared = Playlist(title=f"Shared by {who}", made_by=who, made_at=now(), is_shared=True)
            session.add_all([playlist, shared])
            session.flush()
            for one in (playlist, shared):
                add_moment(session, one, of[who][0], Span(0, 5), f"mark-{of[who][0]}-mark", by=who)
            session.add(
                Comment(call_id=of[who][0], at_s=1, text=f"mark-{of[who][0]}-mark", written_by=who, written_to="nobody")
            )
            goal = Goal(
                person_id=who, rubric="discovery_call", element="agenda", from_level=1.0, to_level=3,
                due_on=now().date(), practise=f"goal-of-{who}", opened_by="eve", opened_at=now(),
            )  # fmt: skip
            session.add(goal)
            session.flush()
            kept |= {f"dispute {who}": dispute.dispute_id, f"goal {who}": goal.goal_id}
            for kind, one in (("list", playlist), ("shared", shared)):
                (moment,) = session.query(PlaylistMoment).filter_by(playlist_id=one.playlist_id)
                kept |= {f"{kind} {who}": one.playlist_id, f"moment-of-{kind} {who}": moment.moment_id}
    return kept
