"""Names: compare the name on a transcript with a participant's, in spite of nicknames, initials and "(Guest)".

Letters count without their accents: transcripts and lists often leave them out, of one name but not of the other.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

NICKNAMES = (
    "alexander alex sandy|alexandra alex sandra|andrew andy drew|anthony tony|barbara barb|benjamin ben|catherine cathy"
    "|charles charlie chuck|christine chris christina tina|christopher chris|daniel dan danny|david dave|deborah debbie"
    " deb|donald don|dorothy dot|edward ed eddie ted|elizabeth liz beth betty lisa eliza|francis frank|frederick fred"
    "|gerald gerry jerry|gregory greg|harold harry|henry harry hank|jacob jake|james jim jimmy jamie|jennifer jen jenny"
    "|jessica jess|john jack johnny jon|jonathan jon|joseph joe joey|joshua josh|katherine kate kathy katie kathryn"
    "|kenneth ken|lawrence larry|margaret maggie meg peggy|matthew matt|michael mike mick|nathaniel nate nathan"
    "|nicholas nick|pamela pam|patricia pat patty tricia|patrick pat paddy|peter pete|philip phil|raymond ray|rebecca"
    " becky|richard rick dick rich|robert rob bob bobby|ronald ron|samuel sam|samantha sam|stephen steve steven"
    "|susan sue suzanne|theodore ted|theresa terry tess|thomas tom tommy|timothy tim|victoria vicky|vincent vince"
    "|virginia ginny|william will bill billy|zachary zach"
)
ASIDE = re.compile(
    r"\(.*?\)|\[.*?\]|\s[-\u2013|/].*|\b(?:guest|external|unverified|dr|mr|mrs|ms|prof)\b"
    r"|^\s*(?:herr|frau|sra?|srta|se[n\u00f1]ora?|mme|mlle|madame|monsieur)\b(?=[.\s])",  # not "M.": an initial
    re.IGNORECASE,
)
ACCENTS = re.compile("[\u0300-\u036f]")
UNACCENTED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
BETWEEN = re.compile(r"[;&+/|\n]|,?\s(?:and|und|et|y)\s")  # not a comma alone: "Reed, Dana" is one person
DEVICES = re.compile(  # "Omar's iPhone" is Omar
    r"\b(?:iphone|ipad|galaxy|macbook|android|laptop|desktop|presentation|screen)\b", re.IGNORECASE
)
CHANNEL = re.compile(r"(?:channel|ch)[ _]?(\d{1,3})", re.IGNORECASE)
FUZZY = 75.0  # of 100, from which two words with one initial are one name misspelt
FUZZIER = 85.0  # ... and with different ones
INITIAL = 0.5  # as good as half a name
NAMED = 0.7  # likeness from which a name that is heard or written is the name that is listed


def likeness(heard: str, listed: str) -> float:
    """The certainty (0 to 1) that two names are one person's: every word of the shorter must fit a word of the longer.

    An initial counts half a word, so that "M. Lopez" is surer than "M."; a name of one word is never quite sure.
    """
    shorter, longer = sorted((_words(heard), _words(listed)), key=len)
    if not shorter:
        return 0.0
    if len(shorter) == 1 and len(longer) > 1 and shorter[0] == "".join(word[0] for word in longer):
        return 0.8  # "ML" of Maya Lopez
    left, sure = list(longer), 0.0
    for word in sorted(shorter, key=len, reverse=True):
        fits = [_word_likeness(word, other) for other in left]
        best = max(fits)
        if best == 0:
            return 0.0
        left.pop(fits.index(best))
        sure += best
    alone = 0.9 if len(shorter) == 1 and len(longer) > 1 else 1.0
    return alone * sure / len(shorter)


def is_whole(heard: str, listed: str) -> bool:
    """Whether a label is a listed name whole, whatever stands beside it: "Maya Lopez (2)"; one word is no such name."""
    words = sorted(_words(heard))
    return len(words) > 1 and words == sorted(_words(listed))


def is_shortened(heard: str, listed: str) -> bool:
    """Whether a label is a listed name shortened or misspelt: "M. Lopez", "Maya L.", or a device, as "Maya's iPhone".

    One word alone is no such label: several people may have it.
    """
    words, full = _words(heard), _words(listed)
    if not 0 < len(words) <= len(full) or (len(words) == 1 and (not DEVICES.search(heard) or words[0] != full[0])):
        return False
    return likeness(heard, listed) >= NAMED


def is_first_name(word: str) -> bool:
    """Whether a word is a common first name or short for one."""
    return bool(_short_for(word.casefold()))


def channels_named(names: Mapping[str, str]) -> dict[str, int]:
    """The channel of each of two speakers whom a file calls by it, as "channel 1" or "ch_0": the lower number is 0."""
    numbers = {speaker: int(found[1]) for speaker, name in names.items() if (found := CHANNEL.fullmatch(name))}
    order = sorted(numbers.values())
    return {speaker: order.index(number) for speaker, number in numbers.items()} if len(order) == 2 else {}


def people(names: str | None) -> list[str]:
    """The names in a field of the call list that may name several: "Dana Reed; Tom Fox" or "Dana and Tom"."""
    return [name for name in (part.strip() for part in BETWEEN.split(names or "")) if name]


def _without_accents(name: str) -> str:
    """A name in small letters without accents, in one form however they are encoded."""
    bare = ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    return unicodedata.normalize("NFC", bare).translate(UNACCENTED)


def _words(name: str) -> list[str]:
    name = _without_accents(name)
    if "@" in name:
        name = name.partition("@")[0]
    owner = re.sub(r"['\u2019]s\b", "", DEVICES.sub(" ", name)) if DEVICES.search(name) else name
    return re.findall(r"[^\W\d_]+", ASIDE.sub(" ", owner.replace("'", "").replace("\u2019", "")))


def _word_likeness(word: str, other: str) -> float:
    from rapidfuzz import fuzz

    if word == other:
        return 1.0
    if min(len(word), len(other)) == 1:
        return INITIAL if word[0] == other[0] else 0.0
    if _short_for(word) & _short_for(other):
        return 0.9
    alike = fuzz.ratio(word, other)
    return alike / 100 if alike >= (FUZZY if word[0] == other[0] else FUZZIER) else 0.0


def _short_for(name: str) -> frozenset[int]:
    """The numbers of the groups of nicknames that a name belongs to."""
    return frozenset(number for number, group in enumerate(_groups()) if name in group)


@functools.cache
def _groups() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(group.split()) for group in NICKNAMES.split("|"))
