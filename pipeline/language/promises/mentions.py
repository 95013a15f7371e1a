"""Mentions: the clauses that speak of one action, in a row, in other words or by its date alone, taken together."""

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import stems
from pipeline.language.text import plain
from pipeline.language.vocabulary import KINDS, MONTHS, ORDINALS, said
from pipeline.tables.conversations import Talk
from pipeline.tables.values import DECIMALS

SAME_ACTION_SHARE = 0.5  # share of the shorter one's content that two mentions of one action have in common
SAME_DUE_SHARE = 0.3  # what one owner and one date count towards that
TELLING_IDF = 5.0  # idf that the words of a clause must have together to say what is to be done
CLAUSES_APART = 1  # clauses apart that two found in a row may be

DATE_WORDS = (
    rf"\b(?:{'|'.join(KINDS)}|today|tomorrow|tonight|week|next|morning|afternoon|evening|noon|day|lunch|lunchtime|oclock|"
    r"first thing|end of|close of business|at the latest)\b"
)
MORE_DATE_WORDS = r"\b(?:weekend|month|quarter|year|now|latest|straight|immediately)\b"
BESIDE_IT = r" \([^()]*\)$"  # what another clause names, see `wording`
ONLY_WHEN = (
    rf"{DATE_WORDS}|\b(?:{'|'.join((*MONTHS, *ORDINALS))}|\d+(?:st|nd|rd|th)?|of|the|by|on|at|in|and|for|from|before|"
    r"after|until|till|no|later|than|this|end|start|time|latest|yeah|yes|then|so|normally|usually|mostly|about|around|last|it|is|s)\b"
)
GIVES_IT = r"\b(?:you will (?:have|get)|i will (?:do|get|send|bring|have)) (?:it|that|them)\b"  # answers a request
TO_SOMEBODY = r"^(?:then )?(?:call|ring|phone|meet|see|write|email|text|message) (?:you|him|her|them)\b"
YES = "yes|yeah|yep|yup|sure|okay|ok|right|righto|perfect|great|good|lovely|fine|done"
EXCLAIMED = "heck|shoot okay|gosh|gee|aiyo|alamak|sir|boss|mate|blimey|crikey|goodness|damn|hell|wow|sorry|oops"
GENERIC = (  # verbs and the like that go with any matter
    r"get|gets|getting|got|do|doing|send|sending|give|make|take|put|bring|have|has|go|going|come|let|try|look|see|start|"
    r"finish|finished|work|keep|set|pull|shoot it|shoot them|shoot that|drop|ping|find|rest|other|others|half|know|"
    r"promise|back|best|same|way|thing|things"
)


def telling(words: pl.Expr) -> pl.Expr:
    """Plain words without dates, yes and no, exclamations and the verbs that go with any matter."""
    kept = words.str.replace_all(rf"{DATE_WORDS}|{MORE_DATE_WORDS}|\b(?:{YES}|{EXCLAIMED}|{GENERIC})\b", " ")
    return kept.str.replace_all(" +", " ").str.strip_chars()


def merged(promises: pl.DataFrame) -> pl.DataFrame:
    """Each action once, at its first mention, in the words of the surest clause there, or of a later mention where
    they but say when, with the due words its owner answers with, or else the first ones given.

    Two mentions are of one action if they share most of what the shorter says; less is needed if they have one owner
    and one date. Clauses in a row of one speaker for one owner are one action, unless they have two dates; a bare date
    answers what was said just before. `repeated` says whether the other side said it again.
    """
    matter = (
        pl.col("words")
        .str.replace_all(rf"{DATE_WORDS}|\b(?:{YES})\b", " ")
        .str.replace_all(" +", " ")
        .str.strip_chars()
    )
    mentions = promises.sort("row").with_columns(matter.alias("matter"))
    content = stems(mentions.select("row", pl.col("matter").alias("words")))
    pairs = pl.concat(
        [_alike(mentions, content), _in_a_row(mentions), _bare_dates(mentions, content), _answers(mentions)]
    ).unique()
    root = _first_mentions(mentions["row"], pairs)
    whole = mentions.select(pl.col("row").alias("root"), "idx", "owner_role")
    merged = mentions.join(root, on="row").join(whole, on="root", suffix="_root")
    answer = (pl.col("owner_role_root") == pl.col("side")) & (pl.col("idx") - pl.col("idx_root") <= 1)
    due = (
        merged.filter(pl.col("due_words").is_not_null())
        .sort(answer, "row", descending=[True, False])
        .group_by("root", maintain_order=True)
        .agg(pl.col("due_words", "due_date").first())
    )
    tells = content.group_by("row").agg(enough=pl.col("idf").sum() >= TELLING_IDF)
    first, dated = pl.col("idx") == pl.col("idx_root"), pl.col("what").str.contains(rf"(?i)^{DATE_WORDS}")
    says_what = pl.col("enough").fill_null(value=False) & ~dated
    surest = (
        merged.join(tells, on="row", how="left")
        .filter(first | says_what)
        .sort(first & says_what, first & ~dated, "action", "row", descending=[True, True, True, False])
        .unique("root", keep="first", maintain_order=True)
        .select("root", "what", "kind")
    )
    repeated = merged.group_by("root").agg((pl.col("side").n_unique() > 1).alias("repeated"))
    return (
        mentions.drop("due_words", "due_date", "what", "kind")
        .join(repeated, left_on="row", right_on="root")
        .join(surest, left_on="row", right_on="root")
        .join(due, left_on="row", right_on="root", how="left")
    )


