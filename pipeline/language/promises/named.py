"""Named: what one person says that another person of the call will do ("Max will send it") is the other's to do.

The sentence is read as if it named nobody: "I will send it" where both are of one side, else "you will send it"; what
comes of it belongs to who was named. Only people of the call are known by name. A name that two people of one side
share gives the side alone; one that people of two sides share gives nothing.
"""

import re
from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.intake.calls import PEOPLE
from pipeline.intake.people import Person, read_people
from pipeline.tables.conversations import Acts, Talk
from pipeline.transcripts.names import people

KNOWN = pl.Schema({"call_id": pl.String(), "name": pl.String(), "person_id": pl.String(), "side": pl.String()})
OWNED = pl.Schema(
    {"call_id": pl.String(), "idx": pl.Int64(), "telling": pl.String(), "named": pl.String(), "named_side": pl.String()}
)
TASK = (
    "send|email|call|ring|phone|write|draft|check|ask|book|bring|prepare|forward|order|sign|deliver|set up|put together"
)
MODALS = rf"can(?= (?:{TASK})\b)|will|shall|must|should|is going to|is gonna|has to|needs to"
WILL = rf"(?: (?:{MODALS})|['\u2019]ll)(?! not\b| you\b| we\b| I\b)"
ASKED = r",? (?=(?:can|could|would|will) you\b|you(?:['\u2019]ll| will)\b)"
OPENING = re.compile(r"^(?:(?:so|and|okay|ok|well|then|right|now|but)\b,? )*$", re.IGNORECASE)
NOT_SAID_OF = re.compile(  # before a name: others do it as well, or it is a question, a condition or a hope
    r"(?:\b[A-Z]\w+ and|\bI and|\bif|\bwhether|\bwhen|\bonce|\buntil|\bunless|\bhope|\bcan|\bwill|\bthat|\bafter) $"
)
LONGEST_TELLING = 24  # letters after a name, by which its clause is told from others of the utterance
SHORTEST_NAME = 3


class Told(NamedTuple):
    """Sentences without the names of those who are to do something, and these people (rows of OWNED)."""

    acts: dy.DataFrame[Acts]
    owners: pl.DataFrame


def known_people(talk: dy.DataFrame[Talk], calls: pl.DataFrame) -> pl.DataFrame:
    """The people listed for calls (rows of KNOWN), each of the side on which they speak, else of that of the list."""
    spoken = talk.drop_nulls(["person_id", "side"]).select("call_id", "person_id", "side").unique()
    sides = {(call_id, person_id): side for call_id, person_id, side in spoken.iter_rows()}
    rows = []
    for call in calls.iter_rows(named=True):
        lead = [Person(name, call.get("lead_id"), "lead", ours=True) for name in people(call.get("lead_name"))]
        others = people(call.get("other_name"))
        other_id = call.get("other_id") if len(others) == 1 else None
        other = [Person(name, other_id, "", ours=False) for name in others]
        for one in (*read_people(call.get(PEOPLE)), *lead, *other):
            is_lead = one.role == "lead" or (one.person_id is not None and one.person_id == call.get("lead_id"))
            listed = "lead" if is_lead else "colleague" if one.ours else "other"
            side = sides.get((call["call_id"], one.person_id or ""), listed)
            rows.append((call["call_id"], one.name, one.person_id, side))
    return pl.DataFrame(rows, schema=KNOWN, orient="row").unique(["call_id", "name"], keep="first", maintain_order=True)


def told(acts: dy.DataFrame[Acts], talk: dy.DataFrame[Talk], known: pl.DataFrame) -> Told:
    """The sentences in which a known person is to do something, without the name, beside all others."""
    speakers = talk.drop_nulls("side").select("call_id", "idx", by="side")
    changed: list[tuple[str, int, int, str]] = []
    owners: list[tuple[str, int, str, str | None, str]] = []
    for (call_id,), listed in known.group_by("call_id", maintain_order=True):
        named = _by_name(listed)
        if not named:
            continue
        any_name = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
        subject = re.compile(rf"\b(?P<name>{any_name})(?:(?P<will>{WILL})|(?P<asked>{ASKED}))")
        said = acts.filter((pl.col("call_id") == call_id) & pl.col("text").str.contains(rf"\b(?:{any_name})\b"))
        for idx, sentence, text, by in (
            said.join(speakers, on=["call_id", "idx"]).select("idx", "sentence", "text", "by").iter_rows()
        ):
            plain, tasks = _plainly(text, by, subject, named)
            if tasks:
                changed.append((str(call_id), idx, sentence, plain))
                owners += [(str(call_id), idx, telling, *named[name]) for name, telling in tasks]
    key = ["call_id", "idx", "sentence"]
    texts = pl.DataFrame(changed, schema={name: acts.schema[name] for name in (*key, "text")}, orient="row")
    return Told(Acts.validate(acts.update(texts, on=key)), pl.DataFrame(owners, schema=OWNED, orient="row"))


def _plainly(
    text: str, by: str, subject: re.Pattern[str], named: dict[str, tuple[str | None, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """A sentence without the names of who is to do something, and each name with how what is to be done begins."""
    parts, tasks, end = [], [], 0
    for found in subject.finditer(text):
        before = text[: found.start()]
        asked = found["asked"] is not None
        if NOT_SAID_OF.search(before) or (asked and not OPENING.match(before)):
            continue
        pronoun = "I" if (named[found["name"]][1] == "other") == (by == "other") else "you"
        parts += [text[end : found.start()], "" if asked else f"{pronoun} will"]
        end = found.end()
        tasks.append((found["name"], text[end:].strip()[:LONGEST_TELLING].rstrip(" ,.?!")))
    return "".join([*parts, text[end:]]), tasks


def _by_name(listed: pl.DataFrame) -> dict[str, tuple[str | None, str]]:
    """Id and side of who is called by each full and first name; no id where two share it, nobody across sides."""
    meant: dict[str, set[tuple[str | None, str]]] = {}
    for name, person_id, side in listed.select("name", "person_id", "side").iter_rows():
        for called in {name, name.split()[0]}:
            if len(called) >= SHORTEST_NAME:
                meant.setdefault(called, set()).add((person_id, side))
    alone = {name: next(iter(found)) for name, found in meant.items() if len(found) == 1}
    sides = {name: {side for _, side in found} for name, found in meant.items() if len(found) > 1}
    return alone | {name: (None, next(iter(found))) for name, found in sides.items() if len(found) == 1}
