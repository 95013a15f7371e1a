"""Features: cues, echoes and places by hand; what they must not depend on."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.features.cues import find_cues, read_cues, read_own_cues
from models.features.features import describe, describe_calls
from pipeline.language.acts import classify_acts
from pipeline.language.text import plain
from pipeline.metrics.measures import share_of_words
from pipeline.tables.conversations import Talk
from pipeline.tables.values import ACTS

CALL = [
    ("lead", "I've got us for thirty minutes. First your audit, then prices. Does that work?"),
    ("other", "Yeah, that works. The audit worries me."),
    ("lead", "What worries you about the audit?"),
]


def talk(**calls: list[tuple[str | None, str]]) -> pl.DataFrame:
    """Talk of calls given as lists of side and text, five seconds an utterance."""
    rows = [
        {"call_id": call, "idx": idx, "start_s": 5.0 * idx, "end_s": 5.0 * idx + 4, "speaker": str(side), "side": side,
         "role": "rep" if side == "lead" else "customer", "person_id": None, "text": text,
         "n_words": len(text.split()), "confidence": None, "interaction": "discovery_call",
         "duration_s": 5.0 * len(turns), "started_at": datetime(2026, 1, 5, tzinfo=UTC)}
        for call, turns in calls.items()
        for idx, (side, text) in enumerate(turns)
    ]  # fmt: skip
    return Talk.validate(pl.DataFrame(rows, schema=Talk.create_empty().schema))


class Letters:
    """An encoder for tests: a text's first letter as a unit vector."""

    name = "letters"

    def __call__(self, texts: list[str]) -> np.ndarray:
        """One row per text."""
        rows = np.zeros((len(texts), 26), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[ord(text[0]) - 97 if text[:1].isalpha() else 0] = 1
        return rows


def features(frame: pl.DataFrame):
    return describe(frame, classify_acts(frame), Letters())


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("time_frame", "We've got forty minutes."),
        ("ask_agree", "Does that work for you?"),
        ("assent", "Yep, that suits me."),
        ("date", "I'll send it by Thursday."),
        ("vague", "Let's keep in touch."),
        ("prior", "Did you get hold of Sandra?"),
        ("feedback_ask", "Was this useful, and what should we change?"),
        ("parks", "Let's park that for Friday."),
        ("nothing_changes", "What happens if nothing changes?"),
    ],
)
def test_cue(cue, text):
    """A cue is found in a sentence that gives it, however it is written, and not in a neutral one."""
    frame = pl.DataFrame({"text": [text, text.upper().replace("?", ""), "The weather is grey."]})
    found = frame.select(plain(pl.col("text")).alias("plain")).select(find_cues(pl.col("plain")))
    assert (found[cue] > 0).to_list() == [True, True, False]


def test_echo():
    """The question takes up "worries" and "audit" of the answer before it: 2 of its 4 longer words."""
    made = features(talk(a=CALL))
    column = len(read_cues()) + len(ACTS)
    heard = ["yeah", "that", "works", "audit", "worries"]
    assert made.utterances[2, column] == pytest.approx(np.sqrt(2))
    assert made.utterances[2, column + 1] == pytest.approx(2 / len(heard))


def test_no_context_across_calls():
    """What one call says never shows in the features of another."""
    alone = features(talk(b=CALL))
    beside = features(talk(a=[("lead", "Forecast numbers please."), ("other", "Deal?")], b=CALL)).take({"b"})
    assert beside.calls == ["b"]
    np.testing.assert_allclose(beside.utterances, alone.utterances, rtol=1e-5)
    np.testing.assert_allclose(describe_calls(beside).rows, describe_calls(alone).rows, rtol=1e-5)


def test_case_and_marks_change_no_cue():
    """A recogniser's text without case and marks has the same cues, echoes and embeddings."""
    bare = [
        (side, text.lower().replace("'", " ").replace(".", "").replace("?", "").replace(",", "")) for side, text in CALL
    ]
    n = len(read_cues())
    written, heard = features(talk(a=CALL)), features(talk(a=bare))
    np.testing.assert_allclose(written.utterances[:, :n], heard.utterances[:, :n])


def test_means_by_side_and_window():
    """The lead gives a time frame twice in one of two utterances ("got us for", "minutes"): 1 on average."""
    made = features(talk(a=CALL))
    rows = describe_calls(made)
    column = list(read_cues()).index("time_frame")
    assert rows.rows[0, column] == pytest.approx(1.0)
    assert rows.rows.shape[1] == sum(rows.blocks)


def test_shares():
    """The lead says 19 of 26 words, and that is the share that the measures give."""
    words = [len(text.split()) for _, text in CALL]
    share = features(talk(a=CALL)).shares[0, 0]
    assert share == pytest.approx((words[0] + words[2]) / sum(words))
    part, whole = share_of_words(pl.col("side") == "lead")
    assert share == np.float32(talk(a=CALL).select(part / whole).item())


def test_one_utterance_of_nobody():
    """A call of one utterance by an unknown speaker has finite features."""
    made = features(talk(a=[(None, "Hello?")]))
    assert np.isfinite(describe_calls(made).rows).all()
    assert np.isfinite(made.utterances).all()


def test_without_own():
    """Without the cues of their own the last columns are gone, of the utterances and of the trust, and no others."""
    made = features(talk(a=CALL))
    less = made.without_own()
    assert made.own == 4 * len(read_own_cues().cues)
    np.testing.assert_array_equal(less.utterances, made.utterances[:, : -made.own])
    assert len(less.trust) == less.utterances.shape[1]
    assert describe_calls(less).rows.tolist() == describe_calls(made).rows.tolist()
