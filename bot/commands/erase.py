"""`hypercare forget U0123456789`: a person's id leaves the database, and every figure stays true."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext, utc_now
from bot.services.operations import erasure
from bot.services.registry import FEATURES
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    try:
        changed = erasure.erase(AppContext(features=FEATURES, store=store, now=utc_now), args.person)
    except Refused as no:
        raise CommandError(no.text) from None
    finally:
        store.close()
    rows = ", ".join(f"{name} {count}" for name, count in sorted(changed.items()) if count) or "nothing"
    print(f"Forgotten in the database: {rows}.")  # noqa: T201 - the command's result
    print("Messages that stand in Slack are Slack's to delete; what they wrote stays, under no name.")  # noqa: T201
    return 0
