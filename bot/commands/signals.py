"""`hypercare signals`: list, open, rotate, revoke and try the integrations for alerts of other systems."""

import argparse
from collections.abc import Callable

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.phases.phases import get_phase
from bot.services.signals import integrations
from bot.services.signals.overview import overview, try_rules
from bot.views.signals import integrations as views
from domain.signals.kinds import KINDS
from domain.signals.summary import IntegrationLine
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
    rows = [*map(_line, found.integrations), *(["Not understood in the last day:", *misses] if misses else [])]
    return (
        "\n".join(rows)
        or f"{found.key} has no integrations yet. Add one with `hypercare signals add {found.key} KIND`."
    )


def _line(one: IntegrationLine) -> str:
    if one.is_revoked:
        return f"{one.kind}: revoked."
    last = f"{one.last_at:%Y-%m-%d %H:%M} UTC" if one.last_at else "never"
    received = plural(one.received, "1 request", "{count} requests")
    return f"{one.kind}: {one.address} - {received}, {one.not_understood} not understood, last {last}."


def _add(app: AppContext, args: argparse.Namespace) -> str:
    return _secret(app, args, integrations.add(app, args.key, args.kind, integrations.OPERATOR, _given(args)))


def _rotate(app: AppContext, args: argparse.Namespace) -> str:
    return _secret(
        app, args, integrations.rotate(app, args.key, args.kind, integrations.OPERATOR, _given(args)), is_rotated=True
    )


def _secret(app: AppContext, args: argparse.Namespace, secret: str, *, is_rotated: bool = False) -> str:
    kind = integrations.get_kind(args.kind)
    address = integrations.address_of(app, get_phase(app, args.key), kind.name)
    return views.secret(kind, address, secret, is_rotated=is_rotated)


def _given(args: argparse.Namespace) -> str:
    return args.secret_file.read_text(encoding="utf-8").strip() if args.secret_file else ""


def _revoke(app: AppContext, args: argparse.Namespace) -> str:
    integrations.revoke(app, args.key, args.kind, integrations.OPERATOR)
    return views.revoked(integrations.get_kind(args.kind))


def _test(app: AppContext, args: argparse.Namespace) -> str:
    return views.tested(integrations.get_kind(args.kind), try_rules(app, get_phase(app, args.key), args.kind))


WORK: dict[str, Callable[[AppContext, argparse.Namespace], str]] = {
    "list": _list, "add": _add, "rotate": _rotate, "revoke": _revoke, "test": _test,
}  # fmt: skip
