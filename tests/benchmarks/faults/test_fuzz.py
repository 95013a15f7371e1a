"""Hostile files and names: every reader takes or refuses them in a sentence, and nothing is written outside."""

import pickle
import shutil
import time
import unicodedata
import zipfile
from pathlib import Path

import polars as pl
import pytest

from benchmarks.faults.fuzz import READERS, fuzz
from benchmarks.faults.seeds import KINDS
from benchmarks.faults.two_writers import assessment
from flows.publish import write_pages
from flows.records import begin, record
from models.learning.element_model import ABOUT, ARRAYS, load
from models.ratings.rubrics import RubricError, load_rubrics
from models.ratings.scores import read_scores
from pipeline.errors import CallError
from pipeline.export.targets import export
from pipeline.intake.calls import read_calls
from pipeline.metrics.cadence import load_plan
from pipeline.pages.parts.coaching import read_consent
from pipeline.settings import load_settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.store.delta import Store
from pipeline.transcripts.formats import read_transcript
from tests.conftest import ROOT, write_wav

INPUTS = 60
FEWER = {"recording": 20}


@pytest.mark.parametrize("name", READERS)
def test_mutated(name: str, tmp_path: Path) -> None:
    """Of mutated files some are taken and some refused, each in one sentence: nothing else is raised."""
    outcome = fuzz(name, FEWER.get(name, INPUTS), seed=1, folder=tmp_path)
    assert outcome.broken == {}
    assert outcome.accepted > 0
    assert outcome.refused > 0


def refused(path: Path) -> str:
    """The one sentence by which a call list is refused."""
    with pytest.raises(ValueError, match="cannot be read") as raised:
        read_calls(path, KINDS)
    (line,) = str(raised.value).splitlines()
    return line


def workbook(path: Path, part: str = "", old: bytes = b"", new: bytes = b"") -> Path:
    """A call list of one row as a workbook, with one of its parts changed."""
    pl.DataFrame({"recording": ["a.wav"], "interaction": ["one_on_one"]}).write_excel(path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            assert not name.endswith(part or "?") or old in content
            packed.writestr(name, content.replace(old, new) if part and name.endswith(part) else content)
    return path


def test_workbook_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    """It is refused by the sizes that it states, before anything is unpacked, by lists and scores alike."""
    path = workbook(tmp_path / "bomb.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed, packed.open("x.xml", "w") as part:
        for _ in range(210):
            part.write(b" " * 1_000_000)
    began = time.perf_counter()
    assert refused(path).endswith("it unpacks to more than 200 MB; save its rows as CSV")
    with pytest.raises(ValueError, match="unpacks to more than 200 MB"):
        read_scores(path, load_rubrics(ROOT / "rubrics"), pl.DataFrame())
    assert time.perf_counter() - began < 1


def test_workbook_that_lies_about_its_size(tmp_path: Path) -> None:
    """A part that unpacks to more than it states is damaged; no more than what it states is unpacked."""
    path = workbook(tmp_path / "list.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x.xml", b" " * 3_000_000)
    stated = (3_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(stated, (30).to_bytes(4, "little")))
    assert "no XLSX workbook, or it is damaged" in refused(path)


@pytest.mark.parametrize(
    ("part", "old", "new", "complaint"),
    [
        ("sheet1.xml", b'r="B2"', b'r="XFD1048576"', "its sheet spans 17,179,869,184 cells; delete empty rows"),
        ("sheet1.xml", b'ref="A1:B2"', b'ref="A1:XFD1048576"', "its sheet spans 17,179,869,184 cells"),
        ("workbook.xml", b"<sheets>", b"<sheets", "no XLSX workbook, or it is damaged or protected"),
    ],
)
def test_workbook_refused(tmp_path: Path, part: str, old: bytes, new: bytes, complaint: str) -> None:
    """A cell far away, of which the reader would fill the way with empty ones, and what is no workbook."""
    assert complaint in refused(workbook(tmp_path / "list.xlsx", part, old, new))


def test_workbook_that_promises_texts(tmp_path: Path) -> None:
    """How many texts it states to have is not believed: memory for all of them was taken, and the process ended."""
    path = workbook(tmp_path / "list.xlsx", "sharedStrings.xml", b'uniqueCount="', b'uniqueCount="429496729')
    assert read_calls(path, KINDS)["error_code"].to_list() == ["missing_file"]


def test_damaged_parquet(tmp_path: Path) -> None:
    """A page of a Parquet file with other bytes is refused; what reads it does not end the process."""
    path = tmp_path / "list[1].parquet"
    pl.DataFrame({"recording": ["a.wav"], "interaction": ["one_on_one"]}).write_parquet(path)
    assert read_calls(path, KINDS).height == 1
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(60) + content[64:])
    assert refused(path).endswith("it is no Parquet file, or it is damaged")


def listed(folder: Path, rows: dict[str, list[str | None]]) -> pl.DataFrame:
    """What is read of a list of such columns."""
    n_rows = len(next(iter(rows.values())))
    whole = {"recording": ["a.wav"] * n_rows, "interaction": ["one_on_one"] * n_rows} | rows
    (folder / "a.wav").touch()
    pl.DataFrame(whole).write_csv(folder / "list.csv")
    return read_calls(folder / "list.csv", KINDS)


def test_ids_made_unique_stay_unique(tmp_path: Path) -> None:
    """An id that is made for a repeated row is nobody else's, whatever calls are called; good rows keep theirs."""
    rows = listed(tmp_path, {"call_id": ["a#row3", "a", "a", "a#row4", "a"]})
    assert rows["call_id"].n_unique() == 5
    good = rows.filter(pl.col("error_code").is_null())
    assert set(good["call_id"]) == {"a", "a#row3", "a#row4"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("scheduled_minutes", "nan", "bad_metadata"),
        ("scheduled_minutes", "1e999", "bad_metadata"),
        ("started_at", "0001-01-01T00:00+23:59", "bad_metadata"),
        ("started_at", "9999-12-31T23:59-23:59", "bad_metadata"),
        ("recording", "x" * 5_000, "missing_file"),
        ("recording", "a\0.wav", "missing_file"),
    ],
)
def test_values_that_broke_the_whole_list(tmp_path: Path, column: str, value: str, code: str) -> None:
    """One row with such a value is an error of that row."""
    assert listed(tmp_path, {column: [value]})["error_code"].to_list() == [code]


