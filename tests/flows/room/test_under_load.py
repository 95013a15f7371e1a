"""Fifty raters at once, and a server killed while they score: nothing that was acknowledged is lost or doubled."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest
from sqlalchemy import select

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.database.people import Person, SignIn
from flows.room.database.scoring import Answer, Assignment
from flows.room.entry.sign_in import COOKIE, enter
from flows.room.keep_scores import store_answers, waiting

N_RATERS = 50
THINKING_S = 1.0  # between two answers of one rater, at the least
ELEMENTS = ["agenda", "insight", "pain_discovery", "value_fit"]
N_KILLS = int(os.environ.get("CALLGRADE_KILLS", "20"))
NONE = "no passphrase has this hash"


def raters_with_cookies(house, n: int, n_calls: int) -> dict[str, tuple[str, str, list[str]]]:
    """Raters who are signed in: cookie, token of their forms, and what they are to score, by id."""
    calls = house.store.read("calls").filter(interaction="discovery_call")["call_id"].sort().head(n_calls).to_list()
    ids = [f"rater-{number}" for number in range(n)]
    ready = {}
    with house.database.begin() as session:
        session.add_all(Person(person_id=one, name=one, role="rater", passphrase_hash=NONE) for one in ids)
        session.flush()
        set_up(session, Wish("All", "discovery_call", ELEMENTS, calls, ids), by="eve", practice=[])
        for one in ids:
            cookie = house.signer.sign(enter(session, session.get(Person, one))).decode()
            todo = select(Assignment.assignment_id).where(Assignment.person_id == one, Assignment.kind == "first")
            ready[one] = (cookie, list(session.scalars(todo)))
    with house.database.read() as session:
        tokens = dict(session.execute(select(SignIn.person_id, SignIn.form_token)).tuples().all())
    return {one: (cookie, tokens[one], todo) for one, (cookie, todo) in ready.items()}


def answer(browser: httpx.Client, base: str, token: str, assignment: str, element: str, level: int) -> bool:
    """Give an answer; whether it was acknowledged."""
    fields = {"element": element, "level": str(level), "turns": "1", "seconds": "5"}
    sent = browser.post(f"{base}/score/{assignment}/answer", data=fields, headers={"X-Form-Token": token})
    return sent.status_code == 200


SERVER = """
import sys, uvicorn
from pathlib import Path
from flows.room.app import create_app
from flows.room.house import open_house
from pipeline.settings import load_settings
house = open_house(load_settings(workspace=sys.argv[1], rubrics=Path(sys.argv[2])))
uvicorn.run(create_app(house), port=int(sys.argv[3]), log_level="error")
"""


def start(house, port: int) -> subprocess.Popen:
    """A server of the room in a process of its own, which answers already."""
    command = [sys.executable, "-c", SERVER, str(house.settings.workspace), str(house.settings.rubrics), str(port)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    server = subprocess.Popen(command, env=environment)  # noqa: S603  our own command
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            httpx.get(f"http://127.0.0.1:{port}/sign-in", timeout=1)
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    return server


@pytest.mark.slow
def test_fifty_raters(house, unused_port):
    """Fifty raters give 16 answers each, a second apart: 95 % are acknowledged within 200 ms, none lost or doubled."""
    ready = raters_with_cookies(house, N_RATERS, 4)
    took: list[float] = []
    server, base = start(house, unused_port), f"http://127.0.0.1:{unused_port}"

    def score(one: str) -> None:
        cookie, token, todo = ready[one]
        draw = random.Random(one)
        time.sleep(draw.random() * THINKING_S)
        with httpx.Client(cookies={COOKIE: cookie}, timeout=30) as browser:
            for assignment in todo:
                for element in ELEMENTS:
                    began = time.perf_counter()
                    assert answer(browser, base, token, assignment, element, draw.randrange(4))
                    took.append(time.perf_counter() - began)
                    time.sleep(THINKING_S)

    with ThreadPoolExecutor(N_RATERS) as pool:
        list(pool.map(score, ready))
    median, most = np.quantile(took, [0.5, 0.95])
    print(f"{len(took)} answers, median {1000 * median:.0f} ms, 95 % within {1000 * most:.0f} ms")  # noqa: T201
    server.terminate()
    server.wait()
    assert waiting(house) == 0
    scores = house.store.read("scores", where=pl.col("rater").str.starts_with("rater-"))
    assert scores.height == N_RATERS * 4 * len(ELEMENTS)
    assert scores.select("rater", "call_id", "element").is_unique().all()
    assert most < 0.2


@pytest.mark.slow
def test_killed_while_people_score(house, unused_port):
    """A server killed at 20 random moments while raters score loses no answer that it acknowledged, and the table of
    scores has each once."""
    ready = raters_with_cookies(house, 4, 12)
    house.database.engine.dispose()
    base, given = f"http://127.0.0.1:{unused_port}", {}
    over = threading.Event()

    def score(one: str) -> None:
        cookie, token, todo = ready[one]
        draw = random.Random(one)
        with httpx.Client(cookies={COOKIE: cookie}, timeout=5) as browser:
            while not over.is_set():
                assignment, element, level = draw.choice(todo), draw.choice(ELEMENTS), draw.randrange(4)
                try:
                    good = answer(browser, base, token, assignment, element, level)
                except httpx.HTTPError:
                    given.pop((assignment, element), None)  # not acknowledged: either level may stand there
                    time.sleep(0.05)
                    continue
                if good:
                    given[assignment, element] = level

    threads = [threading.Thread(target=score, args=(one,)) for one in ready]
    for thread in threads:
        thread.start()
    draw = random.Random(0)
    for _ in range(N_KILLS):
        server = start(house, unused_port)
        time.sleep(draw.uniform(0.2, 2.0))
        server.send_signal(signal.SIGKILL)
        server.wait()
    over.set()
    for thread in threads:
        thread.join()
    assert len(given) > 20
    with house.database.read() as session:
        kept = {(one.assignment_id, one.element): one.level for one in session.scalars(select(Answer))}
    assert {key: kept.get(key) for key in given} == given
    while store_answers(house):
        pass
    scores = house.store.read("scores", where=pl.col("rater").str.starts_with("rater-"))
    assert scores.height == len(kept)
    assert scores.select("rater", "call_id", "element").is_unique().all()
    with house.database.read() as session:
        of = {one.assignment_id: (one.person_id, one.call_id) for one in session.scalars(select(Assignment))}
    stored = {(row["rater"], row["call_id"], row["element"]): row["level"] for row in scores.to_dicts()}
    assert stored == {(*of[assignment], element): level for (assignment, element), level in kept.items()}
