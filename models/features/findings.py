"""Findings as features: agenda, actions, purposes and listening in each call, counted for the classifiers."""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.language.actions import standing_actions
from pipeline.language.analyse import Findings
from pipeline.language.purposes import OPEN_MEETINGS, PURPOSE_OF_CUSTOMER_CALLS, PURPOSE_OF_MEETING
from pipeline.language.reflections import uptake
from pipeline.tables.conversations import Actions, Acts, Talk
from pipeline.tables.values import MOMENTS, PURPOSES

REVIEWS = ("forecast", "pipeline", "deal", "account", "coaching")
MENTION_SHARE = 0.08  # share of the words from which a review is more than mentioned
LONG_STRETCH_UTTERANCES = 4  # utterances that make a stretch on another purpose long
FINDING_KINDS = ("purposes", "listening", "promises", "moments")
PURPOSE_COLUMNS = (
    *("elsewhere", "other_reviews", "longest", "stretches", "changes", "long", "sureness"),
    *PURPOSES,
    *("main", "second", "third", "spread", "reviews"),
)
LIMITING = {"second_review": PURPOSE_COLUMNS.index("second")}  # findings that a rubric may name, and their columns


def count_findings(
    talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], findings: Findings, calls: list[str]
) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    """One row per call of `calls`, in that order, and the number of columns of each of FINDING_KINDS."""
    order = pl.DataFrame({"call_id": calls}, schema={"call_id": pl.String})
    kinds = (_purposes(talk, findings), _listening(talk, acts, findings), _promises(talk, findings), _moments(findings))
    blocks = [
        order.join(counted, on="call_id", how="left", maintain_order="left").drop("call_id").fill_null(0).fill_nan(0)
        for counted in kinds
    ]
    rows = np.hstack([block.to_numpy().astype(np.float32) for block in blocks])
    return rows, tuple(block.width for block in blocks)


def _purposes(talk: dy.DataFrame[Talk], findings: Findings) -> pl.DataFrame:
    """How much of the words the main and the meeting's own purpose have, how much other reviews, and how often the
    purpose changes; and the same by what single utterances speak for. A one-on-one's own purpose is what most of its
    words serve."""
    kind = pl.col("interaction")
    named = kind.replace_strict(PURPOSE_OF_MEETING, default=PURPOSE_OF_CUSTOMER_CALLS)
    own = pl.when(kind.is_in(OPEN_MEETINGS)).then(pl.coalesce("most", named)).otherwise(named)
    words, foreign = pl.col("n_words"), pl.col("purpose") != pl.col("own")
    review = pl.col("purpose").is_in(REVIEWS)
    all_words = words.sum().clip(1)
    spoken = talk.join(findings.purposes, on=["call_id", "idx"])
    by_purpose = spoken.filter(review).group_by("call_id", "purpose").agg(words.sum())
    most = by_purpose.sort("n_words", "purpose", descending=[True, False]).unique("call_id", keep="first")
    stretches = (
        spoken.join(most.select("call_id", most="purpose"), on="call_id", how="left")
        .sort("call_id", "idx")
        .with_columns(own.alias("own"), pl.col("purpose").rle_id().over("call_id").alias("stretch"))
        .group_by("call_id", "stretch", maintain_order=True)
        .agg(pl.col("purpose", "own").first(), words.sum(), pl.len().alias("utterances"), pl.col("p").mean())
    )
    share = words / words.sum().over("call_id").clip(1)
    mixed = (
        by_purpose.with_columns(share=share)
        .sort("call_id", "share", descending=[False, True])
        .group_by("call_id", maintain_order=True)
        .agg(
            pl.col("share").max().alias("main"),
            pl.col("share").slice(1, 1).first().fill_null(0.0).alias("second"),
            pl.col("share").slice(2, 1).first().fill_null(0.0).alias("third"),
            -(pl.col("share") * (pl.col("share") + 1e-9).log()).sum().alias("spread"),
            (pl.col("share") >= MENTION_SHARE).sum().alias("reviews"),
        )
    )
    changes = pl.col("purpose").filter(review).rle_id().max().fill_null(0)
    return (
        stretches.group_by("call_id")
        .agg(
            (words.filter(foreign).sum() / all_words).alias("elsewhere"),
            (words.filter(foreign & review).sum() / all_words).alias("other_reviews"),
            (words.filter(foreign & review).max().fill_null(0) / all_words).alias("longest"),
            pl.len().log().alias("stretches"),
            changes.cast(pl.Float64).log1p().alias("changes"),
            (foreign & review & (pl.col("utterances") >= LONG_STRETCH_UTTERANCES)).sum().alias("long"),
            ((pl.col("p") * words).sum() / all_words).alias("sureness"),
            *(
                (words.filter(foreign & (pl.col("purpose") == purpose)).sum() / all_words).alias(purpose)
                for purpose in PURPOSES
            ),
        )
        .join(mixed, on="call_id", how="left")
        .select("call_id", *PURPOSE_COLUMNS)
    )


def _listening(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], findings: Findings) -> pl.DataFrame:
    """How far each side's replies build on what they follow: the middle and both ends; and what is given back."""
    side, of = talk.select("call_id", "idx", "side"), pl.col("uptake")
    builds = (
        uptake(talk, acts)
        .group_by("call_id")
        .agg(
            of.filter(side="lead").mean().alias("lead"),
            *(of.filter(side="lead").quantile(at).alias(f"lead_{at}") for at in (0.1, 0.25, 0.5, 0.75)),
            (of.filter(side="lead") > 0).mean().alias("lead_builds"),
            of.filter(side="other").mean().alias("other"),
        )
    )
    reflections = findings.moments.filter(kind="reflection").join(side, on=["call_id", "idx"]).group_by("call_id")
    back = reflections.agg((pl.col("side") == name).sum().log1p().alias(f"{name}_back") for name in ("lead", "other"))
    return builds.join(back, on="call_id", how="left")


def _promises(talk: dy.DataFrame[Talk], findings: Findings) -> pl.DataFrame:
    """How many actions are promised and how many still stand at the close: by whom, dated, agreed to by the other."""
    new = Actions.validate(findings.actions.filter(pl.col("carried_from").is_null() & (pl.col("state") != "withdrawn")))
    dated, agreed = pl.col("due_date").is_not_null(), pl.col("confirmed").fill_null(value=False)
    counts = {"all": pl.len(), "dated": dated.sum(), "agreed": agreed.sum(), "both": (dated & agreed).sum()}
    counts |= {f"by_{owner}": (pl.col("owner_role") == owner).sum() for owner in ("lead", "other", "both")}
    logs = [count.log1p().alias(name) for name, count in counts.items()]
    promised = new.group_by("call_id").agg(logs)
    standing = standing_actions(new, talk).group_by("call_id").agg(logs)
    any_stands = (pl.col("all_standing") > 0).cast(pl.Float64).alias("stands")
    return promised.join(standing, on="call_id", how="full", coalesce=True, suffix="_standing").with_columns(any_stands)


def _moments(findings: Findings) -> pl.DataFrame:
    """How many utterances state an agenda, agree to it, take up earlier actions, sum up or seek feedback."""
    kinds = [kind for kind in MOMENTS if kind != "reflection"]
    surest = [pl.col("p").filter(kind=kind).max().alias(f"{kind}_p") for kind in ("agenda", "prior_action")]
    counts = [(pl.col("kind") == kind).sum().log1p().alias(kind) for kind in kinds]
    return findings.moments.group_by("call_id").agg(*counts, *surest)
