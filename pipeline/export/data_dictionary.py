"""The data dictionary: what every table, column, measure and KPI of the export means, as a table and as Markdown."""

import sys

import polars as pl

from pipeline.metrics.cadence import DEFAULT
from pipeline.metrics.kpi_values import Kpi
from pipeline.metrics.kpis import KPIS
from pipeline.metrics.measures import MEASURES

TABLES = {
    "dim_call": "One row per conversation.",
    "dim_person": "One row per person and stretch of time in one team under one manager.",
    "dim_element": "One row per rubric and element.",
    "dim_date": "One row per day.",
    "dim_dictionary": "This dictionary.",
    "fact_label": "One row per conversation and element: the current label.",
    "fact_measure": "One row per conversation, measure and role.",
    "fact_action": "One row per new action, and per earlier one that was carried into the conversation.",
    "fact_kpi": "One row per week, entity, kind of conversation and KPI.",
}
COLUMNS = {
    "dim_call.call_id": "The conversation's name in the call list.",
    "dim_call.interaction": "Kind of conversation: the name of its rubric.",
    "dim_call.started_at": "When it began (UTC).",
    "dim_call.duration_s": "Length in seconds.",
    "dim_call.scheduled_minutes": "Planned length in minutes.",
    "dim_call.language": "Spoken language.",
    "dim_call.transcriber": "Engine that wrote the transcript.",
    "dim_call.diarizer": "Engine that told the speakers apart.",
    "dim_call.lead_id": "Who is judged: the seller, or the manager in a meeting.",
    "dim_call.lead_name": "Name of the lead in the call list.",
    "dim_call.other_id": "Who it is held with: the customer, or the seller in a meeting.",
    "dim_call.other_name": "Name of the other side in the call list.",
    "dim_call.team": "Team of the lead at that time.",
    "dim_call.manager_id": "Manager of the lead at that time.",
    "dim_call.opportunity_id": "Opportunity it belongs to.",
    "dim_call.stage": "Stage of the opportunity at that time.",
    "dim_call.outcome": "What came of it: advanced, stalled, lost or none.",
    "dim_call.status": "ok where it was scored, else failed or skipped.",
    "dim_call.error_code": "Why it failed.",
    "dim_call.scored_at": "When it was scored (UTC).",
    "dim_call.date": "Day on which it began, in the workspace's time zone.",
    "dim_call.week": "Monday of its week.",
    "dim_call.person_key": "The lead's row in dim_person that held on that day.",
    "dim_call.x_*": "A column of the call list that is not one of ours.",
    "dim_person.person_key": "person_id@valid_from.",
    "dim_person.person_id": "The person, as lead_id or manager_id.",
    "dim_person.name": "Latest name in the call list.",
    "dim_person.team": "Team in this stretch.",
    "dim_person.manager_id": "Manager in this stretch.",
    "dim_person.valid_from": "Day of the first call that shows it.",
    "dim_person.valid_to": "First day of the next stretch, not in this one; null for the present.",
    "dim_person.is_current": "Whether it is the present one.",
    "dim_element.rubric": "Rubric, which is the kind of conversation.",
    "dim_element.element": "Behaviour that is judged.",
    "dim_element.position": "Its place in the rubric.",
    "dim_element.title": "Its name for people.",
    "dim_element.where": "Where in the conversation to look: opening, closing, anywhere.",
    "dim_element.red": "What level 0 looks like.",
    "dim_element.orange": "What level 1 looks like.",
    "dim_element.yellow": "What level 2 looks like.",
    "dim_element.green": "What level 3 looks like.",
    "dim_element.rubric_title": "The rubric's name for people.",
    "dim_element.rubric_version": "Version of the rubric.",
    "dim_element.rubric_hash": "Fingerprint of the element's wording.",
    "dim_element.scored_role": "Role that is judged.",
    "dim_element.other_role": "Role of the other side.",
    "dim_element.decisive": "Whether it is decisive: a call red on all that are was better not made.",
    "dim_element.weight": "Weight in the quality index.",
    "dim_date.date": "The day.",
    "dim_date.week": "Monday of its week.",
    "dim_date.iso_year": "Year that the ISO week belongs to.",
    "dim_date.iso_week": "Number of the ISO week.",
    "dim_date.year": "Calendar year.",
    "dim_date.quarter": "Quarter, 1 to 4.",
    "dim_date.month": "Month, 1 to 12.",
    "dim_date.month_name": "Name of the month.",
    "dim_date.weekday": "Day of the week, 1 for Monday.",
    "dim_date.weekday_name": "Name of the day.",
    "dim_dictionary.kind": "What is defined: table, column, measure or kpi.",
    "dim_dictionary.name": "Its name; a column's has its table before it.",
    "dim_dictionary.unit": "Unit of a measure or KPI.",
    "dim_dictionary.definition": "What it means.",
    "fact_label.call_id": "The conversation.",
    "fact_label.rubric": "Rubric it was judged by.",
    "fact_label.element": "Behaviour that was judged.",
    "fact_label.rubric_hash": "Fingerprint of the element's wording then.",
    "fact_label.model_id": "Classifier that gave the label.",
    "fact_label.rubric_version": "Version of the rubric then.",
    "fact_label.level": "0 red, 1 orange, 2 yellow, 3 green.",
    "fact_label.color": "The level as a colour.",
    "fact_label.p_red": "Probability of red.",
    "fact_label.p_orange": "Probability of orange.",
    "fact_label.p_yellow": "Probability of yellow.",
    "fact_label.p_green": "Probability of green.",
    "fact_label.expected_level": "Mean level by these probabilities.",
    "fact_label.status": "calibrated against people's scores, or provisional.",
    "fact_label.basis": "What the classifier learnt from: people, reference, anchors.",
    "fact_label.needs_review": "Whether a person should look at it.",
    "fact_label.labelled_at": "When it was labelled (UTC).",
    "fact_measure.call_id": "The conversation.",
    "fact_measure.measure": "The measure; see the entries of kind measure.",
    "fact_measure.role": "lead, other or all; for purpose_mix the purpose.",
    "fact_measure.part": "What is counted.",
    "fact_measure.whole": "What it is a part of; null where it is no quotient. Sum both before dividing.",
    "fact_measure.value": "part / whole, or part.",
    "fact_measure.unit": "Unit of the value.",
    "fact_measure.reason": "Why there is no value.",
    "fact_measure.measures_version": "Version of the definitions.",
    "fact_action.call_id": "The conversation.",
    "fact_action.action": "Number of the action in it.",
    "fact_action.idx": "Utterance that says it or takes it up.",
    "fact_action.what": "What is to be done, in the words that were said.",
    "fact_action.owner_role": "Who is to do it: lead, other, both, unknown.",
    "fact_action.due_words": "When, in the words that were said.",
    "fact_action.due_date": "That day, where it can be told.",
    "fact_action.confirmed": "Whether the other side agreed.",
    "fact_action.carried_from": "Conversation in which it was made, where it is an earlier one.",
    "fact_action.state": "open, or of an earlier one: done, missed, partly, discussed, not_mentioned.",
    "fact_kpi.week": "Monday of the week.",
    "fact_kpi.level_of": "What the entity is: org, team, manager, lead.",
    "fact_kpi.entity_id": "The team, manager or person; all for the organisation.",
    "fact_kpi.interaction": "Kind of conversation, or all.",
    "fact_kpi.kpi": "The KPI; after a colon the element, role, outcome or colour it is split by.",
    "fact_kpi.value": "Its value.",
    "fact_kpi.n_calls": "How many conversations stand behind it.",
    "fact_kpi.low": "Lower end of the 95 % interval; null where there is none.",
    "fact_kpi.high": "Upper end of it.",
    "fact_kpi.small_n": "Whether so few conversations stand behind it (the plan's small_n) that it says little.",
}
HOW = {
    "share": "share of rows; Wilson's interval",
    "mean": "mean of rows; Student's interval",
    "ratio": "sum of parts over sum of wholes; linearised interval",
    "total": "sum; no interval",
    "spread": "standard deviation between rows; chi-squared interval",
    "volume": "share times the plan's volume; Wilson's interval of the share times the same",
}


