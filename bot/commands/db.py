"""`hypercare db`: compare the schema with this program, or bring it up to date."""

import argparse

from bot.cli import Complaint
from bot.commands import common
from bot.database import migrate
from storage.schema import SchemaState, sentence, state
from storage.store import Store, Unusable


def main(args: argparse.Namespace) -> int:
    store = Store(common.database_url(args.config))
    try:
        found, revision = state(store)
        if args.action == "upgrade" and found in (SchemaState.EMPTY, SchemaState.OLDER):
            migrate(store)
            found, revision = state(store)
    except Unusable as error:
        raise Complaint(f"The database cannot be opened: {type(error).__name__}.") from None
    finally:
        store.close()
    print(sentence(found, revision))  # noqa: T201 - the command's result
    return 0 if found is SchemaState.CURRENT else 1
