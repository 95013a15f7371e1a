"""Rubric files: read, checked with errors that help, hashed by what matters, compared."""

from pathlib import Path

import pytest

from models.ratings.rubrics import RubricError, check_rubrics, load_rubrics

SHARED = """
elements:
  - id: agenda
    title: Sets the agenda
    where: opening
    levels: {red: none, orange: named, yellow: stated, green: agreed}
"""
RUBRIC = """
rubric: chat
version: 1
title: Chat
scored_role: rep
other_role: customer
elements:
  - use: agenda
  - id: story
    title: Tells a story
    where: anywhere
    levels: {red: none, orange: generic, yellow: good, green: tied}
"""


def write(folder: Path, *, rubric: str = RUBRIC, shared: str = SHARED) -> Path:
    (folder / "common.yaml").write_text(shared)
    (folder / "chat.yaml").write_text(rubric)
    return folder


def test_shared_and_own(tmp_path):
    """A rubric's elements keep their order, whether shared or its own."""
    rows = load_rubrics(write(tmp_path)).sort("position")
    assert rows["element"].to_list() == ["agenda", "story"]
    assert rows.row(0, named=True)["green"] == "agreed"
    assert rows["scored_role"].to_list() == ["rep", "rep"]


def test_limit(tmp_path):
    """Above which level an element is not rated stands in its row, and does not change what scores are given by."""
    limited = RUBRIC.replace("id: story", "id: story\n    limit: {finding: second_review, over: 0.2, at_most: yellow}")
    rows = load_rubrics(write(tmp_path, rubric=limited)).sort("position")
    assert rows["limit"].to_list() == [None, {"finding": "second_review", "over": 0.2, "at_most": 2}]
    assert rows["rubric_hash"].equals(load_rubrics(write(tmp_path)).sort("position")["rubric_hash"])
    with pytest.raises(RubricError, match=r"element story: limit\.finding: input should be 'second_review'"):
        load_rubrics(write(tmp_path, rubric=limited.replace("second_review", "third_review")))


@pytest.mark.parametrize(
    ("wrong", "right", "line"),
    [
        ("green: tied", "gren: tied", "chat.yaml: element story: levels.green: field required; add it"),
        (
            "where: anywhere",
            "where: middle",
            "chat.yaml: element story: where: input should be 'opening', 'closing' or",
        ),
        ("use: agenda", "use: agneda", "chat.yaml: element agneda: not in common.yaml, which has agenda"),
        ("id: story", "id: agenda", "chat.yaml: element agenda: is listed twice; keep one"),
        ("version: 1", "version: 0", "chat.yaml: version: input should be greater than or equal to 1; count versions"),
        ("rubric: chat", "rubric: talk", "name the file talk.yaml or the rubric chat"),
        ("title: Chat", "title: Chat: a", "chat.yaml: line 4 is not YAML"),
        ("other_role: customer", "other_role: rep", "must differ"),
        ("title: Chat", "title: no", "chat.yaml: title: input should be a valid string; put the text in quotes"),
    ],
)
def test_error_names_file_element_remedy(tmp_path, wrong, right, line):
    """Each error says where, what is wrong and what would be right."""
    problems = check_rubrics(write(tmp_path, rubric=RUBRIC.replace(wrong, right, 1)))
    assert line in "\n".join(problems)


def test_all_problems_at_once(tmp_path):
    """One run lists the problems of all files."""
    write(tmp_path, rubric=RUBRIC.replace("where: anywhere", "where: x").replace("version: 1", "version: x"))
    (tmp_path / "other.yaml").write_text("- a list")
    with pytest.raises(RubricError) as raised:
        load_rubrics(tmp_path)
    assert len(str(raised.value).splitlines()) == 3


def test_no_rubrics(tmp_path):
    """An empty folder is an error that names the setting."""
    assert "setting rubrics" in check_rubrics(tmp_path)[0]


def hashes(folder: Path) -> dict[str, str]:
    rows = load_rubrics(folder)
    return dict(zip(rows["element"], rows["rubric_hash"], strict=True))


def test_hash_of_one_element(tmp_path):
    """Another anchor changes the hash of its element alone; titles and versions change none."""
    before = hashes(write(tmp_path))
    after = hashes(write(tmp_path, rubric=RUBRIC.replace("generic", "about us")))
    assert after["agenda"] == before["agenda"]
    assert after["story"] != before["story"]
    assert (
        hashes(write(tmp_path, rubric=RUBRIC.replace("Tells a", "Any").replace("version: 1", "version: 2"))) == before
    )


def test_hash_of_scored_role(tmp_path):
    """Whose behaviour is judged matters to every element."""
    before = hashes(write(tmp_path))
    after = hashes(write(tmp_path, rubric=RUBRIC.replace("scored_role: rep", "scored_role: manager")))
    assert not set(before.values()) & set(after.values())


def test_one_answer_for_a_wording(tmp_path):
    """A wording cannot mean the same and something else; and an answer is a list of quoted fingerprints."""
    same = RUBRIC.replace("where: anywhere", 'where: anywhere\n    same_meaning_as: ["0123456789abcdef"]')
    both = same.replace("same_meaning_as", 'other_meaning_than: ["0123456789abcdef"]\n    same_meaning_as')
    assert check_rubrics(write(tmp_path, rubric=same)) == []
    assert "keep one" in check_rubrics(write(tmp_path, rubric=both))[0]
    unquoted = same.replace('"0123456789abcdef"', "1234567890123456")
    assert "put the text in quotes" in check_rubrics(write(tmp_path, rubric=unquoted))[0]
