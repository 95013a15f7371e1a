"""The corpora of acts, for training and for measuring: sentences with the acts that people or rules allow for each."""

from pathlib import Path
from zlib import crc32

import polars as pl
import torch

from benchmarks.paths import ROOT
from models.ratings.reference import load_reference
from pipeline.language.act_network import (
    AMI_LABELS,
)
from pipeline.language.act_patterns import CUES
from pipeline.language.acts import timed_sentences
from pipeline.language.text import words_of
from pipeline.tables.values import ACTS

HELD_MEETINGS = r"^(ES2004|IS1009|TS3003|EN2002)"
ASKS = ("ask_open", "ask_closed", "ask_leading")
TELLS = tuple(act for act in ACTS if act not in ASKS)
LABELLED = ROOT / "data" / "acts" / "labelled.csv"
# What AMI's labels can be among our acts (guidelines: "sug" covers what one person tells another to do).
AMI_ACTS = {
    "inf": ("inform",),
    "ass": ("inform", "acknowledge"),
    "sug": ("suggest", "direct"),
    "off": ("commit",),
    "und": ("acknowledge",),
    "bck": ("acknowledge",),
    "be.pos": ("acknowledge", "other"),
    "be.neg": ("acknowledge", "other"),
    "fra": ("other",),
    "stl": ("other",),
    "oth": ("other",),
}
# Signs in the words that narrow them further; a sentence that matches none keeps all.
NARROW_DIRECT = r"\byou (?:need to|have to|must|should|gotta)\b|\bmake sure you\b"
NARROW_SUGGEST = (
    r"\b(?:you could|we could|you might|we might|maybe|perhaps|let's|how about|what about|could be|might)\b"
)
VEILED = r"\b(?:walk|talk|take) (?:me|us) through|\btell (?:me|us)\b|\bhelp me understand"
CHOOSING = r"^(ES2010|IS1005|TS3008)"  # AMI meetings that served to choose settings
AMI_GROUPS = {
    "el": 0,
    "inf": 1,
    "sug": 1,
    "ass": 1,
    "off": 1,
    "und": 2,
    "bck": 2,
    "be": 2,
    "fra": 3,
    "stl": 3,
    "oth": 3,
}
GROUP_OF = torch.tensor([AMI_GROUPS[label.split(".")[0]] for label in AMI_LABELS])
BARE = words_of(pl.col("text")).list.join(" ")  # as a recogniser without case and marks writes it


def _allowed(acts: pl.Expr) -> pl.Expr:
    """The acts left of a sentence's possible ones once its words are read."""
    low = words_of(pl.col("text")).list.join(" ")
    asked = acts.list.contains("ask_closed")
    directs = acts.list.contains("direct") & (acts.list.len() == 2)
    narrowed = [
        (asked & low.str.contains(CUES["leading"]), ("ask_leading",)),
        (asked & low.str.contains(CUES["open"]), ("ask_open",)),
        (asked & low.str.contains(CUES["closed"]), ("ask_closed",)),
        (asked & low.str.contains(CUES["what"]), ("ask_open", "ask_closed")),
        (asked & low.str.contains(r"\b(?:what|how|why)\b"), ("ask_open", "ask_closed")),
        (asked, ("ask_closed",)),
        (
            acts.list.contains("acknowledge") & acts.list.contains("inform") & low.str.contains(CUES["agreeing"]),
            ("acknowledge",),
        ),
        (directs & low.str.contains(NARROW_SUGGEST), ("suggest",)),
        (directs & low.str.contains(NARROW_DIRECT), ("direct",)),
        (
            (acts.list.len() == 1) & acts.list.contains("inform") & low.str.contains(CUES["commit"]),
            ("inform", "commit"),
        ),
    ]
    chosen = acts
    for when, then in reversed(narrowed):
        chosen = pl.when(when).then(pl.lit(pl.Series([list(then)]))).otherwise(chosen)
    return chosen


def ami(folder: Path) -> pl.DataFrame:
    """Dialogue acts with words of the 139 meetings that have them."""
    acts = AMI_ACTS | {f"el.{what}": ASKS for what in ("inf", "ass", "sug", "und")}
    known = pl.DataFrame({"label": list(acts), "allowed": [list(names) for names in acts.values()]})
    frame = (
        pl.read_parquet(folder / "ami" / "ami_dialogue_acts.parquet")
        .filter(pl.col("text").str.strip_chars() != "", pl.col("label").is_not_null(), pl.col("label") != "none")
        .join(known, on="label", how="left")
        .sort("meeting", "start", "end", "speaker")
    )
    return frame.select(
        pl.col("meeting").alias("call_id"),
        "speaker",
        pl.col("start").alias("start_s"),
        pl.col("end").alias("end_s"),
        pl.col("text").str.strip_chars(),
        "label",
        pl.col("text").str.contains(r"\?\W*$").alias("question"),
        _allowed(pl.col("allowed")).alias("allowed"),
        pl.lit(0.3).alias("weight"),
        pl.col("meeting").str.contains(HELD_MEETINGS).alias("held"),
    )


