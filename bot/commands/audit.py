"""`hypercare audit`: print the audit log as JSON Lines."""

import argparse
import json
from datetime import UTC, datetime, timedelta

from bot.commands import common


def main(args: argparse.Namespace) -> int:
    start = datetime.now(UTC) - timedelta(days=args.days) if args.days else datetime(2000, 1, 1, tzinfo=UTC)
    store = common.store(common.database_url(args.config))
    try:
        with store.read() as tx:
            for entry in tx.audit.list_since(start):
                print(json.dumps(entry, ensure_ascii=False))  # noqa: T201 - the command's result
    finally:
        store.close()
    return 0
