"""Speakers to roles: by what is given, by channel, by name, by text; and who is left undecided."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.intake.calls import Call
from pipeline.transcripts.roles import Roles, assign_roles, find_lead, foreign_calls, lack_of_roles
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

TRUTH = Path(__file__).parents[3] / "data" / "samples" / "truth.jsonl"
CALL = Call("c1", lead_id="maya", lead_name="Maya Lopez", other_id="dana", other_name="Dana Reed")
SALES = {"lead_role": "rep", "other_role": "customer"}


def spoken(*lines: tuple[str, str], speakers: dict[str, Speaker] | None = None) -> Transcript:
    """A transcript of (speaker, text), one second each."""
    rows = [(float(at), at + 1.0, speaker, text, []) for at, (speaker, text) in enumerate(lines)]
    known = speakers or {speaker: Speaker() for speaker, _ in lines}
    return Transcript(pl.DataFrame(rows, schema=SPOKEN, orient="row"), known, float(len(rows)))


def two(first: Speaker, second: Speaker) -> Transcript:
    return spoken(("S0", "hello"), ("S1", "hi there"), speakers={"S0": first, "S1": second})


DECISIONS = {
    "lead_in_transcript": (two(Speaker(role="customer"), Speaker(role="rep")), {}, "S1", "transcript"),
    "other_in_transcript": (two(Speaker(role="customer"), Speaker()), {}, "S1", "transcript"),
    "lead_speaker_by_id": (two(Speaker(), Speaker()), {"lead_speaker": "S1"}, "S1", "lead_speaker"),
    "lead_speaker_by_name": (two(Speaker("Ann"), Speaker("Bo")), {"lead_speaker": "Bo"}, "S1", "lead_speaker"),
    "lead_speaker_in_small_letters": (
        two(Speaker("Ann"), Speaker("Bo Lee")),
        {"lead_speaker": "bo  lee"},
        "S1",
        "lead_speaker",
    ),
    "lead_speaker_unknown": (two(Speaker("Ann"), Speaker("Bo")), {"lead_speaker": "Cy"}, None, "lead_speaker"),
    "channel": (two(Speaker(channel=0), Speaker(channel=1)), {"lead_channel": 1}, "S1", "lead_channel"),
    "channel_beats_name": (
        two(Speaker("Dana Reed", channel=0), Speaker("Maya Lopez", channel=1)),
        {"lead_channel": 0},
        "S0",
        "lead_channel",
    ),
    "channel_of_a_transcript": (
        two(Speaker("channel 2"), Speaker("channel 1")),
        {"lead_channel": 0},
        "S1",
        "lead_channel",
    ),
    "channel_of_aws": (two(Speaker("ch_0"), Speaker("ch_1")), {"lead_channel": 1}, "S1", "lead_channel"),
    "name": (two(Speaker("Dana R. (Guest)"), Speaker("Maya")), {}, "S1", "name"),
    "name_of_the_other": (two(Speaker("Dana Reed"), Speaker("Room 4")), {}, "S1", "name"),
    "name_without_accents": (
        two(Speaker("Oscar Ibanez"), Speaker("Elodie Durand")),
        {"lead_name": "Élodie Durand", "other_name": "Óscar Ibáñez"},
        "S1",
        "name",
    ),
    "surname_shared": (two(Speaker("Reed"), Speaker("Room 4")), {"lead_name": "Anna Reed"}, None, "undecided"),
    "two_of_one_name": (two(Speaker("Mr. Lopez"), Speaker("Mrs. Lopez")), {}, None, "undecided"),
    "title": (two(Speaker("CUSTOMER"), Speaker("AGENT")), {}, "S1", "title"),
    "nothing_known": (two(Speaker(), Speaker()), {}, None, "undecided"),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_lead_is_found(case: str) -> None:
    """What is given comes first, then the list, the channel, the name; too little text decides nothing."""
    transcript, listed, lead, basis = DECISIONS[case]
    found = find_lead(transcript, replace(CALL, **listed), **SALES)
    assert (found.lead, found.basis) == (lead, basis)
    assert (found.confidence >= 0.7) == (lead is not None)


def test_utterances_have_role_and_person() -> None:
    """The lead has the list's lead_id, the other its other_id; words and confidence are counted from trusted words."""
    words = [
        {"start_s": 0.0, "end_s": 0.5, "text": "hello", "p": 0.5, "flagged": False},
        {"start_s": 0.5, "end_s": 1.0, "text": "subscribe", "p": 0.1, "flagged": True},
        {"start_s": 0.5, "end_s": 1.0, "text": "there", "p": 0.7, "flagged": None},
    ]
    rows = [(0.0, 1.0, "S0", "hello there", words), (1.0, 2.0, "S1", "", [])]
    transcript = Transcript(
        pl.DataFrame(rows, schema=SPOKEN, orient="row"), {"S0": Speaker(channel=0), "S1": Speaker(channel=1)}, 2.0
    )
    utterances, roles = assign_roles(transcript, replace(CALL, lead_channel=0), **SALES)
    assert roles == Roles("S0", 1.0, "lead_channel", ("S0",))
    assert utterances.select("call_id", "idx", "speaker", "role", "person_id", "n_words", "confidence").rows() == [
        ("c1", 0, "S0", "rep", "maya", 2, pytest.approx(0.6)),
        ("c1", 1, "S1", "customer", "dana", 0, None),
    ]


