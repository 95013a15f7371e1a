"""Guides: one sheet for each kind of conversation, with the house's own good moments before written ones."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.ratings.reference import examples
from models.ratings.rubrics import RubricError, load_guides, load_rubrics
from models.registry.workspace import REFERENCE
from pipeline.metrics.cadence import load_plan
from pipeline.pages.meetings.guides import NO_EXAMPLES, Shown, views
from pipeline.pages.site import Context, write_report
from pipeline.tables.judgements import Scores
from tests.pipeline.pages.four_calls import rated
from tests.workspace import RUBRICS

PAGES = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def guides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a workspace without conversations."""
    folder = tmp_path_factory.mktemp("guides")
    context = Context(guides=load_guides(RUBRICS), examples=examples(REFERENCE))
    write_report({}, load_rubrics(RUBRICS), folder, context=context)
    return folder


def test_every_rubric_has_a_guide() -> None:
    """Each kind has a guide whose agenda lasts as long as the plan has it, and questions that are questions."""
    guides = load_guides(RUBRICS)
    assert set(guides) == set(load_rubrics(RUBRICS)["rubric"])
    for kind, meeting in load_plan().meetings.items():
        if kind in guides and meeting.minutes:
            assert meeting.minutes[0] <= guides[kind].minutes <= meeting.minutes[1], kind
    assert all(question.endswith("?") for guide in guides.values() for question in guide.questions)


def test_misspelt_guide(tmp_path: Path) -> None:
    """A guide without minutes is refused with the file and the place."""
    text = (RUBRICS / "call_planning.yaml").read_text().replace("{minutes: 3, what:", "{what:")
    (tmp_path / "call_planning.yaml").write_text(text)
    (tmp_path / "common.yaml").write_text((RUBRICS / "common.yaml").read_text())
    with pytest.raises(RubricError, match=r"call_planning\.yaml: guide\.agenda\.0\.minutes: field required; add it"):
        load_rubrics(tmp_path)


def test_one_sheet(visit: Any, guides: Path) -> None:
    """Each guide prints on one sheet of either paper, the rubric unfolded; on a screen none is longer than 2,500 px."""
    pages = sorted((guides / "guides").iterdir())
    assert len(pages) == load_rubrics(RUBRICS)["rubric"].n_unique()
    for path in pages:
        page = visit(path)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollHeight") <= 2500, path.name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        for paper in ("A4", "Letter"):
            assert len(PAGES.findall(page.pdf(format=paper))) == 1, f"{path.name} on {paper}"
        assert page.locator("table.rubric td").first.is_visible()


def test_own_gold_first(tables: dict[str, pl.DataFrame], elements: pl.DataFrame) -> None:
    """Ann agreed: her green next steps stand before the written one, which stands for the agenda; her red moment
    stands nowhere."""
    _, ratings = rated(tables, elements)
    rows = [
        ("agenda", 3, "discovery_call", "w1", None, "Shall we?"),
        ("next_steps", 3, "demo_call", "w2", None, "Friday?"),
        ("agenda", 0, "demo_call", "w3", None, "So."),
    ]
    written = pl.DataFrame(rows, schema=NO_EXAMPLES.schema, orient="row")
    for consented, quotes in (["ann"], ["Bye.", "Shall we?"]), ([], ["Shall we?", "Friday?"]):
        shown = Shown({}, written, ratings, tables["evidence"], Scores.create_empty(), consented)
        (page,) = views(elements, shown)
        assert [one.quote for one in page.good] == quotes
        assert [(one.quote, one.name) for one in page.bad] == [("So.", None)]
