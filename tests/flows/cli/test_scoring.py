"""What the demo says at its end."""

import sys

import pytest

from flows.cli.scoring import program, say_what_next


def test_the_demo_ends_with_the_room(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line is the command that opens the room."""
    say_what_next("callgrade")
    assert capsys.readouterr().out.splitlines()[-1] == "  callgrade demo --room"


def test_as_it_was_called(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Where the shell does not find it, a command can be copied as it stands: with the path by which it was called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv/bin/callgrade"), "demo"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == ".venv/bin/callgrade"
    found = tmp_path / "callgrade"
    found.touch(mode=0o755)
    assert program() == "callgrade"
