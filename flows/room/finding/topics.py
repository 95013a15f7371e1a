"""Topics: word lists and patterns that people write, counted per call and shown by week."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from flows.room.house import House
from pipeline.errors import brief
from pipeline.intake.yaml_files import read_yaml

DEFAULT = Path(__file__).with_name("topics.yaml")
OWN = "topics.yaml"
MAX_WEEKS = 13


class Topic(BaseModel):
    """What stands for a topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: list[str] = Field(default_factory=list)
    patterns: list[str] = Field(default_factory=list)

    @field_validator("patterns")
    @classmethod
    def can_be_compiled(cls, patterns: list[str]) -> list[str]:
        """A pattern is a regular expression."""
        for pattern in patterns:
            try:
                pl.Series([""]).str.count_matches(pattern)
            except pl.exceptions.ComputeError as error:
                raise ValueError(f"{pattern!r} is no pattern") from error
        return patterns

    def expression(self) -> str:
        """All words and patterns as one pattern."""
        words = [rf"\b{re.escape(word)}\b" for word in self.words]
        return "(?i)" + "|".join([*words, *(f"(?:{pattern})" for pattern in self.patterns)])


@dataclass(frozen=True)
class Trend:
    """A topic by week: in what share of calls it came up; `n_calls` is in how many of all, `n` how often."""

    topic: str
    n: int
    n_calls: int
    share: float
    weeks: list[tuple[date, float]]


def load_topics(workspace: Path) -> dict[str, Topic]:
    """The workspace's topics, else those that come with the program; raises ValueError saying what is wrong there."""
    path = workspace / OWN if (workspace / OWN).is_file() else DEFAULT
    try:
        return TypeAdapter(dict[str, Topic]).validate_python(read_yaml(path) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(
            f"{path.name}: write `topic:` with `words: [...]` or `patterns: [...]`; {brief(error)}"
        ) from error


def count_topics(house: House) -> pl.DataFrame:
    """One row per call and topic that comes up in it: call_id, topic, n."""
    topics = load_topics(house.store.place)
    state = (house.store.version("utterances"), repr(topics))
    return house.once("topics", state, lambda: _counted(house.store.read("utterances"), topics))


def trends(counts: pl.DataFrame, calls: pl.DataFrame) -> list[Trend]:
    """Each topic over the weeks of `calls`, the most frequent first."""
    week = pl.col("started_at").dt.truncate("1w").dt.date()
    ours = calls.filter(pl.col("status") == "ok").select("call_id", week=week)
    found = counts.join(ours, on="call_id")
    weeks = ours.drop_nulls("week").group_by("week").len("of").sort("week").tail(MAX_WEEKS)
    listed = []
    for (topic,), rows in found.group_by("topic", maintain_order=True):
        by_week = weeks.join(rows.group_by("week").len("n"), on="week", how="left").sort("week")
        shares = by_week.select("week", pl.col("n").fill_null(0) / pl.col("of"))
        listed.append(
            Trend(str(topic), int(rows["n"].sum()), rows.height, rows.height / ours.height, list(shares.iter_rows()))
        )
    return sorted(listed, key=lambda trend: -trend.n_calls)


def _counted(utterances: pl.DataFrame, topics: dict[str, Topic]) -> pl.DataFrame:
    schema = {"call_id": pl.String, "topic": pl.String, "n": pl.UInt32}
    per_topic = [
        utterances.group_by("call_id")
        .agg(n=pl.col("text").str.count_matches(topic.expression()).sum())
        .filter(pl.col("n") > 0)
        .select("call_id", "n", topic=pl.lit(name))
        for name, topic in topics.items()
        if topic.words or topic.patterns
    ]
    return pl.concat([pl.DataFrame(schema=schema).select("call_id", "n", "topic"), *per_topic], how="vertical_relaxed")
