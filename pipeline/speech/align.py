"""Align: assign each word to a speaker's turn, and make a transcript of the turns and their words."""

import polars as pl

from pipeline.speech.audio import Audio
from pipeline.speech.engines import Diarization, Transcription
from pipeline.transcripts.transcript import WORD, Note, Speaker, Transcript

SHORT_TURN_S = 1.0  # an answer of a word or two
MISPLACED_S = 0.3  # by which recognisers misplace words


def align(transcription: Transcription, diarization: Diarization, audio: Audio) -> Transcript:
    """The transcript of a recording: one utterance per turn of the diarization, so that talk time is the diarizer's.

    A turn in which no word was recognised keeps its time and has an empty text; flagged words stay out of the text.
    """
    turns = diarization.turns.with_row_index("turn")
    words = place(transcription.words, diarization)
    trusted = pl.when(~pl.col("flagged")).then("text")
    spoken = words.group_by("turn").agg(
        trusted.drop_nulls().str.join(" ").alias("text"), pl.struct(*WORD.to_schema()).alias("words")
    )
    utterances = turns.join(spoken, on="turn", how="left", maintain_order="left").select(
        "start_s",
        pl.min_horizontal("end_s", pl.lit(audio.duration_s)).alias("end_s"),
        "speaker",
        pl.col("text").fill_null(""),
        pl.col("words").fill_null([]),
    )
    channels = turns.group_by("speaker", maintain_order=True).agg(pl.col("channel").first())
    return Transcript(
        utterances=utterances,
        speakers={speaker: Speaker(channel=channel) for speaker, channel in sorted(channels.iter_rows())},
        duration_s=audio.duration_s,
        language=transcription.language,
        transcriber=transcription.transcriber,
        diarizer=diarization.diarizer,
        channels=audio.channels,
        sample_rate_hz=audio.sample_rate_hz,
        notes=(
            *(Note("recording", text) for text in audio.notes),
            *(Note("recogniser", text) for text in transcription.notes),
        ),
    )


def place(words: pl.DataFrame, diarization: Diarization) -> pl.DataFrame:
    """Words with `turn`, the row of `diarization.turns` each belongs to, in the order of time.

    A word with a channel goes to the nearest turn on that channel. A word without one goes to the speaker of the
    nearest exclusive turn, and to the nearest turn of that speaker.
    """
    turns = diarization.turns.with_row_index("turn")
    words = words.sort("start_s", "end_s").with_columns(middle=(pl.col("start_s") + pl.col("end_s")) / 2)
    if words["channel"].is_not_null().all():
        return _nearest(words, turns.select("turn", "start_s", "end_s", "channel"), "turn", by=["channel"])
    moments = _short_answers(words, diarization.exclusive)
    return _nearest(moments, turns.select("turn", "start_s", "end_s", "speaker"), "turn", by=["speaker"])


def _nearest(words: pl.DataFrame, spans: pl.DataFrame, column: str, *, by: list[str]) -> pl.DataFrame:
    """Words with a column of the span that their middle lies in or nearest to; spans of a group do not overlap."""
    spans = spans.sort("start_s").select(*by, column, at=pl.col("start_s"), to=pl.col("end_s"))
    words = words.sort("middle")
    before = words.join_asof(spans, left_on="middle", right_on="at", by=by or None, check_sortedness=False)
    after = words.join_asof(
        spans, left_on="middle", right_on="at", by=by or None, strategy="forward", check_sortedness=False
    )
    since = (pl.col("middle") - pl.col("to")).clip(lower_bound=0).fill_null(float("inf"))
    until = (after["at"] - pl.col("middle")).fill_null(float("inf"))
    return before.with_columns(pl.when(since <= until).then(column).otherwise(after[column]).alias(column)).drop(
        "at", "to"
    )


def _short_answers(words: pl.DataFrame, exclusive: pl.DataFrame) -> pl.DataFrame:
    """Words with their `speaker`; a short turn left without words takes one that ends or starts beside it.

    Recognisers place a lone "yes" a little early or late, so that its middle falls into the turn before or after.
    """
    moments = exclusive.sort("start_s").with_row_index("moment")
    placed = _nearest(words, moments, "moment", by=[])
    empty = moments.join(placed, on="moment", how="anti").filter(pl.col("end_s") - pl.col("start_s") < SHORT_TURN_S)
    edge = (pl.col("moment") != pl.col("moment").shift(1)) | (pl.col("moment") != pl.col("moment").shift(-1))
    spare = placed.with_row_index("word").with_columns(edge=edge.fill_null(value=True), of=pl.len().over("moment"))
    away = pl.max_horizontal(pl.col("start_s_right") - pl.col("end_s"), pl.col("start_s") - pl.col("end_s_right"))
    taken = (
        spare.filter(pl.col("edge") & (pl.col("of") > 1))
        .join(empty.select("moment", "start_s", "end_s"), how="cross")
        .filter((pl.col("moment") - pl.col("moment_right").cast(pl.Int64)).abs() == 1, away <= MISPLACED_S)
        .sort(away)
        .unique("moment_right", keep="first", maintain_order=True)
        .unique("word", keep="first", maintain_order=True)
        .select("word", taken="moment_right")
    )
    settled = placed.with_row_index("word").join(taken, on="word", how="left").sort("word")
    settled = settled.with_columns(moment=pl.coalesce("taken", "moment")).drop("word", "taken")
    return settled.join(moments.select("moment", "speaker"), on="moment", how="left").drop("moment")
