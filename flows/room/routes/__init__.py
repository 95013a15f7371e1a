"""The pages and actions of the room, one module a journey."""

from flows.room.routes import (
    audio,
    calls,
    disputes,
    entrance,
    finding,
    goals,
    people,
    playlists,
    results,
    rubrics,
    saying,
    scoring,
    sessions,
    start,
    weights,
)
from flows.room.routes.report import meetings, pages

ROUTERS = tuple(
    module.router
    for module in (
        *(entrance, start, people),
        *(scoring, audio, pages, meetings, calls, saying),
        *(disputes, playlists, goals),
        *(sessions, results, rubrics, weights, finding),
    )
)
