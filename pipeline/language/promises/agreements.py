"""Agreements: clauses whose grammar and answer leave no doubt of a promise, however little else a call promises.

A model reads each clause with the whole call around it, and doubts the one promise of a call that has no other. These
forms it need not doubt: a request that is taken on, also some lines later; a manager's order that is met with a short
yes; "by when can I have it?" where the answer is a day; an offer that is taken; "I will send it on Friday"; "you will
have it on Friday"; "leave that with me"; a meeting that is proposed for a day and agreed to, also on another day than
the first one proposed.
"""

import polars as pl

from pipeline.language.due_words import AFTER_THIS, ANY_DUE, find_due
from pipeline.language.text import plain
from pipeline.language.vocabulary import signs

AGREED = 0.65  # probability of what is agreed in such a form
LED_IN = (  # what stands before the main clause: "before we meet again, ring them", "so this week I'll ring them"
    r"(?i)^(?:(?:and|so|then|okay|ok|right|well),? )*(?:(?:before|after|once|when|as soon as)\b[^,]*, |"
    r"(?:today|tomorrow|tonight|this (?:week|afternoon|morning|evening)|next (?:week|time)|(?:on|by) \w+day),? )"
)
POLITE = (  # what stands behind an offer and is no condition: "if that's any use"
    r" (?:if (?:that|it) (?:(?:would be|is|s) (?:of )?(?:any )?(?:use|useful|helpful|help|handy|easier)|would help|"
    r"helps)|if you (?:would )?(?:like|want))$"
)
YES_ALONE = 3  # words up to which an answer that agrees says no more than that
ORDER = 4  # words from which a manager's order says what is to be done
IF_YOU_COULD = r"(?i)^(?:(?:and|so|then|okay|well),? )*if you (?:could|can|would|might)(?: just| please)? "
DATE_ALONE = 7  # words up to which an answer with a date says no more than when
SPOKEN_DAY = rf"{ANY_DUE}|{AFTER_THIS}"  # more than what has to happen first ("when I walk in")
LATER = 3  # utterances after a request in which it is taken on where the other side asks back first
FORMS = (
    *("settled", "when_asked", "proposal", "ability", "request", "owed", "assignment", "taking_on", "undertaking"),
    *("intention", "delivery", "meeting", "debt", "offer"),
)
REFUSALS = ("refusal", "dissent", "tentative", "condition")
NO_PROMISE = ("condition", "tentative", "courtesy", "no_promise")


def with_agreements(units: pl.DataFrame) -> pl.DataFrame:
    """`units` (see `promise_probabilities`) where what is agreed in plain forms is probable, and whose it then is.

    Adds `reported`: whether the clause is what somebody else said.
    """
    utterance = ("call_id", "idx")
    text = pl.col("text").str.replace(LED_IN, "").str.replace(IF_YOU_COULD, "Could you ")
    main, bare = units.select(
        main=plain(text), bare=pl.col("words").str.replace(POLITE, "").str.replace(IF_YOU_COULD, "")
    )
    of_clause = signs(bare, (*NO_PROMISE, "reported"))
    reported = pl.col("reported").shift(1).over(utterance).fill_null(value=False)
    formed = _carried_on(units.hstack(signs(main, FORMS)))
    read = (
        formed.with_columns(
            of_clause["reported"],
            polite=pl.col("words").str.contains(POLITE),
            asks=pl.col("text").str.ends_with("?"),
            doubtful=of_clause.select(pl.any_horizontal(NO_PROMISE)).to_series()
            | pl.col("words").str.contains(r"\b(?:not|never)\b"),
        )
        .with_columns(reported=reported)
        .join(_answers(formed), on=utterance, how="left", maintain_order="left")
    )
    whose = _whose(read.with_columns(_dated(read)))
    raised = whose.is_not_null() & (units["action"] < AGREED)
    owner = {
        name: pl.when(raised).then((whose == name).fill_null(value=False).cast(pl.Float64)).otherwise(name)
        for name in ("speaker", "listener", "both")
    }
    chance = pl.when(raised).then(AGREED).otherwise("action")
    return read.with_columns(**owner, action=chance).select(*units.columns, "reported")


def _carried_on(formed: pl.DataFrame) -> pl.DataFrame:
    """`formed` where "and call you on Friday", after "I'll send it tonight", is undertaken like that, not asked for."""
    goes_on = ~pl.col("text").str.contains(r"[.?!]\W*$") & pl.col("undertaking")
    carried = pl.col("request") & goes_on.shift(1).over("call_id", "idx").fill_null(value=False)
    return formed.with_columns(undertaking=pl.col("undertaking") | carried, request=pl.col("request") & ~carried)


