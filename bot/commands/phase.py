"""`hypercare phase apply FILE.toml`: make a phase, or change it."""

import argparse

from bot.cli import Complaint
from bot.commands import common
from bot.config import BadSettings, load_phase
from bot.desk import Desk, utc_now
from bot.services import phases
from domain.errors import Refused
from storage.store import StoreFailure


def main(args: argparse.Namespace) -> int:
    try:
        file = load_phase(args.file)
    except BadSettings as error:
        raise Complaint(f"{args.file} is not complete:\n{error}") from None
    store = common.store(common.database_url(args.config))
    try:
        phase = phases.apply(Desk(store=store, now=utc_now), file)
    except Refused as no:
        raise Complaint(no.text) from None
    except StoreFailure as error:
        raise Complaint(f"The database cannot be written to: {type(error).__name__}.") from None
    finally:
        store.close()
    print(f"Phase {phase.key} ({phase.name}) is {phase.state}.")  # noqa: T201 - the command's result
    return 0
