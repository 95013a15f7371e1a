"""Add conversations in writing, and the raters' scores of them, to data/scripted.

    python data/make_scripted.py TEXTS          # files NAME-01.txt ... in the format of `Conversation`
    python data/make_scripted.py TEXTS --scores RATINGS   # D.csv, E.csv, F.csv: call_id, element, level, turns

A conversation that is there already is replaced. Refused: a tag or level that is unknown, a rubric's element without an
intended level, eight words in a row that two conversations share, five in a row out of an anchor.
"""

import argparse
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from models.ratings.rubrics import load_rubrics
from pipeline.tables.values import LEVELS

FOLDER = Path(__file__).parent / "scripted"
RUBRICS = FOLDER.parents[1] / "rubrics"
SHARED_WORDS, ANCHOR_WORDS = 8, 5
TAGS: dict[str, tuple[str, ...]] = {
    "agenda": (),
    "purpose": ("purpose",),
    "lead": ("role",),
    "action": ("owner", "due", "what", "kind"),
    "withdrawn": ("what",),
    "prior": ("status", "what"),
    "reagreed": ("due", "what"),
    "recap": (),
    "leading": (),
    "reflect": ("kind",),
    "feedback": (),
}
"""What may be said of a turn, each with its keys in their order; `purpose` and `lead` are followed by their value."""
BARE = ("purpose", "lead")
ALLOWED = {
    "purpose": ["forecast", "pipeline", "deal", "account", "coaching", "administration", "small_talk", "customer"],
    "status": ["done", "missed", "partly", "withdrawn", "unasked"],
    "reflect kind": ["repeat", "rephrase", "adds"],
    "action kind": ["send", "meet", "call", "prepare", "decide", "practise", "crm", "other"],
}
TAG = re.compile(r"\s*\[\[(.*?)\]\]")


@dataclass
class Conversation:
    """One conversation as written: headings `=== id`, interaction, started_at, series, participants and profile, then
    one line per turn, `role: text [[tag]] [[tag]]`."""

    head: dict[str, str]
    turns: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)

    @property
    def call_id(self) -> str:
        """The conversation's identifier."""
        return self.head["id"]


class WritingError(ValueError):
    """What is wrong with the texts, one line for each fault."""


