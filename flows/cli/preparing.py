"""Commands before the first score: a call list from a folder, and what is understood of a call list."""

from pathlib import Path

from flows.cli.console import console
from flows.cli.options import Options
from flows.understanding import list_of, understand
from models.ratings.rubrics import load_rubrics
from pipeline.errors import brief
from pipeline.intake.calls import misspelt, read_calls
from pipeline.intake.kinds import all_kinds
from pipeline.metrics.cadence import load_plan
from pipeline.store.delta import Store


def import_folder(
    folder: Path, *, to: Path | None = None, interaction: str = "discovery_call", options: Options = Options()
) -> int:
    """Make a call list of a folder of recordings and transcripts, for a person to correct.

    Parameters
    ----------
    folder
        Where the files are, also in folders below.
    to
        The list, by default calls.csv in that folder; it is never overwritten.
    interaction
        The kind of conversation that is put in every row.
    """
    options.settings()
    target = to or folder / "calls.csv"
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder; name one with recordings or transcripts")
    if target.exists():
        raise ValueError(f"{target}: is there already; name another list with --to, or remove it")
    rows = list_of(folder.absolute(), interaction=interaction)
    if rows.is_empty():
        raise ValueError(f"{folder}: holds no recording or transcript of a known ending")
    rows.write_csv(target)
    console.print(f"{rows.height} conversations in {target}", soft_wrap=True, markup=False)
    console.print(
        f"Correct what the column guessed names, then: callgrade check {target}", soft_wrap=True, markup=False
    )
    return 0


def check(call_list: Path, *, timezone: str | None = None, options: Options = Options()) -> int:
    """Read everything in a call list without scoring it, and say of each row what is understood.

    Parameters
    ----------
    call_list
        As for score.
    timezone
        Of times in the list that name none.
    """
    settings = options.settings(timezone=timezone)
    elements = load_rubrics(settings.rubrics)
    kinds = all_kinds(elements["rubric"], load_plan(Store(settings.workspace).place).unjudged)
    listed = read_calls(call_list, kinds, timezone=settings.timezone)
    starts = dict(listed.select("call_id", "started_at").iter_rows())
    failed = 0
    for one in understand(listed, elements, max_hours=settings.max_hours):
        failed += one.failed
        start = starts.get(one.call_id)
        when = f", {start.isoformat(timespec='minutes')}" if start else ""
        console.print(f"{'✗' if one.failed else '✓'} {one.call_id}{when}", markup=False, soft_wrap=True)
        for sentence in one.sentences:
            console.print(f"    {sentence}", markup=False, soft_wrap=True)
    for name, near in misspelt(listed).items():
        console.print(f"column {brief(name)} is kept as it is: is {near} meant?", markup=False, soft_wrap=True)
    console.print(f"{listed.height - failed} of {listed.height} can be scored")
    return 1 if failed else 0
