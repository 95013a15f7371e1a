"""Logs: one line of JSON for each thing that happens, and nothing that was said, no name and no password in it."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.cli.logs import FIELDS, writing_log
from flows.nightly import nightly
from pipeline.settings import Settings, load_settings
from tests.conftest import BAD, Night, callgrade
from tests.flows.test_nightly import keep_models

SECRET = "geheim"  # noqa: S105  made up
EXPORTS = f'["postgresql://u:{SECRET}@127.0.0.1:1/bi"]'


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_fixed_words_only(tmp_path: Path) -> None:
    """What is put into a record's words, or is none of the fields, is not written; a run's lines bear its id."""
    file, log = tmp_path / "logs" / "log.jsonl", logging.getLogger("callgrade")
    with writing_log(Settings(log_json=str(file))):
        log.debug("run began", extra={"run_id": "r1", "flow": "nightly", "total": 3, "quote": "Hi Dana"})
        logging.getLogger("pipeline.pages.site").warning("no player: %s", "/recordings/Jane Ross.wav")
        logging.getLogger("elsewhere").warning("not ours")
    log.warning("after the end")
    began, warned = lines(file)
    assert began.pop("time") <= warned.pop("time")
    about = {"run_id": "r1", "flow": "nightly", "total": 3}
    assert began == {"level": "debug", "event": "run began", "logger": "callgrade"} | about
    assert warned == {"level": "warning", "event": "no player: %s", "logger": "pipeline.pages.site", "run_id": "r1"}


def test_error_that_ends_a_run(tmp_path: Path) -> None:
    """Of an error that stops a run only its kind is written; the log goes back to what it was."""
    file, log = tmp_path / "log.jsonl", logging.getLogger("callgrade")
    before = (log.level, log.propagate, list(log.handlers))
    with pytest.raises(ValueError, match=SECRET), writing_log(Settings(log_json=str(file))):
        raise ValueError(SECRET)
    (line,) = lines(file)
    assert (line["event"], line["level"], line["error_code"]) == ("stopped by an error", "critical", "ValueError")
    assert SECRET not in file.read_text()
    assert (log.level, log.propagate, list(log.handlers)) == before


def test_none_unless_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    with writing_log(Settings()):
        logging.getLogger("callgrade").warning("something")
    assert not list(tmp_path.iterdir())


def test_cannot_be_written(tmp_path: Path) -> None:
    """A folder in place of the file: one sentence."""
    settings = Settings(log_json=str(tmp_path))
    with pytest.raises(ValueError, match=r"^log_json: \S+ cannot be written"), writing_log(settings):
        pass


def test_log_of_a_night(night: Night) -> None:
    """A run tells when it began, each call with the queue behind it, each stage and how it ended, and names nobody."""
    written = lines(night.log)
    (run_id,) = {line["run_id"] for line in written if line.get("flow") == "nightly"}
    of_run = [line for line in written if line.get("run_id") == run_id]
    calls = [line for line in of_run if line["event"] == "listened"]
    assert [(line["finished"], line["waiting"], line["total"]) for line in calls] == [
        (number, 5 - number, 5) for number in range(1, 6)
    ]
    heard = {"heard": None, "read": None}
    assert {line["call_id"]: line.get("error_code") for line in calls} == heard | {
        name: BAD[name] for name in ("text", "empty", "video")
    }
    stages = [(line["stage"], line.get("call_id")) for line in of_run if line["event"] == "stage ended"]
    assert stages.count(("labels", None)) == 1
    assert [stage for stage, call_id in stages if call_id == "heard"] == [
        "decode", "diarize", "transcribe", "align", "keep"
    ]  # fmt: skip
    (end,) = [line for line in of_run if line["event"] == "run ended"]
    assert (end["n_ok"], end["n_failed"], end["n_cached"]) == (2, 7, 0)
    assert end["seconds"] > 0
    assert all(set(line) <= {"time", "level", "event", "logger", *FIELDS} for line in written)
    people = pl.read_csv(night.call_list, infer_schema=False).select("lead_name", "other_name")
    names = set(re.findall(r"\w+", " ".join(people.unpivot()["value"].drop_nulls())))
    assert len(names) > 3
    assert not names & set(re.findall(r"\w+", night.log.read_text()))


@pytest.mark.slow
def test_passwords_stay_out(night: Night, tmp_path: Path) -> None:
    """A password of the settings comes into no file of the workspace or of Prefect's, no log and nothing that is said,
    though the database that it is for cannot be reached."""
    workspace, home, file = tmp_path / "w", tmp_path / "home", tmp_path / "log.jsonl"
    home.mkdir()
    keep_models(night, workspace)
    listed = pl.read_csv(night.call_list, infer_schema=False).filter(pl.col("call_id") == "read").head(1)
    transcript = pl.lit(str(night.call_list.parent / "read.vtt"))
    listed.with_columns(transcript=transcript).write_csv(tmp_path / "calls.csv")
    done = callgrade(
        *("score", tmp_path / "calls.csv", "--workspace", workspace, "--rubrics", night.rubrics),
        *("--log-json", file, "--verbose"),
        CALLGRADE_EXPORTS=EXPORTS,
        CALLGRADE_WEBHOOK=f"http://127.0.0.1:1/{SECRET}",
        PGCONNECT_TIMEOUT="5",
        HOME=str(home),
        PREFECT_HOME=str(home / ".prefect"),
    )
    assert "1 scored" in done.stdout, done.stderr
    assert "not published" in done.stdout
    holders = [path for path in [*workspace.rglob("*"), *home.rglob("*"), file] if path.is_file()]
    assert any(path.suffix == ".db" for path in holders)
    assert [path for path in holders if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in done.stdout + done.stderr


def test_settings_hide_passwords() -> None:
    """What Prefect stores of a run's parameters, what is printed of settings, and the complaint about a wrong one."""
    settings = Settings(exports=(f"postgresql://u:{SECRET}@h/db",), webhook=f"https://hooks.example.org/{SECRET}")
    stored = str(nightly.serialize_parameters({"call_list": Path("calls.csv"), "settings": settings}))
    assert "calls.csv" in stored
    assert SECRET not in stored + repr(settings)
    assert settings.exports == (f"postgresql://u:{SECRET}@h/db",)
    with pytest.raises(ValueError, match="setting webhook") as raised:
        load_settings(webhook=f"ftp://{SECRET}")
    assert SECRET not in str(raised.value)


def test_nothing_but_the_export_is_told(night: Night, tmp_path: Path) -> None:
    """A command that loaded DuckDB ends without the library's complaints of what it left in memory."""
    done = callgrade(
        "export", f"duckdb:{tmp_path / 'bi.duckdb'}", "--workspace", night.workspace, "--rubrics", night.rubrics
    )
    assert (done.returncode, done.stderr) == (0, "")
