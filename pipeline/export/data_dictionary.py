"""The data dictionary: what every table, column, measure and KPI of the export means, as a table and as Markdown.

What a column of the workspace means stands beside it in `pipeline.tables`.
"""

import sys

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import DEFAULT
from pipeline.metrics.kpi_values import Kpi
from pipeline.metrics.kpis import KPIS
from pipeline.metrics.measures import MEASURES
from pipeline.tables.conversations import Actions, Calls, Commitments
from pipeline.tables.figures import Kpis, Measures
from pipeline.tables.judgements import Elements, Evidence, Labels, Overrides

TABLES = {
    "dim_call": "One row per conversation.",
    "dim_person": "One row per person and stretch of time in one team under one manager.",
    "dim_team": "One row per team.",
    "dim_kind": "One row per kind of conversation, and one for all kinds together, which KPIs have.",
    "dim_element": "One row per rubric and element.",
    "dim_date": "One row per day.",
    "dim_dictionary": "This dictionary.",
    "dim_freshness": "One row per table: how fresh it is.",
    "fact_label": "One row per conversation and element: the current label.",
    "fact_label_history": "One row per label that a classifier ever gave and the workspace keeps.",
    "fact_override": "One row per label that people settled in place of a classifier's.",
    "fact_evidence": "One row per moment that a current label rests on.",
    "fact_measure": "One row per conversation, measure and role.",
    "fact_action": "One row per new action, and per earlier one that was carried into the conversation.",
    "fact_commitment": "One row per promise between two people, over all the meetings that speak of it.",
    "fact_opportunity": "One row per opportunity and day of which something is told.",
    "fact_kpi": "One row per week, entity, kind of conversation and KPI.",
}
SOURCES: dict[str, type[dy.Schema]] = {
    "dim_call": Calls,
    "dim_element": Elements,
    "fact_label": Labels,
    "fact_label_history": Labels,
    "fact_override": Overrides,
    "fact_evidence": Evidence,
    "fact_measure": Measures,
    "fact_action": Actions,
    "fact_commitment": Commitments,
    "fact_kpi": Kpis,
}
ORIGIN = {  # the table of the workspace from whose last change a table of the export is as fresh as it can be
    "dim_call": "calls",
    "fact_label": "labels",
    "fact_label_history": "labels",
    "fact_override": "overrides",
    "fact_evidence": "evidence",
    "fact_measure": "measures",
    "fact_action": "actions",
    "fact_commitment": "commitments",
    "fact_kpi": "kpis",
}
LEFT_OUT = {
    "dim_call": (
        *("recording", "audio_sha256", "channels", "sample_rate_hz", "lead_channel", "lead_speaker", "error", "run_id"),
    ),
    "dim_element": ("limit", "same_meaning_as", "other_meaning_than"),
    "fact_label": ("current",),
    "fact_commitment": ("history",),
}
KEYED = {
    "person_key": "The lead's row in dim_person that held on that day.",
    "date_key": "The day in dim_date.",
    "kind_key": "The kind of conversation in dim_kind.",
    "team_key": "The lead's team in dim_team.",
}
OF_ELEMENT = {"element_key": "The element in dim_element; null for one that no rubric has any more."}
ADDED = {  # columns that only the export has
    "dim_call": KEYED
    | {
        "date": "Day on which it began, in the workspace's time zone.",
        "week": "Monday of its week.",
        "x_*": "A column of the call list that is not one of ours.",
    },
    "dim_person": {
        "person_key": "Key of the row: of person, team, manager, and the how-manieth time they are together.",
        "person_id": "The person, as lead_id, other_id of a meeting, manager_id or in people.csv.",
        "name": "Latest name in the call list.",
        "team": "Team in this stretch.",
        "team_key": "That team in dim_team.",
        "manager_id": "Manager in this stretch.",
        "valid_from": "Day of the first call that shows it; null for who led none.",
        "valid_to": "First day of the next stretch, not in this one; null for the present.",
        "is_current": "Whether it is the present one.",
        "role": "Role in people.csv.",
        "start_date": "First day in people.csv.",
    },
    "dim_team": {"team_key": "Key of the row.", "team": "Name of the team."},
    "dim_kind": {
        "kind_key": "Key of the row.",
        "interaction": "Kind of conversation, or all.",
        "title": "Its name for people.",
        "scored_role": "Role that is judged in it.",
        "has_rubric": "Whether it is judged by a rubric.",
        "is_practice": "Whether it is a role-play, which no KPI counts.",
    },
    "dim_element": {
        "element_key": "Key of the row.",
        "decisive": "Whether it is decisive: a call red on all that are was better not made.",
        "weight": "Weight in the quality index.",
    },
    "dim_date": {
        "date_key": "The day as the number YYYYMMDD.",
        "date": "The day.",
        "week": "Monday of its week.",
        "iso_year": "Year that the ISO week belongs to.",
        "iso_week": "Number of the ISO week.",
        "year": "Calendar year.",
        "quarter": "Quarter, 1 to 4.",
        "month": "Month, 1 to 12.",
        "month_name": "Name of the month.",
        "weekday": "Day of the week, 1 for Monday.",
        "weekday_name": "Name of the day.",
    },
    "dim_dictionary": {
        "kind": "What is defined: table, column, measure or kpi.",
        "name": "Its name; a column's has its table before it.",
        "unit": "Unit of a measure or KPI.",
        "definition": "What it means.",
    },
    "dim_freshness": {
        "table_name": "The table.",
        "changed_at": "When what it is made of last changed (UTC).",
        "last_run_at": "When the last run of the workspace ended (UTC).",
    },
    "fact_label": KEYED | OF_ELEMENT,
    "fact_label_history": KEYED | OF_ELEMENT,
    "fact_override": KEYED
    | OF_ELEMENT
    | {"rubric_hash": "Fingerprint of the element's wording then; of the current label's where that means the same."},
    "fact_evidence": KEYED
    | OF_ELEMENT
    | {"quote": "What is said there; null unless names are redacted and the call list says yes to consent."},
    "fact_measure": KEYED,
    "fact_action": KEYED,
    "fact_commitment": KEYED
    | {
        "person_key": "The owner's row in dim_person that held when it was made.",
        "date_key": "The day on which it was made, in dim_date.",
    },
    "fact_opportunity": {
        "opportunity_id": "The opportunity.",
        "as_of": "The day of which the row tells.",
        "stage": "Its stage then.",
        "amount": "Its amount then.",
        "close_date": "The day on which it was to close, as told then.",
        "forecast_category": "Its category in the forecast then.",
        "state": "won, lost or open, as the stage's name says.",
        "is_latest": "Whether it is the last that is told of it.",
        "n_calls": "How many judged conversations with the customer it has.",
        "quality": "Mean quality index of these, 0 to 100.",
        "half": "Whether that lies in the upper or the lower half of all opportunities.",
        "person_key": "Who led the last of these, in dim_person.",
        "team_key": "The team of that person then, in dim_team.",
        "date_key": "The day in dim_date.",
    },
    "fact_kpi": {
        "small_n": "Whether so few conversations stand behind it (the plan's small_n) that it says little.",
        "person_key": "The lead or manager in dim_person as at the end of the week; null for teams and all.",
        "date_key": "The Monday in dim_date.",
        "kind_key": "The kind of conversation, or all, in dim_kind.",
        "team_key": "The team, or that of the person; null for all.",
        "element_key": "The element it is split by; null where it is not, and for all kinds together.",
    },
}
HOW = {
    "share": "share of rows; Wilson's interval",
    "mean": "mean of rows; Student's interval",
    "ratio": "sum of parts over sum of wholes; linearised interval",
    "total": "sum; no interval",
    "spread": "standard deviation between rows; chi-squared interval",
    "volume": "share times the plan's volume; Wilson's interval of the share times the same",
}


