"""A case: one ticket opened for change inside a transaction, with everybody who must hear of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.desk import Desk
from bot.services import homes, levels, ranking
from bot.views import lines
from bot.views import priority as priority_views
from bot.views import ticket as ticket_views
from domain import moves
from domain.errors import Refused
from domain.event import Event, EventKind
from domain.letter import Lane, Priority, link_to
from domain.moves import Change
from domain.permissions import Action, Person, require
from domain.phase import Phase
from domain.ticket import File, Severity, Status, Ticket
from storage.store import Tx

HOME_FRESH = timedelta(hours=1)  # the App Home of whoever looked within this time is kept up to date


@dataclass(slots=True)
class Case:
    desk: Desk
    tx: Tx
    phase: Phase
    ticket: Ticket
    person: Person
    at: datetime
    new: bool = False  # the ticket was made in this transaction, so nothing was said about it yet
    logged: bool = False  # whether anything was added to the log, so that the card has to be drawn anew

    @property
    def team(self) -> Lane:
        """The lane with the card and the team's thread."""
        return self.tx.outbox.lane(f"desk:{self.ticket.id}", self._place, ticket_id=self.ticket.id, new=self.new)

    @property
    def _place(self) -> str:
        """The desk channel; a private ticket lives in the private channel or with the first lead."""
        if self.ticket.private:
            return self.phase.private_channel or self.phase.lead_people[0]
        return self.phase.desk_channel

    @property
    def reporter(self) -> Lane:
        """Under the message it was made from, else (or when that is out of reach) the reporter's direct messages."""
        ticket, name = self.ticket, f"reporter:{self.ticket.id}"
        if ticket.origin is None or ticket.private:
            return self.tx.outbox.lane(name, ticket.reporter, ticket_id=ticket.id, new=self.new)
        origin = ticket.origin
        return self.tx.outbox.lane(
            name, origin.channel, thread_ts=origin.thread, person=ticket.reporter, ticket_id=ticket.id, new=self.new
        )

    def named(self, person: str) -> str:
        """Whom the team may read of: nobody, for a reporter who gives no name."""
        return "" if self.ticket.anonymous and person == self.ticket.reporter else person

    @property
    def confirmed_at(self) -> datetime | None:
        """When the reporter last confirmed it."""
        confirmed = [e.at for e in self.tx.tickets.events(self.ticket.id) if e.kind is EventKind.VERIFIED]
        return max(confirmed, default=None)

    def apply(self, change: Change) -> None:
        if self.ticket.status is Status.DEFERRED:
            self.tx.timers.cancel(f"return:{self.ticket.id}")
        self.ticket, self.logged = change.ticket, True
        self.tx.tickets.save(change.ticket, change.event)

    def add_files(self, files: Sequence[File]) -> None:
        """Keep references to files; the ticket shows those that are new."""
        if self.tx.tickets.add_files(self.ticket.id, files):
            attached = self.tx.tickets.get(self.ticket.id).report.files
            self.ticket = replace(self.ticket, report=replace(self.ticket.report, files=attached))

    def log(self, kind: EventKind, **data: str) -> None:
        self.logged = True
        self.tx.tickets.log(self.ticket.id, Event(kind=kind, actor=self.person.id, at=self.at, data=data))

    def acknowledge_first(self, *, quietly: bool = False) -> None:
        """Whoever works on a ticket that nobody has looked at has looked at it.

        `quietly` when the reporter hears of it in the next line anyway.
        """
        if self.ticket.status is Status.RECEIVED:
            self.apply(moves.acknowledge(self.ticket, by=self.person.id, at=self.at))
            if not quietly:
                self.announce(lines.acknowledged(self.ticket))

    def tell_reporter(self, *messages: dict[str, Any]) -> list[int]:
        return self._say(self.reporter, messages, Priority.STATUS)

    def announce(self, *messages: dict[str, Any]) -> None:
        """To the reporter, and to everybody else whom it concerns."""
        self.tell_reporter(*messages)
        for person in self.tx.affected.people(self.ticket.id):
            if person != self.ticket.reporter:
                quiet = [lines.without_buttons(message) for message in messages]
                self._say(self.follower(person), quiet, Priority.STATUS)

    def follow(self, person: str, message: dict[str, Any]) -> None:
        """The first words to somebody whom it concerns too."""
        self._say(self.follower(person), [message], Priority.ACKNOWLEDGEMENT)

    def say(self, lane: Lane, message: dict[str, Any]) -> None:
        self._say(lane, [message], Priority.STATUS)

    def follower(self, person: str) -> Lane:
        """Direct messages to somebody whom it concerns too, under the first of them."""
        return self.tx.outbox.lane(f"follower:{self.ticket.id}:{person}", person, ticket_id=self.ticket.id)

    def tell_team(self, *messages: dict[str, Any]) -> list[int]:
        return self._say(self.team, messages, Priority.STATUS)

    def introduce(self, *, assumed: bool, quiet: bool = False) -> None:
        """The first words about a new ticket: the card, the confirmation, and for a critical the page."""
        if quiet:
            self._say(self.team, [self._card()], Priority.DIGEST)
            return
        urgent = Priority.PAGE if self.ticket.severity is Severity.CRITICAL else Priority.ACKNOWLEDGEMENT
        self._say(self.team, [self._card()], urgent)
        welcome = lines.received(self.ticket, self.desk.home_link, assumed=assumed)
        self._say(self.reporter, [welcome], Priority.ACKNOWLEDGEMENT)
        self.page()

    def page(self) -> None:
        """A critical is said at once where the people on call are; a private one only to the leads."""
        if self.ticket.severity is not Severity.CRITICAL:
            return
        for name, place in self._pages().items():
            lane = self.tx.outbox.lane(name, place, ticket_id=self.ticket.id, new=self.new)
            awaits = None if self.team.thread_ts else self.team.name
            message = self._page()
            if self.tx.outbox.first(lane) is not None:  # it was critical before
                awaits, message = None, lines.critical_again(self.ticket, self.phase.leads)
            self.tx.outbox.post(lane, message, at=self.at, priority=Priority.PAGE, awaits=awaits)

    def _pages(self) -> dict[str, str]:
        """The lanes of the people on call, and where they lead to: of a private ticket to whoever leads now."""
        if not self.ticket.private:
            return {f"oncall:{self.ticket.id}:0": self.phase.oncall_channel}
        leads = (lead for lead in self.phase.lead_people if lead != self._place)
        return {f"oncall:{self.ticket.id}:{lead}": lead for lead in leads}

    def refresh(self) -> None:
        """The card, the page and the open App Homes show the ticket as it is now, where it stands among the others."""
        self.ticket = ranking.rerank(self.tx, self.ticket, self.phase, self.at)
        self._rewrite(self.team, self._card())
        for name in self._pages():
            if paged := self.tx.outbox.find(name):
                self._rewrite(paged, self._page())
        self.refresh_homes()

    def fade(self) -> None:
        """It happens less often than it did; nobody is told, and its card is drawn anew only when that can be seen."""
        ranked = ranking.rerank(self.tx, self.ticket, self.phase, self.at)
        if round(ranked.priority) != round(self.ticket.priority):
            self.ticket = ranked
            self._rewrite(self.team, self._card())

    def refresh_homes(self) -> None:
        concerned = {self.ticket.reporter, *self.phase.responder_people}
        for person in concerned & self.tx.homes.seen_since(self.at - HOME_FRESH):
            homes.publish(self.tx, self.desk.person(person), at=self.at)

    def _card(self) -> dict[str, Any]:
        """The card as it is now; what is promised next is wound up from the same log."""
        origin = self.ticket.origin
        source = self.desk.permalink(origin.channel, origin.ts, origin.thread_ts) if origin else None
        why = priority_views.line(self.ticket, ranking.inputs(self.tx, self.ticket, self.phase, self.at))
        events = self.tx.tickets.events(self.ticket.id)
        due = levels.wind(self.tx, self.ticket, self.phase, events, self.at)
        return ticket_views.card(self.ticket, events, why, source, due)

    def _page(self) -> dict[str, Any]:
        team = self.team
        link = link_to(team.name, self.ticket.name)
        if team.thread_ts:
            link = f"<{self.desk.permalink(team.channel, team.thread_ts)}|{self.ticket.name}>"
        return ticket_views.page(self.ticket, self.phase.leads, link)

    def _rewrite(self, lane: Lane, message: dict[str, Any]) -> None:
        first = self.tx.outbox.first(lane)
        if first is not None:
            self.tx.outbox.change(lane, first, message, at=self.at)

    def _say(self, lane: Lane, messages: Sequence[dict[str, Any]], priority: Priority) -> list[int]:
        posted = (self.tx.outbox.post(lane, m, at=self.at, priority=priority) for m in messages)
        return [letter for letter in posted if letter is not None]


@contextmanager
def opened(desk: Desk, ticket_id: int, person: Person, action: Action, request: str | None) -> Iterator[Case]:
    """The ticket, held for change by somebody who may; afterwards its card is drawn anew."""
    with desk.transaction(request) as tx:
        ticket = tx.tickets.lock(ticket_id)
        if ticket is None:
            raise Refused("This ticket does not exist.")
        phase = tx.phases.get(ticket.phase_id)
        require(person, action, ticket, phase)
        case = Case(desk, tx, phase, ticket, person, desk.now())
        yield case
        case.refresh()
