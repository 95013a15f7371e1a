"""Align: assign each word to a speaker's turn, and make a transcript of the turns and their words."""

import polars as pl

from pipeline.speech.audio import Audio
from pipeline.speech.engines import UNSPACED, Diarization, Transcription
from pipeline.transcripts.pace import odd_pace
from pipeline.transcripts.transcript import WORD, Note, Speaker, Transcript

SHORT_TURN_S = 1.0  # an answer of a word or two
MISPLACED_S = 0.3  # by which recognisers misplace words
JOINED_S = 1.0  # a sound without words so close to a turn of its speaker belongs to it
STRAY_WORDS = 2  # the most words at the edge of a turn that may belong to the sentence of the other speaker
STRAY_S = 0.6  # and how far they reach beyond the edge
SENTENCE_END = r"[.?!…][\"')\]]*$"


def align(transcription: Transcription, diarization: Diarization, audio: Audio) -> Transcript:
    """The transcript of a recording: one utterance per turn of the diarization, so that talk time is the diarizer's.

    A turn in which no word was recognised joins the turn of its speaker beside it; where there is none it keeps its
    time and has an empty text, which measures do not count as a turn. Flagged words stay out of the text.
    """
    turns = diarization.turns.with_row_index("turn")
    words = place(transcription.words, diarization)
    trusted = pl.when(~pl.col("flagged")).then("text").drop_nulls()
    between = "" if transcription.language in UNSPACED else " "
    spoken = words.group_by("turn").agg(
        trusted.str.join(between).alias("text"), pl.struct(*WORD.to_schema()).alias("words")
    )
    utterances = turns.join(spoken, on="turn", how="left", maintain_order="left").select(
        "start_s",
        pl.min_horizontal("end_s", pl.lit(audio.duration_s)).alias("end_s"),
        "speaker",
        pl.col("text").fill_null(""),
        pl.col("words").fill_null([]),
    )
    utterances = _without_lone_sounds(utterances)
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
            *(Note("recording", text) for text in (*audio.notes, *_pace_notes(utterances))),
            *(Note("recogniser", text) for text in transcription.notes),
        ),
    )


def _pace_notes(utterances: pl.DataFrame) -> list[str]:
    """A sentence where words come as they do in a recording whose header gives another sample rate."""
    words = int(utterances["text"].str.count_matches(r"\S+").sum())
    odd = odd_pace(words, float((utterances["end_s"] - utterances["start_s"]).sum()))
    return [f"{odd}: check the sample rate in its header"] if odd else []


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


def _without_lone_sounds(utterances: pl.DataFrame) -> pl.DataFrame:
    """Join each utterance without words to the nearer one of its speaker that has some, within JOINED_S."""
    rows = utterances.sort("speaker", "start_s", "end_s")
    silent = pl.col("text") == ""
    since = (pl.col("start_s") - pl.col("end_s").shift(1).over("speaker")).clip(lower_bound=0)
    until = (pl.col("start_s").shift(-1).over("speaker") - pl.col("end_s")).clip(lower_bound=0)
    spoken_before = ~silent.shift(1, fill_value=True).over("speaker")
    spoken_after = ~silent.shift(-1, fill_value=True).over("speaker")
    rows = rows.with_columns(
        since=pl.when(silent & spoken_before & (since <= JOINED_S)).then(since).fill_null(float("inf")),
        until=pl.when(silent & spoken_after & (until <= JOINED_S)).then(until).fill_null(float("inf")),
    )
    back = pl.col("since").is_finite() & (pl.col("since") <= pl.col("until"))
    forth = pl.col("until").is_finite() & ~back
    apart = ~(back | forth.shift(1, fill_value=False).over("speaker"))
    joined = rows.with_columns(utterance=apart.cum_sum()).group_by("utterance", maintain_order=True)
    texts = pl.col("text").filter(pl.col("text") != "").str.join(" ")
    return (
        joined.agg(
            pl.min("start_s"), pl.max("end_s"), pl.first("speaker"), texts, pl.col("words").explode(empty_as_null=False)
        )
        .sort("start_s", "end_s", maintain_order=True)
        .drop("utterance")
    )


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
    moments = exclusive.sort("start_s").with_row_index("moment").with_columns(at="start_s", to="end_s")
    placed = _nearest(words, moments.drop("at", "to"), "moment", by=[])
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
    return _whole_sentences(settled.join(moments.select("moment", "speaker", "at", "to"), on="moment", how="left"))


def _whole_sentences(words: pl.DataFrame) -> pl.DataFrame:
    """Words whose first or last word or two in a sentence no longer go to the other speaker.

    Recognisers place the end of a sentence a little late, so that its last words fall into the answer, or the beginning
    a little early. Words stay where their turn would otherwise be left without any.
    """
    ends = pl.col("text").str.contains(SENTENCE_END)
    words = words.with_columns(ends=ends, sentence=ends.shift(1, fill_value=False).cum_sum(), n=pl.len().over("moment"))
    fragments = (
        words.with_columns(fragment=pl.struct("sentence", "speaker").rle_id())
        .group_by("fragment", maintain_order=True)
        .agg(
            pl.first("sentence", "speaker", "at", "start_s"),
            pl.last("to", "end_s", "ends"),
            length=pl.len(),
            few=(pl.len() <= STRAY_WORDS) & (pl.len() < pl.first("n")),
        )
    )
    last = (
        pl.col("few")
        & pl.col("ends")
        & (pl.col("sentence") == pl.col("sentence").shift(1))
        & (pl.col("length") < pl.col("length").shift(1))
        & (pl.col("end_s") - pl.col("at") <= STRAY_S)
    )
    first = (
        pl.col("few")
        & (pl.col("sentence") > 0)
        & (pl.col("sentence") == pl.col("sentence").shift(-1))
        & (pl.col("length") < pl.col("length").shift(-1))
        & (pl.col("to") - pl.col("start_s") <= STRAY_S)
    )
    speaker = pl.when(last).then(pl.col("speaker").shift(1)).when(first).then(pl.col("speaker").shift(-1))
    kept = fragments.select("fragment", kept=pl.coalesce(speaker, "speaker"))
    words = words.with_columns(fragment=pl.struct("sentence", "speaker").rle_id())
    words = words.join(kept, on="fragment", how="left", maintain_order="left").with_columns(speaker="kept")
    return words.drop("kept", "fragment", "sentence", "ends", "n", "at", "to", "moment")
