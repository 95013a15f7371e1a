"""The place of a workspace: files put there whole, files that people put there, and what is no place."""

from pathlib import Path

import pytest

from pipeline.location import StoreError, is_remote, own_text, place, remove_folder, table_options, write_whole


def test_written_whole(tmp_path: Path) -> None:
    """A file takes the place of another, for its owner alone; its folder is made, and nothing else is left there."""
    path = tmp_path / "new" / ("ü" * 120 + ".json")
    for content in (b"one", b"two"):
        write_whole(path, content)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]


def test_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be put in place leaves the old file and nothing half-written."""
    write_whole(tmp_path / "kept", b"one")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path / "kept", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("kept", b"one")]


def test_own_text(tmp_path: Path) -> None:
    """What people put into a workspace is read; a file that is not there, or no workspace, says nothing."""
    (tmp_path / "vocabulary.txt").write_text("Callgrade")
    assert own_text(str(tmp_path), "vocabulary.txt") == "Callgrade"
    assert own_text(str(tmp_path), "callgrade.toml") is None
    assert own_text(str(tmp_path / "none"), "callgrade.toml") is None
    assert own_text(str(tmp_path / "vocabulary.txt"), "callgrade.toml") is None


def test_on_a_disk(tmp_path: Path) -> None:
    """A path and its URL are one place; tables there need no options; what is not there need not be removed."""
    assert place(f"file://{tmp_path}") == place(str(tmp_path)) == tmp_path
    assert not is_remote(place(str(tmp_path)))
    assert table_options(str(tmp_path)) == {}
    write_whole(tmp_path / "reports" / "people" / "a.html", b"x")
    for _ in range(2):
        remove_folder(tmp_path / "reports")
    assert list(tmp_path.iterdir()) == []


def test_no_such_storage() -> None:
    """What names storage that does not exist is refused in a sentence."""
    with pytest.raises(
        StoreError, match=r"^nowhere://bucket/w: is no workspace .*; give a folder or s3://bucket/prefix"
    ):
        place("nowhere://bucket/w")
