"""Decide for a file as a whole which of the words in label position name a speaker.

What the call list names, what services call people, addresses and telephone numbers are names wherever they stand;
what recurs is one unless it is a word that people say before a colon. What stands there once is a name if it is
written like one. The rest is speech, and is told where it could have been a name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.transcripts.readers.labels.forms import STRONG_KINDS, WEAK_KINDS, Place, clean, is_shaped, key
from pipeline.transcripts.readers.labels.judge import COMMON_USE, Judge
from pipeline.transcripts.readers.labels.words import PRONOUNS


@dataclass(frozen=True)
class Labels:
    """Who speaks in a file: the name of each label that is one by the forms it is one in, and the doubtful labels."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    doubts: dict[str, int] = field(default_factory=dict)  # the words said after each
    guesses: dict[str, int] = field(default_factory=dict)  # names that could be words of speech, as doubts
    anywhere: frozenset[str] = frozenset()  # keys that are names in whatever form

    def name(self, kind: str, label: str) -> str | None:
        """The speaker that a label in this form names; None where it names nobody."""
        place = key(label)
        if kind in self.kinds or (place in self.anywhere and kind not in ("bare", "dash")) or kind == "repeat":
            return self.names.get(place)
        return None


def decide(places: Iterable[Place], spoken: str, listed: Sequence[str] = ()) -> Labels:
    """The labels of a file, from every place where it may name a speaker and from all its text."""
    by_kind: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in places:
        if is_shaped(place.label) and key(place.label):
            by_kind[place.kind][key(place.label)].append(place)
    said = Counter(re.findall(r"\b[a-z][a-z'-]+\b", spoken))
    shown = {clean(at[0].label) for found in by_kind.values() for at in found.values() if len(at) > 1}
    judge = Judge(said, tuple(listed), shown)
    certain = {kind: {k for k, at in found.items() if judge.is_certain(k, at)} for kind, found in by_kind.items()}
    strong = {
        kind: {k for k, at in found.items() if k in certain[kind] or (len(at) > 1 and judge.recurs_as_name(k, at))}
        for kind, found in by_kind.items()
    }
    main = _main_kind(by_kind, strong)
    if main is None:
        return _from_doubtful(by_kind, judge)
    once = {k for k, at in by_kind[main].items() if k not in strong[main] and judge.is_name_once(k, at)}
    once = once if main in (*STRONG_KINDS, "dash") else {k for k in once if main == "bare" and " " in k}
    common = {k for k in strong[main] - certain[main] if judge.is_common(k, by_kind[main][k])}
    names = _without_common(strong[main] | once, common, by_kind[main])
    if not names:
        return Labels({}, frozenset({main}), _words_after(strong[main], by_kind[main]))
    if main == "heading":  # the time after it says that it is one
        names |= {k for k, at in by_kind[main].items() if judge.is_written_as_name(k, at)}
    if len(names) < 2 and main in STRONG_KINDS:
        names |= {k for k, at in by_kind[main].items() if judge.is_written_as_name(k, at)}
    anywhere = {k for kind in STRONG_KINDS for k in certain.get(kind, ())} | names
    everything = {k: at for found in by_kind.values() for k, at in found.items() if k in names | anywhere}
    doubts: dict[str, int] = {}
    for kind in dict.fromkeys(("colon", main)):
        found = by_kind.get(kind, {})
        beside = {k: at for k, at in found.items() if k not in names | anywhere}
        doubtful = {k for k, at in beside.items() if judge.is_doubtful(k, at, alone=len(names) < 2)}
        doubts |= _words_after(doubtful if kind in STRONG_KINDS else doubtful & strong[main], found)
    seldom = _seldom(names - common, by_kind[main])
    unsure = (names - certain[main]) | (names & PRONOUNS)
    guessed = {k for k in unsure if judge.is_guess(k, by_kind[main][k], seldom=seldom)}
    guesses = _words_after(guessed, by_kind[main]) if len(names - guessed) > 1 else {}
    return Labels(
        {k: _shown(at) for k, at in everything.items()}, frozenset({main}), doubts, guesses, frozenset(anywhere)
    )


def _without_common(names: set[str], common: set[str], found: dict[str, list[Place]]) -> set[str]:
    """The names without the common words among them, except those that stand there about as often as names do."""
    seldom = _seldom(names - common, found)
    rare = {k for k in common if len(found[k]) < seldom}
    if len(names - rare) > 1:
        return names - rare
    return set() if names == rare else set(names)


def _seldom(names: set[str], found: dict[str, list[Place]]) -> float:
    """The number of times below which a label stands there more seldom than the names of those who speak most."""
    usual = sorted((len(found[k]) for k in names if k in found), reverse=True)[1:2] or [0]
    return max(COMMON_USE, usual[0] / 2)


def _words_after(labels: Iterable[str], found: dict[str, list[Place]]) -> dict[str, int]:
    """The words said after each label, by the label as it is shown."""
    return {_shown(at): sum(len(place.said.split()) for place in at) for k, at in found.items() if k in set(labels)}


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


def _from_doubtful(by_kind: dict[str, dict[str, list[Place]]], judge: Judge) -> Labels:
    """The labels of a file in which none recurs: those that are written as names, if there are two."""
    for kind in STRONG_KINDS:
        found = {k: at for k, at in by_kind.get(kind, {}).items() if judge.is_written_as_name(k, at)}
        if len(found) > 1 and not all(judge.is_common(k, at) for k, at in found.items()):
            return Labels({k: _shown(at) for k, at in found.items()}, frozenset({kind}), anywhere=frozenset(found))
    colon = by_kind.get("colon", {})
    names = {k: _shown(at) for k, at in colon.items() if judge.is_name_once(k, at)}
    doubtful = {k for k, at in colon.items() if k not in names and judge.is_doubtful(k, at, alone=True)}
    return Labels(names, frozenset({"colon"}), _words_after(doubtful, colon))


def _shown(places: Sequence[Place]) -> str:
    """The commonest way a label is written, without the mark of a guest or a shared screen where it also stands so."""
    forms = Counter(clean(place.label) for place in places)
    plain = [form for form in forms if not re.search(r"presentation|screen", form, re.IGNORECASE)]
    return max(plain or forms, key=lambda form: forms[form])
