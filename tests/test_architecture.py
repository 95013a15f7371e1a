"""Architecture: imports point one way, no two modules import each other, nothing is passed on, no drawer overflows."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipeline", "models", "flows")  # each may import those before it
STAGES = (  # of pipeline: each may import those before it, stages side by side do not import each other
    {"tables", "errors", "location", "settings"},
    {"intake"},
    {"transcripts"},
    {"speech", "language"},
    {"store"},
    {"metrics"},
    {"pages", "export"},
)
GROUND = STAGES[0]
MOST_LINES = 300
MOST_FILES = 16


def modules() -> dict[str, Path]:
    """Every module of the three packages by its dotted name."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the three packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


@pytest.fixture(scope="module")
def arrows() -> set[tuple[str, str]]:
    """Every import of one of our modules by another."""
    known = modules()
    found = {(name, target) for name, path in known.items() for target in imported(path, known) if target != name}
    assert len(found) > 100
    return found


def stage(module: str) -> int:
    """The number of a pipeline module's stage."""
    (number,) = [number for number, names in enumerate(STAGES) if module.split(".")[1] in names]
    return number


def test_labels_do_not_depend_on_the_trained_pipeline(arrows: set[tuple[str, str]]) -> None:
    """What may or may not be installed is read by redaction alone; the plan of a run and doctor say whether it is."""
    readers = {name for name, target in arrows if target == "pipeline.transcripts.entities"}
    assert readers == {"pipeline.transcripts.redact", "flows.todo", "flows.cli.doctor"}


def test_packages_point_one_way(arrows: set[tuple[str, str]]) -> None:
    """flows imports models and pipeline, models imports pipeline, pipeline neither."""
    order = {name: number for number, name in enumerate(PACKAGES)}
    wrong = [(user, used) for user, used in arrows if order[user.split(".")[0]] < order[used.split(".")[0]]]
    assert wrong == []


def test_stages_point_down(arrows: set[tuple[str, str]]) -> None:
    """Inside pipeline a stage imports itself and what comes before it in the way of the data."""
    inner = [pair for pair in arrows if all(name.startswith("pipeline.") for name in pair)]
    apart = [(user, used) for user, used in inner if user.split(".")[1] != used.split(".")[1]]
    wrong = [
        (user, used)
        for user, used in apart
        if stage(user) < stage(used) or (stage(user) == stage(used) and user.split(".")[1] not in GROUND)
    ]
    assert wrong == []


def test_no_circles(arrows: set[tuple[str, str]]) -> None:
    """No two modules import each other, nor any more of them in a ring."""
    uses: dict[str, set[str]] = {}
    for user, used in arrows:
        uses.setdefault(user, set()).add(used)
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for used in sorted(uses.get(module, ())):
                walk(used, (*path, module))
            done.add(module)

    for module in sorted(uses):
        walk(module, ())


def test_nothing_is_passed_on(arrows: set[tuple[str, str]]) -> None:
    """A name is imported from the module that defines it; no list of names hides where a function lives."""
    known = modules()
    defined = {name: set(definitions(path)) for name, path in known.items()}
    for path in [*known.values(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in known:
                names = {alias.name for alias in node.names if f"{node.module}.{alias.name}" not in known}
                assert names <= defined[node.module], f"{path}: {names - defined[node.module]} from {node.module}"
        if path in known.values():
            assert "__all__" not in definitions(path), path


def definitions(path: Path) -> list[str]:
    """The names that the top level of a module defines, imports left out."""
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        elif isinstance(node, ast.For):
            names += [name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)]
    return names


@pytest.mark.parametrize("package", [*PACKAGES, "benchmarks"])
def test_size(package: str) -> None:
    """A module has one job, in 300 lines at most; a folder is a stage, of 16 files at most."""
    paths = [path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts]
    long = {str(path.relative_to(ROOT)): n for path in paths if (n := len(path.read_text().splitlines())) > MOST_LINES}
    assert long == {}
    full = Counter(str(path.parent.relative_to(ROOT)) for path in paths if path.name != "__init__.py")
    assert {folder: n for folder, n in full.items() if n > MOST_FILES} == {}
