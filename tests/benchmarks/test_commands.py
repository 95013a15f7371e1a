"""Commands of benchmarks that the documents and the modules themselves name: each can be run, and knows its options."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMMAND = re.compile(r"python -m\s+(benchmarks[\w.]*)((?:(?!python -m)[^`])*)")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")]
MODULES = [path for path in ROOT.glob("benchmarks/**/*.py") if path.name != "__init__.py"]


def commands(text: str) -> set[tuple[str, str]]:
    """The module and the options of each command; a command ends at a backtick, an empty line or a sentence's end."""
    return {
        (name.rstrip("."), " ".join(re.findall(r"--[a-z][\w-]*", re.split(r"\n\s*\n|\n```|[.;:] ", rest)[0])))
        for name, rest in COMMAND.findall(text)
    }


TEXTS = [
    *(path.read_text(encoding="utf-8") for path in PAGES),
    *(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in MODULES),
]
NAMED = sorted(set[tuple[str, str]]().union(*map(commands, TEXTS)))


def source(module: str) -> Path:
    """The file that `python -m` runs."""
    path = ROOT / module.replace(".", "/")
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


def test_documents_name_commands() -> None:
    """The documents are read: they name the benchmarks of every folder that measures."""
    folders = {module.split(".")[1] for module, _ in NAMED}
    assert {"faults", "labels", "language", "load", "speech", "training"} <= folders


@pytest.mark.parametrize("module", sorted({module for module, _ in NAMED}))
def test_command_runs(module: str) -> None:
    """It is a module that can be imported, and that does something when it is run."""
    imported = importlib.import_module(f"{module}.__main__" if source(module).name == "__main__.py" else module)
    assert hasattr(imported, "main") or hasattr(imported, "app")
    assert '\nif __name__ == "__main__":\n' in source(module).read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "options"), [named for named in NAMED if named[1]])
def test_options_exist(module: str, options: str) -> None:
    """The options in the documents are options of the command: added to its parser, or parameters of its function."""
    code = source(module).read_text(encoding="utf-8").rpartition('if __name__ == "__main__":')[0]
    for option in options.split():
        parameter = option.removeprefix("--").replace("-", "_")
        assert f'add_argument("{option}"' in code or re.search(rf"\b{parameter}: \w", code), option


@pytest.mark.parametrize("page", [path for path in PAGES if "<!-- begin: benchmarks" in path.read_text("utf-8")])
def test_parts_of_pages(page: Path) -> None:
    """Each part of a page is written under the name of a module, so that its next run replaces it."""
    for name in re.findall(r"<!-- begin: (\S+)", page.read_text(encoding="utf-8")):
        assert f'"{name}' in source(name).read_text(encoding="utf-8")
