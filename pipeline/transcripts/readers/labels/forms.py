"""Forms: the places where a file may name who speaks, and labels without the marks around them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.transcripts.readers.labels.words import TELEPHONE

INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")
BOLD = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=[^\s*_])\1")
AROUND = " *#>\"',|\u201c\u201d\u2022\u00b7-\u2013\u2014"
CLOSING = {"(": ")", "[": "]", "<": ">"}
PRONOUN = r"(?:he|she|they|him|her|them|his|hers|theirs|ze|xe)"
TAIL = re.compile(
    rf"\s+{PRONOUN}(?:/{PRONOUN}){{1,3}}$"
    r"|\s*[(\[](?:guest|gast|invit\u00e9|unverified|external|internal|host|co-?host|organi[sz]er|presenter|you|me|he|she|they"
    r"|(?:he|she|they|him|her|them|his|hers|theirs|ze|xe)(?:\s?/\s?\w+){1,3})[)\]]|['\u2019]s?\s(?:presentation|screen(?:\sshare)?)$",
    re.IGNORECASE,
)
PICTURES = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\s]{1,8}")
ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
SENTENCE = re.compile(  # a title or a company between commas is none: "Dr. Omar Field, Head of Sales, Brightwater"
    r"[?!;\u2026\u201c\u201d\u00bf\u00a1]|\.\.\."
    r"|[.,]\s(?=(?:\S+\s){0,2}(?!(?:of|for|and)\b)[a-z])\S+\s\S+\s\S+[.,]\s"
)
LONGEST_LABEL = 90
REMEMBERED = 20_000  # texts: labels recur, and each line of a file is read more than once
MOST_WORDS = 9
STRONG_KINDS = ("voice", "colon", "heading", "over", "markup", "bracket", "tab", "id")
WEAK_KINDS = ("stamped", "bare", "dash")  # which speech itself often has


@dataclass(frozen=True)
class Place:
    """A place where a file may name who speaks: the form it has there, the label, and what is said after it."""

    kind: str
    label: str
    said: str = ""


@lru_cache(REMEMBERED)
def clean(label: str) -> str:
    """A label without marks of text editors, brackets around it, and what cannot be seen."""
    bare = " ".join(BOLD.sub(r"\2", INVISIBLE.sub("", label)).split()).strip(AROUND)
    if bare[:1] in CLOSING and bare.endswith(CLOSING[bare[:1]]) and bare.count(bare[0]) == 1:
        bare = bare[1:-1].strip()
    return bare


@lru_cache(REMEMBERED)
def key(label: str) -> str:
    """What two labels of one speaker have in common: a shared screen is its owner's, a guest's mark is no name."""
    return TAIL.sub("", clean(label)).strip().casefold()


@lru_cache(REMEMBERED)
def is_shaped(label: str) -> bool:
    """Whether a text could be a label at all: short, a name rather than a sentence."""
    bare = clean(label)
    if not bare or len(bare) > LONGEST_LABEL or SENTENCE.search(bare) or "://" in bare:
        return False
    if not any(letter.isalpha() for letter in bare):
        return bool(TELEPHONE.fullmatch(bare)) or (bare.isdigit() and len(bare) <= 3) or bool(PICTURES.fullmatch(bare))
    return 0 < len(tokens_of(bare)) <= MOST_WORDS and bare.count(",") <= 2


def tokens_of(label: str) -> list[str]:
    """The words of a label outside of brackets; all where there are none outside."""
    return re.findall(r"[^\W_][\w.'\u2019&-]*|&", ASIDE.sub(" ", label)) or re.findall(r"\w+", label)
