"""Rotas: who is on call, shifts from and for other calendars, and test pages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.phases.phases import phases_at
from bot.views.oncall import shifts as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.oncall.rota import Shift, ShiftChange, ShiftOverride, compare
from domain.operations.scopes import Place, missing_at
from domain.phases.permissions import Person, is_lead, is_responder, require_people
from domain.phases.phase import Phase
from domain.text import plural
from storage.transaction import Transaction

PREVIEW = timedelta(days=28)  # how far a change of a rota is shown before it is made
SHOWN_CHANGES = 40
UNCOVERED = "no one"


def who_is_on_call(app: AppContext, person: Person, channel: str, at: datetime | None = None) -> dict[str, Any]:
    """Return a message with who is on call in the phases of a channel, now or at another time."""
    with app.store.read() as tx:
        phases, now = [p for p in phases_at(tx, channel=channel) if p.oncall.rotas], app.now()
        for phase in phases:
            require_people(person, phase)
        moment = at or now
        shown = [
            (phase, schedule, shifts.current_shift(schedule, moment))
            for phase in phases
            for schedule in shifts.rota_schedules(tx, phase, min(now, moment))
        ]
    responder = any(is_responder(person, phase) for phase in phases)
    return views.on_call_now(shown, moment, is_now=at is None, responder=responder,
                             missing=missing_at(Place.ON_CALL, app.scopes))  # fmt: skip


def phase_timezone(app: AppContext, channel: str) -> str:
    """Return the time zone of the phase of a channel."""
    with app.store.read() as tx:
        return phases_at(tx, channel=channel)[0].timezone


def list_rotas(app: AppContext, person: Person, channel: str) -> list[tuple[Phase, str]]:
    """Return the rotas that a person may change, as (phase, name of the rota)."""
    with app.store.read() as tx:
        return [(phase, rota.name) for phase in changeable_phases(tx, person, channel) for rota in phase.oncall.rotas]


def list_shifts(
    app: AppContext, phase: Phase, rota: str, ahead: timedelta, person: str = ""
) -> list[tuple[str, Shift]]:
    """Return the coming shifts as (rota, shift): of all rotas when `rota` is empty, of one person with `person`."""
    with app.store.read() as tx:
        now = app.now()
        schedules = [one for one in shifts.rota_schedules(tx, phase, now) if rota in ("", one.rota.name)]
        found = [(one.rota.name, shift) for one in schedules for shift in one.shifts(now, now + ahead)]
    return [(name, shift) for name, shift in found if person in ("", shift.on_call.person)]


def find_phase_with_rota(app: AppContext, key: str, rota: str) -> Phase:
    """Return the phase with that key; Refused when it has no such rota."""
    with app.store.read() as tx:
        phase = tx.phases.find_by_key(key)
    if phase is None or rota not in [one.name for one in phase.oncall.rotas]:
        known = ", ".join(one.name for one in phase.oncall.rotas) if phase else ""
        problem = f"There is no rota “{rota}” in {key.upper()}."
        raise Refused(f"{problem} Choose one of: {known}." if known else problem)
    return phase


def import_shifts(app: AppContext, phase: Phase, rota: str, overrides: Sequence[ShiftOverride]) -> None:
    """Make the shifts of another calendar those of a rota; they replace what was imported before."""
    with app.transaction() as tx:
        import_shifts_in(app, tx, phase, rota, overrides, by="operator")


def import_shifts_in(
    app: AppContext, tx: Transaction, phase: Phase, rota: str, overrides: Sequence[ShiftOverride], *, by: str
) -> None:
    """Make the shifts of another calendar those of a rota, within a transaction; `by` is who imports them."""
    tx.overrides.replace_imported(phase.id, rota, overrides, by=by, at=app.now())
    tx.audit.log(by, "rota imported", f"{phase.key} {rota}", app.now())
    shifts.plan(tx, phase, app)


def list_known_people(app: AppContext, phase: Phase) -> set[str]:
    """Return the ids of everyone whom the phase's settings or its shifts name, or the app has met."""
    oncall = phase.oncall
    named = [*phase.responder_people, *(member.person for member in oncall.roster),
             *(person for rota in oncall.rotas for layer in rota.layers for person in layer.people)]  # fmt: skip
    with app.store.read() as tx:
        schedules = shifts.rota_schedules(tx, phase, app.now())
        on_shifts = [override.person for one in schedules for override in one.overrides]
        return {*named, *on_shifts, *tx.profiles.list_ids()}


