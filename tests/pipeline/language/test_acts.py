"""The ten acts, and that a call is read alone."""

import polars as pl

from pipeline.language.acts import classify_acts, timed_sentences
from pipeline.language.text import words_of
from pipeline.tables.conversations import Acts
from tests.conversations import talk_of

CALL = (
    ("lead", 0, 3, "Thanks for making the time today."),
    ("other", 3, 4, "Sure."),
    ("lead", 4, 8, "How do you plan the routes for your trucks today?"),
    ("other", 8, 15, "We print them every morning and the drivers change half of them."),
    ("lead", 15, 19, "So the drivers change half of them. Do you know why they change them?"),
    ("other", 19, 24, "The addresses are old. Nobody keeps them."),
    ("lead", 24, 30, "Walk me through what happened last Tuesday."),
    ("other", 30, 40, "We lost two hours in the yard because the list was wrong."),
    ("lead", 40, 46, "Why don't you just call the dispatcher? You need to call him tonight."),
    ("other", 46, 50, "Okay. I'll call him tomorrow."),
    ("lead", 50, 56, "You could try the new list first. I'll send you the proposal by Thursday."),
    ("other", 56, 58, "Great, thanks."),
)


def bare(rows: tuple[tuple[str, float, float, str], ...]) -> tuple[tuple[str, float, float, str], ...]:
    words = [" ".join(pl.select(words_of(pl.lit(text))).item()) for *_, text in rows]
    return tuple((side, start, end, text) for (side, start, end, _), text in zip(rows, words, strict=True))


def test_sentences_share_the_time_of_their_utterance() -> None:
    """A sentence with a quarter of the letters has a quarter of the seconds."""
    sentences = timed_sentences(talk_of(("lead", 10, 18, "Aha. Ten letters.")))  # 4 and 12 characters
    assert sentences.select("sentence", "start_s", "end_s").rows() == [(0, 10.0, 12.0), (1, 12.0, 18.0)]


def test_acts_of_a_call() -> None:
    """Questions without question form, telling in question form, promises and orders are told apart."""
    acts = classify_acts(talk_of(*CALL)).select("idx", "sentence", "act").rows()
    found = {(idx, sentence): act for idx, sentence, act in acts}
    expected = {
        (1, 0): "acknowledge",
        (2, 0): "ask_open",
        (3, 0): "inform",
        (4, 0): "reflect",
        (4, 1): "ask_closed",
        (6, 0): "ask_open",
        (7, 0): "inform",
        (8, 0): "ask_leading",
        (8, 1): "direct",
        (9, 1): "commit",
        (10, 0): "suggest",
        (10, 1): "commit",
    }
    assert {key: found[key] for key in expected} == expected


def test_reflections_are_no_telling() -> None:
    """What gives back what the other said, in his words or in others, reflects; what answers him informs."""
    said = ("other", 0, 5, "I do all of it alone, the books, the vans, the phones, and nobody asks.")
    for line, reply, act in (
        ("It sounds like you carry all of that by yourself.", "Yes. Exactly that.", "reflect"),
        ("You feel alone with it.", "Yes. Exactly that.", "reflect"),
        ("We have eleven people on the phones in Leeds.", "Okay. And what do they do?", "inform"),
    ):
        acts = classify_acts(talk_of(said, ("lead", 5, 9, line), ("other", 9, 12, reply)))
        assert acts.filter(idx=1)["act"].to_list() == [act]


def test_how_a_reflection_is_made() -> None:
    """A reflection has its kind, and nothing else has one."""
    acts = classify_acts(talk_of(*CALL))
    kinds = dict(acts.filter(pl.col("act") == "reflect").select("idx", "reflection").rows())
    assert kinds[4] == "repeat"
    assert (
        acts.filter(pl.col("act") != "reflect")["reflection"].null_count()
        == acts.filter(pl.col("act") != "reflect").height
    )


def test_acts_without_marks() -> None:
    """Asking is found, and nothing else asks, when case and marks are gone; "why don't you call him you need to tell
    him" is one sentence then, which asks and directs."""
    acts = classify_acts(talk_of(*bare(CALL)))
    asks = pl.any_horizontal(pl.col("act", "also").str.starts_with("ask"))
    asking = acts.filter(asks)["idx"].unique().sort().to_list()
    assert asking == [2, 4, 6, 8]


def test_a_call_is_read_alone() -> None:
    """The acts of a call do not depend on the calls beside it, on their order, or on the names of its speakers."""
    one = talk_of(*CALL)
    other = talk_of(*bare(CALL[2:7])).with_columns(pl.lit("another").alias("call_id"))
    alone, beside = (
        classify_acts(one),
        classify_acts(pl.concat([other, one.reverse()])).filter(pl.col("call_id") != "another"),
    )
    renamed = classify_acts(one.with_columns(pl.col("speaker") + " the second"))
    assert beside.equals(alone)
    assert renamed.equals(alone)


def test_nothing_said() -> None:
    """A call without words has no acts, and no call is no error."""
    assert classify_acts(talk_of(("lead", 0, 1, " ")).head(1)).is_empty()
    assert Acts.is_valid(classify_acts(talk_of(("lead", 0, 1, "Hello.")).clear()))
