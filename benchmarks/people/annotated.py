"""Corpora whose sentences or turns people (or, for our own, a language model) annotated with what they do.

Every corpus is one frame of units in the order they were said, with null where its annotation does not say:

| column | what |
|---|---|
| corpus, call_id, unit | which unit |
| speaker, start_s, end_s, text | who says what when; 0 where there are no times |
| ask, tell, advice, reflect | whether it asks, tells (informs or advises), advises, gives back what the other said |
| kind | open, closed or none: which question it asks |
"""

import gzip
from pathlib import Path

import polars as pl

from benchmarks.language.act_corpora import HELD_MEETINGS, LABELLED, OWN_SENTENCES, own_exchanges
from benchmarks.paths import SCRIPTED
from models.ratings.reference import load_reference
from pipeline.language.acts import timed_sentences
from pipeline.tables.conversations import Talk

SIGNS = ("ask", "tell", "advice", "reflect")
COLUMNS = ("corpus", "call_id", "unit", "speaker", "start_s", "end_s", "text", *SIGNS, "kind")
ASKED_BY = "ask-|inquiry"  # labels of persuasion_for_good that ask
HELD_OUT = pl.col("meeting").str.contains(HELD_MEETINGS)
NOT_ASKED = ("positive-to-inquiry", "negative-to-inquiry", "neutral-to-inquiry")
TOLD_BY = (
    *("credibility-appeal", "logical-appeal", "emotion-appeal", "donation-information", "self-modeling"),
    "personal-story",
)


def _finish(frame: pl.DataFrame, corpus: str) -> pl.DataFrame:
    missing = [pl.lit(None, pl.Boolean).alias(sign) for sign in SIGNS if sign not in frame.columns]
    missing += [pl.lit(None, pl.String).alias("kind")] if "kind" not in frame.columns else []
    missing += [pl.lit(0.0).alias(time) for time in ("start_s", "end_s") if time not in frame.columns]
    unit = pl.int_range(pl.len()).over("call_id").cast(pl.Int64)
    return frame.with_columns(*missing, corpus=pl.lit(corpus), unit=unit).select(COLUMNS)


def ami(corpora: Path, *, meetings: pl.Expr = HELD_OUT) -> pl.DataFrame:
    """AMI meetings, those held out: each dialogue act is a unit. Telling is informing and suggesting."""
    frame = (
        pl.read_parquet(corpora / "ami" / "ami_dialogue_acts.parquet")
        .filter(pl.col("text").str.strip_chars() != "", pl.col("label").is_not_null(), pl.col("label") != "none")
        .filter(meetings)
        .sort("meeting", "start", "end", "speaker")
    )
    label = pl.col("label")
    return _finish(
        frame.select(
            pl.col("meeting").alias("call_id"), "speaker", start_s="start", end_s="end", text=pl.col("text"),
            ask=label.str.starts_with("el."), tell=label.is_in(["inf", "sug"]), advice=label == "sug",
        ),
        "ami",
    )  # fmt: skip


def pac_coaching(corpora: Path) -> pl.DataFrame:
    """Counselling on physical activity; only the counsellor's turns are judged."""
    rows = pl.read_csv(corpora / "pac_coaching" / "utterances.csv").filter(pl.col("speaker") != "unknown")
    task, judged = pl.col("task_focused").fill_null(""), pl.col("speaker") == "counsellor"
    return _finish(
        rows.sort("dialog", "idx").select(
            pl.col("dialog").alias("call_id"), "speaker", pl.col("text").fill_null(""),
            ask=pl.when(judged).then(task.str.starts_with("Ask-")),
            tell=pl.when(judged).then(task.is_in(["Give-GenInfo", "Give-Opinion"])),
        ),
        "pac_coaching",
    )  # fmt: skip


