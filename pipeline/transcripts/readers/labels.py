"""Labels: decide for a file as a whole which of the words in label position name a speaker.

What the call list names, what services call people, addresses and telephone numbers are names wherever they stand;
what recurs is one unless it is a word that people say before a colon. What stands there once is a name if it is
written like one. The rest is speech, and is told where it could have been a name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.transcripts.names import is_first_name, likeness
from pipeline.transcripts.readers.label_words import (
    ADDRESS,
    DEVICE,
    FIRST_NAMES,
    FUNCTION_WORDS,
    GREETINGS,
    IDENTIFIER,
    PARTICLES,
    SAID_BEFORE_A_COLON,
    SOUNDS,
    TELEPHONE,
)

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
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SENTENCE = re.compile(r"[?!;\u2026\u201c\u201d\u00bf\u00a1]|\.\.\.|[.,]\s\S+\s\S+\s\S+[.,]\s")
SHORT_WORDS = ("OK", "NO", "YES", "PS", "NB", "FYI", "ETA", "FAQ", "RE", "REF", "TEL", "FAX", "URL", "WEB", "SO", "BUT")
RECURRING = 3  # times from which even words that people say before a colon may be meant as a name
LONGEST_LABEL = 90
REMEMBERED = 20_000  # texts: labels recur, and each line of a file is read more than once
MOST_WORDS = 9
LISTED = 0.7  # likeness from which a label is a person of the call list
STRONG_KINDS = ("voice", "colon", "heading", "over", "markup", "bracket", "tab", "id")
WEAK_KINDS = ("stamped", "bare", "dash")  # which speech itself often has
COMMON_USE = 4  # times that a word also said in small letters must stand in label position to be a name


@dataclass(frozen=True)
class Place:
    """A place where a file may name who speaks: the form it has there, the label, and what is said after it."""

    kind: str
    label: str
    said: str = ""


@dataclass(frozen=True)
class Labels:
    """Who speaks in a file: the name of each label that is one by the forms it is one in, and the doubtful labels."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    doubts: dict[str, int] = field(default_factory=dict)  # the words said after each
    anywhere: frozenset[str] = frozenset()  # keys that are names in whatever form

    def name(self, kind: str, label: str) -> str | None:
        """The speaker that a label in this form names; None where it names nobody."""
        place = key(label)
        if kind in self.kinds or (place in self.anywhere and kind not in ("bare", "dash")) or kind == "repeat":
            return self.names.get(place)
        return None


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
    tokens = _tokens(bare)
    return 0 < len(tokens) <= MOST_WORDS and bare.count(",") <= 2


def decide(places: Iterable[Place], spoken: str, listed: Sequence[str] = ()) -> Labels:
    """The labels of a file, from every place where it may name a speaker and from all its text."""
    by_kind: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in places:
        if is_shaped(place.label) and key(place.label):
            by_kind[place.kind][key(place.label)].append(place)
    said = Counter(re.findall(r"\b[a-z][a-z'-]+\b", spoken))
    judge = _Judge(said, tuple(listed))
    certain = {kind: {k for k, at in found.items() if judge.is_certain(k, at)} for kind, found in by_kind.items()}
    strong = {
        kind: {k for k, at in found.items() if k in certain[kind] or (len(at) > 1 and judge.recurs_as_name(k, at))}
        for kind, found in by_kind.items()
    }
    main = _main_kind(by_kind, strong)
    if main is None:
        return _from_doubtful(by_kind, judge)
    names = set(strong[main])
    once = {k for k, at in by_kind[main].items() if k not in names and judge.is_name_once(k, at)}
    names |= once if main in (*STRONG_KINDS, "dash") else {k for k in once if main == "bare" and " " in k}
    if main == "heading":  # the time after it says that it is one
        names |= {k for k, at in by_kind[main].items() if judge.is_written_as_name(k, at)}
    if len(names) < 2 and main in STRONG_KINDS:
        names |= {k for k, at in by_kind[main].items() if judge.is_written_as_name(k, at)}
    anywhere = {k for kind in STRONG_KINDS for k in certain.get(kind, ())} | names
    everything = {k: at for found in by_kind.values() for k, at in found.items() if k in names | anywhere}
    doubts = {
        _shown(at): sum(len(place.said.split()) for place in at)
        for kind in ("colon", main)
        for k, at in by_kind.get(kind, {}).items()
        if k not in names | anywhere and kind in STRONG_KINDS and judge.is_doubtful(k, at, alone=len(names) < 2)
    }
    return Labels({k: _shown(at) for k, at in everything.items()}, frozenset({main}), doubts, frozenset(anywhere))


def _main_kind(by_kind: dict[str, dict[str, list[Place]]], strong: dict[str, set[str]]) -> str | None:
    """The form in which the file names its speakers: the one that names most; a weak one only for want of others."""

    def weight(kind: str) -> tuple[bool, int]:
        return len(strong.get(kind, ())) > 1, sum(len(by_kind[kind][k]) for k in strong.get(kind, ()))

    for kinds in (STRONG_KINDS, WEAK_KINDS):
        best = max(kinds, key=weight)
        if weight(best)[0]:
            return best
    best = max(STRONG_KINDS, key=weight)
    return best if weight(best)[1] else None


