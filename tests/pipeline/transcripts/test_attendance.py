"""A joint call of three or more: who is who, by which role, and figures worked out by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.intake.calls import Call, read_calls
from pipeline.intake.people import Person, read_people
from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import Findings
from pipeline.language.promises.named import known_people, told
from pipeline.metrics.kpi_frames import Source, _joint
from pipeline.metrics.kpi_table import kpis
from pipeline.metrics.measure_values import measure
from pipeline.transcripts.attendance import attend
from pipeline.transcripts.roles import assign_roles, talk_of
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript
from tests.conversations import STARTED, acts_of, moments_of, no_actions, purposes_of
from tests.pipeline.metrics.kpi_rows import ELEMENTS, PLAN, call, table

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


def rubric() -> Any:
    """What counts of the rubric of such a call."""
    return pl.DataFrame({"rubric": ["discovery_call"], "scored_role": ["rep"], "other_role": ["customer"]})


def calls_table() -> pl.DataFrame:
    """The call, which lasts 100 s."""
    return pl.DataFrame(
        {"call_id": ["c"], "interaction": ["discovery_call"], "duration_s": [100.0], "started_at": [STARTED]}
    )


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


@pytest.mark.parametrize("named", [{}, {"lead_name": None}, {"lead_speaker": "Nora Vance"}])
def test_listed_people_who_come_back(named: dict[str, Any]) -> None:
    """Under a second label that is their name they are who they were; who has only the surname is a customer."""
    labels = (*NAMES, "Nora Vance (2)", "max.head@northwind.com", "Peter Vance", "N. Vance", "Max\u2019s iPad")
    speakers = {f"S{at}": Speaker(label) for at, label in enumerate(labels)}
    rows = [(float(at), at + 1.0, speaker, "hello", []) for at, speaker in enumerate(speakers)]
    transcript = Transcript(pl.DataFrame(rows, schema=SPOKEN, orient="row"), speakers, 9.0)
    utterances, roles = assign_roles(transcript, replace(CALL, **named), lead_role="rep", other_role="customer")
    assert roles.lead == "S0"
    assert utterances.select("role", "person_id").rows()[4:] == [
        ("rep", "nora"),
        ("manager", "max"),
        ("customer", None),
        ("rep", "nora"),
        ("manager", "max"),
    ]


def test_talk_ratio_is_the_leads_among_all(spoken: pl.DataFrame) -> None:
    """Nora 50 of 100 s, the customers 30 of 100, the manager 20 of 100 in a measure of his own."""
    talk = talk_of(spoken, calls_table(), rubric())
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


def test_manager_of_a_joint_call_is_read_from_the_people(tmp_path: Path) -> None:
    """A manager who is listed for a call is the row's manager, unless the row names one, or the manager leads."""
    (tmp_path / "a.vtt").touch()
    rows = [("", "nora", LISTED), ("mia", "nora", LISTED), ("", "max", LISTED), ("", "nora", "Nora Vance")]
    listed = pl.DataFrame(rows, schema=["manager_id", "lead_id", "people"], orient="row")
    listed.with_row_index("call_id").with_columns(
        transcript=pl.lit("a.vtt"), interaction=pl.lit("discovery_call")
    ).write_csv(tmp_path / "calls.csv")
    found = read_calls(tmp_path / "calls.csv", ["discovery_call"])
    assert found["manager_id"].to_list() == ["max", "mia", None, None]


PROMISED: list[tuple[str, str]] = [  # who, by index in NAMES, says what
    ("S0", "So you moved the warehouse in March and the scanners stayed behind."),
    ("S2", "They did, and nobody has counted the stock since, it is a mess."),
    ("S1", "I'll send you the contract for the scanners by Friday."),
    ("S2", "Perfect, thank you."),
    ("S0", "I'll send you the quote for the licences by Thursday."),
    ("S2", "Great."),
    ("S3", "I'll send you the list of the depots by Wednesday."),
    ("S0", "Thank you."),
    ("S1", "Could you send me the stock figures by Tuesday?"),
    ("S2", "Yes, Tuesday."),
]


def talk_about(lines: list[tuple[str, str]]) -> Any:
    """A joint call of Nora, Max, Omar and Paula in which these lines are said, 10 s each."""
    rows = [(10.0 * at, 10.0 * at + 9, who, text, []) for at, (who, text) in enumerate(lines)]
    speakers = {f"S{at}": Speaker(name) for at, name in enumerate(NAMES)}
    transcript = Transcript(pl.DataFrame(rows, schema=SPOKEN, orient="row"), speakers, 100.0)
    utterances, _ = assign_roles(transcript, CALL, lead_role="rep", other_role="customer")
    return talk_of(utterances, calls_table(), rubric())


def test_promises_belong_to_who_made_them() -> None:
    """The manager's is his, each customer's her own, and what the manager asks for is of the customer who answers."""
    talk = talk_about(PROMISED)
    owned = find_actions(talk, classify_acts(talk)).select("idx", "owner_role", "owner_id", "due_date").rows()
    assert owned == [
        (2, "colleague", "max", date(2026, 4, 24)),
        (4, "lead", "nora", date(2026, 4, 23)),
        (6, "other", "paula", date(2026, 4, 22)),
        (8, "other", "omar", date(2026, 4, 21)),
    ]


