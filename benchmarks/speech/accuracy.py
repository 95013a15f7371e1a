"""How right diarization, words and roles are, and the measures that depend on them.

    python -m benchmarks.speech.accuracy --calls 20 --shared ../shared

writes its parts of docs/benchmarks.md, or some of them with `--parts`. Generated calls need flite and sox. Parts that
need the corpora and weights under `--shared` say so where these are missing.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.page import write
from benchmarks.paths import SHARED
from benchmarks.speech.diarization import channels, telephone, voices
from benchmarks.speech.guard import guard
from benchmarks.speech.roles import roles
from benchmarks.speech.words import words

PARTS: dict[str, Callable[[int, Path], Iterator[str]]] = {
    "channels": channels,
    "telephone": telephone,
    "voices": voices,
    "roles": roles,
    "guard": guard,
    "words": words,
}


def main() -> None:
    """Measure the parts that are asked for, and write each when it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="generated calls for each kind of line")
    parser.add_argument("--shared", type=Path, default=SHARED, help="corpora and weights")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    for part in options.parts:
        text = "\n".join(PARTS[part](options.calls, options.shared))
        print(text, flush=True)
        write(f"benchmarks.speech.accuracy {part}", text)


if __name__ == "__main__":
    main()
