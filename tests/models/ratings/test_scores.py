"""Scores by people: CSV and XLSX, long and wide, problems by row, and which calls to score next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from models.ratings.planner import next_to_score
from models.ratings.rubrics import load_rubrics
from models.ratings.scores import read_scores, set_apart
from pipeline.tables.judgements import Labels, Scores

ELEMENTS = load_rubrics(Path(__file__).parents[3] / "rubrics")
CALLS = pl.DataFrame({"call_id": ["c1", "c2", "c3"], "interaction": ["discovery_call", "one_on_one", "discovery_call"]})


def read(path: Path, text: str) -> tuple[pl.DataFrame, list[str]]:
    path.write_text(text)
    found = read_scores(path, ELEMENTS, CALLS)
    return found.scores, found.problems


def test_long(tmp_path):
    """Colours and numbers, any case; the rubric is the call's where none is named; the hash is the element's."""
    rows, problems = read(
        tmp_path / "s.csv",
        "call_id,element,rater,level,scored_at\nc1,agenda,ann,Yellow,2026-04-20\nc2,agenda,ann,0,2026-04-20T10:00:00+02:00\n",
    )
    assert problems == []
    assert rows.select("rubric", "level", "color", "rater_kind").rows() == [
        ("discovery_call", 2, "yellow", "person"),
        ("one_on_one", 0, "red", "person"),
    ]
    assert rows["scored_at"].to_list() == [datetime(2026, 4, 20, tzinfo=UTC), datetime(2026, 4, 20, 8, tzinfo=UTC)]
    expected = ELEMENTS.filter(rubric="discovery_call", element="agenda")["rubric_hash"][0]
    assert rows["rubric_hash"][0] == expected


def test_problem_is_one_line(tmp_path):
    """A cell of many lines, wherever it stands, is quoted on one line and not whole."""
    long = '"' + "00:00:01.000\n" * 100 + '"'
    for place in range(4):
        cells = ["c1", "agenda", "ann", "yellow"]
        cells[place] = long
        _, problems = read(tmp_path / "s.csv", "call_id,element,rater,level\n" + ",".join(cells) + "\n")
        assert [("\n" in problem, len(problem) < 500) for problem in problems] == (
            [(False, True)] if place != 2 else []
        )


def test_row_that_cannot_be_read(tmp_path):
    """A quote too many costs its row, which is told, and none of the others; a comma in a note costs nothing."""
    lines = ["call_id,element,rater,level,note", 'c1,agenda,ann,yellow,"late', "c3,agenda,ann,red,no topics, no time"]
    rows, problems = read(tmp_path / "s.csv", "\n".join(lines))
    assert rows.select("call_id", "level", "note").rows() == [("c3", 0, "no topics")]
    assert [problem.partition(": close")[0] for problem in problems] == [
        "s.csv row 2: has double quotes that cannot be read"
    ]


def test_wide(tmp_path):
    """One column per element; empty cells are no scores; semicolons and a byte-order mark as spreadsheets write."""
    rows, problems = read(tmp_path / "s.csv", "\ufeffcall_id;rater;agenda;insight\nc1;ann;green;\nc3;ann;1;2\n")
    assert problems == []
    assert rows.sort("call_id", "element").select("call_id", "element", "level").rows() == [
        ("c1", "agenda", 3),
        ("c3", "agenda", 1),
        ("c3", "insight", 2),
    ]


def test_misspelt_element(tmp_path):
    """A column of levels that no element is named like is told, others are not: its scores were lost without a word."""
    path = tmp_path / "s.csv"
    path.write_text("call_id,rater,agenda,agneda,minutes,seen,empty\nc1,ann,green,2,31,yes,\nc3,ann,1,red,2,,\n")
    found = read_scores(path, ELEMENTS, CALLS)
    assert (found.unread, found.scores.height, found.problems) == (("agneda",), 2, [])
    path.write_text("call_id,rater,element,level,times\nc1,ann,agenda,green,2\n")
    assert read_scores(path, ELEMENTS, CALLS).unread == ()


def test_xlsx(tmp_path):
    """A spreadsheet's numbers are levels too."""
    path = tmp_path / "s.xlsx"
    frame = pl.DataFrame(
        {"call_id": ["c1", "c1"], "element": ["agenda", "insight"], "rater": "ann", "level": [2.0, 3.0]}
    )
    frame.write_excel(path)
    found = read_scores(path, ELEMENTS, CALLS)
    assert (found.scores["level"].to_list(), found.problems) == ([2, 3], [])


