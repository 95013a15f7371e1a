"""Fixtures of the pages: a workspace of four conversations, a recording, and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
import pytest

from models.ratings.reference import examples
from models.ratings.rubrics import load_guides, load_rubrics
from models.registry.workspace import REFERENCE
from pipeline.metrics.commitments import commitments
from pipeline.pages.site import Context, write_report
from pipeline.speech.audio import RATE_HZ
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS
from tests.pipeline.pages.four_calls import HOSTILE, four_calls
from tests.workspace import RUBRICS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    """Three calls of Ann and one of Bob; and one that failed."""
    return four_calls()


@pytest.fixture
def elements() -> pl.DataFrame:
    anchors = {color: f"{color} anchor" for color in LEVELS}
    shared = {"rubric": "discovery_call", "where": "anywhere", "rubric_title": "Discovery call", "rubric_version": 1}
    shared["limit"] = None
    roles = {"scored_role": "rep", "other_role": "customer", "same_meaning_as": [], "other_meaning_than": []}
    titles = {"agenda": "Sets the agenda", "next_steps": "Closes with next steps"}
    return Elements.validate(
        pl.DataFrame(
            [
                {"element": name, "title": title, "position": place, "rubric_hash": name, **shared, **roles, **anchors}
                for place, (name, title) in enumerate(titles.items())
            ]
        ),
        cast=True,
    )


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds of faint noise with a tone from second 15 to 18."""
    path = tmp_path_factory.mktemp("sound") / "call.wav"
    t = np.arange(30 * RATE_HZ) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 440 * t) * ((t >= 15) & (t < 18))
    sound = tone + 0.001 * np.random.default_rng(1).standard_normal(t.size)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser) -> Iterator[Any]:
    """Opens a page from disk, on a screen of this width and height; at the end no error may have come up and no request
    may have gone out."""
    context = browser.new_context()
    trouble: list[str] = []

    page = context.new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda sent: trouble.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)

    def visit(path: Path, width: int = 1280, height: int = 720) -> Any:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(path.as_uri())
        return page

    yield visit
    context.close()
    assert trouble == []


@pytest.fixture(scope="session")
def published(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the small workspace, in which a team and the other side have hostile names Bob consented, and
    Ann has a goal."""
    store = Store(str(small_workspace))
    tables = {name: store.read(name) for name in TABLES}
    attack = pl.lit(HOSTILE)
    tables["calls"] = tables["calls"].with_columns(team=attack, other_name=pl.concat_str(attack, "other_name"))
    tables["commitments"] = commitments(tables["actions"], tables["calls"])
    entity = pl.when(pl.col("level_of") == "team").then(attack).otherwise("entity_id")
    tables["kpis"] = tables["kpis"].with_columns(entity_id=entity)
    middle = tables["calls"].filter(lead_id="ann").sort("started_at")["started_at"][1]
    goal = {"how": "goal", "item_id": "g", "person_id": "ann", "rubric": "discovery_call", "element": "agenda"}
    noted = pl.DataFrame([goal | {"at": middle}])
    tables["taken_up"] = pl.concat([TABLES["taken_up"].create_empty(), noted], how="diagonal_relaxed")
    folder = tmp_path_factory.mktemp("published")
    context = Context(consented=["bob"], guides=load_guides(RUBRICS), examples=examples(REFERENCE))
    write_report(tables, load_rubrics(RUBRICS), folder, context=context)
    return folder
