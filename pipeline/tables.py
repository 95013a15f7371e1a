"""The tables: what one row of each is, and what must hold for it.

Times are UTC, seconds are floats from the start of the recording, shares lie in 0 to 1. `TABLES` are the Delta
tables of a workspace; the schemas outside it are frames that only pass between steps.
"""

import dataframely as dy
import polars as pl

LEVELS = ("red", "orange", "yellow", "green")
SIDES = ("lead", "other")
ACTS = ("ask_open", "ask_closed", "ask_leading", "suggest", "direct", "inform", "commit", "acknowledge", "other")
PURPOSES = ("forecast", "pipeline", "deal", "account", "coaching", "administration", "small_talk")
OF_A_CALL = ("read", "decode", "diarize", "transcribe", "align", "keep")
STAGES = (*OF_A_CALL, "roles", "acts", "measures", "labels", "store", "kpis")
MOMENTS = ("agenda", "agenda_agreed", "recap", "feedback_sought", "reflection", "prior_action")


def _text(**options: object) -> dy.String:
    return dy.String(nullable=True, **options)  # type: ignore[arg-type]


def _share(*, nullable: bool = False) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=0.0, max=1.0)


def _utc(*, nullable: bool = True) -> dy.Datetime:
    return dy.Datetime(nullable=nullable, time_zone="UTC", time_unit="us")


def _one_of(values: tuple[str, ...], *, nullable: bool = False) -> dy.String:
    return dy.String(nullable=nullable, check=lambda column: column.is_in(values))


class Calls(dy.Schema):
    """One row per recorded conversation; the call list's extra columns follow as `x_<name>`."""

    call_id = dy.String(primary_key=True, min_length=1)
    interaction = _text()
    started_at = _utc()
    duration_s = dy.Float64(nullable=True, min=0.0)
    scheduled_minutes = dy.Float64(nullable=True, min=0.0)
    recording = _text()
    audio_sha256 = _text()
    channels = dy.Int64(nullable=True, min=0)
    sample_rate_hz = dy.Int64(nullable=True, min=0)
    language = _text()
    transcriber = _text()
    diarizer = _text()
    lead_id = _text()
    lead_name = _text()
    other_id = _text()
    other_name = _text()
    team = _text()
    manager_id = _text()
    opportunity_id = _text()
    stage = _text()
    outcome = _one_of(("advanced", "stalled", "lost", "none"), nullable=True)
    status = _one_of(("ok", "failed", "skipped"))
    error_code = _text()
    error = _text()
    run_id = _text()
    scored_at = _utc()

    @dy.rule()
    def failure_has_a_code(cls) -> pl.Expr:
        return (pl.col("status") != "failed") | pl.col("error_code").is_not_null()


