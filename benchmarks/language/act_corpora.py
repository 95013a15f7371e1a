"""The corpora of acts, for training and for measuring: sentences with the acts that people or rules allow for each."""

from pathlib import Path
from zlib import crc32

import polars as pl
import torch

from benchmarks.paths import ROOT
from models.ratings.reference import load_reference
from pipeline.language.act_model.network import (
    AMI_LABELS,
)
from pipeline.language.acts import timed_sentences
from pipeline.language.text import plain
from pipeline.language.vocabulary import said
from pipeline.tables.values import ACTS

OWN_WEIGHT = 5.0  # of a labelled sentence of our own against one of the weights below
HELD_MEETINGS = r"^(ES2004|IS1009|TS3003|EN2002)"
ASKS = ("ask_open", "ask_closed", "ask_leading")
TELLS = tuple(act for act in ACTS if act not in ASKS)
LABELLED = ROOT / "data" / "acts" / "labelled.csv"
OWN_SENTENCES = ROOT / "data" / "acts" / "spoken.csv"
# What AMI's labels can be among our acts (guidelines: "sug" covers what one person tells another to do).
AMI_ACTS = {
    "inf": ("inform",),
    "ass": ("inform", "acknowledge"),
    "sug": ("suggest", "direct"),
    "off": ("commit",),
    "und": ("acknowledge", "reflect"),
    "bck": ("acknowledge",),
    "be.pos": ("acknowledge", "other"),
    "be.neg": ("acknowledge", "other"),
    "fra": ("other",),
    "stl": ("other",),
    "oth": ("other",),
}
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
BARE = plain(pl.col("text"))  # as a recogniser without case and marks writes it


