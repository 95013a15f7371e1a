"""Time and memory of a night from stored transcripts to labels and KPIs, by the number of conversations.

    python -m benchmarks.load.growth --calls 1000 10000

writes its part of docs/benchmarks.md. The conversations are those of data/scripted, repeated by other people with one
utterance left out of each, so that no two are alike. Each number of them is scored in a workspace and a process of its
own. Linux only: it reads VmHWM.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import polars as pl

from benchmarks.page import write
from benchmarks.paths import RUBRICS, SCRIPTED
from models.ratings.reference import load_reference
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

PATIENT = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300", "PREFECT_LOGGING_LEVEL": "CRITICAL"}
PRIVATE = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def main() -> None:
    """Make each number of conversations, score them apart, write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # a folder to score
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_scored(Path(options.measure))))
        return
    rows = ["| conversations | seconds | a second | peak memory, GB |", "| ---: | ---: | ---: | ---: |"]
    for number in options.calls:
        with tempfile.TemporaryDirectory() as folder:
            write_calls(Path(folder), number)
            measuring = [sys.executable, "-W", "ignore", "-m", "benchmarks.load.growth", "--measure", folder]
            process = subprocess.run(
                measuring, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | PATIENT | PRIVATE
            )
            measured = json.loads(process.stdout.strip().splitlines()[-1])
        rows.append(f"| {number:,} | {measured['s']:.0f} | {number / measured['s']:.1f} | {measured['gb']:.2f} |")
        print(rows[-1], flush=True)
    command = " ".join(["python -m benchmarks.load.growth", *sys.argv[1:]])
    about = "from transcripts that are stored already to labels and KPIs; lexical encoder, classifiers trained before."
    text = "\n".join(["## Growth\n", f"`{command}`: {about}\n", *rows, ""])
    print(text)
    write("benchmarks.load.growth", text)


def write_calls(folder: Path, number: int) -> None:
    """Write a call list and transcripts of `number` conversations, those of the reference repeated."""
    reference = load_reference(SCRIPTED)
    talk = {key[0]: rows for key, rows in reference.talk.partition_by("call_id", as_dict=True).items()}
    calls = reference.calls.sort("call_id").to_dicts()
    listed = []
    for at in range(number):
        call, again = calls[at % len(calls)], at // len(calls)
        path = folder / "transcripts" / f"{at}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_transcript(talk[call["call_id"]], again).to_json())
        listed.append(
            {
                "call_id": f"c{at}",
                "transcript": str(path),
                "interaction": call["interaction"],
                "started_at": (call["started_at"] + timedelta(days=7 * again)).isoformat(),
                "lead_id": f"{call['lead_id']}-{again // 50}",
                "other_id": f"{call['other_id']}-{again // 50}",
            }
        )
    pl.DataFrame(listed, infer_schema_length=None).write_csv(folder / "calls.csv")


def _transcript(said: pl.DataFrame, again: int) -> Transcript:
    """The conversation with one utterance left out, another each time."""
    rows = said.sort("idx")
    kept = rows.filter(pl.int_range(pl.len()) != 4 + again % max(1, rows.height - 8))
    roles = dict(kept.select("speaker", "role").unique(maintain_order=True).iter_rows())
    spoken = kept.select("start_s", "end_s", "speaker", "text", words=pl.lit([], SPOKEN["words"]))
    speakers = {speaker: Speaker(role=role) for speaker, role in roles.items()}
    return Transcript(spoken, speakers, float(kept["duration_s"][0]), language="en", transcriber="made up")


def _scored(folder: Path) -> dict[str, float]:
    """Seconds and peak memory of scoring the list, once its transcripts are stored and the classifiers trained."""
    from flows.listen import listen
    from flows.nightly import nightly
    from flows.todo import identify, left
    from models.ratings.rubrics import load_rubrics
    from models.registry.in_use import current_models
    from pipeline.intake.calls import calls_of, read_calls
    from pipeline.settings import load_settings
    from pipeline.store.delta import Store

    own = {"workspace": str(folder / "w"), "rubrics": RUBRICS, "encoder": "lexical", "timezone": "UTC"}
    settings = load_settings(**own, transcriber="pocketsphinx")
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    current_models(store, elements, settings)
    listed = identify(read_calls(folder / "calls.csv", elements["rubric"], timezone="UTC"), settings)
    for call in calls_of(left(listed, listed.clear())):
        listen(call, settings)
    began = time.perf_counter()
    scored = nightly(folder / "calls.csv", settings)
    seconds = time.perf_counter() - began
    if scored.failed.height:
        raise RuntimeError(f"{scored.failed.height} conversations were not scored: {scored.failed['error'][0]}")
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {"s": seconds, "gb": int(peak.split()[1]) * 1024 / 1e9}


if __name__ == "__main__":
    main()
