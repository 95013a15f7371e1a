"""Documents: what docs/code.md says of the code is so."""

import importlib
import inspect
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "code.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([a-z_.]+):(\w+)`")
QUESTIONS = [line for line in TEXT.splitlines() if len(NAME.findall(line)) == 3]
ADDING = re.findall(r"`(\w+)`(?: or `(\w+)`)?, `([a-z_/.]+)`", TEXT)


def named(module: str, name: str) -> object:
    """What a path such as flows.nightly:assess stands for."""
    return getattr(importlib.import_module(module), name)


def source(module: str, name: str) -> str:
    """The text of the function of a flow, a step or a table of functions."""
    thing = named(module, name)
    return inspect.getsource(getattr(thing, "fn", thing))


def folder_of(module: str) -> str:
    """The text of a module and of those beside it."""
    path = Path(str(importlib.import_module(module).__file__))
    return "".join(file.read_text(encoding="utf-8") for file in path.parent.glob("*.py"))


def test_there_are_ten_questions() -> None:
    """At least."""
    assert len(QUESTIONS) >= 10


@pytest.mark.parametrize("line", QUESTIONS)
def test_two_hops(line: str) -> None:
    """All three exist; the flow's function calls the step, and the step's folder defines or uses the answer."""
    flow, step, answer = NAME.findall(line)
    for module, name in (flow, step, answer):
        assert named(module, name) is not None
    assert re.search(rf"\b{step[1]}\b", source(*flow)), f"{flow} does not call {step}"
    assert re.search(rf"\b{answer[1]}\b", folder_of(step[0])), f"{answer} is not used where {step} is"


@pytest.mark.parametrize("entry", ADDING)
def test_where_to_add(entry: tuple[str, str, str]) -> None:
    """The dicts to which something is added stand in the files that the table names."""
    *names, path = entry
    text = "".join(file.read_text() for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).glob("*.py")))
    for name in filter(None, names):
        assert re.search(rf"^{name}\b", text, re.MULTILINE), f"{path} has no {name}"


def test_rubrics_explained() -> None:
    """docs/rubrics.md is what its script makes of the rubrics and the reference, every element with its note."""
    script = runpy.run_path(str(ROOT / "docs" / "make_rubrics.py"))
    assert (ROOT / "docs" / "rubrics.md").read_text(encoding="utf-8") == script["page"]()
