"""`hypercare import FILE`: create tickets from a CSV file, which is checked and shown completely first."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slack_sdk.errors import SlackClientError

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.csv_files import InvalidFile, read_file
from bot.services.intake import csv_import
from bot.services.intake.csv_import import ImportPreview
from bot.settings.errors import InvalidSettings
from bot.settings.import_map import load_import_map
from bot.settings.settings import load
from bot.transport.web_client import CheckedWebClient, NotSlack
from domain.intake.settings import ImportMap
from domain.settings import is_person_id
from domain.text import plural

PAGE = 1000  # people in one answer of users.list
MAX_PAGES = 100
TIMEOUT = 20  # seconds


def main(args: argparse.Namespace) -> int:
    mapped = _map(args)
    with common.app_context(args.config) as app:
        try:
            people = dict(map(common.named_id, args.person or ()))
            known = {**(_slack_people(args.config) if mapped else {}), **people}
            found = csv_import.preview(app, read_file(args.file), name=str(args.file), phase_key=args.phase,
                                       mapped=mapped, people=known, stand_in=args.reporter,
                                       encoding=args.encoding)  # fmt: skip
        except InvalidFile as error:
            raise CommandError(f"Nothing was imported.\n{error}") from None
        said = "\n".join(found.lines())
        if not found.is_ready:
            raise CommandError(f"Nothing was imported.\n{said}")
        if mapped or found.notes or args.dry_run:
            print(said)  # noqa: T201 - the command's result
        if args.dry_run or (mapped and not args.apply and not _confirmed(found)):
            return 0
        return _import(app, found)


def _import(app: AppContext, found: ImportPreview) -> int:
    made = 0
    for done, row in enumerate(found.rows, 1):
        made += csv_import.import_row(app, found.phase, row)
        common.progress(done, len(found.rows))
    key = found.phase.key
    said = plural(made, "Created 1 ticket in {phase}.", "Created {count} tickets in {phase}.", phase=key)
    if known := len(found.rows) - made:
        skipped = plural(known, "Skipped 1 ticket imported before.", "Skipped {count} tickets imported before.")
        said = f"{said} {skipped}"
    print(said)  # noqa: T201 - the command's result
    return 0


def _confirmed(found: ImportPreview) -> bool:
    """Ask on a terminal whether to create the tickets; elsewhere say how to."""
    if not sys.stdin.isatty():
        print("Nothing was written. To create the tickets, add --apply.")  # noqa: T201 - the command's result
        return False
    return common.confirmed(f"Create them in {found.phase.key}?")


def _map(args: argparse.Namespace) -> ImportMap | None:
    """Return how the export of another system is read; None for a file with Hypercare's own columns.

    CommandError for a reporter who can't be one.
    """
    if args.reporter and not is_person_id(args.reporter):
        raise CommandError(f"--reporter {args.reporter!r} isn't a Slack id. Write one such as U0123456789.")
    if not args.map:
        return None
    try:
        return load_import_map(args.map, args.dates, args.timezone)
    except InvalidSettings as error:
        raise CommandError(str(error)) from None


def _slack_people(config: Path | None) -> Mapping[str, str]:
    """Return the ids of the workspace's people by name and e-mail address; those that several have are left out.

    Without a token, or while Slack can't be asked, there are none, and the person who imports is told.
    """
    try:
        settings = load(config)
    except InvalidSettings:
        return _no_people("there is no bot token in the settings")
    client = CheckedWebClient(settings.bot_token.get_secret_value(), base_url=settings.slack_url, timeout=TIMEOUT)
    found: dict[str, set[str]] = {}
    try:
        for page in _pages(client):
            for user in page:
                profile = user.get("profile") or {}
                names = (profile.get("email"), profile.get("display_name"), profile.get("real_name"))
                for name in filter(None, names) if not (user.get("deleted") or user.get("is_bot")) else ():
                    found.setdefault(str(name).casefold(), set()).add(user["id"])
    except NotSlack as error:
        return _no_people(f"Slack isn't what answers at {client.base_url} ({error})")
    except (SlackClientError, OSError) as error:
        return _no_people(f"Slack can't be asked about people ({type(error).__name__})")
    return {name: min(ids) for name, ids in found.items() if len(ids) == 1}


def _pages(client: CheckedWebClient) -> Iterator[list[dict[str, Any]]]:
    """Return the first pages of the workspace's people; the SDK's own paging goes past the check of answers."""
    cursor = ""
    for _ in range(MAX_PAGES):
        answer = client.users_list(limit=PAGE, cursor=cursor)
        yield answer["members"]
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return


def _no_people(why: str) -> Mapping[str, str]:
    said = f"Only people named with --person, or known from earlier, are found: {why}."
    print(said, file=sys.stderr)  # noqa: T201 - the command's result
    return {}