class Utterances(dy.Schema):
    """One row per stretch of speech by one speaker; `confidence` is the recogniser's, null where none is given."""

    call_id = dy.String(primary_key=True)
    idx = dy.Int64(primary_key=True, min=0)
    start_s = dy.Float64(min=0.0)
    end_s = dy.Float64(min=0.0)
    speaker = dy.String()
    role = dy.String()
    person_id = _text()
    text = dy.String()
    n_words = dy.Int64(min=0)
    confidence = _share(nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("end_s") >= pl.col("start_s")


class Talk(Utterances):
    """Utterances with what later steps need of their call: whose side speaks, and when and how long the call was.

    `side` is lead for the role the call's rubric scores, other for everyone else, null where the role is unknown.
    """

    side = _one_of(SIDES, nullable=True)
    interaction = dy.String()
    duration_s = dy.Float64(min=0.0)
    started_at = _utc()


class Acts(dy.Schema):
    """One row per sentence: what it does, and how probable that is."""

    call_id = dy.String(primary_key=True)
    idx = dy.Int64(primary_key=True, min=0)
    sentence = dy.Int64(primary_key=True, min=0)
    act = _one_of(ACTS)
    p = _share()
    text = dy.String()


class Moments(dy.Schema):
    """One row per utterance and structural thing it does: an agenda stated, a recap, a reflection, ..."""

    call_id = dy.String(primary_key=True)
    idx = dy.Int64(primary_key=True, min=0)
    kind = dy.String(primary_key=True, check=lambda column: column.is_in(MOMENTS))
    p = _share()


class Purposes(dy.Schema):
    """One row per utterance: which purpose of a meeting it serves."""

    call_id = dy.String(primary_key=True)
    idx = dy.Int64(primary_key=True, min=0)
    purpose = _one_of(PURPOSES, nullable=True)
    p = _share(nullable=True)


class Actions(dy.Schema):
    """One row per promised or agreed action, and per open action carried from an earlier meeting.

    A carried action has `carried_from` and a state; `idx` is then where it is taken up, null if it is not.
    """

    call_id = dy.String(primary_key=True)
    action = dy.Int64(primary_key=True, min=0)
    idx = dy.Int64(nullable=True, min=0)
    what = dy.String()
    owner_role = _one_of(("lead", "other", "both", "unknown"))
    due_words = _text()
    due_date = dy.Date(nullable=True)
    confirmed = dy.Bool(nullable=True)
    carried_from = _text()
    state = _one_of(("open", "done", "missed", "partly", "discussed", "not_mentioned"))


class Measures(dy.Schema):
    """One row per measure and role: part and whole, so that a week is summed and not averaged.

    `role` is lead, other, or all; for purpose_mix it is the purpose. `reason` says why a value is null.
    """

    call_id = dy.String(primary_key=True)
    measure = dy.String(primary_key=True)
    role = dy.String(primary_key=True)
    part = dy.Float64(nullable=True)
    whole = dy.Float64(nullable=True)
    value = dy.Float64(nullable=True)
    unit = dy.String()
    reason = _text()
    measures_version = dy.Int64()

    @dy.rule()
    def null_has_a_reason(cls) -> pl.Expr:
        return pl.col("value").is_not_null() | pl.col("reason").is_not_null()


class Labels(dy.Schema):
    """One row per call, element and model: the colour, how sure, and what the model learnt from."""

    call_id = dy.String(primary_key=True)
    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    rubric_hash = dy.String(primary_key=True)
    model_id = dy.String(primary_key=True)
    rubric_version = dy.Int64()
    level = dy.Int64(min=0, max=3)
    color = _one_of(LEVELS)
    p_red = _share()
    p_orange = _share()
    p_yellow = _share()
    p_green = _share()
    expected_level = dy.Float64(min=0.0, max=3.0)
    status = _one_of(("calibrated", "provisional"))
    basis = _one_of(("people", "reference", "anchors"))
    needs_review = dy.Bool()
    current = dy.Bool()
    labelled_at = _utc(nullable=False)

    @dy.rule()
    def probabilities_sum_to_one(cls) -> pl.Expr:
        return (pl.sum_horizontal("p_red", "p_orange", "p_yellow", "p_green") - 1).abs() < 1e-6


class Evidence(dy.Schema):
    """One row per moment a label rests on; rank 0 weighs most. A label without moments has one row of null idx
    whose quote says why."""

    call_id = dy.String(primary_key=True)
    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    model_id = dy.String(primary_key=True)
    rank = dy.Int64(primary_key=True, min=0)
    idx = dy.Int64(nullable=True, min=0)
    start_s = dy.Float64(nullable=True)
    end_s = dy.Float64(nullable=True)
    quote = dy.String()
    weight = dy.Float64(nullable=True)


class Scores(dy.Schema):
    """One row per score that one rater gave one element of one call."""

    call_id = dy.String(primary_key=True)
    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    rubric_hash = dy.String(primary_key=True)
    rater = dy.String(primary_key=True)
    rater_kind = _one_of(("person", "automated"))
    rubric_version = dy.Int64()
    level = dy.Int64(min=0, max=3)
    color = _one_of(LEVELS)
    note = _text()
    session = _text()
    scored_at = _utc()


class Agreement(dy.Schema):
    """One row per element and scope (people, or model against people): how far scores agree."""

    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    rubric_hash = dy.String(primary_key=True)
    scope = dy.String(primary_key=True)
    n_calls = dy.Int64(min=0)
    n_raters = dy.Int64(min=0)
    alpha_ordinal = dy.Float64(nullable=True)
    qwk = dy.Float64(nullable=True)
    ac2 = dy.Float64(nullable=True)
    exact = _share(nullable=True)
    adjacent = _share(nullable=True)
    prevalence = _text()
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)


