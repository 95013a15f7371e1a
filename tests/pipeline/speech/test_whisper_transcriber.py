"""Words by Whisper: real faster-whisper with random weights, and how speech is packed for it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech import whisper_transcriber
from pipeline.speech.audio import RATE_HZ, Audio, decode
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.engines import TURNS, WORDS, Diarization
from pipeline.speech.transcribe import describe, load_transcriber, transcribe
from tests.pipeline.speech.half_minute import TINY, mono, needs_base, needs_tiny, sample, within
from tests.pipeline.speech.speaking import SHARED, needs_shared


@needs_tiny
@pytest.mark.parametrize("channels", [2, 1])
def test_whisper_mechanics(channels: int) -> None:
    """Real faster-whisper with random weights: whatever it says lies within turns, in order, with probabilities."""
    audio, diarization = sample()[:2] if channels == 2 else mono()
    settings = Settings(transcriber="whisper", transcription_model=str(TINY), device="cpu", language="en", workers=2)
    found = transcribe(audio, diarization, settings)
    assert found.transcriber == describe("whisper", settings) == "faster-whisper:whisper-random-tiny:int8"
    assert found.language == "en"
    assert found.words.schema == WORDS
    assert found.words.height > 0
    assert (found.words["channel"].is_null().all()) == (channels == 1)
    assert within(found.words, diarization, slack_s=1e-6)
    assert (found.words["end_s"] >= found.words["start_s"]).all()
    assert found.words["start_s"].is_sorted()
    assert found.words["p"].is_between(0, 1).all()
    assert found.words["flagged"].any()  # random weights loop


@needs_tiny
def test_whisper_detects_the_language() -> None:
    """With `auto` the language is the model's finding, one of Whisper's codes."""
    audio, diarization, _ = sample()
    first = diarization.turns.head(1)
    settings = Settings(transcriber="whisper", transcription_model=str(TINY), device="cpu", workers=2)
    assert len(transcribe(audio, Diarization(first, first, "channels"), settings).language) in (2, 3)


@pytest.mark.parametrize(
    ("windows", "language", "asked"),
    [
        ([{"cy": 0.5, "en": 0.4}, {"en": 0.6, "cy": 0.1}, {"de": 0.3, "en": 0.2}], "en", 3),  # 1.2 against 0.6 and 0.3
        ([{"en": 0.95, "cy": 0.01}, {"cy": 0.9, "en": 0.1}], "en", 1),  # the first is sure
        ([{"en": 0.3, "de": 0.4}] * 4 + [{"en": 0.8, "de": 0.1}], "de", 4),  # the fifth is not asked
        ([{"cy": 0.54, "en": 0.44}], "en", 1),  # Welsh is less than twice as likely
        ([{"cy": 0.7, "en": 0.2}], "cy", 1),
    ],
)
def test_language_of_the_first_windows_together(windows: list[dict[str, float]], language: str, asked: int) -> None:
    """The chances of up to four windows are summed, each heard alone; a window that is sure ends the search."""
    heard: list[int] = []

    def detect(window: np.ndarray) -> tuple[str, float, list[tuple[str, float]]]:
        chances = windows[len(heard)]
        heard.append(len(window))
        best = max(chances, key=chances.__getitem__)
        return best, chances[best], list(chances.items())

    engine = object.__new__(whisper_transcriber.Whisper)
    model = SimpleNamespace(model=SimpleNamespace(is_multilingual=True), detect_language=detect)
    engine.batched = SimpleNamespace(model=model)
    clips = [{"start": 2.0 * at, "end": 2.0 * at + 1.5} for at in range(len(windows))]
    assert engine._detected(np.zeros(20 * RATE_HZ, np.float32), clips) == language
    assert heard == [round(1.5 * RATE_HZ)] * asked


@needs_base
@needs_shared
def test_a_meeting_in_english_is_not_welsh() -> None:
    """Half a minute of four people in a room was taken for Welsh, and all its words were made up."""
    audio = decode(SHARED / "data" / "ami_audio" / "audio" / "trn08.flac")
    settings = Settings(transcription_model="base", device="cpu", offline=True, workers=2)
    heard = transcribe(audio, load_diarizer("voices", settings)(audio, n_speakers=4), settings)
    assert heard.language == "en"
    assert "smile for the camera" in " ".join(heard.words["text"]).lower()


@needs_tiny
def test_vocabulary_is_expected(tmp_path: Path) -> None:
    """The lines of the workspace's vocabulary.txt go to Whisper as hotwords, comments left out, within its prompt."""
    (tmp_path / "vocabulary.txt").write_text("# products\nCallgrade\n\n  Ross Animal Care \n" + "Xylophone\n" * 100)
    settings = Settings(transcription_model=str(TINY), device="cpu", workspace=str(tmp_path), workers=2)
    hotwords = load_transcriber("whisper", settings).hotwords
    assert hotwords.startswith("Callgrade, Ross Animal Care, Xylophone")
    assert len(hotwords) == whisper_transcriber.VOCABULARY_CHARACTERS


