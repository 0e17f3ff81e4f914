"""The `hypercare` command line: its subcommands, their arguments and help."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bot.redaction import redact

PRIVATE = 0o077  # databases, backups, exports and reports are for the user who made them
BROKEN_PIPE = 141  # as of a program that SIGPIPE ended
MODULES = {"import": "imports"}  # where a command's name cannot be a module's


class CommandError(Exception):
    """A command failed; the text is for the operator, and `status` is the exit code."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 1 or 2 for an error, which is printed without a traceback."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # whatever reads our output has enough, such as `head`
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(argv: Sequence[str] | None) -> int:
    args = _parser().parse_args(argv)
    os.umask(PRIVATE)
    # Imported on demand: the sandbox doesn't need the database tools, and `--help` needs no command at all.
    module = importlib.import_module(f"bot.commands.{MODULES.get(args.command, args.command)}")
    try:
        return int(module.main(args))
    except CommandError as complaint:
        print(redact(str(complaint)), file=sys.stderr)  # noqa: T201 - this is where the operator looks
        return complaint.status
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hypercare", description="A self-hosted Slack app for the weeks after a go-live.",
        epilog="To try it without a Slack account: hypercare sandbox",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"hypercare {version('hypercare')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _sandbox(commands.add_parser("sandbox", help="start a Slack-like workspace in the browser, with the bot in it"))
    _settings(commands.add_parser("run", help="run the bot in your Slack workspace"))
    _settings(
        commands.add_parser("doctor", help="check tokens, scopes, channels and the database, and say how to fix them")
    )
    _init(commands.add_parser("init", help="write the files that a new installation starts from, with new secrets"))
    _settings(commands.add_parser("settings", help="show the settings in force, without secrets"))
    _db(commands.add_parser("db", help="check, upgrade, back up or restore the database"))
    _outbox(commands.add_parser("outbox", help="list, retry or drop messages that could not be delivered"))
    _links(commands.add_parser("links", help="list or revoke links of people and tokens of programs"))
    _token(commands.add_parser("token", help="create a token for a program that reads tickets"))
    _mcp(commands.add_parser("mcp", help="let a language model read tickets, by the Model Context Protocol"))
    _erase(commands.add_parser("erase", help="erase a person's ID from the database"))
    _audit(commands.add_parser("audit", help="print the audit log as JSON Lines"))
    _import(commands.add_parser("import", help="create tickets from a CSV file or another system's export"))
    _oncall(commands.add_parser("oncall", help="import or export a rota as an iCalendar file"))
    _pulse(commands.add_parser("pulse", help="export pulse results as CSV"))
    _readings(commands.add_parser("readings", help="import measurements of other systems from a file or a database"))
    _signals(commands.add_parser("signals", help="add and check integrations for alerts of monitoring systems"))
    _connect(
        commands.add_parser(
            "connect", help="check the connections of phases to trackers such as Jira, and the bot in Teams"
        )
    )
    _teams(commands.add_parser("teams", help="write the app package of the bot for Microsoft Teams"))
    _export(commands.add_parser("export", help="export tickets and events as CSV, JSON Lines or Parquet"))
    _articles(commands.add_parser("articles", help="import guides, or export articles as a folder of Markdown"))
    _exit(commands.add_parser("exit", help="export and verify the evidence of a phase's exit"))
    _report(commands.add_parser("report", help="write the report of a phase as an HTML page for people outside Slack"))
    _fishbone(commands.add_parser("fishbone", help="draw the causes of a problem as an SVG picture"))
    _postmortem(commands.add_parser("postmortem", help="write the post-mortem of a phase as HTML, PDF or Markdown"))
    _draft(commands.add_parser("draft", help="have a language model draft an article, a summary or a post-mortem"))
    _lessons(commands.add_parser("lessons", help="write what a phase has learned to a file, or take it over"))
    _phase(commands.add_parser("phase", help="set up, export, list or archive phases"))
    return parser


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (default: hypercare.toml, if it exists)"
    )


