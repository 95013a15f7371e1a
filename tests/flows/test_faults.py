"""Faults: runs killed, two writers and a reader, damaged transcripts, full and locked disks, clocks set back."""

import errno
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from benchmarks.faults.compare import differences
from benchmarks.faults.killed_runs import LONGEST_S, files, kill_and_end, make_night
from benchmarks.faults.two_writers import watch
from flows import todo
from flows.records import begin
from models.ratings.rubrics import load_rubrics
from pipeline.errors import CallError
from pipeline.location import StoreError
from pipeline.metrics.kpi_table import are_stale, update_kpis
from pipeline.store.delta import Store
from pipeline.store.speech import PARTIAL_S
from pipeline.tables import TABLES
from tests.conftest import ROOT, Night
from tests.pipeline.store.test_delta import calls, said
from tests.pipeline.store.test_speech import told, transcript

SECONDS = 3
IS_ROOT = os.geteuid() == 0


@pytest.mark.slow
def test_killed_and_run_again(night: Night, tmp_path: Path) -> None:
    """A run killed while it writes and then run to its end leaves the tables of an undisturbed one, every key once."""
    chosen = make_night(tmp_path / "night", trained=night.workspace)
    undisturbed = chosen.begin(tmp_path / "undisturbed")
    before = files(undisturbed)
    chosen.score(undisturbed)
    expected = Store(str(undisturbed))
    assert expected.read("calls")["status"].to_list() == ["ok"] * 6
    assert expected.read("actions")["carried_from"].drop_nulls().len() > 0
    rng, n_files = random.Random(11), files(undisturbed) - before
    moments = [(rng.randint(7, 2 * n_files // 3), 0.0)]
    killed, faults = kill_and_end(chosen, tmp_path / "killed", expected, moments)
    assert killed == 1
    assert faults == []


@pytest.mark.slow
def test_two_runs_at_once(night: Night, tmp_path: Path) -> None:
    """Two runs of one list that begin together on a workspace without tables both end well, in the tables of one."""
    chosen = make_night(tmp_path / "night", trained=night.workspace)
    alone, both = (chosen.begin(tmp_path / name) for name in ("alone", "both"))
    chosen.score(alone)
    running = [chosen.start(both) for _ in range(2)]
    said = [one.communicate(timeout=LONGEST_S)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0], said
    assert differences(Store(str(both)), Store(str(alone))) == []
    assert Store(str(both)).read("runs").filter(flow="nightly", n_failed=0)["ended_at"].null_count() == 0


def workers_of(pid: int) -> list[int]:
    """The worker processes of a run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            mine = f"PPid:\t{pid}\n" in (path.parent / "status").read_text()
            if mine and b"multiprocessing.spawn" in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@pytest.mark.slow
def test_worker_lost(night: Night, tmp_path: Path) -> None:
    """One of two worker processes is killed: all the same the run comes to the tables of an undisturbed one."""
    chosen = make_night(tmp_path / "night", trained=night.workspace)
    alone, lost = (chosen.begin(tmp_path / name) for name in ("alone", "lost"))
    chosen.score(alone)
    running = chosen.start(lost, workers=2)
    while running.poll() is None and not workers_of(running.pid):
        time.sleep(0.01)
    os.kill(workers_of(running.pid)[0], signal.SIGKILL)
    said, _ = running.communicate(timeout=LONGEST_S)
    assert running.returncode == 0, said
    assert "6 scored" in said
    assert differences(Store(str(lost)), Store(str(alone))) == []


def test_two_writers_and_a_reader(small_workspace: Path, tmp_path: Path) -> None:
    """Who reads the calls first finds all of each that stands there, of one run, while two others write them."""
    seen = watch(small_workspace, tmp_path / "w", seconds=SECONDS)
    assert seen.faults == []
    assert seen.commits > 2
    assert seen.reads > 2
    written = Store(str(tmp_path / "w")).read("calls")
    assert written.height == Store(str(small_workspace)).read("calls").height


DAMAGE = {
    "empty": lambda whole: whole[:0],
    "cut": lambda whole: whole[:-20],
    "zeros": lambda whole: whole[:40] + bytes(len(whole) - 40),
    "other": lambda whole: whole.replace(b"speakers", b"spoilers"),
    "bytes": lambda whole: whole[:60] + b"\xff\xfe" + whole[62:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_transcript(tmp_path: Path, damage: str) -> None:
    """It counts as absent, to whom wants one of many too, and is replaced by the next that is written."""
    store = Store(str(tmp_path))
    store.speech.write("ab12", "f", transcript("one"))
    assert told(store) == "one"
    (path,) = (tmp_path / "speech").rglob("*.json")
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    assert told(store) is None
    assert store.speech.read_all("ab12") == []
    store.speech.write("ab12", "f", transcript("two"))
    assert told(store) == "two"
    assert [path.name for path in (tmp_path / "speech").rglob("*") if path.is_file()] == ["ab12-f.json"]


def test_cut_transcript_of_a_call_that_is_done(tmp_path: Path) -> None:
    """A call whose transcript a crash cut short is not taken for done: the next night hears or reads it again."""
    store = Store(str(tmp_path))
    run = begin(store, "nightly", "c", n_calls=1)
    store.speech.write("ab12", "f", transcript("one"))
    row = {"call_id": "a", "audio_sha256": "ab12", "run_id": run.run_id}
    store.merge("calls", calls(row))
    listed = calls(row).rename({"audio_sha256": "content"}).with_columns(engines=pl.lit("f"))
    assert todo.done(listed, store, "c").height == 1
    (path,) = (tmp_path / "speech").rglob("*.json")
    path.write_bytes(path.read_bytes()[:-1])
    assert todo.done(listed, store, "c").is_empty()


def test_what_killed_runs_left(tmp_path: Path) -> None:
    """Half-written transcripts are not read; the next run removes old ones, and those of a clock since set back."""
    store, now = Store(str(tmp_path)), datetime.now(UTC).timestamp()
    store.speech.write("ab12", "f", transcript("one"))
    (folder,) = (tmp_path / "speech").iterdir()
    for name, moment in {"young": now, "old": now - 2 * PARTIAL_S, "future": now + 2 * PARTIAL_S}.items():
        partial = folder / f"ab12-f.json.{name}.partial"
        partial.write_text("{")
        os.utime(partial, (moment, moment))
    assert [found.to_json() for found in store.speech.read_all("ab12")] == [transcript("one").to_json()]
    begin(store, "nightly", "c", n_calls=0)
    assert sorted(path.name for path in folder.iterdir()) == ["ab12-f.json", "ab12-f.json.young.partial"]


def test_killed_before_the_kpis(small_workspace: Path, tmp_path: Path) -> None:
    """KPIs are stale where labels or measures were written after them, or none were ever computed."""
    source, store, elements = Store(str(small_workspace)), Store(str(tmp_path)), load_rubrics(ROOT / "rubrics")
    assert not are_stale(store, elements)
    for name in ("calls", "utterances", "measures", "actions", "labels"):
        store.merge(name, source.read(name))
    assert are_stale(store, elements)
    assert update_kpis(store, elements) > 0
    assert not are_stale(store, elements)
    store.merge("labels", source.read("labels").head(1))
    assert are_stale(store, elements)


def mount(*arguments: object) -> bool:
    """Whether mounting went well."""
    return not subprocess.run(["mount", *map(str, arguments)], check=False, capture_output=True).returncode  # noqa: S603, S607


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=300k", "tmpfs", place):
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)  # noqa: S603, S607


@pytest.mark.skipif(not IS_ROOT, reason="mounting a small disk takes root")
def test_full_disk(small_disk: Path) -> None:
    """It is told in a sentence; what was written before stands, nothing is half-written, and with space it goes on."""
    store, written, ballast = Store(str(small_disk / "w")), 0, small_disk / "ballast"
    store.merge("utterances", said("first", "one"))
    ballast.write_bytes(bytes(150_000))
    with pytest.raises(StoreError, match=r"^\S+: no space is left on its disk; free some and run again"):  # noqa: PT012
        while True:
            store.merge("utterances", said(f"c{written}", *(os.urandom(40).hex() for _ in range(200))))
            written += 1
    assert store.read("utterances").height == 1 + 200 * written
    long = transcript(os.urandom(100_000).hex())
    with pytest.raises(CallError, match="no space is left") as raised:
        store.speech.write("ab12", "f", long)
    assert raised.value.code == "internal"
    assert not list((small_disk / "w" / "speech").rglob("*.*"))
    ballast.unlink()
    store.merge("utterances", said("last", "one"))
    assert store.read("utterances").height == 2 + 200 * written


@pytest.mark.skipif(not IS_ROOT, reason="locking a disk takes root")
def test_locked_disk(small_disk: Path) -> None:
    """A workspace that cannot be written is told in one sentence by whatever writes first, and can still be read."""
    store = Store(str(small_disk / "w"))
    store.probe()
    store.merge("utterances", said("a", "one"))
    assert mount("-o", "remount,ro", small_disk)
    writes = (
        store.probe,
        lambda: begin(store, "nightly", "c", n_calls=1),
        lambda: store.merge("utterances", said("b", "two")),
        lambda: store.overwrite("kpis", TABLES["kpis"].create_empty()),
        lambda: store.erase("utterances", call_id=["a"]),
        lambda: store.folder("reports"),
    )
    for write in writes:
        with pytest.raises(StoreError) as raised:
            write()
        assert str(raised.value).endswith("cannot be written to (read-only file system); name another --workspace or "
                                          "allow writing")  # fmt: skip
        assert len(str(raised.value).splitlines()) == 1
    with pytest.raises(CallError, match="cannot be written to"):
        store.speech.write("ab12", "f", transcript("one"))
    assert store.read("utterances")["text"].to_list() == ["one"]


def test_other_faults_are_not_explained_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is neither of a full nor of a locked disk stays what it is."""
    store = Store(str(tmp_path))

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output error") as raised:
        store.speech.write("ab12", "f", transcript("one"))
    assert not isinstance(raised.value, StoreError)
