"""How far speech can be relied on: diarization, words, roles, and the measures that rest on them.

    python -m benchmarks.speech.accuracy --calls 20 --shared ../shared

writes its parts of docs/benchmarks.md, with `--parts` only some. Generated calls need flite and sox; the corpora and
weights under `--shared` are used where they are, and what needs them is left out where they are not.
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
    """Run what is asked for and can be run here, and write it part by part."""
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
