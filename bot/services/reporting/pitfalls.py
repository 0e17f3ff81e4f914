"""Pitfalls: five ways in which feedback is undermined, checked as of now (S92)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.blame import find_blame, uncovered
from bot.context import AppContext
from bot.services.oncall import capacity, shifts
from bot.services.phases.phases import split_off_phase
from bot.services.sla import deadlines
from bot.views.reporting import pitfalls as views
from bot.views.text import quote
from domain.conversations.comment import TEAM
from domain.errors import Refused
from domain.oncall.capacity import MAX_UTILISATION as MOST_LOAD
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.reporting.pitfalls import DEFAULT_THRESHOLDS, Pitfall, PitfallCheck
from domain.sla.clocks import SlaTarget
from domain.text import plural
from domain.tickets import filters
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

MAX_TICKETS = 500  # open tickets that are checked, the most urgent ones
MAX_QUOTE = 120  # characters of a sentence
RECENT = timedelta(days=7)
THANKS_PERIOD = timedelta(days=28)
ROTA_PERIOD = timedelta(days=7)  # in which a rota must be covered
MAX_UNASSIGNED = timedelta(hours=8)
Found = tuple[float | None, Sequence[int], Sequence[str]]  # value, ticket ids and other lines
CheckFunction = Callable[[Transaction, Phase, Sequence[Ticket], datetime], Found]


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, object]:
    """Return the result of each check, for a lead."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_lead(person, phase):
            raise Refused(f"Only leads of {phase.name} can see pitfalls.")
        found = checks(tx, phase, app.now())
        named = {
            one.id: one for one in tx.tickets.list_by_ids(sorted({id_ for check in found for id_ in check.tickets}))
        }
        thanks = len(tx.notes.list_thanks(phase.id, app.now() - THANKS_PERIOD, app.now()))
    return views.page(phase, found, named, thanks)


def checks(tx: Transaction, phase: Phase, now: datetime) -> list[PitfallCheck]:
    """Run all five checks, in the order of the source document."""
    reader = ListReader(id="", leads=(phase.id,))
    still = tx.lists.list_page(filters.read("open tasks"), [phase], reader, now, skip=0, limit=MAX_TICKETS)
    made = []
    for pitfall, check in CHECKS.items():
        value, tickets, lines = check(tx, phase, still, now)
        threshold = phase.reporting.pitfalls.get(pitfall, DEFAULT_THRESHOLDS[pitfall])
        made.append(PitfallCheck(pitfall=pitfall, value=value, threshold=threshold, tickets=tickets, lines=lines))
    return made


def _ignored(tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    late = _missed(tx, phase, [t for t in still if t.status is Status.RECEIVED], SlaTarget.ACKNOWLEDGE, now)
    return len(late), late, ()


def _overload(_tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    """Count open tickets for each person; tickets without an owner for long need attention."""
    people, ours = capacity.people_on(phase, now), [t for t in still if t.status.sla_runs]
    unassigned = [t.id for t in ours if t.owner is None and now - t.opened_at > MAX_UNASSIGNED]
    return (round(len(ours) / people, 1) if people else None), unassigned, ()


def _blame(tx: Transaction, phase: Phase, _still: Sequence[Ticket], now: datetime) -> Found:
    """Count messages that blame a person; none is unknown, since most blame isn't recognised."""
    if not phase.conversations.blame_hints:
        return None, (), ["`blame_hints` in the phase's file turns the check on."]
    comments = tx.comments.list_since(phase.id, TEAM, now - RECENT)
    found = [(ticket, words) for ticket, text in comments if (words := find_blame(text, phase))]
    lines = [f"“{quote(words, MAX_QUOTE)}”" for _, words in found[:5]]
    if missing := uncovered(phase.languages):
        lines.append(f"Messages in these languages can't be checked for blame: {', '.join(missing)}.")
    return (len(found) or None), [*dict.fromkeys(ticket for ticket, _ in found)], lines


def _resources(tx: Transaction, phase: Phase, _still: Sequence[Ticket], now: datetime) -> Found:
    load = capacity.load_at(tx, phase, now)
    roles = ", ".join(role.label for role in phase.empty_roles)
    lines = [f"No one has these roles: {roles}."] if roles else []
    empty = [duty.rota.name for duty in shifts.rota_schedules(tx, phase, now) if duty.gaps(now, now + ROTA_PERIOD)]
    lines += [f"{name} has no one on call for part of the next seven days." for name in empty]
    if load and load.utilisation > MOST_LOAD:
        lines.append(plural(load.people_needed, "At this rate you need 1 person in total, but have {people}.",
                            "At this rate you need {count} people in total, but have {people}.",
                            people=f"{load.people:g}"))  # fmt: skip
    return (round(100 * load.utilisation) if load else None), (), lines


def _communication(tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    """Find tickets with an overdue update or a broken promise."""
    ours = [t for t in still if t.status.sla_runs]
    overdue = _missed(tx, phase, [t for t in ours if t.status is not Status.RECEIVED], SlaTarget.UPDATE, now)
    broken = [*dict.fromkeys(tx.promises.list_broken(phase.id, now - RECENT))]
    found = [*dict.fromkeys((*overdue, *broken))]
    return (round(100 * len(found) / max(len(ours), len(found))) if ours or found else None), found, ()


def _missed(tx: Transaction, phase: Phase, still: Sequence[Ticket], target: SlaTarget, now: datetime) -> list[int]:
    """Return the tickets that have missed a target, by the logs of those whose first due time has passed."""
    due = [one for one in still if one.due_at is not None and one.due_at <= now]
    logs = tx.tickets.get_logs([one.id for one in due])
    clocks = {one.id: deadlines.clocks(one, phase, logs[one.id]).get(target) for one in due}
    return [id_ for id_, clock in clocks.items() if clock and clock.due and clock.due <= now and not clock.ended]


CHECKS: Mapping[Pitfall, CheckFunction] = {
    Pitfall.IGNORED: _ignored, Pitfall.OVERLOAD: _overload, Pitfall.BLAME: _blame, Pitfall.RESOURCES: _resources,
    Pitfall.COMMUNICATION: _communication,
}  # fmt: skip
