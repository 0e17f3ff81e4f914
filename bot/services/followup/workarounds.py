"""Workarounds: who was told of one, by when a fix replaces it, and that everyone who was told hears once to stop."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.tickets.session import TicketSession, edit_ticket, require_ticket
from bot.views.followup import workarounds as views
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.workarounds import Workaround, leaves_workaround
from domain.phases.permissions import Action, Person, is_responder
from domain.sla.targets import working_hours
from domain.tickets.event import EventKind
from domain.tickets.ticket import Ticket

SHOWN = 20
BACK = (EventKind.REOPENED, EventKind.MERGED_IN)  # without one of these a ticket has no earlier workaround
NO_SUCH_WORKAROUND = "There is no such workaround that you can change. `/hypercare workarounds` lists those in use."


def settle(session: TicketSession) -> bool:
    """Note who is told of the workaround of a ticket that was just resolved; or end its earlier ones.

    Return whether one has ended. The ticket's followers read that where they read of the fix, the others on their own.
    """
    earlier = _find_earlier(session)
    if leaves_workaround(session.ticket):
        _note(session, earlier)
        return False
    _stop(session, earlier, told=_followers(session))
    return bool(earlier)


def update_workarounds(session: TicketSession) -> None:
    """End the workarounds of a ticket whose root cause is gone, and keep those of a merged one with the other."""
    logged, tx, ticket = session.logged, session.tx, session.ticket
    if EventKind.CAUSE_FOUND in logged:
        _stop(session, tx.workarounds.list_of_ticket(ticket.id))
    elif logged & {EventKind.WITHDRAWN, EventKind.MERGED} and session.find_last(EventKind.RESOLVED):
        ids = [one.id for one in tx.workarounds.list_of_ticket(ticket.id)]
        if ids and EventKind.MERGED in logged and ticket.primary_id:
            tx.workarounds.move(ids, ticket.primary_id)
        elif ids:
            tx.workarounds.end(ids, session.at)


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the workarounds that people of a phase use, for its team."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} sees this list. `/hypercare known` shows known issues.")
        today = phase.local_date(app.now())
        found = tx.workarounds.list_of_phase(phase.id, SHOWN)
        tickets = {one.id: one for one in tx.tickets.list_by_ids([one.ticket_id for one in found])}
        counts = tx.workarounds.count(phase.id, today, ())
    return views.listing(phase, [(one, tickets[one.ticket_id]) for one in found], counts, today)


def open_date_form(app: AppContext, person: Person, id_: int) -> dict[str, Any]:
    """Return the form for another day."""
    found, ticket = _find(app, person, id_)
    return views.date_form(ticket, found)


def set_until(app: AppContext, person: Person, id_: int, until: date, request: str) -> Ticket:
    """Change the day on which a fix is to replace the workaround."""
    with edit_ticket(app, _find(app, person, id_)[1].id, person, Action.WORK, request) as session:
        found = _still(session.tx.workarounds.find_workaround(id_))
        if until < session.phase.local_date(session.at):
            raise Refused("That day has passed. Choose today or a later day.", field="until")
        session.tx.workarounds.update_until(found.id, until)
        session.log(EventKind.WORKAROUND_UNTIL, due=until.isoformat())
    return session.ticket


def end(app: AppContext, person: Person, id_: int, request: str) -> Ticket:
    """Tell everyone who was told of a workaround that the fix is there."""
    with edit_ticket(app, _find(app, person, id_)[1].id, person, Action.WORK, request) as session:
        _stop(session, [_still(session.tx.workarounds.find_workaround(id_))])
        session.log(EventKind.WORKAROUND_OVER)
    return session.ticket


def _find_earlier(session: TicketSession) -> list[Workaround]:
    if session.is_new or not any(map(session.find_last, BACK)):
        return []
    return session.tx.workarounds.list_of_ticket(session.ticket.id)


def _note(session: TicketSession, earlier: Sequence[Workaround]) -> None:
    """Keep who is told now, and who was told of the workarounds that this one replaces."""
    phase, ticket = session.phase, session.ticket
    before = [person for one in earlier for person in one.readers]
    readers = tuple(dict.fromkeys((*before, *_followers(session))))
    if earlier:
        session.tx.workarounds.end([one.id for one in earlier], session.at)
    ends, _ = working_hours(phase).nth_working_day(session.at, phase.followup.workaround_days)
    session.tx.workarounds.insert_workaround(phase.id, ticket.id, readers, session.at, phase.local_date(ends))


def _followers(session: TicketSession) -> list[str]:
    """Return the people who read how the ticket was resolved; the owner and who resolved it know without that."""
    conversation, ticket = session.conversation, session.ticket
    others = [person for person, level in conversation.get_other_followers().items()
              if level.takes(NewsKind.OUTCOME) and person not in (session.person.id, ticket.owner)]  # fmt: skip
    return [*([ticket.reporter] if conversation.has_reporter else []), *others]


def _stop(session: TicketSession, ended: Sequence[Workaround], told: Collection[str] = ()) -> None:
    """Tell those who were told of these workarounds to stop, once, but for people who are `told` otherwise."""
    if not ended:
        return
    session.tx.workarounds.end([one.id for one in ended], session.at)
    conversation, ticket = session.conversation, session.ticket
    readers = dict.fromkeys(person for one in ended for person in one.readers)
    if ticket.private:  # they may not see it any more
        readers = {one: None for one in readers if one == ticket.reporter or one in conversation.get_other_followers()}
    for person in readers:
        if person not in (*told, session.person.id, ticket.owner):
            conversation.post(conversation.open_lane(person), views.over(conversation.told(person)))


def _find(app: AppContext, person: Person, id_: int) -> tuple[Workaround, Ticket]:
    """Return a workaround that people use, and its ticket; Refused for people who may not change it."""
    with app.store.read() as tx:
        found = tx.workarounds.find_workaround(id_)
        try:
            ticket = tx.tickets.find_ticket(found.ticket_id) if found else None
            return _still(found), require_ticket(app, tx, ticket, person, Action.WORK)[0]
        except Refused:
            raise Refused(NO_SUCH_WORKAROUND) from None


def _still(found: Workaround | None) -> Workaround:
    if found is None:
        raise Refused(NO_SUCH_WORKAROUND)
    return found
