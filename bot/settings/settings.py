"""Process settings from the environment and a TOML file, checked at once with every error named."""

import os
import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.settings.environment import FILE, PREFIX, secrets_from_files, unknown_names
from bot.settings.errors import InvalidSettings, error_line
from domain.api.signing import read_secrets
from domain.phases.settings import PhaseSettings
from domain.teams.hosts import is_local
from domain.teams.settings import PREFIX as TEAMS

MIN_SECRET = 16  # characters of one of several secrets in one setting
PLACEHOLDER = "is still a placeholder. Paste the token that Slack shows; docs/install.md says where"


class Settings(BaseSettings):
    """Everything an operator can set; each name in the environment starts with HYPERCARE_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, frozen=True,
                                      extra="forbid")  # fmt: skip

    bot_token: SecretStr = Field(description="Bot token, `xoxb-…`")
    mode: Literal["socket", "http"] = Field(default="socket", description="How Slack reaches the bot")
    app_token: SecretStr | None = Field(
        default=None, validate_default=True, description="App-level token, `xapp-…`; needed in socket mode"
    )
    signing_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="Signing secret; needed in http mode"
    )
    database: str = Field(
        default="sqlite:///hypercare.db", repr=False, description="Database URL: SQLite file or PostgreSQL"
    )
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
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of your reverse proxies, whose `X-Forwarded-For` is believed",
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
        default_factory=dict,
        description="Addresses of webhooks that escalation policies, rules and phases call, by name",
    )
    webhook_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, validate_default=True,
        description="What each webhook is signed with, by its name: `whsec_` and 24 to 64 random bytes in Base64",
    )  # fmt: skip
    teams: dict[str, SecretStr] = Field(
        default_factory=dict, description="Addresses of Workflows webhooks of channels of Microsoft Teams, by name"
    )
    teams_app_id: str = Field(
        default="", description="Id of the bot's app registration in Microsoft Entra; without one, Teams has no bot"
    )
    teams_app_secret: SecretStr | None = Field(default=None, description="Client secret of that registration")
    teams_tenant: str = Field(
        default="", validate_default=True,
        description="Id of your company's directory (tenant) in Microsoft Entra",
    )  # fmt: skip
    teams_local_url: str = Field(
        default="",
        description="Address of Microsoft's playground for bots on this machine, to try the bot without an account: "
        "tokens are neither asked for nor checked",
    )
    pagerduty_key: SecretStr | None = Field(default=None, description="Integration key of PagerDuty's Events API v2")
    pagerduty_url: str = Field(
        default="https://events.pagerduty.com/v2/enqueue", description="Address of PagerDuty's Events API v2"
    )
    pagerduty_webhook_secret: SecretStr | None = Field(
        default=None, min_length=16,
        description="Secret with which PagerDuty signs its webhooks; several while it is rotated, with spaces between",
    )  # fmt: skip
    pagerduty_token: SecretStr | None = Field(
        default=None, description="Read-only REST API key of PagerDuty, to know people there by their e-mail address"
    )
    pagerduty_api_url: str = Field(default="https://api.pagerduty.com", description="Address of PagerDuty's REST API")
    jira_url: str = Field(default="", description="Address of Jira, such as `https://example.atlassian.net`")
    jira_user: str = Field(
        default="", description="E-mail address of Hypercare's account in Jira Cloud; empty for a Data Center"
    )
    jira_token: SecretStr | None = Field(
        default=None,
        description="API token of that account, a personal access token of a Data Center, or the secret of "
        "`HYPERCARE_JIRA_OAUTH_CLIENT`",
    )
    jira_cloud_id: str = Field(default="", description="Id of the site in Jira Cloud, for OAuth 2.0")
    jira_oauth_client: str = Field(
        default="",
        description="Id of an OAuth 2.0 credential of a service account in the Cloud, without a `HYPERCARE_JIRA_USER`",
    )
    jira_webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="Secret with which Jira signs its webhooks"
    )
    servicenow_url: str = Field(
        default="", description="Address of ServiceNow, such as `https://example.service-now.com`"
    )
    servicenow_user: str = Field(default="", description="User name of Hypercare's account in ServiceNow")
    servicenow_token: SecretStr | None = Field(default=None, description="Password of that account")
    servicenow_webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="Secret with which ServiceNow's business rule signs what it sends"
    )
    mail_host: str = Field(default="127.0.0.1", description="Address on which mails are taken in by LMTP")
    mail_port: int | None = Field(
        default=None, ge=0, le=65535, description="Port on which mails are taken in by LMTP; without one, none are"
    )
    mail_authserv: str = Field(
        default="",
        description="Name of the mail server whose `Authentication-Results` prove senders; without it, none is",
    )
    imap_url: str = Field(
        default="",
        pattern=r"^((imap|imaps|imap\+starttls)://[^/@\s]+)?$",
        description="Mail server with a mailbox from which mails are read, where LMTP isn't possible: `imaps://…`, "
        "`imap+starttls://…` or `imap://…`",
    )
    imap_user: str = Field(default="", description="User name of that mailbox")
    imap_password: SecretStr | None = Field(default=None, description="Password of that user")
    imap_folder: str = Field(default="INBOX", description="Folder from which mails are read")
    imap_done: str = Field(
        default="", description="Folder to which mails are moved once they are taken in; without one, they stay as read"
    )
    smtp_url: str = Field(
        default="",
        pattern=r"^((smtp|smtps|smtp\+starttls)://[^/@\s]+)?$",
        description="Mail server that takes our mails: `smtp://…`, `smtp+starttls://…` or `smtps://…`",
    )
    smtp_user: str = Field(default="", description="User name at that server, where it asks for one")
    smtp_password: SecretStr | None = Field(default=None, description="Password of that user")
    mail_oauth_url: str = Field(
        default="",
        description="Address at which tokens for both mail servers are fetched (OAuth 2.0), in place of passwords",
    )
    mail_oauth_client: str = Field(
        default="", validate_default=True, description="Id of the program that is registered there"
    )
    mail_oauth_secret: SecretStr | None = Field(default=None, description="Secret of that program, where it has one")
    mail_oauth_refresh_token: SecretStr | None = Field(
        default=None, description="Refresh token of the mailbox; without one, the program acts for itself"
    )
    mail_oauth_scope: str = Field(default="", description="Scope of the tokens, where the endpoint asks for one")
    ai_url: str = Field(
        default="", pattern=r"^(https?://.+)?$",
        description="Address of a server with OpenAI's chat completions, up to `/v1`; without one, no model is asked",
    )  # fmt: skip
    ai_model: str = Field(default="", description="Name of the model at that server")
    ai_key: SecretStr | None = Field(default=None, description="Key of that server, where it asks for one")
    ai_private: bool = Field(
        default=False, description="Whether private and anonymous tickets may be sent to the model too"
    )
    ai_price_in: float = Field(default=0.0, ge=0, description="Price of a million tokens that the model reads")
    ai_price_out: float = Field(default=0.0, ge=0, description="Price of a million tokens that it writes")
    sources: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Databases from which values of business objectives are read, by name: `postgresql://…` or "
        "`sqlite:///…`",
    )
    workers: int = Field(default=8, ge=1, le=64, description="How many requests are handled at once")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Format of log lines")
    phase: PhaseSettings | None = Field(default=None, description="The phase; a `[phase]` table in the settings file")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"{one} is no address or network such as 10.0.0.7 or 10.0.0.0/8") from None
        return value

    @field_validator("admins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("mode", "log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("slack_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @field_validator("slack_url", "pagerduty_url", "pagerduty_api_url", "public_url", "jira_url", "servicenow_url",
                     "mail_oauth_url")  # fmt: skip
    @classmethod
    def _address(cls, value: str) -> str:
        """Refuse an address with a password in it, because messages and logs show these addresses."""
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        if "@" in value.partition("://")[2].partition("/")[0]:
            raise ValueError("must be an address without a user and a password")
        return value

    @field_validator("mail_oauth_client")
    @classmethod
    def _whole_program(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("mail_oauth_url") and not value:
            raise ValueError("must be set too, where HYPERCARE_MAIL_OAUTH_URL is")
        return value

    @field_validator("jira_oauth_client")
    @classmethod
    def _whole_site(cls, value: str, info: ValidationInfo) -> str:
        if value and not info.data.get("jira_cloud_id"):
            raise ValueError("needs HYPERCARE_JIRA_CLOUD_ID too")
        return value

    @field_validator("database")
    @classmethod
    def _url(cls, value: str) -> str:
        try:
            driver = make_url(value).drivername
        except (ArgumentError, ValueError):  # its text may quote a part of the password
            raise ValueError("is not a database URL such as sqlite:///hypercare.db") from None
        if driver not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError(f"{driver} is not supported; use sqlite:///… or postgresql://…")
        if driver != "sqlite" and value.count("@") > 1:
            raise ValueError("has an @ in its password. Write it as %40, a : as %3A, a / as %2F and a % as %25")
        return value

    @field_validator("webhook_secrets")
    @classmethod
    def _one_a_webhook(cls, value: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        for name, secret in value.items():
            try:
                read_secrets(secret.get_secret_value())
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        if missing := sorted(set(info.data.get("webhooks", ())) - set(value)):
            raise ValueError(f"must hold a secret for each webhook, and has none for {', '.join(missing)}")
        return value

    @field_validator("teams")
    @classmethod
    def _encrypted(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        """Refuse an address that is sent in the clear, since who knows it may post."""
        for name, address in value.items():
            if not address.get_secret_value().startswith(("https://", "http://127.0.0.1:")):
                raise ValueError(f"{name} must start with https://")
        return value

    @field_validator("teams_tenant")
    @classmethod
    def _whole_bot(cls, value: str, info: ValidationInfo) -> str:
        """Refuse half a registration, with which the bot could take messages in and send none."""
        if info.data.get("teams_app_id") and not (value and info.data.get("teams_app_secret")):
            raise ValueError("and HYPERCARE_TEAMS_APP_SECRET must be set too, where HYPERCARE_TEAMS_APP_ID is")
        return value

    @field_validator("teams_local_url")
    @classmethod
    def _on_this_machine(cls, value: str) -> str:
        if value and not is_local(value):
            raise ValueError("must be an address on this machine, such as http://127.0.0.1:56150")
        return value.rstrip("/")

    @field_validator("sources")
    @classmethod
    def _databases(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, address in value.items():
            if not address.get_secret_value().startswith(("postgresql://", "sqlite:///")):
                raise ValueError(f"{name} must start with postgresql:// or sqlite:///")
        return value

    @field_validator("bot_token", "app_token", "signing_secret")
    @classmethod
    def _token_for_the_mode(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        text = value.get_secret_value() if value else ""
        if info.field_name != "signing_secret" and _is_placeholder(text):
            raise ValueError(PLACEHOLDER)
        mode = info.data.get("mode")
        if info.field_name == "bot_token" and not text.startswith("xoxb-"):
            raise ValueError("must start with xoxb-")
        if info.field_name == "app_token" and mode == "socket" and not text.startswith("xapp-"):
            raise ValueError("must be set and start with xapp- in socket mode")
        if info.field_name == "signing_secret" and mode == "http" and not text:
            raise ValueError("must be set in http mode")
        return value

    def secrets(self) -> frozenset[str]:
        """Return every text that must never be shown: the secret values, and the passwords of addresses."""
        return frozenset(one for name in type(self).model_fields for one in _secrets_in(getattr(self, name)) if one)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic hands all four over
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line wins over the environment, and the environment over the file."""
        return (init_settings, _Environment(settings_cls), _SecretFiles(settings_cls), _TomlFile(settings_cls))


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        yield from {text, *(one for one in text.split() if len(one) >= MIN_SECRET)}  # several while one is rotated
        yield from _secrets_in(text)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _secrets_in(inner)
    elif isinstance(value, str) and "://" in value and "@" in value:
        password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
        yield from (password, unquote(password))


