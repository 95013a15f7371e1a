"""Settings: what a user may choose, from options, environment, callgrade.toml and defaults, in that order."""

import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_serializer
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import brief
from pipeline.location import StoreError, own_text

SECRET = ("exports", "webhook", "mail_server")  # may hold a password, or be one


class Settings(BaseSettings):
    """What a user may choose; see the table in README. Passed to every step, so that a step loads its own engines."""

    model_config = SettingsConfigDict(env_prefix="CALLGRADE_", frozen=True, extra="forbid")

    workspace: str = "./workspace"
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    transcriber: str = "auto"
    diarizer: str = "auto"
    transcription_model: str = ""
    diarization_model: str = "pyannote/speaker-diarization-community-1"
    encoder: str = ""
    language: str = "auto"
    timezone: str = ""
    rubrics: Path = Path("rubrics")
    workers: int = Field(0, ge=0)
    offline: bool = False
    max_hours: float = Field(6.0, gt=0)
    redact: tuple[Literal["email", "phone", "card", "names"], ...] = ("email", "phone", "card")
    phone_region: str = Field("US", pattern="^[A-Z]{2}$")
    runner: str = Field("local", pattern="^(local|dask|ray)$")
    address: str = ""
    call_list: str = ""
    nightly: str = "0 2 * * *"
    retraining: str = "0 1 * * *"
    weekly: str = "0 7 * * 1"
    retention: str = "0 6 * * *"
    keep_days: int = Field(0, ge=0)
    log_json: str = ""
    exports: tuple[str, ...] = Field((), repr=False)
    webhook: str = Field("", pattern=r"^(https?://\S+)?$", repr=False)
    mail_to: tuple[str, ...] = ()
    mail_from: str = "callgrade@localhost"
    mail_server: str = Field("smtp://localhost", pattern=r"^smtps?://\S+$", repr=False)

    @field_serializer(*SECRET)
    def hidden(self, value: object) -> str:
        """What is written of the settings, as Prefect does with a run's parameters, holds no password."""
        return "(hidden)" if value else ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options before environment before the workspace's callgrade.toml."""
        chosen = init_settings().get("workspace") or os.environ.get("CALLGRADE_WORKSPACE") or "./workspace"
        written = tomllib.loads(own_text(str(chosen), "callgrade.toml") or "")
        return init_settings, env_settings, InitSettingsSource(settings_cls, written)


def load_settings(**options: object) -> Settings:
    """Settings with `options` (None means not given) on top; raises ValueError naming the setting that is wrong."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        given = "hidden" if first["loc"][0] in SECRET else brief(repr(first.get("input")))
        raise ValueError(f"setting {brief(name)}: {first['msg']} (given: {given})") from error
    except StoreError:
        raise
    except (ValueError, RecursionError, OSError) as error:
        raise ValueError(
            f"callgrade.toml of the workspace: cannot be read ({brief(error)}); correct or remove it"
        ) from error
