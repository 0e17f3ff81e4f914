"""Take in what a person does in Microsoft Teams: it becomes a report, or goes to the ticket that it is about, once."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog

from bot.context import AppContext
from bot.services.conversations import threads
from bot.services.followup import verification
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.views.intake.report import from_message, report_from_message
from bot.views.teams import chat as views
from bot.views.tickets.posts import reporter_status
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused, Repeated
from domain.intake.chatter import is_chatter
from domain.people.profile import PersonKind
from domain.phases.permissions import NO_SUCH_TICKET, Person
from domain.phases.phase import Phase
from domain.teams.incoming import TeamsAct, TeamsActivity
from domain.teams.words import Asked, Wish, read_words
from domain.text import from_outside, shorten
from domain.tickets.filters import Filter
from domain.tickets.status import Status
from domain.tickets.ticket import TEXT_LIMIT, Intake, Ticket
from storage.teams.people import TeamsPerson
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

log = structlog.get_logger()
HOUR = timedelta(hours=1)
MAX_IN_AN_HOUR = 30  # reports of one person
PATIENCE = 0.2  # seconds an activity lets people in Slack go first
# A chat goes on with the ticket that it was about while that may still change.
GOES_ON = frozenset(Status) - {Status.VERIFIED, Status.WITHDRAWN, Status.MERGED}


@dataclass(slots=True)
class _Chat:
    """A person's chat with the bot, on its way through one transaction."""

    app: AppContext
    tx: Transaction
    activity: TeamsActivity
    key: str
    teams: TeamsPerson
    opened: Ticket | None = None

    @property
    def person(self) -> Person:
        return Person(self.teams.id, kind=PersonKind.STRANGER)

    def say(self, message: dict[str, object]) -> None:
        """Say something that is about no report of theirs."""
        lane = self.tx.outbox.lane(lane_name(LaneKind.TEAMS_CHAT, self.teams.id), self.teams.id)
        self.tx.outbox.post(lane, message, at=self.app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)


def receive(app: AppContext, activity: TeamsActivity) -> None:
    """Take in an activity, once; what can't be done is said to the person. The commit is before the return."""
    if not activity.is_personal or activity.act is TeamsAct.OTHER or activity.account == activity.bot:
        log.info("teams_ignored", act=activity.act.value)
        return
    key = _key_of(activity)
    try:
        opened = _take_in(app, activity, key)
    except Repeated:
        return
    except Refused as no:
        _refuse(app, activity, key, no.text)
        return
    if opened:
        after_opening(app, opened)
    log.info("teams_received", act=activity.act.value, opened=opened is not None)


def _key_of(activity: TeamsActivity) -> str:
    """Return the key of an activity: the same when Teams sends it again because our answer was late or lost."""
    found = sha256(f"{activity.conversation}\n{activity.act}\n{activity.id}".encode()).hexdigest()
    return f"teams:{found[:48]}"


def _take_in(app: AppContext, activity: TeamsActivity, key: str) -> Ticket | None:
    """Do what follows; return the ticket that was opened."""
    if activity.act is TeamsAct.PRESS and activity.values.get("do") != views.REPORT:
        _press(app, activity, key)
        return None
    with app.transaction(key, patience=PATIENCE) as tx:
        if activity.act is TeamsAct.REMOVED:
            known = tx.teams_people.find_actor(activity)
            if known:
                tx.teams_people.note_gone(known.id, app.now())
            return None
        met = tx.teams_people.meet(activity, app.now())
        if met is None:
            log.warning("teams_ignored", act="of another's chat")
            return None
        tx.teams_people.revive_lanes(met[0].id)
        chat = _Chat(app, tx, activity, key, met[0])
        if activity.act is TeamsAct.INSTALLED:
            if met[1]:
                chat.say(views.hello())
        elif activity.act is TeamsAct.PRESS:
            _report(chat, _text(activity.values.get("text")), _text(activity.values.get("phase")))
        else:
            _message(chat, read_words(from_outside(activity.text)))
        return chat.opened


def _refuse(app: AppContext, activity: TeamsActivity, key: str, why: str) -> None:
    """Tell a person why something can't be done."""
    with app.transaction(f"{key}:no") as tx:
        met = tx.teams_people.meet(activity, app.now())
        if met:
            _Chat(app, tx, activity, key, met[0]).say({"text": why})


def _message(chat: _Chat, asked: Asked) -> None:
    """Do what a message asks for."""
    match asked.wish:
        case Wish.HELP:
            chat.say(views.usage())
        case Wish.REPORT:
            _report(chat, asked.text)
        case Wish.TICKET:
            _named(chat, asked)
        case Wish.TALK:
            _talk(chat, asked.text)
    if chat.activity.files:
        chat.say({"text": views.NO_FILES})


