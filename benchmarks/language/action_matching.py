"""Actions that were found, beside those that are tagged in the reference."""

import dataframely as dy
import polars as pl
from scipy.optimize import linear_sum_assignment

from benchmarks.language.cross_validation import CrossValidated
from models.ratings.reference import LEAD_ROLES, Reference
from pipeline.language.actions import actions_of
from pipeline.language.clauses import clauses
from pipeline.language.due_dates import due_date
from pipeline.language.ngram_model import stems
from pipeline.language.text import plain
from pipeline.tables.conversations import Actions, Acts, Talk

BESIDE = 1.0  # worth of a pair that only lies in the right place, in the idf of the words that others share
APART = 0.1  # what it loses in the turn beside, so that of two such pairs the one in the right turn is taken


def match_actions(found: pl.DataFrame, tagged: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a found and a tagged action, one to one, in the same turn or one beside it, so that those that say the
    same are together: pairing as many as possible would hand their owners and dates to the wrong neighbours. `shared`
    is the idf of the stems both have."""
    said = pl.concat_str("what", pl.col("due_words").fill_null(""), separator=" ")
    told = [
        frame.select(pl.col("tag").alias("row"), "call_id", plain(said).alias("words")) for frame in (found, tagged)
    ]
    content = [stems(words).join(words.select("row", "call_id"), on="row") for words in told]
    shared = (
        content[0]
        .join(content[1], on=["call_id", "stem"], suffix="_tagged")
        .group_by(pl.col("row").alias("tag"), pl.col("row_tagged").alias("tag_tagged"))
        .agg(pl.col("idf").sum().alias("shared"))
    )
    apart = (pl.col("idx") - pl.col("idx_tagged")).abs()
    pairs = (
        found.join(tagged, on="call_id", suffix="_tagged")
        .filter(apart <= 1)
        .join(shared, on=["tag", "tag_tagged"], how="left")
        .with_columns(pl.col("shared").fill_null(0.0))
        .with_columns((BESIDE + pl.col("shared") - APART * apart).alias("worth"))
    )
    chosen: list[tuple[int, int]] = []
    for call in pairs.partition_by("call_id"):
        grid = call.pivot("tag_tagged", index="tag", values="worth", aggregate_function="first").fill_null(0.0)
        columns = [int(column) for column in grid.columns if column != "tag"]
        values = grid.drop("tag").to_numpy()
        places = zip(*linear_sum_assignment(-values), strict=True)
        chosen += [(grid["tag"][int(row)], columns[column]) for row, column in places if values[row, column] > 0]
    schema = {"tag": pl.UInt32, "tag_tagged": pl.UInt32}
    return pl.DataFrame(chosen, schema=schema, orient="row").join(pairs, on=["tag", "tag_tagged"])


def tagged_actions(reference: Reference) -> pl.DataFrame:
    """The reference's actions with tag, owner as lead, other or both, and the date of their due words."""
    day = reference.calls.select("call_id", pl.col("started_at").dt.date().alias("day"))
    joined = reference.actions.join(day, on="call_id", maintain_order="left")
    dates = [due_date(words, day) if words else None for words, day in joined.select("due_words", "day").iter_rows()]
    owner = pl.col("owner_role")
    side = pl.when(owner == "both").then(owner).when(owner.is_in(LEAD_ROLES)).then(pl.lit("lead"))
    dated = joined.with_columns(
        side.otherwise(pl.lit("other")).alias("owner_role"), pl.Series("due_date", dates, pl.Date)
    )
    return dated.with_row_index("tag")


def due_right() -> pl.Expr:
    """Both name no time, or the same day, or both a time that is no day."""
    none = pl.col("due_words").is_null() & pl.col("due_words_tagged").is_null()
    both = pl.col("due_words").is_not_null() & pl.col("due_words_tagged").is_not_null()
    return none | (both & pl.col("due_date").eq_missing(pl.col("due_date_tagged")))


def action_figures(found: pl.DataFrame, tagged: pl.DataFrame) -> dict[str, str]:
    """Precision and recall of actions, and owner and due words of those found (and of those that say the same)."""
    pairs = match_actions(found.with_row_index("tag"), tagged)
    alike = pairs.filter(pl.col("shared") > 0)
    right = {"owner": pl.col("owner_role") == pl.col("owner_role_tagged"), "due": due_right()}
    return {"found": f"{pairs.height / max(1, found.height):.2f} / {pairs.height / tagged.height:.2f}"} | {
        name: f"{pairs.select(rule.mean()).item():.2f} ({alike.select(rule.mean()).item():.2f})"
        for name, rule in right.items()
    }


def simple_actions(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> dy.DataFrame[Actions]:
    """The baseline: every clause with "I will" and a verb of doing, by its speaker, with the last due words in it."""
    will = pl.col("@i_will_do").cast(pl.Float64)
    owners = {"speaker": pl.lit(1.0), "listener": pl.lit(0.0), "both": pl.lit(0.0)}
    return actions_of(clauses(talk, acts).with_columns(will.alias("action"), **owners), talk)


def misses(reference: Reference, found: CrossValidated) -> dict[str, int]:
    """How the misses among tagged actions and the extra ones divide."""
    tagged = tagged_actions(reference)
    numbered = found.actions.with_row_index("tag")
    pairs = match_actions(numbered, tagged)
    side = reference.talk.select("call_id", "idx", "side", "text", at=pl.col("end_s") / pl.col("duration_s"))
    missed = tagged.filter(~pl.col("tag").is_in(pairs["tag_tagged"].to_list())).join(side, on=["call_id", "idx"])
    extra = numbered.filter(~pl.col("tag").is_in(pairs["tag"].to_list())).join(side, on=["call_id", "idx"])
    will = plain(pl.col("text")).str.contains(r"\b(?:will|am going to|can|could|would|should|need to|have to)\b")
    early, undated = pl.col("at") < 0.7, pl.col("due_words").is_null()
    closing = extra.filter(pl.col("at") >= 0.8)
    found_beside = pairs.select("call_id", pl.col("idx_tagged").alias("idx")).unique()
    together = missed.join(found_beside, on=["call_id", "idx"], how="semi")
    return {
        "missed": missed.height,
        "missed, said before the last 30 % of the call": missed.filter(early).height,
        "missed, later and without a verb of promising in the turn": missed.filter(~early & ~will).height,
        "missed, one of several in a turn of which others were found": together.height,
        "extra": extra.height,
        "extra, in the last fifth: said again in other words, or a minor promise nobody tagged": closing.height,
        "extra, undated": extra.filter(undated).height,
    }
