"""Talk that people labelled with other acts than ours, for training: persuasion_for_good and pac_coaching."""

import gzip
from pathlib import Path

import polars as pl

from benchmarks.language.act_corpora import ASKS, allowed_by_words, finish, judged

# What the labels of persuasion_for_good can be among our acts; those that are not here say too little.
PERSUASION_ACTS = {
    **dict.fromkeys(("greeting", "closing", "you-are-welcome"), ("other",)),
    "thank": ("acknowledge", "other"),
    "acknowledgement": ("acknowledge",),
    **dict.fromkeys(("praise-user", "comment-partner"), ("acknowledge", "reflect", "inform")),
    **dict.fromkeys(
        ("credibility-appeal", "logical-appeal", "emotion-appeal", "donation-information", "personal-story"),
        ("inform",),
    ),
    **dict.fromkeys(("positive-to-inquiry", "negative-to-inquiry", "neutral-to-inquiry"), ("inform", "acknowledge")),
    **dict.fromkeys(("self-modeling", "provide-donation-amount", "agree-donation"), ("inform", "commit")),
    **dict.fromkeys(("disagree-donation", "disagree-donation-more"), ("inform",)),
}
PAC_ACTS = {
    "Orient": ("inform", "suggest"),
    **dict.fromkeys(("Give-GenInfo", "Give-Opinion"), ("inform", "suggest", "direct")),
    "Give-PerInfo": ("inform",),
    **dict.fromkeys(("Greeting", "Goodbye"), ("other",)),
    "Agree": ("acknowledge", "reflect"),
    "Approve/Encourage": ("acknowledge", "reflect", "inform"),
}


def persuasion(folder: Path) -> pl.DataFrame:
    """The sentences of persuasion_for_good, each by its label and, where that asks or says little, by its marks."""
    rows = pl.read_csv(gzip.decompress((folder / "persuasion_for_good" / "utterances_300.csv.gz").read_bytes()))
    label = pl.coalesce("er_label_1", "ee_label_1")
    return _labelled(
        rows.select(
            pl.format("persuasion {}", "dialog").alias("call_id"), pl.col("role").alias("speaker"), "text",
            label=label, asks=label.str.contains("^ask-|inquiry$") & ~label.str.contains("-to-inquiry"),
        ),
        PERSUASION_ACTS,
    )  # fmt: skip


def pac(folder: Path) -> pl.DataFrame:
    """The turns of pac_coaching, each by its label."""
    rows = pl.read_csv(folder / "pac_coaching" / "utterances.csv").sort("dialog", "idx")
    return _labelled(
        rows.select(
            pl.format("pac {}", "dialog").alias("call_id"), "speaker", "text",
            label=pl.coalesce("task_focused", "social_exchange"), asks=pl.col("task_focused").str.starts_with("Ask-"),
        ),
        PAC_ACTS,
    )  # fmt: skip


def _labelled(rows: pl.DataFrame, acts: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    """Sentences that people labelled: those that ask do one of the asks, the others what their label allows."""
    known = pl.DataFrame({"label": list(acts), "of_label": [list(names) for names in acts.values()]})
    frame = rows.with_columns(pl.lit(0.0).alias("start_s"), pl.lit(0.0).alias("end_s"), pl.col("text").fill_null(""))
    frame = judged(frame.join(known, on="label", how="left", maintain_order="left"))
    asks = pl.col("asks").fill_null(value=False)
    allowed = (
        pl.when(asks).then(allowed_by_words(pl.lit(pl.Series([list(ASKS)]))))
        .when(pl.col("of_label").is_not_null()).then("of_label").otherwise("allowed")
    )  # fmt: skip
    by_people = asks | pl.col("of_label").is_not_null()
    return finish(frame.with_columns(allowed.alias("allowed")), weight=pl.when(by_people).then(0.5).otherwise(0.15))
