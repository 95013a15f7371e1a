"""The page of one person: elements over time, the one to work on, and moments to repeat and to avoid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.coaching.loop import coaching_meetings, states
from pipeline.metrics.coaching.taken_up import NOTHING
from pipeline.metrics.current_labels import unopposed
from pipeline.pages.effects.goals import GoalCourse, goal_courses
from pipeline.pages.parts import coaching
from pipeline.pages.parts.loop import Loop
from pipeline.pages.parts.ratings import MAX_LISTED_CALLS, NOBODY, Chip, learnt_by, page_name, words
from pipeline.pages.parts.sentence import SOUND, how_it_went
from pipeline.pages.parts.typed_rows import rows_by, rows_of
from pipeline.tables.coaching import TakenUp
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

MAX_LEVEL = len(LEVELS) - 1
KEY = ["person", "rubric", "element"]


@dataclass(frozen=True)
class Period:
    """The mean of an element in a week or month."""

    week: date
    n: int
    mean: float
    level: int


@dataclass(frozen=True)
class Element:
    """Where a person stands at an element: see `coaching.levels`."""

    rubric: str
    rubric_title: str
    element: str
    title: str
    level: int
    mean: float
    n: int
    review: int
    provisional: int
    trend: float | None
    direction: str
    weeks: list[Period] | None
    by: str | None
    focus: bool
    goal: str | None
    room: float
    best: float | None
    best_name: str | None
    weight: float
    worth: float
    loop: Loop | None


@dataclass(frozen=True)
class Moment:
    """A moment of a conversation, the line before and after it, and the label that rests on it."""

    before: str | None
    after: str | None
    quote: str
    idx: int
    start_s: float
    title: str
    level: int
    call_href: str | None
    started_at: datetime | None
    other_name: str | None


@dataclass(frozen=True)
class OwnMoment(Moment):
    """A moment of the person: to repeat (`good`) or to avoid."""

    good: bool


@dataclass(frozen=True)
class GoldMoment(Moment):
    """A moment of a colleague, by name."""

    name: str


@dataclass(frozen=True)
class PersonCall:
    """A conversation of the person with the colours of its elements."""

    call_id: str
    call_href: str | None
    started_at: datetime | None
    duration_s: float | None
    kind: str | None
    other: str | None
    colours: list[Chip] | None
    mean: float | None

    @property
    def sentence(self) -> str:
        """How it went, in a sentence; empty where nothing was judged."""
        return how_it_went(self.colours) if self.colours else ""


@dataclass(frozen=True)
class Person:
    """Who the person is, and the conversations on record: led, or as the seller in a manager's meeting."""

    person: str
    person_href: str
    name: str
    team: str
    manager: str | None
    first: datetime | None
    last: datetime | None
    n_calls: int
    n_led: int


@dataclass(frozen=True)
class PersonPage:
    """What the page of a person shows; `kinds` are the elements by rubric, `focus` the one to work on."""

    person: Person
    title: str
    sentence: str
    kinds: dict[str, list[Element]]
    focus: Element | None
    repeat: list[OwnMoment]
    avoid: list[OwnMoment]
    gold: list[GoldMoment]
    calls: list[PersonCall]
    learnt: dict[str, int]
    unjudged: list[str]
    courses: list[GoalCourse] = field(default_factory=list)
    prepare_href: str | None = None
    newest: int = MAX_LISTED_CALLS
    recent: int = coaching.MAX_RECENT_WEEKS


@dataclass(frozen=True)
class Ratings:
    """What people's pages are made of: calls, ratings as `ratings.rate` gives them, the labels' evidence, what is not
    judged yet, people's scores, utterances that show the exchange about a moment, goals and comments as people noted
    them (rows of TakenUp), and when elements were taken up (rows of `coaching.taken_up`); `meetings.team.with_met` adds
    meetings."""

    calls: pl.DataFrame
    ratings: pl.DataFrame
    evidence: pl.DataFrame
    unjudged: pl.DataFrame
    scores: pl.DataFrame
    utterances: pl.DataFrame | None = None
    noted: pl.DataFrame = field(default_factory=TakenUp.create_empty)
    taken: pl.DataFrame = field(default_factory=lambda: NOTHING)


