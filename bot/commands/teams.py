"""`hypercare teams manifest`: write the app package with which the bot is added to Microsoft Teams."""

import argparse
from importlib.metadata import version

from bot.cli import CommandError
from bot.commands import common
from connectors.teams.manifest import package


def main(args: argparse.Namespace) -> int:
    found = common.settings(args.config, **common.NO_TOKENS)
    if not found.teams_app_id:
        raise CommandError("HYPERCARE_TEAMS_APP_ID is not set, which the manifest names. See docs/teams.md.")
    if not found.public_url.startswith("https://"):
        raise CommandError("The manifest needs HYPERCARE_PUBLIC_URL with https://, which Teams shows to people.")
    args.out.write_bytes(package(found.teams_app_id, found.public_url, version("hypercare")))
    print(f"Wrote {args.out}. Upload it in the admin center of Teams, under Manage apps.")  # noqa: T201 - the result
    return 0
