"""The notebooks: each runs end to end on a small workspace, and shows what the tables hold."""

import importlib.util
import io
import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import altair as alt
import av
import polars as pl
import pytest

from flows.notebook import clip
from pipeline.store.delta import Store
from pipeline.store.zone import keep_zone
from tests.workspace import N_CALLS, N_MEETINGS, SELLERS, settle

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
ALL = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))


@pytest.fixture
def workspace(small_workspace: Path) -> Path:
    return small_workspace


def run(name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the notebook's cells define, run as `marimo run` would with every control as it stands."""
    monkeypatch.setenv("CALLGRADE_WORKSPACE", str(workspace))
    monkeypatch.setenv("CALLGRADE_ENCODER", "lexical")
    spec = importlib.util.spec_from_file_location(name, NOTEBOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    notebook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(notebook)
    _, defined = notebook.app.run()
    return dict(defined)


def drawn(defined: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows that a chart draws, from the specification a browser gets."""
    chart = defined[name]
    assert isinstance(chart, alt.TopLevelMixin)
    specification = json.loads(chart.to_json())
    return [row for rows in specification["datasets"].values() for row in rows]


def test_there_are_six() -> None:
    """Each test below runs one of them."""
    assert ALL == ["calibration", "first_look", "outcomes", "own_element", "person", "team"]


def test_first_look(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bars hold all conversations and all labels; the table of tables counts each table's rows."""
    shown = run("first_look", workspace, monkeypatch)
    store = Store(str(workspace))
    assert sum(row["conversations"] for row in drawn(shown, "by_week")) == N_CALLS + N_MEETINGS
    assert sum(row["n"] for row in drawn(shown, "colours")) == store.read("labels").height
    assert dict(shown["held"].select("table", "rows").rows())["measures"] == store.read("measures").height
    assert "Quality index" in shown["figures"]["KPI"]


def test_team(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tile is the person's mean level of the element, with the letter of the nearest colour; best person first."""
    shown = run("team", workspace, monkeypatch)
    tiles = {(row["name"], row["title"].replace("\n", " ")): row for row in drawn(shown, "heat")}
    store = Store(str(workspace))
    ann = store.read("calls").filter(lead_id="ann")["call_id"]
    levels = store.read("labels").filter(pl.col("call_id").is_in(ann.implode()), element="agenda")["expected_level"]
    tile = tiles["Ann Lee", "Sets the agenda"]
    mean = float(levels.mean() or 0)  # type: ignore[arg-type]
    assert tile["mean"] == pytest.approx(mean, abs=0.005)
    assert tile["text"] == f"{'ROYG'[int(mean + 0.5)]} {mean:.1f}"
    assert {name for name, _ in tiles} == set(SELLERS.values())
    means = shown["means"].group_by("name", maintain_order=True).agg(pl.col("overall").first())["overall"].to_list()
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("name", ["first_look", "team", "person", "outcomes"])
def test_settled_levels(name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A level that people settled is the one that is drawn, as on pages: it was the classifier's."""
    store = Store(str(shutil.copytree(workspace, tmp_path / "w")))
    settle(store, 3, rubric="discovery_call")
    shown = run(name, Path(store.root), monkeypatch)
    if name == "outcomes":
        assert set(shown["quality"]["value"]) == {3}
    else:
        assert set(shown["ratings"].filter(rubric="discovery_call")["level"]) == {3}


def test_weeks_of_the_zone(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A week begins on Monday in the workspace's zone, as on pages: it began then in UTC."""
    store = Store(str(shutil.copytree(workspace, tmp_path / "w")))
    keep_zone(store, "Pacific/Auckland")
    sunday = datetime(2026, 3, 8, 20, tzinfo=UTC)  # Monday in Auckland
    store.merge("calls", store.read("calls").with_columns(started_at=pl.lit(sunday)))
    shown = run("first_look", Path(store.root), monkeypatch)
    assert shown["weekly"]["week"].unique().to_list() == [date(2026, 3, 9)]


def test_calibrated_colours(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only provisional labels are called so: where all were calibrated, all were called provisional."""
    store = Store(str(shutil.copytree(workspace, tmp_path / "w")))
    store.merge("labels", store.read("labels").with_columns(status=pl.lit("calibrated")))
    assert run("first_look", Path(store.root), monkeypatch)["provisional"] == 0


def test_person(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moments are the person's own, two of each kind at most, and the habits include everybody's conversations."""
    shown = run("person", workspace, monkeypatch)
    chosen = shown["who"].value
    hrefs = Store(str(workspace)).read("calls").filter(lead_id=chosen).select(pl.format("calls/{}.html", "call_id"))
    assert set(shown["moments"]["call_href"]) <= set(hrefs.to_series())
    assert 1 <= shown["moments"].filter("good").height <= 2
    assert 1 <= shown["moments"].filter(~pl.col("good")).height <= 2
    assert shown["gold"].is_empty()  # nobody has agreed to be shown
    assert {row["own"] for row in drawn(shown, "habit_chart")} >= {True}
    assert drawn(shown, "over_time")


def test_calibration(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreement, severity, differences and reliability are those of the three automated raters, and it says so."""
    shown = run("calibration", workspace, monkeypatch)
    assert {row["rater"] for row in drawn(shown, "severity_chart")} == {"A", "B", "C"}
    assert set(shown["agreement"]["scope"]) == {"automated", "model"}
    assert sum(row["n"] for row in drawn(shown, "matrix")) == Store(str(workspace)).read("labels").height
    assert shown["differing"]["spread"].min() >= 1
    assert shown["points"]["found"].is_between(0, 1).all()
    assert drawn(shown, "plotted")


def test_calibration_after_a_rewording(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where an element's new wording means the same, its scores and labels stay, as on pages: they were gone. What a
    meeting decided is no rater's, and makes no difference between raters."""
    store = Store(str(shutil.copytree(workspace, tmp_path / "w")))
    scores = store.read("scores").filter(rubric="discovery_call", element="insight")
    met = {"rater": pl.lit("(meeting)"), "rater_kind": pl.lit("meeting"), "level": pl.lit(0, pl.Int64)}
    store.merge("scores", scores.unique("call_id").with_columns(**met, color=pl.lit("red")))
    rubrics = shutil.copytree(ROOT / "rubrics", tmp_path / "rubrics")
    before = run("calibration", workspace, monkeypatch)
    text = (rubrics / "discovery_call.yaml").read_text().replace("No story or insight", "Neither story nor insight")
    answer = f"- id: insight\n    same_meaning_as: ['{scores['rubric_hash'][0]}']"
    (rubrics / "discovery_call.yaml").write_text(text.replace("- id: insight", answer))
    monkeypatch.setenv("CALLGRADE_RUBRICS", str(rubrics))
    after = run("calibration", Path(store.root), monkeypatch)
    for name in ("agreement", "strict", "confusion", "differing"):
        assert after[name].drop("rubric_hash", strict=False).equals(before[name].drop("rubric_hash", strict=False))


def test_calibration_before_any_score(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without scores it stops after saying how to import some, and raises nothing."""
    store = Store(str(tmp_path))
    for name in ("calls", "labels"):
        store.merge(name, Store(str(workspace)).read(name))
    assert "agreement" not in run("calibration", tmp_path, monkeypatch)


def test_outcomes(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every discovery call with an outcome is a point, and the mean level's difference is that of the means."""
    shown = run("outcomes", workspace, monkeypatch)
    assert len({row["call_id"] for row in drawn(shown, "strip")}) == N_CALLS
    by_outcome = dict(
        shown["quality"]
        .join(shown["chosen"], on="call_id")
        .group_by(pl.col("outcome") == "advanced")
        .agg(pl.col("value").mean())
        .iter_rows()
    )
    row = shown["found"].filter(measure="mean level").to_dicts()[0]
    assert row["difference"] * row["sd"] == pytest.approx(by_outcome[True] - by_outcome[False], abs=0.01)
    assert row["low"] < row["difference"] < row["high"]


def test_own_element(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example element labels every discovery call by its anchors alone; its YAML is a rubric's entry."""
    shown = run("own_element", workspace, monkeypatch)
    assert shown["judged"].height == N_CALLS
    assert set(shown["judged"]["basis"]) == {"anchors"}
    assert sum(row["n"] for row in drawn(shown, "bars")) == N_CALLS
    assert "- id: summarises\n" in shown["text"]


def test_moments_play() -> None:
    """A moment of a recording is an MP3 of it with a second to either side; without the recording it is none."""
    recording = next((ROOT / "data" / "samples").rglob("*.wav"), None) or next(
        (ROOT / "data" / "samples").rglob("*.mp3")
    )
    sound = clip(str(recording), 3.0, 5.0)
    assert sound is not None
    assert decode_bytes(sound) == pytest.approx(4.0, abs=0.1)
    assert clip(None, 3.0, 5.0) is None
    assert clip("gone.wav", 3.0, 5.0) is None


def decode_bytes(sound: bytes) -> float:
    """How many seconds of sound there are."""
    with av.open(io.BytesIO(sound)) as source:
        return sum(frame.samples / frame.sample_rate for frame in source.decode(audio=0))


PHONE_PX = 360
CHARTS = {
    "first_look": ("by_week", "colours"),
    "person": ("over_time", "habit_chart"),
    "team": ("heat", "spread", "middle_shift"),
    "outcomes": ("strip", "everything"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_fit_a_telephone(name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chart is as wide as its page, or narrower than a telephone's: they were 520 and more."""
    shown = run(name, workspace, monkeypatch)
    drawings = [json.loads(shown[chart].to_json()) for chart in CHARTS[name]]
    widths = [drawing.get("spec", drawing)["width"] for drawing in drawings]
    assert all(width == "container" or width <= PHONE_PX for width in widths)


@pytest.mark.parametrize("name", ALL)
def test_empty_workspace(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is scored each says so instead of failing."""
    run(name, tmp_path, monkeypatch)
