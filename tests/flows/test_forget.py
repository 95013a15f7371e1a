"""Forgetting: after it no file of the workspace or an export holds a name or a word of what was erased."""

import shutil
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from flows.cli import output
from flows.cli.options import Options
from flows.forget import chosen_calls
from flows.nightly import nightly
from flows.publish import write_pages
from models.ratings.rubrics import load_rubrics
from pipeline.export.targets import export
from pipeline.settings import load_settings
from pipeline.store.delta import Store
from pipeline.store.zone import keep_zone
from tests.conftest import SAMPLES, Night, callgrade_here, served_by
from tests.workspace import RUBRICS

pytestmark = pytest.mark.usefixtures("prefect")
NAMES = (b"Susan Cole", b"susan-cole")
PARTS = ("calls", "utterances", "acts", "measures", "labels", "evidence")


def text_call(path: Path, turns: list[tuple[str, str]]) -> None:
    """A transcript as plain text, long enough to be measured."""
    path.write_text("".join(f"{name}: {text}\n" for name, text in turns))


@pytest.fixture(scope="module")
def scored(night: Night, prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three read calls: two meetings of Susan and Mark, and a call of Mark's; a folder to copy."""
    folder = tmp_path_factory.mktemp("team")
    for part in ("models", "tables/models"):
        shutil.copytree(night.workspace / part, folder / "w" / part)
    words = "I will send the zirconium catalogue to you by Thursday. Thank you, that would help us a great deal."
    one_on_one = [(name, f"{line} {words}") for line in ("So how was the week?", "Fine I think.") * 8
                  for name in ("Susan Cole", "Mark Bell")]  # fmt: skip
    text_call(folder / "first.txt", one_on_one)
    text_call(folder / "second.txt", [*one_on_one, ("Mark Bell", "Yes, done.")])
    shutil.copy(SAMPLES / "ross-animal-care.vtt", folder / "own.vtt")
    people = {"lead_id": "susan-cole", "lead_name": "Susan Cole", "other_id": "mark-bell", "other_name": "Mark Bell"}
    own = {"lead_id": "mark-bell", "lead_name": "Mark Bell", "other_name": "Jane Ross", "manager_id": "susan-cole"}
    listed = [
        {"transcript": "first.txt", "interaction": "one_on_one", "started_at": "2026-03-05T10:00Z", **people},
        {"transcript": "second.txt", "interaction": "one_on_one", "started_at": "2026-03-12T10:00Z", **people},
        {"transcript": "own.vtt", "interaction": "discovery_call", "started_at": "2026-03-13T10:00Z", **own},
    ]
    pl.DataFrame(listed).write_csv(folder / "calls.csv")
    (folder / "w" / "consent.yaml").write_text("susan-cole: true\nmark-bell: true\n")
    settings = load_settings(
        workspace=str(folder / "w"), rubrics=night.rubrics, encoder="lexical", transcriber="whisper"
    )
    with served_by(prefect_server):
        assert nightly(folder / "calls.csv", settings).failed.is_empty()
    write_pages(Store(settings.workspace), night.rubrics)
    return folder


@pytest.fixture
def team(scored: Path, night: Night, tmp_path: Path) -> Night:
    """A copy of the scored team that exports to CSV and DuckDB."""
    workspace = Path(shutil.copytree(scored / "w", tmp_path / "w"))
    exports = [f"csv:{tmp_path / 'csv'}", f"duckdb:{tmp_path / 'bi.duckdb'}"]
    (workspace / "callgrade.toml").write_text(f"exports = {exports}\n")
    return Night(night.done, scored / "calls.csv", workspace, night.rubrics, night.log)


def export_all(team: Night) -> None:
    folder = team.workspace.parent
    for target in (f"csv:{folder / 'csv'}", f"duckdb:{folder / 'bi.duckdb'}"):
        export(team.store, target, load_rubrics(team.rubrics))


def holding(team: Night, *words: bytes) -> list[str]:
    """The files of workspace and exports in which one of the words stands."""
    files = [path for path in team.workspace.parent.rglob("*") if path.is_file()]
    found = []
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":  # pages are compressed: what is stored counts, not how
            content += pl.read_parquet(BytesIO(content)).write_ndjson().encode() if content else b""
        if any(word in content for word in words):
            found.append(path.name)
    return found


def forget(team: Night, *which: str) -> str:
    done = callgrade_here("forget", *which, "--workspace", team.workspace, "--rubrics", team.rubrics)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_person(team: Night) -> None:
    """All calls of a person go, from every table and its history, pages and exports; the calls of others stay."""
    export_all(team)
    for word in (b"zirconium", *NAMES):
        assert {"fact_label.csv", "bi.duckdb"} & set(holding(team, word)), word
    kept = {part: team.store.read(part, where=pl.col("call_id") == "own") for part in PARTS}
    said = forget(team, "--person", "susan-cole")
    assert "2 calls were removed" in said
    assert holding(team, b"zirconium", *NAMES) == []
    assert team.store.read("calls")["call_id"].to_list() == ["own"]
    assert team.store.read("calls")["manager_id"].to_list() == [None]
    for part in PARTS[1:]:
        assert team.store.read(part).sort(pl.all()).equals(kept[part].sort(pl.all())), part
    assert team.store.read("kpis").height > 0
    assert (team.workspace / "consent.yaml").read_text() == "mark-bell: true\n"


def test_one_call(team: Night) -> None:
    """Of one call nothing stays, not even what was carried from it into the next meeting."""
    assert "first" in team.store.read("actions")["carried_from"].to_list()
    before = team.store.read("labels", where=pl.col("call_id") == "second")
    forget(team, "--call", "first")
    assert "first" not in team.store.read("calls")["call_id"].to_list()
    assert "first" not in team.store.read("actions")["carried_from"].to_list()
    assert team.store.read("labels", where=pl.col("call_id") == "second").height == before.height


def test_before_a_day_and_dry_run(team: Night) -> None:
    """A dry run says what would go and removes nothing; then the calls of earlier days go."""
    tables = {part: team.store.read(part) for part in PARTS}
    said = forget(team, "--before", "2026-03-12", "--dry-run")
    assert "1 calls would be removed" in said
    assert all(team.store.read(part).equals(tables[part]) for part in PARTS)
    forget(team, "--before", "2026-03-12")
    assert sorted(team.store.read("calls")["call_id"]) == ["own", "second"]


def test_nobody(night: Night) -> None:
    """Who is not there cannot be forgotten: one sentence, status 2."""
    done = callgrade_here("forget", "--person", "nobody", "--workspace", night.workspace, "--rubrics", night.rubrics)
    assert done.returncode == 2
    assert "no person 'nobody'" in done.stderr


@pytest.fixture
def rated(small_workspace: Path, tmp_path: Path) -> Store:
    """The small workspace, in which Mia's manager scored a call and settled a label, and sat silent in another call; a
    list of people names him, and Bob as Mia's."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    of_first = pl.col("call_id") == "w1-001"
    given = store.read("scores").filter(of_first).unique("element")
    store.merge("scores", given.with_columns(rater=pl.lit("nils"), rater_kind=pl.lit("person"), note=pl.lit("beryl")))
    label = store.read("labels").filter(of_first, element="agenda")
    settled = {"raised_by": pl.lit("ann"), "settled_by": pl.lit("nils"), "machine_level": pl.col("level")}
    about = ("call_id", "rubric", "element", "rubric_hash", "model_id", "level")
    store.merge("overrides", label.select(*about, **settled, settled_at=pl.lit(datetime(2026, 4, 1, tzinfo=UTC))))
    listed = (
        pl.when(pl.col("call_id") == "w1-002")
        .then(pl.lit("Nils Orr (nils, manager)"))
        .when(pl.col("call_id") == "w1-003")
        .then(pl.lit("Nil Son (nilson, customer)"))
    )
    store.merge("calls", store.read("calls").with_columns(x_people=listed))
    (store.place / "people.csv").write_text("person,name,manager\nbob,Bob Ray,mia\nmia,Mia Fox,nils\n")
    return store


def test_who_scored_and_settled(rated: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """What a forgotten person scored goes, and the name from what was settled for others; a call goes in which the
    person was listed and silent. All of it stayed. Lists that name the person are told, as pages are made of them."""
    assert chosen_calls(rated, person_id="nils")["call_id"].to_list() == ["w1-002"]
    options = Options(workspace=rated.root, rubrics=RUBRICS)
    assert output.forget(person="nils", dry_run=True, options=options) == 0
    assert output.forget(person="nils", options=options) == 1
    said = capsys.readouterr().out
    assert said.count("people.csv in the workspace names 'nils': take that out") == 2
    assert said.count("a list that names them has them scored again") == 1
    assert rated.read("scores").filter(pl.col("rater") == "nils").is_empty()
    assert rated.read("overrides").select("raised_by", "settled_by", "level").rows()[0][:2] == ("ann", "(forgotten)")
    for path in (rated.place / "tables").rglob("*.parquet"):
        text = pl.read_parquet(path).write_ndjson()
        assert "beryl" not in text, path
        assert '"nils"' not in text or "kpis" in path.parts, path


def test_who_only_scored(rated: Store) -> None:
    """Somebody who scored and is in no call can be forgotten; it was said that nobody is called so."""
    rated.erase("calls", call_id=["w1-002"])
    assert chosen_calls(rated, person_id="nils").is_empty()
    assert output.forget(person="nils", options=Options(workspace=rated.root, rubrics=RUBRICS)) == 1
    assert rated.read("scores").filter(pl.col("rater") == "nils").is_empty()


def test_before_a_day_of_the_zone(rated: Store) -> None:
    """A day begins in the workspace's zone: calls of the day itself went where it begins before UTC's."""
    keep_zone(rated, "Australia/Sydney")
    at = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)  # half past midnight of the 5th in Sydney
    moved = pl.when(pl.col("call_id") == "w1-002").then(pl.lit(at)).otherwise("started_at")
    rated.merge("calls", rated.read("calls").with_columns(started_at=moved))
    options = Options(workspace=rated.root, rubrics=RUBRICS)
    assert output.forget(before=date(2026, 3, 5), options=options) == 0
    assert rated.read("calls")["call_id"].sort().to_list()[:2] == ["w1-002", "w1-003"]


def test_an_export_that_cannot_be_written(rated: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was erased is told although one target could not follow, the others do, and it is said which still holds it:
    asked for again, the call was nobody's, and the target kept it."""
    (tmp_path / "blocked").write_text("a file where a folder should be")
    targets = [f"csv:{tmp_path / 'blocked'}", f"csv:{tmp_path / 'csv'}"]
    (rated.place / "callgrade.toml").write_text(f"exports = {targets}\n")
    assert output.forget(call="w1-001", options=Options(workspace=rated.root, rubrics=RUBRICS)) == 1
    said = capsys.readouterr().out
    assert f"{targets[0]} still holds what was erased" in said
    assert "1 calls were removed" in said
    assert "w1-001" not in (tmp_path / "csv" / "dim_call.csv").read_text()
