"""The guard: what recognisers make up is flagged, what people say is not."""

import numpy as np
import polars as pl
import pytest

from pipeline.speech.engines import WORDS
from pipeline.speech.hallucination import SUBTITLES, flag

HEARD = {
    **{name: kind for name, kind in WORDS.items() if name != "flagged"},
    "no_speech_p": pl.Float64,
    "logprob": pl.Float64,
}
SPEECH = pl.DataFrame({"start_s": [0.0, 30.0], "end_s": [20.0, 60.0], "channel": [0, 0]})


def flagged(
    text: str, *, start_s: float = 1.0, step_s: float = 0.3, p: float = 0.9, **doubt: float | None
) -> list[bool]:
    """The flags of evenly spaced words on channel 0."""
    texts = text.split()
    starts = [start_s + at * step_s for at in range(len(texts))]
    rows = [
        (at, at + step_s, word, p, 0, doubt.get("no_speech_p"), doubt.get("logprob"))
        for at, word in zip(starts, texts, strict=True)
    ]
    words = pl.DataFrame(rows, schema=HEARD, orient="row")
    return flag(words, SPEECH).to_list()


MADE_UP = {
    "one_word_loop": ("you " * 12, {}),
    "phrase_loop": ("I'm going to go. " * 5, {}),
    "long_phrase_loop": ("we will be happy to help you with that, " * 4, {}),
    "text_over_silence": ("and so the price was right", {"start_s": 22.0}),
    "subtitles": ("Thank you for watching!", {}),
    "impossible_rate": ("so we were looking at the new plan for next year again", {"step_s": 0.05}),
    "no_speech": ("I think so", {"no_speech_p": 0.9, "logprob": -1.5}),
    "unsure_farewell": ("Thank you.", {"p": 0.2}),
}
SAID = {
    "sentence": ("so what made you look at this now", {}),
    "agreeing": ("yeah yeah yeah okay", {}),
    "refusing": ("no no no no that is not it", {}),
    "emphasis": ("very very very good", {}),
    "restart": ("I think I think we should I think we should wait", {}),
    "thanks": ("Thank you. Bye bye.", {}),
    "fast": ("so we were looking at the new plan for next year", {"step_s": 0.13}),
    "beside_speech": ("well yes", {"start_s": 19.9}),
    "loud_room": ("I think so", {"no_speech_p": 0.9, "logprob": -0.3}),
    "digits": ("five five five one two one two", {}),
}


@pytest.mark.parametrize("case", MADE_UP)
def test_made_up_is_flagged(case: str) -> None:
    """Loops, text over silence, subtitle phrases and impossible rates are flagged to the last word."""
    text, how = MADE_UP[case]
    assert all(flagged(text, **how))


@pytest.mark.parametrize("case", SAID)
def test_said_is_kept(case: str) -> None:
    """Repetition, speed and thanks as people use them are not flagged."""
    text, how = SAID[case]
    assert not any(flagged(text, **how))


def test_loop_within_speech_is_cut_out() -> None:
    """Only the loop is flagged, not what is said before and after it."""
    found = flagged("we can start on monday go home go home go home go home go home and then we see")
    assert found == [False] * 5 + [True] * 10 + [False] * 4


def test_channels_do_not_mix() -> None:
    """The same word on two channels in turn is no loop; speech on one channel does not vouch for the other."""
    words = pl.DataFrame(
        {
            "start_s": [float(at) for at in range(10)],
            "end_s": [at + 0.3 for at in range(10)],
            "text": ["yes"] * 10,
            "p": 0.9,
            "channel": [0, 1] * 5,
            "no_speech_p": None,
            "logprob": None,
        },
        schema_overrides=HEARD,
    ).with_columns(text=pl.when(pl.col("start_s") < 8).then("text").otherwise(pl.lit("so")))
    # four times "yes" on each channel, one below what makes a loop; nobody speaks on channel 1
    assert flag(words, SPEECH).to_list() == [False, True] * 5


def test_injected_hallucinations() -> None:
    """At least 95 % of injected words are flagged and at most 0.5 % of a made-up conversation's."""
    rng = np.random.default_rng(0)
    common = [f"word{n}" for n in range(300)] + ["the", "and", "you", "so", "yes"] * 40
    rows, at = [], 0.0
    spans = []
    for block in range(60):
        said = [str(rng.choice(common)) for _ in range(40)]
        spans.append((at, at + 40 * 0.3))
        rows += [(at + n * 0.3, text, False) for n, text in enumerate(said)]
        at += 12.0
        phrase = [str(rng.choice(common)) for _ in range(rng.integers(1, 9))]
        kind = block % 3
        fake = phrase * int(rng.integers(5, 12)) if kind == 0 else str(rng.choice(SUBTITLES)).split()
        fake = [str(rng.choice(common)) for _ in range(8)] if kind == 2 else fake
        if kind == 0:
            spans[-1] = (spans[-1][0], at + len(fake) * 0.3)  # a loop is heard in speech, the rest in silence
        start = at if kind == 0 else at + 2.0
        rows += [(start + n * 0.3, text, True) for n, text in enumerate(fake)]
        at = start + len(fake) * 0.3 + 3.0
    words = pl.DataFrame(rows, schema=["start_s", "text", "fake"], orient="row").with_columns(
        end_s=pl.col("start_s") + 0.3,
        p=pl.lit(0.8),
        channel=pl.lit(0, pl.Int64),
        no_speech_p=pl.lit(None, pl.Float64),
        logprob=pl.lit(None, pl.Float64),
    )
    speech = pl.DataFrame(spans, schema=["start_s", "end_s"], orient="row").with_columns(channel=pl.lit(0, pl.Int64))
    found = words.with_columns(flagged=flag(words, speech))
    assert found.filter("fake")["flagged"].mean() >= 0.95
    assert found.filter(~pl.col("fake"))["flagged"].mean() <= 0.005


def test_no_words() -> None:
    """Nothing recognised, nothing flagged."""
    assert flagged("") == []