def _connect(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="try the token, the rights and every name in the settings")
    check.add_argument("kind", metavar="KIND", help="the system, such as jira or teams")
    _settings(check)
    sync = actions.add_parser("sync", help="bring all tickets and their issues together, also after a long stop")
    sync.add_argument("kind", metavar="KIND", help="the system, such as jira")
    _settings(sync)


def _teams(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    manifest = actions.add_parser("manifest", help="write the manifest and its icons as a zip file")
    manifest.add_argument(
        "--out", type=Path, default=Path("hypercare-teams.zip"), metavar="FILE", help="where to (default: %(default)s)"
    )
    _settings(manifest)


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(), metavar="DIR", help="where to (default: the working directory)"
    )


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=8765, help="port of the page; 0 picks a free one (default: %(default)s)"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the workspace and the database in this folder between runs"
    )
    parser.add_argument(
        "--mode",
        choices=("socket", "http"),
        default="socket",
        help="how Slack's events reach the bot (default: %(default)s)",
    )
    parser.add_argument(
        "--database", metavar="URL", help="database of the bot (default: an SQLite file in the --data folder)"
    )
    parser.add_argument(
        "--only", action="store_true", help="start the workspace without the bot, and print tokens for your own bot"
    )
    parser.add_argument(
        "--manifest", type=Path, metavar="FILE", help="the manifest of another app, which you start yourself"
    )
    parser.add_argument(
        "--add", type=Path, action="append", default=[], metavar="FILE",
        help="the manifest of one more app in the same workspace, which you start yourself (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--cast", type=Path, metavar="FILE", help="people and channels of your own; docs/sandbox.md shows a file"
    )
    parser.add_argument(
        "--refuse", type=_names, default=[], metavar="BLOCKS",
        help="kinds of blocks that this workspace refuses, such as data_table,data_visualization",
    )  # fmt: skip
    parser.add_argument("--request-url", metavar="URL", help="with --only --mode http: the URL your bot listens on")
    parser.add_argument(
        "--grid", action="store_true", help="two workspaces of one Enterprise Grid organization, installed org-wide"
    )
    parser.add_argument(
        "--connect", action="store_true", help="also people of another company, a guest account and another app"
    )
    parser.add_argument(
        "--plan", choices=("paid", "free"), default="paid", help="a free plan has no user groups (default: %(default)s)"
    )
    parser.add_argument("--jira", action="store_true", help="start a small Jira too, with the phase connected to it")
    parser.add_argument(
        "--servicenow", action="store_true", help="start a small ServiceNow too, with the phase connected to it"
    )
    parser.add_argument("--mail", action="store_true", help="show a mailbox too, from which people write to the phase")
    parser.add_argument("--teams", action="store_true", help="show chats of a small Microsoft Teams too")
    parser.add_argument(
        "--story",
        nargs="?",
        const="two-weeks",
        choices=("two-weeks", "full"),
        help="play the two weeks after a go-live first, so that there's something to see; "
        "`full` goes on until the sign-off and a relapse",
    )


def _port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port between 0 and 65535")
    return int(value)


def _db(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _settings(
        actions.add_parser("check", help="compare the database's schema with this version, and check its integrity")
    )
    _settings(actions.add_parser("upgrade", help="upgrade the schema to this version of Hypercare"))
    backup = actions.add_parser("backup", help="copy an SQLite database while the bot is running, and check the copy")
    backup.add_argument("file", type=Path, metavar="FILE", help="the copy; the file must not exist yet")
    _settings(backup)
    restore = actions.add_parser("restore", help="put a backup in the place of an SQLite database; stop the bot first")
    restore.add_argument("file", type=Path, metavar="FILE", help="the backup")
    _settings(restore)
    _settings(
        actions.add_parser(
            "restored", help="after a restore with other tools: move numbers on, and look for waiting messages"
        )
    )


def _outbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("list", "retry", "drop"), help="list them, send them again, or give up on them"
    )
    parser.add_argument("ids", type=int, nargs="*", metavar="ID", help="message IDs, with retry or drop")
    parser.add_argument("--all", action="store_true", help="list waiting messages too")
    parser.add_argument("--limit", type=int, default=50, help="list at most this many (default: %(default)s)")
    _settings(parser)


