"""Packaged weights: what installed packages hold is joined once, and whatever may go wrong with it is named."""

import hashlib
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import CallError
from pipeline.speech import packaged_weights as module
from pipeline.speech.packaged_weights import PACKAGED, Part, packaged_folder

PUBLISHED = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
installed = all(module._folder(part.package) for part in PACKAGED["base"])
needs_base = pytest.mark.skipif(not installed, reason="Whisper base of weights.lock is not installed")


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two installed packages that hold a model of 6 MB as `tiny` between them, and a cache of its own."""
    parts = []
    for number, content in enumerate((b"first" * 600_000, b"second" * 500_000)):
        package = tmp_path / "site" / f"half_{number}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "part").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        parts.append(Part(f"half_{number}", "part", "model.bin", len(content), digest))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setitem(PACKAGED, "tiny", tuple(parts))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def kept(folder: Path) -> list[str]:
    """What the cache holds besides the lock."""
    return sorted(file.name for file in (folder / "cache" / "callgrade").iterdir() if file.suffix != ".lock")


@needs_base
def test_base_is_what_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two packages joined are the published model, beside what faster-whisper reads."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = packaged_folder("base")
    assert folder is not None
    with (folder / "model.bin").open("rb") as model:
        assert hashlib.file_digest(model, "sha256").hexdigest() == PUBLISHED
    assert {file.name for file in folder.iterdir()} == {"model.bin", "config.json", "tokenizer.json", "vocabulary.json"}


def test_parts_are_joined_once(halves: Path) -> None:
    """The second look-up finds the folder of the first; one that was cut short meanwhile is joined again."""
    folder = packaged_folder("tiny")
    assert folder is not None
    model = folder / "model.bin"
    assert model.read_bytes() == b"first" * 600_000 + b"second" * 500_000
    written = model.stat().st_mtime_ns
    assert packaged_folder("tiny") == folder
    assert model.stat().st_mtime_ns == written
    model.write_bytes(b"first")
    assert packaged_folder("tiny") == folder
    assert model.stat().st_size == 6_000_000
    assert kept(halves) == [folder.name]


def test_packages_that_are_not_there(halves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A size that no package holds, and one of whose packages one is missing, are not found and raise nothing."""
    assert packaged_folder("large-v3") is None
    monkeypatch.setitem(PACKAGED, "tiny", (*PACKAGED["tiny"], Part("half_2", "part", "model.bin", 1, "")))
    assert packaged_folder("tiny") is None


def test_damaged_package_is_named(halves: Path) -> None:
    """A package with other bytes is refused by name, with the remedy, and leaves nothing in the cache."""
    (halves / "site" / "half_1" / "part").write_bytes(b"secont" * 500_000)
    with pytest.raises(CallError, match=r"package half-1 is damaged.*another hash.*install it again with") as raised:
        packaged_folder("tiny")
    assert raised.value.code == "no_transcription_model"
    assert kept(halves) == []
    (halves / "site" / "half_1" / "part").unlink()
    with pytest.raises(CallError, match="package half-1 is damaged: its part cannot be read"):
        packaged_folder("tiny")


def test_cache_that_cannot_be_written(halves: Path) -> None:
    """Where the cache's place is taken by a file, the place is named with the setting that helps."""
    (halves / "cache").write_text("a file")
    with pytest.raises(CallError, match=r"cache/callgrade: the cache cannot be written .*XDG_CACHE_HOME") as raised:
        packaged_folder("tiny")
    assert raised.value.code == "no_transcription_model"


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_disk_that_fills_while_joining(halves: Path) -> None:
    """A full disk is told as such, and nothing half joined stays in the cache."""
    with no_room_beyond(4_000_000), pytest.raises(CallError, match="the disk is full") as raised:
        packaged_folder("tiny")
    assert raised.value.code == "no_transcription_model"
    assert kept(halves) == []
    assert packaged_folder("tiny") is not None


JOINING = """
import sys
from pipeline.speech.packaged_weights import PACKAGED, Part, packaged_folder
PACKAGED["tiny"] = tuple(Part(*part) for part in {parts!r})
sys.stdin.readline()
print(packaged_folder("tiny"))
"""


def test_two_runs_that_join_at_once(halves: Path) -> None:
    """Of runs that begin at once one joins; all get the same whole folder."""
    code = JOINING.format(parts=[tuple(part) for part in PACKAGED["tiny"]])
    path = f"{halves / 'site'}:{Path(__file__).parents[3]}"
    runs = [
        subprocess.Popen(  # noqa: S603  our own code
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": path, "XDG_CACHE_HOME": str(halves / "cache")},
        )
        for _ in range(3)
    ]
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    places = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert places == {str(packaged_folder("tiny"))}
    assert kept(halves) == [Path(places.pop()).name]