def by_marks(frame: pl.DataFrame) -> pl.DataFrame:
    """The sentences of punctuated utterances."""
    text = (
        pl.col("text")
        .str.replace_all(r"\{\w+\}", "")
        .str.replace_all(r"\s+([.,?!]|'(?:s|m|re|ve|ll|d|t)\b)", "$1")
        .str.strip_chars()
    )
    pieces = text.str.replace_all(r"([.?!]+)\s+", "$1\x1f").str.split("\x1f")
    return frame.with_columns(pieces.alias("text")).explode("text").filter(pl.col("text").str.contains(r"\w"))


def _judged(sentences: pl.DataFrame) -> pl.DataFrame:
    """Sentences with what their last mark and their first words say of them: question, allowed."""
    asked = pl.col("text").str.contains(r"\?\W*$")
    veiled = ~asked & pl.col("text").str.to_lowercase().str.contains(VEILED)
    asks, tells = pl.lit(pl.Series([list(ASKS)])), pl.lit(pl.Series([list(TELLS)]))
    any_of = pl.when(veiled).then(pl.lit(pl.Series([["ask_open", "direct", "inform"]])))
    allowed = any_of.otherwise(_allowed(pl.when(asked).then(asks).otherwise(tells)))
    return sentences.with_columns(asked.alias("question"), allowed.alias("allowed"))


def icsi(folder: Path) -> pl.DataFrame:
    """The 59 ICSI meetings of QMSum, which have no times."""
    turns = pl.read_parquet(folder / "qmsum" / "turns.parquet").filter(pl.col("domain") == "Academic")
    frame = turns.sort("meeting", "turn").select(
        pl.col("meeting").alias("call_id"), "speaker", pl.lit(0.0).alias("start_s"), pl.lit(0.0).alias("end_s"), "text"
    )
    return _finish(_judged(by_marks(frame)))


def primock(folder: Path) -> pl.DataFrame:
    """The 57 consultations of primock57."""
    turns = pl.read_parquet(folder / "primock57" / "utterances.parquet").sort("consultation", "start", "end")
    frame = turns.select(
        pl.col("consultation").cast(pl.String).alias("call_id"),
        "speaker",
        pl.col("start").alias("start_s"),
        pl.col("end").alias("end_s"),
        "text",
    )
    return _finish(_judged(by_marks(frame)))


def _finish(frame: pl.DataFrame, *, weight: pl.Expr = pl.lit(0.2), held: pl.Expr = pl.lit(value=False)) -> pl.DataFrame:  # noqa: B008
    return frame.select(
        *("call_id", "speaker", "start_s", "end_s", "text"),
        pl.lit(None, pl.String).alias("label"),
        *("question", "allowed"),
        weight.alias("weight"),
        held.alias("held"),
    )


def held_people(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls of data/scripted (call_id, held), split by people: held out by lead, and none left that shares a person."""
    held = pl.Series("held", [crc32(f"acts {name}".encode()) % 4 == 0 for name in calls["lead_id"]])
    known = calls.with_columns(held)
    people = known.filter("held")["other_id"]
    return known.filter(pl.col("held") | ~pl.col("other_id").is_in(people.implode())).select("call_id", "held")


def scripted(folder: Path) -> pl.DataFrame:
    """The sentences of data/scripted, those with a reference label known by it."""
    reference = load_reference(folder)
    sentences = timed_sentences(reference.talk)
    labelled = pl.read_csv(LABELLED).select("call_id", "idx", "sentence", pl.col("act").alias("reference_act"))
    known = (
        _judged(sentences)
        .join(held_people(reference.calls), on="call_id", maintain_order="left")
        .join(labelled, on=["call_id", "idx", "sentence"], how="left", maintain_order="left")
    )
    certain = pl.col("reference_act").is_not_null()
    return _finish(
        known.with_columns(
            pl.when(certain).then(pl.concat_list("reference_act")).otherwise("allowed").alias("allowed"),
        ),
        weight=pl.when(certain).then(10.0).otherwise(0.3),
        held=pl.col("held"),
    )


def group_scores(labels: torch.Tensor) -> torch.Tensor:
    """Log probability of ask, tell, acknowledge and other from the logits of AMI's labels."""
    scores = labels.log_softmax(1)
    return torch.stack([scores[:, group == GROUP_OF].logsumexp(1) for group in range(4)], 1)
