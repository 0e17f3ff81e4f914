"""Overrides and swaps: people change who is on call."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.oncall.rotas import changeable_phases
from bot.views.oncall import swaps as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.oncall.rota import ASKED, Shift, ShiftOverride, SwapRequest
from domain.phases.permissions import Person, is_lead, is_responder
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Swap:
    """One shift for another, or for none; `takes` is (rota, shift)."""

    rota: str
    gives: Shift
    to: str
    takes: tuple[str, Shift] | None = None


def list_swappable_shifts(app: AppContext, person: Person, channel: str) -> list[views.ShiftPeriod]:
    """Return the covered shifts of the next weeks in the rotas that a person may change."""
    with app.store.read() as tx:
        now = app.now()
        return [
            views.ShiftPeriod(phase, schedule.rota.name, shift)
            for phase in changeable_phases(tx, person, channel)
            for schedule in shifts.rota_schedules(tx, phase, now)
            for shift in shifts.upcoming_shifts(schedule, now)
            if shift.on_call.person
        ]


def add_override(
    app: AppContext, person: Person, phase_id: int, rota: str, override: ShiftOverride, request: str | None = None
) -> None:
    """Put a person on call for a while: leads anyone of the team, responders only themselves."""
    if override.ends <= override.starts:
        raise Refused("This ends before it begins. Choose a later end.", field="ends")
    if override.ends <= app.now():
        raise Refused("This time has passed. Choose a later end.", field="ends")
    with app.transaction(request) as tx:
        phase = _get_phase(tx, phase_id, rota)
        if not is_lead(person, phase) and (override.person != person.id or not is_responder(person, phase)):
            raise Refused("Only leads can put other people on call. You can choose yourself.", field="person")
        _require_responder(app, tx, phase, override.person, "person")
        pair, now = secrets.token_hex(8), app.now()
        tx.overrides.insert(phase.id, rota, override, by=person.id, pair=pair, at=now, agreed=True)
        tx.audit.log(person.id, "on call changed", f"{phase.key} {rota}", now)
        _announce(tx, app, phase, views.overridden(rota, override, person.id))
        shifts.plan(tx, phase, app)


def request_swap(app: AppContext, person: Person, phase_id: int, swap: Swap, request: str | None = None) -> None:
    """Ask another person to swap; nothing changes until they agree."""
    with app.transaction(request) as tx:
        phase, now, pair = _get_phase(tx, phase_id, swap.rota), app.now(), secrets.token_hex(8)
        if swap.to == person.id:
            raise Refused("This shift is already yours. Choose another person.", field="to")
        _require_responder(app, tx, phase, swap.to, "to")
        for rota, shift, to in _moves(swap):
            override = ShiftOverride(
                person=to, instead_of=shift.on_call.person, starts=max(shift.starts, now), ends=shift.ends
            )
            tx.overrides.insert(phase.id, rota, override, by=person.id, pair=pair, at=now, agreed=False)
        lane = tx.outbox.lane(lane_name(LaneKind.SWAP, pair), swap.to)
        made = tx.overrides.list_pair(pair)
        tx.outbox.post(lane, views.swap_request(made, person.id), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)


def answer_swap(
    app: AppContext, person: Person, pair: str, *, agreed: bool, request: str | None = None
) -> dict[str, Any]:
    """Record the answer of the person who was asked, and return their message as it reads from now on."""
    with app.transaction(request) as tx:
        made = tx.overrides.list_pair(pair)
        if not made or person.id != made[0].override.person:
            raise Refused("This question was sent to another person.")
        if made[0].state != ASKED:
            raise Refused("You have already answered this.")
        if made[0].override.ends <= app.now():
            raise Refused("This shift is already over.")
        phase = tx.phases.get(made[0].phase_id)
        if agreed:
            _refuse_outdated(tx, phase, made, app.now())
        tx.overrides.answer(pair, agreed=agreed)
        after = tx.overrides.list_pair(pair)
        lane = tx.outbox.lane(lane_name(LaneKind.SWAP_ANSWER, pair), made[0].asked_by)
        tx.outbox.post(lane, views.swap_answer(after), at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
        if agreed:
            _announce(tx, app, phase, views.swap_answer(after))
            shifts.plan(tx, phase, app)
        return views.swap_request(after, made[0].asked_by)


def _require_responder(app: AppContext, tx: Transaction, phase: Phase, person: str, field: str) -> None:
    if not is_responder(app.known_person(tx, person), phase):
        raise Refused(f"Only responders and leads of {phase.name} can be on call. Choose one of them.", field=field)


def _refuse_outdated(tx: Transaction, phase: Phase, made: Sequence[SwapRequest], now: datetime) -> None:
    """Refuse when a shift belongs to another person by now."""
    schedules = {schedule.rota.name: schedule for schedule in shifts.rota_schedules(tx, phase, now)}
    for asked in made:
        schedule, starts = schedules.get(asked.rota), max(asked.override.starts, now)
        if schedule is None or schedule.at(starts).person != asked.override.instead_of:
            away = asked.override.instead_of
            raise Refused("{person} is no longer on call then. Please ask for a new swap.", person=away)


def _moves(swap: Swap) -> list[tuple[str, Shift, str]]:
    """Return (rota, shift, who takes it)."""
    back = [(*swap.takes, swap.gives.on_call.person)] if swap.takes else []
    return [(swap.rota, swap.gives, swap.to), *back]


def _get_phase(tx: Transaction, phase_id: int, rota: str) -> Phase:
    found = next((p for p in tx.phases.list_phases() if p.id == phase_id and p.state is PhaseState.ACTIVE), None)
    if found is None or rota not in [one.name for one in found.oncall.rotas]:
        raise Refused("This rota no longer exists.")
    return found


def _announce(tx: Transaction, app: AppContext, phase: Phase, message: Mapping[str, Any]) -> None:
    lane = tx.outbox.lane(lane_name(LaneKind.ONCALL_NEWS, phase.id, secrets.token_hex(6)), phase.oncall_channel)
    tx.outbox.post(lane, dict(message), at=app.now(), priority=MessagePriority.STATUS)
