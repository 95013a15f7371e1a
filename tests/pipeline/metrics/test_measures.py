"""Measures: numbers worked out by hand, invariants, and reasons for what cannot be measured."""

import runpy
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.language.analyse import Findings
from pipeline.language.reflections import uptake
from pipeline.metrics.measure_values import NO_ROLES, measure
from pipeline.metrics.measures import MEASURES
from pipeline.tables.conversations import Talk
from pipeline.tables.figures import Measures
from pipeline.tables.values import PURPOSES, SIDES
from tests.conversations import Row, acts_of, moments_of, no_actions, purposes_of, talk_of

# lead 0-20 and 30-60, other 18-28 (2 s overlap) and 64-72, a back-channel of the other in 40-41; 100 s in all
TALK = talk_of(
    ("lead", 0, 20, "we help schools keep their rooms warm um you know"),
    ("other", 18, 28, "our heating broke down in February again"),
    ("lead", 30, 50, "so the heating is what hurts and do you know why"),
    ("other", 40, 41, "Mm-hm, right."),
    ("lead", 52, 60, "walk me through that day"),
    ("other", 64, 72, "it was cold"),
)
ACTS = acts_of((0, "inform"), (0, "inform"), (2, "reflect"), (2, "ask_leading"), (2, "ask_closed"), (4, "ask_open"))
MOMENTS = moments_of((0, "agenda"), (2, "reflection"), (5, "recap"))
PURPOSES_SEEN = purposes_of((0, "deal"), (2, "deal"), (4, "coaching"), (5, None))


def measured(talk: dy.DataFrame[Talk], **others: pl.DataFrame) -> pl.DataFrame:
    given_frames = {"moments": moments_of(), "purposes": purposes_of(), "actions": no_actions()} | others
    acts = given_frames.pop("acts", acts_of())
    return measure(talk, acts, Findings(**given_frames))


def value(frame: pl.DataFrame, name: str, role: str = "lead") -> float | None:
    found = frame.filter((pl.col("measure") == name) & (pl.col("role") == role))
    assert found.height == 1, f"{name} of {role} stands {found.height} times"
    return found["value"].item()


def test_language_whose_acts_are_not_known() -> None:
    """What rests on who speaks when and how much is measured; what rests on meaning is null for that reason."""
    given_frames = {"moments": MOMENTS, "purposes": PURPOSES_SEEN, "actions": no_actions()}
    (call_id,) = TALK["call_id"].unique()
    frame = measure(TALK, ACTS, Findings(**given_frames), foreign={call_id})
    assert value(frame, "talk_ratio") == pytest.approx(48 / 67)
    assert value(frame, "turns", "all") == 4.0
    assert value(frame, "talk_ratio_words") == pytest.approx(26 / 38)
    of_meaning = frame.filter(pl.col("reason") == "language")
    assert {"filler_rate", "agenda", "question_rate"} & set(MEASURES) <= set(of_meaning["measure"])
    assert of_meaning["value"].is_null().all()
    assert set(frame.filter(pl.col("value").is_not_null())["measure"]).isdisjoint(of_meaning["measure"])


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("talk_ratio", "lead", 48 / (48 + 19)),  # lead 20+20+8, other 10+1+8
        ("talk_share_of_call", "lead", 0.48),
        ("talk_ratio_words", "lead", 26 / 38),  # 10+11+5 of 26+7+2+3
        ("silence_share", "all", (100 - 64) / 100),  # 0-28, 30-50, 52-60, 64-72
        ("overlap_share", "all", 3 / 64),  # 18-20 and 40-41
        ("longest_monologue", "lead", 30.0),  # 30-60, its 2 s pause included, the back-channel no interruption
        ("longest_monologue", "other", 8.0),  # 20-28 after the lead has stopped, and 64-72
        ("turns", "lead", 2.0),
        ("turns", "other", 2.0),
        ("turns", "all", 4.0),
        ("interactivity", "all", 3 / (100 / 60)),
        ("patience", "lead", 2.0),  # one reply, 28 to 30
        ("patience_overlapped_share", "lead", 0.0),
        ("interruptions", "other", 1 / (100 / 600)),  # starts at 18, the lead stops 2 s later
        ("interruptions", "lead", 0.0),
        ("speech_rate", "lead", 26 / (48 / 60)),
        ("speech_rate", "other", 12 / (19 / 60)),
        ("filler_rate", "lead", 2 / 0.26),  # um, you know; "do you know" is none
        ("ask_rate", "lead", 2 / (100 / 3600)),
        ("open_question_share", "lead", 1 / 3),
        ("ask_vs_tell", "lead", 2 / 5),  # the reflection is neither
        ("leading_question_share", "lead", 1 / 3),
        ("reflection_rate", "lead", 1 / (100 / 600)),
        ("reflections_to_questions", "lead", 1 / 3),
        ("guide_vs_direct", "lead", 2 / 3),
        ("question_spread", "lead", 0.2),  # in the fourth and the sixth tenth
        ("listening_rate", "lead", 1 / (100 / 600)),
        ("agenda_present", "all", 1.0),
        ("agenda_at", "all", 0.0),
        ("agenda_agreed", "all", 0.0),
        ("recap_present", "other", 1.0),
        ("recap_present", "lead", 0.0),
        ("feedback_sought", "lead", 0.0),
        ("purpose_mix", "deal", 40 / 48),
        ("purpose_mix", "coaching", 8 / 48),
        ("purposes_mixed", "all", 0.0),
    ],
)
def test_worked_by_hand(name: str, role: str, expected: float) -> None:
    """Each measure is its definition, on a conversation small enough to reckon on paper."""
    frame = measured(TALK, acts=ACTS, moments=MOMENTS, purposes=PURPOSES_SEEN)
    assert value(frame, name, role) == pytest.approx(expected, abs=1e-6)


