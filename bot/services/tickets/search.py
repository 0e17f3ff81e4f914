"""Finding tickets: by a filter, by words, among the known issues, and in saved lists."""

from collections.abc import Sequence

from bot.context import AppContext
from domain.errors import Refused
from domain.intake.similarity import plain_index
from domain.operations.health import TicketHealth
from domain.phases.permissions import Person, is_lead, reads
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.tickets import filters
from domain.tickets.filters import Filter
from domain.tickets.ticket import Severity, Ticket
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

MAX_CANDIDATES = 200  # tickets with all the words, before they are sorted


def page(
    app: AppContext, person: Person, text: str, channel: str, *, skip: int, limit: int
) -> tuple[list[Ticket], bool]:
    """Return the tickets of a filter, and whether there are more; Refused when the filter can't be read."""
    asked = filters.read(text)
    with app.store.read() as tx:
        found = _found(tx, app, asked, person, channel, skip=skip, limit=limit + 1)
    return found[:limit], len(found) > limit


def count(app: AppContext, person: Person, text: str, channel: str) -> int | None:
    """Return how many tickets that filter has in all; None for one with words, which is not counted."""
    asked = filters.read(text)
    if asked.words:
        return None
    with app.store.read() as tx:
        phases = _here(tx.phases.list_phases(), channel, asked.phase)
        return tx.lists.count_tickets(asked, phases, _reader(person, phases), app.now())


def count_kinds(app: AppContext, person: Person, channel: str) -> TicketHealth:
    """Return how the open tickets of the phases here stand."""
    with app.store.read() as tx:
        phases = _here(tx.phases.list_phases(), channel, "")
        reader, now = _reader(person, phases), app.now()
        kinds = (Filter(), Filter(severities=(Severity.CRITICAL,)), Filter(late=True), Filter(unowned=True, tasks=True))
        every, critical, overdue, unassigned = (tx.lists.count_tickets(one, phases, reader, now) for one in kinds)
    return TicketHealth(open=every, critical=critical, overdue=overdue, unassigned=unassigned)


def find(app: AppContext, person: Person, text: str, channel: str, limit: int) -> list[Ticket]:
    """Return the tickets with all of these words, best match first."""
    asked = filters.read(text)
    if not asked.words:
        raise Refused("Please say which words to look for, as in `find payslip blank`.")
    if asked == Filter(words=asked.words):
        asked = Filter(words=asked.words, scope="all")
    with app.store.read() as tx:
        found = _found(tx, app, asked, person, channel, skip=0, limit=MAX_CANDIDATES)
    index = plain_index()
    for ticket in found:
        index.add(ticket.id, ticket.summary, f"{ticket.report.happened} {ticket.report.actual}")
    order = {f.id: n for n, f in enumerate(index.find(" ".join(asked.words), limit=len(found)))}
    return sorted(found, key=lambda t: (order.get(t.id, len(found)), not t.status.is_open, -t.id))[:limit]


def known_issues(app: AppContext, person: Person, channel: str, limit: int) -> list[Ticket]:
    with app.store.read() as tx:
        phases = _here(tx.phases.list_phases(), channel, "")
        return tx.lists.list_known_issues(phases, _reader(person, phases), limit)


def is_lead_here(app: AppContext, person: Person, channel: str) -> bool:
    with app.store.read() as tx:
        return any(is_lead(person, phase) for phase in _here(tx.phases.list_phases(), channel, ""))


def save_view(app: AppContext, person: Person, name: str, text: str) -> None:
    filters.read(text)
    with app.transaction() as tx:
        tx.saved_lists.upsert_list(person.id, name, text)


def drop_view(app: AppContext, person: Person, name: str) -> None:
    with app.transaction() as tx:
        tx.saved_lists.delete_list(person.id, name)


def view(app: AppContext, person: Person, name: str) -> str:
    with app.store.read() as tx:
        return tx.saved_lists.get_lists(person.id).get(name, "")


def _found(
    tx: Transaction, app: AppContext, asked: Filter, person: Person, channel: str, *, skip: int, limit: int
) -> list[Ticket]:
    phases = _here(tx.phases.list_phases(), channel, asked.phase)
    return tx.lists.list_page(asked, phases, _reader(person, phases), app.now(), skip=skip, limit=limit)


def _here(phases: Sequence[Phase], channel: str, key: str) -> list[Phase]:
    """Return the named phase, else that of this channel, else all that are not over."""
    if key:
        if not (named := [p for p in phases if p.key == key]):
            raise Refused(f"There is no phase {key}. Choose one of {', '.join(p.key for p in phases)}.")
        return named
    return [p for p in phases if channel in p.channels] or [p for p in phases if p.state is not PhaseState.EXITED]


def _reader(person: Person, phases: Sequence[Phase]) -> ListReader:
    led = tuple(p.id for p in phases if is_lead(person, p))
    return ListReader(id=person.id, leads=led, own_only=not all(reads(person, p) for p in phases))