def main() -> None:
    """Read the texts, check them, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--scores", type=Path)
    options = parser.parse_args()
    conversations = [found for path in sorted(options.texts.rglob("*.txt")) for found in read(path)]
    old = {row["call_id"]: row for row in map(json.loads, (FOLDER / "conversations.jsonl").read_text().splitlines())}
    new = {found.call_id: found for found in conversations}
    kept = [row for call_id, row in old.items() if call_id not in new]
    if faults := [*check(conversations), *copies(conversations, kept), *quotes(conversations)]:
        raise WritingError("\n".join(faults))
    rows = sorted([*kept, *map(timed, conversations)], key=lambda row: row["call_id"])
    (FOLDER / "conversations.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    for name, frame in tables(conversations).items():
        path = FOLDER / f"{name}.csv"
        if path.exists():
            before = pl.read_csv(path, infer_schema=False).filter(~pl.col("call_id").is_in(list(new)))
            frame = pl.concat([before, frame], how="diagonal")
        frame.sort("call_id", maintain_order=True).write_csv(path)
    if options.scores:
        write_scores(options.scores, new)
    print(f"{len(new)} conversations, {sum(len(found.turns) for found in conversations):,} turns")


def read(path: Path) -> Iterator[Conversation]:
    """The conversations of a file; raises WritingError where a line is neither heading nor turn."""
    for block in re.split(r"^=== ", path.read_text(), flags=re.MULTILINE)[1:]:
        found = Conversation({})
        roles: set[str] = set()
        for line in filter(None, map(str.strip, block.splitlines())):
            name, colon, text = line.partition(":")
            if not colon:
                raise WritingError(f"{path.name}: neither a heading nor a turn: {line[:60]!r}")
            if name in roles:
                found.turns.append((name, TAG.sub("", text).strip()))
                found.tags += [(len(found.turns) - 1, *_tag(tag, path)) for tag in TAG.findall(text)]
            elif found.turns:
                raise WritingError(f"{path.name}: {found.call_id}: {name!r} is none of the participants")
            else:
                found.head[name.strip()] = text.strip()
                if name == "participants":
                    roles = {one.partition("=")[0].strip() for one in text.split("|")}
        yield found


def _tag(text: str, path: Path) -> tuple[str, dict[str, str]]:
    name, _, rest = text.partition(" ")
    if name not in TAGS:
        raise WritingError(f"{path.name}: no such tag: {text!r}")
    if name in BARE:
        return name, {TAGS[name][0]: rest.strip()}
    keys = "|".join(TAGS[name])
    return name, {key: value.strip() for key, value in re.findall(rf"\b({keys})=(.*?)(?=\s+(?:{keys})=|$)", rest)}


def check(conversations: list[Conversation]) -> Iterator[str]:
    """Faults of single conversations."""
    elements = load_rubrics(RUBRICS)
    wanted = {key[0]: rows["element"].to_list() for key, rows in elements.partition_by("rubric", as_dict=True).items()}
    for found in conversations:
        profile = dict(one.split("=") for one in found.head["profile"].split())
        if sorted(profile) != sorted(wanted[found.head["interaction"]]) or set(profile.values()) - set(LEVELS):
            yield f"{found.call_id}: the profile does not give each element of the rubric a level"
        for at, name, given in found.tags:
            for key, value in given.items():
                allowed = ALLOWED.get(f"{name} {key}") or ALLOWED.get(key)
                if allowed and value not in allowed:
                    yield f"{found.call_id}: turn {at}: {name} {key} is {value!r}; one of {', '.join(allowed)}"
        if not any(at == 0 and name == "purpose" for at, name, _ in found.tags):
            yield f"{found.call_id}: the first turn says no purpose"


def copies(conversations: list[Conversation], others: list[dict[str, object]]) -> Iterator[str]:
    """Eight words in a row that one conversation shares with another."""
    seen = {run: row["call_id"] for row in others for turn in row["turns"] for run in runs(turn["text"], SHARED_WORDS)}
    for found in conversations:
        for _, text in found.turns:
            for run in runs(text, SHARED_WORDS):
                if seen.setdefault(run, found.call_id) != found.call_id:
                    yield f"{found.call_id}: shares with {seen[run]}: {run}"


def quotes(conversations: list[Conversation]) -> Iterator[str]:
    """Five words in a row out of the anchors of the conversation's own rubric."""
    anchors = defaultdict(set)
    for row in load_rubrics(RUBRICS).iter_rows(named=True):
        for color in LEVELS:
            anchors[row["rubric"]].update(runs(row[color], ANCHOR_WORDS))
    for found in conversations:
        for _, text in found.turns:
            for run in anchors[found.head["interaction"]].intersection(runs(text, ANCHOR_WORDS)):
                yield f"{found.call_id}: wording of an anchor: {run}"


