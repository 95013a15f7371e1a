"""Object storage: a night scored into a bucket of an S3-compatible server, scored again, and forgotten."""

import asyncio
import gc
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import polars as pl
import pytest
from s3fs import S3FileSystem

from benchmarks.faults.compare import differences
from flows.cli.doctor import _store
from flows.cli.options import workspace_of
from flows.forget import forget
from flows.nightly import idle, nightly
from flows.publish import write_pages
from models.ratings.rubrics import load_rubrics
from pipeline.location import StoreError, place
from pipeline.settings import load_settings
from pipeline.store import delta as store_module
from pipeline.store.delta import Store
from tests.conftest import OWN, SAMPLES, Night, callgrade
from tests.pipeline.store.test_delta import _write_many, said

BUCKET = "s3://recorded-calls"
KEYS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/none"}
SERVER = """
import logging, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
moto.start()
print("http://{}:{}".format(*moto.get_host_and_port()), flush=True)
time.sleep(3600)
"""
WORDS = (b"zirconium", b"Susan Cole", b"susan-cole")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """A server on this machine that speaks S3 and has one empty bucket, in a process of its own: the Delta library
    waits for some answers without letting other threads run."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as moto:  # noqa: S603
        address = next(line for line in moto.stdout or () if line.startswith("http")).strip()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (KEYS | NOWHERE | {"AWS_ENDPOINT_URL": address}).items():
                patch.setenv(name, value)
            try:
                S3FileSystem.clear_instance_cache()  # it may know the server of tests before
                place(BUCKET).mkdir()
                yield
            finally:
                moto.kill()


class Line:
    """A connection to the server that can be cut: who calls then is refused."""

    def __init__(self, host: str, port: int) -> None:
        self.server, self.listening = (host, port), socket.create_server(("127.0.0.1", 0))
        self.port, self.is_cut = self.listening.getsockname()[1], False
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            caller, _ = self.listening.accept()
            if self.is_cut:
                caller.close()
                continue
            ends = caller, socket.create_connection(self.server)
            for one, other in (ends, ends[::-1]):
                Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while (said := one.recv(65536)) and not self.is_cut:
                other.sendall(said)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()


def write_list(folder: Path) -> Path:
    """Two transcripts: one of Susan Cole, of whom nothing is to stay, and one of somebody else."""
    turns = [("Susan Cole", "So how was the week? I will send the zirconium catalogue to you by Thursday."),
             ("Mark Bell", "Fine I think. Thank you, that would help us a great deal.")]  # fmt: skip
    (folder / "susan.txt").write_text("".join(f"{name}: {text}\n" for name, text in turns * 8))
    shutil.copy(SAMPLES / "ross-animal-care.vtt", folder / "ross.vtt")
    listed = [
        {"transcript": "susan.txt", "lead_id": "susan-cole", "lead_name": "Susan Cole", "other_name": "Mark Bell"},
        {"transcript": "ross.vtt", "lead_id": "mark-bell", "lead_name": "Mark Bell", "other_name": "Jane Ross"},
    ]
    pl.DataFrame(listed).with_columns(
        interaction=pl.lit("discovery_call"), started_at=pl.lit("2026-03-05T10:00Z")
    ).write_csv(folder / "calls.csv")
    return folder / "calls.csv"


def begin_with_models(night: Night, bucket: str) -> None:
    """Copy the night's classifiers, which saves training them."""
    for part in ("models", "tables/models"):
        place(bucket).fs.put(f"{night.workspace / part}/", f"{bucket}/{part}/", recursive=True)


def holding(bucket: str, *words: bytes) -> list[str]:
    """The objects in which one of the words stands."""
    found, files = [], place(bucket).fs
    for path, content in files.cat(files.find(bucket)).items():
        told = pl.read_parquet(BytesIO(content)).write_ndjson().encode() if path.endswith(".parquet") else b""
        if any(word in content + told for word in words):
            found.append(path)
    return found


@pytest.mark.usefixtures("prefect")
def test_night(night: Night, tmp_path: Path) -> None:
    """Two calls are scored into a bucket and found there again; of the one that is forgotten no object holds a word."""
    bucket, call_list = f"{BUCKET}/team", write_list(tmp_path)
    begin_with_models(night, bucket)
    (place(bucket) / "callgrade.toml").write_text('language = "en"\n')
    (place(bucket) / "consent.yaml").write_text("susan-cole: true\n")
    settings = load_settings(workspace=bucket, rubrics=night.rubrics, encoder="lexical", transcriber="whisper")
    assert settings.language == "en"
    first = nightly(call_list, settings)
    assert (first.scored.height, first.failed.height) == (2, 0)
    store, elements = workspace_of(settings), load_rubrics(night.rubrics)
    assert store.read("labels")["call_id"].value_counts().sort("call_id")["count"].to_list() == [7, 7]
    assert next(_store(settings)).finding == f"{bucket}: 2 calls, 0 of them failed"
    again = idle(call_list, settings)
    assert again is not None
    assert (again.cached.height, again.scored.height) == (2, 0)
    page = write_pages(store, night.rubrics)
    assert str(page) == f"{bucket}/reports/index.html"
    assert "Mark Bell" in page.read_text(encoding="utf-8")
    assert len(holding(bucket, *WORDS)) > 5
    forget(store, elements, settings, store.read("calls", where=pl.col("call_id") == "susan"), person_id="susan-cole")
    assert holding(bucket, *WORDS) == []
    assert store.read("calls")["call_id"].to_list() == ["ross"]
    assert "Mark Bell" in page.read_text(encoding="utf-8")


