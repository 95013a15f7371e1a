"""Weights: what is found in the hub's cache, and what is asked of a hub that is not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from pipeline.speech import weights


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the repository a/b in a cache of its own, with its main revision and nothing in it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--a--b" / "snapshots" / "123"
    folder.mkdir(parents=True)
    (tmp_path / "models--a--b" / "refs").mkdir()
    (tmp_path / "models--a--b" / "refs" / "main").write_text("123")
    return folder


def test_folder_with_the_file_that_is_needed(snapshot: Path) -> None:
    """A folder is found once the file that is needed lies in it: a download may have been broken off."""
    (snapshot / "config.json").write_text("{}")
    assert weights.cached_folder("a/b", "model.bin") is None
    (snapshot / "model.bin").write_bytes(b"weights")
    assert weights.cached_folder("a/b", "model.bin") == snapshot


@pytest.mark.parametrize("name", ["a/c", "/no/such/folder", "../b", "", "a b"])
def test_what_is_not_in_the_cache(name: str, snapshot: Path) -> None:
    """Another repository, a path and what can be no name are not found, and raise nothing."""
    (snapshot / "model.bin").write_bytes(b"weights")
    assert weights.cached_folder(name, "model.bin") is None


def test_revision_that_is_not_the_main_one(snapshot: Path) -> None:
    """Of several revisions the main one is taken, not the last by its letters."""
    later = snapshot.parent / "999"
    later.mkdir()
    for folder in (snapshot, later):
        (folder / "model.bin").write_bytes(b"weights")
    assert weights.cached_folder("a/b", "model.bin") == snapshot


def test_no_hub_does_not_answer() -> None:
    """Where the hub may not be asked there is no answer, and no error."""
    assert not weights.answers("nobody/no-such-model")


@pytest.fixture
def asked_anew() -> Iterator[None]:
    """What was found before is forgotten, before and after."""
    weights.whisper_folder.cache_clear()
    yield
    weights.whisper_folder.cache_clear()


def test_whisper_is_found_in_the_cache(snapshot: Path, asked_anew: None) -> None:
    """Whisper's weights are found under their name on the hub, without asking it."""
    (snapshot / "model.bin").write_bytes(b"weights")
    assert weights.whisper_folder("a/b", offline=True) == snapshot


def test_whisper_is_looked_for_in_order(
    snapshot: Path, tmp_path: Path, asked_anew: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is named goes first, then what packages hold, then the hub's cache; an empty folder is none."""
    (snapshot / "model.bin").write_bytes(b"weights")
    joined, named = tmp_path / "joined", tmp_path / "named"
    monkeypatch.setattr(weights, "packaged_folder", lambda model: joined if model == "a/b" else None)
    assert weights.whisper_folder("a/b", offline=True) == joined
    named.mkdir()
    assert weights.whisper_folder(str(named), offline=True) is None
    weights.whisper_folder.cache_clear()
    (named / "model.bin").write_bytes(b"weights")
    assert weights.whisper_folder(str(named), offline=True) == named
