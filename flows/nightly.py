"""The nightly flow: a list of recorded conversations in, an assessment map out, in the order of the data."""

import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from functools import partial
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from flows import todo
from flows.records import Assessment, Summary, begin, end, record
from flows.retrain import current_models, in_use, lacking_elements
from flows.runners import Spare, gpu_tags
from flows.timing import Lap, Stopwatch, queue, tell, total_s
from models.features.encoder import load_encoder
from models.label import label
from models.learning.element_model import ElementModel
from models.ratings.rubrics import load_rubrics
from pipeline.errors import CallError
from pipeline.intake.calls import read_calls
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.language.follow_up import carry_series
from pipeline.metrics.kpi_table import are_stale, update_kpis
from pipeline.metrics.measure_values import measure
from pipeline.settings import Settings
from pipeline.speech.align import align
from pipeline.speech.audio import decode
from pipeline.speech.diarize import diarize
from pipeline.speech.transcribe import choose_transcriber, transcribe
from pipeline.store.delta import Store
from pipeline.tables import Calls, Elements, Talk, Utterances
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.names import people
from pipeline.transcripts.redact import redact
from pipeline.transcripts.roles import Roles, assign_roles, talk_of
from pipeline.transcripts.transcript import Transcript

BATCH = 250  # calls assessed and committed together, if their transcripts are at hand
HEARD = 5  # as how many of them a call counts that is still to be heard: what was heard is soon to be seen
step = partial(task, cache_policy=NO_CACHE)
is_failed = pl.col("error_code").is_not_null()
log = logging.getLogger("callgrade")
TOLD = {name: kind for name, kind in Calls.create_empty().schema.items() if kind != pl.Null}