def _from_doubtful(by_kind: dict[str, dict[str, list[Place]]], judge: "_Judge") -> Labels:
    """The labels of a file in which none recurs: those that are written as names, if there are two."""
    for kind in STRONG_KINDS:
        found = {k: at for k, at in by_kind.get(kind, {}).items() if judge.is_written_as_name(k, at)}
        if len(found) > 1:
            return Labels({k: _shown(at) for k, at in found.items()}, frozenset({kind}), {}, frozenset(found))
    colon = by_kind.get("colon", {})
    names = {k: _shown(at) for k, at in colon.items() if judge.is_name_once(k, at)}
    doubts = {
        _shown(at): sum(len(place.said.split()) for place in at)
        for k, at in colon.items()
        if k not in names and judge.is_doubtful(k, at, alone=True)
    }
    return Labels(names, frozenset({"colon"}), doubts)


def _shown(places: Sequence[Place]) -> str:
    """The commonest way a label is written, without the mark of a guest or a shared screen where it also stands so."""
    forms = Counter(clean(place.label) for place in places)
    plain = [form for form in forms if not re.search(r"presentation|screen", form, re.IGNORECASE)]
    return max(plain or forms, key=lambda form: forms[form])


class _Judge:
    """What one file and its call list say for and against a label."""

    def __init__(self, said: Counter[str], listed: tuple[str, ...]) -> None:
        self.said = said
        self.listed = listed

    def is_certain(self, label: str, places: Sequence[Place]) -> bool:
        """Whether it is a name whatever else the file says."""
        shown = clean(places[0].label)
        if places[0].kind == "voice" or ADDRESS.fullmatch(label) or TELEPHONE.fullmatch(label) or DEVICE.search(label):
            return True
        if IDENTIFIER.fullmatch(label):
            return places[0].kind not in WEAK_KINDS and (
                len(places) > 1 or bool(re.search(r"\d", label)) or shown.isupper()
            )
        if self.is_ordinary(label, places):
            return any(label == name.casefold() for name in self.listed)
        return any(likeness(shown, name) >= LISTED for name in self.listed)

    def is_ordinary(self, label: str, places: Sequence[Place]) -> bool:
        """Whether it is words that are said before a colon, or a sound."""
        tokens = [token.casefold() for token in _tokens(label)]
        bare = TAIL.sub("", clean(places[0].label))
        if PICTURES.fullmatch(bare):
            return False
        if (
            not tokens
            or YEAR.search(bare)
            or tokens[0] in GREETINGS
            or (set(tokens) <= SOUNDS and places[0].kind in ("bracket", "bare"))
        ):
            return True
        common = [
            token for token in tokens if token in FUNCTION_WORDS or token in SAID_BEFORE_A_COLON or token.isdigit()
        ]
        if len(common) == len(tokens):
            initials = (
                bare.isupper() and len(bare) <= 3 and (len(bare) == 1 or len(places) > 1) and bare not in SHORT_WORDS
            )
            return not bare.isdigit() and not initials
        lower = [token for token in _tokens(bare) if token[:1].islower() and token not in PARTICLES]
        return any(token in FUNCTION_WORDS for token in lower) or (bool(lower) and bool(common))

    def recurs_as_name(self, label: str, places: Sequence[Place]) -> bool:
        """Whether a label that recurs is a name: no ordinary word, or one that stands there far too often."""
        if places[0].kind == "heading":  # with a time after it, as no speech has
            return True
        if self.is_ordinary(label, places):
            return False
        tokens = _tokens(label)
        alone = len(tokens) == 1 and tokens[0].casefold() not in FIRST_NAMES and not is_first_name(tokens[0])
        if places[0].kind in WEAK_KINDS and not self._is_titled(places):
            return False
        return not (alone and self.said[tokens[0].casefold()] and len(places) < COMMON_USE)

    def is_name_once(self, label: str, places: Sequence[Place]) -> bool:
        """Whether a label that stands once, in a file with others that are sure, is a name."""
        tokens = [token.casefold() for token in _tokens(label)]
        if not self.is_written_as_name(label, places) or any(self.said[token] for token in tokens):
            return False
        return any(token in FIRST_NAMES or is_first_name(token) or not token.isascii() for token in tokens)

    def is_written_as_name(self, label: str, places: Sequence[Place]) -> bool:
        """Whether all its words begin as names do."""
        return self._is_titled(places) and not self.is_ordinary(label, places)

    def is_doubtful(self, label: str, places: Sequence[Place], *, alone: bool = False) -> bool:
        """Whether a label that was taken for speech could be a name after all, above all where no other is one."""
        if self.is_ordinary(label, places):
            return len(places) >= RECURRING and len(_tokens(label)) <= 2
        return alone or len(places) > 1 or self._is_titled(places)

    def _is_titled(self, places: Sequence[Place]) -> bool:
        if PICTURES.fullmatch(clean(places[0].label)):
            return True
        words = [word for word in _tokens(TAIL.sub("", clean(places[0].label))) if word.casefold() not in PARTICLES]
        return bool(words) and all(not word[0].islower() for word in words)


def _tokens(label: str) -> list[str]:
    """The words of a label outside of brackets; all where there are none outside."""
    return re.findall(r"[^\W_][\w.'\u2019&-]*|&", ASIDE.sub(" ", label)) or re.findall(r"\w+", label)
