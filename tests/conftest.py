"""One night for all tests: a list of good and bad calls scored by the command line, on real audio."""

import os
import pickle
import shutil
import subprocess
import sys
import warnings
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import av
import numpy as np
import polars as pl
import pytest
from filelock import FileLock

from pipeline.speech.audio import RATE_HZ, decode
from pipeline.speech.weights import whisper_folder
from pipeline.store.delta import Store
from tests.postgres import database, postgresql  # noqa: F401  fixtures

ROOT = Path(__file__).parents[1]
QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}
PATIENT = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300"}
PRIVATE = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
os.environ.update(QUIET | PATIENT | PRIVATE)  # before any test imports prefect
OWN = {"CALLGRADE_ENCODER": "lexical", "CALLGRADE_TIMEZONE": "UTC", "COLUMNS": "200", "HF_HUB_OFFLINE": "1"}
SAMPLES = ROOT / "data" / "samples"
CLIP_S = 62  # no less than a minute, from which on talk is measured
MAKES_THE_NIGHT = "test_logs.py"
GOOD = ("heard", "read")
BAD = {
    "gone": "missing_file",
    "text": "unreadable_audio",
    "empty": "unreadable_audio",
    "video": "no_audio_stream",
    "kind": "unknown_rubric",
    "when": "bad_metadata",
    "read#row10": "duplicate_call",
}


class Night(NamedTuple):
    """What was run on, what it said and left."""

    done: subprocess.CompletedProcess[str]
    call_list: Path
    workspace: Path
    rubrics: Path
    log: Path

    @property
    def store(self) -> Store:
        """The workspace's tables."""
        return Store(str(self.workspace))


def callgrade(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, with the engines that come with the package."""
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    return subprocess.run(  # noqa: S603  our own command
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | OWN | environment, check=False
    )


def callgrade_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The same in this process, which saves loading its modules and engines once more."""
    from flows.__main__ import main

    command, out, err, mask = ["callgrade", *map(str, arguments)], StringIO(), StringIO(), os.umask(0o077)
    said = redirect_stdout(out), redirect_stderr(err)
    try:
        with said[0], said[1], patch("sys.argv", command), patch.dict(os.environ, OWN), warnings.catch_warnings():
            main()
    except SystemExit as ended:
        return subprocess.CompletedProcess(command, int(ended.code or 0), out.getvalue(), err.getvalue())
    finally:
        os.umask(mask)
    raise RuntimeError("the command line did not exit")


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The address of a Prefect server that ends with this process of the tests."""
    from flows.server import PATIENCE_S, _start

    started, address = _start(services=False)
    yield address
    started.communicate(timeout=PATIENCE_S)  # which closes what it waits on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the night of all tests, for which others would wait."""
    items.sort(key=lambda item: item.path.name != MAKES_THE_NIGHT)


@contextmanager
def served_by(address: str) -> Iterator[None]:
    """Runs in the block use the Prefect server at that address and start none of their own."""
    from prefect.context import refresh_global_settings_context
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with patch.dict(os.environ, {"PREFECT_API_URL": address}):
        refresh_global_settings_context()
        with temporary_settings({PREFECT_API_URL: address}):
            yield
    refresh_global_settings_context()


@pytest.fixture
def prefect(prefect_server: str) -> Iterator[None]:
    """A Prefect server that is there already; that a run starts one of its own, the night and test_stopping show."""
    with served_by(prefect_server):
        yield


def two_rubrics(folder: Path) -> Path:
    """Two of the rubrics, so that training takes a moment."""
    folder.mkdir(parents=True)
    for name in ("common", "discovery_call", "one_on_one"):
        shutil.copy(ROOT / "rubrics" / f"{name}.yaml", folder)
    return folder


def write_wav(path: Path, samples: np.ndarray) -> None:
    """Samples (channels, n) of -1 to 1 as 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())


def write_silent_film(path: Path) -> None:
    """A video without an audio stream."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of all tests, in whichever process they run: it is made once. Only look at it, or run it again."""
    if whisper_folder("base", offline=True) is None:
        pytest.skip("Whisper base of weights.lock is not installed")
    made: Night = made_once(tmp_path_factory, "night", make_night)
    return made


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Any:
    """What `make` makes in a folder, for all processes of the tests: the first that asks makes it, the others wait."""
    folder = factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / f"{name}.lock"):
        kept = folder / f"{name}.pickle"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make(folder / name)))
        return pickle.loads(kept.read_bytes())  # noqa: S301  our own


def make_night(folder: Path) -> Night:
    """Two good rows, one heard by Whisper base and one read from WebVTT, among seven bad ones."""
    folder.mkdir()
    clip = decode(SAMPLES / "miller-plumbing.mp3").samples[:, : CLIP_S * RATE_HZ]
    write_wav(folder / "heard.wav", clip)
    shutil.copy(SAMPLES / "ross-animal-care.vtt", folder / "read.vtt")
    (folder / "text.wav").write_text("this is not audio")
    (folder / "empty.wav").touch()
    write_silent_film(folder / "video.mp4")
    listed = pl.read_csv(SAMPLES / "calls.csv", infer_schema=False)
    good = pl.concat(
        [
            listed.filter(call_id="miller-plumbing").with_columns(
                recording=pl.lit("heard.wav"), call_id=pl.lit("heard")
            ),
            listed.filter(call_id="ross-animal-care").with_columns(
                transcript=pl.lit("read.vtt"), call_id=pl.lit("read")
            ),
        ]
    )
    bad = pl.DataFrame(
        [
            {"call_id": "gone", "recording": "gone.wav"},
            {"call_id": "text", "recording": "text.wav"},
            {"call_id": "empty", "recording": "empty.wav"},
            {"call_id": "video", "recording": "video.mp4"},
            {"call_id": "kind", "recording": "heard.wav", "interaction": "tea_party"},
            {"call_id": "when", "recording": "heard.wav", "started_at": "last Tuesday"},
            {"call_id": "read", "transcript": "read.vtt"},
        ]
    ).with_columns(pl.col("interaction").fill_null("discovery_call"))
    call_list = folder / "calls.csv"
    pl.concat([good, bad], how="diagonal").write_csv(call_list)
    workspace, rubrics, log = folder / "workspace", two_rubrics(folder / "rubrics"), folder / "log.jsonl"
    done = callgrade(
        *("score", call_list, "--workspace", workspace, "--rubrics", rubrics),
        *("--transcriber", "whisper", "--log-json", log),
    )
    return Night(done, call_list, workspace, rubrics, log)


@pytest.fixture(scope="session")
def small_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen written conversations, measured and labelled as their raters did; copy it before you change it."""
    from tests.workspace import filled

    return Path(made_once(tmp_path_factory, "small", lambda folder: filled(folder).root))
