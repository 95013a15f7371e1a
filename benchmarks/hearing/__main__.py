"""What errors of hearing do to the figures: conversations that voices speak and Whisper hears, against their texts.

    python -m benchmarks.hearing --calls 40

Speaks reference conversations of data/scripted with synthetic voices, sends each over every kind of line, scores the
recordings and the same turns as a transcript, and writes docs/accuracy/hearing.md and the errors that KPIs state,
pipeline/metrics/hearing.csv. Needs flite and sox. What was scored before in `--workspace` is not heard again.
"""

import argparse
import shlex
from pathlib import Path

import polars as pl

from benchmarks.hearing.causes import causes
from benchmarks.hearing.compare import errors_of_kpis, word_error_rates
from benchmarks.hearing.page import Figures, page
from benchmarks.hearing.spoken import KINDS, READ, write_calls
from benchmarks.paths import DOCS, RUBRICS
from pipeline.metrics.hearing import TABLE
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store

PAGE = DOCS / "accuracy" / "hearing.md"


def main() -> None:
    """Make the calls, score them, compare and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40, help="reference conversations")
    parser.add_argument("--calls-elsewhere", type=int, help="of these, on every line but the first")
    parser.add_argument("--minutes", type=float, default=60, help="where a longer conversation is cut off")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="lines to send them over")
    parser.add_argument("--workspace", type=Path, default=Path("hearing"), help="recordings and what is scored")
    parser.add_argument("--workers", type=int, default=0, help="processes; by default as many as fit the cores")
    parser.add_argument("--try", action="store_true", dest="only_try", help="print and leave page and table alone")
    options = parser.parse_args()
    elsewhere = options.calls_elsewhere or options.calls
    n_calls = {kind: elsewhere if at else options.calls for at, kind in enumerate(options.kinds)}
    call_list = write_calls(options.workspace / "calls", n_calls, longest_s=60 * options.minutes)
    settings = load_settings(
        workspace=str(options.workspace),
        rubrics=RUBRICS,
        encoder="lexical",
        timezone="UTC",
        transcription_model="base",
        workers=options.workers,
        guess_unlearnt=False,
    )
    _score(call_list, settings)
    store = Store(settings.workspace)
    listed = pl.read_csv(call_list).select("call_id", "kind", "conversation")
    rates = word_error_rates(store.read("utterances"), listed)
    errors = errors_of_kpis(store, listed)
    command = f"python -m benchmarks.hearing --calls {options.calls}"
    command += f" --calls-elsewhere {elsewhere}" if elsewhere < options.calls else ""
    command += f" --minutes {options.minutes:g}" if options.minutes < 60 else ""
    command += f" --kinds {shlex.join(options.kinds)}" if options.kinds != list(KINDS) else ""
    moved = causes(store, listed, options.kinds[0], settings)
    text = page(store, listed, Figures(rates, errors, moved, options.kinds[0]), command=command)
    print(text)
    if not options.only_try:
        PAGE.write_text(text, encoding="utf-8")
        errors.write_csv(TABLE)


def _score(call_list: Path, settings: Settings) -> None:
    """Score what has not been scored yet; raises RuntimeError where a call fails."""
    from flows.nightly import nightly
    from flows.runners import task_runner
    from flows.server import server

    with server():
        run = nightly.with_options(task_runner=task_runner(settings))(call_list, settings)
    unread = run.failed.filter(pl.col("call_id").str.ends_with(READ))
    if unread.height:
        raise RuntimeError(f"{unread.height} texts were not scored: {unread['error'][0]}")


if __name__ == "__main__":
    main()
