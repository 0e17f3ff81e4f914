"""`hypercare links`: list and revoke the links that are opened without Slack."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.services.phases import links
from domain.phases.link import Link
from domain.phases.phase import Phase


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        if args.action == "revoke":
            if not args.ids:
                raise CommandError("No link number given. `hypercare links list` shows them.")
            for number in args.ids:
                found = links.revoke(app, number)
                print(f"Link {number} ({found.kind} of {found.person}) was revoked and no longer opens.")  # noqa: T201 - the command's result
            return 0
        listed = links.list_links(app)
        if not listed:
            print("There are no links.")  # noqa: T201 - as above
        for phase, link in listed:
            print(_line(phase, link))  # noqa: T201 - as above
    return 0


def _line(phase: Phase, link: Link) -> str:
    scopes = f", may read {', '.join(link.scopes)}" if link.scopes else ""
    return (f"{link.id:>6}  {link.kind:<8} {phase.key:<12} {link.person:<12} "
            f"created {link.created_at:%Y-%m-%d}, expires {link.expires_at:%Y-%m-%d %H:%M} UTC"
            f"{scopes}")  # fmt: skip
