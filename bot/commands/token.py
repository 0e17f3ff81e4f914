"""`hypercare token`: create a token for a program that reads tickets through the API."""

import argparse

from bot.commands import common
from bot.services.api.reading import create_token
from domain.api.query import Scope


def main(args: argparse.Namespace) -> int:
    scopes = [Scope(one) for one in dict.fromkeys(args.scope or [Scope.TICKETS])]
    with common.app_context(args.config) as app:
        token = create_token(app, args.key, args.person, scopes, args.days)
    print(token)  # noqa: T201 - the command's result
    return 0