def _is_placeholder(value: str) -> bool:
    """Whether it still stands as an example has it, `xoxb-…`; Slack's own have plain letters and something in them."""
    filled = value.partition("-")[2].strip(".")
    return (bool(value) and ("-" in value) and not (filled and value.isascii() and value.isprintable())) or "<" in value


class _Environment(EnvSettingsSource):
    """The environment without the names of files, which would be secrets of their own where each has a name."""

    def __call__(self) -> dict[str, Any]:
        return {name: _without_files(value) for name, value in super().__call__().items()}


def _without_files(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if not name.upper().endswith(FILE)}


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets that the environment names as files, as containers and systemd hand them over."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - as declared
        return None, field_name, False  # all of them come from the call

    def __call__(self) -> dict[str, Any]:
        return secrets_from_files(os.environ, self.settings_cls.model_fields)[0]


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

    fields = Settings.model_fields
    wrong = [*unknown_names(os.environ, fields), *secrets_from_files(os.environ, fields)[1]]
    try:
        made = FromFile(**given)
    except ValidationError as error:
        wrong += [error_line(e, PREFIX) for e in error.errors()]
    except SettingsError as error:
        raise InvalidSettings(f"{error}; lists are written as JSON in the environment.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file or 'hypercare.toml'} is not valid TOML: {error}.") from None
    except OSError as error:
        raise InvalidSettings(f"{file or 'hypercare.toml'} cannot be read: {error.strerror}.") from None
    if wrong:
        raise InvalidSettings("\n".join(wrong))
    return made


def sources(settings: Settings) -> dict[str, str]:
    """Return the addresses of the databases of business objectives, by name."""
    return {name.lower(): address.get_secret_value() for name, address in settings.sources.items()}


def systems(settings: Settings) -> tuple[dict[str, str], str | None, dict[str, tuple[bytes, ...]]]:
    """Return the addresses of other systems by the escalation target that names them, and what is secret.

    That is PagerDuty's key, and what each webhook is signed with.
    """
    signing = settings.webhook_secrets.items()
    secrets = {f"webhook:{name}": read_secrets(secret.get_secret_value()) for name, secret in signing}
    addresses = {f"webhook:{name}": address.get_secret_value() for name, address in settings.webhooks.items()}
    addresses |= {f"{TEAMS}{name}": address.get_secret_value() for name, address in settings.teams.items()}
    key = settings.pagerduty_key.get_secret_value() if settings.pagerduty_key else None
    return {**addresses, "pagerduty": settings.pagerduty_url}, key, secrets
