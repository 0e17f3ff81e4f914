"""`hypercare mcp`: let a language model read tickets, over standard input and output."""

import argparse
from importlib.metadata import version

from bot.cli import CommandError
from bot.commands import common
from bot.extras import MCP


def main(args: argparse.Namespace) -> int:
    common.require(MCP)
    from bot.transport.mcp_server import create_server  # noqa: PLC0415 - only this command needs the package

    if not args.url.startswith(("https://", "http://")):
        raise CommandError("The address must start with https:// or http://.")
    try:
        token = args.token_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise CommandError(f"The file {args.token_file} can't be read: {error}.") from None
    create_server(args.url, token, version("hypercare")).run()
    return 0
