"""`hypercare doctor`: what is well, what is not, and what to do about it."""

import argparse
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.commands import common
from bot.config import Settings
from domain.phase import Phase
from storage.schema import SchemaState, sentence, state
from storage.store import Store, Unusable

MANIFEST = Path(__file__).parents[2] / "manifest.yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    text: str


def main(args: argparse.Namespace) -> int:
    """Exit code 0 when everything is well."""
    findings = list(examine(common.settings(args.config)))
    for finding in findings:
        print("ok " if finding.well else "BAD", finding.text)  # noqa: T201 - the command's result
    return 0 if all(f.well for f in findings) else 1


def examine(settings: Settings) -> Iterator[Finding]:
    """Each check as it is made; later ones are left out when an earlier one makes them pointless."""
    phases = yield from _database(settings.database)
    client = WebClient(token=settings.bot_token.get_secret_value(), base_url=settings.slack_url, timeout=10)
    reachable = yield from _token(client)
    if not reachable:
        return
    yield from _app_token(settings)
    for phase in phases:
        yield from _channels(client, phase)


def _database(url: str) -> Generator[Finding, None, list[Phase]]:
    store = Store(url)
    try:
        found, revision = state(store)
        if found is not SchemaState.CURRENT:
            yield Finding(False, f"database: {sentence(found, revision)}")
            return []
        yield Finding(True, f"database: up to date (revision {revision})")
        with store.read() as tx:
            phases, counts = tx.phases.all(), tx.archive.counts()
        yield Finding(
            bool(phases), f"phases: {', '.join(p.key for p in phases) or 'none; run `hypercare phase apply FILE.toml`'}"
        )
        dead = counts.get("dead", 0)
        yield Finding(dead == 0, f"letters: {counts.get('waiting', 0)} waiting, {dead} that could not be delivered")
    except Unusable as error:
        yield Finding(False, f"database: cannot be opened ({type(error).__name__}); check HYPERCARE_DATABASE")
        return []
    finally:
        store.close()
    return phases


def _token(client: WebClient) -> Generator[Finding, None, bool]:
    try:
        who = client.auth_test()
    except SlackApiError as error:
        yield Finding(False, f"bot token: Slack says {error.response['error']}; check HYPERCARE_BOT_TOKEN")
        return False
    except OSError as error:
        yield Finding(False, f"Slack cannot be reached at {client.base_url} ({type(error).__name__})")
        return False
    yield Finding(True, f"bot token: {who['user']} in {who['team']}")
    yield _scopes(str(who.headers.get("x-oauth-scopes") or who.headers.get("X-OAuth-Scopes") or ""))
    return True


def _scopes(granted: str) -> Finding:
    if not MANIFEST.is_file():
        return Finding(True, "scopes: manifest.yaml is not installed here, not compared")
    wanted = set(yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    missing = sorted(wanted - {s.strip() for s in granted.split(",")})
    if missing:
        return Finding(
            False, f"scopes: {', '.join(missing)} missing; update the app from manifest.yaml and reinstall it"
        )
    return Finding(True, f"scopes: all {len(wanted)} of manifest.yaml granted")


def _app_token(settings: Settings) -> Iterator[Finding]:
    if settings.mode != "socket" or settings.app_token is None:
        return
    try:
        WebClient(base_url=settings.slack_url, timeout=10).apps_connections_open(
            app_token=settings.app_token.get_secret_value()
        )
        yield Finding(True, "app token: Socket Mode can connect")
    except SlackApiError as error:
        yield Finding(False, f"app token: Slack says {error.response['error']}; check HYPERCARE_APP_TOKEN")


def _channels(client: WebClient, phase: Phase) -> Iterator[Finding]:
    """Whether the bot is in each channel: reading one line of it needs just that."""
    for channel in sorted(phase.channels):
        try:
            client.conversations_history(channel=channel, limit=1)
            yield Finding(True, f"{phase.key}: channel {channel} can be written to")
        except SlackApiError as error:
            yield Finding(
                False,
                f"{phase.key}: channel {channel}: {error.response['error']}; invite the bot with /invite @hypercare",
            )
