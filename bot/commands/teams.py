"""`hypercare teams manifest` writes the app package of the bot in Teams; what keeps that bot from working."""

import argparse
import asyncio
from collections.abc import Sequence
from importlib.metadata import version

from bot.app.access import teams_access
from bot.cli import CommandError
from bot.commands import common
from bot.extras import TEAMS
from bot.settings.settings import Settings
from bot.transport.proxies import proxy_for
from connectors.teams.chats import TeamsChatClient
from connectors.teams.manifest import package
from connectors.tracker import TrackerError
from domain.phases.phase import Phase

CAUSES = {"unreachable": "It can't be reached at that address.", "no_answer": "It does not answer."}


def main(args: argparse.Namespace) -> int:
    found = common.settings(args.config, **common.NO_TOKENS)
    if not found.teams_app_id:
        raise CommandError("HYPERCARE_TEAMS_APP_ID is not set, which the manifest names. See docs/teams.md.")
    if not found.public_url.startswith("https://"):
        raise CommandError("The manifest needs HYPERCARE_PUBLIC_URL with https://, which Teams shows to people.")
    args.out.write_bytes(package(found.teams_app_id, found.public_url, version("hypercare")))
    print(f"Wrote {args.out}. Upload it in the admin center of Teams, under Manage apps.")  # noqa: T201 - the result
    return 0


def teams_problems(settings: Settings, phases: Sequence[Phase]) -> list[str]:
    """Return what keeps the bot in Teams from working, one sentence each."""
    missing = [] if TEAMS.is_installed else [TEAMS.missing]
    if settings.monitor_port is None and settings.mode != "http":
        missing.append("No port takes requests of Teams. Set HYPERCARE_MONITOR_PORT.")
    if not any(phase.is_active and phase.teams.reports for phase in phases):
        missing.append("No active phase takes reports. Set `reports = true` in its `[phase.teams]`.")
    return missing + asyncio.run(_ask_microsoft(settings))


async def _ask_microsoft(settings: Settings) -> list[str]:
    """Return why Microsoft gives no token, if it doesn't."""
    client = TeamsChatClient(teams_access(settings), proxy_for)
    try:
        await client.check()
    except TrackerError as error:
        reason = error.failure.reason
        return ["Microsoft does not accept the id, the secret or the tenant." if reason == "http_401"
                else f"Microsoft's login: {CAUSES.get(reason, reason)}"]  # fmt: skip
    finally:
        await client.close()
    return []
