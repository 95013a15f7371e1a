"""How many hallucinated words the guard flags, and how many words that were said."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.speech.hallucination import SUBTITLES, flag

MEETINGS = 20  # of AMI, for the guard


def guard(_: int, shared: Path) -> Iterator[str]:
    """The hallucination guard on AMI's words, with and without injected hallucinations."""
    yield "### Hallucination guard\n"
    corpus = shared / "data" / "ami" / "ami_words.parquet"
    if not corpus.exists():
        yield "Not measured: no AMI words here.\n"
        return
    spoken = pl.read_parquet(corpus)
    spoken = spoken.filter(~pl.col("punc"), ~pl.col("vocalsound")).drop_nulls(["text", "start", "end"])
    rng = np.random.default_rng(0)
    flagged = []
    for meeting in spoken["meeting"].unique(maintain_order=True)[:MEETINGS]:
        true = _meeting(spoken.filter(pl.col("meeting") == meeting))
        heard = _injected(true, rng)
        speech = true.select("start_s", "end_s", "channel")  # where the words were said is where speech is heard
        flagged.append(heard.select("kind", flagged=flag(heard, speech)))
    kinds = pl.concat(flagged).group_by("kind").agg(pl.col("flagged").sum(), pl.len()).sort("kind")
    put_in = kinds.filter(pl.col("kind") != "said").select(pl.col("flagged").sum() / pl.col("len").sum()).item()
    yield (
        f"`python -m benchmarks.speech.accuracy --parts guard`: words of {MEETINGS} AMI meetings, with loops, subtitle "
        f"phrases and text over silence put in. The guard flags {put_in:.1%} of the words put in. The phrases are "
        "drawn from its own list: it would find others over silence only.\n"
    )
    yield "| words | flagged | of |\n| --- | ---: | ---: |"
    yield from (f"| {kind} | {count / total:.2%} | {total} |" for kind, count, total in kinds.iter_rows())
    yield ""


def _meeting(spoken: pl.DataFrame) -> pl.DataFrame:
    """The words of a meeting as a recogniser gives them; each speaker has a channel."""
    speakers = spoken["speaker"].unique(maintain_order=True)
    numbers = dict(zip(speakers, range(len(speakers)), strict=True))
    return spoken.select(
        start_s=pl.col("start").cast(pl.Float64),
        end_s=pl.col("end").cast(pl.Float64),
        text="text",
        p=pl.lit(0.8),
        channel=pl.col("speaker").replace_strict(numbers, return_dtype=pl.Int64),
        no_speech_p=pl.lit(None, pl.Float64),
        logprob=pl.lit(None, pl.Float64),
        kind=pl.lit("said"),
    )


def _injected(true: pl.DataFrame, rng: np.random.Generator, n: int = 30) -> pl.DataFrame:
    """A meeting's words with hallucinations in it; a loop takes the place of what was said meanwhile."""
    words = true["text"].to_list()
    for _ in range(n):
        channel = int(rng.integers(true["channel"].n_unique()))
        own = true.filter(pl.col("channel") == channel, pl.col("kind") == "said").sort("start_s")
        pauses = own.filter(pl.col("start_s").shift(-1) - pl.col("end_s") > 6)
        kind = str(rng.choice(["loop", "subtitle phrase", "text over silence"]))
        at = int(rng.integers(len(words) - 10))
        if kind == "loop":
            start_s = own["end_s"][int(rng.integers(own.height - 1))]
            texts = words[at : at + int(rng.integers(1, 9))] * int(rng.integers(5, 15))
            own_then = (pl.col("channel") == channel) & pl.col("start_s").is_between(
                start_s, start_s + 0.2 * len(texts)
            )
            true = true.filter(~own_then)
        elif pauses.is_empty():
            continue
        else:
            start_s = pauses["end_s"][int(rng.integers(pauses.height))] + 1.0
            texts = str(rng.choice(SUBTITLES)).split() if kind == "subtitle phrase" else words[at : at + 8]
        rows = [
            (start_s + 0.2 * place, start_s + 0.2 * (place + 1), text, 0.6, channel, None, None, kind)
            for place, text in enumerate(texts)
        ]
        true = pl.concat([true, pl.DataFrame(rows, schema=true.schema, orient="row")])
    return true