def test_columns_that_no_table_holds(tmp_path: Path) -> None:
    """Columns with a backtick or a NUL in their name are kept under one that can be stored; before, the run ended."""
    rows = listed(tmp_path, {"call_id": ["a"], "own`er": ["x"], "a\0b": ["y"], "a,b;{}=.": ["z"]})
    store = Store(str(tmp_path / "w"))
    run = begin(store, "nightly", "c", n_calls=1)
    bad = rows.with_columns(error_code=pl.lit("silent"), error=pl.lit("x"), content=pl.lit(None, pl.String))
    for _ in range(2):
        record(store, run, bad)
    assert store.read("calls").select("x_own_er", "x_a_b", "x_a,b;{}=.").rows() == [("x", "y", "z")]


def test_same_column_twice(tmp_path: Path) -> None:
    """Two columns that differ in case alone are named."""
    (tmp_path / "list.csv").write_text("recording,Recording ,interaction\na.wav,b.wav,one_on_one")
    with pytest.raises(ValueError, match="has column recording twice; keep one"):
        read_calls(tmp_path / "list.csv", KINDS)


BOMB = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 60))])
DEEP = "[" * 100_000
TAGGED = "title: !!timestamp x"


@pytest.mark.parametrize("written", [BOMB, DEEP, TAGGED, "a: " + "- " * 3_000, "x" * 400_000, "\0"])
def test_yaml_that_expands_or_nests(tmp_path: Path, written: str) -> None:
    """Rubrics, the plan and consents refuse aliases, deep nesting and tags that do not fit, in one sentence each."""
    (tmp_path / "rubrics").mkdir()
    for path in ("rubrics/chat.yaml", "cadence.yaml", "consent.yaml"):
        (tmp_path / path).write_text(written)
    began = time.perf_counter()
    with pytest.raises(RubricError, match=r"chat\.yaml:.* is not YAML"):
        load_rubrics(tmp_path / "rubrics")
    with pytest.raises(ValueError, match="is not YAML") as raised:
        load_plan(tmp_path)
    assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="is no list of consents"):
        read_consent(tmp_path)
    assert time.perf_counter() - began < 5


def test_settings_that_are_no_toml(tmp_path: Path) -> None:
    """The file is named, and what is wrong in it."""
    (tmp_path / "callgrade.toml").write_text("encoder = \n")
    with pytest.raises(ValueError, match=r"callgrade\.toml of the workspace: cannot be read .*line 1"):
        load_settings(workspace=str(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "Ann: hello\nBob: yes\n" + "and so on\n" * 300_000,
        "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "<v " * 300_000,
        "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "<v.a" * 200_000 + "<" * 200_000,
        '{"results": {"items": [{"type": "pronunciation", "start_time": "0", "end_time": "1", "alternatives": '
        '[{"content": "a"}]}' + ', {"type": "punctuation", "alternatives": [{"content": "......"}]}' * 100_000 + "]}}",
        '{"status": "completed", "words": ['
        + ", ".join(f'{{"start": {n}, "end": {n}, "text": "a", "speaker": "A"}}' for n in range(100_000)) + "]}",
        "x\n00:00:00.000 --> 00:00:01.000\n" * 60_000,
    ],
    ids=["lines", "voices", "tags", "punctuation", "words", "cues"],
)  # fmt: skip
def test_long_transcripts_take_time_in_proportion(tmp_path: Path, text: str) -> None:
    """Files of megabytes that took the square of their length are read or refused within seconds of processor time."""
    (tmp_path / "long.txt").write_text(text)
    began = time.process_time()
    try:
        read_transcript(tmp_path / "long.txt")
    except CallError as error:
        assert error.code == "unsupported_transcript"  # noqa: PT017  either will do
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", ["\\ud800", "x"])
def test_halves_of_letters(tmp_path: Path, name: str) -> None:
    """A speaker whose name is no text that can be stored is refused when it is read, not when it is written."""
    own = (ROOT / "tests/pipeline/transcripts/samples/callgrade.json").read_text().replace('"maya"', f'"{name}"')
    (tmp_path / "own.json").write_text(own)
    if name == "x":
        assert read_transcript(tmp_path / "own.json").speakers["S0"].person_id == "x"
    else:
        with pytest.raises(CallError, match="damaged or of no known format"):
            read_transcript(tmp_path / "own.json")


