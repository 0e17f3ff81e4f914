"""`hypercare connect check KIND`: try the token, the rights and every name that a phase's connection uses."""

import argparse
import asyncio

from bot.app import tracker_access
from bot.cli import CommandError
from bot.commands import common
from bot.transport.proxies import proxy_for
from connectors.registry import KINDS, open_tracker
from connectors.tracker import TrackerAccess, TrackerError
from domain.connectors.settings import Connection
from domain.text import plural

CAUSES = {
    "http_401": "It does not accept the token.",
    "unreachable": "It can't be reached at that address.",
    "no_answer": "It does not answer.",
}


def main(args: argparse.Namespace) -> int:
    if args.kind not in KINDS:
        raise CommandError(f"There is no connector for {args.kind!r}. There are: {', '.join(KINDS)}.")
    access = tracker_access(common.settings(args.config, **common.NO_TOKENS)).get(args.kind)
    if access is None:
        raise CommandError(f"{args.kind} has no address and token in the environment. See docs/{args.kind}.md.")
    with common.app_context(args.config) as app, app.store.read() as tx:
        found = [(phase.key, one) for phase in tx.phases.list_phases() for one in phase.connections
                 if one.system == args.kind]  # fmt: skip
    if not found:
        raise CommandError(f"No phase is connected to {args.kind}. Add `[[phase.connections]]` to its file.")
    return max(
        _report(key, connection, asyncio.run(_check(args.kind, access, connection))) for key, connection in found
    )


async def _check(kind: str, access: TrackerAccess, connection: Connection) -> list[str]:
    tracker = open_tracker(kind, access, proxy_for)
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
    for line in missing:
        print(f"- {line}")  # noqa: T201
    said = (
        plural(len(missing), "1 thing is missing.", "{count} things are missing.") if missing else "Nothing is missing."
    )
    print(said)  # noqa: T201
    return 1 if missing else 0