# lead and a colleague against the other side; the colleague speaks before each of them once
WITH_COLLEAGUE = talk_of(
    ("other", 0, 10, "we need to see the price of it"),
    ("lead", 14, 24, "the price is what we talk about on friday"),  # the lead's only reply to the other side, after 4 s
    ("other", 26, 30, "and the contract is another matter"),
    ("colleague", 30, 50, "let me say something about the terms"),
    ("lead", 49, 60, "so that is how we see it here"),  # 1 s before the colleague ends: no interruption of the other
    ("colleague", 60, 70, "and one more thing about the terms"),
    ("other", 69, 80, "which terms are those"),  # 1 s before the colleague ends: no interruption of the lead
)

NO_REPLY = talk_of(
    ("other", 0, 20, "we need to see the price of it"),
    ("colleague", 22, 40, "let me say something about the terms"),
    ("lead", 41, 60, "so that is how we see it here"),
)


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("patience", "lead", 4.0),
        ("patience_overlapped_share", "lead", 0 / 1),
        ("interruptions", "lead", 0.0),
        ("interruptions", "other", 0.0),
        ("turns", "all", 7.0),
        ("interactivity", "all", 6 / (100 / 60)),  # a colleague's turn is a change of speaking role
    ],
)
def test_a_turn_after_a_colleague_is_no_reply(name: str, role: str, expected: float) -> None:
    """What follows a colleague of the lead neither replies to the other side nor interrupts it."""
    assert value(measured(WITH_COLLEAGUE), name, role) == pytest.approx(expected)


def test_no_reply_but_to_a_colleague() -> None:
    """A lead who speaks only after a colleague gives the other side no reply: null with that reason."""
    rows = measured(NO_REPLY).filter(pl.col("measure").is_in(["patience", "patience_overlapped_share"]))
    assert rows.select("value", "reason").rows() == [(None, "no reply of the lead to the other side")] * 2


def test_a_back_channel_does_not_bridge_a_pause() -> None:
    """The lead pauses for 5.5 s, over the 3 s of a monologue, and the other side's "Mm-hm." within leaves it so: 30 s,
    not 60 s. Two back-channels in a pause of 2.6 s break nothing: 30 to 59 s, 29 s."""
    for pause in ([], [("other", 32, 33, "Mm-hm.")], [("colleague", 31, 32, "Right."), ("other", 33, 34, "Mm-hm.")]):
        talk = talk_of(
            ("lead", 0, 30, "so that is how we see it here now"),
            *pause,
            ("lead", 35.5, 60, "yes that is what we mean by it"),
            ("other", 62, 80, "and the contract is another matter"),
        )
        assert value(measured(talk), "longest_monologue") == 30.0
    talk = talk_of(
        ("other", 0, 25, "and the contract is another matter"),
        ("lead", 30, 45, "so that is how we see it here now"),
        ("other", 45.3, 46, "Mm-hm."),
        ("other", 46.9, 47.2, "Right."),
        ("lead", 47.6, 59, "yes that is what we mean by it"),
    )
    assert value(measured(talk), "longest_monologue") == 29.0


