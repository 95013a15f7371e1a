"""Calls: call lists in every format, and one clear sentence for every bad row."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipeline.intake.calls import read_calls
from pipeline.intake.kinds import all_kinds
from pipeline.intake.parts import parts_of
from pipeline.intake.people import read_people

RUBRICS = ("discovery_call", "one_on_one")
LIST = """recording,interaction,call_id,started_at,Region,outcome,lead_channel,scheduled_minutes
ok.wav,discovery_call,,2026-04-20T10:45,EMEA,Advanced,left,30
missing.wav,discovery_call,,,,,,
ok.wav,nope,b,,,,,
ok.wav,discovery_call,c,20.4.2026,,,,
ok.wav,discovery_call,c,,,,,
ok.wav,,d,,,,,
,discovery_call,,,,,,
ok.wav,discovery_call,e,2026-04-20T10:45+02:00,,won,,
ok.wav,discovery_call,f,2026-04-20,,,up,
ok.wav,discovery_call,g,2026-04-20,,,,-5
,,,,,,,
"""


SCHEDULED = {
    "naive": "2026-04-20T10:45:00",
    "zoned": "2026-04-20T10:45:00.5Z",
    "none": "",
    "words": "tomorrow",
    "date": "2026-04-20",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ok.wav").write_bytes(b"RIFF")
    return tmp_path


def written(folder: Path, text: str = LIST) -> pl.DataFrame:
    (folder / "list.csv").write_text(text)
    return read_calls(folder / "list.csv", RUBRICS, timezone="Europe/Berlin")


def test_good_row(folder: Path) -> None:
    """A good row has absolute paths, its file's stem as id, UTC times and its extra columns as x_."""
    row = written(folder).row(0, named=True)
    assert row["call_id"] == "ok"
    assert row["recording"] == str(folder / "ok.wav")
    assert row["started_at"] == datetime(2026, 4, 20, 8, 45, tzinfo=UTC)
    assert (row["x_region"], row["outcome"], row["lead_channel"], row["scheduled_minutes"]) == (
        "EMEA",
        "advanced",
        0,
        30.0,
    )
    assert row["error"] is None


@pytest.mark.parametrize(
    ("row", "call_id", "code", "words"),
    [
        (3, "missing", "missing_file", "missing.wav"),
        (4, "b", "unknown_rubric", "no rubric nope: give one of discovery_call, one_on_one"),
        (5, "c", "bad_metadata", "20.4.2026 is no ISO 8601"),
        (6, "c#row6", "duplicate_call", "call_id c stands in the list before"),
        (7, "d", "unknown_rubric", "names no interaction"),
        (8, "row8", "bad_metadata", "no recording or transcript"),
        (9, "e", "bad_metadata", "outcome won is none of"),
        (10, "f", "bad_metadata", "lead_channel up is none of"),
        (11, "g", "bad_metadata", "scheduled_minutes -5"),
    ],
)
def test_bad_row(folder: Path, row: int, call_id: str, code: str, words: str) -> None:
    """A bad row keeps its number, an id of its own, a code, and a sentence that says what is wrong."""
    found = written(folder).row(by_predicate=pl.col("row") == row, named=True)
    assert (found["call_id"], found["error_code"]) == (call_id, code)
    assert f"row {row}: " in found["error"]
    assert words in found["error"]


def test_blank_rows_are_no_rows(folder: Path) -> None:
    """An empty line at the end, as spreadsheets leave it, is not a conversation."""
    assert written(folder).height == 10


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".xlsx"])
def test_formats(folder: Path, suffix: str) -> None:
    """CSV, Parquet, JSON lines and XLSX give the same call."""
    rows = pl.DataFrame(
        {
            "recording": ["ok.wav"],
            "interaction": ["one_on_one"],
            "started_at": ["2026-04-20T10:45:00"],
            "scheduled_minutes": [30],
        }
    )
    path = folder / f"list{suffix}"
    write = {".csv": "write_csv", ".parquet": "write_parquet", ".jsonl": "write_ndjson", ".xlsx": "write_excel"}
    getattr(rows, write[suffix])(path)
    row = read_calls(path, RUBRICS, timezone="UTC").row(0, named=True)
    assert (row["error"], row["call_id"], row["scheduled_minutes"]) == (None, "ok", 30.0)
    assert row["started_at"] == datetime(2026, 4, 20, 10, 45, tzinfo=UTC)


