"""Take in what a person does in Microsoft Teams: it becomes a report, or goes to the ticket that it is about, once."""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.conversations import threads
from bot.services.followup import verification
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.mail.receiving import attach, keep_files
from bot.services.phases import links
from bot.services.teams import chats, dialogs, work
from bot.views.intake.report import from_message, report_from_message
from bot.views.teams import card as cards
from bot.views.teams import chat as views
from bot.views.tickets.posts import reporter_status
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused, Repeated
from domain.intake.chatter import is_chatter
from domain.mail.incoming import Attachment
from domain.phases.link import LinkKind
from domain.phases.permissions import NO_SUCH_TICKET, Person
from domain.phases.phase import Phase
from domain.rehearsal.marks import UNDONE
from domain.teams.incoming import TeamsAct, TeamsActivity
from domain.teams.outgoing import TeamsDialog
from domain.teams.words import Asked, Wish, read_words
from domain.text import from_outside, shorten
from domain.tickets.status import Status
from domain.tickets.ticket import TEXT_LIMIT, File, Intake, Ticket
from storage.teams.people import TeamsPerson
from storage.transaction import Transaction

log = structlog.get_logger()
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
    keeps_files: bool = False

    @property
    def person(self) -> Person:
        return chats.person_of(self.teams)

    @property
    def files(self) -> list[Attachment]:
        """The files of the message that could be fetched."""
        given = self.activity.files
        return [Attachment(one.name, one.kind, one.content) for one in given if one.content is not None]

    def keep_files(self, phase: Phase) -> tuple[int | None, tuple[File, ...]]:
        """Keep the files of the message; return the number that they are kept under, and the files."""
        if self.files and self.tx.mails.count_since(self.teams.id, self.app.now() - chats.HOUR) >= chats.MAX_IN_AN_HOUR:
            raise Refused(views.TOO_MANY_FILES)
        self.keeps_files = True
        return keep_files(self.app, self.tx, phase, self.teams.id, self.files)

    def say(self, message: dict[str, object]) -> None:
        """Say something that is about no report of theirs."""
        lane = self.tx.outbox.lane(lane_name(LaneKind.TEAMS_CHAT, self.teams.id), self.teams.id)
        self.tx.outbox.post(lane, message, at=self.app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)


def receive(app: AppContext, activity: TeamsActivity) -> TeamsDialog | str | None:
    """Take in an activity, once; what can't be done is said to the person. The commit is before the return.

    Return what a dialog shows, where the activity is about one.
    """
    if not activity.is_personal or activity.act is TeamsAct.OTHER or activity.account == activity.bot:
        log.info("teams_ignored", act=activity.act.value)
        return None
    key = _key_of(activity)
    if activity.act is TeamsAct.OPEN_FORM:
        return dialogs.open_report(app, activity)
    if activity.act is TeamsAct.SUBMIT_FORM:
        return dialogs.submit_report(app, activity, key)
    try:
        opened = _take_in(app, activity, key)
    except Repeated:
        return None
    except Refused as no:
        _say(app, activity, f"{key}:no", {"text": no.text})
        return None
    if opened:
        after_opening(app, opened)
    log.info("teams_received", act=activity.act.value, opened=opened is not None)
    return None


def rehearse(app: AppContext, activity: TeamsActivity, mark: str) -> str:
    """Take in a report of a rehearsal as one of the chat, and keep nothing of it; "" where its mark is not one."""
    found = links.find_open(app, LinkKind.REHEARSAL, mark)
    if found is None:
        return ""
    try:
        with app.undone() as tx:
            met = tx.teams_people.meet(activity, app.now())
            if met:
                _open(_Chat(app, tx, activity, _key_of(activity), met[0]), found[0].activated(), activity.text)
    except Refused as no:
        return no.text
    return UNDONE


