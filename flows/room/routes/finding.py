"""Search over everything said in calls in reach, and the topics of these calls."""

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from flows.room.finding.index import MOST_HITS, Wanted, day_of, search
from flows.room.finding.topics import count_topics, trends
from flows.room.guards import Home, Seen, Who, noted, only
from flows.room.render import page
from flows.room.shown import linked, withheld
from pipeline.pages.parts.ratings import page_name
from pipeline.tables.values import ACTS, LEVELS, SPEAKING

router = APIRouter(dependencies=[Depends(only("seller", "manager", "second_line", "enablement", "admin"))])
MOST_LETTERS = 200


@router.get("/search")
def show(
    request: Request,
    house: Home,
    visitor: Who,
    seen: Seen,
    q: str = "",
    side: str = "",
    act: str = "",
    element: str = "",
    color: str = "",
    person: str = "",
    since: str = "",
    until: str = "",
    answers: bool = False,
) -> Response:
    """Lines that have the words, which play where they were said."""
    wanted = Wanted(
        words=q[:MOST_LETTERS],
        side=side if side in SPEAKING else "",
        act=act if act in ACTS else "",
        element=element,
        level=LEVELS.index(color) if color in LEVELS else None,
        person=person,
        since=day_of(since),
        until=day_of(until),
        answers=answers,
    )
    with house.database.read() as session:
        first = withheld(session, visitor, linked(house, seen)) if wanted.level is not None else frozenset()
    try:
        hits = search(house, wanted, seen.call_ids - first, sees_all=seen.sees_all and not (seen.blind | first))
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    if q:
        noted(house, visitor, "searched")
    elements = house.elements().select("element", "title").unique("element").sort("title")
    people = linked(house, seen).select("person", "name").unique().sort("name")
    return page(
        request,
        "search.html.jinja",
        title="Search",
        hits=[(hit, f"/calls/{page_name(hit.call_id)}#u{hit.idx}", _parts(hit.marked)) for hit in hits],
        wanted=wanted,
        given={"q": q, "since": since, "until": until, "color": color},
        most=MOST_HITS,
        acts=ACTS,
        elements=list(elements.iter_rows()),
        people=[(key, name) for key, name in people.iter_rows() if key],
    )


@router.get("/topics")
def show_topics(request: Request, house: Home, seen: Seen) -> Response:
    """In what share of calls each topic comes up, by week."""
    try:
        counts = seen.of(count_topics(house))
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    listed = trends(counts, linked(house, seen))
    return page(request, "topics.html.jinja", title="Topics", trends=listed)


def _parts(marked: str) -> list[tuple[bool, str]]:
    """A line in parts: whether it is one of the words, and the text."""
    parts = []
    for at, piece in enumerate(marked.split("\x02")):
        word, found, rest = piece.partition("\x03")
        parts += [(True, word), (False, rest)] if at and found else [(False, piece)]
    return [part for part in parts if part[1]]
