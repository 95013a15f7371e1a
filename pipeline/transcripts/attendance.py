"""Attendance: which speaker is which of the people listed for a conversation, and what role that gives each."""

from typing import NamedTuple

from pipeline.intake.people import Person
from pipeline.transcripts.names import NAMED, is_shortened, is_whole, likeness

APART = 0.15  # by which it must be liker to one than to any other who is free
COLLEAGUE, MANAGER = "colleague", "manager"


class Attendance(NamedTuple):
    """The listed person of each speaker that is one, and the speaker who leads (None if not told)."""

    persons: dict[str, Person]
    lead: str | None


def attend(names: dict[str, str], people: list[Person], *, lead_name: str | None, lead_id: str | None) -> Attendance:
    """Match speakers with listed people, the surest first; of two people of one first name neither is guessed.

    Who comes back under another label has two: both are matched where each is the name, whole or shortened.
    """
    free, persons = list(people), dict[str, Person]()
    while True:
        best: tuple[float, str, Person] | None = None
        for speaker, name in names.items():
            if speaker in persons:
                continue
            ranked = sorted(((likeness(name, person.name), person) for person in free), key=lambda pair: -pair[0])
            second = ranked[1][0] if len(ranked) > 1 else 0.0
            if ranked and ranked[0][0] >= NAMED and ranked[0][0] - second >= APART:
                best = max(best or (0.0, "", people[0]), (ranked[0][0], speaker, ranked[0][1]), key=lambda one: one[0])
        if best is None:
            break
        persons[best[1]] = best[2]
        free.remove(best[2])
    lead = _lead(persons, lead_name, lead_id)
    for speaker, name in names.items():
        whole = [person for person in people if is_whole(name, person.name)]
        same = whole or [person for person in people if is_shortened(name, person.name)]
        if speaker not in persons and len(same) == 1:
            persons[speaker] = same[0]
    return Attendance(persons, lead)


def again(lead: str, names: dict[str, str], *, lead_name: str, others: list[str]) -> list[str]:
    """The other labels of the lead: each is the listed name whole, or shortened where that can be nobody else's.

    `others` are the names of who else is listed. A shortened name is the lead's only where one more speaker is there.
    """
    if likeness(names.get(lead, ""), lead_name) < NAMED:
        return []
    whole = [speaker for speaker, name in names.items() if speaker != lead and is_whole(name, lead_name)]
    rest = {speaker: name for speaker, name in names.items() if speaker not in (lead, *whole)}
    apart = [name for name in (*others, *rest.values()) if likeness(name, lead_name) < NAMED]
    short = [
        speaker
        for speaker, name in rest.items()
        if is_shortened(name, lead_name) and all(likeness(name, other) < NAMED for other in apart)
    ]
    return [*whole, *(short if len(short) < len(rest) else ())]


def _lead(persons: dict[str, Person], lead_name: str | None, lead_id: str | None) -> str | None:
    """The lead among the people of our side: by id, by name, else the only one who is no manager."""
    ours = {speaker: person for speaker, person in persons.items() if person.ours}
    for wanted in (
        [speaker for speaker, person in ours.items() if lead_id and person.person_id == lead_id],
        [speaker for speaker, person in ours.items() if lead_name and likeness(person.name, lead_name) >= NAMED],
        [speaker for speaker, person in ours.items() if person.role == "lead"],
        [speaker for speaker, person in ours.items() if person.role != MANAGER],
        list(ours),
    ):
        if len(wanted) == 1:
            return wanted[0]
    return None


def role_of(person: Person, *, other_role: str) -> str:
    """The role of a listed person who does not lead."""
    if not person.ours:
        return other_role
    return MANAGER if person.role == MANAGER and other_role != MANAGER else COLLEAGUE
