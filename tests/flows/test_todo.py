"""The plan of a run: every good row gets what names its transcript, whether it is heard or read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.records import _call_rows, begin
from flows.todo import done, identify, listening, note_doubts, note_old, note_repeated, to_keep
from pipeline.intake.calls import read_calls
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.transcripts import entities
from tests.pipeline.store.test_speech import transcript


def test_recordings_and_transcripts_are_identified(tmp_path: Path) -> None:
    """A recording needs no transcript, a transcript no recording; who is listed changes what is read, not heard."""
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "a.vtt").write_text("WEBVTT")
    rows = ["recording,transcript,interaction,call_id,lead_name", "a.wav,,x,heard,Ann", ",a.vtt,x,read,Ann"]
    rows += ["a.wav,,x,heard again,Bo", ",a.vtt,x,read again,Bo"]
    (tmp_path / "list.csv").write_text("\n".join(rows))
    settings = Settings(workspace=str(tmp_path / "workspace"), transcriber="whisper")
    found = identify(read_calls(tmp_path / "list.csv", ["x"], timezone="UTC"), settings)
    assert found["error"].to_list() == [None] * 4
    engines = dict(found.select("call_id", "engines").iter_rows())
    assert engines["heard"] == engines["heard again"]
    assert engines["read"] != engines["read again"]
    assert found.select(pl.col("content").n_unique()).item() == 2


def test_file_of_two_rows_is_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One recording under two call_ids counts twice, which is said; rows that failed and other files are no such."""
    for name, sound in {"a.wav": b"sound", "copy.wav": b"sound", "b.wav": b"noise"}.items():
        (tmp_path / name).write_bytes(sound)
    rows = ["recording,interaction,call_id", "a.wav,x,c1", "copy.wav,x,c2", "b.wav,x,c3", "no.wav,x,c4", "no.wav,x,c5"]
    (tmp_path / "list.csv").write_text("\n".join(rows))
    settings = Settings(workspace=str(tmp_path / "workspace"), transcriber="whisper")
    note_repeated(identify(read_calls(tmp_path / "list.csv", ["x"], timezone="UTC"), settings))
    assert caplog.messages == ["one file is listed as c1, c2, and counts each time: keep one row of it"]


def test_rows_that_would_be_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was held more than keep_days ago is left alone, and their number is said: such calls were heard, shown and
    exported each night, to be forgotten in the morning. One of unknown time is scored."""
    times = {name: datetime.now(UTC) - timedelta(days=days) for name, days in {"old": 11, "new": 9}.items()}
    rows = [f"a.vtt,x,{name},{at:%Y-%m-%dT%H:%MZ}" for name, at in times.items()]
    (tmp_path / "a.vtt").write_text("WEBVTT")
    (tmp_path / "list.csv").write_text("\n".join(["transcript,interaction,call_id,started_at", *rows, "a.vtt,x,some,"]))
    given = read_calls(tmp_path / "list.csv", ["x"], timezone="UTC")
    settings = Settings(workspace=str(tmp_path / "workspace"), keep_days=10)
    kept = to_keep(given, settings)
    note_old(given, kept, settings)
    assert kept["call_id"].to_list() == ["new", "some"]
    assert caplog.messages == ["1 rows of the list were held over keep_days = 10 days ago: left alone"]
    assert to_keep(given, settings.model_copy(update={"keep_days": 0})).height == len(given)


def test_what_is_doubtful_in_a_list_is_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A start in the future is said of a list that is scored, of which a meeting that was called off may lie there; so
    is a column that is nearly one that is read, unless that has something in it."""
    (tmp_path / "a.wav").touch()
    header = "recording,interaction,call_id,started_at,cancelled,lead_nam,team,Teams,region,manager_idd"
    rows = [header, "a.wav,x,c1,2099-03-02,,Nora,East,West,Ohio,", "a.wav,x,c2,2020-03-02,,,,,,"]
    (tmp_path / "list.csv").write_text("\n".join([*rows, ",x,c3,2099-03-02,yes,,,,,"]))
    note_doubts(read_calls(tmp_path / "list.csv", ["x"], timezone="UTC"))
    assert caplog.messages[0] == "column lead_nam is kept as it is: is lead_name meant?"
    assert caplog.messages[1:] == ["started_at of c1 lies in the future: are day, month and year right?"]