def test_problems_by_row(tmp_path):
    """Each bad row is named with what is wrong; the good ones are kept, and blank lines do not shift the count."""
    rows, problems = read(
        tmp_path / "s.csv",
        "call_id,rubric,element,rater,level,rater_kind,scored_at\n"
        "c1,,agenda,ann,2,,\n"
        "c9,,agenda,ann,2,,\n"
        ",,,,,,\n"
        "c1,,feedback_seeking,ann,2,,\n"
        "c1,,insight,ann,4,,\n"
        "c1,,insight,,1,,\n"
        "c1,,agenda,ann,3,,\n"
        "c1,sales,agenda,bob,3,,\n"
        "c1,,agenda,bob,3,robot,\n"
        "c1,,agenda,bob,3,,soon\n"
        "c1,,agenda,bob,3,,\n",
    )
    assert rows.select("rater", "level").rows() == [("ann", 2), ("bob", 3)]
    assert [problem.split(": ", 1)[0] for problem in problems] == [
        f"s.csv row {row}" for row in (3, 5, 6, 7, 8, 9, 10, 11)
    ]
    assert "call c9 is not in the workspace" in problems[0]
    assert problems[1].endswith("rubric discovery_call has no element feedback_seeking")
    assert "level 4 is none of 0 to 3" in problems[2]
    assert "no rater" in problems[3]
    assert problems[4].endswith(
        "rater ann scored agenda of c1 in row 2 already; keep one, or name another session where it was scored anew"
    )
    assert "no rubric sales" in problems[5]
    assert "robot is neither person nor automated" in problems[6]
    assert "soon is not a date" in problems[7]


def test_scored_in_the_future(tmp_path):
    """A score of 2062 for 2026 is left out and named by its row; it was imported without a word.
    One of a clock that is hours ahead is read."""
    soon = datetime.now(UTC) + timedelta(hours=20)
    text = f"call_id,element,rater,level,scored_at\nc1,agenda,ann,2,{soon.isoformat()}\nc3,agenda,ann,2,2062-04-20\n"
    rows, problems = read(tmp_path / "s.csv", text)
    assert rows["call_id"].to_list() == ["c1"]
    assert problems == ["s.csv row 3: scored_at 2062-04-20 lies in the future; correct the day, or leave it empty"]


def test_rubric_of_another_kind(tmp_path):
    """A score by a rubric that does not judge the call is told: classifiers of the other rubric learnt from it."""
    rows, problems = read(
        tmp_path / "s.csv",
        "call_id,rubric,element,rater,level\nc1,one_on_one,agenda,ann,2\nc2,one_on_one,agenda,ann,2\n",
    )
    assert rows["call_id"].to_list() == ["c2"]
    assert problems == [
        "s.csv row 2: call c1 is a discovery_call, which rubric one_on_one does not judge; correct either"
    ]


def test_role_play(tmp_path):
    """A role-play is scored by the rubric of its kind, whether the file names it or not."""
    path = tmp_path / "s.csv"
    path.write_text("call_id,rubric,element,rater,level\np,,agenda,ann,2\np,demo_call,agenda,bob,2\n")
    found = read_scores(path, ELEMENTS, pl.DataFrame({"call_id": ["p"], "interaction": ["practice_demo_call"]}))
    assert (found.problems, found.scores["rubric"].to_list()) == ([], ["demo_call", "demo_call"])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("s.csv", "call,rater\nc1,a\n", "no column call_id; it holds the call's call_id"),
        ("s.csv", "call_id,element,level\nc1,agenda,2\n", "no column rater; it holds who scored"),
        ("s.csv", "call_id,rater,element\nc1,a,agenda\n", "no column level; it holds 0 to 3 or red, orange"),
        ("s.csv", "call_id,rater,level\nc1,a,2\n", "no column element; it holds the element's name"),
        ("s.csv", "call_id,rater,agneda\nc1,a,2\n", "nor a column named like an element"),
        ("s.doc", "x", "a file of scores ends in .csv, .tsv, .txt, .parquet"),
    ],
)
def test_unreadable_file(tmp_path, name, text, said):
    """A file that holds no scores is refused as a whole."""
    with pytest.raises(ValueError, match=said):
        read(tmp_path / name, text)


