"""`hypercare phase apply | export | list | holidays | archive`: create, export, list and archive phases."""

import argparse
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.cli import CommandError
from bot.commands import common
from bot.commands.channels import find_missing_access
from bot.context import AppContext
from bot.services.oncall import icalendar
from bot.services.phases import phases
from bot.settings.errors import InvalidSettings
from bot.settings.phase_toml import load_phase, to_toml
from bot.settings.settings import load
from bot.transport.calendar_download import NoCalendar, download
from bot.transport.web_client import CheckedWebClient
from domain.phases.phase import Phase
from domain.reporting.kpis import describe_target, kpi_results

DAY, AHEAD = timedelta(days=1), timedelta(days=800)  # holidays of a calendar
TIMEOUT = 10  # seconds for an answer of Slack
INVALID = 2  # exit code for a calendar that can't be read


def main(args: argparse.Namespace) -> int:
    work = {"apply": _apply, "export": _export, "list": _list, "archive": _archive, "holidays": _holidays}[args.action]
    with common.app_context(args.config) as app:
        print(work(app, args))  # noqa: T201 - the command's result
    return 0


Work = Callable[[AppContext, argparse.Namespace], str]


def _apply(app: AppContext, args: argparse.Namespace) -> str:
    try:
        settings = load_phase(args.file)
    except InvalidSettings as error:
        raise CommandError(f"{args.file} has errors:\n{error}") from None
    said = _check_channels(app, phases.to_phase(settings), args.config)
    phase = phases.apply_settings(app, settings)
    return f"{_line(phase)}{_empty_roles(phase)}{_readers(phase)}\n{_targets(phase)}{said}"


def _check_channels(app: AppContext, phase: Phase, config: Path | None) -> str:
    """Refuse an active phase that can't write to its channels; return what to add where Slack can't be asked."""
    if not phase.is_active:
        return ""
    try:
        loaded = load(config)
    except InvalidSettings:
        return "\nIts channels aren't checked, since the settings have no token. `hypercare doctor` checks them later."
    client = CheckedWebClient(loaded.bot_token.get_secret_value(), base_url=loaded.slack_url, timeout=TIMEOUT)
    app.enter_channels = partial(find_missing_access, client, join=True)
    phases.require_access(app, phase, str)
    return ""


def _export(app: AppContext, args: argparse.Namespace) -> str:
    return to_toml(phases.get_phase(app, args.key).settings).rstrip()


def _list(app: AppContext, _args: argparse.Namespace) -> str:
    return (
        "\n".join(map(_line, phases.list_phases(app)))
        or "There are no phases yet. Create one with `hypercare phase apply FILE.toml`."
    )


def _archive(app: AppContext, args: argparse.Namespace) -> str:
    return _line(phases.archive(app, args.key))


def _holidays(app: AppContext, args: argparse.Namespace) -> str:
    """Add the whole days of a calendar to the holidays; nothing where one of its events can't be a holiday."""
    phase, now = phases.get_phase(app, args.key), app.now()
    try:
        found = icalendar.read_days(_calendar(args.calendar), phase.timezone, now - DAY, now + AHEAD)
    except (icalendar.InvalidCalendar, NoCalendar) as no:
        raise CommandError(f"Nothing was changed.\n{no}", INVALID) from None
    new = [day.isoformat() for day in found if day not in phase.sla.holidays]
    if not new:
        return f"Phase {phase.key} has all of these holidays already."
    if args.dry_run:
        return f"These would become holidays of {phase.key}: {', '.join(new)}.\nNothing was changed."
    phases.add_holidays(app, phase.key, found)
    return f"These are holidays of {phase.key} now: {', '.join(new)}."


def _calendar(source: str) -> bytes:
    if "://" in source:
        return download(source, icalendar.MAX_BYTES)
    return Path(source).read_bytes()


def _line(phase: Phase) -> str:
    return f"Phase {phase.key} ({phase.name}) is {phase.state}."


def _targets(phase: Phase) -> str:
    """Return a line with the KPI targets of the phase: its own, and the defaults for the others."""
    return f"KPI targets: {', '.join(map(describe_target, kpi_results({}, phase.reporting.kpi_targets)))}."


def _readers(phase: Phase) -> str:
    """Return lines that name who gives feedback and who reads the figures, if the phase sets them."""
    named = (("Feedback comes from", phase.reporting.providers), ("Figures are read by", phase.reporting.consumers))
    return "".join(f"\n{text}: {', '.join(names)}." for text, names in named if names)


def _empty_roles(phase: Phase) -> str:
    empty = ", ".join(role.label for role in phase.empty_roles)
    return f"\nThese roles are empty: {empty}." if empty else ""
