"""The tables: exactly the columns users were promised."""

import dataframely as dy
import pytest

from pipeline.tables import TABLES
from pipeline.tables.conversations import Moments, Purposes, Talk
from pipeline.tables.judgements import Elements
from tests.conftest import Night

PROMISED = {
    "calls": "call_id interaction started_at duration_s scheduled_minutes recording audio_sha256 channels "
    "sample_rate_hz language transcriber diarizer lead_id lead_name lead_channel lead_speaker other_id other_name "
    "team manager_id opportunity_id stage outcome status error_code error run_id scored_at",
    "utterances": "call_id idx start_s end_s speaker role person_id text n_words confidence",
    "acts": "call_id idx sentence act p text also reflection",
    "measures": "call_id measure role part whole value unit reason measures_version",
    "labels": "call_id rubric element rubric_hash model_id rubric_version level color p_red p_orange p_yellow p_green "
    "expected_level reason status basis needs_review current labelled_at",
    "evidence": "call_id rubric element model_id rank idx start_s end_s quote weight worth_showing",
    "actions": "call_id action idx what kind owner_role owner_id due_words due_date confirmed carried_from state "
    "share_done",
    "commitments": "pair commitment what kind owner_id owner_role made_in made_at due_words due_date state share_done "
    "history",
    "scores": "call_id rubric element rubric_hash rater rater_kind rubric_version level color note session scored_at",
    "pointed": "call_id rubric element rater turns",
    "repeats": "call_id rubric element rubric_hash rater session rater_kind rubric_version level color note scored_at",
    "overrides": "call_id rubric element rubric_hash model_id machine_level level raised_by settled_by settled_at",
    "wordings": "rubric element rubric_hash where red orange yellow green scored_role",
    "taken_up": "how item_id rubric element person_id at call_id from_level to_level due_on came_to",
    "raters": "rater rater_kind n_scores n_calls n_shared severity severity_low severity_high reliability trend "
    "trend_low trend_high n_repeated self_exact self_qwk",
    "rater_periods": "rater rater_kind period severity low high n_calls",
    "agreement": "rubric element rubric_hash scope n_calls n_raters alpha_ordinal qwk ac2 exact adjacent prevalence "
    "low high",
    "models": "model_id rubric element rubric_hash features_version encoder n_train n_raters qwk qwk_low qwk_high "
    "human_qwk smd ece gate trained_at data_hash",
    "kpis": "week level_of entity_id interaction kpi kpi_name split value n_calls low high",
    "runs": "run_id flow started_at ended_at host config_hash n_calls n_ok n_failed n_cached audio_s error",
    "stages": "run_id stage n total_s median_s p95_s max_s audio_s",
    "failures": "run_id error_code n",
}
WRITTEN = ("calls", "utterances", "acts", "measures", "labels", "evidence", "actions", "models", "kpis", "runs")
WRITTEN += ("stages", "failures")


def test_every_table_is_promised() -> None:
    """No table is missing and none is extra."""
    assert set(TABLES) == set(PROMISED)


@pytest.mark.parametrize("table", PROMISED)
def test_columns(table: str) -> None:
    """A table has the columns that were promised and no other."""
    assert set(TABLES[table].column_names()) == set(PROMISED[table].split())


@pytest.mark.parametrize("schema", [*TABLES.values(), Elements, Moments, Purposes, Talk])
def test_meanings(schema: type[dy.Schema]) -> None:
    """Every column says in a sentence what it means."""
    assert [name for name, column in schema.columns().items() if not (column.description or "").endswith(".")] == []


@pytest.mark.parametrize("table", WRITTEN)
def test_columns_as_stored(night: Night, table: str) -> None:
    """What a run has written has these columns and rows; calls have those of the list besides."""
    stored = night.store.read(table)
    extra = {"x_region"} if table == "calls" else set()
    assert set(stored.columns) == set(PROMISED[table].split()) | extra
    assert stored.height > 0
