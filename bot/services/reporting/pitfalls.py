"""The pitfall monitor: five ways in which feedback is undermined, each looked at as it is now (S92)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.oncall import capacity, shifts
from bot.services.phases.phases import split_off_phase
from bot.services.sla import deadlines
from bot.views.reporting import pitfalls as views
from domain.conversations.comment import TEAM
from domain.errors import Refused
from domain.oncall.capacity import MAX_UTILISATION as MOST_LOAD
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.reporting import pitfalls
from domain.reporting.pitfalls import DEFAULT_THRESHOLDS, Pitfall, PitfallCheck
from domain.sla.clocks import SlaTarget
from domain.tickets import filters
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

MOST = 500  # open tickets that are looked at, the most urgent ones
RECENT = timedelta(days=7)
LATELY = timedelta(days=28)  # in which words of thanks are counted
AHEAD = timedelta(days=7)  # in which a rota must have somebody
YOUNG = timedelta(hours=8)  # something may be nobody's for that long
Found = tuple[float | None, Sequence[int], Sequence[str]]  # the figure, and what offends: tickets, and what is none
Look = Callable[[Transaction, Phase, Sequence[Ticket], datetime], Found]


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, object]:
    """For a lead, what each check says and what offends."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_lead(person, phase):
            raise Refused(f"Pitfalls are watched by the leads of {phase.name}.")
        found = checks(tx, phase, app.now())
        named = {one.id: one for one in tx.tickets.some(sorted({id_ for check in found for id_ in check.tickets}))}
        thanks = len(tx.notes.thanks(phase.id, app.now() - LATELY, app.now()))
    return views.page(phase, found, named, thanks)


def checks(tx: Transaction, phase: Phase, now: datetime) -> list[PitfallCheck]:
    """All five, in the order of the source document."""
    reader = ListReader(id="", leads=(phase.id,))
    still = tx.lists.page(filters.read("open tasks"), [phase], reader, now, skip=0, limit=MOST)
    made = []
    for pitfall, look in LOOKS.items():
        value, tickets, lines = look(tx, phase, still, now)
        threshold = phase.reporting.pitfalls.get(pitfall, DEFAULT_THRESHOLDS[pitfall])
        made.append(PitfallCheck(pitfall=pitfall, value=value, threshold=threshold, tickets=tickets, lines=lines))
    return made


def _ignored(tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    late = [t.id for t in still if t.status is Status.RECEIVED and _is_over(tx, phase, t, SlaTarget.ACKNOWLEDGE, now)]
    return len(late), late, ()


def _overload(_tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    """Too much for each, and what nobody has sorted: without an owner for long."""
    people, ours = capacity.people_on(phase, now), [t for t in still if t.status.sla_runs]
    loose = [t.id for t in ours if t.owner is None and now - t.opened_at > YOUNG]
    return (round(len(ours) / people, 1) if people else None), loose, ()


def _blame(tx: Transaction, phase: Phase, _still: Sequence[Ticket], now: datetime) -> Found:
    said = tx.comments.since(phase.id, TEAM, now - RECENT)
    found = [(ticket, words) for ticket, text in said if (words := pitfalls.find_blame(text))]
    return len(found), [*dict.fromkeys(ticket for ticket, _ in found)], [f"“{words}”" for _, words in found[:5]]


def _resources(tx: Transaction, phase: Phase, _still: Sequence[Ticket], now: datetime) -> Found:
    load = capacity.load_at(tx, phase, now)
    lines = [f"Nobody fills the role of {role.label}." for role in phase.empty_roles]
    empty = [duty.rota.name for duty in shifts.rota_schedules(tx, phase, now) if duty.gaps(now, now + AHEAD)]
    lines += [f"Nobody is on call in {name} for a part of the next seven days." for name in empty]
    if load and load.utilisation > MOST_LOAD:
        lines.append(f"At this rate {load.people_needed} people are needed; there are {load.people:g}.")
    return (round(100 * load.utilisation) if load else None), (), lines


def _communication(tx: Transaction, phase: Phase, still: Sequence[Ticket], now: datetime) -> Found:
    """Known, and without news for too long; or promised, and not kept."""
    ours = [t for t in still if t.status.sla_runs]
    silent = [t.id for t in ours if t.status is not Status.RECEIVED and _is_over(tx, phase, t, SlaTarget.UPDATE, now)]
    let_down = [*dict.fromkeys(tx.promises.broken(phase.id, now - RECENT))]
    offending = [*dict.fromkeys((*silent, *let_down))]
    return (round(100 * len(offending) / max(len(ours), len(offending))) if ours or offending else None), offending, ()


def _is_over(tx: Transaction, phase: Phase, ticket: Ticket, goal: SlaTarget, now: datetime) -> bool:
    if ticket.due_at is None or ticket.due_at > now:
        return False  # whatever is due first is not
    clock = deadlines.clocks(ticket, phase, tx.tickets.events(ticket.id)).get(goal)
    return bool(clock and clock.due and clock.due <= now and not clock.ended)


LOOKS: Mapping[Pitfall, Look] = {
    Pitfall.IGNORED: _ignored, Pitfall.OVERLOAD: _overload, Pitfall.BLAME: _blame, Pitfall.RESOURCES: _resources,
    Pitfall.COMMUNICATION: _communication,
}  # fmt: skip
