"""Words to speakers and turns to utterances, worked out by hand on a few words."""

import numpy as np
import polars as pl
import pytest

from pipeline.speech.align import align
from pipeline.speech.audio import Audio
from pipeline.speech.engines import TURNS, WORDS, Diarization, Transcription
from pipeline.transcripts.transcript import Note, from_json

AUDIO = Audio(np.zeros((2, 16_000), np.float32), 8_000, 2, 20.0, ("2 damaged packets skipped",))


def words(*rows: tuple[float, float, str], channel: int | None = None, flagged: bool = False) -> pl.DataFrame:
    return pl.DataFrame([(*row, 0.5, channel, flagged) for row in rows], schema=WORDS, orient="row")


def diarized(*rows: tuple[str, float, float, int | None], exclusive: list[tuple] | None = None) -> Diarization:
    turns = pl.DataFrame(rows, schema=TURNS, orient="row")
    alone = turns if exclusive is None else pl.DataFrame(exclusive, schema=TURNS, orient="row")
    return Diarization(turns, alone, "test")


def said(spoken: pl.DataFrame, diarization: Diarization) -> list[tuple[str, float, float, str]]:
    transcript = align(Transcription(spoken, "en", "test:1", ("weak",)), diarization, AUDIO)
    return transcript.utterances.select("speaker", "start_s", "end_s", "text").rows()


def test_words_of_a_channel_stay_on_it() -> None:
    """While both speak at once, the channel says whose word it is, and a word in a gap goes to the nearest turn."""
    both = diarized(("S0", 0.0, 5.0, 0), ("S1", 2.0, 3.0, 1), ("S0", 7.0, 8.0, 0))
    heard = pl.concat(
        [
            words((0.2, 0.5, "well"), (2.2, 2.5, "so"), (5.1, 5.5, "then"), (6.4, 6.9, "next"), channel=0),
            words((2.1, 2.6, "right"), channel=1),
        ]
    )
    assert said(heard, both) == [
        ("S0", 0.0, 5.0, "well so then"),
        ("S1", 2.0, 3.0, "right"),
        ("S0", 7.0, 8.0, "next"),
    ]


def test_mono_words_follow_the_exclusive_turns() -> None:
    """Without channels a word in an overlap goes to whom the exclusive diarization gives that moment."""
    overlap = diarized(
        ("S0", 0.0, 4.0, None),
        ("S1", 3.0, 6.0, None),
        exclusive=[("S0", 0.0, 3.5, None), ("S1", 3.5, 6.0, None)],
    )
    heard = words((1.0, 1.4, "do"), (3.1, 3.3, "you"), (3.6, 3.8, "yes"), (6.5, 6.7, "sure"))
    assert said(heard, overlap) == [("S0", 0.0, 4.0, "do you"), ("S1", 3.0, 6.0, "yes sure")]


def test_short_answer_keeps_its_speaker() -> None:
    """A "yes" that the recogniser places a little early still belongs to the short turn that would stay empty."""
    turns = diarized(("S0", 0.0, 4.0, None), ("S1", 4.1, 4.5, None), ("S0", 4.9, 8.0, None))
    heard = words((3.0, 3.4, "is"), (3.4, 3.6, "it"), (3.8, 4.05, "yes"), (5.0, 5.4, "good"))
    assert [text for *_, text in said(heard, turns)] == ["is it", "yes", "good"]


def test_words_too_slow_for_speech_are_told() -> None:
    """24 words in 60 s of speech, as where 16 kHz are declared to be 8; twice as many are told nothing of."""
    turns = diarized(("S0", 0.0, 60.0, 0))
    audio = AUDIO._replace(duration_s=60.0, notes=())
    for n, notes in ((24, 1), (60, 0)):
        heard = words(*((at * 60 / n, at * 60 / n + 0.4, "word") for at in range(n)), channel=0)
        told = align(Transcription(heard, "en", "test:1"), turns, audio).notes
        slow = "speech of 24 words a minute is slower than people speak: check the sample rate in its header"
        assert told == (Note("recording", slow),) * notes


def test_speech_without_words_does_not_vanish() -> None:
    """A turn in which nothing was recognised keeps its time: talk time is the diarizer's."""
    turns = diarized(("S0", 0.0, 4.0, 0), ("S1", 5.0, 9.0, 1), ("S1", 10.0, 25.0, 1))
    rows = said(words((1.0, 1.4, "hello"), channel=0), turns)
    assert rows == [("S0", 0.0, 4.0, "hello"), ("S1", 5.0, 9.0, ""), ("S1", 10.0, 20.0, "")]