def test_a_pause_of_three_seconds_is_no_break() -> None:
    """A pause of 0.8, 1.6 and 0.6 s about a back-channel is 3 s, and more than that breaks a monologue: 60 s."""
    talk = talk_of(
        ("lead", 0, 30, "so that is how we see it here now"),
        ("other", 30.8, 32.4, "Mm-hm."),
        ("lead", 33, 60, "yes that is what we mean by it"),
    )
    assert value(measured(talk), "longest_monologue") == 60.0


def talked_over(pieces: list[tuple[float, float]], lead: tuple[float, float]) -> dict[str, float]:
    """Interruptions per 10 minutes of a call in which the lead talks into what the other side says in pieces."""
    lines: list[Row] = [("other", start_s, end_s, "and the contract is another matter") for start_s, end_s in pieces]
    talk = talk_of(*sorted([*lines, ("lead", *lead, "the price is what we talk about")], key=lambda line: line[1:3]))
    frame = measured(talk).filter(measure="interruptions")
    return dict(frame.select("role", "value").iter_rows())


@pytest.mark.parametrize(
    ("pieces", "lead", "expected"),
    [
        ([(0, 20)], (8, 11.5), {"lead": 0.0, "other": 0.0}),  # the other side speaks on for 12 s
        ([(0, 10), (10, 20)], (8, 11.5), {"lead": 0.0, "other": 0.0}),  # the same in two utterances
        ([(0, 10), (10, 11.5)], (9.8, 30), {"lead": 6.0, "other": 0.0}),  # it stops after 1.7 s
        ([(0, 10), (10, 13)], (9.5, 30), {"lead": 0.0, "other": 0.0}),  # it stops after 3.5 s
        ([(0, 10), (10.7, 20)], (8, 11.5), {"lead": 6.0, "other": 6.0}),  # it stops after 2 s and then breaks in
    ],
)
def test_who_speaks_on_is_not_interrupted(
    pieces: list[tuple[float, float]], lead: tuple[float, float], expected: dict[str, float]
) -> None:
    """Where one utterance ends and the next of the same side begins at once, nobody stops and nobody starts."""
    assert talked_over(pieces, lead) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "patience", "overlapped"),
    [
        (
            [("lead", 0, 60), ("other", 20, 25), ("lead", 60.5, 70)],
            None,
            None,
        ),  # the lead never stops
        ([("lead", 0, 24), ("other", 20, 25), ("lead", 27, 40)], 2.0, 0.0),  # the lead stops and then replies
        ([("other", 0, 10), ("lead", 9, 30), ("other", 10, 20), ("lead", 40, 60)], 0.0, 1.0),  # no gap of 20 s
    ],
)
def test_who_talks_on_over_a_turn_does_not_reply_to_it(
    rows: list[tuple[str, float, float]], patience: float | None, overlapped: float | None
) -> None:
    """The time that the lead goes on talking is no patience with the other side, which spoke meanwhile."""
    frame = measured(talk_of(*((side, start_s, end_s, "the price is what we see") for side, start_s, end_s in rows)))
    assert (value(frame, "patience"), value(frame, "patience_overlapped_share")) == (patience, overlapped)


def test_uptake_is_the_mean_of_the_leads_replies() -> None:
    """The lead replies twice; what the other side replies is not his."""
    scores = uptake(TALK, ACTS).filter(side="lead")["uptake"]
    assert len(scores) == 2
    frame = measured(TALK, acts=ACTS, moments=MOMENTS).filter(measure="uptake")
    assert frame["value"].to_list() == [pytest.approx(sum(scores) / 2)]


def test_uptake_is_of_replies_to_the_other_side() -> None:
    """Of the lead's two turns one follows the other side, one a colleague: one reply. Where the only one follows
    a colleague there is none."""
    first, after_colleague = uptake(WITH_COLLEAGUE, acts_of()).filter(side="lead")["uptake"]
    row = measured(WITH_COLLEAGUE).row(by_predicate=pl.col("measure") == "uptake", named=True)
    assert (row["part"], row["whole"]) == (pytest.approx(first), 1.0)
    assert first != after_colleague
    rows = measured(NO_REPLY).filter(measure="uptake")
    assert rows.select("value", "reason").rows() == [(None, "no reply of the lead to the other side")]


def test_every_measure_for_every_role() -> None:
    """A call has each measure once for each of its roles, whatever was found in it."""
    frame = measured(TALK)
    expected = {(name, role) for name, one in MEASURES.items() for role in one.roles}
    assert set(frame.select("measure", "role").iter_rows()) == expected
    assert frame.height == len(expected)


