"""The pages and actions of the room, one module a journey."""

from flows.room.routes import (
    audio,
    audit_log,
    calls,
    disputes,
    entrance,
    goals,
    pages,
    people,
    playlists,
    results,
    saying,
    scoring,
    sessions,
    start,
)

ROUTERS = tuple(
    module.router
    for module in (
        *(entrance, start, people, audit_log),
        *(scoring, audio, pages, calls, saying),
        *(disputes, playlists, goals),
        *(sessions, results),
    )
)
