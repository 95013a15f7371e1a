"""Options: what every command takes, and the settings and workspace they come to."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipeline.store.delta import Store

ROOT = Path(__file__).parents[2]


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """Settings that any command takes; what is not given comes from CALLGRADE_*, callgrade.toml or a default."""

    workspace: str | None = None
    "Where results go (default ./workspace)."
    rubrics: Path | None = None
    "The folder of rubric files."
    encoder: str | None = None
    "Hub name or folder of a sentence-transformers model, or lexical."
    offline: bool | None = None
    "Never ask a hub."
    verbose: Annotated[bool, Parameter(negative="")] = False
    "Show tracebacks and Prefect's own messages."

    def settings(self, **others: object) -> Settings:
        """The settings these options come to."""
        return load_settings(**self.named(**others))

    def named(self, **others: object) -> dict[str, object]:
        """The settings that were given on the command line, and the folder of rubrics."""
        given = {name: value for name, value in asdict(self).items() if name != "verbose"}
        return known({"rubrics": _rubrics_at_hand()} | known(given | others))


@Parameter(name="*")
@dataclass(frozen=True)
class Engines:
    """How recordings are heard."""

    transcriber: Literal["auto", "whisper"] | None = None
    "The speech recogniser."
    diarizer: Literal["auto", "channels", "voices", "pyannote"] | None = None
    "How speakers are told apart."
    device: str | None = None
    "auto, cpu, cuda or cuda:1."
    language: str | None = None
    "Spoken language, such as en."
    workers: int | None = None
    "Conversations at a time."
    runner: Literal["local", "dask", "ray"] | None = None
    "What the workers run on."
    address: str | None = None
    "Of a Dask or Ray cluster; without it one is started here."


def absolute(path: Path | None) -> str | None:
    """The path from the root of the file system, as it is for a process elsewhere."""
    return str(path.absolute()) if path else None


def known(options: dict[str, object]) -> dict[str, object]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def workspace_of(settings: Settings) -> "Store":
    """The store of a workspace that has something in it; raises ValueError where it has not."""
    from pipeline.store.delta import Store

    store = Store(settings.workspace)
    if not store.exists():
        raise ValueError(
            f"{settings.workspace}: no workspace here yet; score a call list first (`callgrade score LIST`, or "
            "`callgrade demo` for the samples), or name --workspace"
        )
    return store


def _rubrics_at_hand() -> Path | None:
    """The project's own rubric files, where neither the working folder nor a setting has others."""
    if "CALLGRADE_RUBRICS" in os.environ or Path("rubrics").is_dir():
        return None
    return ROOT / "rubrics"