def test_two_writers() -> None:
    """Two processes that merge into one table at once lose and double nothing."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(f"{BUCKET}/two", first)) for first in (0, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert sorted(Store(f"{BUCKET}/two").read("calls")["call_id"]) == [*(f"c{n}" for n in range(10)), "shared"]


def test_compacted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small files become one."""
    monkeypatch.setattr(store_module, "MANY_FILES", 3)
    store = Store(f"{BUCKET}/small")
    for number in range(4):
        store.merge("utterances", said(f"c{number}", "one"))
    store.compact("utterances")
    assert len(store._table("utterances").file_uris()) == 1
    assert store.read("utterances").height == 4


FAULTS = {
    "no bucket": ({}, "s3://nobody-made-this/w", "there is no such bucket"),
    "no credentials": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, BUCKET, "no credentials are found"),
    "no server": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, BUCKET, "cannot be reached"),
    "no package": ({}, "gs://recorded-calls/w", "a package for object storage is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_amiss(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in one sentence, with what would help, by whatever asks first."""
    environment, workspace, sentence = FAULTS[fault]
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    _forget_clients()
    for ask in (lambda: load_settings(workspace=workspace), lambda: Store(workspace).probe()):
        with pytest.raises(StoreError, match=f"^{workspace}: {sentence}") as raised:
            ask()
        assert len(str(raised.value).splitlines()) == 1
    _forget_clients()


def _forget_clients() -> None:
    """Clients of S3 keep what they were told of keys and addresses."""
    from s3fs import S3FileSystem

    from pipeline.location import _session

    S3FileSystem.clear_instance_cache()
    _session.cache_clear()


def test_what_a_request_leaves_behind_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """A part of a request that ends in an error after the request was given up prints no traceback."""
    loop = place(BUCKET).fs.loop

    async def cut() -> None:
        raise ConnectionResetError("Cannot write to closing transport")

    async def begin() -> None:
        asyncio.ensure_future(cut())  # noqa: RUF006  nobody waits for it
        await asyncio.sleep(0.05)
        gc.collect()

    asyncio.run_coroutine_threadsafe(begin(), loop).result()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


@pytest.mark.slow
def test_unreachable_for_a_minute(night: Night, tmp_path: Path) -> None:
    """The line to the server is cut for a minute in the midst of a run, early, later or late: that run or the next one
    ends in the tables of an undisturbed one."""
    call_list, undisturbed, after = write_list(tmp_path), f"{BUCKET}/undisturbed", (1, 12, 30)
    disturbed = [f"{BUCKET}/disturbed-{objects}" for objects in after]
    for bucket in (undisturbed, *disturbed):
        begin_with_models(night, bucket)
    options = ("--rubrics", night.rubrics, "--transcriber", "whisper", "--workers", "1")
    done = callgrade("score", call_list, "--workspace", undisturbed, *options)
    assert done.returncode == 0, done.stderr
    with ThreadPoolExecutor(len(after)) as at_once:  # most of it is waiting
        runs = [
            at_once.submit(score_cut_off, ("score", call_list, "--workspace", bucket, *options), bucket, objects)
            for bucket, objects in zip(disturbed, after, strict=True)
        ]
        for run, bucket in zip(runs, disturbed, strict=True):
            run.result()
            assert differences(Store(bucket), Store(undisturbed)) == [], bucket


def score_cut_off(command: tuple[object, ...], bucket: str, objects: int) -> None:
    """Run the command over a line that is cut for a minute once there are so many objects more in the bucket, and once
    more where that ended it."""
    files, line = place(BUCKET).fs, Line(*urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc.split(":"))
    before = len(files.find(bucket))
    told = os.environ | OWN | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}"}
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, "-m", "flows", *map(str, command)], env=told, **piped) as running:  # noqa: S603  our own command
        while running.poll() is None and len(files.find(bucket)) - before < objects:
            time.sleep(0.1)
        line.is_cut = True
        time.sleep(60)
        assert running.poll() is None or running.returncode in (1, 2)
        line.is_cut = False
        said, _ = running.communicate(timeout=300)
    if running.returncode:
        assert "Traceback" not in said
        assert callgrade(*command).returncode == 0
