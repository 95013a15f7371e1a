"""Weights: what is found in the hub's cache, and what is asked of a hub that is not there."""

from pathlib import Path

import pytest
from huggingface_hub import constants

from pipeline.speech import weights, whisper_transcriber


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


def test_whisper_is_found_in_the_cache(snapshot: Path) -> None:
    """Whisper's weights are found under their name on the hub, without asking it."""
    (snapshot / "model.bin").write_bytes(b"weights")
    whisper_transcriber.find_weights.cache_clear()
    assert whisper_transcriber.find_weights("a/b", offline=True) == str(snapshot)
    whisper_transcriber.find_weights.cache_clear()
