"""The `hypercare` command: what it can be asked, and help for each."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

MODULES = {"import": "imports"}  # where a command's name cannot be a module's


class CommandError(Exception):
    """Why a command did not do what it was asked."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; a complaint is printed without a traceback and the exit code is 1."""
    args = _parser().parse_args(argv)
    # Loaded on demand: the sandbox does not need the database tools, and `--help` needs nothing.
    module = importlib.import_module(f"bot.commands.{MODULES.get(args.command, args.command)}")
    try:
        return int(module.main(args))
    except CommandError as complaint:
        print(complaint, file=sys.stderr)  # noqa: T201 - this is where the operator looks
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hypercare", description="The desk a team opens in Slack on the day a new system goes live.",
        epilog="To try it without a Slack account: hypercare sandbox",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"hypercare {version('hypercare')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _sandbox(commands.add_parser("sandbox", help="open a Slack-like workspace in the browser, with the bot in it"))
    _settings(commands.add_parser("run", help="run the bot in your Slack workspace"))
    _settings(commands.add_parser("doctor", help="check tokens, scopes, channels and database, and say what to do"))
    _db(commands.add_parser("db", help="check, upgrade or back up the database"))
    _outbox(commands.add_parser("outbox", help="list messages that wait or could not be delivered, and fix them"))
    _erase(commands.add_parser("erase", help="remove a person's ID from the database"))
    _audit(commands.add_parser("audit", help="print everything that anybody did, a line of JSON each"))
    _import(commands.add_parser("import", help="make tickets of a CSV file"))
    _oncall(commands.add_parser("oncall", help="take a rota from an iCalendar file, or write one"))
    _pulse(commands.add_parser("pulse", help="write the figures of pulses as CSV"))
    _readings(commands.add_parser("readings", help="take what was measured elsewhere from a CSV file"))
    _export(commands.add_parser("export", help="write tickets and events as CSV, JSON Lines or Parquet"))
    _report(commands.add_parser("report", help="write a phase as a page for people outside of Slack"))
    _phase(commands.add_parser("phase", help="set up, export, list or archive phases"))
    return parser


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (default: hypercare.toml, if it exists)"
    )


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=8765, help="port of the page; 0 picks a free one (default: %(default)s)"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep workspace and database there between runs")
    parser.add_argument(
        "--mode", choices=("socket", "http"), default="socket", help="how the bot is reached (default: %(default)s)"
    )
    parser.add_argument("--database", metavar="URL", help="another database for the bot")
    parser.add_argument("--only", action="store_true", help="only the workspace; prints the tokens for a bot of yours")
    parser.add_argument("--request-url", metavar="URL", help="with --only --mode http: where your bot listens")
    parser.add_argument(
        "--story", action="store_true", help="first play a go-live week, so that there is something to see"
    )


def _port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port between 0 and 65535")
    return int(value)


def _db(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _settings(actions.add_parser("check", help="compare the schema with this program"))
    _settings(actions.add_parser("upgrade", help="bring the schema up to date"))
    backup = actions.add_parser("backup", help="copy an SQLite database while the bot works")
    backup.add_argument("file", type=Path, metavar="FILE", help="the copy; there must be none of that name")
    _settings(backup)
    _settings(actions.add_parser("restored", help="say that the database came from a backup"))


def _outbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "retry", "drop"), help="show them, send them after all, or give up")
    parser.add_argument("ids", type=int, nargs="*", metavar="ID", help="which, with retry or drop")
    parser.add_argument("--all", action="store_true", help="list what waits too, not only what is dead")
    parser.add_argument("--limit", type=int, default=50, help="how many are listed (default: %(default)s)")
    _settings(parser)


def _erase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", metavar="USER_ID", help="whose, as in U0123456789")
    _settings(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, metavar="N", help="only the last N days (default: all of it)")
    _settings(parser)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="a line a ticket; docs/use.md has the columns")
    parser.add_argument("--phase", metavar="KEY", default="", help="into which phase, when there are several")
    parser.add_argument("--dry-run", action="store_true", help="only check it, and say what would be done")
    _settings(parser)


def _oncall(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taken = actions.add_parser("import", help="another calendar says whose shifts they are")
    written = actions.add_parser("export", help="write the shifts to come")
    for one in (taken, written):
        one.add_argument("key", metavar="KEY", help="the phase, as in PAY")
        one.add_argument("rota", metavar="ROTA", help="the rota, as in primary")
        _settings(one)
    taken.add_argument("file", type=Path, metavar="FILE.ics", help="the calendar")
    taken.add_argument("--person", action="append", metavar="NAME=ID", help="who a name in it is; may be given again")
    written.add_argument("--out", type=Path, metavar="FILE.ics", help="where to (default: here)")


def _pulse(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("export", help="the figures of every closed wave, as CSV")
    one.add_argument("key", metavar="KEY", help="the phase, as in PAY")
    one.add_argument("name", nargs="?", default="", metavar="NAME", help="the pulse (default: all)")
    one.add_argument("--out", type=Path, metavar="FILE.csv", help="where to (default: here)")
    _settings(one)


def _readings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the phase, as in PAY")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="metric, day and value; docs/reports.md has more")
    _settings(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the phase, as in PAY")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to")
    what = ("tickets", "events", "promises", "comments", "readings", "marked_events")
    parser.add_argument("--what", choices=what, default="tickets",
                        help="what is written (default: %(default)s); docs/data.md has the columns")  # fmt: skip
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv", help="default: %(default)s")
    parser.add_argument("--private", action="store_true", help="private tickets too; that is written to the audit log")
    _settings(parser)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the phase, as in PAY")
    parser.add_argument("--out", type=Path, metavar="FILE.html", help="where to (default: here)")
    parser.add_argument("--at", type=_time, help=argparse.SUPPRESS)  # the time of a desk whose clock was moved
    _settings(parser)


def _time(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value} is not a moment such as 2026-11-24T09:00:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _phase(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    apply = actions.add_parser("apply", help="make the phase, or change the one with its key")
    apply.add_argument("file", type=Path, metavar="FILE.toml", help="the phase; docs/settings.md shows one")
    _settings(apply)
    for name, what in (("export", "print a phase as a file"), ("archive", "end a phase; all of it is kept")):
        one = actions.add_parser(name, help=what)
        one.add_argument("key", metavar="KEY", help="the phase, as in PAY")
        _settings(one)
    _settings(actions.add_parser("list", help="say which phases there are"))


if __name__ == "__main__":
    sys.exit(main())
