"""The terminal: what is printed goes through `console`, and what a run's steps report is shown as progress."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from flows.cli.stopping import Stopped

console = Console(highlight=False)
EVERY_S = 60.0  # plain lines of progress


class _Stages(logging.Handler):
    """Turns the flow's stage records into bars on a terminal and plain lines elsewhere."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.console, self.progress = console, progress
        self.bars: dict[str, TaskID] = {}
        self.where = ""
        self.printed_at = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Move the bar of the record's stage; other records are printed as they are."""
        stage, finished, total = (getattr(record, name, None) for name in ("stage", "finished", "total"))
        if stage is None or total is None:
            self.console.print(Text(record.getMessage(), style="yellow" if record.levelno >= logging.WARNING else ""))
            return
        self.where = f" while {stage}, with {finished} of {total} done"
        if self.console.is_terminal:
            if stage not in self.bars:
                self.bars[stage] = self.progress.add_task(stage)
            self.progress.update(self.bars[stage], completed=finished, total=total)
        elif finished in (0, total):
            self.console.print(f"{stage}: {finished} of {total}")
        elif time.monotonic() - self.printed_at > EVERY_S:
            self.printed_at = time.monotonic()
            self.console.print(f"{stage}: {finished} of {total}, {total - finished} waiting")


@contextmanager
def showing_progress(console: Console) -> Iterator[None]:
    """Show what the steps report while the block runs."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        handler = _Stages(console, progress)
        logger = logging.getLogger("callgrade")
        logger.addHandler(handler)
        logger.setLevel(min(logger.level or logging.INFO, logging.INFO))
        logger.propagate = False
        try:
            yield
        except Stopped as stopped:
            stopped.where = handler.where
            raise
        finally:
            logger.removeHandler(handler)
