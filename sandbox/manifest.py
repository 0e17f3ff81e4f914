"""Reads an app manifest: what the app may do, hears about and offers to people."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from sandbox.ids import named_id

try:
    from yaml import CSafeLoader as Loader  # ten times as fast, where PyYAML was built with libyaml
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

BOT_TOKEN = "xoxb-1000000000001-2000000000002-SandboxBotToken"  # noqa: S105 - only ever valid on this machine
APP_TOKEN = "xapp-1-A0SANDBOX-3000000000003-SandboxAppToken"  # noqa: S105
SIGNING_SECRET = "5a4db0c5ca2db0c5ca2db0c5ca2db0c5"  # noqa: S105
VERIFICATION_TOKEN = "SandboxVerificationToken"  # noqa: S105


@dataclass(frozen=True)
class App:
    id: str
    bot_id: str
    bot_user_id: str
    name: str
    bot_name: str
    scopes: tuple[str, ...]
    events: frozenset[str]
    commands: tuple[dict[str, Any], ...]
    shortcuts: tuple[dict[str, Any], ...]
    home_tab: bool
    messages_tab: bool
    asked: tuple[str, ...] = ()  # the scopes of the manifest, optional ones included
    unfurl_domains: tuple[str, ...] = ()
    functions: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    request_url: str = ""  # where it listens in HTTP mode
    socket_mode: bool = False
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    signing_secret: str = SIGNING_SECRET

    def unfolds(self, url: str) -> bool:
        """Whether the app may unfold that link: its domain, or one below it, is in the manifest."""
        host = (urlsplit(url).hostname or "").lower()
        return any(host == one or host.endswith(f".{one}") for one in self.unfurl_domains)

    def command(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.commands if one["command"] == name), None)

    def shortcut(self, callback_id: str) -> dict[str, Any] | None:
        return next((one for one in self.shortcuts if one["callback_id"] == callback_id), None)


class InvalidManifestError(Exception):
    """What is wrong with an app's manifest, as a sentence."""


def read_app(path: Path, parts: Sequence[Path] = ()) -> App:
    """Read a manifest in YAML or JSON, with what parts add to it; raise InvalidManifestError when it is none."""
    try:
        tree = yaml.load(path.read_text(encoding="utf-8-sig"), Loader)
        for part in parts:
            tree = _merged(tree, yaml.load(part.read_text(encoding="utf-8-sig"), Loader))
        return app_from(tree)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = getattr(error, "strerror", None) or "it is neither YAML nor JSON"
        raise InvalidManifestError(f"The manifest {path} can't be read: {why}.") from None
    except (AttributeError, KeyError, TypeError):
        raise InvalidManifestError(
            f"{path} is no app manifest. It needs at least display_information.name, as Slack's page of your app shows."
        ) from None


def _merged(tree: Any, more: Any) -> Any:
    """Return a manifest to which the settings of another one are added."""
    if not isinstance(tree, dict) or not isinstance(more, dict):
        return more
    return tree | {name: _merged(tree.get(name), value) for name, value in more.items()}


def app_from(manifest: dict[str, Any]) -> App:
    features = manifest.get("features") or {}
    if manifest.get("functions") and not _at(manifest, "settings", "org_deploy_enabled"):
        raise InvalidManifestError("Functions need an org-ready app: set settings.org_deploy_enabled to true.")
    bot = features.get("bot_user") or {}
    home = features.get("app_home") or {}
    name = manifest["display_information"]["name"]
    bot_name = bot.get("display_name", name).lower().replace(" ", "-")
    scopes = _at(manifest, "oauth_config", "scopes") or {}
    asked = tuple(dict.fromkeys([*(scopes.get("bot") or ()), *(scopes.get("bot_optional") or ())]))
    return App(
        id=named_id("A", name),
        bot_id=named_id("B", name),
        bot_user_id=named_id("U", bot_name),
        name=name,
        bot_name=bot_name,
        scopes=asked,
        asked=asked,
        request_url=str(_at(manifest, "settings", "event_subscriptions", "request_url") or ""),
        socket_mode=bool(_at(manifest, "settings", "socket_mode_enabled")),
        functions=manifest.get("functions") or {},
        unfurl_domains=tuple(features.get("unfurl_domains") or ()),
        events=frozenset(_at(manifest, "settings", "event_subscriptions", "bot_events") or ()),
        commands=tuple(features.get("slash_commands") or ()),
        shortcuts=tuple(features.get("shortcuts") or ()),
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
    )


def with_own_tokens(app: App) -> App:
    """Return an app that is installed beside another one, with tokens of its own that are the same at every start."""
    return replace(
        app,
        bot_token=f"xoxb-1000000000001-2000000000002-{app.id}",
        app_token=f"xapp-1-{app.id}-3000000000003-SandboxAppToken",
        signing_secret=hashlib.sha256(app.id.encode()).hexdigest()[:32],
    )


def tokens_of(app: App) -> dict[str, str]:
    """Return the app's name and tokens, for the person who starts it."""
    tokens = {"bot_token": app.bot_token, "app_token": app.app_token, "signing_secret": app.signing_secret}
    return tokens | {"app": app.name}


def _at(tree: dict[str, Any], *path: str) -> Any:
    found: Any = tree
    for key in path:
        found = (found or {}).get(key)
    return found
