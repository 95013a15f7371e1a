"""The command line: every wrong use is one sentence and status 2, every right one does what it says."""

import importlib
import inspect
import re
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from flows import __main__ as command
from pipeline.store.delta import Store
from tests.conftest import ROOT, Night


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """Status, output and errors of the command line, called in this process."""
    monkeypatch.setattr(sys, "argv", ["callgrade", *map(str, arguments)])
    monkeypatch.setattr("os.umask", lambda mask: mask)
    with pytest.raises(SystemExit) as ended:
        command.main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["report"], "no workspace here yet; score a call list first"),
        (["agreement"], "no workspace here yet"),
        (["export", "csv:out"], "no workspace here yet"),
        (["scores", "scores.csv"], "no workspace here yet"),
        (["train", "tea_party"], "no rubric 'tea_party'; there are account_review"),
        (["train", "--element", "charm"], "no element 'charm'; there are"),
        (["doctor", "--device", "tpu"], "setting device"),
        (["rubrics", "check", "--rubrics", "nowhere"], "nowhere"),
        (["rubrics", "diff", "nowhere"], "nowhere"),
    ],
)
def test_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    """What cannot be done is said in one line that tells what would help, with status 2 and without a traceback."""
    monkeypatch.setenv("CALLGRADE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("CALLGRADE_RUBRICS", str(ROOT / "rubrics"))
    status, said, complained = run(monkeypatch, capsys, *arguments)
    assert complaint in said + complained
    assert status == (1 if "check" in arguments else 2)
    assert len((said + complained).strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_unknown_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is none is refused with status 2."""
    status, said, complained = run(monkeypatch, capsys, "scroe", "list.csv")
    assert status == 2
    assert "scroe" in said + complained


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("calls.csv", None, "calls.csv"),
        ("calls.doc", "x", "calls.doc"),
        ("calls.csv", "recording\na.wav\n", "interaction"),
    ],
)
def test_unreadable_list(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | None,
    complaint: str,
) -> None:
    """A call list that cannot be read: one sentence, status 2, nothing scored."""
    if content is not None:
        (tmp_path / name).write_text(content)
    status, _, complained = run(
        monkeypatch, capsys, "score", tmp_path / name, "--workspace", tmp_path / "w", "--rubrics", ROOT / "rubrics"
    )
    assert status == 2
    assert complaint in complained
    assert len(complained.strip().splitlines()) == 1
    assert not (tmp_path / "w").exists()


def test_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The workspace's callgrade.toml is read, the environment comes before it, an option before both."""
    (tmp_path / "callgrade.toml").write_text('device = "cuda:7"\nrubrics = "from_file"\n')
    assert "cuda:7 is asked for" in run(monkeypatch, capsys, "doctor", "--workspace", tmp_path)[1]
    monkeypatch.setenv("CALLGRADE_RUBRICS", "from_environment")
    assert "from_environment" in "".join(run(monkeypatch, capsys, "rubrics", "check", "--workspace", tmp_path)[1:])
    said = run(monkeypatch, capsys, "rubrics", "check", "--workspace", tmp_path, "--rubrics", ROOT / "rubrics")[1]
    assert f"11 rubrics, 85 elements in {ROOT / 'rubrics'}" in said.replace("\n", "")


def test_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every engine is examined, and beside what is not at hand stands what would help."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CALLGRADE_DIARIZATION_MODEL", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CALLGRADE_RUBRICS", str(ROOT / "rubrics"))
    status, said, _ = run(monkeypatch, capsys, "doctor", "--workspace", tmp_path, "--encoder", "lexical")
    assert status == 0
    for what in ("whisper", "channels", "voices", "pyannote", "encoder", "rubrics", "store", "prefect"):
        assert re.search(rf"^ {what} +(ok|gap)", said, re.MULTILINE), what
    assert "CALLGRADE_DIARIZATION_MODEL" in said


def test_scores_and_agreement(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores are imported row by row, bad rows are named, and agreement counts what people gave."""
    list_of_scores, store = tmp_path / "scores.csv", Store(str(tmp_path / "workspace"))
    shutil.copytree(night.workspace, store.root)
    rows = [(call, "agenda", rater, level) for call in ("heard", "read") for rater, level in (("Kim", 1), ("Lee", 2))]
    rows += [("heard", "charm", "Kim", 1), ("nowhere", "agenda", "Kim", 1)]
    pl.DataFrame(rows, schema=["call_id", "element", "rater", "level"], orient="row").write_csv(list_of_scores)
    at = ("--workspace", store.root, "--rubrics", night.rubrics)
    status, said, _ = run(monkeypatch, capsys, "scores", list_of_scores, *at)
    assert status == 1
    assert "4 scores imported, 2 rows left out" in said
    assert "scores.csv row 6: " in said
    assert "scores.csv row 7: " in said
    status, said, _ = run(monkeypatch, capsys, "agreement", "discovery_call", *at)
    assert status == 0
    assert re.search(r"agenda +2 people +2 ", said)
    stored = store.read("agreement").filter(rubric="discovery_call", element="agenda", scope="people")
    assert stored.select("n_calls", "n_raters", "exact", "adjacent").rows() == [(2, 2, 0.0, 1.0)]


def test_no_score_imported(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no row could be imported, nothing is said of what training would learn from them; it was."""
    list_of_scores, store = tmp_path / "scores.csv", Store(str(tmp_path / "workspace"))
    shutil.copytree(night.workspace, store.root)
    list_of_scores.write_text("call_id,element,rater,level\nnowhere,agenda,Kim,1\n")
    at = ("--workspace", store.root, "--rubrics", night.rubrics)
    status, said, _ = run(monkeypatch, capsys, "scores", list_of_scores, *at)
    assert status == 1
    assert "0 scores imported, 1 rows left out" in said
    assert "learns from them" not in said
    assert "correct the rows named above" in said


def test_status_in_80_columns(
    night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and numbers stand whole on a terminal of 80 columns, each element on a line; they were broken up."""
    monkeypatch.setattr("flows.cli.rubrics.console", Console(highlight=False, width=80))
    at = ("--workspace", night.workspace, "--rubrics", ROOT / "rubrics")
    status, said, _ = run(monkeypatch, capsys, "rubrics", "status", *at)
    assert status == 0
    lines = said.splitlines()
    for element in ("agenda", "recommendations_as_questions", "next_steps"):
        assert any(re.match(rf" {element} +\d+ +(too_few_scores|failed|passed|-) ", line) for line in lines), element
    assert all(len(line) <= 80 for line in lines if not line.startswith(" stale"))


@pytest.mark.parametrize("command", [["export", "csv:out", "--since"], ["forget", "--before"]])
def test_day_names_its_form(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day that is none is refused with the form that is right."""
    status, said, complained = run(monkeypatch, capsys, *command, "last Monday")
    assert status == 2
    assert "year-month-day, such as 2026-04-20" in " ".join((said + complained).replace("│", " ").split())


def test_export(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The star schema is written where it is asked for."""
    at = ("--workspace", night.workspace, "--rubrics", night.rubrics)
    status, said, _ = run(monkeypatch, capsys, "export", f"parquet:{tmp_path / 'bi'}", *at)
    assert status == 0
    assert re.search(r"fact_label +14 ", said)
    assert pl.read_parquet(tmp_path / "bi" / "fact_label.parquet").height == 14


def test_report_of_one_call(night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The page of a call is written and named."""
    at = ("--workspace", night.workspace, "--rubrics", night.rubrics)
    status, said, _ = run(monkeypatch, capsys, "report", "--call", "heard", *at)
    assert status == 0
    page = Path(said.replace("\n", "").removeprefix("Pages: "))
    assert "Mark Bell" in page.read_text()


def test_commands_of_the_readme() -> None:
    """The commands that the README names are there, and CI runs its lint and exactly its test command."""
    readme = (ROOT / "README.md").read_text()
    named = {name for name in re.findall(r"callgrade ([a-z]+)", readme) if name != "takes"}
    assert named >= {"score", "scores"}
    assert named <= {name for name in command.app if not name.startswith("-")}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)", readme, re.MULTILINE)) <= targets
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == ["make lint", "make test"]


def test_summaries_of_commands() -> None:
    """What `--help` says of a command without loading it is the first line of what the command says of itself."""
    shown = {
        f"flows.cli.{module}:{command.FUNCTIONS.get(name, name)}": text
        for name, (module, text) in command.COMMANDS.items()
    }
    shown |= {f"flows.cli.rubrics:{name}": text for name, text in command.OF_RUBRICS.items()}
    for path, text in shown.items():
        module, _, name = path.partition(":")
        function = getattr(importlib.import_module(module), name)
        assert (inspect.getdoc(function) or "").splitlines()[0] == text, name


def test_packages_are_those_of_the_repository() -> None:
    """What is imported is what is tested: an installed copy would come before it on the path."""
    for name in ("pipeline", "models", "flows"):
        assert Path(sys.modules[name].__path__[0]) == ROOT / name
