"""On call, for people: who is, swaps and overrides that they agree on, and tests of whether a call reaches anybody."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.phases.phases import meant
from bot.views.oncall import oncall as views
from bot.views.oncall import swaps as swap_views
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.oncall.rota import ASKED, Shift, ShiftOverride, SwapRequest
from domain.phases.permissions import Person, is_lead, is_responder
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from storage.transaction import Transaction


def who_is_on_call(app: AppContext, person: Person, channel: str, at: datetime | None = None) -> dict[str, Any]:
    """Who is on call here, now or at any time."""
    with app.store.read() as tx:
        phases, now = [p for p in meant(tx, channel=channel) if p.oncall.rotas], app.now()
        moment = at or now
        shown = [
            (phase, duty, shifts.current_shift(duty, moment))
            for phase in phases
            for duty in shifts.rota_schedules(tx, phase, min(now, moment))
        ]
    return views.on_call_now(shown, moment, is_now=at is None, responder=any(is_responder(person, p) for p in phases))


def phase_timezone(app: AppContext, channel: str) -> str:
    """The time zone of the phase here."""
    with app.store.read() as tx:
        return meant(tx, channel=channel)[0].timezone


def list_swappable_shifts(app: AppContext, person: Person, channel: str) -> list[swap_views.ShiftPeriod]:
    """Every shift of the next weeks in which somebody is on, here; what can be swapped."""
    with app.store.read() as tx:
        now = app.now()
        return [
            swap_views.ShiftPeriod(phase, duty.rota.name, shift)
            for phase in _changeable_phases(tx, person, channel)
            for duty in shifts.rota_schedules(tx, phase, now)
            for shift in shifts.upcoming_shifts(duty, now)
            if shift.on_call.person
        ]


def list_rotas(app: AppContext, person: Person, channel: str) -> list[tuple[Phase, str]]:
    """The rotas that somebody may change here."""
    with app.store.read() as tx:
        return [(phase, rota.name) for phase in _changeable_phases(tx, person, channel) for rota in phase.oncall.rotas]


def add_override(
    app: AppContext, person: Person, phase_id: int, rota: str, override: ShiftOverride, request: str | None = None
) -> None:
    """Leads put anybody on, responders themselves."""
    if override.ends <= override.starts:
        raise Refused("It ends before it begins.", field="ends")
    if override.ends <= app.now():
        raise Refused("That is over already.", field="ends")
    with app.transaction(request) as tx:
        phase = _get_phase(tx, phase_id, rota)
        if not is_lead(person, phase) and (override.person != person.id or not is_responder(person, phase)):
            raise Refused("Leads can put anybody on call; you can put yourself.", field="person")
        if not is_responder(app.person(override.person), phase):
            raise Refused(f"Only responders and leads of {phase.name} can be on call.", field="person")
        tx.overrides.insert(
            phase.id, rota, override, by=person.id, pair=secrets.token_hex(8), at=app.now(), agreed=True
        )
        tx.audit.log(person.id, "on call changed", f"{phase.key} {rota}", app.now())
        _announce(tx, app, phase, swap_views.overridden(rota, override, person.id))
        shifts.plan(tx, phase, app)


@dataclass(frozen=True, slots=True)
class Swap:
    """One shift for another, or for nothing."""

    rota: str
    gives: Shift
    to: str
    takes: tuple[str, Shift] | None = None  # in which rota


def request_swap(app: AppContext, person: Person, phase_id: int, swap: Swap, request: str | None = None) -> None:
    """The other one is asked; nothing changes before they say yes."""
    with app.transaction(request) as tx:
        phase, now, pair = _get_phase(tx, phase_id, swap.rota), app.now(), secrets.token_hex(8)
        if swap.to == person.id:
            raise Refused("Please choose somebody else.", field="to")
        if not is_responder(app.person(swap.to), phase):
            raise Refused(f"Only responders and leads of {phase.name} can be on call.", field="to")
        for rota, shift, to in _moves(swap):
            override = ShiftOverride(
                person=to, instead_of=shift.on_call.person, starts=max(shift.starts, now), ends=shift.ends
            )
            tx.overrides.insert(phase.id, rota, override, by=person.id, pair=pair, at=now, agreed=False)
        lane = tx.outbox.lane(f"swap:{pair}", swap.to)
        made = tx.overrides.list_pair(pair)
        tx.outbox.post(lane, swap_views.swap_request(made, person.id), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)


def answer_swap(
    app: AppContext, person: Person, pair: str, *, agreed: bool, request: str | None = None
) -> dict[str, Any]:
    """Yes or no of the one who was asked; what their message says from now on."""
    with app.transaction(request) as tx:
        made = tx.overrides.list_pair(pair)
        if not made or person.id != made[0].override.person:
            raise Refused("This was asked of somebody else.")
        if made[0].state != ASKED:
            raise Refused("You have answered that already.")
        if made[0].override.ends <= app.now():
            raise Refused("That shift is over already.")
        phase = tx.phases.get(made[0].phase_id)
        if agreed:
            _refuse_stale(tx, phase, made, app.now())
        tx.overrides.answer(pair, agreed=agreed)
        after = tx.overrides.list_pair(pair)
        lane = tx.outbox.lane(f"swapped:{pair}", made[0].asked_by)
        tx.outbox.post(lane, swap_views.swap_answer(after), at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
        if agreed:
            _announce(tx, app, phase, swap_views.swap_answer(after))
            shifts.plan(tx, phase, app)
        return swap_views.swap_request(after, made[0].asked_by)


def send_test_pages(app: AppContext, person: Person, channel: str, request: str | None = None) -> int:
    """Everybody who is on call in the next weeks is asked whether they would have heard it; how many."""
    with app.transaction(request) as tx:
        phases = [phase for phase in meant(tx, channel=channel) if is_lead(person, phase)]
        if not phases:
            raise Refused("Sending test pages is for leads.")
        now = app.now()
        found = [(phase, one) for phase in phases for one in _people_on_call_soon(tx, phase, now)]
        for phase, one in found:
            page = tx.escalations.insert_page(one, now, phase_id=phase.id)
            lane = tx.outbox.lane(f"test:{page}", one)
            tx.outbox.post(lane, views.test_page(page, person.id), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)
    return len(found)


def confirm_test_page(app: AppContext, person: Person, page_id: int) -> None:
    """A test page reached them."""
    with app.transaction() as tx:
        page = tx.escalations.find_page(page_id)
        if page is None or page.person != person.id:
            raise Refused("This was sent to somebody else.")
        tx.escalations.mark_answered(person.id, app.now(), page_id=page_id)


def find_phase_with_rota(app: AppContext, key: str, rota: str) -> Phase:
    """The phase of that key; Refused when it has no such rota."""
    with app.store.read() as tx:
        phase = tx.phases.by_key(key)
    if phase is None or rota not in [one.name for one in phase.oncall.rotas]:
        known = ", ".join(one.name for one in phase.oncall.rotas) if phase else ""
        raise Refused(f"There is no rota {rota} in {key.upper()}" + (f"; there is {known}." if known else "."))
    return phase


def import_shifts(app: AppContext, phase: Phase, rota: str, covers: Sequence[ShiftOverride]) -> None:
    """Another calendar says whose shifts they are, from now on; what it said before is forgotten."""
    with app.transaction() as tx:
        tx.overrides.replace_imported(phase.id, rota, covers, by="operator", at=app.now())
        tx.audit.log("operator", "rota imported", f"{phase.key} {rota}", app.now())
        shifts.plan(tx, phase, app)


def list_shifts(
    app: AppContext, phase: Phase, rota: str, ahead: timedelta, person: str = ""
) -> list[tuple[str, Shift]]:
    """The shifts to come of a rota, or of all where it names none; only somebody's own with `person`."""
    with app.store.read() as tx:
        now = app.now()
        found = [
            (duty.rota.name, shift)
            for duty in shifts.rota_schedules(tx, phase, now)
            if rota in ("", duty.rota.name)
            for shift in duty.shifts(now, now + ahead)
        ]
    return [(name, shift) for name, shift in found if person in ("", shift.on_call.person)]


