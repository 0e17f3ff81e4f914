"""The buttons in messages about a ticket are taken away once what they offer is over."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.services.tickets.promising import list_open_promises
from bot.services.tickets.session import Signal, TicketSession
from bot.views import offers as views
from domain.address import is_mail
from domain.delivery.lanes import LaneKind, kind_of
from domain.delivery.message import Lane
from domain.followup.verification import answers
from domain.tickets.closing import REOPENABLE
from domain.tickets.event import EventKind
from domain.tickets.status import Status

ENDS = frozenset({EventKind.WITHDRAWN, EventKind.MERGED})
DONE = ENDS | {EventKind.RESOLVED}
DATED = frozenset({EventKind.PROMISED, EventKind.PROMISE_ON_TRACK, EventKind.PROMISE_MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a button offers: until when, and the buttons beside it that end with it.

    `ended_by` are the events after which it is looked at, or the signal. `is_open` gets the session and who reads the
    message, "" for the team. `note` says what came of a question, in its place.
    """

    is_open: Callable[[TicketSession, str], bool]
    ended_by: frozenset[EventKind | Signal]
    beside: tuple[str, ...] = ()
    note: Callable[[TicketSession, str], str] | None = None


def _asks_whether_fixed(session: TicketSession, reader: str) -> bool:
    return session.ticket.status is Status.RESOLVED and reader not in answers(session.list_events())


def _fix_outcome(session: TicketSession, reader: str) -> str:
    return views.fix_outcome(session.ticket, answers(session.list_events()).get(reader))


def _can_be_reopened(session: TicketSession, _reader: str) -> bool:
    return session.ticket.status in REOPENABLE


def _is_open(session: TicketSession, _reader: str) -> bool:
    return session.ticket.status.is_open


def _can_be_withdrawn(session: TicketSession, _reader: str) -> bool:
    return Status.WITHDRAWN in session.ticket.status.next


def _alerts_are_over(session: TicketSession, _reader: str) -> bool:
    return session.ticket.status.is_open and EventKind.ALERT_FIRED not in session.logged


def _date_is_open(session: TicketSession, _reader: str) -> bool:
    return not session.logged & DATED and bool(list_open_promises(session))


def _owner_is_asked(session: TicketSession, _reader: str) -> bool:
    return Signal.OWNER_ANSWERED not in session.signals


def _outcome(session: TicketSession, _reader: str) -> str:
    return views.outcome(session.ticket)


def _date_outcome(session: TicketSession, _reader: str) -> str:
    return views.date_outcome(session.ticket, session.logged)


def _owner_outcome(session: TicketSession, _reader: str) -> str:
    return views.owner_outcome(session.ticket, session.logged)


def _tracker_refuses(session: TicketSession, _reader: str) -> bool:
    return any(one.is_refused for one in session.tx.issue_links.list_by_ticket(session.ticket.id))


# By the first of the buttons that go together, in the order in which a message is looked at. Other buttons of messages
# about tickets open something that is there for good; tests/test_completeness.py has them.
OFFERS = {
    "confirm": Offer(
        is_open=_asks_whether_fixed, beside=("reject", "cannot_check"), note=_fix_outcome,
        ended_by=ENDS | {EventKind.VERIFIED, EventKind.REOPENED, EventKind.WORKS_FOR_ME, EventKind.CANNOT_CHECK},
    ),
    "reject": Offer(is_open=_can_be_reopened, ended_by=ENDS | {EventKind.REOPENED}),
    "reopen": Offer(is_open=_can_be_reopened, ended_by=ENDS | {EventKind.REOPENED}),
    "withdraw": Offer(is_open=_can_be_withdrawn, ended_by=ENDS | {EventKind.RESOLVED, EventKind.VERIFIED}),
    "recurs": Offer(is_open=_is_open, ended_by=DONE, note=_outcome),
    "resolve": Offer(is_open=_alerts_are_over, ended_by=DONE | {EventKind.ALERT_FIRED}),
    "holds": Offer(is_open=_date_is_open, beside=("promise",), note=_date_outcome, ended_by=DONE | DATED),
    "still_on_it": Offer(
        is_open=_owner_is_asked, beside=("decline",), note=_owner_outcome, ended_by=frozenset({Signal.OWNER_ANSWERED})
    ),
    "issue_again": Offer(is_open=_tracker_refuses, ended_by=ENDS | {Signal.TRACKER_ASKED_AGAIN}),
}  # fmt: skip
ENDING = frozenset[EventKind | Signal]().union(*(offer.ended_by for offer in OFFERS.values()))


def end_offers(session: TicketSession) -> None:
    """Take the buttons away that are over from all messages about a ticket, of which its card shows itself anew."""
    happened: set[EventKind | Signal] = {*session.logged, *session.signals}
    if session.is_new or not happened & ENDING:
        return
    for found in session.tx.offers.list_about(session.ticket.id, [*OFFERS]):
        mine = {action for action, value in views.buttons_of(found.payload) if _is_about(session, found.lane, value)}
        reader = _reader(session, found.lane)
        over = [name for name, offer in OFFERS.items()
                if name in mine and happened & offer.ended_by and not offer.is_open(session, reader)]  # fmt: skip
        if over and not is_mail(found.lane.channel):  # what was mailed stays as it is, and its links say that
            gone = {action for name in over for action in (name, *OFFERS[name].beside)}
            note = OFFERS[over[0]].note
            left = views.without(found.payload, gone, note(session, reader) if note else "")
            session.tx.outbox.update(found.lane, found.id, left, at=session.at)


def _is_about(session: TicketSession, lane: Lane, value: str) -> bool:
    """Whether a button is about the ticket: in a message about a merged one it may be about either."""
    return lane.ticket_id == session.ticket.id or str(session.ticket.id) in value.split(":")


def _reader(session: TicketSession, lane: Lane) -> str:
    """Return who answers in a lane: the reporter, a follower, or "" for the team."""
    kind = kind_of(lane.name)
    if kind is LaneKind.REPORTER and lane.ticket_id == session.ticket.id:
        return session.ticket.reporter
    return lane.channel if kind is LaneKind.FOLLOWER else ""
