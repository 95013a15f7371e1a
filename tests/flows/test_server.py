"""The server of a run: what it goes by."""

from pathlib import Path

import pytest
from prefect.context import refresh_global_settings_context

from flows.server import environment_of


def test_home_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server keeps its runs in the home that is named now, not in that of the server before it."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "first"))
    refresh_global_settings_context()  # as a server's end does
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "second"))
    home = environment_of(services=False)["PREFECT_HOME"]
    monkeypatch.undo()
    refresh_global_settings_context()
    assert home == str(tmp_path / "second")
