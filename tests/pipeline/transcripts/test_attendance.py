"""A joint call of three or more: who is who, by which role, and figures worked out by hand."""

import polars as pl
import pytest

from pipeline.intake.calls import Call
from pipeline.intake.people import Person, read_people
from pipeline.language.analyse import Findings
from pipeline.metrics.kpi_frames import _joint
from pipeline.metrics.measure_values import measure
from pipeline.tables.judgements import Elements
from pipeline.transcripts.attendance import attend
from pipeline.transcripts.roles import assign_roles, talk_of
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript
from tests.conversations import STARTED, acts_of, moments_of, no_actions, purposes_of

LISTED = "Nora Vance (nora, rep); Max Head (max, manager); Omar Field (omar, customer); Paula Stern (paula, customer)"
CALL = Call("c", "discovery_call", lead_id="nora", lead_name="Nora Vance", other_id="omar", people=LISTED)
# Nora 0-30 and 60-80: 50 s; Max 30-50: 20 s; Omar 50-60: 10 s; Paula 80-100: 20 s; 100 s of speech in all
LINES = [
    (0.0, 30.0, "S0", "we talk about routes"),
    (30.0, 50.0, "S1", "let me add that"),
    (50.0, 60.0, "S2", "please do"),
    (60.0, 80.0, "S0", "how do you plan them"),
    (80.0, 100.0, "S3", "with a spreadsheet"),
]
NAMES = ("Nora Vance", "Max Head (Guest)", "omar field", "Paula")


@pytest.fixture(scope="module")
def spoken() -> pl.DataFrame:
    rows = [(*line, []) for line in LINES]
    speakers = {f"S{at}": Speaker(name) for at, name in enumerate(NAMES)}
    transcript = Transcript(pl.DataFrame(rows, schema=SPOKEN, orient="row"), speakers, 100.0)
    utterances, roles = assign_roles(transcript, CALL, lead_role="rep", other_role="customer")
    assert (roles.lead, roles.basis) == ("S0", "people")
    return utterances


def test_roles_and_people(spoken: pl.DataFrame) -> None:
    """The manager who joins has a role of his own; both customers are customers; everybody is known by id."""
    rows = spoken.select("speaker", "role", "person_id").unique(maintain_order=True).rows()
    assert rows == [
        ("S0", "rep", "nora"),
        ("S1", "manager", "max"),
        ("S2", "customer", "omar"),
        ("S3", "customer", "paula"),
    ]


def test_talk_ratio_is_the_leads_among_all(spoken: pl.DataFrame) -> None:
    """Nora 50 of 100 s, the customers 30 of 100, the manager 20 of 100 in a measure of his own."""
    elements = Elements.create_empty().clear()
    row = dict.fromkeys(elements.columns, "x") | {
        "rubric": "discovery_call",
        "scored_role": "rep",
        "other_role": "customer",
    }
    rubric = pl.DataFrame([row]).select("rubric", "scored_role", "other_role")
    calls = pl.DataFrame(
        {"call_id": ["c"], "interaction": ["discovery_call"], "duration_s": [100.0], "started_at": [STARTED]}
    )
    talk = talk_of(spoken, calls, rubric)  # type: ignore[arg-type]  # of a rubric only these columns count
    assert talk["side"].to_list() == ["lead", "colleague", "other", "lead", "other"]
    acts = acts_of((0, "inform"), (1, "inform"), (2, "inform"), (3, "ask_open"), (4, "inform"))
    findings = Findings(moments_of(), purposes_of(*((at, None) for at in range(5))), no_actions())
    values = {
        (name, role): value
        for name, role, value in measure(talk, acts, findings).select("measure", "role", "value").iter_rows()
    }
    assert values["talk_ratio", "lead"] == pytest.approx(0.5)
    assert values["colleague_share", "lead"] == pytest.approx(0.2)


def test_joint_call(spoken: pl.DataFrame) -> None:
    """It counts as joint, with 20 of 70 s of our side's speech the manager's."""
    base = pl.DataFrame({"call_id": ["c"], "meeting": [False], "lead": ["nora"], "manager_id": ["max"]})
    assert _joint(base, spoken)["managers_share"].item() == pytest.approx(20 / 70)


def test_two_people_of_one_first_name() -> None:
    """ "Sam" alone is neither of two Sams; where one of them is named in full, the other is the one left."""
    people = read_people("Sam Hill (sam-h, customer); Sam Reed (sam-r, customer); Nora Vance (nora, rep)")
    alone = attend({"S0": "Nora Vance", "S1": "Sam"}, people, lead_name="Nora Vance", lead_id=None)
    assert set(alone.persons) == {"S0"}
    both = attend({"S0": "Nora Vance", "S1": "Sam", "S2": "Sam Hill"}, people, lead_name="Nora Vance", lead_id=None)
    assert {speaker: person.person_id for speaker, person in both.persons.items()} == {
        "S0": "nora",
        "S1": "sam-r",
        "S2": "sam-h",
    }


def test_people_in_a_cell() -> None:
    """Name, id and role, of which the last two may be missing; what is neither is said."""
    assert read_people("Nora Vance (nora, rep); Omar Field") == [
        Person("Nora Vance", "nora", "rep", ours=True),
        Person("Omar Field", None, "", ours=False),
    ]
    assert read_people(None) == []
    with pytest.raises(ValueError, match="'chief' is no role"):
        read_people("Nora Vance (nora, chief)")
