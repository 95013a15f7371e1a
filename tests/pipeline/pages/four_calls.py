"""Four conversations of two sellers, as tables; and what tests look at in pages."""

import datetime as dt
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.pages.parts.ratings import name_calls, rate
from pipeline.tables import TABLES
from pipeline.tables.values import LEVELS

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">"\'&</style>'
ODDS = {0: (0.7, 0.2, 0.1, 0.0), 1: (0.1, 0.8, 0.1, 0.0), 2: (0.0, 0.1, 0.8, 0.1), 3: (0.0, 0.0, 0.0, 1.0)}
EXPECTED = {0: 0.4, 1: 1.0, 2: 2.0, 3: 3.0}  # the sum of level times its probability in ODDS
WHOLE = (
    "people.html",
    "week.html",
    "cadence.html",
    "impact.html",
    "guides.html",
    "managers.html",
    "guides/discovery_call.html",
    "calibration.html",
    "runs.html",
)  # of the whole workspace beside the map
PEOPLE = {"ann": ("Ann Lee", "East"), "bob": ("Bob Ray", "West")}
# call, lead, weeks after MONDAY, levels of agenda and next_steps
CALLS = [("a1", "ann", 0, 0, 3), ("a2", "ann", 1, 1, 3), ("a3", "ann", 2, 2, 3), ("b1", "bob", 0, 2, 0)]


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = TABLES[name]
    known = {column: [row.get(column) for row in rows] for column in schema.column_names() if column in rows[0]}
    return schema.validate(pl.concat([schema.create_empty(), pl.DataFrame(known)], how="diagonal_relaxed"), cast=True)


def four_calls() -> dict[str, pl.DataFrame]:
    """Three calls of Ann and one of Bob, with labels, evidence and what was said; and one that failed."""
    calls, labels, evidence, utterances = [], [], [], []
    for call_id, lead, weeks, *levels in CALLS:
        name, team = PEOPLE[lead]
        started = MONDAY + dt.timedelta(weeks=weeks)
        calls.append(
            {"call_id": call_id, "interaction": "discovery_call", "started_at": started, "duration_s": 30.0}
            | {"lead_id": lead, "lead_name": name, "other_name": "Cy Poe", "team": team, "status": "ok"}
            | {"transcriber": "faster-whisper:small", "diarizer": "channels"}
        )
        for idx, (role, text) in enumerate([("rep", "Three topics today."), ("customer", "Fine."), ("rep", "Bye.")]):
            utterances.append(
                {"call_id": call_id, "idx": idx, "start_s": 5.0 + 10 * idx, "end_s": 8.0 + 10 * idx, "text": text}
                | {"speaker": role, "role": role, "n_words": len(text.split()), "confidence": 0.9}
            )
        for element, level in zip(("agenda", "next_steps"), levels, strict=True):
            key = {"call_id": call_id, "rubric": "discovery_call", "element": element, "model_id": f"m-{element}"}
            odds = {f"p_{color}": p for color, p in zip(LEVELS, ODDS[level], strict=True)}
            labels.append(
                {**key, **odds, "rubric_hash": element, "rubric_version": 1, "level": level, "color": LEVELS[level]}
                | {"expected_level": EXPECTED[level], "status": "provisional", "basis": "reference"}
                | {"needs_review": level == 0, "current": True, "labelled_at": MONDAY}
            )
            idx = 0 if element == "agenda" else 2
            evidence.append(
                {**key, "rank": 0, "idx": idx, "start_s": 5.0 + 10 * idx, "end_s": 8.0 + 10 * idx, "weight": 1.0}
                | {"quote": "Three topics today." if idx == 0 else "Bye.", "worth_showing": True}
            )
    calls.append(
        {"call_id": "c1", "status": "failed", "error_code": "missing_file", "error": "row 5: no c1.wav; add it"}
    )
    calls = [
        {"lead_id": None, "lead_name": None, "team": None, **calls[0], **call} if i < 4 else call
        for i, call in enumerate(calls)
    ]
    columns = sorted({column for call in calls for column in call})
    return {
        "calls": table("calls", [{column: call.get(column) for column in columns} for call in calls]),
        "labels": table("labels", labels),
        "evidence": table("evidence", evidence),
        "utterances": table("utterances", utterances),
    }


def without_levels(tables: dict[str, pl.DataFrame], element: str) -> dict[str, pl.DataFrame]:
    """The tables with an element that is not judged yet."""
    grey = pl.col("element") == element
    judged = pl.col("level", "color", "expected_level", *(f"p_{color}" for color in LEVELS))
    labels = tables["labels"].with_columns(
        pl.when(~grey).then(judged), reason=pl.when(grey).then(pl.lit("not_learnt")),
        basis=pl.when(grey).then(pl.lit("anchors")).otherwise("basis"),
    )  # fmt: skip
    return tables | {"labels": TABLES["labels"].validate(labels)}


def rated(tables: dict[str, pl.DataFrame], elements: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    calls = name_calls(tables["calls"])
    return calls, rate(calls, tables["labels"], elements)


def rows_of(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: tables.get(name, schema.create_empty()) for name, schema in TABLES.items()}


def with_audio(tables: dict[str, pl.DataFrame], recording: Path) -> dict[str, pl.DataFrame]:
    here = pl.when(pl.col("call_id") == "a1").then(pl.lit(str(recording)))
    return {**tables, "calls": tables["calls"].with_columns(recording=here)}


def hostile(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Everything that people may write, replaced by an attack; ids too."""
    written = {
        "calls": [
            "call_id",
            "lead_id",
            "lead_name",
            "other_name",
            "team",
            "stage",
            "error",
            "transcriber",
            "opportunity_id",
        ],
        "utterances": ["call_id", "text"],
        "labels": ["call_id", "element"],
        "evidence": ["call_id", "quote", "element"],
    }
    attack = pl.lit(HOSTILE)
    return {
        name: frame.with_columns(
            pl.when(pl.col(column).is_not_null() | pl.lit(column in ("stage", "opportunity_id")))
            .then(pl.concat_str(attack, pl.col(column).fill_null("")))
            .alias(column)
            for column in written[name]
        )
        for name, frame in tables.items()
    }


class Page(HTMLParser):
    """What a browser would act on: elements, handlers, addresses."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102  the parser's name
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]


def dead_links(folder: Path) -> list[str]:
    pages = list(folder.rglob("*.html"))
    links = [(page, link) for page in pages for link in Page(page).addresses if not link.startswith(("#", "data:"))]
    return [f"{page}: {link}" for page, link in links if not (page.parent / link.split("#")[0]).exists()]


def one_of_each(folder: Path) -> list[Path]:
    return [
        folder / "index.html",
        *(folder / name for name in WHOLE),
        *(min((folder / of).iterdir()) for of in ("people", "calls")),
    ]