REJOINED = {  # a third label, and whose it is
    "Maya Lopez (2)": ("rep", "maya"),
    "maya.lopez@acme.com": ("rep", "maya"),
    "Lopez, Maya": ("rep", "maya"),
    "Maya Lopez\u2019s iPhone": ("rep", "maya"),
    "M. Lopez": ("rep", "maya"),
    "Maya L.": ("rep", "maya"),
    "Maya\u2019s iPhone": ("rep", "maya"),
    "Maya Lopes": ("rep", "maya"),
    "Maya": ("customer", None),
    "Dana Reed (2)": ("customer", "dana"),
    "Carlos Lopez": ("customer", None),
    "Lopez": ("customer", None),
    "C. Lopez": ("customer", None),
    "Maya Ito": ("customer", None),
}


@pytest.mark.parametrize("label", REJOINED)
def test_who_comes_back_under_another_label(label: str) -> None:
    """A label that is somebody's name is theirs, whole or short, whatever is beside; one shared word is nobody's."""
    speakers = {"S0": Speaker("Maya Lopez"), "S1": Speaker("Dana Reed"), "S2": Speaker(label)}
    lines = (("S0", "hello"), ("S1", "hi there you two"), ("S2", "back again"))
    utterances, roles = assign_roles(spoken(*lines, speakers=speakers), CALL, **SALES)
    assert (roles.lead, roles.basis) == ("S0", "name")
    assert utterances.select("role", "person_id").rows() == [("rep", "maya"), ("customer", "dana"), REJOINED[label]]


SHORT = {  # other labels, what the list says, and the roles: of two who could be meant neither is taken for the lead
    "beside_whose_it_may_be": (("Dana Reed", "Marco Lopez", "M. Lopez"), {}, ("customer",) * 3),
    "listed_for_the_other_side": (("Dana Reed", "M. Lopez"), {"other_name": "Dana Reed; Mia Lopez"}, ("customer",) * 2),
    "listed_among_the_people": (("Dana Reed", "M. Lopez"), {"people": "Mia Lopez (mia, customer)"}, ("customer",) * 2),
    "nobody_else": (("M. Lopez",), {"other_name": None}, ("customer",)),
    "all_of_the_lead": (("M. Lopez", "Maya L.", "Dana Reed"), {}, ("rep", "rep", "customer")),
}


@pytest.mark.parametrize("case", SHORT)
def test_short_label_beside_others(case: str) -> None:
    """A label that shortens the lead's name is the lead's where it can be nobody else's and somebody else is there."""
    labels, listed, roles = SHORT[case]
    speakers = {f"S{at}": Speaker(label) for at, label in enumerate(("Maya Lopez", *labels))}
    lines = ((speaker, "hello there") for speaker in speakers)
    utterances, _ = assign_roles(spoken(*lines, speakers=speakers), replace(CALL, **listed), **SALES)
    assert tuple(utterances["role"]) == ("rep", *roles)


def test_two_people_of_one_name_stay_two() -> None:
    """Where lead and customer have one name, whom the list names as lead_speaker leads alone."""
    listed = replace(CALL, other_name="Maya Lopez", lead_speaker="Maya Lopez (Acme)")
    transcript = two(Speaker("Maya Lopez"), Speaker("Maya Lopez (Acme)"))
    utterances, _ = assign_roles(transcript, listed, **SALES)
    assert utterances.select("role", "person_id").rows() == [("customer", "dana"), ("rep", "maya")]


def test_words_of_scripts_without_spaces() -> None:
    """Two letters are a word in Japanese, where no space tells; marks are none, and other words are whole."""
    text = "\u306f\u3044\u3002Northwind\u793e\u3067\u3059\u3001thanks a lot."
    utterances, _ = assign_roles(spoken(("S0", text), ("S1", "Fine \u2013 it\u2019s all done.")), CALL, **SALES)
    assert utterances["n_words"].to_list() == [1 + 1 + 2 + 3, 5]


