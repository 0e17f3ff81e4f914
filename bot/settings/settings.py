"""Process settings from the environment and a TOML file, checked at once with every error named."""

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
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

from bot.settings.errors import InvalidSettings, error_line
from domain.phases.settings import PhaseSettings

PREFIX = "HYPERCARE_"
TOKENS = ("bot_token", "app_token")
PLACEHOLDER = "is still a placeholder. Paste the token that Slack shows; docs/install.md says where"


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
    ready_message_age: int = Field(
        default=15, ge=0, description="Minutes a message may wait to be sent before `/readyz` fails; 0 for no limit"
    )
    messages_kept: int = Field(default=90, ge=1, description="How many days sent messages are kept")
    tickets_kept: int | None = Field(
        default=None,
        ge=30,
        description="How many days after a phase has ended its tickets keep text and names; without it, always",
    )
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="User ids of the admins, who are told when something fails"
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://.*[^/])?$",
        description="Address at which people reach the HTTP or monitor port, for links to tickets and reports",
    )
    secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Any long text, stored apart from the database; people need it to change anonymous answers",
    )
    signals_token: SecretStr | None = Field(
        default=None, min_length=16, description="Token with which other systems may post to `/signals/…`"
    )
    webhooks: dict[str, SecretStr] = Field(
        default_factory=dict, description="Addresses of webhooks that escalation policies call, by name"
    )
    pagerduty_key: SecretStr | None = Field(default=None, description="Integration key of PagerDuty's Events API v2")
    pagerduty_url: str = Field(
        default="https://events.pagerduty.com/v2/enqueue", description="Address of PagerDuty's Events API v2"
    )
    workers: int = Field(default=8, ge=1, le=64, description="How many requests are handled at once")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Format of log lines")
    phase: PhaseSettings | None = Field(default=None, description="The phase; a `[phase]` table in the settings file")

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
        wrong = [f"HYPERCARE_{name.upper()} {PLACEHOLDER}" for name in TOKENS if _is_placeholder(getattr(self, name))]
        if wrong:
            raise ValueError("; ".join(wrong))
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
        """The command line wins over the environment, and the environment over the file."""
        return (init_settings, env_settings, _TomlFile(settings_cls))


def _is_placeholder(token: SecretStr | None) -> bool:
    """Whether it still stands as an example has it, `xoxb-…`; Slack's own have plain letters and something in them."""
    value = token.get_secret_value() if token else ""
    filled = value.partition("-")[2].strip(".")
    return (bool(value) and ("-" in value) and not (filled and value.isascii() and value.isprintable())) or "<" in value


class _TomlFile(TomlConfigSettingsSource):
    """A TOML file that may begin with the byte order mark of Windows editors."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_text(encoding="utf-8-sig"))


def load(file: Path | None = None, **given: Any) -> Settings:
    """Return the settings, or raise InvalidSettings with every error. Only a named file must exist."""
    if file and not file.is_file():
        raise InvalidSettings(f"There is no settings file {file}.")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file or Path("hypercare.toml"))

    try:
        return FromFile(**given)
    except ValidationError as error:
        raise InvalidSettings("\n".join(error_line(e, PREFIX) for e in error.errors())) from None
    except SettingsError as error:
        raise InvalidSettings(f"{error}; lists are written as JSON in the environment.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file or 'hypercare.toml'} is not valid TOML: {error}.") from None
    except OSError as error:
        raise InvalidSettings(f"{file or 'hypercare.toml'} cannot be read: {error.strerror}.") from None


def systems(settings: Settings) -> tuple[dict[str, str], str | None]:
    """Return the addresses of other systems by the escalation target that names them, and PagerDuty's key."""
    addresses = {f"webhook:{name}": address.get_secret_value() for name, address in settings.webhooks.items()}
    key = settings.pagerduty_key.get_secret_value() if settings.pagerduty_key else None
    return {**addresses, "pagerduty": settings.pagerduty_url}, key