def test_share_keeps_part_and_whole() -> None:
    """A share is stored as part and whole, a count as part alone."""
    frame = measured(TALK)
    share = frame.row(by_predicate=pl.col("measure") == "talk_ratio", named=True)
    assert (share["part"], share["whole"]) == (48.0, 67.0)
    count = frame.row(by_predicate=(pl.col("measure") == "turns") & (pl.col("role") == "lead"), named=True)
    assert (count["part"], count["whole"], count["value"]) == (2.0, None, 2.0)


def test_purposes_mixed() -> None:
    """Two reviews of more than a fifth of the time each are mixed; administration is no review."""
    mixed = purposes_of((0, "deal"), (2, "forecast"), (4, "administration"))
    assert value(measured(TALK, purposes=mixed), "purposes_mixed", "all") == 1.0
    single = purposes_of((0, "deal"), (2, "administration"), (4, "deal"))
    assert value(measured(TALK, purposes=single), "purposes_mixed", "all") == 0.0


PIPELINE = (
    ("lead", 0, 10, "Which new lead would you begin with?"),  # early
    ("other", 10, 30, "Leeds. We met them once."),  # early still
    ("lead", 30, 40, "And the contract with Hull?"),  # late
    ("other", 40, 50, "The contract came from a prospect."),  # both: what was named last, late
    ("lead", 50, 60, "Fine."),  # late still
)


def in_every(purpose: str, n: int) -> pl.DataFrame:
    return purposes_of(*((idx, purpose) for idx in range(n)))


def test_early_stage_share_by_hand() -> None:
    """30 of 60 s are about early opportunities: 10 s that name one, 20 s that go on about it; an utterance that names
    both goes on about what was named last. In another kind of meeting the measure is null."""
    talk = talk_of(*PIPELINE, interaction="pipeline_review")
    assert value(measured(talk, purposes=in_every("pipeline", 5)), "early_stage_share", "all") == pytest.approx(30 / 60)
    deal = talk_of(*PIPELINE, interaction="deal_review")
    assert value(measured(deal, purposes=in_every("deal", 5)), "early_stage_share", "all") is None


def test_what_was_named_is_forgotten() -> None:
    """Five utterances go on about what was named before them, the sixth does not: 6 of 7 times 10 s, all early."""
    lines = [("lead", 0.0, 10.0, "Which new lead would you begin with?")]
    lines += [("other", 10.0 * n, 10.0 * n + 10, "Hm.") for n in range(1, 7)]
    frame = measured(talk_of(*lines, interaction="pipeline_review"), purposes=in_every("pipeline", 7))
    row = frame.row(by_predicate=pl.col("measure") == "early_stage_share", named=True)
    assert (row["part"], row["whole"]) == (60.0, 60.0)


def test_strategic_share_by_hand() -> None:
    """20 s on the client's aims, 5 s on a credit note: 20 of 25 s."""
    talk = talk_of(
        ("lead", 0, 20, "What are their goals for the hospital?"),
        ("other", 20, 25, "First they want the credit note."),
        interaction="account_review",
    )
    assert value(measured(talk, purposes=in_every("account", 2)), "strategic_share", "all") == pytest.approx(20 / 25)


@pytest.mark.parametrize(
    ("talk", "name", "reason"),
    [
        (
            talk_of(("lead", 0, 5, "hi"), ("other", 5, 9, "hello you"), duration_s=59.0),
            "talk_ratio",
            "shorter than 60 s",
        ),
        (talk_of(("lead", 0, 50, "all by myself")), "silence_share", "only one speaker"),
        (talk_of((None, 0, 50, "who are you"), (None, 50, 80, "who knows")), "talk_ratio", "roles of the speakers"),
        (TALK, "open_question_share", "the lead asks nothing"),
        (TALK, "agenda_at", "no agenda"),
        (TALK, "purpose_mix", "no purpose"),
    ],
)
def test_null_with_a_reason(talk: dy.DataFrame[Talk], name: str, reason: str) -> None:
    """What cannot be measured is null and says why, never 0."""
    rows = measured(talk).filter(pl.col("measure") == name)
    assert rows["value"].to_list() == [None] * rows.height
    assert all(reason in text for text in rows["reason"])


def test_interruptions_on_one_channel() -> None:
    """Where both sides are on one channel nobody's interruptions are told; with channels, or unknown ones, they are."""
    (call_id,) = TALK["call_id"].unique()
    findings = Findings(moments=moments_of(), purposes=purposes_of(), actions=no_actions())
    for by_voice in (True, False, None):
        roles = pl.DataFrame(
            {"call_id": [call_id], "confidence": [1.0], "by_voice": [by_voice]}, schema=NO_ROLES.schema
        )
        frame = measure(TALK, acts_of(), findings, roles=roles)
        rows = frame.filter(measure="interruptions", role="other")
        known = (None, "crosstalk: both sides are on one channel") if by_voice else (6.0, None)
        assert rows.select("value", "reason").row(0) == known
        assert value(frame, "talk_ratio") == pytest.approx(48 / 67)


