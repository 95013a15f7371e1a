"""Guides: how each kind of conversation is held, on one sheet: agenda, questions, rubric, good and bad moments."""

from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipeline.intake.guide import Guide
from pipeline.metrics.current_labels import unopposed
from pipeline.pages.parts.coaching import strongest
from pipeline.pages.parts.ratings import page_name
from pipeline.pages.parts.typed_rows import rows_by
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

MAX_EXAMPLES = 3  # good ones, and as many bad ones: more do not fit the sheet
NO_EXAMPLES = pl.DataFrame(
    schema={"element": pl.String, "level": pl.Int64, "interaction": pl.String}
    | dict.fromkeys(("call_id", "before", "quote"), pl.String)
)


@dataclass(frozen=True)
class Anchors:
    """An element of the rubric with what each level looks like."""

    element: str
    title: str
    red: str
    orange: str
    yellow: str
    green: str


@dataclass(frozen=True)
class Example:
    """A moment that shows an element well or badly: of a colleague who agreed (`name`), else a written one."""

    title: str
    level: int
    before: str | None
    quote: str
    name: str | None
    call_href: str | None
    idx: int | None


@dataclass(frozen=True)
class GuidePage:
    """What the guide of one kind of conversation shows; `guide` is null where the rubric's file has none."""

    rubric: str
    href: str
    title: str
    scored_role: str
    guide: Guide | None
    elements: list[Anchors]
    good: list[Example]
    bad: list[Example]


@dataclass(frozen=True)
class Guides:
    """All guides: meetings of managers and conversations with customers."""

    meetings: list[GuidePage]
    calls: list[GuidePage]
    title: str = "Guides"


@dataclass(frozen=True)
class Shown:
    """What guides show beside the rubric: how it is held by kind, written examples (see
    `models.ratings.reference.examples`), and the house's own ratings with their evidence and people's scores, which
    appear of those who consented."""

    guides: Mapping[str, Guide]
    examples: pl.DataFrame
    ratings: pl.DataFrame
    evidence: pl.DataFrame
    scores: pl.DataFrame
    consented: list[str]


def views(elements: dy.DataFrame[Elements], shown: Shown) -> list[GuidePage]:
    """The guide of each rubric, in the order of their titles."""
    anchors = rows_by("rubric", Anchors, elements.sort("rubric", "position"))
    moments = rows_by("rubric", Example, _moments(elements, shown))
    kinds = elements.select("rubric", "rubric_title", "scored_role").unique().sort("rubric_title")
    pages = []
    for rubric, title, scored_role in kinds.iter_rows():
        of_kind = moments.get(rubric, [])
        good, bad = ([one for one in of_kind if (one.level == 0) == is_bad] for is_bad in (False, True))
        about = (rubric, f"guides/{page_name(rubric)}", title, scored_role)
        pages.append(GuidePage(*about, shown.guides.get(rubric), anchors[rubric], good, bad))
    return pages


def index(pages: list[GuidePage], manager_role: str) -> Guides:
    """The list of all guides."""
    meetings = [page for page in pages if page.scored_role == manager_role]
    return Guides(meetings, [page for page in pages if page not in meetings])


def _moments(elements: dy.DataFrame[Elements], shown: Shown) -> pl.DataFrame:
    """For each rubric MAX_EXAMPLES green and red moments of different elements: the house's gold standard first, then
    written ones of that kind, then written ones of others. The house's bad moments are nobody's to show."""
    about = elements.select("rubric", "element", "title", "position")
    green = pl.col("level") == len(LEVELS) - 1
    best = ["needs_review", "p"]
    own = (
        strongest(unopposed(shown.ratings, shown.scores, elements), shown.evidence)
        .filter(green & pl.col("person").is_in(shown.consented) & pl.col("call_href").is_not_null())
        .sort(best, descending=[False, True])
        .unique(["rubric", "element"], keep="first", maintain_order=True)
        .join(about.select("rubric", "element"), on=["rubric", "element"], how="semi", maintain_order="left")
        .select("rubric", "element", "title", "position", "level", "quote", "name", "call_href", "idx", rank=pl.lit(0))
    )
    written = about.join(shown.examples, on="element").with_columns(
        rank=pl.when(pl.col("rubric") == pl.col("interaction")).then(1).otherwise(2)
    )
    both = pl.concat([own, written], how="diagonal_relaxed")
    return (
        both.sort("rank", "position", maintain_order=True)
        .unique(["rubric", "element", "level"], keep="first", maintain_order=True)
        .group_by("rubric", "level", maintain_order=True)
        .head(MAX_EXAMPLES)
    )
