"""Publishing: the pages made from a workspace's tables."""

from pathlib import Path

import dataframely as dy

from pipeline.report import write_report
from pipeline.store import Store
from pipeline.tables import TABLES, Elements


def write_pages(
    store: Store,
    elements: dy.DataFrame[Elements],
    *,
    call_id: str | None = None,
    lead_id: str | None = None,
    team: str | None = None,
) -> Path:
    """Write the pages of a workspace, or of one call, person or team; returns the page to open first."""
    tables = {name: store.read(name) for name in TABLES}
    pages = write_report(tables, elements, store.folder("reports"), call_id=call_id, lead_id=lead_id, team=team)
    return pages[0]
