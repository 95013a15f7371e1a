"""The plan: how often managers are to meet their people, and the assumptions that KPIs rest on."""

from pathlib import Path
from typing import Annotated, Any

import dataframely as dy
import polars as pl
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import brief
from pipeline.intake.yaml_files import problem_of, read_yaml
from pipeline.location import write_whole, writing
from pipeline.tables.judgements import Elements

DEFAULT = Path(__file__).with_name("cadence.yaml")
OWN = "cadence.yaml"
FIRST_LINES = (
    "# Every line here is a comment: the program's own plan holds, and these lines say it. To change a part, take",
    "# the mark and the space from all its lines, its name among them.",
    "",
)


class _Written(BaseModel):
    """What a person writes: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _ascending(minutes: tuple[float, float] | None) -> tuple[float, float] | None:
    if minutes is not None and minutes[0] > minutes[1]:
        raise ValueError("the shorter length comes first")
    return minutes


class Meeting(_Written):
    """How often each seller has one kind of meeting, how long it lasts (shortest and longest, in minutes), and how many
    times each opportunity is spoken of in one in the course of its cycle."""

    every_weeks: int = Field(ge=1, le=52)
    times_a_cycle: int | None = Field(None, ge=1, le=52)
    minutes: Annotated[tuple[float, float] | None, AfterValidator(_ascending)] = None


class Opportunities(_Written):
    """What the conversations of one kind are worth: how many a person has in a week, and the share that qualifies."""

    calls_per_person_week: float = Field(gt=0)
    qualified_share: float = Field(ge=0, le=1)


class Plan(_Written):
    """Cadence and assumptions; pipeline/metrics/cadence.yaml says what each is."""

    meetings: dict[str, Meeting]
    unjudged: dict[str, str]
    cycle_weeks: int = Field(ge=1, le=104)
    decisive: dict[str, tuple[str, ...]]
    opportunities: dict[str, Opportunities]
    coaching: dict[str, tuple[str, ...]]
    weights: dict[str, Annotated[float, Field(ge=0)]]
    manager_role: str = Field(min_length=1)
    takeover_share: float = Field(gt=0, lt=1)
    moved_minutes: float = Field(ge=0)
    roster_weeks: int = Field(ge=1)
    trend_weeks: int = Field(ge=1)
    small_n: int = Field(ge=1)


def load_plan(workspace: Path | None = None) -> Plan:
    """The default plan with the parts of `workspace`/cadence.yaml in place of its own; raises ValueError naming what
    is wrong there."""
    default = read_yaml(DEFAULT)
    own = Path() if workspace is None else workspace / OWN
    if workspace is None or not own.is_file():
        return Plan.model_validate(default)
    written = _parsed(own)
    try:
        return Plan.model_validate(default | written)
    except ValidationError as error:
        first = error.errors()[0]
        place = brief(".".join(str(part) for part in first["loc"]))
        raise ValueError(f"{own}: {place}: {first['msg']}; see {DEFAULT.name} of the package for its form") from error


def write_plan(workspace: Path) -> None:
    """Write cadence.yaml into a workspace that has none: the default plan, every line of it a comment."""
    own = workspace / OWN
    if own.exists():
        return
    lines = DEFAULT.read_text(encoding="utf-8").splitlines()
    commented = (line if not line or line.startswith("#") else f"# {line}" for line in lines)
    with writing(str(workspace)):
        write_whole(own, ("\n".join([*FIRST_LINES, *commented]) + "\n").encode())


def meeting_kinds(elements: dy.DataFrame[Elements], plan: Plan) -> list[str]:
    """The kinds of conversation that are meetings of a manager: those whose rubric judges one, and those without."""
    judged = elements.filter(pl.col("scored_role") == plan.manager_role)["rubric"].unique()
    return [*judged.sort(), *plan.unjudged]


def unknown_elements(plan: Plan, elements: dy.DataFrame[Elements]) -> list[str]:
    """What the plan names of a rubric of `elements` that the rubric does not have, as rubric.element."""
    has = set(elements.select("rubric", "element").iter_rows())
    rubrics = {rubric for rubric, _ in has}
    named = {(rubric, name) for part in (plan.decisive, plan.coaching) for rubric in part for name in part[rubric]}
    return sorted(f"{rubric}.{name}" for rubric, name in named - has if rubric in rubrics)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        written = read_yaml(path) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: is not YAML ({problem_of(error)}); correct it") from error
    if not isinstance(written, dict):
        raise ValueError(  # noqa: TRY004  what is wrong is what the file says
            f"{path}: is no plan; write `part: value` lines as in {DEFAULT.name} of the package"
        )
    return written
