"""Vocabulary: the words for days, months and numbers, and the phrases that mean something, found by spaCy's matchers.

vocabulary.yaml says what is said; this module reads it and finds it. Texts are in their normal form (`text.plain`), and
so are the phrases, so that what is found does not depend on case, marks and contractions.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain, product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict

from pipeline.intake.yaml_files import read_yaml
from pipeline.language.text import english, words_in

if TYPE_CHECKING:
    from spacy.matcher import Matcher, PhraseMatcher

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
            "twentieth", "thirtieth")  # fmt: skip
KINDS = (
    dict.fromkeys((*UNITS, *TENS, "hundred", "thousand", "half"), "<number>")
    | {word: "<nth>" for word in ORDINALS if word not in ("first", "second", "third")}
    | dict.fromkeys(DAYS, "<day>")
    | {word: "<month>" for word in MONTHS if word not in ("march", "may")}
)

VOCABULARY = Path(__file__).parent / "vocabulary.yaml"
MOST_WRITTEN_OUT = 400  # forms up to which a phrase is written out for the PhraseMatcher, the faster of the two
START, END, ANY, FEW, UNLESS = "^", "$", "*", "...", "!"


class Meaning(BaseModel):
    """The phrases of one meaning, as people write them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    means: str
    hit: str
    miss: str
    say: list[str] | str
    unless: list[str] = []  # phrases over which none of these counts
    whole: bool = False  # whether nothing else may be said


class Match(NamedTuple):
    """A phrase found in plain words: its list, its first word and the word after its last."""

    name: str
    first: int
    after: int


class Form(NamedTuple):
    """A written phrase: what may stand at each of its places ("" for nothing), and whether it is bound to an end."""

    places: tuple[tuple[str, ...], ...]
    at_start: bool
    at_end: bool


class Pattern(NamedTuple):
    """The matcher of one phrase, and of which words a text must have one each for the phrase to be there."""

    needs: tuple[frozenset[str], ...]
    matcher: "Matcher"


class Finder(NamedTuple):
    """What finds phrases that are written out, and, many times slower, those that are not."""

    by_phrase: "PhraseMatcher"
    by_token: list[Pattern]


@cache
def meanings() -> dict[str, Meaning]:
    """The lists of vocabulary.yaml that have a meaning, by name; raises ValueError where one is not as it must be."""
    return {name: Meaning(**written) for name, written in read_yaml(VOCABULARY)["phrases"].items()}


@cache
def _written() -> dict[str, list[str]]:
    """All lists of vocabulary.yaml by name: their phrases as they are written."""
    content = read_yaml(VOCABULARY)
    lists = content["words"] | {name: written["say"] for name, written in content["phrases"].items()}
    return {name: [said] if isinstance(said, str) else said for name, said in lists.items()}


def form_of(phrase: str) -> Form:
    """What a written phrase means."""
    parts = phrase.replace("| ", "|").split()
    places = tuple(_choices(part) for part in parts if part not in (START, END))
    return Form(places, at_start=parts[0] == START, at_end=parts[-1] == END)


def _choices(part: str) -> tuple[str, ...]:
    """What may stand at one place of a phrase: plain words, "" where it may be left out."""
    choices = [""] if part.startswith("(") else []
    for choice in part.strip("()").split("|"):
        if choice.startswith("<"):
            choices += [" ".join(way) for phrase in _written()[choice.strip("<>")] for way in ways(form_of(phrase))]
        else:
            choices.append(choice if choice in (ANY, FEW) else " ".join(words_in(choice)))
    return tuple(choices)


def ways(form: Form) -> list[tuple[str, ...]]:
    """All ways to say a phrase, as words."""
    return [tuple(" ".join(way).split()) for way in product(*form.places)]


@cache
def _finder() -> Finder:
    """The matchers of all lists; a key is the list's name and the ends that its phrase is bound to."""
    from spacy.matcher import Matcher, PhraseMatcher
    from spacy.tokens import Doc

    vocab = english().vocab
    by_phrase, by_token = PhraseMatcher(vocab), list[Pattern]()
    lists = {name: _written()[name] for name in meanings()}
    lists |= {f"{UNLESS}{name}": meaning.unless for name, meaning in meanings().items()}
    for name, said_as in lists.items():
        for at, phrase in enumerate(said_as):
            form = form_of(phrase)
            key = f"{name} {START if form.at_start else ''}{END if form.at_end else ''} {at}"
            if _written_out(form):
                by_phrase.add(key, [Doc(vocab, words=list(way)) for way in ways(form) if way])
            else:
                tokens = [token for place in form.places for token in _tokens(place)]
                by_token.append(Pattern(_needs(tokens), Matcher(vocab)))
                by_token[-1].matcher.add(key, [tokens])
    return Finder(by_phrase, by_token)


def _written_out(form: Form) -> bool:
    some_word = any(choice in (ANY, FEW) for place in form.places for choice in place)
    return not some_word and prod(len(place) for place in form.places) <= MOST_WRITTEN_OUT