def _key_of(activity: TeamsActivity) -> str:
    """Return the key of an activity: the same when Teams sends it again because our answer was late or lost."""
    found = sha256(f"{activity.conversation}\n{activity.act}\n{activity.id}".encode()).hexdigest()
    return f"teams:{found[:48]}"


def _take_in(app: AppContext, activity: TeamsActivity, key: str) -> Ticket | None:
    """Do what follows; return the ticket that was opened."""
    if activity.act is TeamsAct.PRESS and activity.values.get("do") != views.REPORT:
        _press(app, activity, key)
        return None
    asked = read_words(from_outside(activity.text))
    if activity.act is TeamsAct.MESSAGE and asked.wish is Wish.TICKET and not _is_own(app, activity, asked.ticket):
        _show_to_team(app, activity, asked, key)
        return None
    with app.transaction(key, patience=PATIENCE) as tx:
        if activity.act is TeamsAct.REMOVED:
            known = tx.teams_people.find_actor(activity)
            if known:
                tx.teams_people.note_gone(known.id, app.now())
            return None
        met = tx.teams_people.meet(activity, app.now())
        if met is None:
            log.info("teams_ignored", act="in another person's chat")
            return None
        tx.teams_people.revive_lanes(met[0].id)
        chat = _Chat(app, tx, activity, key, met[0])
        if activity.act is TeamsAct.INSTALLED:
            if met[1]:
                chat.say(views.hello())
        elif activity.act is TeamsAct.PRESS:
            _report(chat, _text(activity.values.get("text")), _text(activity.values.get("phase")))
        else:
            _message(chat, asked)
            _tell_of_files(chat)
        return chat.opened


def _say(app: AppContext, activity: TeamsActivity, key: str, said: dict[str, Any]) -> None:
    """Say something to a person in a transaction of its own, once."""
    with suppress(Repeated), app.transaction(key) as tx:
        met = tx.teams_people.meet(activity, app.now())
        if met:
            _Chat(app, tx, activity, key, met[0]).say(said)


def _is_own(app: AppContext, activity: TeamsActivity, name: str) -> bool:
    """Whether a person named a ticket that they reported or are affected by."""
    key, _, number = name.partition("-")
    with app.store.read() as tx:
        known, ticket = tx.teams_people.find_actor(activity), tx.tickets.find_by_name(key, int(number))
        return known is not None and ticket is not None and _is_theirs(tx, known, ticket)


def _show_to_team(app: AppContext, activity: TeamsActivity, asked: Asked, key: str) -> None:
    """Show a ticket to a person of its team, as far as their account in Slack may see it."""
    card = work.card_of(app, work.account_of(app, activity), asked.ticket)
    _say(app, activity, key, {"text": cards.IN_SLACK} if asked.text else card)


def _message(chat: _Chat, asked: Asked) -> None:
    """Do what a message asks for."""
    match asked.wish:
        case Wish.HELP if chat.activity.files and not from_outside(chat.activity.text):
            _talk(chat, "")  # files alone
        case Wish.HELP:
            chat.say(views.usage())
        case Wish.REPORT:
            _report(chat, asked.text)
        case Wish.TICKET:
            _named(chat, asked)
        case Wish.TALK:
            _talk(chat, asked.text)


def _tell_of_files(chat: _Chat) -> None:
    """Say which files of a message were not taken."""
    lost = [one.name for one in chat.activity.files if one.content is None or not chat.keeps_files]
    if lost:
        chat.say(views.without_files(lost, was_taken=chat.keeps_files))


def _talk(chat: _Chat, text: str) -> None:
    """Add a message to the ticket that the chat is about, or report it when there is none."""
    ticket = _current(chat)
    if ticket is not None:
        _reply(chat, ticket, text)
    elif is_chatter(text) and not chat.files:
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
    if ticket is None or not ticket.is_kept or not _is_theirs(chat.tx, chat.teams, ticket):
        raise Refused(NO_SUCH_TICKET)
    if asked.text or chat.files:
        _reply(chat, ticket, asked.text)
    else:
        chat.say(views.how_it_is(ticket, reporter_status(ticket)))


