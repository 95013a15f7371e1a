"""What the modules of benchmarks may import from each other: nothing private, and measuring nothing of training."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

OF_NAMEDTUPLES = {"_make", "_replace", "_asdict", "_fields"}
MEASURING = [path for path in sorted(ROOT.glob("benchmarks/*/**/*.py")) if "training" not in path.parts]
EVERY = [path for folder in ("benchmarks", "tests/benchmarks") for path in sorted((ROOT / folder).glob("**/*.py"))]


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The module and the name of everything that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def private_uses(tree: ast.AST) -> Iterator[str]:
    """Private names that are imported, or used of something other than self."""
    yield from (f"{module}.{name}" for module, name in imports(tree) if private(module.split(".")[-1]) or private(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in OF_NAMEDTUPLES:
            used = ast.unparse(node)
            if used != f"self.{node.attr}":
                yield used


def private(name: str) -> bool:
    """Whether a name is for its own module alone."""
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize(
    ("code", "uses"),
    [
        ("from a.b import _c", ["a.b._c"]),
        ("from a import b\nb._c()", ["b._c"]),
        ("import a._b", ["a._b."]),
        ("from __future__ import annotations\nself._c = row._replace(d=1)", []),
    ],
)
def test_private_uses_are_seen(code: str, uses: list[str]) -> None:
    """The check sees each way of taking what is private, and lets named tuples be."""
    assert list(private_uses(ast.parse(code))) == uses


@pytest.mark.parametrize("path", EVERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_private(path: Path) -> None:
    """No module uses what is private to another."""
    assert list(private_uses(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", MEASURING, ids=lambda path: str(path.relative_to(ROOT)))
def test_measuring_without_training(path: Path) -> None:
    """A module that measures imports nothing of those that fit the shipped weights."""
    named = {module for module, _ in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert not [module for module in named if module.startswith("benchmarks.training")]