def _tokens(place: tuple[str, ...]) -> list[dict[str, Any]]:
    """A place of a phrase as the Matcher reads it; choices there must be single words."""
    optional: dict[str, Any] = {"OP": "?"} if "" in place else {}
    choices = [choice for choice in place if choice]
    if choices == [FEW]:
        return [{"OP": "{0,3}"}]
    if choices == [ANY]:
        return [{}]
    if len(choices) == 1:
        return [{"ORTH": word, **optional} for word in choices[0].split()]
    if several := [choice for choice in choices if " " in choice]:
        raise ValueError(f"vocabulary.yaml: {several[0]!r} is more than one word where a phrase has very many forms")
    return [{"ORTH": {"IN": choices}, **optional}]


def _needs(tokens: list[dict[str, Any]]) -> tuple[frozenset[str], ...]:
    """The words of each token that may not be left out."""
    words = [token["ORTH"] for token in tokens if "ORTH" in token and "OP" not in token]
    return tuple(frozenset([word] if isinstance(word, str) else word["IN"]) for word in words)


@cache
def _lead_in() -> frozenset[str]:
    return frozenset(way[0] for phrase in _written()["lead_in"] for way in ways(form_of(phrase)))


@lru_cache(maxsize=60_000)  # more than there are sentences to learn from: they are asked for several times, in order
def matches(words: str) -> tuple[Match, ...]:
    """Every phrase of every list in plain words, in order; phrases may lie over each other."""
    from spacy.tokens import Doc

    split = words.split()
    if not split:
        return ()
    finder, vocab = _finder(), english().vocab
    doc, there = Doc(vocab, words=split), set(split)
    possible = [pattern.matcher for pattern in finder.by_token if not any(map(there.isdisjoint, pattern.needs))]
    found = set()
    for key, first, after in chain(finder.by_phrase(doc), *(matcher(doc) for matcher in possible)):
        name, ends, _ = vocab.strings[key].split(" ")
        if (START not in ends or _lead_in().issuperset(split[:first])) and (END not in ends or after == len(doc)):
            found.add(Match(name, first, after))
    barred = [match for match in found if match.name.startswith(UNLESS)]
    for bar in barred:
        name = bar.name.removeprefix(UNLESS)
        found -= {
            match for match in found if match.name == name and match.first < bar.after and bar.first < match.after
        }
    found -= set(barred)
    return tuple(sorted(found, key=lambda match: (match.first, match.after, match.name)))


def says(words: str, name: str) -> bool:
    """Whether plain words have a phrase of a list; of a list of whole sayings, whether they have nothing else."""
    if meanings()[name].whole:
        return _says_whole(words, name)
    return any(match.name == name for match in matches(words))


def _says_whole(words: str, name: str) -> bool:
    if not meanings()[name].whole:
        return False
    said_at = {place for match in matches(words) if match.name == name for place in range(match.first, match.after)}
    return len(said_at) == len(words.split())


def said(words: pl.Expr, *names: str) -> pl.Expr:
    """Whether plain words have a phrase of one of the lists."""
    for name in names:
        if name not in meanings():
            raise ValueError(f"vocabulary.yaml has no list {name!r}, only {', '.join(meanings())}")
    return words.map_batches(
        lambda texts: pl.Series(texts.name, [any(says(text, name) for name in names) for text in texts], pl.Boolean),
        return_dtype=pl.Boolean,
    )


def _found(texts: pl.Series) -> Iterator[tuple[str, set[str]]]:
    """Texts with the names of the lists of which they have a phrase, lists of whole sayings left out."""
    whole = {name for name, meaning in meanings().items() if meaning.whole}
    for text in texts:
        yield text, {match.name for match in matches(text)} - whole


def signs(words: pl.Series, names: tuple[str, ...]) -> pl.DataFrame:
    """For each of some plain texts whether it has a phrase of each list: one column for each name."""
    known = words.unique()
    rows = [[name in found or _says_whole(text, name) for name in names] for text, found in _found(known)]
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Boolean), orient="row").with_columns(known.alias("words"))
    placed = pl.DataFrame({"words": words}).join(table, on="words", how="left", maintain_order="left")
    return placed.select(names)


def count(words: pl.Expr, name: str) -> pl.Expr:
    """How many phrases of a list plain words have that do not lie over each other."""
    return words.map_batches(
        lambda texts: pl.Series(texts.name, [_apart(text, name) for text in texts], pl.Int64), return_dtype=pl.Int64
    )


def _apart(words: str, name: str) -> int:
    reached = counted = 0
    for match in matches(words):
        if match.name == name and match.first >= reached:
            reached, counted = match.after, counted + 1
    return counted


def spoken(forms: str) -> str:
    """A pattern for plain words from forms of speech parted by " | " over any number of lines; MONTH is any month."""
    alternatives = [form.strip() for form in " ".join(forms.split()).split(" | ")]
    months = "|".join(month for month in MONTHS if month not in ("march", "may"))
    return rf"\b(?:{'|'.join(alternatives)})\b".replace("MONTH", f"(?:{months})")
