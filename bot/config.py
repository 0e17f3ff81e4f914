"""Settings: one frozen value from the environment and a TOML file, complained about all at once."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "HYPERCARE_"
CHANNEL = re.compile(r"^[CG][A-Z0-9]{5,}$")
PERSON = re.compile(r"^[UW][A-Z0-9]{5,}$")


class BadSettings(Exception):  # noqa: N818 - it is shown to the operator as a sentence
    """What is wrong with the settings, every complaint on a line of its own."""


class PhaseFile(BaseModel):
    """A phase as an operator writes it, in the `[phase]` table or in a file of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(
        pattern=r"^[A-Z][A-Z0-9]{1,9}$", description="Short key in front of every number: `PAY` gives PAY-42"
    )
    name: str = Field(min_length=1, max_length=80, description="What people call it")
    system: str = Field(default="", max_length=80, description="The system that went live; the name when left out")
    desk_channel: str = Field(description="Id of the channel where cards appear")
    oncall_channel: str = Field(description="Id of the channel that hears of criticals at once")
    digest_channel: str = Field(default="", description="Id of the channel for digests")
    private_channel: str = Field(
        default="", description="Id of a private channel for security tickets; else a lead's direct messages"
    )
    intake_channels: tuple[str, ...] = Field(default=(), description="Ids of the channels people report from")
    leads: tuple[str, ...] = Field(min_length=1, description="User ids of the leads")
    responders: tuple[str, ...] = Field(default=(), description="User ids of the responders")
    modules: tuple[str, ...] = Field(default=(), max_length=100, description="Parts of the system, offered in the form")
    timezone: str = Field(default="UTC", description="Time zone of the desk, as in `Europe/Berlin`")

    @field_validator("desk_channel", "oncall_channel", "digest_channel", "private_channel")
    @classmethod
    def _channel(cls, value: str) -> str:
        if value and not CHANNEL.match(value):
            raise ValueError(
                f"{value!r} is not a channel id; it looks like C0123456789 (channel details, at the bottom)"
            )
        return value

    @field_validator("intake_channels")
    @classmethod
    def _channels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [v for v in value if not CHANNEL.match(v)]:
            raise ValueError(f"{', '.join(bad)}: channel ids look like C0123456789")
        return value

    @field_validator("leads", "responders")
    @classmethod
    def _people(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [v for v in value if not PERSON.match(v)]:
            raise ValueError(f"{', '.join(bad)}: people's ids look like U0123456789 (profile, Copy member ID)")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin") from None
        return value

    @field_validator("modules")
    @classmethod
    def _modules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not m.strip() or len(m) > 75 for m in value) or len(set(value)) != len(value):
            raise ValueError("modules need different names of 1 to 75 characters")
        return value


class Settings(BaseSettings):
    """Everything an operator can set; each name in the environment starts with HYPERCARE_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    bot_token: SecretStr = Field(description="Bot token, `xoxb-…`")
    mode: Literal["socket", "http"] = Field(default="socket", description="How Slack reaches the bot")
    app_token: SecretStr | None = Field(default=None, description="App-level token, `xapp-…`; needed in socket mode")
    signing_secret: SecretStr | None = Field(default=None, description="Signing secret; needed in http mode")
    database: str = Field(default="sqlite:///hypercare.db", description="Database URL: SQLite file or PostgreSQL")
    slack_url: str = Field(default="https://slack.com/api/", description="Base URL of Slack's Web API")
    host: str = Field(default="127.0.0.1", description="Address to listen on in http mode")
    port: int = Field(default=3000, ge=0, le=65535, description="Port to listen on in http mode")
    monitor_host: str = Field(default="127.0.0.1", description="Address of `/healthz`, `/readyz` and `/metrics`")
    monitor_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port of `/healthz`, `/readyz` and `/metrics`; not served without one",
    )
    ready_letter_age: int = Field(
        default=15, ge=0, description="Minutes a letter may wait before `/readyz` says no; 0 and it never does for that"
    )
    letters_kept: int = Field(default=90, ge=1, description="How many days letters that were sent are kept")
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="User ids of the admins, told when something breaks"
    )
    workers: int = Field(default=8, ge=1, le=64, description="How many requests are handled at the same time")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How a log line looks")
    phase: PhaseFile | None = Field(default=None, description="The phase; a `[phase]` table in the settings file")

    @field_validator("admins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("slack_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        return value.rstrip("/") + "/"

    @field_validator("database")
    @classmethod
    def _url(cls, value: str) -> str:
        try:
            driver = make_url(value).drivername
        except ArgumentError:
            raise ValueError("is not a database URL such as sqlite:///hypercare.db") from None
        if driver not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError(f"{driver} is not supported; use sqlite:///… or postgresql://…")
        return value

    @model_validator(mode="after")
    def _tokens_for_the_mode(self) -> "Settings":
        wrong = []
        if not self.bot_token.get_secret_value().startswith("xoxb-"):
            wrong.append("HYPERCARE_BOT_TOKEN must start with xoxb-")
        if self.mode == "socket" and not (self.app_token and self.app_token.get_secret_value().startswith("xapp-")):
            wrong.append("HYPERCARE_APP_TOKEN must be set and start with xapp- in socket mode")
        if self.mode == "http" and not (self.signing_secret and self.signing_secret.get_secret_value()):
            wrong.append("HYPERCARE_SIGNING_SECRET must be set in http mode")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic hands all four over
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line beats the environment, the environment beats the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load(file: Path | None = None, **given: Any) -> Settings:
    """The settings, or BadSettings with every complaint. A named file must exist; hypercare.toml may."""
    if file and not file.is_file():
        raise BadSettings(f"There is no settings file {file}.")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file or Path("hypercare.toml"))

    try:
        return FromFile(**given)
    except ValidationError as error:
        raise BadSettings("\n".join(_complaint(e) for e in error.errors())) from None
    except SettingsError as error:
        raise BadSettings(f"{error}; lists are written as JSON in the environment.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file or 'hypercare.toml'} is not valid TOML: {error}.") from None
    except OSError as error:
        raise BadSettings(f"{file or 'hypercare.toml'} cannot be read: {error.strerror}.") from None


def load_phase(file: Path) -> PhaseFile:
    """A phase from its own TOML file, with or without a `[phase]` table around it."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return PhaseFile.model_validate(content.get("phase", content))
    except OSError as error:
        raise BadSettings(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise BadSettings("\n".join(_complaint(e, prefix="") for e in error.errors())) from None


def _complaint(error: Any, prefix: str = PREFIX) -> str:
    """One line an operator can act on. The value is never shown: it may be a secret."""
    name = "__".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if not name:
        return f"{message}."
    label = prefix + name.upper() if prefix else name
    return f"{label}: {'please set it' if error['type'] == 'missing' else message[:1].lower() + message[1:]}."