def preview_import(
    app: AppContext, phase: Phase, rota: str, overrides: Sequence[ShiftOverride], ahead: timedelta = PREVIEW
) -> list[ShiftChange]:
    """Return where another person would be on call if these shifts replaced what was imported before."""
    with app.store.read() as tx:
        now = app.now()
        before = next(one for one in shifts.rota_schedules(tx, phase, now) if one.rota.name == rota)
    kept = [one for one in before.overrides if not one.imported]
    after = replace(before, overrides=(*overrides, *kept))
    return compare(before, after, now, now + ahead)


def describe_changes(app: AppContext, phase: Phase, rota: str, overrides: Sequence[ShiftOverride]) -> Iterator[str]:
    """Yield a line for each change of the coming weeks, in the phase's time zone, beginning with who is on now."""
    changes, zone = preview_import(app, phase, rota, overrides), ZoneInfo(phase.timezone)
    if not changes:
        yield "Who is on call stays the same in the next four weeks."
    for number, change in enumerate(changes):
        if number == SHOWN_CHANGES:
            yield plural(len(changes) - number, "There is 1 more change.", "There are {count} more changes.")
            return
        begins, ends = (moment.astimezone(zone) for moment in (change.starts, change.ends))
        was, becomes = change.before or UNCOVERED, change.after or UNCOVERED
        yield f"{begins:%a %Y-%m-%d %H:%M} to {ends:%a %Y-%m-%d %H:%M}: {was} → {becomes}"


def send_test_pages(app: AppContext, person: Person, channel: str, request: str | None = None) -> int:
    """Send a test page to everyone who is on call in the next four weeks, and return to how many. For leads only."""
    with app.transaction(request) as tx:
        phases = [phase for phase in phases_at(tx, channel=channel) if is_lead(person, phase)]
        if not phases:
            raise Refused("Only leads can send test pages. Ask a lead of this phase.")
        now = app.now()
        found = [(phase, one) for phase in phases for one in _people_on_call_soon(tx, phase, now)]
        for phase, one in found:
            page = tx.escalations.insert_test_page(one, now, phase_id=phase.id)
            lane = tx.outbox.lane(lane_name(LaneKind.TEST_PAGE, page), one)
            tx.outbox.post(lane, views.test_page(page, person.id), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)
    return len(found)


def confirm_test_page(app: AppContext, person: Person, page_id: int) -> None:
    """Record that a test page reached the person."""
    with app.transaction() as tx:
        page = tx.escalations.find_page(page_id)
        if page is None or page.person != person.id:
            raise Refused("This test page was sent to another person.")
        tx.escalations.mark_answered(person.id, app.now(), page_id=page_id)


def changeable_phases(tx: Transaction, person: Person, channel: str) -> list[Phase]:
    """Return the phases of a channel whose rotas a person may change; Refused when there are none."""
    found = [p for p in phases_at(tx, channel=channel) if p.oncall.rotas and is_responder(person, p)]
    if not found:
        raise Refused("You aren't part of a rota here. Ask a lead to add you.")
    return found


def _people_on_call_soon(tx: Transaction, phase: Phase, now: datetime) -> Sequence[str]:
    schedules = shifts.rota_schedules(tx, phase, now)
    found = [shift.on_call.person for one in schedules for shift in shifts.upcoming_shifts(one, now)]
    return list(dict.fromkeys(filter(None, found)))
