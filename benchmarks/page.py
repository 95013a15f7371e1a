"""The page of figures, docs/benchmarks.md: each benchmark writes its own part and leaves the others alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.paths import DOCS

PAGE = DOCS / "benchmarks.md"
HEAD = """# Benchmarks

Each part is written by the command that it names. How well acts, structure and labels do is in
[accuracy](accuracy); a year of KPIs and exports is in [a year](benchmarks/year.md).
"""


def write(name: str, part: str, *, to: Path = PAGE, head: str = HEAD) -> None:
    """Put a benchmark's part into a page, in the place of the one before, else at the end."""
    page = to.read_text(encoding="utf-8") if to.exists() else head
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    marked = f"{begin}\n{part.strip()}\n{end}"
    before, marker, rest = page.partition(begin)
    page = before + marked + rest.partition(end)[2] if marker else f"{page.rstrip()}\n\n{marked}\n"
    to.write_text(page, encoding="utf-8")


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, fractions with two places."""
    shown = [[f"{cell:.2f}" if isinstance(cell, float) else f"{cell}" for cell in row] for row in rows]
    lines = [[str(name) for name in header], ["---"] * len(header), *shown]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
