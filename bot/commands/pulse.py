"""`hypercare pulse export`: the figures of every closed wave as CSV, with the same protections as in Slack."""

import argparse
import sys

from bot.cli import Complaint
from bot.commands import common
from bot.desk import Desk, utc_now
from bot.services import phases, results
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    desk = Desk(store=store, now=utc_now)
    try:
        text = results.export(desk, phases.named(desk, args.key), args.name)
        if args.out:
            args.out.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)
    except Refused as no:
        raise Complaint(no.text) from None
    except OSError as error:
        raise Complaint(f"{error.filename} cannot be used: {error.strerror}.") from None
    finally:
        store.close()
    return 0