def dictionary() -> pl.DataFrame:
    """One row per table, column, measure and KPI: kind, name, unit, definition."""
    rows = [
        *(("table", name, None, text) for name, text in TABLES.items()),
        *(("column", name, None, text) for name, text in COLUMNS.items()),
        *(("measure", name, one.unit, one.definition) for name, one in MEASURES.items()),
        *(("kpi", name, one.unit, f"{one.definition} ({HOW[one.kind]})") for name, one in KPIS.items()),
    ]
    schema = {"kind": pl.String, "name": pl.String, "unit": pl.String, "definition": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("kind", "name")


def as_markdown() -> str:
    """The text of docs/kpis.md."""
    own = [_line(name, kpi) for name, kpi in KPIS.items() if not kpi.source.startswith("measure:")]
    of_measures = [_line(name, kpi) for name, kpi in KPIS.items() if kpi.source.startswith("measure:")]
    columns = [f"| {name} | {text} |" for name, text in COLUMNS.items()]
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
- **kpi**: a name of the tables below; where it is split, `name:split` (`red_share:agenda`, `turns_mean:other`).
- **n_calls** is how many conversations stand behind a value. Below the plan's `small_n` the export marks it `small_n`:
  such a figure says little about the week and less about the person.
- **low** and **high** are a 95 % interval. It tells what chance alone would do if the conversations were a sample; it
  does not cover errors of transcripts or labels. A share has Wilson's score interval over its rows. A mean has
  Student's, a ratio of sums the same after linearisation, with the conversation as the unit; both are cut at the
  value's natural bounds and missing for a single conversation and where all are alike. A spread has the chi-squared
  interval of a standard deviation. Totals have none.
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
