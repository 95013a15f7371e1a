"""Find the words of speech that are no names: those in small letters within the sentences of data/scripted.

    python -m benchmarks.training.common_words

writes pipeline/transcripts/weights/common_words.txt, by which "Red: twenty vans" is told from a speaker called Red.
"""

import re
from collections import Counter

from benchmarks.paths import ROOT
from pipeline.transcripts.readers.labels.judge import COMMON_WORDS

CONVERSATIONS = ROOT / "data" / "scripted" / "conversations.jsonl"
WITHIN = re.compile(r"(?<=[a-z,] )[a-z]{2,}\b(?!')")
FEWEST = 2


def words() -> list[str]:
    """The words that stand at least FEWEST times in small letters after another word, in the order of the alphabet."""
    counts = Counter(WITHIN.findall(CONVERSATIONS.read_text(encoding="utf-8")))
    return sorted(word for word, n in counts.items() if n >= FEWEST)


def main() -> None:
    """Write the words, one a line."""
    found = words()
    COMMON_WORDS.write_text("\n".join(found) + "\n", encoding="utf-8")
    print(f"{len(found)} words written to {COMMON_WORDS.name}")


if __name__ == "__main__":
    main()