def _talk(chat: _Chat, text: str) -> None:
    """Add a message to the ticket that the chat is about, or report it when there is none."""
    ticket = _current(chat)
    if ticket is not None:
        _reply(chat, ticket, text)
    elif is_chatter(text):
        chat.say(views.usage())
    else:
        _report(chat, text)


def _current(chat: _Chat) -> Ticket | None:
    """Return the ticket that the chat was about last, while it may still change."""
    found = chat.tx.teams_people.find_last_ticket(chat.teams.id)
    ticket = chat.tx.tickets.find_ticket(found) if found else None
    return ticket if ticket and ticket.is_kept and ticket.status in GOES_ON else None


def _named(chat: _Chat, asked: Asked) -> None:
    """Show a ticket to one of its people, or add what they wrote to it."""
    key, _, number = asked.ticket.partition("-")
    ticket = chat.tx.tickets.find_by_name(key, int(number))
    if ticket is None or not ticket.is_kept or not _is_theirs(chat, ticket):
        raise Refused(NO_SUCH_TICKET)
    if asked.text:
        _reply(chat, ticket, asked.text)
    else:
        chat.say(views.how_it_is(ticket, reporter_status(ticket)))


def _is_theirs(chat: _Chat, ticket: Ticket) -> bool:
    return chat.teams.id in {ticket.reporter, *chat.tx.affected.list_people(ticket.id)}


def _reply(chat: _Chat, ticket: Ticket, text: str) -> None:
    """Add a message to its ticket as one in the reporter's thread."""
    session = threads.lock_for_comment(chat.app, chat.tx, ticket, chat.person)
    waited, before = session.ticket.status is Status.WAITING, len(session.said)
    said = threads.ThreadMessage(channel=chat.teams.id, ts=chat.key[-24:], thread_ts="", person=chat.person,
                                 text=shorten(text, TEXT_LIMIT), request="")  # fmt: skip
    threads.in_reporter_thread(session, said, follower=chat.teams.id != ticket.reporter)
    if not waited and len(session.said) >= before:  # an answer that was waited for is confirmed anyway
        session.conversation.post(session.conversation.open_lane(chat.teams.id), views.passed_on(session.ticket))
    session.finish()


def _report(chat: _Chat, text: str, key: str = "") -> None:
    """Open a ticket, or ask for what is missing."""
    open_to = [one for one in chat.tx.phases.list_phases() if one.is_active and one.teams.reports]
    first, _, rest = text.partition(" ")
    if not key and first.upper().rstrip(":") in {one.key for one in open_to}:
        key, text = first.upper().rstrip(":"), rest.strip()
    if not open_to:
        raise Refused(views.NOWHERE)
    if not text:
        raise Refused(views.WHAT)
    chosen = [one for one in open_to if one.key == key] if key else open_to
    if len(chosen) == 1:
        chat.opened = _open(chat, chosen[0], text)
    else:
        chat.say(views.which_phase(open_to, shorten(text, TEXT_LIMIT)))


def _open(chat: _Chat, phase: Phase, text: str) -> Ticket:
    mine = Filter(scope="all", sources=(Intake.TEAMS,), newer=HOUR, reporter=chat.teams.id)
    reader = ListReader(id="", leads=(phase.id,))
    if chat.tx.lists.count_tickets(mine, [phase], reader, chat.app.now()) >= MAX_IN_AN_HOUR:
        raise Refused(views.TOO_MANY)
    report = report_from_message(from_message(shorten(text, TEXT_LIMIT)), ())
    return open_ticket_in(chat.app, chat.tx, phase, report, person=chat.person, intake=Intake.TEAMS, assumed=True)


def _press(app: AppContext, activity: TeamsActivity, key: str) -> None:
    """Do what a button of a card says; whether the person may is asked again."""
    with app.store.read() as tx:
        known = tx.teams_people.find_actor(activity)
    ticket_id, person = _number(activity.values.get("ticket")), Person(known.id if known else "", PersonKind.STRANGER)
    if known is None or ticket_id is None:
        raise Refused(views.GONE)
    match activity.values.get("do"):
        case views.CONFIRM:
            verification.confirm(app, ticket_id, person, key)
        case views.REJECT:
            why = shorten(_text(activity.values.get("why")), TEXT_LIMIT)
            verification.reopen(app, ticket_id, person, why or "Still broken.", key)
        case views.CANNOT_CHECK:
            verification.cannot_check(app, ticket_id, person, key)
        case _:
            raise Refused(views.GONE)


def _text(value: object) -> str:
    return from_outside(value) if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