def test_dates_of_a_spreadsheet(folder: Path) -> None:
    """A cell that holds a date, not text, is a date."""
    rows = pl.DataFrame(
        {"recording": ["ok.wav"], "interaction": ["one_on_one"], "started_at": [datetime(2026, 4, 20, 10, 45)]}
    )
    rows.write_excel(folder / "list.xlsx")
    assert read_calls(folder / "list.xlsx", RUBRICS, timezone="UTC")["started_at"].item() == datetime(
        2026, 4, 20, 10, 45, tzinfo=UTC
    )


def test_scheduled_start(folder: Path) -> None:
    """A scheduled start is kept as a time in UTC; a text that is none, or a date alone, is refused with its row."""
    lines = "".join(f"ok.wav,one_on_one,{name},{text}\n" for name, text in SCHEDULED.items())
    rows = written(folder, "recording,interaction,call_id,scheduled_at\n" + lines)
    good = ["2026-04-20T08:45:00Z", "2026-04-20T10:45:00.500Z", None]
    assert rows["x_scheduled_at"].to_list() == [*good, None, None]
    assert rows["error_code"].to_list() == [None] * 3 + ["bad_metadata"] * 2
    wanted = "is no ISO 8601 date and time of day like 2026-04-20T10:45"
    assert rows["error"].to_list() == [
        *(None for _ in good),
        f"row 5: scheduled_at tomorrow {wanted}",
        f"row 6: scheduled_at 2026-04-20 {wanted}",
    ]


def test_semicolons_and_old_encoding(folder: Path) -> None:
    """What a European spreadsheet writes (semicolons, Windows-1252) is read as it was meant."""
    (folder / "list.csv").write_bytes("recording;interaction;lead_name\nok.wav;one_on_one;Jürgen\n".encode("cp1252"))
    assert read_calls(folder / "list.csv", RUBRICS)["lead_name"].item() == "Jürgen"


