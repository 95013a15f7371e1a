"""Agreements: clauses whose grammar and answer leave no doubt of a promise, however little else a call promises.

A model reads each clause with the whole call around it, and doubts the one promise of a call that has no other. These
forms it need not doubt: a request that is taken on, also some lines later; an offer that is taken; "I will send it on
Friday"; "you will have it on Friday"; "leave that with me"; a meeting that is proposed for a day and agreed to.
"""

import polars as pl

from pipeline.language.due_words import find_due
from pipeline.language.text import plain
from pipeline.language.vocabulary import signs

AGREED = 0.65  # probability of what is agreed in such a form
LED_IN = (  # what stands before the main clause: "before we meet again, ring them", "so this week I'll ring them"
    r"(?i)^(?:(?:and|so|then|okay|ok|right|well),? )*(?:(?:before|after|once|when|as soon as)\b[^,]*, |"
    r"(?:today|tomorrow|tonight|this (?:week|afternoon|morning|evening)|next week|(?:on|by) \w+day),? )"
)
LATER = 3  # utterances after a request in which it is taken on where the other side asks back first
FORMS = ("request", "assignment", "taking_on", "undertaking", "delivery", "meeting", "debt", "offer")
REFUSALS = ("refusal", "dissent", "tentative", "condition")
NO_PROMISE = ("condition", "tentative", "courtesy", "no_promise")


def with_agreements(units: pl.DataFrame) -> pl.DataFrame:
    """`units` (see `promise_probabilities`) where what is agreed in plain forms is probable, and whose it then is.

    Adds `reported`: whether the clause is what somebody else said.
    """
    utterance = ("call_id", "idx")
    main = units.select(plain(pl.col("text").str.replace(LED_IN, ""))).to_series()
    of_clause = signs(units["words"], (*NO_PROMISE, "reported"))
    reported = pl.col("reported").shift(1).over(utterance).fill_null(value=False)
    read = (
        units.hstack(signs(main, FORMS))
        .with_columns(
            of_clause["reported"],
            asks=pl.col("text").str.ends_with("?"),
            doubtful=of_clause.select(pl.any_horizontal(NO_PROMISE)).to_series()
            | pl.col("words").str.contains(r"\b(?:not|never)\b"),
        )
        .with_columns(reported=reported)
        .join(_answers(units), on=utterance, how="left", maintain_order="left")
    )
    whose = _whose(read.with_columns(_dated(read)))
    raised = whose.is_not_null() & (units["action"] < AGREED)
    owner = {
        name: pl.when(raised).then((whose == name).fill_null(value=False).cast(pl.Float64)).otherwise(name)
        for name in ("speaker", "listener", "both")
    }
    chance = pl.when(raised).then(AGREED).otherwise("action")
    return read.with_columns(**owner, action=chance).select(*units.columns, "reported")


def _answers(units: pl.DataFrame) -> pl.DataFrame:
    """How the other side answers each utterance, next and LATER: call_id, idx, agrees, takes, refuses, each with the
    number of utterances; asked_back: whether the next one ends in a question."""
    utterance = ("call_id", "idx")
    turns = units.group_by(utterance, maintain_order=True).agg(
        pl.col("side").first(),
        asks=pl.col("text").last().str.ends_with("?"),
        turn=pl.col("words").str.join(" "),
        opening=pl.col("words").first(),
    )
    said_by = signs(turns["turn"], ("assent", "acceptance", *REFUSALS))
    answers = {
        "agrees": said_by["assent"],
        "takes": said_by["acceptance"] | signs(turns["opening"], ("acceptance",))["acceptance"],
        "refuses": said_by.select(pl.any_horizontal(REFUSALS)).to_series(),
    }
    near = [
        (pl.col(name).shift(-step) & (pl.col("side").shift(-step) != pl.col("side")))
        .over("call_id")
        .alias(f"{name}{step}")
        for step in (1, LATER)
        for name in answers
    ]
    asked_back = pl.col("asks").shift(-1).over("call_id").alias("asked_back")
    return turns.with_columns(**answers).select(
        *utterance, *(answer.fill_null(value=False) for answer in (*near, asked_back))
    )


def _dated(read: pl.DataFrame) -> pl.Series:
    """Whether a clause in one of the forms says when."""
    some = read.select(pl.any_horizontal(FORMS)).to_series()
    return pl.Series(
        "dated",
        [form and find_due(text, events=True) is not None for form, text in zip(some, read["text"], strict=True)],
    )


def _whose(read: pl.DataFrame) -> pl.Series:
    """Whose it is that is agreed in a plain form: speaker, listener, both; null where none is."""
    form = {name: pl.col(name) for name in FORMS}
    asks, dated, agrees = pl.col("asks"), pl.col("dated"), pl.col("agrees1")
    sure, refuses = ~pl.col("doubtful") & ~pl.col("reported"), pl.col("refuses1")
    taken = agrees | pl.col("takes1")
    later = pl.col("asked_back") & ~pl.col(f"refuses{LATER}")
    taken_later = later & (pl.col(f"takes{LATER}") | (pl.col(f"agrees{LATER}") & asks))
    requested = form["request"] & ((agrees & asks) | pl.col("takes1") | taken_later)
    undertaken = (form["undertaking"] | form["delivery"]) & dated & ~asks
    rules = {
        "listener": requested | (form["assignment"] & taken),
        "both": form["meeting"] & dated & taken,
        "speaker": undertaken | form["taking_on"] | form["debt"] | (form["offer"] & asks & agrees),
    }
    whose = pl.coalesce(pl.when(rule & sure & ~refuses).then(pl.lit(who)) for who, rule in rules.items())
    return read.select(whose.alias("whose")).to_series()