def test_rows_without_a_level_are_counted(tmp_path):
    """A template that is half filled in has no problems: the empty rows are counted, whoever is to score them."""
    path = tmp_path / "s.csv"
    path.write_text("call_id,element,rater,level\nc1,agenda,ann,2\nc1,insight,ann,\nc3,agenda,,\n")
    found = read_scores(path, ELEMENTS, CALLS)
    assert (found.scores.height, found.n_empty, found.problems) == (1, 2, [])


def test_scored_again_in_another_session(tmp_path):
    """The first session's score counts and the second is a repeat; within a session a rater scores once."""
    path = tmp_path / "s.csv"
    head = "call_id,element,rater,level,session\n"
    path.write_text(head + "c1,agenda,ann,2,may\nc1,agenda,ann,3,june\nc1,agenda,ann,1,june\nc1,agenda,ann,0,\n")
    found = read_scores(path, ELEMENTS, CALLS)
    assert found.scores.select("level", "session").rows() == [(2, "may")]
    assert found.repeats.select("level", "session").rows() == [(3, "june")]
    assert [problem.split(";")[0] for problem in found.problems] == [
        "s.csv row 4: rater ann scored agenda of c1 in row 3 already",
        "s.csv row 5: rater ann scored agenda of c1 in row 2 already",
    ]


def test_later_file_of_another_session_is_a_repeat(tmp_path):
    """What is stored from another session, or was given in none, stays: a second sitting once took the place of scores
    that had come without a session. The same session is a correction."""
    path = tmp_path / "s.csv"
    head = "call_id,element,rater,level,session\n"
    path.write_text(head + "c1,agenda,ann,2,may\nc3,agenda,ann,2,\nc2,agenda,ann,1,may\n")
    stored = read_scores(path, ELEMENTS, CALLS).scores
    given = "c1,agenda,ann,3,june\nc3,agenda,ann,1,june\nc1,insight,ann,0,june\nc2,agenda,ann,0,may\n"
    path.write_text(head + given)
    found = set_apart(read_scores(path, ELEMENTS, CALLS), stored, ELEMENTS)
    assert found.repeats.sort("call_id").select("call_id", "level").rows() == [("c1", 3), ("c3", 1)]
    corrected = found.scores.sort("call_id").select("call_id", "element", "level").rows()
    assert corrected == [("c1", "insight", 0), ("c2", "agenda", 0)]


def test_later_file_without_a_session(tmp_path):
    """It corrects what came without one. What was given in a session stays, and another level than that is told: it
    took its place in silence, as where a template is filled in for calls that were scored in the room."""
    path = tmp_path / "s.csv"
    head = "call_id,element,rater,level,session\n"
    path.write_text(head + "c1,agenda,ann,2,may\nc1,insight,ann,2,may\nc3,agenda,ann,2,\n")
    stored = read_scores(path, ELEMENTS, CALLS).scores
    path.write_text("call_id,element,rater,level\nc1,agenda,ann,0\nc1,insight,ann,2\nc3,agenda,ann,0\n")
    found = set_apart(read_scores(path, ELEMENTS, CALLS), stored, ELEMENTS)
    assert found.repeats.is_empty()
    assert found.scores.select("call_id", "element", "level").rows() == [("c3", "agenda", 0)]
    assert [problem.split(";")[0] for problem in found.problems] == [
        "rater ann scored agenda of c1 in session may otherwise"
    ]


def test_second_sitting_after_a_rewording(tmp_path):
    """Where the new wording means the same, the first score stays what counts: the second once took its place."""
    path = tmp_path / "s.csv"
    path.write_text("call_id,element,rater,level,session\nc1,agenda,ann,2,june\n")
    read_again = read_scores(path, ELEMENTS, CALLS)
    stored = read_again.scores.with_columns(rubric_hash=pl.lit("before"), session=pl.lit("may"), level=pl.lit(0))
    for answer, repeated in (([], 0), (["before"], 1)):
        elements = ELEMENTS.with_columns(same_meaning_as=pl.lit(answer, ELEMENTS.schema["same_meaning_as"]))
        found = set_apart(read_again, stored, elements)
        assert (found.scores.height, found.repeats.height) == (1 - repeated, repeated)
        by_then = replace(read_again, scores=read_again.scores.with_columns(rubric_hash=pl.lit("before")))
        assert set_apart(by_then, stored, elements).repeats.height == 1