def test_control_characters_are_no_text(tmp_path: Path) -> None:
    """What no database takes is not taken over from a transcript."""
    (tmp_path / "own.txt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>a\x01b\x1bc</v>")
    assert read_transcript(tmp_path / "own.txt").utterances["text"].to_list() == ["a b c"]


@pytest.mark.parametrize("name", ["list.ffconcat", "list.wav"])
def test_playlist_of_other_recordings(tmp_path: Path, name: str) -> None:
    """A file that names another recording, under whatever name, is none: what is heard is what was hashed."""
    tone = pl.Series(range(11 * RATE_HZ)).cast(pl.Float64).sin().to_numpy()[None]
    write_wav(tmp_path / "other.wav", 0.3 * tone)
    (tmp_path / name).write_text("ffconcat version 1.0\nfile other.wav\n")
    assert decode(tmp_path / "other.wav").duration_s == pytest.approx(11)
    with pytest.raises(CallError) as raised:
        decode(tmp_path / name)
    assert raised.value.code == "unreadable_audio"


class Evil:
    """A pickle of it makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", [ABOUT, ARRAYS])
def test_pickle_in_the_place_of_a_model(tmp_path: Path, name: str) -> None:
    """It is refused in one sentence, and nothing in it is run."""
    for file, content in READERS["model"].seeds():
        (tmp_path / file).write_bytes(content)
    assert load(tmp_path).model_id == "m"
    (tmp_path / name).write_bytes(pickle.dumps(Evil(tmp_path / "ran")))
    with pytest.raises(ValueError, match="train again"):
        load(tmp_path)
    assert not (tmp_path / "ran").exists()


HOSTILE = [
    *("../../x", "/etc/x", "..", ".", "a\\..\\b", "%2e%2e%2fx", "CON", "nul.txt", "a" * 5_000, "x\0y", "~root", "-rf"),
    *(unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café"), "CAFE", "cafe"),
    *("'; DROP TABLE x", "=1+1"),
]  # fmt: skip


def test_names_that_climb_out(tmp_path: Path, small_workspace: Path) -> None:
    """Calls, people and teams with such names are stored, shown and exported, and nothing is written anywhere else."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    rows = listed(tmp_path, {"call_id": HOSTILE, "transcript": ["a.wav"] * len(HOSTILE)})
    assert rows["call_id"].n_unique() == len(HOSTILE)
    assert not any("\0" in call_id for call_id in rows["call_id"])
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(inner)}
    whole = assessment(Store(str(small_workspace)))
    names = dict(zip(whole.calls["call_id"].sort(), rows["call_id"], strict=False))
    renamed = whole._replace(
        **{
            name: frame.filter(pl.col("call_id").is_in(list(names))).with_columns(pl.col("call_id").replace(names))
            for name, frame in whole._asdict().items()
            if name != "later"
        }
    )
    people = renamed.calls.with_columns(lead_id="call_id", lead_name="call_id", team="call_id")
    store, elements = Store(str(inner / "w")), load_rubrics(ROOT / "rubrics")
    record(store, begin(store, "nightly", "c", n_calls=len(names)), renamed._replace(calls=people))
    write_pages(store, ROOT / "rubrics")
    for target in ("csv", "parquet"):
        export(store, f"{target}:{inner / target}", elements)
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(inner)} == before
    assert sorted(path.name for path in inner.iterdir()) == ["csv", "parquet", "w"]
    n_met = people.filter(interaction="one_on_one")["other_id"].n_unique()  # sellers have pages, too
    for kind, n_pages in (("calls", len(names)), ("people", len(names) + n_met)):
        pages = [path.name.lower() for path in (inner / "w" / "reports" / kind).iterdir()]
        assert len(set(pages)) == n_pages
    assert store.read("calls").height == len(names) == len(HOSTILE)
    assert set(pl.read_parquet(inner / "parquet" / "dim_call.parquet")["call_id"]) == set(rows["call_id"])
    shutil.rmtree(inner)