def _answers(formed: pl.DataFrame) -> pl.DataFrame:
    """How the other side answers each utterance, next and LATER: call_id, idx, agrees, gladly, takes, refuses, dates,
    each with the number of utterances; asked_back: whether the next one ends in a question; countered: whether the
    last one asks for another day than the one that the speaker proposed before it; says_yes: whether the utterance
    begins by agreeing to what it was asked."""
    utterance = ("call_id", "idx")
    turns = formed.group_by(utterance, maintain_order=True).agg(
        pl.col("side").first(),
        pl.col("meeting").any(),
        pl.col("text").str.join(" "),
        asks=pl.col("text").last().str.ends_with("?"),
        turn=pl.col("words").str.join(" "),
        opening=pl.col("words").first(),
    )
    said_by = signs(turns["turn"], ("assent", "willing", "settled", "no_trouble", "acceptance", *REFUSALS))
    n_words = turns["text"].str.split(" ").list.len()
    short = n_words <= DATE_ALONE
    agrees = said_by["assent"] | said_by["willing"] | said_by["settled"]
    answers = {
        "agrees": agrees,
        "obeys": agrees & (n_words <= YES_ALONE) & ~turns["turn"].str.contains("thank"),
        "gladly": said_by["no_trouble"],
        "takes": said_by["acceptance"] | signs(turns["opening"], ("acceptance",))["acceptance"],
        "refuses": said_by.select(pl.any_horizontal(REFUSALS)).to_series() & ~said_by["willing"],
        "dates": pl.Series(
            [brief and find_due(text) is not None for brief, text in zip(short, turns["text"], strict=True)],
            dtype=pl.Boolean,
        ),
    }
    opens = signs(turns["opening"], ("assent",))["assent"]
    turns = turns.with_columns(**answers, opens=opens)
    side = pl.col("side")
    near = [
        (pl.col(name).shift(-step) & (side.shift(-step) != side)).over("call_id").alias(f"{name}{step}")
        for step in (1, LATER)
        for name in answers
    ]
    asked_back = pl.col("asks").shift(-1).over("call_id").alias("asked_back")
    proposed = pl.col("meeting").shift(2) & (side.shift(2) == side) & (side.shift(1) != side)
    countered = (proposed & (pl.col("asks") & pl.col("dates")).shift(1)).over("call_id").alias("countered")
    asked = (pl.col("asks").shift(1) & (side.shift(1) != side) & pl.col("opens")).over("call_id").alias("says_yes")
    found = (*near, asked_back, countered, asked)
    return turns.select(*utterance, *(answer.fill_null(value=False) for answer in found))


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
    asks, dated, agrees, gladly = pl.col("asks"), pl.col("dated"), pl.col("agrees1"), pl.col("gladly1")
    refuses = pl.col("refuses1") & ~gladly
    taken = agrees | gladly | pl.col("takes1")
    sure = ~pl.col("doubtful") & ~pl.col("reported") & (~pl.col("polite") | taken)
    later = pl.col("asked_back") & ~pl.col(f"refuses{LATER}")
    taken_later = later & (pl.col(f"takes{LATER}") | (pl.col(f"agrees{LATER}") & asks))
    ordered = ~asks & pl.col("@manager") & (pl.col("words").str.count_matches(" ") + 1 >= ORDER)
    ordered &= pl.col("obeys1") | pl.col("dates1")
    requested = form["request"] & (((agrees | gladly) & asks) | ordered | pl.col("takes1") | taken_later)
    told_when = form["when_asked"] & asks & pl.col("dates1")
    says_when = dated & pl.col("words").str.contains(SPOKEN_DAY)
    undertaken = form["undertaking"] & (dated | pl.col("says_yes"))
    undertaken = (undertaken | (form["intention"] & says_when) | (form["delivery"] & dated)) & ~asks
    offered = (form["offer"] & asks) | form["proposal"] | (form["ability"] & (dated | pl.col("polite")))
    rules = {
        "listener": requested | told_when | (((form["assignment"] & dated) | form["owed"]) & taken),
        "both": (form["meeting"] & dated & taken & (asks | ~pl.col("refuses1")))
        | (form["settled"] & pl.col("countered")),
        "speaker": undertaken | form["taking_on"] | form["debt"] | (offered & agrees & ~pl.col("refuses1")),
    }
    whose = pl.coalesce(pl.when(rule & sure & ~refuses).then(pl.lit(who)) for who, rule in rules.items())
    return read.select(whose.alias("whose")).to_series()
