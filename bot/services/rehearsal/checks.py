"""What a rehearsal finds by reading: settings, people, rotas, schedules, ways in and connections."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.oncall.shifts import rota_schedules
from bot.services.phases.planning import timer_key
from domain.operations.scopes import missing_core, missing_optional
from domain.phases.phase import Phase
from domain.pulse.settings import Occasion
from domain.rehearsal.findings import (
    Finding,
    FindingKind,
    Rehearsal,
    empty_groups,
    missing_addresses,
    named_in,
    people_who_left,
    settings_findings,
)
from domain.reporting.settings import DigestFrequency
from storage.transaction import Transaction

FIRST_WEEK, AHEAD = timedelta(days=7), timedelta(days=28)
WAYS_IN = ("app_mentions:read", "files:read", "reactions:read")  # scopes without which reports don't come in


def read_findings(app: AppContext, tx: Transaction, phase: Phase, rehearsal: Rehearsal) -> list[Finding]:
    """Return what would not work, as far as it can be read."""
    return [
        *(Finding(FindingKind.NO_ACCESS, channel, why) for channel, why in sorted(rehearsal.access.items())),
        *settings_findings(phase, has_secret=bool(app.secret), trackers=frozenset(app.trackers)),
        *people_who_left(phase, people_gone(tx, phase)),
        *empty_groups(phase),
        *_uncovered(app, tx, phase),
        *missing_addresses(phase, app.addresses),
        *_not_planned(tx, phase),
        *_quiet_integrations(tx, phase),
        *_scopes(app, phase),
    ]


def people_gone(tx: Transaction, phase: Phase) -> frozenset[str]:
    """Return the people of the settings whose accounts are deactivated."""
    named = {one for _, one in named_in(phase.settings.model_dump(mode="json"))} | {*phase.responder_people}
    return frozenset(id_ for id_, profile in tx.profiles.list_by_ids(named).items() if profile.deleted)


def list_people(app: AppContext, tx: Transaction, phase: Phase) -> list[str]:
    """Return the leads and everyone who is on call in the first four weeks, without those who have left."""
    since = _begins(app, phase)
    on_call = [shift.on_call.person for schedule in rota_schedules(tx, phase, since)
               for shift in schedule.shifts(since, since + AHEAD)]  # fmt: skip
    gone = people_gone(tx, phase)
    return [one for one in dict.fromkeys((*phase.lead_people, *filter(None, on_call))) if one not in gone]


def _begins(app: AppContext, phase: Phase) -> datetime:
    """Return when the go-live is, or now if that is over or not known."""
    if phase.go_live is None:
        return app.now()
    return max(app.now(), datetime.combine(phase.go_live, time(), ZoneInfo(phase.timezone)))


def _uncovered(app: AppContext, tx: Transaction, phase: Phase) -> list[Finding]:
    """Return the first uncovered hours of each rota in the first week."""
    since, zone = _begins(app, phase), ZoneInfo(phase.timezone)
    found = []
    for schedule in rota_schedules(tx, phase, since):
        if gaps := schedule.gaps(since, since + FIRST_WEEK):
            starts, ends = (moment.astimezone(zone) for moment in gaps[0])
            found.append(
                Finding(FindingKind.UNCOVERED, schedule.rota.name, f"{starts:%a %d %b %H:%M} to {ends:%a %H:%M}")
            )
    return found


def _not_planned(tx: Transaction, phase: Phase) -> list[Finding]:
    """Return the digests and surveys of an active phase that have no time; before its start nothing has one."""
    if not phase.is_active:
        return []
    digests = [one.digest for one in phase.digest_schedules]
    wanted = [("digest", one.name) for one in digests if one.every is not DigestFrequency.NEVER]
    wanted += [("pulse", one.name) for one in phase.pulse.pulses if one.occasion is Occasion.SCHEDULE]
    return [Finding(FindingKind.NOT_PLANNED, name, kind) for kind, name in wanted
            if tx.timers.find_next(timer_key(kind, phase, name)) is None]  # fmt: skip


def _quiet_integrations(tx: Transaction, phase: Phase) -> list[Finding]:
    integrations = tx.signal_integrations.list_by_phase(phase.id)
    return [
        Finding(FindingKind.QUIET_INTEGRATION, one.kind)
        for one in integrations
        if not one.revoked_at and one.last_at is None
    ]


def _scopes(app: AppContext, phase: Phase) -> list[Finding]:
    """Return the permissions of Slack that ways in and user groups need and that are not granted."""
    if app.scopes is None:
        return []
    needed = (*WAYS_IN, *(("usergroups:read",) if phase.groups else ()))
    missing = missing_core(app.scopes) | {
        scope: without for scope, without in missing_optional(app.scopes).items() if scope in needed
    }
    return [Finding(FindingKind.NO_SCOPE, scope, without) for scope, without in missing.items()]