class Adjudicated(dy.Schema):
    """One row per call and element that people scored: what their scores come to, each rater's severity allowed for.

    `value` is on the scale of levels; the mean of other raters lies between `low` and `high` with 95 %.
    """

    call_id = dy.String(primary_key=True)
    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    rubric_hash = dy.String(primary_key=True)
    level = dy.Int64(min=0)
    value = dy.Float64(min=0.0)
    low = dy.Float64(min=0.0)
    high = dy.Float64(min=0.0)
    n_raters = dy.Int64(min=1)

    @dy.rule()
    def value_lies_in_its_interval(cls) -> pl.Expr:
        return pl.col("value").is_between("low", "high")


class Models(dy.Schema):
    """One row per trained classifier of one element."""

    model_id = dy.String(primary_key=True)
    rubric = dy.String()
    element = dy.String()
    rubric_hash = dy.String()
    features_version = dy.Int64()
    encoder = dy.String()
    n_train = dy.Int64(min=0)
    n_raters = dy.Int64(min=0)
    qwk = dy.Float64(nullable=True)
    qwk_low = dy.Float64(nullable=True)
    qwk_high = dy.Float64(nullable=True)
    human_qwk = dy.Float64(nullable=True)
    smd = dy.Float64(nullable=True)
    ece = dy.Float64(nullable=True)
    gate = _one_of(("passed", "failed", "too_few_scores"))
    trained_at = _utc(nullable=False)
    data_hash = dy.String()


class Kpis(dy.Schema):
    """One row per week (its Monday), entity, kind of conversation and KPI."""

    week = dy.Date(primary_key=True)
    level_of = dy.String(primary_key=True, check=lambda column: column.is_in(("org", "team", "manager", "lead")))
    entity_id = dy.String(primary_key=True)
    interaction = dy.String(primary_key=True)
    kpi = dy.String(primary_key=True)
    value = dy.Float64(nullable=True)
    n_calls = dy.Int64(min=0)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)


class Runs(dy.Schema):
    """One row per run of a flow."""

    run_id = dy.String(primary_key=True)
    flow = dy.String()
    started_at = _utc(nullable=False)
    ended_at = _utc()
    host = dy.String()
    config_hash = dy.String()
    n_calls = dy.Int64(nullable=True, min=0)
    n_ok = dy.Int64(nullable=True, min=0)
    n_failed = dy.Int64(nullable=True, min=0)
    n_cached = dy.Int64(nullable=True, min=0)
    audio_s = dy.Float64(nullable=True, min=0.0)
    error = _text()


class Stages(dy.Schema):
    """One row per run and stage: how long it took.

    `n` is how often it ran: once for each call that was heard or read, once for each batch that was assessed.
    `total_s` counts all workers, so that the stages of a run may take longer than the run.
    """

    run_id = dy.String(primary_key=True)
    stage = dy.String(primary_key=True, check=lambda column: column.is_in(STAGES))
    n = dy.Int64(min=1)
    total_s = dy.Float64(min=0.0)
    median_s = dy.Float64(min=0.0)
    p95_s = dy.Float64(min=0.0)
    max_s = dy.Float64(min=0.0)
    audio_s = dy.Float64(nullable=True, min=0.0)


class Failures(dy.Schema):
    """One row per run and error code: how many calls failed so."""

    run_id = dy.String(primary_key=True)
    error_code = dy.String(primary_key=True)
    n = dy.Int64(min=1)


class Elements(dy.Schema):
    """One row per rubric and element: the anchors a scorer applies and where in the call to look.

    `rubric_hash` covers what matters for scores of this element: anchors, where, scored role.
    """

    rubric = dy.String(primary_key=True)
    element = dy.String(primary_key=True)
    position = dy.Int64(min=0)
    title = dy.String()
    where = _one_of(("opening", "closing", "anywhere"))
    red = dy.String()
    orange = dy.String()
    yellow = dy.String()
    green = dy.String()
    rubric_title = dy.String()
    rubric_version = dy.Int64(min=1)
    rubric_hash = dy.String()
    scored_role = dy.String()
    other_role = dy.String()


TABLES: dict[str, type[dy.Schema]] = {
    "calls": Calls,
    "utterances": Utterances,
    "acts": Acts,
    "measures": Measures,
    "labels": Labels,
    "evidence": Evidence,
    "actions": Actions,
    "scores": Scores,
    "agreement": Agreement,
    "models": Models,
    "kpis": Kpis,
    "runs": Runs,
    "stages": Stages,
    "failures": Failures,
}
