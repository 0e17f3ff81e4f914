"""`hypercare doctor`: check the installation, and say how to fix what's wrong."""

import argparse
import asyncio
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.access import tracker_access
from bot.commands.channels import find_missing_access
from bot.commands.connect import tracker_problems
from bot.commands.teams import teams_problems
from bot.context import utc_now
from bot.mail_access import mail_problems
from bot.redaction import hide, redact
from bot.secret import secret_of
from bot.services.phases.phases import differences
from bot.settings.errors import InvalidSettings
from bot.settings.settings import Settings, load
from bot.shared_clock import clock_of
from bot.transport.pagerduty import check_key
from bot.transport.web_client import CheckedWebClient, NoRedirects, NotSlack
from bot.views.phases.channels import no_access
from connectors.registry import KINDS
from connectors.sessions import MAX_BYTES
from domain.oncall.paging import PAGERDUTY
from domain.operations.scopes import CORE, OPTIONAL, missing_core, missing_optional
from domain.phases.phase import Phase
from storage.database.failures import DatabaseDamaged
from storage.database.integrity import integrity_problems
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.delivery.refused_blocks import RefusedBlock
from storage.store import DatabaseUnusable, Store

TIMEOUT = 10  # seconds for each call
MAX_MESSAGE_AGE = timedelta(minutes=15)  # a message that waits longer needs an operator
MIN_FREE_BYTES = 200 * 2**20
OTHERS = 0o077
MAX_CLOCK_SKEW = timedelta(seconds=30)
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask who listens everywhere
REINSTALL = "To add it, update the app from manifest.yaml and reinstall it"
GROUP_ADVICE = {
    "plan_upgrade_required": "user groups need a paid plan of Slack. Name the people in the settings instead",
    "permission_denied": "the workspace doesn't let apps use user groups. Ask a workspace owner to allow it",
    "no_such_subteam": "it was deleted or disabled. Enable it in Slack, or remove it from the settings",
    "ratelimited": "Slack asked to wait. Run doctor again in a minute",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found; a `note` is no problem, and something that could be there is not."""

    well: bool
    text: str
    note: bool = False

    def __str__(self) -> str:
        mark = "opt" if self.note else "ok " if self.well else "BAD"
        return f"{mark} {self.text}"


class _Stop(Exception):  # noqa: N818 - the checks after this one would tell nothing
    """Ends the checks that need what was just not found."""


def main(args: argparse.Namespace) -> int:
    """Print every finding as it is found; the exit code is 1 when one of them is a problem."""
    well = True
    for finding in _all(args.config):
        print(redact(str(finding)), flush=True)  # noqa: T201 - the command's result
        well = well and finding.well
    return 0 if well else 1


def _all(config: Path | None) -> Iterator[Check]:
    try:
        settings = load(config)
        hide(settings.secrets())
    except InvalidSettings as error:
        yield from (Check(False, f"settings: {line}") for line in str(error).splitlines())
        yield Check(False, "settings: nothing else can be checked. See docs/settings.md, and start doctor again")
        return
    yield from examine(settings)


def examine(settings: Settings) -> Iterator[Check]:
    """Yield the finding of each check; those that an earlier one makes pointless are left out."""
    phases: list[Phase] = []
    try:
        yield from _tried("database", _database(settings, phases), "Check HYPERCARE_DATABASE")
        yield from _tried("bot", _running(settings), "Check HYPERCARE_MONITOR_PORT")
        yield from _tried("secret", _secret(settings, phases), "Check HYPERCARE_SECRET")
        yield from _tried("PagerDuty", _pagerduty(settings, phases), "Check HYPERCARE_PAGERDUTY_KEY")
        yield from _tried("Teams", _teams(settings, phases), "Run `hypercare connect check teams`")
        yield from _tried("mail", _mail(settings, phases), "Run `hypercare connect check mail`")
        yield from _tried("trackers", _trackers(settings, phases), "Run `hypercare connect check` with its name")
        token = settings.bot_token.get_secret_value()
        client = CheckedWebClient(token, base_url=settings.slack_url, timeout=TIMEOUT)
        yield from _tried("Slack", _token(client), "Check HYPERCARE_BOT_TOKEN and HYPERCARE_SLACK_URL", needed=True)
        yield from _tried("app token", _app_token(settings), "Check HYPERCARE_APP_TOKEN")
        for phase in phases:
            yield from _tried(phase.key, _phase(client, phase), "Check the phase's settings")
    except _Stop:
        return


def _tried(name: str, check: Iterator[Check], fix: str, *, needed: bool = False) -> Iterator[Check]:
    """Run a check; an error that it does not know is a finding too, by its kind and without what it quotes."""
    try:
        yield from check
    except _Stop:
        raise
    except SlackApiError as error:
        yield Check(False, f"{name}: Slack refused ({_reason(error)}). {fix}")
        if needed:
            raise _Stop from None
    except NotSlack as error:
        yield Check(False, f"{name}: Slack isn't what answers ({error}). Check the network and the proxy")
    except Exception as error:  # noqa: BLE001 - doctor ends with a finding, whatever the settings are
        yield Check(False, f"{name}: can't be checked ({type(error).__name__}). {fix}")
        if needed:
            raise _Stop from None


def _reason(error: SlackApiError) -> str:
    """Return Slack's name of the error."""
    return str(error.response["error"])


def _mail(settings: Settings, phases: Sequence[Phase]) -> Iterator[Check]:
    """Log in at the mail servers where a phase takes mails, or the settings name one."""
    addresses = [phase.mail.address for phase in phases if phase.mail.address]
    if not (addresses or settings.imap_url or settings.smtp_url):
        return
    missing = mail_problems(settings)
    yield from (Check(False, f"mail: {line}") for line in missing)
    if not missing:
        yield Check(True, f"mail: both ways work, for {', '.join(addresses) or 'no phase yet'}")


def _trackers(settings: Settings, phases: Sequence[Phase]) -> Iterator[Check]:
    """Ask the tracker of each connection for the names that it uses; a phase that has ended uses none."""
    access = tracker_access(settings)
    for phase, connection in ((one, found) for one in phases if one.ended_at is None for found in one.connections):
        label, name = KINDS[connection.system].label, connection.system.upper()
        if connection.system not in access:
            fix = f"Set HYPERCARE_{name}_URL and HYPERCARE_{name}_TOKEN"
            yield Check(False, f"{label}: {phase.key} is connected to it. {fix}")
            continue
        missing = tracker_problems(connection, access[connection.system])
        where = f"{label}: {phase.key} and {connection.project}"
        yield from (Check(False, f"{where}: {line.rstrip('.')}") for line in missing)
        if not missing:
            yield Check(True, f"{where}: it has every name that the connection uses")


def _teams(settings: Settings, phases: Sequence[Phase]) -> Iterator[Check]:
    """Ask Microsoft for a token, where the settings have a bot in Teams."""
    if not settings.teams_app_id:
        without = [phase.key for phase in phases if phase.teams.reports and not settings.teams_local_url]
        yield from (Check(False, f"Teams: {key} takes reports there. Set HYPERCARE_TEAMS_APP_ID") for key in without)
        return
    missing = teams_problems(settings, phases)
    yield from (Check(False, f"Teams: {line}") for line in missing)
    if not missing:
        yield Check(True, "Teams: Microsoft accepts the bot")


def _database(settings: Settings, phases: list[Phase]) -> Iterator[Check]:
    """Check the database and collect its phases; before the first start there are only those of the settings."""
    own = [Phase.model_validate(settings.phase.model_dump())] if settings.phase is not None else []
    store = Store(settings.database)
    try:
        found, revision = schema_state(store)
        if found is SchemaState.EMPTY:
            yield Check(True, "database: empty, as before the first start. `hypercare run` sets it up", note=True)
        elif found is not SchemaState.CURRENT:
            yield Check(False, f"database: {schema_sentence(found, revision)}")
        if found is not SchemaState.CURRENT:
            phases += own
            yield _phases_of(phases)
            return
        yield Check(True, f"database: up to date (revision {revision})")
        yield from _health(store)
        with store.read() as tx:
            known, counts, oldest = (
                tx.phases.list_phases(),
                tx.message_archive.count_by_state(),
                tx.message_archive.find_oldest(),
            )
            differs = differences(tx, settings.phase) if settings.phase is not None else []
            refused = tx.refused_blocks.list_active(utc_now())
        phases += [*known, *(one for one in own if one.key not in [p.key for p in known])]
        yield _phases_of(phases)
        if settings.phase is not None and differs:
            yield _changed_in_slack(settings.phase.key, differs)
        yield _blocks(refused)
        yield from _outbox(counts, utc_now() - oldest if oldest else timedelta(0))
    except DatabaseUnusable as error:
        phases += own
        sentence = getattr(error, "sentence", f"cannot be opened ({type(error).__name__}). Check HYPERCARE_DATABASE.")
        yield Check(False, f"database: {sentence.rstrip('.')}")
    finally:
        store.close()


def _health(store: Store) -> Iterator[Check]:
    """Check that the database is sound and takes changes, and of a file who may read it and how much space there is."""
    if problems := integrity_problems(store):
        yield Check(False, f"database: {DatabaseDamaged.sentence.rstrip('.')} ({problems[0]})")
    else:
        yield Check(True, "database: it passed its integrity check")
    if (ahead := clock_of(store).offset) is not None:
        yield _clock_finding(ahead, "the database's")
    with store.begin() as tx:
        tx.links.delete(0)  # there is no such link: this only asks whether a change is taken
    file = Path(str(store.engine.url.database))
    if not store.is_sqlite or not file.is_file():
        return
    if file.stat().st_mode & OTHERS:
        yield Check(True, f"database: other users of this machine can read it. Run chmod 600 {file}", note=True)
    free = shutil.disk_usage(file.resolve().parent).free
    if free < MIN_FREE_BYTES:
        yield Check(False, f"disk: {free // 2**20} MB are free where the database is. Make space before it is full")
    else:
        yield Check(True, f"disk: {free // 2**20} MB are free where the database is")


def _phases_of(phases: Sequence[Phase]) -> Check:
    none = "none yet. Type `/hypercare setup` in Slack once the bot runs, or use `hypercare phase apply FILE.toml`"
    return Check(True, f"phases: {', '.join(p.key for p in phases) or none}", note=not phases)


def _changed_in_slack(key: str, differs: Sequence[str]) -> Check:
    """Tell that a phase is not as the settings file says, which is so after a change in Slack."""
    return Check(
        True,
        f"phase {key}: {', '.join(differs)} differ from the settings file, which is not applied until it changes. "
        f"Run `hypercare phase apply FILE` to have what the file says, or `hypercare phase export {key}` to write "
        "down what is in use",
        note=True,
    )


def _secret(settings: Settings, phases: list[Phase]) -> Iterator[Check]:
    """Check the secret, which only anonymous pulses need."""
    unnamed = [phase.key for phase in phases if any(pulse.anonymous for pulse in phase.pulse.pulses)]
    if unnamed:
        keys = ", ".join(unnamed)
        missing = f"secret: missing, so the anonymous pulses of {keys} can't start. Set HYPERCARE_SECRET"
        yield Check(True, "secret: set") if secret_of(settings) else Check(False, missing)


def _running(settings: Settings) -> Iterator[Check]:
    """Ask the bot that runs on this machine what it knows of itself."""
    host, port = settings.monitor_host, settings.monitor_port
    if not port and settings.mode == "http":
        host, port = settings.host, settings.port
    if not port:
        return
    host = LOOPBACK.get(host, host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/readyz"
    try:
        found = _problems_at(address)
    except OSError:
        yield Check(True, f"bot: none runs here, as nothing answers at {address}", note=True)
        return
    except (HTTPException, ValueError, TypeError, LookupError, RecursionError):
        yield Check(False, f"bot: something else answers at {address}. Check HYPERCARE_MONITOR_PORT")
        return
    yield from (Check(False, f"bot: {name}: {text}") for name, text in found.items())
    if not found:
        yield Check(True, "bot: it runs here, and is ready")


def _problems_at(address: str) -> Mapping[str, str]:
    """Return the problems and notes that a bot tells of itself."""
    try:
        answer = build_opener(ProxyHandler({}), NoRedirects).open(address, timeout=TIMEOUT)
    except HTTPError as error:  # it says why it is not ready
        answer = error
    with answer:
        told = json.loads(answer.read(MAX_BYTES))
    return {**told["problems"], **told.get("notes", {})}


def _pagerduty(settings: Settings, phases: list[Phase]) -> Iterator[Check]:
    """Check that what pages through PagerDuty has a key, and that what is acknowledged there comes back."""
    pages = [phase.key for phase in phases for policy in phase.oncall.policies for step in policy.steps
             if PAGERDUTY in step.targets]  # fmt: skip
    if pages and settings.pagerduty_key is None:
        yield Check(False, f"PagerDuty: {pages[0]} pages through it. Set HYPERCARE_PAGERDUTY_KEY")
    if settings.pagerduty_webhook_secret and settings.monitor_port is None:
        yield Check(False, "PagerDuty: its webhooks can't arrive. Set HYPERCARE_MONITOR_PORT")
    elif settings.pagerduty_webhook_secret:
        yield Check(True, "PagerDuty: what is acknowledged there is acknowledged here")
    elif pages:
        yield Check(True, "PagerDuty: what is acknowledged there isn't acknowledged here. To change that, see "
                      "docs/oncall.md", note=True)  # fmt: skip
    if settings.pagerduty_token:
        yield _pagerduty_token(settings.pagerduty_api_url, settings.pagerduty_token.get_secret_value())


def _pagerduty_token(url: str, token: str) -> Check:
    """Ask PagerDuty's REST API for one user."""
    wrong = asyncio.run(check_key(url, token, TIMEOUT))
    return Check(not wrong, f"PagerDuty: {wrong or 'the REST API key works'}")


def _blocks(refused: Sequence[RefusedBlock]) -> Check:
    """Tell which kinds of blocks Slack refused; messages are sent without them, so nothing has to be done."""
    if not refused:
        return Check(True, "blocks: none refused by Slack")
    said = [
        f"{one.block_type} ({one.error} at {one.pointer})" if one.pointer else f"{one.block_type} ({one.error})"
        for one in refused
    ]
    until = min(one.until for one in refused)
    return Check(
        True,
        f"blocks: Slack refused {', '.join(said)}. Messages are sent with plainer blocks; "
        f"the first one is tried again at {until:%Y-%m-%d %H:%M} UTC",
    )


def _outbox(counts: dict[str, int], age: timedelta) -> Iterator[Check]:
    minutes = int(age.total_seconds() // 60)
    waiting = f"outbox: {counts['waiting']} waiting"
    if age >= MAX_MESSAGE_AGE:
        fix = "Check that the bot is running and Slack is up, and see `/hypercare status`"
        yield Check(False, f"{waiting}, the oldest for {minutes} min. {fix}")
    else:
        yield Check(True, f"{waiting}, the oldest for {minutes} min" if minutes else waiting)
    dead = f"outbox: {counts['dead']} could not be delivered"
    fix = "See why with `hypercare outbox list`, then `retry` or `drop` them"
    yield Check(False, f"{dead}. {fix}") if counts["dead"] else Check(True, dead)


def _token(client: WebClient) -> Iterator[Check]:
    try:
        who = client.auth_test()
    except SlackApiError as error:
        yield Check(False, f"bot token: Slack rejected it ({_reason(error)}). Check HYPERCARE_BOT_TOKEN")
        raise _Stop from None
    except OSError as error:
        yield Check(False, _unreachable(client, error))
        raise _Stop from None
    if not (who.get("user") and who.get("team")):
        yield Check(False, f"bot token: {client.base_url} answers, but not like Slack. Check HYPERCARE_SLACK_URL")
        raise _Stop
    yield Check(True, f"bot token: {who['user']} in {who['team']}")
    headers = {name.lower(): str(value) for name, value in who.headers.items()}
    yield _clock(headers.get("date", ""))
    yield from _scopes(headers.get("x-oauth-scopes"))


def _clock(date_header: str) -> Check:
    """Compare the clock with Slack's: Slack rejects signatures that are five minutes off, and timers run late."""
    try:
        return _clock_finding(utc_now() - parsedate_to_datetime(date_header), "Slack's")
    except ValueError:
        return Check(True, "clock: not compared, because Slack's answer has no date")


def _clock_finding(ahead: timedelta, whose: str) -> Check:
    seconds = int(abs(ahead).total_seconds())
    if abs(ahead) > MAX_CLOCK_SKEW:
        return Check(False, f"clock: {seconds} s off {whose}. Synchronise it with NTP")
    return Check(True, f"clock: within {max(seconds, 1)} s of {whose}")


def _scopes(told: str | None) -> Iterator[Check]:
    """Say what is missing without each scope that is not granted; what is optional is only noted."""
    if told is None:
        yield Check(True, "scopes: Slack doesn't say which are granted, so they are not compared", note=True)
        return
    granted = {scope.strip() for scope in told.split(",")}
    core, optional = missing_core(granted), missing_optional(granted)
    for scope, without in core.items():
        yield Check(False, f"scopes: without {scope} {without}. {REINSTALL}")
    for scope, without in optional.items():
        yield Check(True, f"scopes: without {scope} {without}. {REINSTALL}", note=True)
    if not core:
        rest = f"{len(OPTIONAL) - len(optional)} of {len(OPTIONAL)} optional ones" if optional else "all optional ones"
        yield Check(True, f"scopes: all {len(CORE)} needed ones and {rest} are granted")


def _app_token(settings: Settings) -> Iterator[Check]:
    if settings.mode != "socket" or settings.app_token is None:
        return
    client = CheckedWebClient(base_url=settings.slack_url, timeout=TIMEOUT)
    try:
        client.apps_connections_open(app_token=settings.app_token.get_secret_value())
    except SlackApiError as error:
        yield Check(False, f"app token: Slack rejected it ({_reason(error)}). Check HYPERCARE_APP_TOKEN")
        return
    except OSError as error:
        yield Check(False, f"app token: {_unreachable(client, error)}")
        return
    yield Check(True, "app token: Socket Mode can connect")


def _unreachable(client: WebClient, error: OSError) -> str:
    """Say that Slack did not answer, or who did."""
    if isinstance(error, NotSlack):
        fix = "Check HYPERCARE_SLACK_URL, the network and the proxy"
        return f"Slack isn't what answers at {client.base_url} ({error}). {fix}"
    return f"Slack can't be reached at {client.base_url} ({type(error).__name__}). Check the network and the proxy"


def _members(client: WebClient, group: str) -> list[str]:
    """Return the members of a user group; an org-wide token has to name each workspace in turn."""
    try:
        return list(client.usergroups_users_list(usergroup=group)["users"])
    except SlackApiError as error:
        if error.response["error"] != "missing_argument":
            raise
        last = error
    for team in client.auth_teams_list().get("teams") or ():
        try:
            return list(client.usergroups_users_list(usergroup=group, team_id=team["id"])["users"])
        except SlackApiError as error:
            last = error
    raise last


def _group(client: WebClient, phase: Phase, group: str) -> Check:
    try:
        people = _members(client, group)
    except SlackApiError as error:
        reason = _reason(error)
        advice = GROUP_ADVICE.get(reason, f"{reason}. Check that it exists and is enabled")
        return Check(False, f"{phase.key}: user group {group}: {advice}")
    who = "1 person" if len(people) == 1 else f"{len(people)} people"
    return Check(bool(people), f"{phase.key}: user group {group}: {who}")


def _phase(client: WebClient, phase: Phase) -> Iterator[Check]:
    """Check that each user group has members and that the bot can read each channel."""
    for group in sorted(phase.groups):
        yield _group(client, phase, group)
    missing = find_missing_access(client, phase.channels, join=False)
    for channel in sorted(phase.channels):
        if channel in missing:
            yield Check(False, f"{phase.key}: {no_access(missing[channel], channel).rstrip('.')}")
        else:
            yield Check(True, f"{phase.key}: channel {channel}: the bot is a member")
