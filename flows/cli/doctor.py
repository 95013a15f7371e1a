"""Doctor: what will run here, and the remedy beside each gap."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import NamedTuple

import polars as pl

from flows.cli import show
from flows.cli.console import console
from flows.cli.options import Engines, Options
from pipeline.settings import Settings

BASE_MINUTES = 6  # of one core for an hour of recording, as docs/benchmarks.md has it
LARGER = {"small": 3.3, "large-v3-turbo": 11}  # parameters, in those of base (74 million)


class Finding(NamedTuple):
    """One thing examined: `state` is ok, gap (something else is used instead) or broken (nothing will run)."""

    what: str
    state: str
    finding: str
    remedy: str = ""


def doctor(*, options: Options = Options(), engines: Engines = Engines()) -> int:
    """Say what will run here: devices, engines, whether weights are at hand, store, database."""
    examined = examine(options.settings(**asdict(engines)))
    show.show_findings(console, examined)
    return 2 if examined.filter(state="broken").height else 0


def examine(settings: Settings) -> pl.DataFrame:
    """Everything callgrade rests on: what, state, finding, remedy."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += check(settings)
        except Exception as error:  # noqa: BLE001  a check that fails is a finding too
            findings.append(Finding(check.__name__.strip("_"), "broken", f"{type(error).__name__}: {error}"))
    return pl.DataFrame(findings, orient="row", schema=Finding._fields)


def _python(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001  all checks are called alike
    at_hand = ", ".join(f"{name} {version(name)}" for name in ("prefect", "polars", "torch", "faster-whisper"))
    yield Finding("python", "ok", f"{sys.version.split()[0]}, {at_hand}")


def _device(settings: Settings) -> Iterator[Finding]:
    import torch

    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    cores = f"{os.cpu_count()} cores"
    if names:
        yield Finding("device", "ok", f"{', '.join(names)}; {cores}")
    elif settings.device.startswith("cuda"):
        yield Finding("device", "broken", f"{settings.device} is asked for, but no GPU is found", "set device to auto")
    else:
        yield Finding("device", "gap", f"{cores}, no GPU", "a GPU that CUDA knows hears a call tens of times faster")


def _transcribers(settings: Settings) -> Iterator[Finding]:
    from pipeline.speech import weights, whisper_transcriber

    setup = whisper_transcriber.choose_setup(settings)
    on_base = setup.model == whisper_transcriber.BASE and setup.device == "cpu"
    larger = larger_models(os.cpu_count() or 1) if on_base else ""
    if folder := weights.whisper_folder(setup.model, offline=True):
        yield Finding("whisper", "ok", f"{setup.model} in {setup.compute_type}, {folder}", larger)
    else:
        remedy = whisper_transcriber.no_weights(setup.model).message
        yield Finding("whisper", "gap", f"{setup.model} is not at hand: recordings cannot be heard", remedy)


def larger_models(cores: int) -> str:
    """What a larger Whisper than base would bring and cost on a processor with so many cores."""
    minutes = [f"{BASE_MINUTES * times / cores:.0f} with {model}" for model, times in LARGER.items()]
    return (
        f"CALLGRADE_TRANSCRIPTION_MODEL={' or '.join(LARGER)} mishears less, telephones and accents above all; an hour"
        f" of recording takes about {BASE_MINUTES / cores:.0f} minutes here with base, by their parameters"
        f" {' and '.join(minutes)}, and three and eleven times the memory"
    )


def _diarizers(settings: Settings) -> Iterator[Finding]:
    from pipeline.errors import CallError
    from pipeline.speech.diarize import load_diarizer

    yield Finding("channels", "ok", "two-channel recordings need nothing more")
    load_diarizer("voices", settings)
    yield Finding("voices", "ok", "recordings of one channel are told apart by the weights that come with the program")
    try:
        load_diarizer("pyannote", settings.model_copy(update={"offline": True}))
    except CallError as error:
        yield Finding("pyannote", "gap", "voices takes its place for recordings of one channel", error.message)
    else:
        yield Finding("pyannote", "ok", f"{settings.diarization_model} is at hand")
    if not os.environ.get("HF_TOKEN"):
        yield Finding("HF_TOKEN", "gap", "not set", "gated models of the hub need it; local folders do not")


def _encoder(settings: Settings) -> Iterator[Finding]:
    from models.features.encoder import LEXICAL, load_encoder

    encode = load_encoder(settings)
    if encode.name.startswith(LEXICAL):
        remedy = "set CALLGRADE_ENCODER to a folder or hub name of a sentence-transformers model to compare meanings"
        yield Finding("encoder", "ok", encode.name, remedy)
    else:
        yield Finding("encoder", "ok", encode.name)


def _english(settings: Settings) -> Iterator[Finding]:
    from pipeline.transcripts.entities import LABELS, pipeline_version

    asked = [kind for kind in LABELS if kind in settings.redact]
    if at_hand := pipeline_version():
        yield Finding("english", "ok", f"{at_hand} finds {', '.join(LABELS)} where `redact` asks for them")
        return
    remedy = "`make install` where the package registry can be reached"
    if asked:
        missed = (
            f"spaCy's English pipeline is not at hand: of {', '.join(asked)} only the names of the list are redacted"
        )
    else:
        missed = "spaCy's English pipeline is not at hand; `redact` asks for nothing that it finds"
    yield Finding("english", "gap", missed, remedy)


def _rubrics(settings: Settings) -> Iterator[Finding]:
    from models.ratings.rubrics import check_rubrics, load_rubrics

    problems = check_rubrics(settings.rubrics)
    if problems:
        yield Finding("rubrics", "broken", "; ".join(problems), "`callgrade rubrics check` after mending")
    else:
        elements = load_rubrics(settings.rubrics)
        count = f"{elements['rubric'].n_unique()} rubrics, {elements.height} elements"
        yield Finding("rubrics", "ok", f"{count} in {settings.rubrics}")


def _store(settings: Settings) -> Iterator[Finding]:
    from pipeline.store.delta import Store

    store = Store(settings.workspace)
    if store.exists():
        calls = store.read("calls")
        failed = calls.filter(status="failed").height
        yield Finding("store", "ok", f"{store.root}: {calls.height} calls, {failed} of them failed")
    else:
        yield Finding("store", "ok", f"{store.root}: nothing there yet, it is made at the first run")
    store.probe()


def _database(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001
    from prefect.settings import get_current_settings

    api = get_current_settings().api.url
    yield Finding("prefect", "ok", f"server at {api}" if api else "no server set up: a temporary one starts with a run")
    yield Finding("postgresql", "ok", f"psycopg {version('psycopg')} for `callgrade export postgresql://...`")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _device,
    _transcribers,
    _diarizers,
    _encoder,
    _english,
    _rubrics,
    _store,
    _database,
)
