"""Names on transcripts against the names of a call list."""

import pytest

from pipeline.transcripts.names import NAMED, likeness, people

SAME = [
    ("Maya Lopez", "Maya Lopez"),
    ("maya lopez", "Maya Lopez"),
    ("Maya", "Maya Lopez"),
    ("Lopez, Maya", "Maya Lopez"),
    ("Maya Lopez (Guest)", "Maya Lopez"),
    ("Maya [Acme Corp]", "Maya Lopez"),
    ("Maya Lopez - Acme", "Maya Lopez"),
    ("Maya L.", "Maya Lopez"),
    ("M. Lopez", "Maya Lopez"),
    ("ML", "Maya Lopez"),
    ("maya.lopez@acme.com", "Maya Lopez"),
    ("Maja Lopez", "Maya Lopez"),
    ("Maya Elena Lopez", "Maya Lopez"),
    ("Bob Smith", "Robert Smith"),
    ("Liz O\u2019Neill", "Elizabeth O'Neill"),
    ("Dr. Smith", "Robert Smith"),
    ("José García", "José García"),
    ("Elodie", "Élodie Durand"),
    ("Zoe\u0308 Ito", "Zo\u00eb Ito"),
    ("Oscar Ibanez", "Óscar Ibáñez"),
    ("Lukasz", "Łukasz Nowak"),
    ("Ozturk", "Can Öztürk"),
    ("Orsted", "Mads Ørsted"),
    ("Weiss", "Jörg Weiß"),
    ("Herr Müller", "Thomas Müller"),
    ("Frau Dr. Weber", "Anna Weber"),
    ("Sra. Ruiz", "Ángela Ruiz"),
]
DIFFERENT = [
    ("Dana Reed", "Maya Lopez"),
    ("Anna Reed", "Dana Reed"),
    ("M", "Maya Lopez"),
    ("Speaker 1", "Maya Lopez"),
    ("S0", "Sam Ohl"),
    ("Meeting Room 4", "Maya Lopez"),
    ("", "Maya Lopez"),
    ("Maya Lopez", ""),
    ("Robert Smith", "Richard Smith"),
    ("D. Lopez", "Maya Lopez"),
    ("M. Durand", "Élodie Durand"),
    ("Éva Durand", "Élodie Durand"),
    ("Herr", "Thomas Müller"),
    ("김민수", "김영희"),
]


@pytest.mark.parametrize(("heard", "listed"), SAME)
def test_same_person(heard: str, listed: str) -> None:
    """Nicknames, initials, order, misspellings, accents and asides hide nobody, whichever name is the longer."""
    assert likeness(heard, listed) >= NAMED
    assert likeness(listed, heard) == likeness(heard, listed)


@pytest.mark.parametrize(("heard", "listed"), DIFFERENT)
def test_different_person(heard: str, listed: str) -> None:
    """A shared surname, a bare initial or a room is nobody in particular."""
    assert likeness(heard, listed) < NAMED


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Dana Reed", ["Dana Reed"]),
        ("Reed, Dana", ["Reed, Dana"]),
        ("Dana Reed; Tom Fox", ["Dana Reed", "Tom Fox"]),
        ("Dana & Tom", ["Dana", "Tom"]),
        ("Dana Reed, Tom Fox and Andy Sands", ["Dana Reed, Tom Fox", "Andy Sands"]),
        (" ; ", []),
        (None, []),
    ],
)
def test_several_people_in_one_field(field: str | None, names: list[str]) -> None:
    """Names stand apart at semicolons and "and"; a comma may also stand within one."""
    assert people(field) == names
