"""The two threads of a ticket: what people write in one and what of it is carried to the other."""

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from bot.desk import Desk
from bot.services import sealed
from bot.services.case import Case
from bot.views import lines
from bot.views.text import file_link
from domain import moves
from domain.chatter import said_no
from domain.errors import Refused
from domain.event import EventKind
from domain.permissions import Action, Person, is_responder, may, require
from domain.ticket import File, Ticket
from storage.tx import Tx

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


def said(desk: Desk, message: Said) -> bool:
    """Somebody wrote in a thread; whether it is a ticket's. Others are left alone."""
    message = _sealed(desk, message)
    with desk.store.read() as tx:
        if _in_thread(tx, message.channel, message.thread_ts, message.person) is None:
            return False
    with desk.transaction(message.request) as tx:
        ticket, lane = _in_thread(tx, message.channel, message.thread_ts, message.person) or (None, "")
        assert ticket is not None
        case = _case(desk, tx, ticket, message.person)
        before = case.ticket
        if lane.startswith("reporter:"):
            _in_reporter_thread(case, message)
        elif lane.startswith("page:"):
            _in_page_thread(case, message)
        elif is_responder(message.person, case.phase):
            _in_team_thread(case, message)
        elif for_reporter(message.text):
            require(message.person, Action.WORK, ticket, case.phase)
        if case.logged or case.spoke or case.ticket != before:
            case.refresh()
    return True


def edited(desk: Desk, message: Said) -> None:
    """What was carried over follows the edit; without words left it says that it was deleted."""
    message = _sealed(desk, message)
    with desk.store.read() as tx:
        here = tx.tickets.in_thread(message.channel, message.thread_ts)
        carried = tx.tickets.mirror_of(message.channel, message.ts) is not None
    if here is None:
        return
    if carried:
        with desk.transaction(message.request) as tx:
            _rewrite(desk, tx, message, here[1])
    elif not here[1].startswith(("reporter:", "page:")) and for_reporter(message.text):
        said(desk, message)  # only the edit made it one for the reporter


def _sealed(desk: Desk, message: Said) -> Said:
    """Whoever is known by an alias in that thread says it under the alias, in a place that names nobody either."""
    with desk.store.read() as tx:
        name = sealed.speaking(desk, tx, message.thread_ts, message.person)
    return replace(message, channel=name, person=Person(name)) if name else message


def for_reporter(text: str) -> str:
    """The lines of a team message that start with >>; everything else stays inside."""
    lines_ = (line.removeprefix(TO_REPORTER).strip() for line in text.split("\n") if line.startswith(TO_REPORTER))
    return "\n".join(lines_).strip()


def acknowledged_by_reaction(desk: Desk, channel: str, ts: str, person: Person, request: str) -> Ticket | None:
    """:eyes: on a card. A reaction by somebody who may not, or too late, is just a reaction."""
    with desk.transaction(request) as tx:
        found = _in_thread(tx, channel, ts, person)
        if found is None or not found[1].startswith(("desk:", "oncall:", "page:", "climb:")):
            return None
        case = _case(desk, tx, found[0], person)
        if not is_responder(person, case.phase):
            return None
        case.claim()
        case.refresh()
        return case.ticket


def ticket_at(desk: Desk, channel: str, ts: str, person: Person, action: Action = Action.WORK) -> Ticket | None:
    """The ticket whose card or thread stands there, for somebody who may do that."""
    with desk.store.read() as tx:
        found = _in_thread(tx, channel, ts, person)
        if found is None or not may(person, action, found[0], tx.phases.get(found[0].phase_id)):
            return None
        return found[0]


def _in_thread(tx: Tx, channel: str, ts: str, person: Person) -> tuple[Ticket, str] | None:
    """The ticket and the lane of this thread; NotYet while a first message there is still landing."""
    # Asked first: a message that lands between the two questions must not be missed by both.
    landing = tx.outbox.is_landing([channel, person.id])
    found = tx.tickets.in_thread(channel, ts)
    if found is None and landing:
        raise NotYet
    return found


def _in_reporter_thread(case: Case, message: Said) -> None:
    """The reporter's words reach the team; a responder's answer there is an answer."""
    case.add_files(message.files)
    links = [file_link(f.permalink, f.name) for f in message.files]
    if message.person.id != case.ticket.reporter and is_responder(message.person, case.phase):
        case.acknowledge_first()
        case.log(EventKind.REPLIED)
        carried = lines.replied(case.named(message.person.id), message.text, links)
    else:
        if message.person.id == case.ticket.reporter:
            case.apply(moves.answer(case.ticket, by=message.person.id, at=case.at))
        carried = lines.reporter_wrote(case.named(message.person.id), message.text, links)
    _mirror(case, message, case.tell_team(*carried))


def _in_team_thread(case: Case, message: Said) -> None:
    """The first reply acknowledges. Only lines that start with >> leave the team."""
    case.claim()
    words = for_reporter(message.text)
    inside = not message.text.startswith(TO_REPORTER) and not words
    case.add_files([replace(file, inside=inside) for file in message.files])
    if inside:
        return
    if not words and not message.files:
        raise Refused("Nothing was sent: there are no words after >>.")
    case.log(EventKind.REPLIED)
    links = [file_link(f.permalink, f.name) for f in message.files]
    _mirror(case, message, case.tell_reporter(*lines.answer(case.ticket, message.person.id, words, links)))


def _in_page_thread(case: Case, message: Said) -> None:
    """Whoever was called answers: it is theirs unless they say otherwise, and the team reads what they say."""
    if not is_responder(message.person, case.phase):
        return
    if said_no(message.text):
        case.pass_on()
        return
    case.claim()
    links = [file_link(f.permalink, f.name) for f in message.files]
    _mirror(case, message, case.tell_team(*lines.answered_page(message.person.id, message.text, links)))


def _mirror(case: Case, message: Said, letters: list[int], first: int = 0) -> None:
    case.tx.tickets.mirrored(message.channel, message.ts, dict(enumerate(letters, first)), case.ticket.id)


def _rewrite(desk: Desk, tx: Tx, message: Said, lane_name: str) -> None:
    """Each piece that was carried over is replaced, one that is no longer needed says so, a new one is added."""
    found = tx.tickets.mirror_of(message.channel, message.ts)
    assert found is not None
    ticket, letters = found
    case = _case(desk, tx, ticket, message.person)
    by, links = case.named(message.person.id), [file_link(f.permalink, f.name) for f in message.files]
    to_reporter = not lane_name.startswith(("reporter:", "page:"))
    words = for_reporter(message.text) if to_reporter else message.text
    pieces: list[dict[str, Any]] = []
    if words and lane_name.startswith("page:"):
        pieces = lines.answered_page(by, words, links)
    elif words:
        pieces = (lines.answer(ticket, by, words, links) if to_reporter
                  else lines.reporter_wrote(by, words, links, edited=True))  # fmt: skip
    lane = case.reporter if to_reporter else case.team
    for letter, piece in zip_longest(letters, pieces[: len(letters)], fillvalue=lines.deleted(by)):
        tx.outbox.change(lane, letter, piece, at=case.at)  # type: ignore[arg-type]
    more = pieces[len(letters) :]
    _mirror(case, message, case.tell_reporter(*more) if to_reporter else case.tell_team(*more), first=len(letters))


def _case(desk: Desk, tx: Tx, ticket: Ticket, person: Person) -> Case:
    held = tx.tickets.lock(ticket.id) or ticket
    return Case(desk, tx, tx.phases.get(held.phase_id), held, person, desk.now())
