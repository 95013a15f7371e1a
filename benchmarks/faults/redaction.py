"""How many of the names, places and companies in conversations redaction hides, with the trained pipeline and without.

    python -m benchmarks.faults.redaction

writes docs/accuracy/redaction.md. The names stand in redaction_names.yaml: those of which it is clear what they name.
"""

import hashlib
import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import polars as pl

from benchmarks.paths import DOCS, SCRIPTED
from pipeline.intake.yaml_files import read_yaml
from pipeline.transcripts import entities
from pipeline.transcripts.redact import redact
from pipeline.transcripts.transcript import SPOKEN, Transcript

PAGE = DOCS / "accuracy" / "redaction.md"
NAMES = Path(__file__).parent / "redaction_names.yaml"
CONVERSATIONS = 80
KINDS = ("names", "places", "organisations")
COMMON_WORD = 3  # times that a word is said in lower case in all conversations, from which it is an ordinary one
WORD = re.compile(r"\w[\w-]*")
TEMPLATE = """# Redaction of names, places and companies

Written by `python -m benchmarks.faults.redaction` from {calls} conversations of `data/scripted` ({words} words),
which language models wrote. Counted are those of {people} first and last names, {places} places and {companies}
companies of `redaction_names.yaml` that stand there: people outside the call list for the most part. The list was made
by reading the capitalised words of the conversations, and before the pipeline was tried; names of which it was not
clear what they name are not in it.

| | with {trained} | the call list alone |
|---|---|---|
| people hidden | {names} |
| places hidden | {places_hidden} |
| companies hidden | {companies_hidden} |
| ordinary words hidden, of 1,000 words | {ordinary} |
| processor seconds a conversation | {seconds} |

An ordinary word is one that is also said in lower case in these conversations. Missed most: {missed}.
"""


class Hidden(NamedTuple):
    """What was hidden of each kind in some conversations, what was not, and at what cost."""

    hidden: Counter[str]
    said: Counter[str]
    missed: Counter[str]
    ordinary: int
    seconds: float


def conversations() -> list[dict[str, Any]]:
    """The conversations that are drawn, the same ones each time."""
    told = [json.loads(line) for line in (SCRIPTED / "conversations.jsonl").read_text().splitlines()]
    return sorted(told, key=lambda call: hashlib.sha256(call["call_id"].encode()).hexdigest())[:CONVERSATIONS]


def hide(calls: list[dict[str, Any]], wanted: dict[str, set[str]], common: set[str]) -> Hidden:
    """Redact the conversations and count what is left of the wanted names."""
    hidden, said, missed = Counter[str](), Counter[str](), Counter[str]()
    ordinary, seconds = 0, 0.0
    for call in calls:
        texts = [turn["text"] for turn in call["turns"]]
        rows: list[tuple[Any, ...]] = [
            (5.0 * at, 5.0 * at + 4, turn["role"], turn["text"], []) for at, turn in enumerate(call["turns"])
        ]
        transcript = Transcript(pl.DataFrame(rows, schema=SPOKEN, orient="row"), {}, 5.0 * len(rows))
        begun = time.process_time()
        redacted = redact(transcript, KINDS, listed=[person["name"] for person in call["participants"]])
        seconds += time.process_time() - begun
        for text, left in zip(texts, redacted.utterances["text"], strict=True):
            before, after = Counter(WORD.findall(text)), Counter(WORD.findall(left))
            gone = before - after
            for kind, names in wanted.items():
                said[kind] += sum(times for word, times in before.items() if word in names)
                hidden[kind] += sum(times for word, times in gone.items() if word in names)
                missed.update({word: times for word, times in (before - gone).items() if word in names})
            ordinary += sum(times for word, times in gone.items() if word.lower() in common)
    return Hidden(hidden, said, missed, ordinary, seconds)


def main() -> None:
    """Redact with and without the trained pipeline and write the page."""
    wanted = {kind: set(written.split()) for kind, written in read_yaml(NAMES).items()}
    every = (SCRIPTED / "conversations.jsonl").read_text()
    spoken = Counter(re.findall(r"\b[a-z][\w-]+", every))
    known = {name.lower() for names in wanted.values() for name in names}
    common = {word for word, times in spoken.items() if times >= COMMON_WORD} - known
    calls = conversations()
    words = sum(len(turn["text"].split()) for call in calls for turn in call["turns"])
    found = [hide(calls, wanted, common)]
    with patch.object(entities, "found_by", return_value=None):
        found.append(hide(calls, wanted, common))
    shares = {
        kind: " | ".join(f"{one.hidden[kind] / one.said[kind]:.2f} of {one.said[kind]}" for one in found)
        for kind in wanted
    }
    page = TEMPLATE.format(
        calls=len(calls),
        words=words,
        **{kind: len(names) for kind, names in wanted.items()},
        trained=entities.pipeline_version(),
        names=shares["people"],
        places_hidden=shares["places"],
        companies_hidden=shares["companies"],
        ordinary=" | ".join(f"{1000 * one.ordinary / words:.1f}" for one in found),
        seconds=" | ".join(f"{one.seconds / len(calls):.3f}" for one in found),
        missed=", ".join(f"{name} ({times})" for name, times in found[0].missed.most_common(8)),
    )
    PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