def test_lead_speaker_who_is_not_there() -> None:
    """Whom the list names as lead and nobody is called is told as such; it asked for a lead_speaker."""
    transcript = two(Speaker("Ann"), Speaker("Bo"))
    found = find_lead(transcript, replace(CALL, lead_speaker="Cy"), **SALES)
    code, error = lack_of_roles(transcript, found) or ("", "")
    assert (code, error) == ("roles_unknown", "lead_speaker is none of Ann, Bo: write it as one of them is called")


def test_undecided_roles_are_unknown() -> None:
    """Nobody gets a role or a person where the lead is not clear."""
    utterances, roles = assign_roles(two(Speaker(), Speaker()), CALL, **SALES)
    assert roles.lead is None
    assert utterances["role"].to_list() == ["unknown", "unknown"]
    assert utterances["person_id"].to_list() == [None, None]


def said(call_id: str) -> list[tuple[str, str]]:
    """Side and text of each line of a sample: conversations that the weights were not trained on."""
    lines = [json.loads(line) for line in TRUTH.read_text().splitlines()]
    return [(line["side"], line["text"]) for line in lines if line["call_id"] == call_id]


CALLS = sorted({json.loads(line)["call_id"] for line in TRUTH.read_text().splitlines()})


def heard(text: str, rng: np.random.Generator) -> str:
    """As a weak recogniser writes: lower case, no marks, one word in four lost or replaced."""
    words = text.lower().translate(str.maketrans("", "", ".,?!")).split()
    return " ".join(("the" if rng.random() < 0.5 else "") if rng.random() < 0.25 else word for word in words)


@pytest.mark.parametrize("call_id", CALLS)
def test_text_alone_tells_who_leads(call_id: str) -> None:
    """In samples the weights never saw, what is said decides rightly, as written and as a weak recogniser hears it."""
    rng = np.random.default_rng(0)
    for version in (said(call_id), [(side, heard(text, rng)) for side, text in said(call_id)]):
        found = find_lead(spoken(*version), Call(call_id), **SALES)
        assert (found.lead, found.basis) == ("lead", "text")


@pytest.mark.parametrize("call_id", CALLS)
def test_third_speaker_is_kept_apart(call_id: str) -> None:
    """A second customer stays on the other side, and every speaker keeps a name of his own."""
    turns = [
        ("second" if side == "other" and at % 3 == 0 else side, text) for at, (side, text) in enumerate(said(call_id))
    ]
    utterances, roles = assign_roles(spoken(*turns), replace(CALL, call_id=call_id), **SALES)
    assert roles.lead == "lead"
    by_speaker = dict(utterances.group_by("speaker").agg(pl.col("role").unique().first()).iter_rows())
    assert by_speaker == {"lead": "rep", "other": "customer", "second": "customer"}
    people = dict(utterances.group_by("speaker").agg(pl.col("person_id").first()).iter_rows())
    assert people == {"lead": "maya", "other": "dana", "second": None}


def test_colleague_sits_beside_the_lead() -> None:
    """Where two speak for the lead's side, most are told from the other, and the other never joins them."""
    found = []
    for call_id in CALLS:
        turns = [
            ("mate" if side == "lead" and at % 3 == 0 else side, text) for at, (side, text) in enumerate(said(call_id))
        ]
        found.append(find_lead(spoken(*turns), Call(call_id), **SALES))
    assert all("other" not in roles.side for roles in found)
    assert sum(set(roles.side) == {"lead", "mate"} for roles in found) >= 0.7 * len(found)


@pytest.mark.parametrize("lead", ["Maya Lopez", "Speaker 1"])
@pytest.mark.parametrize("call_id", CALLS[:2])
def test_listed_customer_is_never_ours(lead: str, call_id: str) -> None:
    """Of three, who is listed for the other side stays there, though they sound like the lead's colleague.

    Omar Field was a rep by what he said.
    """
    names = {"lead": lead, "mate": "Omar Field", "other": "Paula Stern"}
    turns = [("mate" if side == "lead" and at % 3 else side, text) for at, (side, text) in enumerate(said(call_id))]
    transcript = spoken(*turns, speakers={key: Speaker(name) for key, name in names.items()})
    listed = Call(call_id, lead_id="maya", lead_name="Maya Lopez", other_id="omar", other_name="Tom Fox; Omar Field")
    utterances, roles = assign_roles(transcript, listed, **SALES)
    assert roles.lead == "lead"
    assert set(utterances.filter(pl.col("speaker") == "mate")["role"]) == {"customer"}


def test_foreign_calls() -> None:
    """A call in a language that is not listed is foreign; one whose language nobody knows is not."""
    calls = pl.DataFrame({"call_id": list("abcd"), "language": ["en", "de", None, "en-US"]})
    assert foreign_calls(calls, ("en",)) == {"b"}
    assert foreign_calls(calls, ("en", "de")) == frozenset()
