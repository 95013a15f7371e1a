"""As exported: files as people have them, in which a speaker's words were another's, or times were lost."""

import unicodedata
from pathlib import Path

import pytest

from tests.pipeline.transcripts.readers.test_whole_files import WORDS, read, turns, words_of


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("label", ["Åsa Öberg", "José Núñez", "Zoë"])
def test_accents_that_stand_apart(label: str, mixed: bool, tmp_path: Path) -> None:
    """A name is one however its accents are encoded, as macOS and PDF write them, also on some lines only.

    What Åsa Öberg said was Nora Vance's.
    """
    lines = [f"{name}: {text}" for name, text in turns(label)]
    written = [line if mixed and at < 2 else unicodedata.normalize("NFD", line) for at, line in enumerate(lines)]
    assert words_of(read(tmp_path, "a.txt", "\n".join(written))) == WORDS