@needs_tiny
def test_batches_shrink_until_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory runs out the same speech is tried in halved batches; one window at a time is the least."""
    audio, diarization, _ = sample()
    settings = Settings(transcription_model=str(TINY), device="cpu", language="en", workers=2, offline=True)
    engine = whisper_transcriber.Whisper(settings)
    tried = []

    def recognise(*_: object, batch_size: int, **__: object) -> tuple[list[object], object]:
        tried.append(batch_size)
        if batch_size > most:
            raise RuntimeError("CUDA failed with error out of memory")
        return [], type("Info", (), {"language": "en"})

    monkeypatch.setattr(engine.batched, "transcribe", recognise)
    most = 1
    assert engine(audio, diarization).words.is_empty()
    assert tried == [4, 2, 1]
    most = 0
    with pytest.raises(CallError) as raised:
        engine(audio, diarization)
    assert raised.value.code == "out_of_memory"


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    """Whisper insisted on without weights fails with the remedy; an empty folder is no model."""
    for model in ("no-such-size", "nobody/no-such-model", str(tmp_path)):
        with pytest.raises(CallError) as raised:
            load_transcriber("whisper", Settings(transcription_model=model, offline=True, device="cpu"))
        assert raised.value.code == "no_transcription_model"
        assert "CALLGRADE_TRANSCRIPTION_MODEL" in str(raised.value)


@needs_tiny
def test_damaged_weights_are_one_calls_error(tmp_path: Path) -> None:
    """A folder whose model cannot be loaded is named, with what helps."""
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(CallError, match="cannot be loaded from there on cpu"):
        load_transcriber("whisper", Settings(transcription_model=str(tmp_path), offline=True, device="cpu"))


def test_speech_is_packed_and_words_unpacked() -> None:
    """Turns at 10 s (2 s long) and 50 s (3 s) lie at 0 and 2.3 s of a window; a word at 3.0 s belongs at 50.7 s."""
    samples = np.zeros((2, 60 * RATE_HZ), np.float32)
    samples[1, 50 * RATE_HZ : 53 * RATE_HZ] = 1
    rows = [("S0", 10.0, 12.0, 0), ("S1", 50.0, 53.0, 1)]
    turns = pl.DataFrame(rows, schema=TURNS, orient="row")
    ((packed, where),) = whisper_transcriber._windows(
        Audio(samples, 8_000, 2, 60.0), Diarization(turns, turns, "channels"), n=8
    )
    assert len(packed) == int((2 + 0.3 + 3 + 0.3) * RATE_HZ)
    assert packed[int(2.3 * RATE_HZ) :][: 3 * RATE_HZ].all()
    assert where.select("at_s", "to_s", "start_s", "channel", "window").rows() == [
        pytest.approx((0.0, 2.0, 10.0, 0, 0)),
        pytest.approx((2.3, 5.3, 50.0, 1, 0)),
    ]

    class Segment:
        no_speech_prob, avg_logprob = 0.1, -0.2

        def __init__(self, *words: tuple[float, float, str]) -> None:
            self.words = [
                type("Word", (), {"start": a, "end": b, "word": text, "probability": 0.9}) for a, b, text in words
            ]

    segments = [
        Segment((0.5, 1.0, " Hi"), (1.9, 2.2, " there"), (2.6, 3.4, " Yes"), (5.2, 6.0, " bye"), (5.5, 5.6, " "))
    ]
    words = whisper_transcriber._unpacked(segments, where)
    assert words.select("start_s", "end_s", "text", "channel").rows() == [
        (pytest.approx(10.5), pytest.approx(11.0), "Hi", 0),
        (pytest.approx(11.9), pytest.approx(12.0), "there", 0),
        (pytest.approx(50.3), pytest.approx(51.1), "Yes", 1),
        (pytest.approx(52.9), pytest.approx(53.0), "bye", 1),
    ]


PASSED_OVER = {  # words that are heard, and the pieces that are to be heard again
    "the end": ([(0.5, 1.0), (2.5, 3.0)], [(3.5, 5.0), (5.5, 7.0)]),
    "the beginning": ([(5.5, 6.0)], [(0.0, 3.2), (3.5, 5.0)]),
    "a short sound at the end": ([(0.5, 1.0), (3.5, 4.0)], []),
    "a short sound between": ([(0.5, 1.0), (5.5, 6.0)], []),
    "all": ([], []),
}


@pytest.mark.parametrize("case", PASSED_OVER)
def test_what_was_passed_over_is_heard_again(case: str) -> None:
    """Of pieces to 3.2, from 3.5 to 5 and from 5.5 to 7 s those without a word, where they are 2 s in a row; in a
    window without any word nothing was said."""
    heard, unheard = PASSED_OVER[case]
    rows = [(0.0, 3.2, 10.0, 0, 0), (3.5, 5.0, 20.0, 1, 0), (5.5, 7.0, 30.0, 1, 0), (30.0, 33.0, 50.0, 0, 1)]
    packed = pl.DataFrame(rows, schema=whisper_transcriber.PIECES, orient="row")
    words = [SimpleNamespace(start=start, end=end) for start, end in heard]
    again = whisper_transcriber._unheard([SimpleNamespace(words=words)], packed)
    assert again.select("at_s", "to_s").rows() == unheard


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ([" 8", " a", ".m."], ["8", "a.m."]),
        ([" $75", ".34", " each"], ["$75.34", "each"]),
        ([" Bye", "-bye", "."], ["Bye-bye."]),
        ([" babu", "@acme", ".com"], ["babu@acme.com"]),
        ([" 2", "%", " 8", ",000"], ["2%", "8,000"]),
        ([" 4111", "-1111", "-1111", "-1111"], ["4111-1111-1111-1111"]),
        (["Hi", ",", " you"], ["Hi,", "you"]),
    ],
)
def test_pieces_are_joined_as_whisper_meant(written: list[str], spoken: list[str]) -> None:
    """A piece without a space before it goes on with the word: from the first start to the last end, as sure as the
    least sure piece."""
    pieces = [
        SimpleNamespace(start=float(n), end=n + 0.9, word=text, probability=0.9 - n / 10)
        for n, text in enumerate(written)
    ]
    words = whisper_transcriber._whole_words(pieces, spaced=True)
    assert [word.text.strip() for word in words] == spoken
    assert words[0].start_s == 0.0
    assert words[-1].end_s == len(written) - 0.1
    assert min(word.p for word in words) == pytest.approx(0.9 - (len(written) - 1) / 10)
    apart = whisper_transcriber._whole_words(pieces, spaced=False)
    assert [word.text for word in apart] == written


def test_many_turns_make_many_windows() -> None:
    """Windows hold at most 28 s, and as many are given at a time as are asked for."""
    samples = np.ones((2, 600 * RATE_HZ), np.float32)
    turns = pl.DataFrame([("S0", at * 10.0, at * 10.0 + 9.0, 0) for at in range(60)], schema=TURNS, orient="row")
    batches = list(
        whisper_transcriber._windows(Audio(samples, 8_000, 2, 600.0), Diarization(turns, turns, "channels"), n=8)
    )
    # three times 9.3 s in a window: 20 windows for 60 turns
    assert [where["window"].n_unique() for _, where in batches] == [8, 8, 4]
    for packed, where in batches:
        spans = where.group_by("window").agg(length=pl.max("to_s") - pl.min("at_s"))["length"]
        assert spans.max() <= whisper_transcriber.WINDOW_S
        assert where["to_s"].max() <= len(packed) / RATE_HZ
