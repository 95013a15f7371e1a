"""Planner: what to score next, and whether more calls or one more rater would help most."""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ratings.rater_model import SLOPE_SD, Estimate
from models.ratings.scores import MIN_SCORED_CALLS
from models.ratings.severity import ITEM, fit_scores
from pipeline.tables.judgements import Labels, Scores

N_DRAWS = 400
ENDS = (0.025, 0.975)
CLEARLY = 0.03  # of kappa by which one way must be narrower
Matrix = NDArray[np.float64]


def plan_scoring(scores: dy.DataFrame[Scores]) -> pl.DataFrame:
    """What helps most next for each element that people scored: rubric, element, rubric_hash, n_calls, n_raters, low,
    high, calls_low, calls_high, rater_low, rater_high, advice.

    `low` to `high` is where the kappa of these raters' median with that of another such panel lies with 95 %: foretold
    from how far raters differ, in severity and by chance. `calls_` and `rater_` are the same after one more score for
    each call: spent on more calls by the same number of raters, or on one more rater of the same calls. `advice` is
    the way that makes it narrower, `either` where both do about as much.
    """
    people = scores.filter(rater_kind="person")
    if people.is_empty():
        return pl.DataFrame(schema=_PLAN)
    _, units, fitted = fit_scores(people)
    per_unit = units.group_by("item", *ITEM).agg(pl.len().alias("n_calls"), pl.col("n_raters").mean().round())
    rows = []
    for unit in per_unit.sort("item").iter_rows(named=True):
        n_calls, n_raters = unit["n_calls"], max(1, int(unit["n_raters"]))
        ways = ((n_calls, n_raters), (n_calls + -(-n_calls // n_raters), n_raters), (n_calls, n_raters + 1))
        now, calls, rater = (foretold(fitted, unit["item"], *way) for way in ways)
        gain = (calls[1] - calls[0]) - (rater[1] - rater[0])
        advice = "either" if abs(gain) < CLEARLY else "one more rater" if gain > 0 else "more calls"
        advice = "one more rater" if n_raters == 1 else advice  # how far people agree is not known at all
        rows.append((*(unit[name] for name in ITEM), n_calls, n_raters, *now, *calls, *rater, advice))
    return pl.DataFrame(rows, schema=_PLAN, orient="row")


def foretold(fitted: Estimate, item: int, n_calls: int, n_raters: int) -> tuple[float, float]:
    """The ends of where the kappa of two panels of raters like these lies on so many calls, by simulation."""
    draw = np.random.default_rng(0)
    quality = draw.normal(size=(N_DRAWS, 1, n_calls))
    slope = np.exp(SLOPE_SD * draw.normal(size=(N_DRAWS, 2 * n_raters, 1)))
    severity = fitted.severity_sd[item] * draw.normal(size=(N_DRAWS, 2 * n_raters, 1))
    shown = slope * fitted.spread[item] * quality - severity + draw.logistic(size=(N_DRAWS, 2 * n_raters, n_calls))
    levels = (shown[..., None] > fitted.thresholds[item]).sum(axis=-1)
    first, second = (
        np.floor(np.median(levels[:, part], axis=1) + 0.5) for part in (slice(n_raters), slice(n_raters, None))
    )
    apart = ((first - second) ** 2).mean(axis=1)
    by_chance = first.var(axis=1) + second.var(axis=1) + (first.mean(axis=1) - second.mean(axis=1)) ** 2
    kappa = 1 - apart / np.maximum(by_chance, 1e-9)  # quadratic weighted kappa
    low, high = np.quantile(np.where(by_chance > 0, kappa, 0.0), ENDS)
    return float(low), float(high)


_PLAN = {
    **dict.fromkeys(ITEM, pl.String),
    "n_calls": pl.Int64,
    "n_raters": pl.Int64,
    **{f"{way}{end}": pl.Float64 for way in ("", "calls_", "rater_") for end in ("low", "high")},
    "advice": pl.String,
}


def next_to_score(
    calls: pl.DataFrame, labels: dy.DataFrame[Labels], given: dy.DataFrame[Scores], *, n: int = 20
) -> pl.DataFrame:
    """The `n` calls whose scores would teach most, best first: call_id, rubric, lead_id, worth, reason.

    Worth adds up three wishes over the elements of a call: the label is uncertain, its level is rare among the scores
    so far, and the element has few scores; it is halved for each call of the same lead that is scored or already
    chosen, so that people are spread. Elements of a call that two people have scored are left out.
    """
    pair = ["rubric", "element"]
    scores = given.filter(rater_kind="person")
    raters = scores.group_by("call_id", "element").agg(pl.col("rater").n_unique().alias("raters"))
    per_element = scores.group_by(pair).agg(pl.col("call_id").n_unique().alias("n_scored"))
    per_level = scores.group_by(*pair, "level").len("n_level")
    chances = pl.concat_list("p_red", "p_orange", "p_yellow", "p_green")
    entropy = chances.list.eval(-pl.element() * (pl.element() + 1e-9).log()).list.sum() / pl.lit(4.0).log()
    uncertain = pl.when(pl.col("level").is_null()).then(1.0).otherwise(entropy)
    n_scored = pl.col("n_scored").fill_null(0)
    rare = 1 - pl.col("n_level").fill_null(0) / pl.max_horizontal(n_scored, 1)
    few = pl.lit(MIN_SCORED_CALLS) / (MIN_SCORED_CALLS + n_scored)
    judged = (
        labels.filter("current")
        .join(raters.filter(pl.col("raters") > 1), on=["call_id", "element"], how="anti")
        .join(per_element, on=pair, how="left")
        .join(per_level, on=[*pair, "level"], how="left")
        .with_columns(uncertain.alias("uncertain"), rare.alias("rare"), few.alias("few"))
        .group_by("call_id", "rubric")
        .agg(pl.col("uncertain", "rare", "few").mean())
        .with_columns(pl.sum_horizontal("uncertain", "rare", "few").alias("worth"))
    )
    wishes = {"uncertain": "its labels are uncertain", "rare": "its levels are rare", "few": "few scores so far"}
    strongest = pl.concat_list(list(wishes)).list.arg_max()
    leads = calls.select("call_id", pl.col("lead_id").fill_null(pl.col("call_id")))
    seen = leads.join(scores.select("call_id").unique(), on="call_id").group_by("lead_id").len("seen")
    order = pl.col("worth").rank("ordinal", descending=True).over("lead_id") - 1 + pl.col("seen").fill_null(0)
    return (
        judged.join(leads, on="call_id")
        .join(seen, on="lead_id", how="left")
        .sort("call_id")
        .with_columns(
            pl.col("worth") * pl.lit(0.5).pow(order),
            strongest.replace_strict(dict(enumerate(wishes.values())), return_dtype=pl.String).alias("reason"),
        )
        .sort("worth", "call_id", descending=[True, False])
        .select("call_id", "rubric", "lead_id", "worth", "reason")
        .head(n)
    )
