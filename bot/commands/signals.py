"""`hypercare signals`: list, open, rotate, revoke and try the doors for alerts of other systems."""

import argparse
from collections.abc import Callable

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.phases.phases import get_phase
from bot.services.signals import doors
from bot.services.signals.overview import overview, try_rules
from bot.views.signals import doors as views
from domain.signals.kinds import KINDS
from domain.signals.summary import DoorLine
from domain.text import plural


def main(args: argparse.Namespace) -> int:
    if args.action != "list" and not args.kind:
        raise CommandError(f"Name a kind: {', '.join(KINDS)}.")
    with common.app_context(args.config) as app:
        app.secret, app.public_url = common.secret_and_url(args.config)
        print(WORK[args.action](app, args))  # noqa: T201 - the command's result
    return 0


def _list(app: AppContext, args: argparse.Namespace) -> str:
    found = overview(app, get_phase(app, args.key))
    misses = [f"{one.at:%Y-%m-%d %H:%M} UTC {one.kind}: {one.reason} {one.outline}" for one in found.misses]
    rows = [*map(_door, found.doors), *(["Not understood in the last day:", *misses] if misses else [])]
    return "\n".join(rows) or f"{found.key} has no doors yet. Open one with `hypercare signals add {found.key} KIND`."


def _door(door: DoorLine) -> str:
    if door.is_revoked:
        return f"{door.kind}: revoked."
    last = f"{door.last_at:%Y-%m-%d %H:%M} UTC" if door.last_at else "never"
    received = plural(door.received, "1 request", "{count} requests")
    return f"{door.kind}: {door.address} - {received}, {door.not_understood} not understood, last {last}."


def _add(app: AppContext, args: argparse.Namespace) -> str:
    return _secret(app, args, doors.open_door(app, args.key, args.kind, doors.OPERATOR, _given(args)))


def _rotate(app: AppContext, args: argparse.Namespace) -> str:
    return _secret(app, args, doors.rotate(app, args.key, args.kind, doors.OPERATOR, _given(args)), is_rotated=True)


def _secret(app: AppContext, args: argparse.Namespace, secret: str, *, is_rotated: bool = False) -> str:
    kind = doors.get_kind(args.kind)
    address = doors.address_of(app, get_phase(app, args.key), kind.name)
    return views.secret(kind, address, secret, is_rotated=is_rotated)


def _given(args: argparse.Namespace) -> str:
    return args.secret_file.read_text(encoding="utf-8").strip() if args.secret_file else ""


def _revoke(app: AppContext, args: argparse.Namespace) -> str:
    doors.revoke(app, args.key, args.kind, doors.OPERATOR)
    return views.revoked(doors.get_kind(args.kind))


def _test(app: AppContext, args: argparse.Namespace) -> str:
    return views.tested(doors.get_kind(args.kind), try_rules(app, get_phase(app, args.key), args.kind))


WORK: dict[str, Callable[[AppContext, argparse.Namespace], str]] = {
    "list": _list, "add": _add, "rotate": _rotate, "revoke": _revoke, "test": _test,
}  # fmt: skip
