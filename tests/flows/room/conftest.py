"""Fixtures of the room: a workspace of two teams whose every word says whose it is, and a browser for each person."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from flows.room.app import create_app
from flows.room.database.connection import Database
from flows.room.entry import secrets
from flows.room.entry.invitations import invite
from flows.room.house import House, open_house
from pipeline.settings import load_settings
from pipeline.store.delta import Store
from tests.flows.room.browsers import PASSPHRASE, PEOPLE, Browser
from tests.flows.room.chromium import axe, come  # noqa: F401  fixtures
from tests.flows.room.world import world  # noqa: F401  fixture
from tests.pipeline.pages.conftest import browser, recording  # noqa: F401  fixtures
from tests.postgres import Server
from tests.workspace import RUBRICS

Enter = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases hashed with little work, as hundreds are here."""
    monkeypatch.setattr(secrets, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session")
def two_teams(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small workspace with Cy in a team of his own, managed by Max; words and names carry marks of their call."""
    folder = Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("room") / "workspace"))
    store = Store(str(folder))
    calls = store.read("calls")
    of_cy = (pl.col("lead_id") == "cy") | (pl.col("other_id") == "cy")
    max_leads = of_cy & (pl.col("lead_id") == "mia")
    marked = calls.with_columns(
        team=pl.when(of_cy).then(pl.lit("South")).otherwise("team"),
        manager_id=pl.when(of_cy & (pl.col("lead_id") == "cy")).then(pl.lit("max")).otherwise("manager_id"),
        lead_id=pl.when(max_leads).then(pl.lit("max")).otherwise("lead_id"),
        lead_name=pl.when(max_leads).then(pl.lit("Max Orr")).otherwise("lead_name"),
        opportunity_id=pl.format("opp-{}", "call_id"),
    )
    store.merge("calls", marked)
    first = store.read("utterances").with_columns(
        text=pl.when(pl.col("idx") == 1).then(pl.format("{} mark-{}-mark", "text", "call_id")).otherwise("text")
    )
    store.merge("utterances", first)
    open_house(load_settings(workspace=str(folder))).database.engine.dispose()  # its copies need no migrations
    return folder


@pytest.fixture
def room_database() -> str:
    """Where the room's database is: a file of the workspace; tests on each kind of database have another fixture."""
    return ""


@pytest.fixture(scope="session")
def room_template(postgresql: Server) -> str:
    """The name of a database of PostgreSQL that migrations have brought to the room's newest form, to be copied."""
    with postgresql.connect() as connection:
        connection.execute("CREATE DATABASE room_template")
    named = Database(postgresql.address.format("room_template").replace("postgresql://", "postgresql+psycopg://", 1))
    named.upgrade()
    named.engine.dispose()
    return "room_template"


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A file of the workspace, then a database of PostgreSQL."""
    if request.param == "sqlite":
        yield ""
    else:
        template = request.getfixturevalue("room_template")
        with request.getfixturevalue("postgresql").database(template) as url:
            yield url


@pytest.fixture
def house(two_teams: Path, tmp_path: Path, room_database: str) -> Iterator[House]:
    """A copy of the workspace of two teams with its room."""
    workspace = shutil.copytree(two_teams, tmp_path / "workspace")
    rubrics = shutil.copytree(RUBRICS, tmp_path / "rubrics")
    named = {"workspace": str(workspace), "rubrics": Path(rubrics), "room_database": room_database}
    opened = open_house(load_settings(**named))
    yield opened
    opened.database.engine.dispose()


@pytest.fixture
def app(house: House) -> FastAPI:
    """The room of that workspace."""
    return create_app(house, hosts=("testserver", "localhost", "127.0.0.1"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser in which nobody is signed in, of a room that is open."""
    with TestClient(app, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def enter(client: TestClient, house: House) -> Enter:
    """Signs one of PEOPLE in, in a browser of their own."""

    def sign_in(person_id: str) -> Browser:
        theirs = Browser(TestClient(client.app, follow_redirects=False), person_id)
        role, name = PEOPLE[person_id]
        with house.database.begin() as session:
            token = invite(session, person_id, name=name, role=role)
        answer = theirs.client.post(f"/invitation/{token}", data={"passphrase": PASSPHRASE, "again": PASSPHRASE})
        assert answer.status_code == 303, answer.text
        return theirs

    return sign_in


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def served(house: House, unused_port: int) -> Iterator[str]:
    """The room of two teams, served; its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(house), port=unused_port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{unused_port}"
    server.should_exit = True
    thread.join()