SAID_OF_OTHERS: dict[tuple[str, str], list[tuple[str, str | None]]] = {  # who says what, and whose it is
    ("S0", "Max will send you the contract by Friday."): [("colleague", "max")],
    ("S0", "Max Head is going to send you the contract by Friday."): [("colleague", "max")],
    ("S1", "Nora will send you the quote by Thursday."): [("lead", "nora")],
    ("S2", "Paula will send you the list of the depots by Wednesday."): [("other", "paula")],
    ("S0", "Paula will send us the list of the depots by Wednesday."): [("other", "paula")],
    ("S0", "So Paula, you'll send us the list by Wednesday."): [("other", "paula")],
    ("S0", "I'll send Max the contract by Friday."): [("lead", "nora")],
    ("S0", "Max and I will send you the quote by Thursday."): [("lead", "nora")],
    ("S0", "I will send you the quote once Max will send me the figures."): [("lead", "nora")],
    ("S0", "Max will send you the contract tomorrow, and I will call you on Monday."): [
        ("colleague", "max"),
        ("lead", "nora"),
    ],
    ("S0", "Max will send you the contract tomorrow, and Paula will send us the list by Friday."): [
        ("colleague", "max"),
        ("other", "paula"),
    ],
}


@pytest.mark.parametrize("said", SAID_OF_OTHERS)
def test_promise_for_another_is_the_others(said: tuple[str, str]) -> None:
    """What Nora says that Max will do is Max's; names beside a task, and people who also do it, change nothing."""
    who, text = said
    answer = "S2" if who in ("S0", "S1") else "S0"
    talk = talk_about([*PROMISED[:2], (who, text), (answer, "Perfect, thank you.")])
    known = known_people(talk, calls_table().with_columns(x_people=pl.lit(LISTED), lead_id=pl.lit("nora")))
    found = find_actions(talk, classify_acts(talk), known=known)
    assert found.select("owner_role", "owner_id").rows() == SAID_OF_OTHERS[said]


def test_name_that_two_people_have() -> None:
    """Of two customers called Sam the promise is the customers', of a seller and a customer it stays who said it."""
    sams = "Sam Hill (sam-h, customer); Sam Reed (sam-r, {}); Nora Vance (nora, rep)"
    talk = talk_about([*PROMISED[:2], ("S0", "Sam will send us the list by Friday."), ("S2", "Perfect, thank you.")])
    for role, sides in (("customer", [(None, "other")]), ("rep", [])):
        calls = calls_table().with_columns(x_people=pl.lit(sams.format(role)), lead_id=pl.lit("nora"))
        known = known_people(talk, calls)
        assert told(classify_acts(talk), talk, known).owners.select("named", "named_side").rows() == sides


def test_joint_call_in_the_kpis(spoken: pl.DataFrame) -> None:
    """One joint call of one; the manager takes it over with 60 of 110 s of our side's speech, not with 20 of 70."""
    one = call("c", 0, lead_id="nora", manager_id="max")
    longer = spoken.with_columns(end_s=pl.when(pl.col("speaker") == "S1").then(90.0).otherwise("end_s"))
    for utterances, took_over in ((spoken, 0.0), (longer, 1.0)):
        source = Source(
            calls=table("calls", one),
            labels=table("labels"),
            measures=table("measures"),
            actions=table("actions"),
            utterances=utterances,
        )
        found = kpis(source, ELEMENTS, plan=PLAN, zone="UTC").filter(
            level_of="lead", entity_id="nora", interaction="all"
        )
        shown = dict(found.select("kpi", "value").iter_rows())
        assert (shown["joint_calls"], shown["manager_takeover_share"]) == (1.0, took_over)


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
    assert read_people("Vance, Nora; Max Head, PhD")[0].name == "Vance, Nora"
    for cell in ("Nora Vance, Omar Field", "Nora, Omar, Max", "Nora Vance <nora@acme.com>"):
        with pytest.raises(ValueError, match="not of the form"):  # it was one person of all these names
            read_people(cell)


BARRED = {  # a cell with bars, and what it says
    "Nora Vance | nora | rep; Max Head | max | manager": "Nora Vance (nora, rep); Max Head (max, manager)",
    "Omar Field|omar|customer\nPaula Stern | D-17": "Omar Field (omar, customer); Paula Stern (D-17)",
    "Nora Vance | | rep; Max Head | manager": "Nora Vance (rep); Max Head (manager)",
    "Nora Vance (nora, rep) | Max Head (max, manager)": "Nora Vance (nora, rep); Max Head (max, manager)",
    "Nora Vance | Max Head | Omar": "Nora Vance; Max Head; Omar",
}


@pytest.mark.parametrize("cell", BARRED)
def test_people_with_bars(cell: str) -> None:
    """Name | id | role is one person: the id and the role were two more people, and a manager was a customer."""
    assert read_people(cell) == read_people(BARRED[cell])
    with pytest.raises(ValueError, match="'chief' is no role"):
        read_people("Nora Vance | nora | chief")
