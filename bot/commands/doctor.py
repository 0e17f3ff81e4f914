"""`hypercare doctor`: check the installation, and say how to fix what's wrong."""

import argparse
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.commands import common
from bot.context import utc_now
from bot.secret import secret_of
from bot.settings.settings import Settings
from domain.phases.phase import Phase
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import DatabaseUnusable, Store

MAX_MESSAGE_AGE = timedelta(minutes=15)  # a message that waits longer needs an operator
MAX_CLOCK_SKEW = timedelta(seconds=30)
MANIFEST = Path(__file__).parents[2] / "manifest.yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    text: str


def main(args: argparse.Namespace) -> int:
    """Print every finding; the exit code is 1 when one of them is a problem."""
    findings = list(examine(common.settings(args.config)))
    for finding in findings:
        print("ok " if finding.well else "BAD", finding.text)  # noqa: T201 - the command's result
    return 0 if all(f.well for f in findings) else 1


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the finding of each check; skip checks that an earlier failure makes pointless."""
    phases = yield from _database(settings.database)
    yield from _secret(settings, phases)
    client = WebClient(token=settings.bot_token.get_secret_value(), base_url=settings.slack_url, timeout=10)
    reachable = yield from _token(client)
    if not reachable:
        return
    yield from _app_token(settings)
    for phase in phases:
        yield from _phase(client, phase)


def _database(url: str) -> Generator[Finding, None, list[Phase]]:
    store = Store(url)
    try:
        found, revision = schema_state(store)
        if found is not SchemaState.CURRENT:
            yield Finding(False, f"database: {schema_sentence(found, revision)}")
            return []
        yield Finding(True, f"database: up to date (revision {revision})")
        with store.read() as tx:
            phases, counts, oldest = (
                tx.phases.list_phases(),
                tx.message_archive.count_by_state(),
                tx.message_archive.find_oldest(),
            )
        yield Finding(
            bool(phases),
            f"phases: {', '.join(p.key for p in phases) or 'none. Create one with `hypercare phase apply FILE.toml`'}",
        )
        yield from _outbox(counts, utc_now() - oldest if oldest else timedelta(0))
    except DatabaseUnusable as error:
        yield Finding(False, f"database: cannot be opened ({type(error).__name__}). Check HYPERCARE_DATABASE")
        return []
    finally:
        store.close()
    return phases


def _secret(settings: Settings, phases: list[Phase]) -> Iterator[Finding]:
    """Check the secret, which only anonymous pulses need."""
    unnamed = [phase.key for phase in phases if any(pulse.anonymous for pulse in phase.pulse.pulses)]
    if unnamed:
        keys = ", ".join(unnamed)
        missing = f"secret: missing, so the anonymous pulses of {keys} can't start. Set HYPERCARE_SECRET"
        yield Finding(True, "secret: set") if secret_of(settings) else Finding(False, missing)


def _outbox(counts: dict[str, int], age: timedelta) -> Iterator[Finding]:
    minutes = int(age.total_seconds() // 60)
    waiting = f"outbox: {counts['waiting']} waiting"
    if age >= MAX_MESSAGE_AGE:
        fix = "Check that the bot is running and Slack is up, and see `/hypercare status`"
        yield Finding(False, f"{waiting}, the oldest for {minutes} min. {fix}")
    else:
        yield Finding(True, f"{waiting}, the oldest for {minutes} min" if minutes else waiting)
    dead = f"outbox: {counts['dead']} could not be delivered"
    fix = "See why with `hypercare outbox list`, then `retry` or `drop` them"
    yield Finding(False, f"{dead}. {fix}") if counts["dead"] else Finding(True, dead)


def _token(client: WebClient) -> Generator[Finding, None, bool]:
    try:
        who = client.auth_test()
    except SlackApiError as error:
        yield Finding(False, f"bot token: Slack rejected it ({error.response['error']}). Check HYPERCARE_BOT_TOKEN")
        return False
    except OSError as error:
        yield Finding(
            False,
            f"Slack cannot be reached at {client.base_url} ({type(error).__name__}). Check the network and the proxy",
        )
        return False
    yield Finding(True, f"bot token: {who['user']} in {who['team']}")
    yield _clock(str(who.headers.get("date") or who.headers.get("Date") or ""))
    yield _scopes(str(who.headers.get("x-oauth-scopes") or who.headers.get("X-OAuth-Scopes") or ""))
    return True


def _clock(date_header: str) -> Finding:
    """Compare the clock with Slack's: Slack rejects signatures that are five minutes off, and timers run late."""
    try:
        off = abs(utc_now() - parsedate_to_datetime(date_header))
    except ValueError:
        return Finding(True, "clock: not compared, because Slack's answer has no date")
    seconds = int(off.total_seconds())
    if off > MAX_CLOCK_SKEW:
        return Finding(False, f"clock: {seconds} s off Slack's. Synchronise it with NTP")
    return Finding(True, f"clock: within {max(seconds, 1)} s of Slack's")


def _scopes(granted: str) -> Finding:
    if not MANIFEST.is_file():
        return Finding(True, "scopes: not compared, because manifest.yaml is not installed here")
    wanted = set(yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    missing = sorted(wanted - {s.strip() for s in granted.split(",")})
    if missing:
        return Finding(
            False, f"scopes: {', '.join(missing)} missing. Update the app from manifest.yaml and reinstall it"
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
        yield Finding(False, f"app token: Slack rejected it ({error.response['error']}). Check HYPERCARE_APP_TOKEN")


def _group(client: WebClient, phase: Phase, group: str) -> Finding:
    try:
        people = client.usergroups_users_list(usergroup=group)["users"]
    except SlackApiError as error:
        return Finding(
            False, f"{phase.key}: user group {group}: {error.response['error']}. Check that it exists and is enabled"
        )
    who = "1 person" if len(people) == 1 else f"{len(people)} people"
    return Finding(bool(people), f"{phase.key}: user group {group}: {who}")


def _phase(client: WebClient, phase: Phase) -> Iterator[Finding]:
    """Check that each user group has members and that the bot can read each channel."""
    for group in sorted(phase.groups):
        yield _group(client, phase, group)
    for channel in sorted(phase.channels):
        try:
            client.conversations_history(channel=channel, limit=1)
            yield Finding(True, f"{phase.key}: channel {channel}: the bot is a member")
        except SlackApiError as error:
            yield Finding(
                False,
                f"{phase.key}: channel {channel}: {error.response['error']}. Invite the bot with /invite @hypercare",
            )
