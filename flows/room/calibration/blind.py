"""A call as a blind rater gets it: who speaks in which role and what is said, without what gives an answer away."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from flows.room.database.scoring import Session
from flows.room.house import House
from flows.room.shown import labels_of
from pipeline.intake.kinds import rubric_of
from pipeline.metrics.current_labels import judged_labels, unopposed, with_own_evidence
from pipeline.pages.parts.coaching import read_consent
from pipeline.tables.values import LEVELS
from pipeline.transcripts.names import people
from pipeline.transcripts.roles import side

SHORT = 2  # letters: a name as short as that is also a word
HIDDEN = "[name]"
FEW_LETTERS = 30  # a moment of fewer shows nothing


@dataclass(frozen=True)
class Said:
    """An utterance."""

    idx: int
    start_s: float
    end_s: float
    side: str
    speaker: str
    text: str


@dataclass(frozen=True)
class Conversation:
    """A call without its names (where they are hidden), outcome, stage and labels."""

    heading: str
    length_s: float
    has_sound: bool
    lines: list[Said]


def blind_conversation(house: House, call_id: str, *, hides_names: bool) -> Conversation:
    """What a rater hears and reads of a call."""
    call = house.table("calls").filter(call_id=call_id).row(0, named=True)
    about = house.elements().filter(rubric=rubric_of(str(call["interaction"])))
    roles = {name: pl.lit(about[name].first()) for name in ("scored_role", "other_role")}
    title = str(about["rubric_title"].first() or call["interaction"])
    rows = house.rows_of("utterances", [call_id]).sort("start_s", "idx").with_columns(**roles)
    hide = _hider(call) if hides_names else str
    names = {} if hides_names else {"lead": call["lead_name"], "other": call["other_name"]}
    said = [
        Said(
            idx=row["idx"],
            start_s=row["start_s"],
            end_s=row["end_s"],
            side=row["side"] or "nobody",
            speaker=str(names.get(row["side"]) or row["role"].capitalize()),
            text=hide(row["text"]),
        )
        for row in rows.with_columns(side=side()).iter_rows(named=True)
    ]
    lead = str(call["lead_name"] or call["lead_id"] or "")
    whom = f": {lead}" if lead and not hides_names else ""
    length_s = call["duration_s"] or (said[-1].end_s if said else 0.0)
    return Conversation(f"{title}{whom}", length_s, bool(call["recording"]), said)


def example_of(house: House, calibration: Session, call_id: str, element: str) -> str:
    """One good moment of the element from another call, in the words of somebody who agreed that colleagues may see it;
    empty where there is none. What the classifier found good and people overturned or scored otherwise is none."""
    green = with_own_evidence(judged_labels(labels_of(house))).filter(
        pl.col("rubric") == calibration.rubric,
        pl.col("element") == element,
        pl.col("level") == len(LEVELS) - 1,
        pl.col("call_id") != call_id,
    )
    labels = unopposed(green, house.table("scores"), house.elements())
    consented = house.table("calls").filter(pl.col("lead_id").is_in(read_consent(house.store.place)))
    key = ["call_id", "rubric", "element", "model_id"]
    moments = (
        house.table("evidence")
        .filter("worth_showing", pl.col("quote").str.len_chars() >= FEW_LETTERS)
        .join(labels.join(consented, on="call_id", how="semi"), on=key)
        .sort("p_green", "call_id", "rank", descending=[True, False, False])
    )
    if moments.is_empty():
        return ""
    best = moments.row(0, named=True)
    call = consented.filter(call_id=best["call_id"]).row(0, named=True)
    return _hider(call)(best["quote"])


def _hider(call: dict[str, object]) -> Callable[[str], str]:
    """Takes the names of those who took part out of a text."""
    full = [name for side in ("lead_name", "other_name") for name in people(str(call[side] or ""))]
    words = {word for name in full for word in re.findall(r"[^\W\d_]+", name) if len(word) > SHORT}
    if not words:
        return str
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    name = re.compile(rf"\b(?:{either})(?:\s+(?:{either}))*\b", re.IGNORECASE)
    return lambda text: name.sub(HIDDEN, text)