def test_uri_is_left_alone(folder: Path) -> None:
    """A URI is not taken for a path, nor said to be missing."""
    row = written(folder, "recording,interaction\ns3://bucket/a/b.mp3,one_on_one\n").row(0, named=True)
    assert (row["recording"], row["call_id"], row["error"]) == ("s3://bucket/a/b.mp3", "b", None)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("list.doc", "", "a call list ends in .csv"),
        ("absent.csv", None, "is not there; name a call list"),
        ("list.csv", "", "cannot be read as csv"),
        ("list.csv", "a,b\n1,2\n", "needs the columns interaction and recording"),
        ("list.parquet", "no parquet", "cannot be read as parquet"),
        ("list.xlsx", "no workbook", "cannot be read as xlsx"),
    ],
)
def test_unusable_list(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    """A list that cannot be used at all is refused in one sentence that names it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words) as refused:
        read_calls(tmp_path / name, RUBRICS)
    assert str(tmp_path / name) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["Consent given", "recording_consent", "Consented", "Consent?", "Consent (y/n)"])
@pytest.mark.parametrize("other", ["", "pending"])
def test_consent_under_another_name(tmp_path: Path, name: str, other: str) -> None:
    """A column of consent is heeded whatever it is called exactly and says beside yes and no; a column of dates of
    consent is none."""
    for file in "abc":
        (tmp_path / f"{file}.vtt").write_text(file)
    rows = [
        "a.vtt,discovery_call,No,2026-04-20",
        f"b.vtt,discovery_call,{other},",
        "c.vtt,discovery_call,Yes,2026-04-21",
    ]
    (tmp_path / "calls.csv").write_text("\n".join([f"transcript,interaction,{name},consent date", *rows]))
    listed = read_calls(tmp_path / "calls.csv", {"discovery_call"})
    assert listed["error_code"].to_list() == ["no_consent", "no_consent", None]
    assert listed["x_consent"].to_list() == ["No", other or None, "Yes"]


@pytest.mark.parametrize("nothing", ["N/A", "#N/A", "NULL", "None", "nan", "-"])
def test_cells_that_say_nothing(tmp_path: Path, nothing: str) -> None:
    """What programs and people write for nothing is no person's id, no name and no file; of outcomes none is one."""
    (tmp_path / "a.vtt").touch()
    header = "recording,transcript,interaction,Lead ID*,lead_name,started_at,outcome"
    (tmp_path / "calls.csv").write_text(
        f"{header}\n{nothing},a.vtt,discovery_call,{nothing},{nothing},{nothing},none\n"
    )
    rows = read_calls(tmp_path / "calls.csv", ["discovery_call"])
    assert rows.select("recording", "lead_id", "lead_name", "started_at").row(0) == (None,) * 4
    assert rows.select("outcome", "error").row(0) == ("none", None)


def test_two_columns_of_consent(tmp_path: Path) -> None:
    """Which of two columns counts is for a person to say."""
    header, row = "transcript,interaction,consent lead,consent other", "a.vtt,discovery_call,yes,no"
    (tmp_path / "calls.csv").write_text(f"{header}\n{row}")
    with pytest.raises(ValueError, match=r"several columns of consent \(consent lead, consent other\); call the one"):
        read_calls(tmp_path / "calls.csv", {"discovery_call"})


@pytest.mark.parametrize(("given", "code"), [("yes", None), (" TRUE ", None), ("no", "no_consent"), ("", "no_consent")])
def test_consent(tmp_path: Path, given: str, code: str | None) -> None:
    """Where the list has a column consent, anything but a yes in it keeps a conversation closed, be its file there or
    not."""
    (tmp_path / "calls.csv").write_text(f"transcript,interaction,consent\na.vtt,discovery_call,{given}\n")
    if code is None:
        (tmp_path / "a.vtt").touch()
    rows = read_calls(tmp_path / "calls.csv", ["discovery_call"])
    assert rows["error_code"].to_list() == [code]


@pytest.mark.parametrize("name", ["cancelled", "Canceled?"])
def test_called_off(tmp_path: Path, name: str) -> None:
    """A meeting that the list says was called off needs no recording, and is no failure of one."""
    (tmp_path / "calls.csv").write_text(f"call_id,transcript,interaction,{name}\na,,huddle,yes\nb,,huddle,no\n")
    rows = read_calls(tmp_path / "calls.csv", all_kinds(["discovery_call"], ["huddle"]))
    assert rows["error_code"].to_list() == ["cancelled", "bad_metadata"]


def test_kinds_that_a_list_may_name(tmp_path: Path) -> None:
    """Rubrics, kinds without one and role-plays of a rubric are known; a role-play of a huddle is not."""
    (tmp_path / "a.vtt").touch()
    kinds = ["discovery_call", "huddle", "practice_discovery_call", "practice_huddle"]
    lines = [f"{kind},a.vtt,{kind}" for kind in kinds]
    (tmp_path / "calls.csv").write_text("\n".join(["call_id,transcript,interaction", *lines]))
    rows = read_calls(tmp_path / "calls.csv", all_kinds(["discovery_call"], ["huddle"]))
    assert rows["error_code"].to_list() == [None, None, None, "unknown_rubric"]


def test_columns_as_people_write_them(tmp_path: Path) -> None:
    """Spaces and capitals in the names of columns lose nothing; a total below the table is no call."""
    (tmp_path / "a.wav").touch()
    (tmp_path / "calls.csv").write_text(
        "Recording,Interaction,Call ID,Started At,Lead-Name,Scheduled at\n"
        "a.wav,discovery_call,x,2026-03-02T10:00Z,Nora,2026-03-02T09:55Z\n\nTotal,1,,,,\n"
    )
    rows = read_calls(tmp_path / "calls.csv", {"discovery_call"})
    assert rows.select("row", "call_id", "lead_name", "x_scheduled_at", "error").rows() == [
        (2, "x", "Nora", "2026-03-02T09:55:00Z", None)
    ]
    assert rows["started_at"].to_list() == [datetime(2026, 3, 2, 10, tzinfo=UTC)]


def sheets(folder: Path, *names: str, hidden: str = "") -> Path:
    """A workbook with a call in each sheet."""
    (folder / "a.wav").touch()
    with xlsxwriter.Workbook(folder / "calls.xlsx") as book:
        for name in names:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["call_id", "recording", "interaction"])
            sheet.write_row(1, 0, [name, "a.wav", "discovery_call"])
            sheet.hide() if name == hidden else sheet.activate()
    return folder / "calls.xlsx"


