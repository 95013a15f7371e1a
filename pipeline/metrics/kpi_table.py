"""The table of KPIs: computed from the workspace's tables, put in place of the one before, and when it is stale."""

import hashlib
import logging
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from pipeline.intake.people import alike
from pipeline.intake.roster import ROSTER, read_roster
from pipeline.location import write_whole
from pipeline.metrics.cadence import OWN, Plan, load_plan, unknown_elements
from pipeline.metrics.commitments import update_commitments
from pipeline.metrics.current_labels import shown_labels
from pipeline.metrics.kpi_frames import Source, units, usable
from pipeline.metrics.kpi_values import summed, valued
from pipeline.metrics.kpis import KPIS
from pipeline.store.delta import Store
from pipeline.store.zone import zone_of
from pipeline.tables.figures import Kpis
from pipeline.tables.judgements import Elements

MADE_WITH = "kpis_made_with"  # in the workspace: the fingerprint of what people had written when they were computed
log = logging.getLogger(__name__)


def kpis(
    source: Source, elements: dy.DataFrame[Elements], *, plan: Plan | None = None, zone: str = "UTC"
) -> dy.DataFrame[Kpis]:
    """Every KPI of every week, entity and kind of conversation for which there is something to count.

    Weeks begin on Monday in `zone`.
    """
    plan = plan or load_plan()
    for name in unknown_elements(plan, elements):
        log.warning("the plan names %s, which is no element of that rubric: correct cadence.yaml", name)
    if usable(source.calls).is_empty():
        return Kpis.create_empty()
    frames = units(source, elements, plan, zone=zone)
    of_frame = {frame: {name: kpi for name, kpi in KPIS.items() if kpi.frame == frame} for frame in frames}
    parts = [valued(summed(frames.pop(frame), chosen), chosen, plan) for frame, chosen in of_frame.items() if chosen]
    return Kpis.validate(pl.concat(parts), cast=True)


def are_stale(store: Store, elements: dy.DataFrame[Elements], *, now: datetime | None = None) -> bool:
    """Whether what KPIs are computed from (a run may be killed before they are) changed after them, the rubrics,
    cadence.yaml or the list of people are not those of then, or a week has ended since, in which something may have
    been missed."""
    computed = store.changed_at("kpis")
    changed = [moment for name in ("measures", "labels", "overrides") if (moment := store.changed_at(name))]
    told = store.read("calls", where=pl.col("status") != "failed")["scored_at"].max()
    if isinstance(told, datetime):
        changed.append(told)
    if computed is None:
        return bool(changed)
    if _made_with(store) != _written(store, elements):
        return True
    today = (now or datetime.now(UTC)).astimezone(ZoneInfo(zone_of(store)))
    monday = today.date() - timedelta(days=today.weekday())
    return max([datetime.combine(monday, time(), today.tzinfo), *changed]) > computed


def refresh_kpis(store: Store, elements: dy.DataFrame[Elements], *, zone: str | None = None) -> None:
    """Compute the KPIs anew where they are stale, in `zone` or else in that of the workspace."""
    if are_stale(store, elements):
        update_kpis(store, elements, zone=zone or zone_of(store))


def update_kpis(store: Store, elements: dy.DataFrame[Elements], *, zone: str = "UTC") -> int:
    """Compute the KPIs of all that the store holds and put them in place of those there; returns how many rows.

    What was promised between two people is put together with them.
    """
    calls, written = store.read("calls"), _written(store, elements)
    managers = calls["manager_id"].unique().drop_nulls()
    joint = store.read("utterances", where=pl.col("person_id").is_in(managers.implode()))["call_id"].unique()
    roster = read_roster(store.place)
    _warn_of_alike(roster, calls)
    source = Source(
        calls=calls,
        labels=shown_labels(store, elements),
        measures=store.read("measures"),
        actions=store.read("actions"),
        utterances=store.read("utterances", where=pl.col("call_id").is_in(joint.implode())),
        roster=roster,
        today=datetime.now(ZoneInfo(zone)).date(),
    )
    update_commitments(store)
    rows = kpis(source, elements, plan=load_plan(store.place), zone=zone)
    store.overwrite("kpis", rows)
    write_whole(store.place / MADE_WITH, written.encode())
    return len(rows)


def _made_with(store: Store) -> str | None:
    """The fingerprint of what people had written when the KPIs were computed; None where it is not known."""
    kept = store.place / MADE_WITH
    return kept.read_text(encoding="utf-8") if kept.is_file() else None


def _written(store: Store, elements: dy.DataFrame[Elements]) -> str:
    """The fingerprint of the rubrics, the plan and the list of people, taken out or put back as old files, too."""
    files = [(name, path.read_bytes()) for name in (OWN, *ROSTER) if (path := store.place / name).is_file()]
    return hashlib.sha256(repr([elements.write_json(), *files]).encode()).hexdigest()


def _warn_of_alike(roster: pl.DataFrame, calls: pl.DataFrame) -> None:
    """Say which ids of the list of people are one but for capitals and spaces, there or in call lists."""
    listed = {*roster["person"], *roster["manager"].drop_nulls()}
    met = {one for name in ("lead_id", "other_id", "manager_id") for one in calls[name].drop_nulls().unique()}
    for ids in alike(listed | met):
        if listed & {*ids}:
            said = "%s: %s count as %d people; if they are one, write the id there as call lists do"
            log.warning(said, ROSTER[0], " and ".join(map(repr, ids)), len(ids))
