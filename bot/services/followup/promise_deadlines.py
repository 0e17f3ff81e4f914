"""A ticket's promises, calculated from its events, and the timer of the next check or deadline."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.services.tickets.session import TicketSession
from domain.followup.promises import Promise, PromiseState, as_of, check_at, was_checked
from domain.sla.targets import working_hours
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket

KIND = "promise"
MAX_BROKEN_AGE = timedelta(days=7)  # promises broken before that are no longer reported


def update_promises(session: TicketSession) -> None:
    """Keep the ticket's promises for figures, set the timer of the next one, and show the open ones on the card."""
    tx, ticket, phase, now = session.tx, session.ticket, session.phase, session.at
    summary = session.summarize()
    made, events = summary.promises, summary.events
    if not summary.promise_count:
        return
    tx.promises.upsert_promises(ticket, as_of(made, now))
    still = [one for one in made if one.state is PromiseState.OPEN]
    moments = [one.due for one in still if one.due > now] + [
        check_at(one, working_hours(phase)) for one in unchecked(made, events) if one.due > now
    ]
    if newly_broken(made, events, ticket, now):
        moments.append(now)
    if moments:
        tx.timers.set_once(f"{KIND}:{ticket.id}", KIND, max(now, min(moments)), ticket_id=ticket.id)
    else:
        tx.timers.cancel(f"{KIND}:{ticket.id}")
    session.card = replace(session.card, promised=[one for one in still if one.due > now])


def unchecked(made: Sequence[Promise], events: Sequence[Event]) -> list[Promise]:
    """Return the open promises whose makers have not been asked whether they hold."""
    return [one for one in made if one.state is PromiseState.OPEN and not was_checked(one, events)]


def newly_broken(made: Sequence[Promise], events: Sequence[Event], ticket: Ticket, now: datetime) -> list[Promise]:
    """Return the broken promises that followers have not been told of."""
    reported = {(e.data.get("promise"), e.data.get("due")) for e in events if e.kind is EventKind.PROMISE_MISSED}
    return [one for one in as_of(made, now) if one.state is PromiseState.BROKEN and one.settled_at == one.due
            and now - one.due < MAX_BROKEN_AGE and ticket.status.is_open
            and (one.kind.value, one.due.isoformat()) not in reported]  # fmt: skip