def create_feed(app: AppContext, person: Person, channel: str, request: str | None = None) -> str:
    """The address of somebody's own calendar; what they had before does not work any more."""
    if not app.public_url:
        raise Refused("Calendars are not served here: an operator would set HYPERCARE_PUBLIC_URL.")
    with app.transaction(request) as tx:
        phase, token = _changeable_phases(tx, person, channel)[0], secrets.token_urlsafe(24)
        tx.feeds.replace(token, person.id, phase.id, app.now())
    return f"{app.public_url}/oncall/{token}.ics"


def find_feed(app: AppContext, token: str) -> tuple[Phase, str] | None:
    """Whose calendar that is, and of which phase."""
    with app.store.read() as tx:
        found = tx.feeds.find_by_token(token)
        return (tx.phases.get(found[1]), found[0]) if found else None


def _refuse_stale(tx: Transaction, phase: Phase, made: Sequence[SwapRequest], now: datetime) -> None:
    """Whoever gives a shift must still have it."""
    on = {duty.rota.name: duty for duty in shifts.rota_schedules(tx, phase, now)}
    for asked in made:
        duty, starts = on.get(asked.rota), max(asked.override.starts, now)
        if duty is None or duty.at(starts).person != asked.override.instead_of:
            raise Refused(f"<@{asked.override.instead_of}> is not on call then any more; please agree on it anew.")


def _people_on_call_soon(tx: Transaction, phase: Phase, now: datetime) -> Sequence[str]:
    found = [
        s.on_call.person for duty in shifts.rota_schedules(tx, phase, now) for s in shifts.upcoming_shifts(duty, now)
    ]
    return list(dict.fromkeys(filter(None, found)))


def _moves(swap: Swap) -> list[tuple[str, Shift, str]]:
    """(rota, shift, who takes it)."""
    back = [(*swap.takes, swap.gives.on_call.person)] if swap.takes else []
    return [(swap.rota, swap.gives, swap.to), *back]


def _changeable_phases(tx: Transaction, person: Person, channel: str) -> list[Phase]:
    found = [p for p in meant(tx, channel=channel) if p.oncall.rotas and is_responder(person, p)]
    if not found:
        raise Refused("There is no rota here that you are part of.")
    return found


def _get_phase(tx: Transaction, phase_id: int, rota: str) -> Phase:
    found = next((p for p in tx.phases.all() if p.id == phase_id and p.state is PhaseState.ACTIVE), None)
    if found is None or rota not in [one.name for one in found.oncall.rotas]:
        raise Refused("This rota does not exist any more.")
    return found


def _announce(tx: Transaction, app: AppContext, phase: Phase, message: Mapping[str, Any]) -> None:
    lane = tx.outbox.lane(f"oncall_news:{phase.id}:{secrets.token_hex(6)}", phase.oncall_channel)
    tx.outbox.post(lane, dict(message), at=app.now(), priority=MessagePriority.STATUS)
