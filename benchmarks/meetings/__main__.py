"""How right promises, what became of them and purposes are found in meetings that no model learns from.

    python -m benchmarks.meetings

writes docs/accuracy/meetings.md from data/meetings.
"""

import dataframely as dy
import polars as pl
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.action_matching import action_figures
from benchmarks.language.follow_up import as_open
from benchmarks.meetings.written import MEETINGS, read_meetings
from benchmarks.page import table
from benchmarks.paths import DOCS
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import Findings, analyse
from pipeline.language.follow_up import carry_actions
from pipeline.tables.conversations import Actions, Talk
from pipeline.tables.values import UNFINISHED_STATES

PAGE = DOCS / "accuracy" / "meetings.md"
READ = r"^s0[1-5]"  # the meetings whose misreadings were read before the rules were changed
TEMPLATE = """# Meetings that no model learns from

Written by `python -m benchmarks.meetings` from data/meetings: {meetings} meetings of managers and sellers, most of them
one-on-ones in series of three, by a language model that had read neither the other conversations nor the vocabulary,
with what it meant as the truth. No model learns from them, but rules were mended after them: what was misread in those
on the left had been read whole, of the others a list of kinds of faults, with examples. On the right a second language
model, which read all of them and nothing else, told the same blind: more than that cannot be asked.

{table}
Promises, their owner and due date are counted as in [promises](promises.md); an earlier promise that is made again and
found as a new one counts as false. A state is that of a promise of an earlier meeting, the true promises given; one
that is missed or done in part and agreed anew counts as agreed anew, with its new date. Purposes are those of
utterances, as Cohen's kappa.
"""
READ_BY = ("misreadings read", "kinds of faults read", "a reader, of all")


def read_tags() -> dict[str, pl.DataFrame]:
    """What a reader told of MEETINGS: earlier_tags and purpose_tags."""
    names = ("earlier_tags", "purpose_tags")
    return {name: pl.read_csv(MEETINGS / f"{name}.csv", try_parse_dates=True).rename({"turn": "idx"}) for name in names}


def figures(talk: dy.DataFrame[Talk], findings: Findings, truth: dict[str, pl.DataFrame]) -> list[str]:
    """The figures of some meetings, one for each row of the page."""
    chosen = pl.col("call_id").is_in(talk["call_id"].unique().to_list())
    promises = truth["promises"].filter(chosen).with_row_index("tag")
    tagged = promises.rename({"owner": "owner_role", "due": "due_date"})
    found = action_figures(findings.actions.filter(chosen), tagged)
    states = what_became(talk, findings, truth).filter(chosen)
    anew = states.filter(state_told="reagreed")
    return [
        *(found[name] for name in ("found", "owner", "due")),
        f"{states.select((pl.col('state') == pl.col('state_told')).sum()).item()} of {states.height}",
        f"{anew.select((pl.col('due_date') == pl.col('due')).sum()).item()} of {anew.height}",
        *purpose_kappas(talk, findings.purposes, truth["purposes"]),
    ]


def figures_of_reader(talk: dy.DataFrame[Talk], truth: dict[str, pl.DataFrame]) -> list[str]:
    """The same of all meetings for a reader who told what became of promises and the purposes (the `_tags` files)."""
    states = with_reagreed(truth["earlier"]).join(
        with_reagreed(truth["earlier_tags"]), on=["call_id", "made_in", "promise"], suffix="_read"
    )
    anew = states.filter(state_told="reagreed")
    return [
        *("", "", ""),
        f"{states.select((pl.col('state_told') == pl.col('state_told_read')).sum()).item()} of {states.height}",
        f"{anew.select((pl.col('due') == pl.col('due_read')).sum()).item()} of {anew.height}",
        *purpose_kappas(talk, in_stretches(talk, truth["purpose_tags"]), truth["purposes"]),
    ]


def with_reagreed(earlier: pl.DataFrame) -> pl.DataFrame:
    """Earlier promises with `state_told`: what is missed or done in part and has a new date is agreed anew."""
    unfinished = pl.col("state").is_in(UNFINISHED_STATES) & pl.col("due").is_not_null()
    return earlier.with_columns(state_told=pl.when(unfinished).then(pl.lit("reagreed")).otherwise("state"))


def what_became(talk: dy.DataFrame[Talk], findings: Findings, truth: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What each promise of an earlier meeting is found to have become in a later one: call_id, what, state, due_date,
    and as it is told: state_told, due."""
    told = with_reagreed(truth["earlier"]).with_columns(into="call_id")
    made = truth["promises"].rename({"call_id": "made_in", "due": "due_date", "owner": "owner_role"})
    pairs = told.drop("state", "call_id", "idx").join(made, on=["made_in", "promise"]).rename({"made_in": "call_id"})
    numbered = pl.int_range(pl.len()).over("into").cast(pl.Int64)
    open_ones = as_open(pairs.with_columns(action=numbered, kind=pl.lit("other"))).with_columns(pairs["into"])
    new = findings.actions.filter(pl.col("carried_from").is_null() & pl.col("call_id").is_in(told["into"].implode()))
    days = talk.select("call_id", day=pl.col("started_at").dt.date()).unique()
    carried = carry_actions(Actions.validate(new), open_ones, findings.exchanges, days=days)
    return (
        pairs.select("into", "what", "state_told", "due")
        .join(
            carried.filter(pl.col("carried_from").is_not_null()).select(
                pl.col("call_id").alias("into"), "what", "state", "due_date"
            ),
            on=["into", "what"],
            how="left",
        )
        .rename({"into": "call_id"})
    )


def purpose_kappas(talk: dy.DataFrame[Talk], found: pl.DataFrame, begun: pl.DataFrame) -> list[str]:
    """Cohen's kappa of the purposes of utterances, in one-on-ones and in meetings of other kinds."""
    told = in_stretches(talk, begun).select("call_id", "idx", "interaction", told="purpose")
    both = told.join(found.select("call_id", "idx", "purpose"), on=["call_id", "idx"])
    parts = [both.filter((pl.col("interaction") == "one_on_one") == open_kind) for open_kind in (True, False)]
    return [f"{cohen_kappa_score(part['told'], part['purpose']):.2f}" if part.height else "" for part in parts]


def in_stretches(talk: dy.DataFrame[Talk], begun: pl.DataFrame) -> pl.DataFrame:
    """The utterances with the purpose of the stretch that they are in, of which `begun` has the first."""
    rows = talk.sort("call_id", "idx").join(begun, on=["call_id", "idx"], how="left", maintain_order="left")
    return rows.with_columns(pl.col("purpose").forward_fill().over("call_id"))


ROWS = (
    *("promises, precision / recall", "their owner", "their due date", "states of earlier promises"),
    *("new dates of those agreed anew", "purposes in one-on-ones, kappa", "purposes in meetings of other kinds, kappa"),
)


def main() -> None:
    """Compute every figure and write the page."""
    talk, truth = read_meetings(MEETINGS)
    findings = analyse(talk, classify_acts(talk))
    read = pl.col("call_id").str.contains(READ)
    columns = [figures(Talk.validate(talk.filter(part)), findings, truth) for part in (read, ~read)]
    rows = zip(ROWS, *columns, figures_of_reader(talk, truth | read_tags()), strict=True)
    shown = table(["figure", *READ_BY], rows)
    PAGE.write_text(TEMPLATE.format(meetings=talk["call_id"].n_unique(), table=shown), encoding="utf-8")
    print(PAGE.read_text())


if __name__ == "__main__":
    main()
