"""Run on: rows in which a second speaker is named behind what the first says, as where a program joined lines."""

import re
from collections import Counter
from collections.abc import Sequence

LABEL = re.compile(r"^[ \t>*-]*((?:[^\W\d_][\w.'\u2019-]*[ \t]){0,3}[^\W\d_][\w.'\u2019-]*):[ \t]", re.MULTILINE)
FEWEST_ROWS, FEWEST_SHARE = 2, 0.15  # of those with a label, that begin with one for it to be one within a row
FEWEST_NAMES = 2
TITLES = ("Dr", "Mr", "Ms", "Mrs", "Mme", "Prof", "Ing", "Dipl", "St", "Sr", "Sra", "Jr", "Hr", "Fr", "[A-Z]")
SENTENCE = "".join(rf"(?<!\b{title}\.)" for title in TITLES) + r"(?<=[.?!\u2026\"\u201d')])"


def apart(text: str, listed: Sequence[str]) -> str:
    """The text with a new row before each label of a speaker that stands behind a sentence in a row.

    Such a label begins other rows, each of its words with a capital or a letter of a script without them; or it is a
    name of the call list, of two words or more.
    """
    begins = Counter(found[1] for found in LABEL.finditer(text))
    fewest = max(FEWEST_ROWS, FEWEST_SHARE * begins.total())
    names = {name for name, n in begins.items() if n >= fewest and _is_named(name)}
    names |= {name for name in listed if len(name.split()) > 1 and f"{name}:" in text} if begins else set()
    if len(names) < FEWEST_NAMES:
        return text
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.sub(rf"{SENTENCE}[ \t]+(?=(?:{longest_first}):[ \t])", "\n", text)


def _is_named(name: str) -> bool:
    return all(word[0] == word[0].upper() for word in name.split())