def runs(text: str, length: int) -> Iterator[str]:
    """Every `length` words in a row."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))


def timed(found: Conversation) -> dict[str, object]:
    """The row of conversations.jsonl: times from each person's speaking rate (145 to 185 words a minute), pauses of 0.1
    to 1.2 s, and cuts where a turn ends in two dashes."""
    random = np.random.default_rng(zlib.crc32(found.call_id.encode()))
    people = [dict(zip(("role", "rest"), one.strip().split("=", 1), strict=True)) for one in
              found.head["participants"].split("|")]  # fmt: skip
    participants = [
        {"role": one["role"].strip(), "name": one["rest"].split(",")[0].strip(),
         "affiliation": one["rest"].partition(",")[2].strip()}
        for one in people
    ]  # fmt: skip
    rate = {one["role"]: random.uniform(145, 185) / 60 for one in participants}
    turns, clock = [], random.uniform(0.5, 2.5)
    for at, ((role, text), following) in enumerate(pairwise([*found.turns, ("", "")])):
        end = clock + max(1, len(text.split())) / rate[role]
        turns.append({"turn": at, "role": role, "start_s": round(clock, 2), "end_s": round(end, 2), "text": text})
        is_cut = text.endswith("--") and following[1]
        clock = max(clock + 0.1, end + (random.uniform(-0.4, 0) if is_cut else random.uniform(0.1, 1.2)))
    lead = next((given["role"] for _, name, given in found.tags if name == "lead"), None)
    return {
        "call_id": found.call_id,
        "interaction": found.head["interaction"],
        "started_at": found.head["started_at"],
        "series": found.head.get("series"),
        "forgotten": None,
        "participants": participants,
        "duration_s": round(turns[-1]["end_s"] + random.uniform(0.5, 2), 2),
        "turns": turns,
        "leads": lead,
    }


def tables(conversations: list[Conversation]) -> dict[str, pl.DataFrame]:
    """The tags as tables, one row for each, by name of the file."""
    rows: dict[str, list[dict[str, object]]] = defaultdict(list)
    for found in conversations:
        for at, name, given in found.tags:
            place = {"call_id": found.call_id, "turn": str(at)}
            match name:
                case "agenda":
                    rows["agenda"].append(place)
                case "action":
                    due = given.get("due", "none")
                    told = {"owner_role": given["owner"], "due_words": None if due == "none" else due}
                    rows["actions"].append(place | told | {key: given.get(key) for key in ("what", "kind")})
                case "prior":
                    rows["prior_actions"].append(place | {"state": given["status"], "what": given.get("what")})
                case "purpose":
                    rows["purposes"].append(place | {"purpose": given["purpose"]})
                case "lead":
                    pass
                case _:
                    detail = " ".join(given[key] for key in ("kind", "due", "what") if key in given)
                    rows["moves"].append(place | {"move": name, "detail": detail or None})
    return {name: pl.DataFrame(of_table, infer_schema_length=None) for name, of_table in rows.items()}


def write_scores(folder: Path, new: dict[str, Conversation]) -> None:
    """Put the raters' files into scores.csv, and the anchors that they scored by into anchors.csv."""
    elements = load_rubrics(RUBRICS)
    rubric = pl.DataFrame({"call_id": list(new), "rubric": [found.head["interaction"] for found in new.values()]})
    given = pl.concat(
        pl.read_csv(path, infer_schema=False).with_columns(rater=pl.lit(path.stem))
        for path in sorted(folder.glob("[A-Z].csv"))
    ).join(rubric, on="call_id", how="left")
    wanted = rubric.join(elements.select("rubric", "element"), on="rubric")
    wanted = wanted.join(given.select("rater").unique(), how="cross")
    key = ["call_id", "rubric", "element", "rater"]
    missing, foreign = wanted.join(given, on=key, how="anti"), given.join(wanted, on=key, how="anti")
    if missing.height or foreign.height or given.select(key).is_duplicated().any():
        raise WritingError(f"the scores lack {missing.head(3).rows()}, have too many {foreign.head(3).rows()}")
    if unknown := set(given["level"]) - set(LEVELS):
        raise WritingError(f"the scores hold levels that do not exist: {', '.join(sorted(unknown))}")
    wording = ["rubric", "element", "rubric_version"]
    by = elements.with_columns(pl.col("rubric_version").cast(pl.String))
    fresh = given.join(by.select(wording), on=wording[:2])
    scores = pl.read_csv(FOLDER / "scores.csv", infer_schema=False).filter(~pl.col("call_id").is_in(list(new)))
    anchors = pl.read_csv(FOLDER / "anchors.csv", infer_schema=False)
    used = by.join(fresh, on=wording, how="semi").select(anchors.columns)
    both = pl.concat([scores, fresh.select(scores.columns)]).sort("call_id", maintain_order=True)
    both.write_csv(FOLDER / "scores.csv")
    pl.concat([anchors.join(used, on=wording, how="anti"), used]).sort(wording).write_csv(FOLDER / "anchors.csv")


if __name__ == "__main__":
    main()
