"""New dates: the day that is told for what was to be done and is not, within a few utterances after it is taken up.

"When do you reckon? / It'll be Monday now", "Can you have it by Friday? / Yes" and "Give me till Thursday" name nothing
of their own: they belong to what was taken up just before. A fact with a day ("he rang on Monday") is no new date.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from pipeline.language.due_dates import due_date
from pipeline.language.due_words import find_due
from pipeline.language.ngram_model import stems
from pipeline.language.promises.confirmations import ASSENT, DISSENT
from pipeline.language.promises.mentions import EXCLAIMED, ONLY_WHEN, TELLING_IDF, YES, telling
from pipeline.language.text import plain
from pipeline.language.vocabulary import said
from pipeline.tables.values import UNFINISHED_STATES

WITHIN = 4  # utterances after the one that takes an action up in which its new date is told
LONGEST_DATE = 6  # words of a date that stands before "I'll do it"
TOLD = {
    "row": pl.UInt32,
    "call_id": pl.String,
    "again_words": pl.String,
    "again_date": pl.Date,
    "again_idx": pl.Int64,
    "asked": pl.Boolean,
}
LINK = r"(?:and |so |but |then |because |cause |okay )*"
CLAUSE = re.compile(
    rf"(?<!\bcan)(?<!could)(?<!\bwill)(?<!would)(?<!shall)(?<!\bdo)(?<!\bwhen) "
    rf"(?={LINK}(?:(?:i|we|he|she|they|there|let us|let me|give me)\b|"
    r"(?:it|that|this|you) (?:will|would|can|could|should|is|s|are|was|has|had|have)\b))"
)
ASKS_WHEN = re.compile(
    r"\bwhen (?:do|will|can|could|would|shall|should|are|is) (?:you|it|that|they|we|i|this|those|he|she)\b|"
    r"\b(?:so|and|but|okay|then|until|by) when$|^when$|\bhow soon\b|\bwhat day (?:will|can|could|would|shall|do)\b"
)
ASKS_FOR_IT = re.compile(r"\bwhen (?:do|will|can|could) (?:you|it|that)\b")  # so that it can not be done
ASKS_THE_OTHER = re.compile(
    r"\b(?:can|could|will|would) you\b|\byou (?:will|can|could|should|do|send|get)\b|\b(?:how|what) about\b|"
    r"\bshall we\b|^(?:so |okay |and |then )*(?:do|have|get|make|send|finish) (?:it|that|them|this)\b"
)
MOVES = re.compile(
    r"\bgive me (?:till|until|to)\b|\b(?:moving|moved|pushing|pushed|putting|shifting|shifted) (?:it|that|this|them)\b|"
    r"\bmake (?:it|that)\b"
)
UNDERTAKES = re.compile(
    rf"^{LINK}(?:(?:i|we) (?:will|shall|am going to|are going to|can|could|must|have to|have got to|am|would)|"
    r"(?:it|that|this|they|you) (?:will|is going to|can|should) (?:be|have|get)|let (?:us|me)|"
    r"(?:i|we) (?:finish|do|make|send|bring|call|try|get|have))\b"
)
DEED = r"\b(?:will|shall|can|could|must|to) \w+"  # "I'll grab her" names nobody
DUE_TODAY = re.compile(r"\b(?:is|s) today\b")  # the date that it has
PAST = re.compile(
    r"\b(?:did|was|were|had|sent|rang|called|got|came|went|said|told|asked|gave|took|made|already|ago|last|yesterday|been|"
    r"would have|should have|not|never)\b"
)
FILLED = rf"\b(?:{YES}|{EXCLAIMED}|i|know|promise|sorry|no|not|now|oh|well|do|will|just|maybe|say|please|thing|first)\b"


class Said(NamedTuple):
    """An utterance in its plain words."""

    words: str
    by_lead: bool


class Open(NamedTuple):
    """An action where it is taken up, and the last utterance that may be of it."""

    row: int
    call_id: str
    idx: int
    last: int
    owner_role: str
    finished: bool


class Date(NamedTuple):
    """Due words, where they are said, the words that go with them, and whether somebody asked when."""

    idx: int
    due_words: str
    words: str
    asked: bool


def told_dates(followed: pl.DataFrame, exchanges: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The new date of each action of `followed` that was not done and is given one: the columns of TOLD.

    `followed` has row, call_id, idx, what, owner_role, state and named_at (see `where_named`); `exchanges` are those of
    `reviews.exchanges_of`; `days` (call_id, day) are the local days of the calls. `asked` says whether somebody asked
    when.
    """
    spoken = {
        (call, idx): Said(*rest)
        for call, idx, *rest in exchanges.select("call_id", "idx", "words", "by_lead").iter_rows()
    }
    found = [(one.row, one.call_id, *date) for one in _reviewed(followed, exchanges) for date in _dates(one, spoken)]
    schema = {
        "row": pl.UInt32,
        "call_id": pl.String,
        "again_idx": pl.Int64,
        "again_words": pl.String,
        "words": pl.String,
        "asked": pl.Boolean,
    }
    dated = pl.DataFrame(found, schema=schema, orient="row").join(days, on="call_id").with_row_index("date")
    if dated.is_empty():
        return pl.DataFrame(schema=TOLD)
    dates = [due_date(words, day) for words, day in dated.select("again_words", "day").iter_rows()]
    return (
        dated.with_columns(pl.Series("again_date", dates, pl.Date))
        .join(_of_another(dated, followed), on="date", how="anti")
        .drop_nulls("again_date")
        .sort("row", "date")
        .unique("row", keep="first", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in TOLD.items())
    )


