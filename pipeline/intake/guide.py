"""Guides: how a kind of conversation is held, as the rubric's file says it under `guide`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Written(BaseModel):
    """What a person writes: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Written):
    """One item of an agenda, how many minutes it takes, and what of a pair is put under it when they prepare."""

    minutes: int = Field(ge=1, le=240)
    what: str = Field(min_length=1)
    about: Literal["promises", "goal", "moments"] | None = None


class Guide(_Written):
    """Purpose, what to bring, agenda with minutes, questions to ask, and what comes out."""

    purpose: str = Field(min_length=1)
    inputs: tuple[str, ...]
    agenda: tuple[Item, ...]
    questions: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """How long the agenda takes."""
        return sum(item.minutes for item in self.agenda)
