"""Utterances, clauses and exchanges of the reference with what its raters tagged in them: what models are fitted to."""

import polars as pl
from scipy.optimize import linear_sum_assignment

from models.ratings.reference import LEAD_ROLES, Reference
from pipeline.language.ngram_model import stems
from pipeline.language.promises.outcomes import TOLD, signed
from pipeline.language.promises.reviews import answered, mentions
from pipeline.language.text import plain

PARTLY_TAGGED = r"^w\d"  # calls in which minor promises and purposes are not tagged
MOMENTS_UNTAGGED = r"^learnt-"  # calls in which the agenda is not, and of reviews only where an outcome is told


def fully_tagged(call_id: pl.Expr) -> pl.Expr:
    """Whether the writer of a call was asked to tag minor promises too."""
    return ~call_id.str.contains(PARTLY_TAGGED)


def tagged_clauses(reference: Reference, units: pl.DataFrame) -> pl.DataFrame:
    """The clauses with `action` (true, false, null where it cannot be told), `owner` (speaker, listener, both), `kind`.

    The reference names the turn of an action; of its clauses the one that shares most with the action is taken. Other
    clauses of the turn that share something with it are left open.
    """
    wanted = reference.actions.with_columns(
        pl.col("owner_role").is_in(LEAD_ROLES).alias("by_lead"),
        plain(pl.concat_str("what", pl.col("due_words").fill_null(""), separator=" ")).alias("words"),
    ).with_row_index("row")
    action_stems = stems(wanted).rename({"row": "tag"})
    unit_stems = stems(units)
    shared = (
        wanted.select(pl.col("row").alias("tag"), "call_id", "idx")
        .join(
            units.select("row", "call_id", "idx", "@i_will_do", "@i_do", "@you_do", "@can_you"), on=["call_id", "idx"]
        )
        .join(
            action_stems.join(unit_stems, on="stem").group_by("tag", "row").agg(pl.col("idf").sum()),
            on=["tag", "row"],
            how="left",
        )
        .with_columns(pl.col("idf").fill_null(0.0))
    )
    form = pl.any_horizontal("@i_will_do", "@i_do", "@you_do", "@can_you").cast(pl.Float64)
    chosen: dict[int, int] = {}
    for turn in shared.with_columns((pl.col("idf") + 3 * form).alias("fit")).partition_by("call_id", "idx"):
        grid = turn.pivot("row", index="tag", values="fit", aggregate_function="first")
        rows = [int(column) for column in grid.columns if column != "tag"]
        for tag, place in zip(*linear_sum_assignment(-grid.drop("tag").to_numpy()), strict=True):
            chosen[rows[place]] = grid["tag"][int(tag)]
    picked = pl.DataFrame(
        {"row": list(chosen), "tag": list(chosen.values())}, schema={"row": pl.UInt32, "tag": pl.UInt32}
    )
    open_rows = shared.filter(pl.col("idf") > 0)["row"].unique().to_list()
    side = wanted.select(
        pl.col("row").alias("tag"),
        pl.when(pl.col("owner_role") == "both")
        .then(pl.lit("both"))
        .when("by_lead")
        .then(pl.lit("lead"))
        .otherwise(pl.lit("other"))
        .alias("owner_side"),
        "kind",
    )
    return (
        units.join(picked, on="row", how="left", maintain_order="left")
        .join(side, on="tag", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("tag").is_not_null())
            .then(True)
            .when(pl.col("row").is_in(open_rows))
            .then(None)
            .otherwise(False)
            .alias("action"),
            pl.when(pl.col("owner_side") == "both")
            .then(pl.lit("both"))
            .when(pl.col("owner_side") == pl.col("side"))
            .then(pl.lit("speaker"))
            .when(pl.col("owner_side").is_not_null())
            .then(pl.lit("listener"))
            .alias("owner"),
        )
    )


def tagged_utterances(reference: Reference, units: pl.DataFrame) -> pl.DataFrame:
    """The utterances with `agenda` (null after the opening) and `prior_action` (tagged, or just before its answer);
    both are null where not all of them are tagged."""
    agenda = reference.agenda.select("call_id", "idx", pl.lit(value=True).alias("agenda")).unique()
    prior = reference.prior_actions.select("call_id", "idx", pl.lit(value=True).alias("prior")).unique()
    joined = units.join(agenda, on=["call_id", "idx"], how="left", maintain_order="left").join(
        prior, on=["call_id", "idx"], how="left", maintain_order="left"
    )
    tagged, answer = pl.col("prior").fill_null(value=False), pl.col("side") == "other"
    is_tagged = ~pl.col("call_id").str.contains(MOMENTS_UNTAGGED)
    asks = (tagged & answer).shift(-1).over("call_id").fill_null(value=False) & (pl.col("side") == "lead")
    return joined.with_columns(
        pl.when(pl.col("opening") & is_tagged).then(pl.col("agenda").fill_null(value=False)).alias("agenda"),
        pl.when(is_tagged).then(tagged | asks).alias("prior_action"),
    )


def tagged_exchanges(reference: Reference, exchanges: pl.DataFrame) -> pl.DataFrame:
    """The mentions of the tagged earlier actions in their calls (see `reviews.mentions`), with `place` (whether the tag
    is there, or at the answer to it), `apart` (utterances from there to the tag), `state` and `tag` (its number)."""
    tags = reference.prior_actions.with_row_index("row").with_columns(
        pl.col("state").replace("unasked", "discussed"), pl.col("row").cast(pl.UInt32)
    )
    found = mentions(tags.select("row", "call_id", "what"), exchanges)
    tagged = tags.select(pl.col("row").alias("wanted"), pl.col("idx").alias("tagged_idx"), "state")
    return found.join(tagged, on="wanted", maintain_order="left").with_columns(
        apart=pl.col("tagged_idx") - pl.col("idx"),
        place=(pl.col("tagged_idx") - pl.col("idx")).is_between(0, 1).fill_null(value=False),
        tag="wanted",
    )


def tagged_reviews(reference: Reference, exchanges: pl.DataFrame) -> pl.DataFrame:
    """Where the tagged outcomes of earlier actions are told (see `outcomes.signed`), one row per tag, with `state` and
    `tag`: where the tagged utterance names the action, or the one before it does, or as the answer to that one."""
    tags = reference.prior_actions.with_row_index("tag").select(
        pl.col("tag").cast(pl.UInt32), "call_id", "idx", pl.col("state").replace("unasked", "discussed")
    )
    columns = ["tag", "call_id", "state", *TOLD]
    named = (
        tagged_exchanges(reference, exchanges).filter("place").sort("tag", -(pl.col("asks") * pl.col("apart")), "apart")
    )
    before = tags.with_columns(pl.col("idx") - 1)
    blank = answered(exchanges.join(before, on=["call_id", "idx"]).select(*exchanges.columns, "tag", "state"))
    rows = pl.concat([named.select(columns), blank.select(columns)]).unique("tag", keep="first", maintain_order=True)
    return signed(rows.sort("tag").with_row_index("row"))
