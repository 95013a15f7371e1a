"""Learn how often which words are misheard and as what, from conversations that voices spoke and Whisper heard.

    python -m benchmarks.hearing --calls 30 --workspace hearing
    python -m benchmarks.training.misheard --workspace hearing
    python -m benchmarks.training.reference_acts

Writes models/ratings/weights/misheard.json from all that is heard in the workspace of `benchmarks.hearing`. A word that
was said in one conversation only is left to the rate of words of its kind, so that no conversation is known by heart.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import jiwer
import polars as pl

from benchmarks.hearing.spoken import READ
from models.ratings.misheard import MARKS, QUOTES, Token, kind_of, tokens_of
from models.ratings.reference_acts import CHANNEL
from pipeline.store.delta import Store

MIN_CONVERSATIONS = 2  # in which a word was said
MIN_SAID = 3


class Counts:
    """What was said and what was heard, counted conversation by conversation."""

    def __init__(self) -> None:
        self.said_in: dict[str, set[str]] = {}
        self.said: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.heard: dict[str, Counter[str]] = {}
        self.kinds: dict[str, Counter[bool]] = {}
        self.marks: dict[str, Counter[str]] = {}

    def add(self, conversation: str, spoken: list[Token], heard: list[Token]) -> None:
        """Count one side of a conversation on one line."""
        said, heard_words = (" ".join(token.word or "-" for token in tokens) for tokens in (spoken, heard))
        for chunk in jiwer.process_words(said, heard_words).alignments[0]:
            there = spoken[chunk.ref_start_idx : chunk.ref_end_idx]
            instead = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
            for at, token in enumerate(there):
                right = chunk.type == "equal"
                self.said[token.word] += 1
                self.said_in.setdefault(token.word, set()).add(conversation)
                self.kinds.setdefault(kind_of(token), Counter())[right] += 1
                if right:
                    self.marks.setdefault(token.mark, Counter())[instead[at].mark] += 1
                    continue
                self.missed[token.word] += 1
                begin, end = (number * len(instead) // len(there) for number in (at, at + 1))
                self.heard.setdefault(token.word, Counter())[" ".join(map(as_kept, instead[begin:end]))] += 1

    def channel(self) -> dict[str, object]:
        """What is kept."""
        words = {
            word: (n, self.missed[word], dict(sorted(self.heard.get(word, Counter()).items())))
            for word, n in sorted(self.said.items())
            if word and n >= MIN_SAID and len(self.said_in[word]) >= MIN_CONVERSATIONS
        }
        kinds = {kind: round(n[False] / n.total(), 4) for kind, n in sorted(self.kinds.items())}
        marks = {mark: dict(sorted(n.items())) for mark, n in sorted(self.marks.items())}
        return {"kinds": kinds, "words": words, "marks": marks}


def as_kept(token: Token) -> str:
    """What was heard, without case and marks."""
    return token.written.rstrip(QUOTES).rstrip(MARKS).lower()


def main() -> None:
    """Align what was heard with what was said, and write the channel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("hearing"), help="of benchmarks.hearing")
    options = parser.parse_args()
    listed = pl.read_csv(options.workspace / "calls" / "calls.csv").select("call_id", "kind", "conversation")
    utterances = Store(str(options.workspace)).read("utterances").join(listed, on="call_id").sort("call_id", "start_s")
    sides = utterances.group_by("conversation", "kind", "role", maintain_order=True).agg("text")
    counts = Counts()
    spoken = {(name, role): texts for name, kind, role, texts in sides.iter_rows() if kind == READ}
    for name, kind, role, texts in sides.sort("conversation", "kind", "role").iter_rows():
        if kind != READ and (name, role) in spoken:
            counts.add(name, *([t for one in tokens_of(side) for t in one] for side in (spoken[name, role], texts)))
    CHANNEL.write_text(json.dumps(counts.channel(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    said, missed = counts.said.total(), counts.missed.total()
    print(f"{said} words said, {missed / said:.1%} misheard: {CHANNEL.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