def test_missing_file(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(ValueError, match=r"none\.csv: is not there"):
        read_scores(tmp_path / "none.csv", ELEMENTS, CALLS)


def labels(chances: dict[str, list[float]]) -> pl.DataFrame:
    rows = [
        {"call_id": call, "p_red": p[0], "p_orange": p[1], "p_yellow": p[2], "p_green": p[3], "level": p.index(max(p))}
        for call, p in chances.items()
    ]
    fixed = {"rubric": "discovery_call", "element": "agenda", "rubric_hash": "h", "model_id": "m", "rubric_version": 1,
             "color": "red", "expected_level": 1.0, "status": "provisional", "basis": "reference",
             "needs_review": False, "reason": None, "current": True,
             "labelled_at": datetime(2026, 1, 1, tzinfo=UTC)}  # fmt: skip
    return Labels.validate(pl.DataFrame(rows).with_columns(**{k: pl.lit(v) for k, v in fixed.items()}), cast=True)


def test_next_uncertain_first_and_people_spread():
    """The uncertain call leads; a second call of the same lead waits behind a sure one of somebody else."""
    calls = pl.DataFrame({"call_id": ["a", "b", "c"], "lead_id": ["maya", "maya", "tom"]})
    judged = labels({"a": [0.25] * 4, "b": [0.3, 0.3, 0.2, 0.2], "c": [0.97, 0.01, 0.01, 0.01]})
    plan = next_to_score(calls, judged, Scores.create_empty())
    assert plan["call_id"].to_list() == ["a", "c", "b"]
    assert plan.filter(call_id="a")["worth"][0] == pytest.approx(3.0)  # uncertain 1 + rare 1 + few 1
    assert plan.filter(call_id="b")["worth"][0] < 1.5


def test_next_leaves_out_double_scored(tmp_path):
    """A call that two raters have scored teaches least."""
    text = "call_id,element,rater,level\nc1,agenda,ann,2\nc1,agenda,bob,2\nc3,agenda,ann,1\n"
    scored, _ = read(tmp_path / "s.csv", text)
    calls = pl.DataFrame({"call_id": ["c1", "c3"], "lead_id": ["maya", "tom"]})
    plan = next_to_score(calls, labels({"c1": [0.25] * 4, "c3": [0.25] * 4}), scored)
    assert plan["call_id"].to_list() == ["c3"]


def test_next_holds_what_is_scored_in_part(tmp_path):
    """A call of which two raters scored one element waits for the others, however much is left: it was left out."""
    text = "call_id,element,rater,level\nc1,agenda,ann,2\nc1,agenda,bob,2\nc1,insight,ann,2\nc3,agenda,ann,1\n"
    scored, _ = read(tmp_path / "s.csv", text)
    calls = pl.DataFrame({"call_id": ["c1", "c3"], "lead_id": ["maya", "tom"]})
    one = labels({"c1": [0.25] * 4, "c3": [0.25] * 4})
    judged = Labels.validate(pl.concat([one, one.with_columns(element=pl.lit("insight"))]))
    plan = next_to_score(calls, judged, scored)
    assert set(plan["call_id"]) == {"c1", "c3"}
    whole = pl.concat([scored, scored.filter(element="insight").with_columns(rater=pl.lit("bob"))])
    assert next_to_score(calls, judged, Scores.validate(whole))["call_id"].to_list() == ["c3"]


def test_next_not_judged_yet():
    """A label without a level is as uncertain as one can be: that call is scored before a sure one."""
    calls = pl.DataFrame({"call_id": ["a", "b"], "lead_id": ["maya", "tom"]})
    judged = labels({"a": [0.97, 0.01, 0.01, 0.01], "b": [0.97, 0.01, 0.01, 0.01]})
    grey = pl.col("call_id") == "b"
    judged = Labels.validate(
        judged.with_columns(
            *(pl.when(~grey).then(name).alias(name) for name in ("level", "p_red", "p_orange", "p_yellow", "p_green")),
            reason=pl.when(grey).then(pl.lit("not_learnt")),
        )
    )
    chosen = next_to_score(calls, judged, Scores.create_empty())
    assert chosen.select("call_id", "reason").rows()[0] == ("b", "its labels are uncertain")