@flow(name="nightly", validate_parameters=False)
def nightly(call_list: Path, settings: Settings, *, rescore: bool = False, from_audio: bool = False) -> Summary:
    """Score every conversation of a list; what is stored already is left as it is, unless asked for again."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    settings = settings.model_copy(update={"transcriber": choose_transcriber(settings)})
    listed = todo.identify(read_calls(call_list, elements["rubric"], timezone=settings.timezone), settings)
    models = step(current_models)(store, elements, settings)
    run = begin(
        store,
        "nightly",
        todo.configuration(settings, [model.model_id for model in models], elements),
        n_calls=listed.height,
    )

    cached = listed.clear() if rescore or from_audio else todo.done(listed, store, run.config_hash)
    remaining = todo.left(listed, cached)
    unheard = remaining if from_audio else todo.unheard(remaining, store)
    heard = step(listen, tags=gpu_tags(settings)).map(
        unheard.to_dicts(), unmapped(settings), again=unmapped(from_audio)
    )
    come_to, laps = [record(store, run, listed.filter(is_failed))], []
    judge = partial(assess, store=store, settings=settings, elements=elements, models=models)
    spare = partial(Spare().run, listen, settings=settings, again=from_audio)
    for batch in _batches(remaining, dict(zip(unheard["call_id"], heard, strict=True)), laps, spare):
        watch = Stopwatch()
        come_to.append(record(store, run, batch.filter(is_failed)))
        for part in _assessed(batch.filter(~is_failed), partial(judge, watch=watch)):
            come_to.append(record(store, run, part))
            watch.lap("store")
        laps += watch.laps
        tell(watch.laps)
    if remaining.height or are_stale(store):
        watch = Stopwatch()
        step(update_kpis)(store, elements, zone=settings.timezone or "UTC")
        watch.lap("kpis")
        laps += watch.laps
    return end(store, run, cached, come_to, laps)


def idle(call_list: Path, settings: Settings) -> Summary | None:
    """What a run comes to when all is done already, without starting Prefect; None where there is something to do."""
    store, elements, encoder = Store(settings.workspace), load_rubrics(settings.rubrics), load_encoder(settings).name
    if not lacking_elements(store, elements, encoder).is_empty():
        return None
    settings = settings.model_copy(update={"transcriber": choose_transcriber(settings)})
    listed = todo.identify(read_calls(call_list, elements["rubric"], timezone=settings.timezone), settings)
    config_hash = todo.configuration(settings, in_use(store, elements, encoder)["model_id"].to_list(), elements)
    cached = todo.done(listed, store, config_hash)
    if not todo.left(listed, cached).is_empty() or are_stale(store):
        return None
    run = begin(store, "nightly", config_hash, n_calls=listed.height)
    return end(store, run, cached, [record(store, run, listed.filter(is_failed))])


def listen(call: dict[str, Any], settings: Settings, *, again: bool = False) -> list[Lap]:
    """See to it that the transcript of a conversation is stored; returns how long each stage took."""
    watch = Stopwatch()
    if again or Store(settings.workspace).speech.read(call["content"], call["engines"]) is None:
        hear(call, settings, watch, again=again)
    return watch.laps


def hear(call: dict[str, Any], settings: Settings, watch: Stopwatch, *, again: bool = False) -> Transcript:
    """Turn one conversation into a stored transcript: who said what when."""
    if call["transcript"]:
        transcript = read_transcript(call["transcript"])
        watch.lap("read", audio_s=transcript.duration_s)
    else:
        audio = decode(call["recording"], max_hours=settings.max_hours)
        watch.lap("decode", audio_s=audio.duration_s)
        turns = diarize(audio, settings, n_speakers=1 + max(1, len(people(call.get("other_name")))))
        watch.lap("diarize")
        words = transcribe(audio, turns, settings)
        watch.lap("transcribe")
        transcript = align(words, turns, audio)
        watch.lap("align")
    listed = (call.get("lead_name"), call.get("other_name"))
    kept = redact(transcript, settings.redact, listed=listed, region=settings.phone_region)
    Store(settings.workspace).speech.write(call["content"], call["engines"], kept, again=again)
    watch.lap("keep")
    return kept


def assess(
    batch: pl.DataFrame,
    *,
    store: Store,
    settings: Settings,
    elements: dy.DataFrame[Elements],
    models: list[ElementModel],
    watch: Stopwatch,
) -> Assessment:
    """All that is known of the calls of a batch, from their stored transcripts; nothing is written."""
    calls, utterances, roles = recall(batch, store, settings, elements)
    talk = talk_of(utterances, calls, elements)
    watch.lap("roles", audio_s=calls["duration_s"].sum())
    acts = classify_acts(talk)
    watch.lap("acts")
    findings = analyse(talk, acts, zone=settings.timezone or "UTC")
    actions = carry_series(findings.actions, *todo.earlier_meetings(store, calls), exchanges=findings.exchanges)
    measures = measure(talk, acts, findings._replace(actions=actions), roles=roles)
    watch.lap("measures")
    clear = Talk.validate(talk.filter(pl.col("side").is_not_null().all().over("call_id"), pl.col("text") != ""))
    labelled = label(clear, acts, elements, models, load_encoder(settings), findings=findings)
    watch.lap("labels")
    return Assessment(calls, utterances, acts, measures, actions, labelled.labels, labelled.evidence)


def recall(
    batch: pl.DataFrame, store: Store, settings: Settings, elements: dy.DataFrame[Elements]
) -> tuple[pl.DataFrame, dy.DataFrame[Utterances], pl.DataFrame]:
    """The calls of a batch with what their transcripts tell of them, their utterances, and how sure the roles are.

    A transcript that was damaged since is made again. A call with one speaker or without a lead gets an error_code;
    what needs no role is measured of it all the same.
    """
    roles = {
        rubric: names for rubric, *names in elements.select("rubric", "scored_role", "other_role").unique().iter_rows()
    }
    told, said, sure = [], [], []
    for call in batch.to_dicts():
        transcript = store.speech.read(call["content"], call["engines"]) or hear(call, settings, Stopwatch())
        lead_role, other_role = roles[call["interaction"]]
        utterances, found = assign_roles(transcript, call, lead_role=lead_role, other_role=other_role)
        said.append(utterances)
        sure.append((call["call_id"], found.confidence if found.lead else None))
        told.append(call | _told(transcript, found))
    own = {name: pl.String for name in batch.columns if name.startswith("x_")}  # a batch may have none of them filled
    calls = pl.DataFrame(told, schema_overrides=TOLD | own, infer_schema_length=None)
    roles_found = pl.DataFrame(sure, schema={"call_id": pl.String, "confidence": pl.Float64}, orient="row")
    return calls, Utterances.validate(pl.concat(said)), roles_found


def _told(transcript: Transcript, roles: Roles) -> dict[str, Any]:
    error_code, error = None, None
    if transcript.utterances["speaker"].n_unique() < 2:
        error_code, error = "one_speaker", "only one speaker is heard; check that both sides were recorded"
    elif roles.lead is None:
        error_code = "roles_unknown"
        error = (
            f"which of {', '.join(transcript.speakers)} leads is not clear; name one as lead_speaker in the call list"
        )
    return {
        "duration_s": transcript.duration_s,
        "channels": transcript.channels,
        "sample_rate_hz": transcript.sample_rate_hz,
        "language": transcript.language,
        "transcriber": transcript.transcriber,
        "diarizer": transcript.diarizer,
        "error_code": error_code,
        "error": error,
    }


def _batches(
    remaining: pl.DataFrame,
    heard: dict[str, PrefectFuture[list[Lap]]],
    laps: list[Lap],
    spare: Callable[[dict[str, Any]], list[Lap]],
) -> Iterator[pl.DataFrame]:
    """The calls as they are heard, some at a time, with error_code and error where listening failed.

    How long the stages of those that were heard took is added to `laps`; `spare` listens where the workers are lost.
    """
    counts = pl.when(pl.col("call_id").is_in(list(heard))).then(HEARD).otherwise(1)
    finished, assessed = 0, 0
    for _, batch in remaining.group_by((counts.cum_sum() - 1) // BATCH, maintain_order=True):
        outcomes = []
        for call in batch.to_dicts():
            call_id = call["call_id"]
            outcome = _outcome(heard[call_id], partial(spare, call)) if call_id in heard else []
            outcomes.append(_fault(outcome))
            finished += 1
            took = outcome if isinstance(outcome, list) else []
            laps += took
            tell(took, call_id=call_id)
            about = {"call_id": call_id, "seconds": total_s(took), "error_code": outcomes[-1][0]}
            log.info("listened", extra=queue("listening", finished, remaining.height) | about)
        faults = pl.DataFrame(outcomes, schema={"error_code": pl.String, "error": pl.String}, orient="row")
        yield batch.with_columns(faults)
        assessed += batch.height
        log.info("assessed", extra=queue("assessing", assessed, remaining.height))


def _outcome(heard: PrefectFuture[list[Lap]], spare: Callable[[], list[Lap]]) -> object:
    """What listening came to: laps or an error."""
    try:
        return heard.result(raise_on_failure=False)
    except BrokenExecutor:
        log.warning("a worker process was lost, others with it; one at a time is heard from here on")
    try:
        return spare()
    except Exception as error:  # noqa: BLE001  one call must not stop the others
        return error


def _assessed(
    batch: pl.DataFrame, assess_batch: Callable[[pl.DataFrame], Assessment]
) -> Iterator[Assessment | pl.DataFrame]:
    """The batch assessed; where that fails it is halved, until the call at fault stands alone and is given back."""
    if batch.is_empty():
        return
    try:
        assessed = assess_batch(batch)
    except Exception as error:  # noqa: BLE001  one call must not stop the others
        if batch.height == 1:
            code, message = _fault(error)
            yield batch.with_columns(error_code=pl.lit(code), error=pl.lit(message))
            return
        half = batch.height // 2
        yield from _assessed(batch.head(half), assess_batch)
        yield from _assessed(batch.tail(-half), assess_batch)
    else:
        yield assessed


def _fault(outcome: object) -> tuple[str | None, str | None]:
    """The error code and sentence of what a step came to; none where it went well."""
    if isinstance(outcome, CallError):
        return outcome.code, outcome.message
    if isinstance(outcome, MemoryError | BrokenExecutor) or "out of memory" in str(outcome).lower():
        return (
            "out_of_memory",
            "more memory is needed than there is; use fewer --workers or a smaller transcription_model",
        )
    if isinstance(outcome, Exception):
        where = traceback.extract_tb(outcome.__traceback__)[-1]  # not what the error says: it may quote the call
        place = f"{type(outcome).__name__} in {Path(where.filename).name}, line {where.lineno}"
        return "internal", f"{place}; run again with --verbose and report what it prints"
    return None, None
