"""The room on the samples: a session on the discovery calls, and links for those who try it."""

from sqlalchemy import select

from flows.room.calibration.setting_up import Wish, planned, set_up
from flows.room.database.scoring import Session
from flows.room.entry.invitations import invite
from flows.room.house import open_house
from flows.room.open import Door
from pipeline.settings import Settings

RUBRIC = "discovery_call"
N_CALLS = 4
PEOPLE = {  # name and role, by the ids of the samples' call list where they stand in it
    "rater-1": ("First rater", "rater"),
    "rater-2": ("Second rater", "rater"),
    "mark-bell": ("Mark Bell", "seller"),
    "susan-cole": ("Susan Cole", "manager"),
    "enablement": ("Enablement lead", "enablement"),
    "admin": ("Administrator", "admin"),
}
RATERS = ["rater-1", "rater-2"]


def invite_everybody(settings: Settings, door: Door) -> list[tuple[str, str]]:
    """Open the session if there is none, and return for each person who it is and a link."""
    house = open_house(settings)
    elements = house.elements().filter(rubric=RUBRIC).sort("position")["element"].to_list()
    with house.database.begin() as session:
        tokens = {key: invite(session, key, name=name, role=role) for key, (name, role) in PEOPLE.items()}
        if session.scalars(select(Session).limit(1)).first() is None:
            wish = Wish("First calibration", RUBRIC, elements, planned(house, RUBRIC, N_CALLS), RATERS)
            set_up(session, wish, by="enablement", practice=[])
    house.database.engine.dispose()
    return [
        (f"{name} ({role.replace('_', ' ')})", f"{door.url}/invitation/{tokens[key]}")
        for key, (name, role) in PEOPLE.items()
    ]