def exported(table: str) -> list[str]:
    """The columns that a table of the export takes from the workspace's."""
    source = SOURCES.get(table)
    return [] if source is None else [name for name in source.column_names() if name not in LEFT_OUT.get(table, ())]


def meanings() -> dict[str, str]:
    """What every column of the export means, by table and column."""
    columns = {
        table: {name: SOURCES[table].columns()[name].description or "" for name in exported(table)}
        | ADDED.get(table, {})
        for table in TABLES
    }
    return {f"{table}.{name}": text for table, named in columns.items() for name, text in named.items()}


def dictionary() -> pl.DataFrame:
    """One row per table, column, measure and KPI: kind, name, unit, definition."""
    rows = [
        *(("table", name, None, text) for name, text in TABLES.items()),
        *(("column", name, None, text) for name, text in meanings().items()),
        *(("measure", name, measure.unit, measure.definition) for name, measure in MEASURES.items()),
        *(("kpi", name, kpi.unit, f"{kpi.definition} ({HOW[kpi.kind]})") for name, kpi in KPIS.items()),
    ]
    schema = {"kind": pl.String, "name": pl.String, "unit": pl.String, "definition": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("kind", "name")


def as_markdown() -> str:
    """The text of docs/kpis.md."""
    own = [_line(name, kpi) for name, kpi in KPIS.items() if kpi.measure is None]
    of_measures = [_line(name, kpi) for name, kpi in KPIS.items() if kpi.measure is not None]
    columns = [f"| {name} | {text} |" for name, text in meanings().items()]
    return INTRODUCTION.format(
        own="\n".join(own),
        of_measures="\n".join(of_measures),
        plan=DEFAULT.read_text(encoding="utf-8").strip(),
        columns="\n".join(columns),
    )


def _line(name: str, kpi: Kpi) -> str:
    return f"| {name} | {kpi.unit} | {kpi.definition} | {HOW[kpi.kind].partition(';')[0]} |"


INTRODUCTION = """\
# KPIs and the data dictionary

Made from the definitions in the code by `python -m pipeline.export.data_dictionary > docs/kpis.md`.

The table `kpis` (in the export `fact_kpi`) has one row per week, entity, kind of conversation and KPI.

- **week** is the Monday of the ISO week in which the conversation began, in the workspace's time zone. Conversations
  without a start time are in no KPI.
- **level_of** and **entity_id**: `org` (all), `team`, `manager`, `lead`. A manager is credited with the conversations
  of the people who report to him or her and with the meetings he or she leads; a lead with those he or she leads.
- **interaction** is a kind of conversation, or `all`.
- **kpi_name** is a KPI of the tables below, **split** the element, role, outcome or colour it is split by (null where
  it is not), and **kpi** both in one (`red_share:agenda`, `turns_mean:other`): the key of a row.
- **n_calls** is how many conversations stand behind a value. Below the plan's `small_n` the export marks it `small_n`:
  such a figure says little about the week and less about the person.
- **low** and **high** are a 95 % interval. It tells what chance alone would do if the conversations were a sample; it
  does not cover errors of transcripts or labels. What [errors of hearing](accuracy/hearing.md) do to a KPI the page of
  the week says beside its interval, by kind of recording, where that was measured. A share has Wilson's score
  interval over its rows. A mean has Student's, a ratio of sums the same after linearisation, with the conversation as
  the unit; both are cut at the value's natural bounds and missing for a single conversation and where all are alike.
  A spread has the chi-squared interval of a standard deviation. Totals have none.
- Only current labels count. Provisional ones do, too: `provisional_share` says how many they are.
- What cannot be measured has no row; it is never 0.
- A ratio comes two ways: `_pooled` sums parts and wholes (long conversations weigh more), `_mean` is the mean of the
  conversations' own values. Neither is the other.

## KPIs

| KPI | unit | definition | how |
|---|---|---|---|
{own}

## KPIs of measures

| KPI | unit | definition | how |
|---|---|---|---|
{of_measures}

## Quality against outcome is correlation

`quality_by_outcome` and `advanced_share` set quality beside what came of it. Strong opportunities make good
conversations easy, good sellers get better opportunities, and outcomes are entered by people: a difference here does
not show that better conversations bring the outcome. To find out, change one habit in one half of a team and compare.

## The plan

KPIs of cadence, cost and coaching rest on these assumptions, which `cadence.yaml` in the workspace may replace:

```yaml
{plan}
```

## Tables of the export

| column | meaning |
|---|---|
{columns}
"""


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
