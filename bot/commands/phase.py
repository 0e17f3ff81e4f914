"""`hypercare phase apply | export | list | archive`: which phases there are, and what they are made of."""

import argparse
from collections.abc import Callable

from bot.cli import Complaint
from bot.commands import common
from bot.context import AppContext
from bot.services.phases import phases
from bot.settings.phase_file import InvalidSettings
from bot.settings.phase_toml import load_phase, to_toml
from domain.phases.phase import Phase
from domain.reporting.kpis import describe_target, kpi_results


def main(args: argparse.Namespace) -> int:
    work = {"apply": _apply, "export": _export, "list": _list, "archive": _archive}[args.action]
    with common.app_context(args.config) as app:
        print(work(app, args))  # noqa: T201 - the command's result
    return 0


Work = Callable[[AppContext, argparse.Namespace], str]


def _apply(app: AppContext, args: argparse.Namespace) -> str:
    try:
        file = load_phase(args.file)
    except InvalidSettings as error:
        raise Complaint(f"{args.file} is not complete:\n{error}") from None
    phase = phases.apply(app, file)
    return _line(phase) + _warning(phase) + f"\n{_judged(phase)}"


def _export(app: AppContext, args: argparse.Namespace) -> str:
    return to_toml(phases.to_file(phases.named(app, args.key))).rstrip()


def _list(app: AppContext, _args: argparse.Namespace) -> str:
    return "\n".join(map(_line, phases.every(app))) or "There is no phase yet."


def _archive(app: AppContext, args: argparse.Namespace) -> str:
    return _line(phases.archive(app, args.key))


def _line(phase: Phase) -> str:
    return f"Phase {phase.key} ({phase.name}) is {phase.state}."


def _judged(phase: Phase) -> str:
    """A phase has targets from its first day: those that were said, the usual ones, or none where that was said."""
    return f"It is judged by: {', '.join(map(describe_target, kpi_results({}, phase.goals)))}."


def _warning(phase: Phase) -> str:
    empty = ", ".join(role.label for role in phase.empty_roles)
    return f"\nNobody fills these roles yet: {empty}." if empty else ""
