"""Findings as features: agenda, actions, purposes and listening in each call, counted for the classifiers."""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.language.actions import standing_actions
from pipeline.language.analyse import Findings
from pipeline.language.purposes import PURPOSE_OF_CUSTOMER_CALLS, PURPOSE_OF_MEETING
from pipeline.language.reflections import uptake
from pipeline.tables.conversations import Actions, Acts, Talk
from pipeline.tables.values import MOMENTS, PURPOSES

LONG_STRETCH_UTTERANCES = 4  # utterances that make a stretch on another purpose long
FINDING_KINDS = ("purposes", "listening", "promises", "moments")


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
    """How much of the words the meeting's own purpose has, and how long and how many the stretches on others are."""
    own = pl.col("interaction").replace_strict(PURPOSE_OF_MEETING, default=PURPOSE_OF_CUSTOMER_CALLS)
    words, foreign = pl.col("n_words"), pl.col("purpose") != pl.col("own")
    other_review = foreign & (pl.col("purpose") != "small_talk")
    long = pl.col("utterances") >= LONG_STRETCH_UTTERANCES
    share = words.filter(foreign).sum() / words.sum().clip(1)
    stretches = (
        talk.join(findings.purposes, on=["call_id", "idx"])
        .sort("call_id", "idx")
        .with_columns(own.alias("own"), pl.col("purpose").rle_id().over("call_id").alias("stretch"))
        .group_by("call_id", "stretch")
        .agg(pl.col("purpose", "own").first(), words.sum(), pl.len().alias("utterances"))
    )
    return stretches.group_by("call_id").agg(
        share.alias("elsewhere"),
        (words.filter(other_review).max() / words.sum().clip(1)).alias("longest"),
        pl.len().log().alias("stretches"),
        (foreign & long).sum().alias("long"),
        pl.col("purpose").filter(foreign & long).n_unique().alias("others"),
        *(
            (words.filter(foreign & (pl.col("purpose") == purpose)).sum() / words.sum().clip(1)).alias(purpose)
            for purpose in PURPOSES
        ),
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
    new = Actions.validate(findings.actions.filter(pl.col("carried_from").is_null()))
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