def _is_theirs(tx: Transaction, person: TeamsPerson, ticket: Ticket) -> bool:
    return person.id in {ticket.reporter, *tx.affected.list_people(ticket.id)}


def _reply(chat: _Chat, ticket: Ticket, text: str) -> None:
    """Add a message to its ticket as one in the reporter's thread."""
    session = threads.lock_for_comment(chat.app, chat.tx, ticket, chat.person)
    kept, files = chat.keep_files(session.phase)
    attach(chat.tx, kept, ticket.id)
    waited = session.ticket.status is Status.WAITING
    said = threads.ThreadMessage(channel=chat.teams.id, ts=chat.key[-24:], thread_ts="", person=chat.person,
                                 text=shorten(text, TEXT_LIMIT), files=files, request="")  # fmt: skip
    threads.in_reporter_thread(session, said, follower=chat.teams.id != ticket.reporter)
    if not waited:  # an answer that was waited for is confirmed anyway
        session.conversation.post(session.conversation.open_lane(chat.teams.id), views.passed_on(session.ticket))
    session.finish()


def _report(chat: _Chat, text: str, key: str = "") -> None:
    """Open a ticket, or ask for what is missing."""
    open_to = chats.open_phases(chat.tx)
    first, _, rest = text.partition(" ")
    if not key and first.upper().rstrip(":") in {one.key for one in open_to}:
        key, text = first.upper().rstrip(":"), rest.strip()
    if not open_to:
        raise Refused(views.NOWHERE)
    if not text and not chat.files:
        chat.say(views.asks_what())
        return
    chosen = [one for one in open_to if one.key == key] if key else open_to
    if len(chosen) == 1:
        chat.opened = _open(chat, chosen[0], text)
    else:
        chat.say(views.which_phase(open_to, shorten(text, TEXT_LIMIT)))


def _open(chat: _Chat, phase: Phase, text: str) -> Ticket:
    chats.check_pace(chat.app, chat.tx, phase, chat.person)
    kept, files = chat.keep_files(phase)
    report = report_from_message(from_message(shorten(text, TEXT_LIMIT)), files)
    return open_ticket_in(chat.app, chat.tx, phase, report, person=chat.person, intake=Intake.TEAMS, assumed=True,
                          prepare=lambda session: attach(chat.tx, kept, session.ticket.id))  # fmt: skip


def _press(app: AppContext, activity: TeamsActivity, key: str) -> None:
    """Do what a button of a card says; whether the person may is asked again."""
    with app.store.read() as tx:
        known = tx.teams_people.find_actor(activity)
    values, ticket_id = activity.values, _number(activity.values.get("ticket"))
    if known is None or ticket_id is None:
        raise Refused(views.GONE)
    person = chats.person_of(known)
    match values.get("do"):
        case views.CONFIRM:
            verification.confirm(app, ticket_id, person, key)
        case views.REJECT:
            why = shorten(_text(values.get("why")), TEXT_LIMIT)
            verification.reopen(app, ticket_id, person, why or "Still broken.", key)
        case views.CANNOT_CHECK:
            verification.cannot_check(app, ticket_id, person, key)
        case cards.ACKNOWLEDGE | cards.RESOLVE:
            _work(app, activity, known, ticket_id, key)
        case _:
            raise Refused(views.GONE)


def _work(app: AppContext, activity: TeamsActivity, known: TeamsPerson, ticket_id: int, key: str) -> None:
    """Acknowledge or resolve a ticket, and show what became of it in the place of the card that was pressed."""
    card = work.act(app, work.account_of(app, activity), activity.values, ticket_id, key)
    with suppress(Repeated), app.transaction(f"{key}:card") as tx:
        if not work.replace_card(app, tx, known.id, _number(activity.values.get("message")), card):
            _Chat(app, tx, activity, key, known).say(card)


def _text(value: object) -> str:
    return from_outside(value) if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