def test_unknown_roles_keep_what_needs_no_role() -> None:
    """Without roles, silence, overlap and turns are still measured."""
    frame = measured(talk_of((None, 0, 50, "who are you today"), (None, 40, 80, "who knows that")))
    assert value(frame, "silence_share", "all") == pytest.approx(0.2)
    assert value(frame, "overlap_share", "all") == pytest.approx(10 / 80)
    assert value(frame, "turns", "all") == 2.0


SAID = st.sampled_from(
    ["we sell heating", "what broke down then", "yeah", "mm-hm right", "send it to me tonight please"]
)
ROWS = st.lists(
    st.tuples(st.sampled_from(SIDES), st.integers(0, 3000), st.integers(2, 400), SAID), min_size=2, max_size=12
).filter(lambda rows: len({side for side, *_ in rows}) == 2)


def _talk(rows: list[tuple[str, int, int, str]], *, shift_s: float = 0.0, swap: bool = False) -> dy.DataFrame[Talk]:
    sides = dict(zip(SIDES, SIDES[::-1] if swap else SIDES, strict=True))
    made: list[Row] = [
        (sides[side], shift_s + a / 10, shift_s + (a + n) / 10, text)
        for side, a, n, text in sorted(rows, key=lambda r: r[1])
    ]
    return talk_of(*made, duration_s=400.0)


def _values(frame: dy.DataFrame[Measures]) -> dict[tuple[str, str], float]:
    return {(name, role): v for name, role, v in frame.select("measure", "role", "value").iter_rows() if v is not None}


@settings(max_examples=15, deadline=None)
@given(ROWS)
@example(
    [("lead", 0, 2, "we sell heating"), ("other", 154, 400, "we sell heating"), ("other", 584, 2, "we sell heating")]
)
def test_invariants(rows: list[tuple[str, int, int, str]]) -> None:
    """Shift in time changes nothing but positions; swapped roles add up; all shares lie in 0 to 1."""
    plain, shifted, swapped = (
        _values(measured(t)) for t in (_talk(rows), _talk(rows, shift_s=7.0), _talk(rows, swap=True))
    )
    assert {k: round(v, 9) for k, v in plain.items()} == {k: round(v, 9) for k, v in shifted.items()}
    for name in ("talk_ratio", "talk_ratio_words"):
        assert plain[name, "lead"] + swapped[name, "lead"] == pytest.approx(1)
    for name in ("turns", "longest_monologue", "interruptions", "speech_rate"):
        assert plain.get((name, "lead")) == pytest.approx(swapped.get((name, "other")))
    assert all(-1e-9 <= v <= 1 + 1e-9 for (name, _), v in plain.items() if MEASURES[name].unit == "share")


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_splitting_an_utterance_changes_nothing(rows: list[tuple[str, int, int, str]]) -> None:
    """An utterance cut in two at a time between its words measures the same (short ones are left whole)."""
    cut = []
    for side, start, length, text in rows:
        halves = text.split(" ", 3)
        if len(halves) < 4:
            cut.append((side, start, length, text))
            continue
        cut += [
            (side, start, length // 2, " ".join(halves[:3])),
            (side, start + length // 2, length - length // 2, halves[3]),
        ]
    whole, parts = _values(measured(_talk(rows))), _values(measured(_talk(cut)))
    timed = (
        "talk_ratio",
        "talk_share_of_call",
        "talk_ratio_words",
        "silence_share",
        "overlap_share",
        "longest_monologue",
    )
    for key in whole:
        if key[0] in timed:
            assert parts[key] == pytest.approx(whole[key]), key


def test_purposes_are_roles_of_one_measure() -> None:
    """purpose_mix has one row per purpose, and they add up to the whole."""
    frame = measured(TALK, purposes=PURPOSES_SEEN).filter(pl.col("measure") == "purpose_mix")
    assert set(frame["role"]) == set(PURPOSES)
    assert frame["value"].sum() == pytest.approx(1)


def test_page_is_up_to_date() -> None:
    """docs/measures.md is what its script makes of the definitions."""
    docs = Path(__file__).parents[3] / "docs"
    script = runpy.run_path(str(docs / "make_measures.py"))
    assert (docs / "measures.md").read_text() == script["page"]()