def test_sound_beside_a_turn_joins_it() -> None:
    """A turn without words joins the nearer turn of its speaker within a second, and no turn of another."""
    turns = diarized(
        *(("S0", 0.0, 4.0, 0), ("S0", 4.6, 5.0, 0), ("S1", 5.2, 6.0, 1), ("S1", 6.5, 9.0, 1)),
        *(("S0", 9.2, 9.6, 0), ("S0", 11.0, 12.0, 0)),
    )
    heard = pl.concat([words((1.0, 1.4, "hello"), (11.1, 11.5, "bye"), channel=0), words((7.0, 7.4, "hi"), channel=1)])
    assert said(heard, turns) == [
        ("S0", 0.0, 5.0, "hello"),
        ("S1", 5.2, 9.0, "hi"),
        ("S0", 9.2, 9.6, ""),
        ("S0", 11.0, 12.0, "bye"),
    ]


def test_end_of_a_sentence_keeps_its_speaker() -> None:
    """The last words of a sentence that the recogniser places into the answer stay with who says them, and the first
    words of an answer placed too early go to it; an answer of its own keeps its words."""
    turns = diarized(("S0", 0.0, 4.0, None), ("S1", 4.1, 8.0, None))
    late = words(
        (3.0, 3.4, "Okay,"), (3.5, 3.9, "many"), (4.2, 4.5, "thanks."), (4.7, 5.0, "My"), (5.1, 5.6, "pleasure.")
    )
    assert said(late, turns) == [("S0", 0.0, 4.0, "Okay, many thanks."), ("S1", 4.1, 8.0, "My pleasure.")]
    early = words((2.0, 3.0, "Really?"), (3.6, 3.9, "I"), (4.2, 4.5, "think"), (4.6, 4.9, "so."))
    assert said(early, turns) == [("S0", 0.0, 4.0, "Really?"), ("S1", 4.1, 8.0, "I think so.")]
    alone = words((3.0, 3.4, "Is"), (3.5, 3.9, "it"), (4.2, 4.5, "yes."))
    assert said(alone, turns) == [("S0", 0.0, 4.0, "Is it"), ("S1", 4.1, 8.0, "yes.")]


def test_languages_without_spaces() -> None:
    """Words of a language that writes none between them are joined without."""
    spoken = Transcription(words((0.2, 0.5, "你"), (0.5, 0.9, "好"), channel=0), "zh", "test:1")
    assert align(spoken, diarized(("S0", 0.0, 5.0, 0)), AUDIO).utterances["text"].to_list() == ["你好"]


def test_flagged_words_are_kept_but_not_in_the_text() -> None:
    """What the guard does not trust stays among the words and out of the text."""
    heard = pl.concat([words((0.5, 0.9, "hello"), channel=0), words((2.0, 2.3, "subscribe"), channel=0, flagged=True)])
    transcript = align(Transcription(heard, "en", "test:1"), diarized(("S0", 0.0, 4.0, 0)), AUDIO)
    assert transcript.utterances["text"].to_list() == ["hello"]
    assert [word["flagged"] for word in transcript.utterances["words"][0]] == [False, True]


def test_no_words_at_all() -> None:
    """A recogniser that finds nothing gives utterances without text, with and without channels."""
    none = pl.DataFrame(schema=WORDS)
    assert said(none, diarized(("S0", 0.0, 4.0, 0))) == [("S0", 0.0, 4.0, "")]
    assert said(none, diarized(("S0", 0.0, 4.0, None))) == [("S0", 0.0, 4.0, "")]


def test_transcript_carries_the_recording_and_survives_json() -> None:
    """Engines, channels and notes of decoding and recognising stand in the transcript, and JSON gives it all back."""
    turns = diarized(("S0", 0.0, 4.0, 0), ("S1", 5.0, 9.0, 1))
    transcript = align(Transcription(words((1.0, 1.4, "hi"), channel=0), "en", "test:1", ("weak",)), turns, AUDIO)
    assert (transcript.duration_s, transcript.channels, transcript.sample_rate_hz) == (20.0, 2, 8_000)
    assert transcript.notes == (Note("recording", "2 damaged packets skipped"), Note("recogniser", "weak"))
    assert {speaker: known.channel for speaker, known in transcript.speakers.items()} == {"S0": 0, "S1": 1}
    again = from_json(transcript.to_json())
    assert again.utterances.equals(transcript.utterances)
    assert again.to_json() == transcript.to_json()


@pytest.mark.parametrize("seed", range(5))
def test_every_word_has_one_place(seed: int) -> None:
    """Whatever the times, no word is lost or doubled."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.uniform(0, 18, 40)).round(2)
    heard = words(*((s, s + 0.3, f"w{n}") for n, s in enumerate(starts)))
    edges = np.sort(rng.uniform(0, 18, 24)).round(2).reshape(-1, 2)
    turns = diarized(*((f"S{n % 3}", a, b, None) for n, (a, b) in enumerate(edges)))
    found = " ".join(text for *_, text in said(heard, turns)).split()
    assert sorted(found) == sorted(f"w{n}" for n in range(40))
