"""Settled: the JSON of a recogniser without what it took back while it listened, and without the entities of pages."""

import html
from typing import Any

TAKEN_BACK = {  # as Deepgram, AssemblyAI, AWS and others mark what they hear before they are sure
    **dict.fromkeys(("is_final", "isFinal", "final"), False),
    **dict.fromkeys(("is_partial", "isPartial", "IsPartial", "partial", "interim"), True),
}


def settled(data: Any) -> Any:
    """The same JSON; a list in which everything is marked as taken back is kept."""
    if isinstance(data, str):
        return html.unescape(data)
    if isinstance(data, dict):
        return {name: settled(value) for name, value in data.items()}
    if isinstance(data, list):
        return [settled(value) for value in [value for value in data if not _is_taken_back(value)] or data]
    return data


def _is_taken_back(value: Any) -> bool:
    return isinstance(value, dict) and any(value.get(name) is mark for name, mark in TAKEN_BACK.items())
