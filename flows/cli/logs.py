"""Logs: the structured log, one line of JSON for each thing that happens, for those who watch many nights."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.settings import Settings

OURS = ("callgrade", "flows", "models", "pipeline")
FIELDS = (
    *("run_id", "flow", "call_id", "stage", "seconds", "finished", "waiting", "total", "error_code"),
    *("n_ok", "n_failed", "n_cached"),
)
log = logging.getLogger("callgrade")


class _Lines(logging.Formatter):
    """Writes of a record its fixed words and the FIELDS it has, never what was put into the words: that may be a name,
    a path or a password."""

    def __init__(self) -> None:
        super().__init__()
        self.run_id: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; a record that names no run belongs to the one that began last."""
        self.run_id = getattr(record, "run_id", self.run_id)
        given = {name: getattr(record, name, None) for name in FIELDS} | {"run_id": self.run_id}
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "event": str(record.msg), "logger": record.name}
        return json.dumps(line | {name: value for name, value in given.items() if value is not None})


@contextmanager
def writing_log(settings: Settings) -> Iterator[None]:
    """Add what happens while the block runs to the file `log_json`, where one is named.

    Raises ValueError where it cannot be written. Of an error that leaves the block only the kind is written.
    """
    if not settings.log_json:
        yield
        return
    try:
        Path(settings.log_json).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(settings.log_json, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"log_json: {settings.log_json} cannot be written ({error.strerror}); name another") from error
    handler.setFormatter(_Lines())
    loggers = [logging.getLogger(name) for name in OURS]
    before = log.level, log.propagate
    for logger in loggers:
        logger.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False  # to Prefect's handler, which would print each stage of each call
    try:
        yield
    except Exception as error:
        log.critical("stopped by an error", extra={"error_code": type(error).__name__})
        raise
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
        handler.close()
