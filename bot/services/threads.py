"""The two threads of a ticket: what people write in one and what of it is carried to the other."""

from dataclasses import dataclass

from bot.desk import Desk
from bot.services.case import Case
from bot.views import lines
from bot.views.text import escape
from domain import moves
from domain.errors import Refused
from domain.event import EventKind
from domain.permissions import Action, Person, is_responder, require
from domain.text import one_line
from domain.ticket import File, Ticket
from storage.store import Tx

TO_REPORTER = ">>"


class NotYet(Exception):  # noqa: N818 - asks for another delivery
    """The thread's first message is still landing; whoever delivered this is asked to deliver it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message in a thread, as Slack's event told it; `text` is raw."""

    channel: str
    ts: str
    thread_ts: str
    person: Person
    text: str
    files: tuple[File, ...] = ()
    request: str


def said(desk: Desk, message: Said) -> None:
    """Somebody wrote in a thread. Threads that are nobody's ticket are left alone."""
    with desk.store.read() as tx:
        if _in_thread(tx, message.channel, message.thread_ts, message.person) is None:
            return
    with desk.transaction(message.request) as tx:
        ticket, lane = _in_thread(tx, message.channel, message.thread_ts, message.person) or (None, "")
        assert ticket is not None
        case = _case(desk, tx, ticket, message.person)
        if lane.startswith("reporter:"):
            _in_reporter_thread(case, message)
        elif is_responder(message.person, case.phase):
            _in_team_thread(case, message)
        elif message.text.startswith(TO_REPORTER):
            require(message.person, Action.WORK, ticket, case.phase)
        case.refresh()


def edited(desk: Desk, message: Said) -> None:
    """What was carried over follows the edit; without words left it says that it was deleted."""
    with desk.store.read() as tx:
        if tx.tickets.mirror_of(message.channel, message.ts) is None:
            return
    with desk.transaction(message.request) as tx:
        _rewrite(desk, tx, message)


def acknowledged_by_reaction(desk: Desk, channel: str, ts: str, person: Person, request: str) -> Ticket | None:
    """:eyes: on a card. A reaction by somebody who may not, or too late, is just a reaction."""
    with desk.transaction(request) as tx:
        found = _in_thread(tx, channel, ts, person)
        if found is None or not found[1].startswith(("desk:", "oncall:")):
            return None
        case = _case(desk, tx, found[0], person)
        if not is_responder(person, case.phase):
            return None
        case.acknowledge_first()
        case.refresh()
        return case.ticket


def ticket_at(desk: Desk, channel: str, ts: str, person: Person) -> Ticket | None:
    """The ticket whose card or thread stands there."""
    with desk.store.read() as tx:
        found = _in_thread(tx, channel, ts, person)
        return found[0] if found else None


def _in_thread(tx: Tx, channel: str, ts: str, person: Person) -> tuple[Ticket, str] | None:
    """The ticket and the lane of this thread; NotYet while a first message there is still landing."""
    found = tx.tickets.in_thread(channel, ts)
    if found is None and tx.outbox.is_landing([channel, person.id]):
        raise NotYet
    return found


def _in_reporter_thread(case: Case, message: Said) -> None:
    """The reporter's words reach the team; a responder's answer there is an answer."""
    new = case.tx.tickets.add_files(case.ticket.id, message.files)
    if message.person.id != case.ticket.reporter and is_responder(message.person, case.phase):
        case.acknowledge_first()
        case.log(EventKind.REPLIED)
        carried = lines.replied(message.person.id, message.text)
    else:
        answers = message.person.id == case.ticket.reporter
        case.apply(moves.answer(case.ticket, by=message.person.id, at=case.at)) if answers else None
        carried = lines.reporter_wrote(message.person.id, message.text, [_link(f) for f in message.files])
    case.ticket = case.tx.tickets.get(case.ticket.id) if new else case.ticket
    _mirror(case, message, case.tell_team(*carried))


def _in_team_thread(case: Case, message: Said) -> None:
    """The first reply acknowledges. Only a line that starts with >> leaves the team."""
    case.acknowledge_first()
    if not message.text.startswith(TO_REPORTER):
        return
    words = message.text.removeprefix(TO_REPORTER).strip()
    if not words:
        raise Refused("Nothing was sent: there are no words after >>.")
    case.log(EventKind.REPLIED)
    _mirror(case, message, case.tell_reporter(*lines.answer(case.ticket, message.person.id, words)))


def _mirror(case: Case, message: Said, letters: list[int]) -> None:
    if letters:
        case.tx.tickets.mirrored(message.channel, message.ts, letters[0], case.ticket.id)


def _rewrite(desk: Desk, tx: Tx, message: Said) -> None:
    found = tx.tickets.mirror_of(message.channel, message.ts)
    here = tx.tickets.in_thread(message.channel, message.thread_ts)
    if found is None or here is None:
        return
    ticket, letter = found
    case = _case(desk, tx, ticket, message.person)
    by, words = message.person.id, message.text.removeprefix(TO_REPORTER).strip()
    from_team = here[1].startswith("desk:")
    if not words:
        new = lines.deleted(by)
    elif from_team:
        new = lines.answer(ticket, by, words)[0]
    else:
        new = lines.reporter_wrote(by, words, [], edited=True)[0]
    tx.outbox.change(case.reporter if from_team else case.team, letter, new, at=case.at)


def _case(desk: Desk, tx: Tx, ticket: Ticket, person: Person) -> Case:
    held = tx.tickets.lock(ticket.id) or ticket
    return Case(desk, tx, tx.phases.get(held.phase_id), held, person, desk.now())


def _link(file: File) -> str:
    label = escape(one_line(file.name)).replace("|", "/")[:60]
    return f"<{file.permalink}|{label}>" if file.permalink.startswith("http") else label