def without_bare_dates(actions: pl.DataFrame, talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """`actions` without those that say no more than a day where the other side asked for a fact: "Tuesday of next week"
    after "when does your contract run out?"."""
    words, asker = plain(pl.col("text")), pl.col("side").shift(1).over("call_id")
    fact = said(words, "fact_asked").shift(1).over("call_id")
    answers = talk.filter(fact & (asker != pl.col("side"))).select("call_id", "idx")
    said_there = pl.col("what").str.replace(BESIDE_IT, "")
    bare = plain(said_there).str.replace_all(ONLY_WHEN, " ").str.strip_chars() == ""
    asked = actions.filter(bare).join(answers, on=["call_id", "idx"])
    return actions.join(asked, on="row", how="anti", maintain_order="left")


def _first_mentions(rows: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """The first mention of each one's action, over any number of mentions between: row, root."""
    first = dict(zip(rows, rows, strict=True))
    earliest = pairs.group_by("row_later").agg(pl.col("row").min()).sort("row_later")
    for later, row in earliest.select("row_later", "row").iter_rows():
        first[later] = first[row]
    schema = {"row": rows.dtype, "root": rows.dtype}
    return pl.DataFrame({"row": list(first), "root": list(first.values())}, schema=schema)


def _alike(mentions: pl.DataFrame, content: pl.DataFrame) -> pl.DataFrame:
    """Pairs of mentions of one call that are of the same action by what they say: row, row_later."""
    weight = content.group_by("row").agg(pl.col("idf").sum().alias("weight"))
    own = mentions.select("row", "call_id", "owner_role", "due_date", "named").join(weight, on="row")
    share = pl.col("idf") / pl.min_horizontal("weight", "weight_later")
    same_due = (pl.col("due_date") == pl.col("due_date_later")) & (pl.col("owner_role") == pl.col("owner_role_later"))
    return (
        content.join(own, on="row")
        .join(content.join(own, on="row"), on=["call_id", "stem"], suffix="_later")
        .filter(pl.col("row") < pl.col("row_later"), (pl.col("named") == pl.col("named_later")).fill_null(value=True))
        .group_by("row", "row_later", "weight", "weight_later")
        .agg(pl.col("idf").sum(), same_due.first().fill_null(value=False).alias("same_due"))
        .filter((share + pl.col("same_due") * SAME_DUE_SHARE).round(DECIMALS) >= SAME_ACTION_SHARE)
        .select("row", "row_later")
    )


def _in_a_row(mentions: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a clause and the one found before it in the same utterance, no more than one clause apart."""
    names = ("row", "call_id", "idx", "owner_role", "named", "time")
    before = [pl.col(name).shift(1).alias(f"{name}_before") for name in names]
    two_dates = (pl.col("time") != pl.col("time_before")).fill_null(value=False)
    together = (pl.col("call_id") == pl.col("call_id_before")) & (pl.col("idx") == pl.col("idx_before"))
    one_owner = pl.col("owner_role") == pl.col("owner_role_before")
    one_owner &= pl.col("named").eq_missing(pl.col("named_before"))
    near = pl.col("row") - pl.col("row_before") <= CLAUSES_APART
    return (
        mentions.with_columns(time=pl.coalesce(pl.col("due_date").cast(pl.String), "due_words"))
        .with_columns(before)
        .filter(together & one_owner & near & ~two_dates)
        .select(pl.col("row_before").alias("row"), pl.col("row").alias("row_later"))
    )


def _bare_dates(mentions: pl.DataFrame, content: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a mention and the next one that says no more than when, in the same utterance or the one after; "and
    call you Thursday" says more, where the one before it has a date of its own."""
    names = ("row", "call_id", "idx", "named", "due_date")
    before = [pl.col(name).shift(1).alias(f"{name}_before") for name in names]
    near = (pl.col("call_id") == pl.col("call_id_before")) & (pl.col("idx") - pl.col("idx_before") <= 1)
    near &= pl.col("named").eq_missing(pl.col("named_before"))  # not when somebody else does another thing
    another = (pl.col("idx") == pl.col("idx_before")) & (pl.col("due_date") != pl.col("due_date_before"))
    near &= ~(another & pl.col("words").str.contains(TO_SOMEBODY)).fill_null(value=False)
    return (
        mentions.with_columns(before)
        .join(content, on="row", how="anti")
        .filter(near & pl.col("due_words").is_not_null())
        .select(pl.col("row_before").alias("row"), pl.col("row").alias("row_later"))
    )


def _answers(mentions: pl.DataFrame) -> pl.DataFrame:
    """Pairs of what one side is asked for and its answer just after, "you'll have it on Friday": row, row_later."""
    before = [pl.col(name).shift(1).alias(f"{name}_before") for name in ("row", "call_id", "idx", "side", "owner_role")]
    answer = (pl.col("call_id") == pl.col("call_id_before")) & (pl.col("idx") - pl.col("idx_before") == 1)
    answer &= (pl.col("side") != pl.col("side_before")) & (pl.col("owner_role") == pl.col("owner_role_before"))
    return (
        mentions.with_columns(before)
        .filter(answer & pl.col("words").str.contains(GIVES_IT))
        .select(pl.col("row_before").alias("row"), pl.col("row").alias("row_later"))
    )
