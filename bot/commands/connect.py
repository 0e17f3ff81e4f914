"""`hypercare connect check KIND` tries every name that a connection uses; `sync KIND` brings all tickets together."""

import argparse
import asyncio
import sys
import time

from bot.app.access import tracker_access
from bot.cli import CommandError
from bot.commands import common
from bot.commands.teams import teams_problems
from bot.context import AppContext
from bot.mail_access import mail_problems
from bot.services.connectors import syncing
from bot.transport.proxies import proxy_for
from connectors.registry import KINDS, open_tracker
from connectors.tracker import TrackerAccess, TrackerError
from domain.connectors.settings import Connection
from domain.phases.phase import Phase
from domain.text import plural

LOOK_EVERY = 1  # seconds between two looks at what waits
TURN = 0.1  # seconds in which the bot can write, so that neither keeps the database from the other
TEAMS_BOT, MAIL = "teams", "mail"
CAUSES = {
    "http_401": "It does not accept the token.",
    "unreachable": "It can't be reached at that address.",
    "no_answer": "It does not answer.",
    "unreadable_answer": "Its answer can't be read. Perhaps something else answers at that address.",
}


def main(args: argparse.Namespace) -> int:
    if args.kind == TEAMS_BOT and args.action == "check":
        return _check_teams(args)
    if args.kind == MAIL and args.action == "check":
        return _check_mail(args)
    if args.kind not in KINDS:
        known = ", ".join([*KINDS, TEAMS_BOT, MAIL])
        raise CommandError(f"There is no connector for {args.kind!r}. There are: {known}.")
    access = tracker_access(common.settings(args.config, **common.NO_TOKENS)).get(args.kind)
    if access is None:
        raise CommandError(f"{args.kind} has no address and token in the environment. See docs/{args.kind}.md.")
    with common.app_context(args.config) as app:
        app.secret, app.public_url = common.secret_and_url(args.config)
        with app.store.read() as tx:
            found = [(phase, one) for phase in tx.phases.list_phases() for one in phase.connections
                     if one.system == args.kind]  # fmt: skip
        if not found:
            raise CommandError(f"No phase is connected to {args.kind}. Add `[[phase.connections]]` to its file.")
        if args.action == "sync":
            return max(_sync(app, phase, connection) for phase, connection in found)
    return max(_report(phase.key, connection, tracker_problems(connection, access)) for phase, connection in found)


def _sync(app: AppContext, phase: Phase, connection: Connection) -> int:
    """Queue all of it with a progress bar; on a terminal show then how the bot sends it, until all is sent."""
    total = syncing.count(app, phase, connection).looked_at
    for done in syncing.queue_all(app, phase, connection):
        common.progress(min(done, total), total)
        time.sleep(TURN)
    most = waiting = syncing.count(app, phase, connection).waiting
    print(plural(total, "{key}: 1 ticket was queued.", "{key}: {count} tickets were queued.", key=phase.key))  # noqa: T201 - the command's result
    if sys.stderr.isatty() and waiting:
        print("The bot is sending them now. You can stop here with Ctrl+C, and it goes on.")  # noqa: T201
    while sys.stderr.isatty() and waiting:
        common.progress(most - waiting, most)
        time.sleep(LOOK_EVERY)
        waiting = syncing.count(app, phase, connection).waiting
        most = max(most, waiting)
        if not waiting:
            common.progress(most, most)
    label = KINDS[connection.system].label
    print(plural(waiting, "1 call waits to be sent to {system}.", "{count} calls wait to be sent to {system}.",  # noqa: T201
                 system=label))  # fmt: skip
    return 0


def _check_teams(args: argparse.Namespace) -> int:
    """Print what the bot in Teams lacks; return the exit code."""
    settings = common.settings(args.config, **common.NO_TOKENS)
    if not settings.teams_app_id:
        raise CommandError("teams has no HYPERCARE_TEAMS_APP_ID in the environment. See docs/teams.md.")
    with common.app_context(args.config) as app, app.store.read() as tx:
        phases = [*tx.phases.list_phases()]
    print(f"The bot {settings.teams_app_id} of {settings.teams_tenant} in Microsoft Teams.")  # noqa: T201 - the result
    return _print_missing(teams_problems(settings, phases))


def _check_mail(args: argparse.Namespace) -> int:
    """Log in at the mail servers, and print at which addresses phases take mails."""
    settings = common.settings(args.config, **common.NO_TOKENS)
    with common.app_context(args.config) as app, app.store.read() as tx:
        found = [(phase.key, phase.mail.address) for phase in tx.phases.list_phases() if phase.mail.address]
    for key, address in found:
        print(f"{key} takes mails at {address}.")  # noqa: T201 - the command's result
    missing = [] if found else ["No phase has an address. Add `address` to `[phase.mail]` in its file."]
    return _print_missing([*missing, *mail_problems(settings)])


def tracker_problems(connection: Connection, access: TrackerAccess) -> list[str]:
    """Return what keeps a connection from working, one sentence each. It waits for the tracker, and changes nothing."""
    return asyncio.run(_ask_tracker(connection, access))


async def _ask_tracker(connection: Connection, access: TrackerAccess) -> list[str]:
    tracker = open_tracker(connection.system, access, proxy_for)
    try:
        return await tracker.check(connection)
    except TrackerError as error:
        reason = error.failure.reason
        return [CAUSES.get(reason, f"It answers {reason}.")]
    finally:
        await tracker.close()


def _report(key: str, connection: Connection, missing: list[str]) -> int:
    """Print what goes which way and what is missing; return the exit code."""
    fields = f"status {connection.status}, severity {connection.severity}, owner {connection.owner}"
    print(f"{key} and {connection.project} in {connection.system}: {fields}.")  # noqa: T201 - the command's result
    return _print_missing(missing)


def _print_missing(missing: list[str]) -> int:
    """Print what is missing; return the exit code."""
    for line in missing:
        print(f"- {line}")  # noqa: T201
    said = (
        plural(len(missing), "1 thing is missing.", "{count} things are missing.") if missing else "Nothing is missing."
    )
    print(said)  # noqa: T201
    return 1 if missing else 0
