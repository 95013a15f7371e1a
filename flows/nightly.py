"""The nightly flow: a list of recorded conversations in, an assessment map out, in the order of the data."""

from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl
from prefect import flow

from flows import todo
from flows.batches import Assessed, assessed, bisect, heard, in_batches, may_pass
from flows.listen import listen
from flows.recall import follow_up, recall
from flows.records import Assessment, Summary, begin, end, mark_moments, record
from flows.runners import Job, Workers, count_workers, gpu_tags
from flows.timing import Lap, collect_laps, shown, step, timed
from models.features.encoder import load_encoder
from models.label import Labeller, label
from models.ratings.rubrics import load_rubrics
from models.registry.in_use import current_models, in_use, lacking_elements, load_models
from pipeline.intake.calls import Call, read_calls
from pipeline.intake.kinds import all_kinds
from pipeline.intake.times import machine_zone
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.language.promises.named import known_people
from pipeline.metrics.cadence import load_plan, write_plan
from pipeline.metrics.kpi_table import are_stale, refresh_kpis, update_kpis
from pipeline.metrics.measure_values import measure
from pipeline.settings import Settings
from pipeline.speech.transcribe import choose_transcriber
from pipeline.store.delta import Store
from pipeline.store.zone import keep_zone
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements
from pipeline.transcripts.roles import foreign_calls, talk_of

is_failed = pl.col("error_code").is_not_null()
AHEAD = 2  # batches under way for each worker


@flow(name="nightly", validate_parameters=False)
def nightly(call_list: Path, settings: Settings, *, rescore: bool = False, from_audio: bool = False) -> Summary:
    """Score every conversation of a list; what is stored already is left as it is, unless asked for again."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    settings = _resolved(settings)
    workers = Workers(settings)
    keep_zone(store, settings.timezone)
    write_plan(store.place)
    mark_moments(store, elements)
    kinds = all_kinds(elements["rubric"], load_plan(store.place).unjudged)
    given = read_calls(call_list, kinds, timezone=settings.timezone)
    listed = step(todo.identify)(todo.to_keep(given, settings), settings)
    todo.note_old(given, listed, settings)
    todo.note_repeated(listed)
    todo.note_doubts(listed)
    model_ids = step(current_models)(store, elements, settings)["model_id"].to_list()
    config_hash = todo.configuration(settings, model_ids, elements)
    run = begin(store, "nightly", config_hash, n_calls=listed.height)

    cached = listed.clear() if rescore or from_audio else todo.done(listed, store, config_hash)
    remaining = todo.left(listed, cached)
    unheard = remaining if from_audio else todo.unheard(remaining, store)
    batches = in_batches(remaining, unheard, workers=count_workers(settings))

    def start_listening(call: Call) -> Job[list[Lap]]:
        task = step(listen, retry_if=may_pass, tags=gpu_tags(settings))
        return workers.submit(task, call, settings, again=from_audio)

    def start_assessing(batch: pl.DataFrame) -> Job[Assessed]:
        return workers.submit(step(assess_batch), batch, settings, elements, model_ids)

    with workers, collect_laps() as laps:
        rows = [record(store, run, listed.filter(is_failed))]
        readable = heard(batches, unheard, start_listening)
        for result in assessed(
            readable, start_assessing, ahead=AHEAD * count_workers(settings), total=remaining.height
        ):
            with timed("store"):
                rows.append(step(record)(store, run, result))
        if remaining.height or are_stale(store, elements):
            with timed("kpis"):
                step(update_kpis)(store, elements, zone=settings.timezone)
    return end(store, run, cached, rows, laps)


def assess_batch(
    batch: pl.DataFrame, settings: Settings, elements: dy.DataFrame[Elements], model_ids: list[str]
) -> Assessed:
    """Assess a batch of calls whose transcripts are stored; a call that fails does not stop the others."""
    judge = partial(assess, settings=settings, elements=elements, model_ids=model_ids)
    with collect_laps() as laps:
        results = bisect(batch.filter(~is_failed), judge)
    unreadable = batch.filter(is_failed)
    return Assessed([*results, *([unreadable] if unreadable.height else [])], laps)


def assess(
    batch: pl.DataFrame,
    before: tuple[Assessment, ...] = (),
    *,
    settings: Settings,
    elements: dy.DataFrame[Elements],
    model_ids: list[str],
) -> Assessment:
    """All that is known of the calls of a batch, from their stored transcripts; nothing is written."""
    store, zone = Store(settings.workspace), settings.timezone or "UTC"
    with timed("roles") as lap:
        calls, utterances, roles = shown("roles", recall)(batch, settings, elements)
        lap.audio_s = float(calls["duration_s"].sum())
    talk = talk_of(utterances, calls, elements)
    foreign = foreign_calls(calls, settings.label_languages)
    understood = Talk.validate(talk.filter(~pl.col("call_id").is_in(foreign)))
    with timed("acts", lap.audio_s):
        acts = shown("acts", classify_acts)(understood)
    with timed("measures", lap.audio_s):
        known = known_people(understood, calls)
        findings = shown("findings", analyse)(understood, acts, zone=zone, known=known)
        actions, later = follow_up(store, calls, findings, before, settings=settings, elements=elements)
        followed = findings._replace(actions=actions)
        measures = shown("measures", measure)(talk, acts, followed, roles=roles, foreign=foreign)
    with timed("labels", lap.audio_s):
        clear = Talk.validate(talk.filter(pl.col("side").is_not_null().all().over("call_id"), pl.col("text") != ""))
        models, guess = load_models(store, model_ids), settings.guess_unlearnt
        labeller = Labeller(elements, models, load_encoder(settings), guess, foreign)
        labelled = shown("labels", label)(clear, acts, labeller, findings=findings)
    return Assessment(calls, utterances, acts, measures, actions, labelled.labels, labelled.evidence, later)


def _resolved(settings: Settings) -> Settings:
    """Settings whose transcriber and time zone are chosen."""
    zone = settings.timezone or machine_zone()
    return settings.model_copy(update={"transcriber": choose_transcriber(settings), "timezone": zone})


def idle(call_list: Path, settings: Settings) -> Summary | None:
    """What a run comes to when all is done already, without starting Prefect; None where there is something to do."""
    store, elements, encoder = Store(settings.workspace), load_rubrics(settings.rubrics), load_encoder(settings).name
    if not lacking_elements(store, elements, encoder).is_empty():
        return None
    settings = _resolved(settings)
    kinds = all_kinds(elements["rubric"], load_plan(store.place).unjudged)
    given = read_calls(call_list, kinds, timezone=settings.timezone)
    listed = todo.identify(todo.to_keep(given, settings), settings)
    config_hash = todo.configuration(settings, in_use(store, elements, encoder)["model_id"].to_list(), elements)
    cached = todo.done(listed, store, config_hash)
    if not todo.left(listed, cached).is_empty() or are_stale(store, elements):
        return None
    todo.note_old(given, listed, settings)
    todo.note_repeated(listed)
    todo.note_doubts(listed)
    run = begin(store, "nightly", config_hash, n_calls=listed.height)
    rows = record(store, run, listed.filter(is_failed))
    refresh_kpis(store, elements, zone=settings.timezone)  # where a call is not to be scored any more
    return end(store, run, cached, [rows])
