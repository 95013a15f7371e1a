"""The table of KPIs: computed from the workspace's tables, put in place of the one before, and when it is stale."""

import logging

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import OWN, Plan, load_plan, unknown_elements
from pipeline.metrics.kpi_frames import units, usable
from pipeline.metrics.kpi_values import summed, valued
from pipeline.metrics.kpis import KPIS
from pipeline.store.delta import Store
from pipeline.tables import Kpis

log = logging.getLogger(__name__)


def kpis(
    calls: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    measures: pl.DataFrame,
    actions: pl.DataFrame,
    elements: pl.DataFrame,
    plan: Plan | None = None,
    zone: str = "UTC",
    utterances: pl.DataFrame | None = None,
) -> dy.DataFrame[Kpis]:
    """Every KPI of every week, entity and kind of conversation for which there is something to count.

    A KPI that is split is named `<kpi>:<element, role, outcome or colour>`. Weeks begin on Monday in `zone`. The
    columns call_id, person_id, start_s and end_s of `utterances` tell in which calls a manager spoke; without them
    there are no figures of joint calls.
    """
    plan = plan or load_plan()
    for name in unknown_elements(plan, elements):
        log.warning("the plan names %s, which is no element of that rubric: correct cadence.yaml", name)
    if usable(calls).is_empty():
        return Kpis.create_empty()
    frames = units(
        calls,
        labels,
        measures=measures,
        actions=actions,
        elements=elements,
        plan=plan,
        zone=zone,
        utterances=utterances,
    )
    frames["calls"] = frames["calls"].with_columns(
        takeover_share=pl.lit(plan.takeover_share), moved_minutes=pl.lit(plan.moved_minutes)
    )
    by_source = {
        source: chosen
        for source in frames
        if (chosen := {name: kpi for name, kpi in KPIS.items() if kpi.source == source})
    }
    sums = pl.concat([summed(frames[source], chosen) for source, chosen in by_source.items()])
    return Kpis.validate(valued(sums, KPIS, plan), cast=True)


def are_stale(store: Store) -> bool:
    """Whether what KPIs are computed from (a run may be killed before they are) or cadence.yaml changed after them."""
    own, computed = store.place / OWN, store.changed_at("kpis")
    changed = [moment for name in ("measures", "labels") if (moment := store.changed_at(name))]
    if computed is None:
        return bool(changed)
    return max(changed, default=computed) > computed or (own.is_file() and own.stat().st_mtime > computed.timestamp())


def update_kpis(store: Store, elements: pl.DataFrame, *, plan: Plan | None = None, zone: str = "UTC") -> int:
    """Compute the KPIs of all that the store holds and put them in place of those there; returns how many rows."""
    calls = store.read("calls")
    managers = calls["manager_id"].unique().drop_nulls()
    joint = store.read("utterances", where=pl.col("person_id").is_in(managers.implode()))["call_id"].unique()
    found = kpis(
        calls,
        store.read("labels", where=pl.col("current")),
        measures=store.read("measures"),
        actions=store.read("actions"),
        elements=elements,
        plan=plan or load_plan(store.place),
        zone=zone,
        utterances=store.read("utterances", where=pl.col("call_id").is_in(joint.implode())),
    )
    store.overwrite("kpis", found)
    return len(found)
