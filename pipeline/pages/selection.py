"""Which conversation, person or team to write pages of."""

from dataclasses import dataclass

import polars as pl

from pipeline.pages.parts.ratings import page_name


@dataclass(frozen=True)
class Selection:
    """Which conversation, person or team to write pages of; all where none is chosen."""

    call_id: str | None = None
    lead_id: str | None = None
    team: str | None = None

    @property
    def entry(self) -> str:
        """The page to open first, as a path from the report's folder."""
        if self.call_id is not None:
            return f"calls/{page_name(self.call_id)}"
        if self.lead_id is not None:
            return f"people/{page_name(self.lead_id)}"
        return "index.html" if self.team is None else f"teams/{page_name(self.team)}"

    def of(self, calls: pl.DataFrame) -> pl.DataFrame:
        """The scored conversations that were asked for; raises ValueError where there are none."""
        chosen = calls.filter(pl.col("status") == "ok")
        wishes = {
            "conversation": ("call_id", self.call_id),
            "person": ("person", self.lead_id),
            "team": ("team", self.team),
        }
        for what, (column, wish) in wishes.items():
            if wish is None:
                continue
            chosen = chosen.filter(pl.col(column) == wish)
            if chosen.is_empty():
                why = calls.filter((pl.col(column) == wish) & pl.col("error").is_not_null())["error"].head(1).to_list()
                raise ValueError(f"no scored {what} {wish!r} in this workspace" + "".join(f": {text}" for text in why))
        return chosen


EVERYTHING = Selection()