def _links(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "revoke"), help="list them, or end some at once")
    parser.add_argument("ids", type=int, nargs="*", metavar="ID", help="numbers of links, with revoke")
    _settings(parser)


def _token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="PHASE", help="key of the phase whose tickets it shows")
    parser.add_argument("person", metavar="USER_ID", help="a lead of the phase; the token ends when they lead no more")
    scopes = ("tickets", "events", "private")
    parser.add_argument("--scope", action="append", choices=scopes, help="what it shows, once each (default: tickets)")
    parser.add_argument("--days", type=int, default=90, help="how long it lasts (default: %(default)s)")
    _settings(parser)


def _mcp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", required=True, help="public address of Hypercare, such as https://hypercare.example")
    parser.add_argument(
        "--token-file", type=Path, required=True, metavar="FILE", help="file with a token of `hypercare token`"
    )


def _erase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", metavar="USER_ID", help="the person's Slack ID, for example U0123456789")
    _settings(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, metavar="N", help="only the last N days (default: everything)")
    _settings(parser)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="one row per ticket; docs/use.md lists the columns")
    parser.add_argument("--phase", metavar="KEY", default="", help="key of the phase; required when there are several")
    parser.add_argument("--dry-run", action="store_true", help="only check the file, and say what would be created")
    parser.add_argument(
        "--map", metavar="MAP", default="",
        help="read the export of another system: jira, servicenow, glpi, zendesk, or a file; shows what it would do",
    )  # fmt: skip
    parser.add_argument("--apply", action="store_true", help="with --map: create the tickets without asking")
    parser.add_argument(
        "--person", action="append", metavar="NAME=ID", help="Slack ID of a name or address; can be repeated"
    )
    parser.add_argument(
        "--reporter", metavar="ID", default="", help="reporter of tickets whose own isn't known in Slack"
    )
    parser.add_argument(
        "--dates",
        choices=["day-first", "month-first"],
        help="order of dates such as 03/04/2026, if the file doesn't show",
    )
    parser.add_argument("--timezone", metavar="ZONE", help="time zone of dates without one (default: the phase's)")
    parser.add_argument("--encoding", metavar="NAME", default="", help="encoding of the file, if it isn't found")
    _settings(parser)


def _oncall(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taken = actions.add_parser("import", help="replace the rota's shifts by those of a calendar file")
    written = actions.add_parser("export", help="export the upcoming shifts")
    for one in (taken, written):
        one.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
        one.add_argument("rota", metavar="ROTA", help="name of the rota, for example primary")
        _settings(one)
    taken.add_argument("file", type=Path, metavar="FILE.ics", help="the calendar")
    taken.add_argument(
        "--person", action="append", metavar="NAME=ID", help="Slack ID of a name in the calendar; can be repeated"
    )
    taken.add_argument("--dry-run", action="store_true", help="only show who would be on call, before and after")
    written.add_argument("--out", type=Path, metavar="FILE.ics", help="output file (default: standard output)")


def _pulse(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("export", help="export the results of every closed wave as CSV")
    one.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    one.add_argument("name", nargs="?", default="", metavar="NAME", help="name of the pulse (default: all)")
    one.add_argument("--out", type=Path, metavar="FILE.csv", help="output file (default: standard output)")
    _settings(one)


def _readings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE.csv", help="columns metric, day and value; see docs/reports.md"
    )
    parser.add_argument("--sql", action="store_true", help="read the values of objectives from their databases now")
    _settings(parser)


def _signals(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("list", "add", "rotate", "revoke", "test"),
        help="list the integrations, add one, give it a new secret, revoke it, or say what a plain alert would do",
    )  # fmt: skip
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument("kind", nargs="?", default="", metavar="KIND", help="such as alertmanager; see docs/signals.md")
    parser.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help="a file with the secret that the sender made, as Sentry does",
    )
    _settings(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="output file")
    what = ("tickets", "events", "promises", "comments", "actions", "decisions", "problems", "causes", "readings",
            "marked_events")  # fmt: skip
    parser.add_argument("--what", choices=what, default="tickets",
                        help="what to export (default: %(default)s); docs/data.md lists the columns")  # fmt: skip
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv", help="default: %(default)s")
    parser.add_argument(
        "--private", action="store_true", help="include private tickets; this is recorded in the audit log"
    )
    _settings(parser)