def where_named(followed: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """Where in the utterance that takes it up each action is named last: row, named_at (letters, or -1)."""
    placed = followed.join(exchanges.select("call_id", "idx", "words"), on=["call_id", "idx"], how="left")
    named = stems(placed.select("row", words=plain(pl.col("what")))).join(placed.select("row", "words"), on="row")
    at = named.group_by("row").agg(named_at=pl.col("words").str.find(pl.col("stem"), literal=True).max())
    return (
        placed.select("row")
        .join(at, on="row", how="left")
        .with_columns(pl.col("named_at").cast(pl.Int64).fill_null(-1))
    )


def _reviewed(followed: pl.DataFrame, exchanges: pl.DataFrame) -> list[Open]:
    """The actions that are taken up and not done, each with the last utterance before another is taken up; of two that
    are taken up in one utterance, the one that is named last there."""
    told = exchanges.select("call_id", "idx", told=pl.col("words") + " " + pl.col("reply"))
    placed = followed.drop_nulls("idx").join(told, on=["call_id", "idx"])
    done = said(pl.col("told"), "was_done")
    unfinished = pl.col("state").is_in(UNFINISHED_STATES) | ((pl.col("state") == "done") & ~done)
    rows = (
        placed.filter(unfinished)
        .sort("call_id", "idx", pl.col("state") == "done", "named_at", descending=[False, False, True, False])
        .unique(["call_id", "idx"], keep="last", maintain_order=True)
    )
    taken = {call: sorted(set(idx)) for call, idx in placed.group_by("call_id").agg("idx").iter_rows()}
    chosen = rows.select("row", "call_id", "idx", "owner_role", pl.col("state") == "done").iter_rows()
    return [
        Open(
            row,
            call,
            idx,
            min([later - 1 for later in taken[call] if later > idx] + [idx + WITHIN]),
            owner,
            finished,
        )
        for row, call, idx, owner, finished in chosen
    ]


def _dates(one: Open, spoken: dict[tuple[str, int], Said]) -> Iterator[Date]:
    """The dates that may be the new one of an action, in the order of speech."""
    nothing = Said("", by_lead=False)
    for idx in range(one.idx, one.last + 1):
        here = spoken.get((one.call_id, idx), nothing)
        before, after = (spoken.get((one.call_id, idx + step), nothing) for step in (-1, 1))
        asked = idx > one.idx and before.by_lead != here.by_lead and bool(ASKS_WHEN.search(before.words))
        mine = one.owner_role not in ("lead", "other") or here.by_lead == (one.owner_role == "lead")
        agreed = after.by_lead != here.by_lead and bool(re.search(ASSENT, after.words))
        agreed &= not re.search(DISSENT, after.words)
        pieces = CLAUSE.split(here.words)
        for at, piece in enumerate(pieces):
            moves = MOVES.search(piece)
            undertakes = moves or (mine and UNDERTAKES.search(piece))
            due = find_due(piece, events=bool(undertakes)) or (
                _closing_date(pieces[at - 1]) if at and undertakes else None
            )
            told = PAST.search(piece.replace(due or "", "")) or DUE_TODAY.search(piece)
            stands = one.finished and not (moves or (asked and ASKS_FOR_IT.search(before.words)))
            if not due or told or stands:
                continue
            bare = idx > one.idx and _says_no_more(piece)
            requested = idx > one.idx and agreed and not mine and (bare or ASKS_THE_OTHER.search(piece))
            if asked or undertakes or (bare and mine) or requested:
                yield Date(idx, due, piece, asked)


def _closing_date(piece: str) -> str | None:
    """The date that ends a piece of an utterance, to which what follows belongs: "tomorrow I finish"."""
    words = piece.split()
    for count in range(min(LONGEST_DATE, len(words)), 0, -1):
        end = " ".join(words[-count:])
        if find_due(end) == end:
            return end
    return None


def _says_no_more(piece: str) -> bool:
    """Whether a piece of an utterance says no more than when."""
    return not re.sub(rf"{ONLY_WHEN}|{FILLED}", " ", piece).strip()


def _of_another(dated: pl.DataFrame, followed: pl.DataFrame) -> pl.DataFrame:
    """The dates that go with another matter than the action's: their words name something, and nothing of it."""
    matter = telling(pl.col("words").str.replace_all(DEED, " "))
    content = stems(dated.select(pl.col("date").alias("row"), matter.alias("words"))).rename({"row": "date"})
    wanted = stems(followed.select("row", words=plain(pl.col("what"))))
    named = content.join(dated.select("date", "row"), on="date").join(wanted, on=["row", "stem"], how="semi")
    of_matter = pl.col("date").is_in(named["date"].unique().to_list()) | pl.col("asked")
    much = content.group_by("date").agg(pl.col("idf").sum()).filter(pl.col("idf") >= TELLING_IDF)
    return dated.filter(~of_matter).join(much, on="date", how="semi").select("date")