def listed(folder: Path, **cells: str) -> pl.DataFrame:
    """A call list of one row, identified."""
    columns = {"transcript": "a.vtt", "interaction": "x"} | cells
    (folder / "a.vtt").write_text("WEBVTT")
    (folder / "list.csv").write_text(",".join(columns) + "\n" + ",".join(columns.values()))
    settings = Settings(workspace=str(folder / "workspace"), transcriber="whisper")
    return identify(read_calls(folder / "list.csv", ["x"], timezone="UTC"), settings)


def scored(folder: Path, rows: pl.DataFrame) -> Store:
    """A workspace in which the rows are stored as scored."""
    store = Store(str(folder / "workspace"))
    run = begin(store, "nightly", "c", n_calls=rows.height)
    store.speech.write(*rows.select("content", "engines").row(0), transcript("one"))
    store.merge("calls", _call_rows(rows, run))
    return store


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"lead_speaker": "Bo"}),
        ({"lead_speaker": "Ann"}, {"lead_speaker": "Bo"}),
        ({"lead_speaker": "Ann"}, {}),
        ({}, {"lead_channel": "right"}),
        ({"lead_channel": "left"}, {"lead_channel": "1"}),
        ({"note": "late", "team": "North"}, {"team": "North"}),
    ],
)
def test_what_the_list_says_of_the_lead_counts(tmp_path: Path, before: dict[str, str], after: dict[str, str]) -> None:
    """A call is scored again where its lead is named, corrected or no longer named, or a column of the list is gone;
    and no third time."""
    store = scored(tmp_path, listed(tmp_path, **before))
    assert done(listed(tmp_path, **before), store, "c").height == 1
    assert done(listed(tmp_path, **after), store, "c").is_empty()
    scored(tmp_path, listed(tmp_path, **after))
    assert done(listed(tmp_path, **after), store, "c").height == 1


@pytest.mark.parametrize(("given", "n_done"), [({"note": "late"}, 1), ({"note": "late", "lead_speaker": "Bo"}, 0)])
def test_workspace_of_before(tmp_path: Path, given: dict[str, str], n_done: int) -> None:
    """Calls stored before it was kept what the list says of the lead stay done, but for those where it names one."""
    store = scored(tmp_path, listed(tmp_path, note="late"))
    calls = store.read("calls").drop("lead_channel", "lead_speaker")
    calls.write_delta(f"{store.root}/tables/calls", mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
    assert done(listed(tmp_path, **given), store, "c").height == n_done


def test_words_of_settings_do_not_count(tmp_path: Path) -> None:
    """What is heard hangs on the engines that settings come to: recordings heard by `auto` are not heard again when
    the engines that it means are named, and are when another one is."""
    by_default = Settings(workspace=str(tmp_path))
    assert listening(by_default.model_copy(update={"transcriber": "whisper"})) == listening(by_default)
    channels = by_default.model_copy(update={"diarizer": "channels"})
    unused = {"diarizer": "channels", "diarization_model": "another/model"}
    assert listening(by_default.model_copy(update=unused)) == listening(channels)
    assert listening(channels) != listening(by_default)
    assert listening(by_default.model_copy(update={"transcription_model": "tiny"})) != listening(by_default)


def test_the_trained_pipeline_is_in_the_key_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation is heard again when the pipeline is installed, but only where names are to be redacted."""
    plain, named = Settings(), Settings(redact=("email", "names"))
    monkeypatch.setattr(entities, "pipeline_version", lambda: None)
    without = listening(plain), listening(named)
    monkeypatch.setattr(entities, "pipeline_version", lambda: "en_core 3.8.0")
    assert listening(plain) == without[0]
    assert listening(named) != without[1]
