"""The page of people: everybody in one list, who needs it most first, each with what to work on and a moment."""

from dataclasses import dataclass

from pipeline.pages.parts.ratings import MIN_SCORED_CALLS
from pipeline.pages.person import Element, Moment, Person, PersonPage


@dataclass(frozen=True)
class Play:
    """A moment to play somebody: where it is, and what it shows."""

    href: str
    quote: str
    start_s: float
    level: int


@dataclass(frozen=True)
class Listed:
    """A person with the element to work on first and the moment that shows it, of one's own or of a colleague."""

    person: Person
    focus: Element | None
    play: Play | None
    model: Play | None


@dataclass(frozen=True)
class People:
    """What the page of people shows, those whose improvement would count most first."""

    people: list[Listed]
    teams: list[str]
    managers: list[str]
    title: str = "People"


def view(pages: list[PersonPage]) -> People:
    """The list of everybody who has a page."""
    listed = sorted((_listed(page) for page in pages), key=_need)
    return People(
        people=listed,
        teams=sorted({team for page in pages for team in page.person.team.split(", ") if team}),
        managers=sorted({page.person.manager for page in pages if page.person.manager}),
    )


def _need(one: Listed) -> tuple[bool, bool, float, str]:
    """Those with a colour first, of them those of whom enough is known, and of these who would gain most."""
    if one.focus is None:
        return True, True, 0.0, one.person.name
    return False, one.focus.n < MIN_SCORED_CALLS, -one.focus.worth, one.person.name


def play_of(page: PersonPage) -> Play | None:
    """The moment to play somebody: one to avoid of the element in focus, else the first there is."""
    in_focus = [moment for moment in page.avoid if page.focus and moment.title == page.focus.title]
    return _play(next((moment for moment in [*in_focus, *page.avoid] if moment.call_href), None))


def _listed(page: PersonPage) -> Listed:
    gold = next((moment for moment in page.gold if moment.call_href), None)
    return Listed(page.person, page.focus, play_of(page), _play(gold))


def _play(moment: Moment | None) -> Play | None:
    if moment is None or moment.call_href is None:
        return None
    return Play(f"{moment.call_href}#u{moment.idx}", moment.quote, moment.start_s, moment.level)