def _articles(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    brought = actions.add_parser("import", help="publish Markdown, HTML, text files or lists of links as articles")
    brought.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    brought.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files and folders")
    _settings(brought)
    export = actions.add_parser("export", help="write each published article as a Markdown file")
    export.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    export.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    export.add_argument("--team", action="store_true", help="include articles that are for the team only")
    _settings(export)


def _exit(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write events, decisions, definitions and figures, chained by hash")
    export.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="output file")
    _settings(export)
    verify = actions.add_parser("verify", help="check the hashes of such a file, and calculate every figure again")
    verify.add_argument("file", type=Path, metavar="FILE", help="the file that was exported")
    verify.add_argument("--seal", default="", help="the seal that was posted when the exit was signed")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument("--out", type=Path, metavar="FILE.html", help="output file (default: standard output)")
    parser.add_argument("--at", type=_time, help=argparse.SUPPRESS)  # for a sandbox whose clock was moved
    _settings(parser)


def _fishbone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument("problem", metavar="PROBLEM", help="name of the problem, for example P3")
    parser.add_argument("--out", type=Path, metavar="FILE.svg", help="output file (default: standard output)")
    _settings(parser)


def _postmortem(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="FILE.html, FILE.pdf or FILE.md (default: Markdown to standard output)"
    )
    _settings(parser)


def _draft(parser: argparse.ArgumentParser) -> None:
    kinds = ("article", "summary", "postmortem")
    parser.add_argument("kind", choices=kinds, help="an article for review, a summary, or a section of the post-mortem")
    parser.add_argument("about", metavar="ABOUT", help="a ticket, such as PAY-42, or a phase, such as PAY")
    _settings(parser)


def _lessons(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write settings, articles, targets reached, estimates and words as JSON")
    export.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    export.add_argument("--out", type=Path, metavar="FILE", help="output file (default: standard output)")
    _settings(export)
    taken = actions.add_parser("import", help="take such a file over into another phase")
    taken.add_argument("key", metavar="KEY", help="key of the phase that is to learn, for example NEXT")
    taken.add_argument("file", type=Path, metavar="FILE", help="the file that was exported")
    _settings(taken)


def _time(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value} is not a time such as 2026-11-24T09:00:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _phase(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    apply = actions.add_parser("apply", help="create a phase from a file, or update the one with the same key")
    apply.add_argument("file", type=Path, metavar="FILE.toml", help="settings of the phase; see docs/settings.md")
    _settings(apply)
    for name, what in (
        ("export", "print the settings of a phase as TOML"),
        ("archive", "end a phase and keep all its data"),
    ):
        one = actions.add_parser(name, help=what)
        one.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
        _settings(one)
    days = actions.add_parser("holidays", help="add the whole days of a calendar to the holidays of a phase")
    days.add_argument("key", metavar="KEY", help="key of the phase, for example PAY")
    days.add_argument("calendar", metavar="CALENDAR", help="iCalendar file, or the https address of one")
    days.add_argument("--dry-run", action="store_true", help="only show which days these are")
    _settings(days)
    _settings(actions.add_parser("list", help="list the phases"))


if __name__ == "__main__":
    sys.exit(main())