def test_two_sheets_of_calls(tmp_path: Path) -> None:
    """Neither is lost in silence; of a hidden one and one that is shown the latter is the list."""
    with pytest.raises(ValueError, match="its sheets March and April hold one each"):
        read_calls(sheets(tmp_path, "March", "April"), {"discovery_call"})
    shown = read_calls(sheets(tmp_path, "Old", "April", hidden="Old"), {"discovery_call"})
    assert shown["call_id"].to_list() == ["April"]


def workbook(folder: Path, people: list[list[str]]) -> Path:
    """A call list of two rows, of which the second is hidden, with a sheet of people."""
    (folder / "a.wav").touch()
    with xlsxwriter.Workbook(folder / "calls.xlsx") as book:
        calls = book.add_worksheet("Calls")
        calls.write_row(0, 0, ["call_id", "recording", "interaction", "people", "scheduled_minutes"])
        calls.write_row(1, 0, ["c1", "a.wav", "discovery_call", "Nora Vance (nora, rep)"])
        calls.write_datetime(1, 4, timedelta(minutes=45), book.add_format({"num_format": "[h]:mm"}))
        calls.write_row(2, 0, ["c2", "a.wav", "discovery_call"])
        calls.set_row(2, None, None, {"hidden": True})
        sheet = book.add_worksheet("Who was there")
        for at, row in enumerate([["Call ID", "Name", "ID", "Role"], *people]):
            sheet.write_row(at, 0, row)
    return folder / "calls.xlsx"


def test_people_in_a_second_sheet_and_hidden_rows(tmp_path: Path) -> None:
    """They stand beside those in the cell; the manager is the row's; a hidden row is told and not scored."""
    people = [["c1", "Max Head (Guest)", "max", "manager"], ["c1", "Omar Field", "", "customer"]]
    rows = read_calls(workbook(tmp_path, people), {"discovery_call"})
    assert rows["x_people"].to_list() == [
        "Nora Vance (nora, rep); Max Head Guest (max, manager); Omar Field (customer)",
        None,
    ]
    assert rows["manager_id"].to_list() == ["max", None]
    assert rows["scheduled_minutes"].to_list() == [45, None]
    assert rows["error"].to_list() == [None, "row 3: is hidden in the sheet: show it to have it read, or delete it"]


def test_sheet_of_people_of_other_calls(tmp_path: Path) -> None:
    """People of a call that is not in the list are not lost in silence."""
    with pytest.raises(ValueError, match="sheet of people has c9, which is no call_id"):
        read_calls(workbook(tmp_path, [["c9", "Max Head", "max", "manager"]]), {"discovery_call"})


def test_call_in_parts(tmp_path: Path) -> None:
    """Several files in a cell are one call, named after the first; one that is missing is an error."""
    for name in ("a.vtt", "b.vtt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "list.csv").write_text(
        "transcript,interaction\na.vtt; b.vtt,discovery_call\na.vtt | c.vtt,discovery_call\n"
    )
    rows = read_calls(tmp_path / "list.csv", ["discovery_call"], timezone="UTC")
    assert rows["transcript"][0] == f"{tmp_path}/a.vtt; {tmp_path}/b.vtt"
    assert rows["call_id"][0] == "a"
    assert rows["error_code"].to_list() == [None, "duplicate_call"]  # both begin with a.vtt


