"""Judge: what one file and its call list say for and against a label, each for itself."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from pipeline.transcripts.names import is_first_name, likeness
from pipeline.transcripts.readers.labels.forms import ASIDE, PICTURES, TAIL, WEAK_KINDS, Place, clean, tokens_of
from pipeline.transcripts.readers.labels.words import (
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

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SHORT_WORDS = ("OK", "NO", "YES", "PS", "NB", "FYI", "ETA", "FAQ", "RE", "REF", "TEL", "FAX", "URL", "WEB", "SO", "BUT")
RECURRING = 3  # times from which even words that people say before a colon may be meant as a name
LISTED = 0.7  # likeness from which a label is a person of the call list
SURELY_LABELS = ("voice", "heading", "id")  # forms that speech does not have
LONGEST_INITIALS = 3
NUMBERED = re.compile(r"[A-Za-z]{0,2}[ _-]?\d{1,3}|[A-Z]")  # S1, 2, A
COMMON_WORDS = Path(__file__).parents[2] / "weights" / "common_words.txt"
COMMON_USE = 4  # times that a word also said in small letters must stand in label position to be a name


class Judge:
    """What one file and its call list say for and against a label."""

    def __init__(self, said: Counter[str], listed: tuple[str, ...], labels: Collection[str]) -> None:
        self.said = said
        self.listed = listed
        longer = [label for label in labels if len(label) > LONGEST_INITIALS]
        self.in_capitals = 2 * sum(label.isupper() for label in longer) > len(longer)
        initials = {label for label in labels if _is_initials(label)}
        self.by_initials = len(initials) > 1 and len(initials) >= len(longer) and not initials <= set(SHORT_WORDS)
        numbered = {label for label in labels if NUMBERED.fullmatch(label)}
        self.by_numbers = len(numbered) > 1 and len(numbered) >= len(longer)

    def is_certain(self, label: str, places: Sequence[Place]) -> bool:
        """Whether it is a name whatever else the file says."""
        shown = clean(places[0].label)
        if places[0].kind == "voice" or ADDRESS.fullmatch(label) or TELEPHONE.fullmatch(label) or DEVICE.search(label):
            return True
        if IDENTIFIER.fullmatch(ASIDE.sub("", label).strip()):  # "Speaker 3 (Paula)"
            return places[0].kind not in WEAK_KINDS and (
                len(places) > 1 or bool(re.search(r"\d", label)) or shown.isupper()
            )
        if self.is_ordinary(label, places):
            return any(label == name.casefold() for name in self.listed)
        return any(likeness(shown, name) >= LISTED for name in self.listed)

    def is_ordinary(self, label: str, places: Sequence[Place]) -> bool:
        """Whether it is words that are said before a colon, or a sound."""
        tokens = [token.casefold() for token in tokens_of(label)]
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
            token
            for token in (token.replace(".", "") for token in tokens)
            if token in FUNCTION_WORDS or token in SAID_BEFORE_A_COLON or token.isdigit()
        ]
        if len(tokens) == 1 and _is_first_name(tokens[0]) and bare.istitle() and len(places) > 1:
            return False
        if len(common) == len(tokens):
            initials = _is_initials(bare) and (len(bare) == 1 or len(places) > 1)
            return not bare.isdigit() and not (initials and (self.by_initials or bare not in SHORT_WORDS))
        links = {*PARTICLES, "of", "for"} if "," in bare else PARTICLES  # "Paula Stern, Head of Dispatch"
        lower = [token for token in tokens_of(bare) if token[:1].islower() and token not in links]
        return any(token in FUNCTION_WORDS for token in lower) or (bool(lower) and bool(common))

    def is_common(self, label: str, places: Sequence[Place]) -> bool:
        """Whether nothing in it is a name: words that people also say, initials of no person, a number."""
        if places[0].kind in SURELY_LABELS or not label.isascii():
            return False
        bare = TAIL.sub("", clean(places[0].label))
        words = [word.replace(".", "") for word in tokens_of(bare)]
        if "&" in words or any(map(_is_first_name, words)) or self._is_of_series(bare):
            return False
        if len(words) == 1 and bare.isupper() and not self.in_capitals:
            return True
        return all(len(word) == 1 or word.isdigit() or _is_common(word.casefold()) for word in words)

    def is_guess(self, label: str, places: Sequence[Place], *, seldom: float) -> bool:
        """Whether a label that is taken for a name could be a place, a product or a word that somebody says: it holds
        no first name, and stands there `seldom`."""
        names = [token for token in tokens_of(label) if _is_first_name(token) and not _is_common(token.casefold())]
        return (
            places[0].kind not in SURELY_LABELS
            and (len(places) < seldom or self.is_common(label, places))
            and not names
            and not self._is_of_series(clean(places[0].label))
            and not any(letter.isdigit() or not letter.isascii() for letter in label)
        )

    def _is_of_series(self, shown: str) -> bool:
        """Whether the file calls people by initials or numbers, of which it is one."""
        return (self.by_initials and _is_initials(shown)) or (self.by_numbers and bool(NUMBERED.fullmatch(shown)))

    def recurs_as_name(self, label: str, places: Sequence[Place]) -> bool:
        """Whether a label that recurs is a name: no ordinary word, or one that stands there far too often."""
        if places[0].kind == "heading":  # with a time after it, as no speech has
            return True
        if self.is_ordinary(label, places):
            return False
        tokens = tokens_of(label)
        alone = len(tokens) == 1 and not _is_first_name(tokens[0])
        if places[0].kind in WEAK_KINDS and not self._is_titled(places):
            return False
        return not (alone and self.said[tokens[0].casefold()] and len(places) < COMMON_USE)

    def is_name_once(self, label: str, places: Sequence[Place]) -> bool:
        """Whether a label that stands once, in a file with others that are sure, is a name."""
        tokens = [token.casefold() for token in tokens_of(label)]
        if not self.is_written_as_name(label, places) or any(self.said[token] for token in tokens):
            return False
        return any(_is_first_name(token) or not token.isascii() for token in tokens)

    def is_written_as_name(self, label: str, places: Sequence[Place]) -> bool:
        """Whether all its words begin as names do."""
        return self._is_titled(places) and not self.is_ordinary(label, places)

    def is_doubtful(self, label: str, places: Sequence[Place], *, alone: bool = False) -> bool:
        """Whether a label that was taken for speech could be a name after all, above all where no other is one."""
        if self.is_ordinary(label, places):
            return len(places) >= RECURRING
        return alone or len(places) > 1 or self._is_titled(places)

    def _is_titled(self, places: Sequence[Place]) -> bool:
        if PICTURES.fullmatch(clean(places[0].label)):
            return True
        words = [word for word in tokens_of(TAIL.sub("", clean(places[0].label))) if word.casefold() not in PARTICLES]
        return bool(words) and all(not word[0].islower() for word in words)


@cache
def common_words() -> frozenset[str]:
    """The words that `benchmarks.training.common_words` found in small letters within sentences."""
    return frozenset(COMMON_WORDS.read_text(encoding="utf-8").split())


def _is_common(word: str) -> bool:
    return not common_words().isdisjoint((word, word.removesuffix("s"), f"{word}s"))


def _is_first_name(word: str) -> bool:
    return word.casefold() in FIRST_NAMES or is_first_name(word)


def _is_initials(label: str) -> bool:
    return label.isupper() and label.isalpha() and len(label) <= LONGEST_INITIALS
