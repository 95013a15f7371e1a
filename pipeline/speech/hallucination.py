"""Hallucination guard: find recognised words that are probably not in the recording."""

import polars as pl

LOOP_WORDS = 16  # the longest phrase that is looked for in a loop
LOOP_TIMES = {1: 5, 2: 4}  # how often a phrase of so many words must follow itself; longer ones three times
FASTEST = 10.0  # words a second, over RATE_WORDS; auctioneers stay below
RATE_WORDS = 10
MISPLACED_S = 0.5  # recognisers misplace words by so much
NO_SPEECH_P, UNSURE_LOGPROB = 0.6, -1.0  # Whisper's own limits for a window without speech
UNSURE_P = 0.4

# What subtitles end with, and nobody says in a conversation.
SUBTITLES = (
    "thank you for watching",
    "thanks for watching",
    "thank you so much for watching",
    "thank you very much for watching",
    "please subscribe",
    "subscribe to my channel",
    "subscribe to the channel",
    "like and subscribe",
    "like share and subscribe",
    "dont forget to subscribe",
    "see you in the next video",
    "see you next video",
    "ill see you in the next one",
    "subtitles by the amara org community",
    "subtitles by",
    "subtitled by",
    "transcription by castingwords",
    "transcript emily beynon",
    "untertitel der amara org community",
    "untertitelung des zdf",
    "soustitres realises par la communaute damara org",
    "copyright wdr",
    "www mooji org",
)
# What is said in conversations too, and is doubted only where the recogniser is unsure or nothing sounds like speech.
FAREWELLS = ("thank you", "thank you very much", "thank you so much", "bye", "bye bye", "you", "the end", "okay", "so")


def flag(words: pl.DataFrame, speech: pl.DataFrame) -> pl.Series:
    """Flag words not to be trusted: loops, impossible rates, text over silence, subtitle phrases, no speech.

    words: start_s, end_s, text, p, channel, and of their segment: no_speech_p, logprob (null where not known).
    speech: start_s, end_s, channel of what sounds like speech.
    """
    plain = pl.col("text").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    judged = words.with_row_index("word").with_columns(plain=plain, channel=pl.col("channel").fill_null(-1))
    judged = judged.sort("channel", "start_s", "end_s", "word")
    judged = judged.with_columns(silent=_over_silence(judged, speech.with_columns(pl.col("channel").fill_null(-1))))
    judged = judged.with_columns(looped=_looped(judged), fast=_too_fast(judged))
    no_speech = (pl.col("no_speech_p").fill_null(0) > NO_SPEECH_P) & (pl.col("logprob").fill_null(0) < UNSURE_LOGPROB)
    judged = judged.with_columns(doubtful=no_speech | pl.col("silent") | (pl.col("p").fill_null(1) < UNSURE_P))
    certain = pl.col("looped") | pl.col("fast") | pl.col("silent") | no_speech | _phrases(SUBTITLES)
    flagged = certain | _phrases(FAREWELLS, where=pl.col("doubtful"))
    return judged.with_columns(flagged=flagged.fill_null(value=False)).sort("word")["flagged"]


def _over_silence(words: pl.DataFrame, speech: pl.DataFrame) -> pl.Series:
    """Whether each word has no speech within MISPLACED_S of it."""
    spans = speech.sort("start_s").select("channel", at="start_s", to=pl.col("end_s").cum_max().over("channel"))
    ordered = words.select("word", "channel", "start_s", late=pl.col("end_s") + MISPLACED_S).sort("late")
    before = ordered.join_asof(spans, left_on="late", right_on="at", by="channel", check_sortedness=False)
    silent = before.with_columns(silent=(pl.col("to") < pl.col("start_s") - MISPLACED_S).fill_null(value=True))
    return words.select("word").join(silent, on="word", how="left", maintain_order="left")["silent"]


def _beside(steps: int) -> pl.Expr:
    return pl.col("channel") == pl.col("channel").shift(steps)


def _looped(words: pl.DataFrame) -> pl.Series:
    """Whether each word belongs to a phrase that is repeated at once, several times: the text equals itself shifted."""
    looped = pl.repeat(value=False, n=words.height, eager=True)
    for length in range(1, LOOP_WORDS + 1):
        same = (pl.col("plain") == pl.col("plain").shift(length)) & (pl.col("plain") != "") & _beside(length)
        runs = words.select(same=same.fill_null(value=False))
        if runs["same"].any():
            least = length * (LOOP_TIMES.get(length, 3) - 1)
            runs = runs.with_columns(repeat=(pl.col("same").sum() >= least).over((~pl.col("same")).cum_sum()))
            repeat = (runs["same"] & runs["repeat"]).alias("looped")
            looped = looped | repeat | repeat.shift(-length).fill_null(value=False)  # the first time round too
    return looped


def _too_fast(words: pl.DataFrame) -> pl.Series:
    last = RATE_WORDS - 1
    took_s = pl.col("end_s").shift(-last) - pl.col("start_s")
    burst = words.select(((took_s < RATE_WORDS / FASTEST) & _beside(-last)).fill_null(value=False)).to_series()
    return words.select(pl.any_horizontal(burst.shift(forth).fill_null(value=False) for forth in range(RATE_WORDS)))[
        :, 0
    ]


def _phrases(phrases: tuple[str, ...], *, where: pl.Expr | None = None) -> pl.Expr:
    """Whether each word belongs to one of the phrases and `where` holds for all words of it."""
    matches = []
    for phrase in phrases:
        plain = phrase.split()
        each = [(pl.col("plain") == word) if where is None else (pl.col("plain") == word) & where for word in plain]
        starts = pl.all_horizontal(is_word.shift(-ahead, fill_value=False) for ahead, is_word in enumerate(each))
        starts = starts & (_beside(1 - len(plain)) if len(plain) > 1 else pl.lit(value=True))
        matches += [starts.shift(forth, fill_value=False) for forth in range(len(plain))]
    return pl.any_horizontal(matches)
