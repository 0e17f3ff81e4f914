"""`hypercare erase U0123456789`: remove a person's ID from the database; figures stay as they are."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.operations import erasure
from bot.services.registry import FEATURES
from bot.shared_clock import clock_of
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    try:
        changed = erasure.erase(AppContext(features=FEATURES, store=store, now=clock_of(store)), args.person)
    except Refused as no:
        raise CommandError(no.text) from None
    finally:
        store.close()
    rows = ", ".join(f"{name} {count}" for name, count in sorted(changed.items()) if count) or "nothing"
    print(f"Erased from the database: {rows}.")  # noqa: T201 - the command's result
    print("Messages in Slack stay until you delete them there. Texts in tickets stay without the name.")  # noqa: T201
    return 0
