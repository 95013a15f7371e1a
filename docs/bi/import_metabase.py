"""Bring the dashboard of metabase.json into a Metabase, by its API.

    METABASE_KEY=mb_... python docs/bi/import_metabase.py https://metabase.example.com 2

2 is the number of the database in Metabase, as its address says under Admin, Databases.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen


def bring(address: str, database: int, key: str, content: dict[str, Any]) -> int:
    """Make questions and dashboard; returns the dashboard's number."""

    def ask(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"x-api-key": key, "Content-Type": "application/json"}
        request = Request(f"{address}/api/{path}", json.dumps(body).encode(), headers, method=method)  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310  the address is the user's own
            made: dict[str, Any] = json.load(answer)
        return made

    cards = [
        ask("POST", "card", card | {"dataset_query": card["dataset_query"] | {"database": database}})
        for card in content["cards"]
    ]
    dashboard = ask("POST", "dashboard", content["dashboard"])
    placed = [
        place | {"card_id": card["id"], "parameter_mappings": [], "visualization_settings": {}}
        for place, card in zip(content["dashcards"], cards, strict=True)
    ]
    ask("PUT", f"dashboard/{dashboard['id']}", {"dashcards": placed})
    return int(dashboard["id"])


if __name__ == "__main__":
    where, number = sys.argv[1:]
    text = Path(__file__).with_name("metabase.json").read_text(encoding="utf-8")
    made = bring(where.rstrip("/"), int(number), os.environ["METABASE_KEY"], json.loads(text))
    print(f"{where}/dashboard/{made}")  # noqa: T201
