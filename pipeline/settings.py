"""Settings: what a user may choose, from options, environment, callgrade.toml and defaults, in that order."""

import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_serializer
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import brief
from pipeline.location import StoreError, own_text

SECRET = ("exports", "webhook", "mail_server", "room_database", "openid_secret")  # may hold a password, or be one


class Settings(BaseSettings):
    """What a user may choose. Passed to every step, so that a step loads its own engines."""

    model_config = SettingsConfigDict(env_prefix="CALLGRADE_", frozen=True, extra="forbid")

    workspace: str = Field(
        "./workspace",
        description="where results go: a folder, or [object storage](scale.md#a-workspace-in-object-storage)",
    )
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda, or one GPU such as cuda:1"
    )
    transcriber: str = Field("auto", description="auto or whisper")
    diarizer: str = Field("auto", description="auto, channels, voices or pyannote")
    transcription_model: str = Field(
        "",
        description="a faster-whisper size, hub name or folder; where empty, base (installed with the program), or"
        " large-v3-turbo on a GPU where it can be had",
    )
    diarization_model: str = Field(
        "pyannote/speaker-diarization-community-1", description="a hub name, or a folder with config.yaml"
    )
    encoder: str = Field(
        "",
        description="a hub name, a folder, or `lexical`; where empty, all-MiniLM-L6-v2 if it is at hand, else lexical",
    )
    language: str = Field("auto", description="spoken language, such as en")
    label_languages: tuple[str, ...] = Field(
        ("en",),
        description="languages whose conversations may be labelled; of others, acts, labels and what rests on them are"
        " null with the reason language",
    )
    timezone: str = Field(
        "",
        description="of times in the call list that name none, and of days and weeks, such as Europe/Berlin; where"
        " empty, the one the workspace was scored in, else the machine's",
    )
    rubrics: Path = Field(Path("rubrics"), description="the folder of rubric files")
    workers: int = Field(0, ge=0, description="conversations at a time; where 0, one for each GPU, else half the cores")
    offline: bool = Field(False, description="never ask a hub")
    max_hours: float = Field(6.0, gt=0, description="longer recordings are refused")
    redact: tuple[Literal["email", "phone", "card", "ssn", "address", "names", "places", "organisations"], ...] = Field(
        ("email", "phone", "card", "ssn", "address"),
        description="what is left out of stored text; also `names`, `places`, `organisations`: [privacy](privacy.md)",
    )
    phone_region: str = Field(
        "US", pattern="^[A-Z]{2}$", description="the country whose way of writing telephone numbers is expected"
    )
    runner: str = Field(
        "local", pattern="^(local|dask|ray)$", description="what the workers run on: local, dask or ray"
    )
    address: str = Field("", description="of a Dask or Ray cluster; where empty, one is started on this machine")
    call_list: str = Field("", description="the list that `serve` scores, see [nights](nights.md)")
    nightly: str = Field(
        "0 2 * * *", description="when `serve` scores the list, as a cron expression; where empty, never"
    )
    retraining: str = Field("0 1 * * *", description="when `serve` trains what is stale")
    weekly: str = Field("0 7 * * 1", description="when `serve` sends the summary of the week")
    retention: str = Field("0 6 * * *", description="when `serve` forgets calls held more than keep_days ago")
    guess_unlearnt: bool = Field(
        False,
        description="a colour for elements of which nothing was learnt, too, guessed from the wording of their anchors",
    )
    keep_days: int = Field(0, ge=0, description="days after which calls are forgotten and not scored; where 0, never")
    room_database: str = Field(
        "",
        repr=False,
        description="where the [room](room.md) keeps what people write, such as postgresql://USER@HOST/DATABASE; where"
        " empty, a file of the workspace",
    )
    openid_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="the OpenID Connect provider by which people sign in to the"
        " [room](room.md#sign-in-by-openid-connect)",
    )
    openid_client: str = Field("", description="the name under which the provider knows the room")
    openid_secret: str = Field("", repr=False, description="the secret that the provider gave the room")
    log_json: str = Field("", description="a file for the structured log, see [nights](nights.md)")
    exports: tuple[str, ...] = Field(
        (), repr=False, description="targets that every night brings up to date, see [BI](bi.md)"
    )
    webhook: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        repr=False,
        description="an address to which messages are posted, see [pages](pages.md)",
    )
    mail_to: tuple[str, ...] = Field((), description="those who get messages by mail")
    mail_from: str = Field("callgrade@localhost", description="the sender of these")
    mail_server: str = Field(
        "smtp://localhost", pattern=r"^smtps?://\S+$", repr=False, description="the server that takes them"
    )

    @field_serializer(*SECRET)
    def hidden(self, value: object) -> str:
        """What is written of the settings, as Prefect does with a run's parameters, holds no password."""
        return "(hidden)" if value else ""

    @property
    def kept_from(self) -> datetime | None:
        """The time before which calls are forgotten, as of now; null where they are kept."""
        return datetime.now(UTC) - timedelta(days=self.keep_days) if self.keep_days else None

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
        zone = (own_text(str(chosen), "timezone") or "").strip()
        stored = {"timezone": zone} if zone else {}
        return init_settings, env_settings, InitSettingsSource(settings_cls, {**stored, **written})


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
