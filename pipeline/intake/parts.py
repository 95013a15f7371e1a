"""Parts: a conversation that is in several files, as after a dropped line, named in one cell in their order."""

import re
from pathlib import Path

BETWEEN = re.compile(r"\s*[;|\n]\s*")
JOIN = "; "


def parts_of(cell: str) -> list[str]:
    """The paths or addresses in a cell; a file whose name holds the sign between them is one."""
    if not BETWEEN.search(cell) or _is_file(cell):
        return [cell]
    return [part for part in BETWEEN.split(cell) if part]


def located(cell: str, here: Path) -> str:
    """The cell with every path relative to `here` made absolute; an address stays as it is."""
    if _is_file(str(here / cell)):
        return str(here / cell)
    return JOIN.join(part if "://" in part or part.startswith("/") else f"{here}/{part}" for part in parts_of(cell))


def are_there(cell: str) -> bool:
    """Whether every file named in a cell is there; whether an address is shows when it is opened."""
    return all("://" in part or _is_file(part) for part in parts_of(cell))


def has_one_twice(cell: str) -> bool:
    """Whether a cell names one file twice."""
    return len(set(parts_of(cell))) < len(parts_of(cell))


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a name that is longer than any
        return False