@pytest.mark.parametrize("line_break", ["\n", "\r\n", ";\n", "\n\n"])
def test_lines_within_a_cell(tmp_path: Path, line_break: str) -> None:
    """Parts and people below each other in a cell are several; in other cells a line break is a space."""
    for name in ("a.vtt", "b.vtt"):
        (tmp_path / name).touch()
    cells = [line_break.join(pair) for pair in (("a.vtt", "b.vtt"), ("Nora Vance (nora, rep)", "Max"), ("At", "Acme"))]
    with (tmp_path / "list.csv").open("w", newline="") as file:
        file.write("transcript,people,note,interaction\n" + ",".join(f'"{cell}"' for cell in cells) + ",one_on_one\n")
    (row,) = read_calls(tmp_path / "list.csv", ["one_on_one"]).to_dicts()
    assert (row["error"], row["call_id"], row["x_note"].replace(";", "")) == (None, "a", "At Acme")
    assert parts_of(row["transcript"]) == [f"{tmp_path}/a.vtt", f"{tmp_path}/b.vtt"]
    assert [person.name for person in read_people(row["x_people"])] == ["Nora Vance", "Max"]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("scheduled_minutes", "2700", "scheduled_minutes 2700 is no number of minutes from 1 to 1,440"),  # 45 min in s
        ("scheduled_minutes", "15:00", "scheduled_minutes 15:00 is no number of minutes"),  # or is it at three?
        ("scheduled_minutes", "0.03125", "scheduled_minutes 0.03125 is no number"),  # 45 min in days
        ("started_at", "2026-03-02T09.30", "started_at 2026-03-02T09.30 is no ISO 8601"),
        ("transcript", "a.vtt; a.vtt", "names one transcript twice"),
    ],
)
def test_value_that_was_taken_for_another(tmp_path: Path, column: str, value: str, words: str) -> None:
    """Seconds or days as minutes, half past nine as nine, and a part twice were read in silence."""
    (tmp_path / "a.vtt").touch()
    row = {"call_id": "a", "transcript": "a.vtt", "interaction": "one_on_one"} | {column: value}
    pl.DataFrame([row]).write_csv(tmp_path / "calls.csv")
    (found,) = read_calls(tmp_path / "calls.csv", ["one_on_one"]).to_dicts()
    assert found["error_code"] == "bad_metadata"
    assert words in found["error"]


def test_title_over_a_workbooks_list(tmp_path: Path) -> None:
    """A title of one cell right above the header is no list of people with a column twice."""
    (tmp_path / "a.vtt").touch()
    with xlsxwriter.Workbook(tmp_path / "calls.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "Calls of March")
        sheet.write_row("A2", ["call_id", "transcript", "interaction"])
        sheet.write_row("A3", ["a", "a.vtt", "one_on_one"])
    rows = read_calls(tmp_path / "calls.xlsx", ["one_on_one"])
    assert rows.select("row", "call_id", "error").rows() == [(3, "a", None)]


def test_row_that_cannot_be_read(tmp_path: Path) -> None:
    """A comma or a quote too many costs a row of the list, which is told, and none of the others."""
    for name in ("a.vtt", "b.vtt", "c.vtt"):
        (tmp_path / name).touch()
    (tmp_path / "calls.csv").write_text(
        "transcript,interaction,other_name,cancelled\n"
        'a.vtt,one_on_one,"Omar\nb.vtt,one_on_one,Reed, Dana,yes\nc.vtt,one_on_one,Reed,\n'
    )
    rows = read_calls(tmp_path / "calls.csv", ["one_on_one"])
    assert rows["error_code"].to_list() == ["bad_metadata", "bad_metadata", None]
    assert rows["call_id"].to_list() == ["a", "b", "c"]
    assert rows["error"].to_list()[:2] == [
        'row 2: has double quotes that cannot be read: close each, and write "" for one within a cell in quotes',
        "row 3: has 5 cells where the header has 4: put a cell that holds a comma in double quotes",
    ]


def test_lists_and_objects_in_json_lines(tmp_path: Path) -> None:
    """Parts and people given as lists are read; an object where a text is expected is refused by its row."""
    for name in ("a.vtt", "b.vtt", "c.vtt", "d.vtt"):
        (tmp_path / name).touch()
    rows = [
        {"transcript": ["a.vtt", "b.vtt"], "people": ["Nora Vance (nora, rep)", "Max Head (max, manager)"]},
        {"transcript": "c.vtt", "people": [{"name": "Max Head", "role": "manager"}]},
        {"transcript": "d.vtt", "lead_name": {"first": "Nora"}},
    ]
    lines = [json.dumps({"interaction": "one_on_one"} | row) for row in rows]
    (tmp_path / "calls.jsonl").write_text("\n".join([*lines, '{"transcript"']))
    found = read_calls(tmp_path / "calls.jsonl", ["one_on_one"])
    assert found["transcript"][0] == f"{tmp_path}/a.vtt; {tmp_path}/b.vtt"
    assert (found["x_people"][0], found["manager_id"][0]) == ("Nora Vance (nora, rep); Max Head (max, manager)", "max")
    assert found["error"].to_list() == [
        None,
        'row 3: people [{"name": "Max Head", "role": "manager"}] are not of the form Name (id, role); Name (id, role)',
        'row 4: lead_name {"first": "Nora"} is JSON: write a text',
        "row 5: is no JSON object: write each row as one, on a line of its own",
    ]
    assert found["call_id"][3] == "row5"