def allowed_by_words(acts: pl.Expr) -> pl.Expr:
    """The acts left of a sentence's possible ones once its words are read."""
    low = plain(pl.col("text"))
    asked, open_form = acts.list.contains("ask_closed"), said(low, "open_question", "open_request")
    directs = acts.list.contains("direct") & (acts.list.len() == 2)
    informs = acts.list.contains("inform")
    narrowed = [
        (asked & said(low, "leading_question"), ("ask_leading",)),
        (asked & said(low, "tag"), ("ask_leading", "ask_closed", "reflect")),
        (asked & said(low, "closed_question"), ("ask_closed",)),
        (asked & open_form, ("ask_open",)),
        (asked & low.str.contains(r"\b(?:what|how|why)\b"), ("ask_open", "ask_closed")),
        (asked & said(low, "acknowledgement"), ("acknowledge", "ask_closed")),
        (asked, ("ask_closed", "ask_leading", "reflect")),
        (acts.list.contains("acknowledge") & informs & said(low, "acknowledgement"), ("acknowledge",)),
        (directs & said(low, "suggestion"), ("suggest",)),
        (directs & said(low, "direction"), ("direct",)),
        ((acts.list.len() == 1) & informs & said(low, "promise"), ("inform", "commit")),
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
        allowed_by_words(pl.col("allowed")).alias("allowed"),
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


def judged(sentences: pl.DataFrame) -> pl.DataFrame:
    """Sentences with what their last mark and their first words say of them: question, allowed."""
    asked = pl.col("text").str.contains(r"\?\W*$")
    veiled = ~asked & said(plain(pl.col("text")), "open_request")
    asks, tells = pl.lit(pl.Series([list(ASKS)])), pl.lit(pl.Series([list(TELLS)]))
    any_of = pl.when(veiled).then(pl.lit(pl.Series([["ask_open", "direct", "inform"]])))
    allowed = any_of.otherwise(allowed_by_words(pl.when(asked).then(asks).otherwise(tells)))
    return sentences.with_columns(asked.alias("question"), allowed.alias("allowed"))


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
    return finish(judged(by_marks(frame)))


def finish(frame: pl.DataFrame, *, weight: pl.Expr = pl.lit(0.2), held: pl.Expr = pl.lit(value=False)) -> pl.DataFrame:  # noqa: B008
    """The frame with the columns that all corpora of acts have."""
    return frame.select(
        *("call_id", "speaker", "start_s", "end_s", "text"),
        pl.lit(None, pl.String).alias("label"),
        *("question", "allowed"),
        weight.alias("weight"),
        held.alias("held"),
    )


def exchanges() -> pl.DataFrame:
    """Our labelled sentences in the exchange that they stand in; what is around them has no act."""
    rows = own_exchanges().with_columns(pl.lit(0.0).alias("start_s"), pl.lit(0.0).alias("end_s"))
    both = pl.concat_list("act", pl.coalesce("also", "act"), pl.coalesce("second_reading", "act")).list.unique()
    every = pl.lit(pl.Series([list(ACTS)]))
    certain = pl.col("act").is_not_null()
    finished = judged(rows).with_columns(pl.when(certain).then(both).otherwise(every).alias("allowed"))
    return finish(
        finished.with_columns(pl.concat_str(pl.lit("own "), "register", pl.lit(" "), "call_id").alias("call_id")),
        weight=pl.when(certain).then(OWN_WEIGHT).otherwise(0.0),
        held=pl.col("call_id").map_elements(lambda name: crc32(f"held {name}".encode()) % 6 == 0, pl.Boolean),
    )


def held_people(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls of data/scripted (call_id, held), split by people: held out by lead, and none left that shares a person."""
    held = pl.Series("held", [crc32(f"acts {name}".encode()) % 4 == 0 for name in calls["lead_id"]])
    known = calls.with_columns(held)
    people = known.filter("held")["other_id"]
    return known.filter(pl.col("held") | ~pl.col("other_id").is_in(people.implode())).select("call_id", "held")


def reference_labels() -> pl.DataFrame:
    """data/acts/labelled.csv in ten acts: what gives back what the other said is a reflection."""
    act = pl.when(pl.col("reflection") == 1).then(pl.lit("reflect")).otherwise("act")
    return pl.read_csv(LABELLED).with_columns(act=act)


def scripted(folder: Path) -> pl.DataFrame:
    """The sentences of data/scripted, known by their reference labels, and by the moves that are tagged in turns."""
    reference = load_reference(folder)
    sentences = timed_sentences(reference.talk)
    labelled = reference_labels().select("call_id", "idx", "sentence", reference_act="act")
    known = (
        judged(sentences)
        .join(held_people(reference.calls), on="call_id", maintain_order="left")
        .join(labelled, on=["call_id", "idx", "sentence"], how="left", maintain_order="left")
        .join(moves(folder), on=["call_id", "idx"], how="left", maintain_order="left")
    )
    turn = ("call_id", "idx")
    may_reflect = pl.col("allowed").list.contains("reflect")
    alone = may_reflect & (may_reflect.sum().over(turn) == 1)
    certain = pl.col("reference_act").is_not_null()
    allowed = (
        pl.when(certain).then(pl.concat_list("reference_act"))
        .when(pl.col("reflects") & alone).then(pl.lit(pl.Series([["reflect"]])))
        .when(pl.col("leads") & (pl.len().over(turn) == 1)).then(pl.lit(pl.Series([["ask_leading"]])))
        .otherwise("allowed")
    )  # fmt: skip
    by_tag = (pl.col("reflects") & alone) | (pl.col("leads") & (pl.len().over(turn) == 1))
    weight = pl.when(certain).then(OWN_WEIGHT).when(by_tag).then(1.0).otherwise(0.2)
    return finish(
        known.with_columns(allowed.alias("allowed"), weight.alias("sure")),
        weight=pl.col("sure"),
        held=pl.col("held"),
    )


def moves(folder: Path) -> pl.DataFrame:
    """The turns of data/scripted that are tagged: call_id, idx, reflects, leads; of the others it is not known."""
    tags = pl.read_csv(folder / "moves.csv").select("call_id", "turn", "move")
    return tags.group_by("call_id", pl.col("turn").alias("idx")).agg(
        (pl.col("move") == "reflect").any().alias("reflects"), (pl.col("move") == "leading").any().alias("leads")
    )


def own_exchanges() -> pl.DataFrame:
    """The labelled sentences of data/acts with what was said before and after: call_id, register, speaker, text, act,
    also, second_reading; one call of up to three utterances for each, of which only the second has an act."""
    rows = pl.read_csv(OWN_SENTENCES, infer_schema=False).with_columns(pl.all().fill_null(""))
    rows = rows.with_columns(second_reading=pl.col("labeller_2").str.split(":").list.first())
    parts = [
        rows.select(
            *("id", "register", pl.lit(place).alias("place"), pl.col(column).alias("text")),
            pl.lit("speaker" if place == 1 else "other").alias("speaker"),
            *(pl.lit(place == 1).alias("judged"), "act", "also", "second_reading"),
        )
        for place, column in enumerate(("before", "text", "after"))
    ]
    calls = pl.concat(parts).filter(pl.col("text").str.strip_chars() != "").sort("id", "place")
    judged = pl.col("judged")
    acts = [pl.when(judged & (pl.col(act) != "")).then(act).alias(act) for act in ("act", "also", "second_reading")]
    return calls.select(pl.col("id").alias("call_id"), "register", "speaker", "text", *acts)


def group_scores(labels: torch.Tensor) -> torch.Tensor:
    """Log probability of ask, tell, acknowledge and other from the logits of AMI's labels."""
    scores = labels.log_softmax(1)
    return torch.stack([scores[:, group == GROUP_OF].logsumexp(1) for group in range(4)], 1)