def views(
    source: Ratings, elements: dy.DataFrame[Elements], people: list[str], *, plan: Plan, consented: list[str]
) -> Iterator[PersonPage]:
    """The page of each person; people without an id or name have none. Moments are recent ones."""
    named = pl.Series([person for person in people if person != NOBODY], dtype=pl.String)
    chosen = pl.col("person").is_in(named.implode())
    loop = states(source.ratings, coaching_meetings(source.calls, plan), source.taken)
    goals = goal_courses(source.noted.filter(pl.col("person_id").is_in(named.implode())), source.ratings, elements)
    standing = coaching.levels(source.ratings, elements, plan).filter(chosen)
    levels = standing.join(
        loop.select(*KEY, loop=pl.struct(pl.exclude(KEY))), on=KEY, how="left", maintain_order="left"
    )
    moments = coaching.moments(unopposed(source.ratings, source.scores, elements), source.evidence)
    ratings, calls = source.ratings.filter(chosen), source.calls.filter(chosen & (pl.col("status") == "ok"))
    own_moments = _exchange(coaching.own_moments(moments.filter(chosen), levels), source.utterances)
    gold_moments = _exchange(coaching.gold_moments(moments, levels, consented), source.utterances)
    elements_of = rows_by("person", Element, levels)
    moments_of = rows_by("person", OwnMoment, own_moments)
    gold_of = rows_by("person", GoldMoment, gold_moments)
    calls_of = rows_by("person", PersonCall, _calls(calls, ratings))
    learnt_of = learnt_by("person", ratings)
    grey = source.unjudged.select("person", pl.format("{} ({})", "title", "rubric_title").alias("name")).unique()
    grey_of = dict(grey.group_by("person").agg(pl.col("name").sort()).iter_rows())
    names = dict(source.calls.select("person", "name").iter_rows())
    for person in rows_of(Person, _people(calls, names)):
        key = person.person
        own, theirs = elements_of.get(key, []), moments_of.get(key, [])
        focus = next((element for element in own if element.focus), None)
        yield PersonPage(
            person=person,
            title=person.name,
            sentence=_sentence(person, focus, own),
            kinds=_by_rubric(own),
            focus=focus,
            repeat=[moment for moment in theirs if moment.good],
            avoid=[moment for moment in theirs if not moment.good],
            gold=gold_of.get(key, []),
            calls=calls_of.get(key, []),
            learnt=learnt_of.get(key, {}),
            unjudged=grey_of.get(key, []),
            courses=[course for course in goals if course.goal.person == key],
        )


def _people(calls: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """One row per person with the columns of Person; managers by their names, where these are known."""
    led = pl.col("led")
    return (
        calls.group_by("person")
        .agg(
            pl.col("name", "person_href").last(),
            pl.col("team").drop_nulls().unique().sort().str.join(", ").alias("team"),
            pl.col("manager_id").drop_nulls().last().replace(names).alias("manager"),
            pl.col("started_at").min().alias("first"),
            pl.col("started_at").max().alias("last"),
            pl.len().alias("n_calls"),
            led.sum().alias("n_led"),
        )
        .sort("person")
    )


def listed_only(roster: pl.DataFrame, seen: list[PersonPage]) -> list[PersonPage]:
    """A page for each of the roster of whom no conversation is on record."""
    names = dict(roster.select("person", "name").iter_rows())
    known = {page.person.person for page in seen}
    pages = []
    for row in roster.filter(~pl.col("person").is_in(list(known))).sort("person").iter_rows(named=True):
        manager = names.get(row["manager"]) or row["manager"]
        href, name = f"people/{page_name(row['person'])}", row["name"] or row["person"]
        person = Person(row["person"], href, name, row["team"] or "", manager, None, None, 0, 0)
        sentence = "No conversation is on record yet."
        pages.append(PersonPage(person, name, sentence, {}, None, [], [], [], [], {}, []))
    return pages


def _exchange(moments: pl.DataFrame, utterances: pl.DataFrame | None) -> pl.DataFrame:
    """Moments with the text of the line before and after."""
    if utterances is None:
        return moments.with_columns(before=pl.lit(None, pl.String), after=pl.lit(None, pl.String))
    for name, step in (("before", 1), ("after", -1)):
        said = utterances.select("call_id", pl.col("idx") + step, pl.col("text").alias(name))
        moments = moments.join(said, on=["call_id", "idx"], how="left", maintain_order="left")
    return moments


def _sentence(person: Person, focus: Element | None, standing: list[Element]) -> str:
    """Where the person stands and what to do next."""
    if focus is None:
        return (
            "No colours yet." if person.n_led else "Leads no recorded conversation; known from meetings with a manager."
        )
    n_sound = sum(element.level >= SOUND for element in standing)
    course = {"up": ", rising", "down": ", falling", "steady": ", steady", "unknown": ""}[focus.direction]
    goal = "keep it up" if focus.level == MAX_LEVEL else f"get from {LEVELS[focus.level]} to {LEVELS[focus.level + 1]}"
    return (
        f"{n_sound} of {len(standing)} elements sound; work first on “{focus.title}”: {goal} "
        f"({focus.mean:.1f} of 3{course})."
    )


def _by_rubric(elements: list[Element]) -> dict[str, list[Element]]:
    kinds: dict[str, list[Element]] = {}
    for element in elements:
        kinds.setdefault(element.rubric_title, []).append(element)
    return kinds


def _calls(calls: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    """The newest conversations of each person with the columns of PersonCall."""
    colours = ratings.group_by("call_id", "person", maintain_order=True).agg(
        pl.struct("title", "level", "needs_review").alias("colours"),
        pl.col("expected_level").mean().alias("mean"),
        pl.col("rubric_title").first().alias("kind"),
    )
    return (
        calls.reverse()
        .group_by("person", maintain_order=True)
        .head(MAX_LISTED_CALLS)
        .join(colours, on=["call_id", "person"], how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("other_name", "other_id").alias("other"),
            pl.coalesce("kind", words("interaction")).alias("kind"),
        )
    )
