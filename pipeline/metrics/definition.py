"""What a measure is, and the expressions that many are made of: whose row it is, and the length of the call."""

from dataclasses import dataclass

import polars as pl

mine, theirs = pl.col("mine"), pl.col("theirs")
call_s = pl.col("duration_s").first()


@dataclass(frozen=True)
class Measure:
    """What one measure is: `part` (and `whole`, if it is a share or a rate) over the frame `source`.

    `roles` are the sides it is computed for, or all for the whole call; `absent` says why there may be no value."""

    unit: str
    definition: str
    source: str
    part: pl.Expr
    whole: pl.Expr | None = None
    roles: tuple[str, ...] = ("lead",)
    absent: str = "nothing to measure"
    is_place: bool = False  # the value is a place in the recording
    of_meetings: bool = False  # it counts and is shown in managers' meetings only
    of_crosstalk: bool = False  # it rests on when two speak at once, which is heard on separate channels only
