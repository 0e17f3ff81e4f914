"""`hypercare import FILE.csv`: tickets from a file, checked as a whole before the first is made."""

import argparse

from bot.cli import Complaint
from bot.commands import common
from bot.desk import Desk, utc_now
from bot.services import imports
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    desk = Desk(store=store, now=utc_now)
    try:
        phase, rows = imports.read(desk, args.file, args.phase)
        if args.dry_run:
            print(f"{len(rows)} tickets would be made in {phase.key}.")  # noqa: T201 - the command's result
            return 0
        made = 0
        for done, row in enumerate(rows, 1):
            made += imports.make(desk, phase, row)
            common.progress(done, len(rows))
    except imports.BadFile as error:
        raise Complaint(f"Nothing was imported.\n{error}") from None
    except Refused as no:
        raise Complaint(no.text) from None
    finally:
        store.close()
    known = f"; {len(rows) - made} were there already" if made < len(rows) else ""
    print(f"{made} tickets made in {phase.key}{known}.")  # noqa: T201 - the command's result
    return 0
