"""Taken up: which element a manager and a person worked on, and when: a goal, a comment, or what they spoke of.

A meeting counts for an element where at least MIN_SPOKEN lines of it speak of that element in words of
element_words.yaml or of its title. Who speaks of it otherwise is not known.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.intake.yaml_files import read_yaml
from pipeline.language.text import plain
from pipeline.language.vocabulary import spoken
from pipeline.tables.coaching import TakenUp
from pipeline.tables.judgements import Elements

MIN_SPOKEN = 2  # lines of a meeting: one alone is said in passing
WORDS = Path(__file__).parent / "element_words.yaml"
TAKEN = {"person": pl.String, "rubric": pl.String, "element": pl.String, "how": pl.String, "call_id": pl.String} | {
    "at": pl.Datetime("us", "UTC")
}
NOTHING = pl.DataFrame(schema=TAKEN)


def taken_up(noted: pl.DataFrame, spoken: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """One row each time an element was taken up with a person: the columns TAKEN; rubric is null where a meeting spoke
    of it, which does not tell of which kind of conversation.

    `noted` is the table taken_up with the goals of a list, `spoken` what meetings speak of (see `spoken_of`), `met` the
    meetings of `loop.coaching_meetings`.
    """
    written = noted.select("rubric", "element", "how", "call_id", "at", person="person_id")
    meetings = spoken.join(met.select("call_id", "person", at="started_at"), on="call_id").with_columns(
        how=pl.lit("meeting"), rubric=pl.lit(None, pl.String)
    )
    typed = [pl.col(name).cast(kind) for name, kind in TAKEN.items()]
    return pl.concat([rows.select(typed) for rows in (written, meetings)])


def spoken_of(utterances: pl.DataFrame, call_ids: pl.Series, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The elements that meetings speak of: call_id, element."""
    lines = utterances.filter(pl.col("call_id").is_in(call_ids.implode())).select(
        "call_id", words=plain(pl.col("text"))
    )
    titles = dict(elements.select("element", "title").unique("element", keep="first", maintain_order=True).iter_rows())
    found = [
        lines.filter(pl.col("words").str.contains(pattern))
        .group_by("call_id").len()
        .filter(pl.col("len") >= MIN_SPOKEN)
        .select("call_id", element=pl.lit(element))
        for element, pattern in _patterns(tuple(titles.items()))
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema={"call_id": pl.String, "element": pl.String}), *found])


def goals_of(noted: pl.DataFrame) -> pl.DataFrame:
    """The goals among what is noted, the newest first."""
    return TakenUp.validate(noted.filter(how="goal"), cast=True).sort("at", "item_id", descending=[True, False])


@cache
def _patterns(titles: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(_by_element(titles))


def _by_element(titles: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    words = read_yaml(WORDS)
    for element, title in titles:
        named = re.escape(str(pl.select(plain(pl.lit(title))).item()))
        yield element, spoken(f"{words[element]} | {named}" if element in words else named)
