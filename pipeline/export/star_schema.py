"""The star schema: facts and dimensions for BI tools, made from the workspace's tables."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from pipeline.export import dimensions, facts
from pipeline.export.data_dictionary import ORIGIN, dictionary
from pipeline.export.facts import Sources
from pipeline.export.keys import SHARED
from pipeline.intake.opportunities import opportunities_of, read_opportunities
from pipeline.intake.roster import read_roster
from pipeline.metrics.cadence import Plan, meeting_kinds
from pipeline.metrics.kpi_frames import usable
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.store.zone import zone_of
from pipeline.tables.judgements import Elements

KEYS = {"call_id": pl.String, "week": pl.Date} | dict.fromkeys(SHARED, pl.Int64)  # of the calls a target holds
KNOWN = KEYS | {"settled_s": pl.Int64}  # with the second of the epoch in which a label of it was last settled


class StarTable(NamedTuple):
    """Rows to load and their key. A table that may be loaded in part is replaced by the values of one column, `part`:
    `scope` has those for which `frame` is all there is to hold; None where that is all of the table."""

    frame: pl.DataFrame
    key: tuple[str, ...]
    part: str | None = None
    scope: pl.DataFrame | None = None


class Update(NamedTuple):
    """What a target is to be sent that was brought up to date before.

    since: the day from which on conversations were scored or labelled, or their labels settled
    known: the columns KNOWN of the calls the target holds
    """

    since: date
    known: pl.DataFrame


class Terms(NamedTuple):
    """How a workspace is shown outside: the time zone of its days, and whether words that were said may go out."""

    zone: str = "UTC"
    quotes: bool = False

    @classmethod
    def of(cls, store: Store, settings: Settings) -> "Terms":
        """Those of a workspace: words may go out where the names of who is spoken of are taken out of them."""
        return cls(settings.timezone or zone_of(store), "names" in settings.redact)


AS_STORED = Terms()


def star(
    store: Store,
    elements: dy.DataFrame[Elements],
    *,
    plan: Plan,
    terms: Terms = AS_STORED,
    update: Update | None = None,
) -> dict[str, StarTable]:
    """All tables by name, dimensions first. With `update` the facts are only those of conversations scored, labelled,
    settled, added or removed since or whose keys changed, and the KPIs those of weeks they bear on."""
    calls = dimensions.dated(store.read("calls"), terms.zone)
    meetings = meeting_kinds(elements, plan)
    people = dimensions.people(calls, read_roster(store.place), meetings)
    calls = dimensions.with_person(calls, people, person="lead_id", day="date")
    known_elements = dimensions.elements_of(elements, plan)
    kinds, teams = dimensions.kinds(calls, elements), dimensions.teams(calls, people)
    told = read_opportunities(store.place)
    with_customer = usable(calls).filter(~pl.col("interaction").is_in(meetings))
    snapshots = opportunities_of(with_customer) if told.is_empty() else told
    tables = {
        "dim_date": StarTable(dimensions.days(pl.concat([calls["date"], snapshots["as_of"]])), ("date_key",)),
        "dim_kind": StarTable(kinds, ("kind_key",)),
        "dim_team": StarTable(teams, ("team_key",)),
        "dim_person": StarTable(people, ("person_key",)),
        "dim_element": StarTable(known_elements, ("element_key",)),
        "dim_call": StarTable(calls, ("call_id",)),
        "dim_dictionary": StarTable(dictionary(), ("kind", "name")),
        "dim_freshness": StarTable(_freshness(store), ("table_name",)),
    }
    chosen, weeks = None, None
    if update is not None:
        since = datetime.combine(update.since, time(), ZoneInfo(terms.zone)).astimezone(UTC)
        moved = _changed(calls, store, update.known, since)
        chosen = moved.select("call_id").unique()
        if not _bears_on_all(calls, update.known):
            weeks = _weeks([*moved["week"], update.since - timedelta(days=update.since.weekday())], plan)
    sources = Sources(store, elements, calls, people, known_elements, kinds, teams, chosen)
    for name, (make, key) in FACTS.items():
        tables[name] = StarTable(make(sources).sort(key), key, "call_id", chosen)
    tables["fact_evidence"] = StarTable(
        facts.evidence(sources, tables["fact_label"].frame, quotes=terms.quotes),
        (*LABEL_KEY, "rank"),
        "call_id",
        chosen,
    )
    tables["fact_override"] = StarTable(facts.overrides(sources), LABEL_KEY)
    tables["fact_commitment"] = StarTable(facts.commitments(sources), ("pair", "commitment"))
    opportunities = facts.opportunities(sources, snapshots, plan, with_customer)
    tables["fact_opportunity"] = StarTable(opportunities, ("opportunity_id", "as_of"))
    tables["fact_kpi"] = StarTable(facts.kpis(sources, plan, weeks).sort(KPI_KEY), KPI_KEY, "week", weeks)
    return tables


LABEL_KEY = ("call_id", "rubric", "element")
KPI_KEY = ("kpi", "level_of", "entity_id", "interaction", "week")
FACTS = {
    "fact_label": (facts.labels, LABEL_KEY),
    "fact_label_history": (facts.label_history, (*LABEL_KEY, "rubric_hash", "model_id")),
    "fact_measure": (facts.measures, ("call_id", "measure", "role")),
    "fact_action": (facts.actions, ("call_id", "action")),
}


def _freshness(store: Store) -> pl.DataFrame:
    """When what each table is made of last changed, and when the last run ended."""
    ended = store.read("runs")["ended_at"].max()
    rows = [(name, store.changed_at(source), ended) for name, source in ORIGIN.items()]
    schema = {"table_name": pl.String} | dict.fromkeys(("changed_at", "last_run_at"), pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=schema, orient="row")


def _changed(calls: pl.DataFrame, store: Store, known: pl.DataFrame, since: datetime) -> pl.DataFrame:
    """Conversations that are new, gone, moved, scored, labelled or settled since, or settled otherwise than is known,
    as where the room stored it late: call_id and week, that of then and of now."""
    labelled = store.read("labels", where=pl.col("current") & (pl.col("labelled_at") >= since))["call_id"]
    overrides = store.read("overrides")
    judged = pl.concat([labelled, overrides.filter(pl.col("settled_at") >= since)["call_id"]]).unique()
    settled = overrides.group_by("call_id").agg(settled_s=pl.col("settled_at").max().dt.epoch("s"))
    now = calls.join(settled, on="call_id", how="left").select(*KNOWN, "scored_at")
    fresh = now.filter((pl.col("scored_at") >= since) | pl.col("call_id").is_in(judged.implode()))
    moved = now.join(known, on=list(KNOWN), how="anti", nulls_equal=True)
    gone = known.join(now, on="call_id", how="anti")
    touched = pl.concat([fresh.select("call_id"), moved.select("call_id"), gone.select("call_id")]).unique()
    both = pl.concat([now.select("call_id", "week"), known.select("call_id", "week")])
    return both.join(touched, on="call_id", how="semi").unique()


def _bears_on_all(calls: pl.DataFrame, known: pl.DataFrame) -> bool:
    """Whether a kind of conversation is new or gone, or the first week is another: what was due in any week changes."""
    return set(calls["kind_key"]) != set(known["kind_key"]) or calls["week"].min() != known["week"].min()


def _weeks(weeks: list[date | None], plan: Plan) -> pl.DataFrame:
    """The weeks whose KPIs these bear on: those that look back on them, too."""
    every = (kind.every_weeks for kind in plan.meetings.values())
    back = max([plan.roster_weeks, 2 * plan.trend_weeks, plan.cycle_weeks, *every])
    steps = pl.DataFrame({"step": range(back)}, schema={"step": pl.Int64})
    return (
        pl.DataFrame({"week": weeks}, schema={"week": pl.Date}).drop_nulls().unique().join(steps, how="cross")
        .select(week=pl.col("week") + pl.duration(weeks=pl.col("step"))).unique().sort("week")
    )  # fmt: skip