def persuasion(corpora: Path) -> pl.DataFrame:
    """Talk about a donation; only sentences with a label are judged. Telling is the persuader's appeals."""
    packed = (corpora / "persuasion_for_good" / "utterances_300.csv.gz").read_bytes()
    rows = pl.read_csv(gzip.decompress(packed))
    label = pl.coalesce("er_label_1", "ee_label_1")
    asks = label.str.contains(ASKED_BY) & ~label.is_in(NOT_ASKED)
    return _finish(
        rows.select(
            pl.col("dialog").alias("call_id"), pl.col("role").alias("speaker"), pl.col("text").fill_null(""),
            ask=asks, tell=pl.when(pl.col("er_label_1").is_not_null()).then(label.is_in(TOLD_BY)),
        ),
        "persuasion_for_good",
    )  # fmt: skip


def casino(corpora: Path) -> pl.DataFrame:
    """Negotiations over supplies; asking is asking for the other's needs."""
    rows = pl.read_parquet(corpora / "casino" / "utterances.parquet").sort("dialogue_id", "n")
    rows = rows.filter(pl.col("strategies").is_not_null().any().over("dialogue_id"))
    strategies = pl.col("strategies")
    asks = pl.when(strategies.is_not_null() & (strategies != "")).then(strategies.str.contains("elicit-pref"))
    return _finish(
        rows.select(
            pl.col("dialogue_id").cast(pl.String).alias("call_id"),
            pl.col("speaker").cast(pl.String),
            pl.col("text").fill_null(""),
            ask=asks,
        ),
        "casino",
    )


def primock57(corpora: Path) -> pl.DataFrame:
    """Consultations with a doctor; whether one asks is known by the mark alone, so that it is judged without marks."""
    rows = pl.read_parquet(corpora / "primock57" / "utterances.parquet").sort("consultation", "start", "end")
    return _finish(
        rows.select(
            pl.col("consultation").cast(pl.String).alias("call_id"), "speaker", start_s="start", end_s="end",
            text=pl.col("text").fill_null(""), ask=pl.col("text").fill_null("").str.contains(r"\?"),
        ),
        "primock57",
    )  # fmt: skip


def of_act(act: pl.Expr) -> dict[str, pl.Expr]:
    """The signs of a unit by its act."""
    asks = act.str.starts_with("ask_")
    kind = pl.when(act == "ask_open").then(pl.lit("open")).when(asks).then(pl.lit("closed")).otherwise(pl.lit("none"))
    return {
        "ask": asks,
        "tell": act.is_in(["inform", "suggest", "direct"]),
        "advice": act.is_in(["suggest", "direct"]),
        "reflect": act == "reflect",
        "kind": pl.when(act.is_not_null()).then(kind),
    }


def own_sentences() -> pl.DataFrame:
    """Our labelled sentences with the line before and after, one corpus for each register."""
    rows = own_exchanges()
    signs = of_act(pl.col("act"))
    registers = [
        _finish(part.select("call_id", "speaker", "text", **signs), f"ours: {register}")
        for (register,), part in rows.group_by(["register"], maintain_order=True)
    ]
    return pl.concat(registers)


def own_calls() -> pl.DataFrame:
    """Sentences of data/scripted, some of which are labelled; none is labelled a reflection."""
    talk = load_reference(SCRIPTED).talk
    labelled = pl.read_csv(LABELLED).select("call_id", "idx", "sentence", "act")
    chosen = Talk.validate(talk.filter(pl.col("call_id").is_in(labelled["call_id"].unique().implode())))
    rows = timed_sentences(chosen).join(labelled, on=["call_id", "idx", "sentence"], how="left", maintain_order="left")
    signs = of_act(pl.col("act"))
    signs.pop("reflect")
    return _finish(rows.select("call_id", "speaker", "start_s", "end_s", "text", **signs), "ours: calls")


def annotated(corpora: Path) -> pl.DataFrame:
    """All corpora, one after the other."""
    people = [read(corpora) for read in (ami, pac_coaching, persuasion, casino, primock57)]
    own = [own_sentences()] if OWN_SENTENCES.exists() else []
    return pl.concat([*people, own_calls(), *own])
