"""`hypercare audit`: print the audit log as JSON Lines."""

import argparse
import json
from datetime import UTC, datetime, timedelta

from bot.commands import common
from bot.shared_clock import clock_of


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    try:
        start = clock_of(store)() - timedelta(days=args.days) if args.days else datetime(2000, 1, 1, tzinfo=UTC)
        with store.read() as tx:
            for entry in tx.audit.list_since(start):
                print(json.dumps(entry, ensure_ascii=False))  # noqa: T201 - the command's result
    finally:
        store.close()
    return 0
