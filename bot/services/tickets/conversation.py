"""Where a ticket is talked about: the lanes of its team, its reporter and its followers, and saying things there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.context import AppContext
from domain.conversations.comment import Comment
from domain.conversations.following import FollowLevel, NewsKind
from domain.delivery.message import Lane, MessagePriority
from domain.followup.pending_reply import PendingReply
from domain.phases.phase import Phase
from domain.tickets.permissions import Action, Person, may
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction


@dataclass(slots=True)
class Conversation:
    app: AppContext
    tx: Transaction
    phase: Phase
    ticket: Ticket
    person: Person
    at: datetime
    new: bool = False  # the ticket was made in this transaction, so nothing was said about it yet

    @property
    def team(self) -> Lane:
        """The lane with the card and the team's thread."""
        return self.tx.outbox.lane(f"desk:{self.ticket.id}", self._place, ticket_id=self.ticket.id, new=self.new)

    @property
    def _place(self) -> str:
        """The desk channel; a private ticket lives in the private channel or with the first lead."""
        if self.ticket.private:
            return self.phase.private_channel or self.phase.lead_people[0]
        return self.phase.triage_channel

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

    def tell_reporter(self, *messages: dict[str, Any]) -> list[int]:
        return self._say(self.reporter, messages, MessagePriority.STATUS)

    def announce(
        self,
        *messages: dict[str, Any],
        news: NewsKind = NewsKind.CHANGE,
        watchers: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        """To the reporter, and to everybody else whom it concerns and who wants to hear such news."""
        self.tell_reporter(*messages)
        self.tell_others(*messages, news=news, watchers=watchers)

    def tell_others(
        self,
        *messages: dict[str, Any],
        news: NewsKind = NewsKind.CHANGE,
        watchers: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        """Without whoever did it, and without its owner, who reads it in the team's thread.

        `watchers` is what is said instead to those who only watch, and are asked nothing.
        """
        affected = set(self.tx.affected.people(self.ticket.id)) if watchers is not None else set()
        for person, wants in self.others().items():
            if wants.takes(news) and person not in (self.person.id, self.ticket.owner):
                said = messages if watchers is None or person in affected else watchers
                self._say(self.follower(person), said, MessagePriority.STATUS)
        for merged in self.tx.tickets.unnamed_in(self.ticket.id):
            lane = self.tx.outbox.find(f"reporter:{merged.id}")
            if lane:
                self._say(lane, messages if watchers is None else watchers, MessagePriority.STATUS)

    def others(self) -> Mapping[str, FollowLevel]:
        """Whom it concerns besides its reporter, and what they want to hear; of a private one only who may see it."""
        found = {
            one: wants for one, wants in self.tx.followers.of(self.ticket.id).items() if one != self.ticket.reporter
        }
        if not self.ticket.private:
            return found
        return {one: wants for one, wants in found.items()
                if may(self.app.person(one), Action.SEE, self.ticket, self.phase)}  # fmt: skip

    def lane_of(self, person: str) -> Lane:
        """Where somebody whom it concerns hears of it."""
        return self.reporter if person == self.ticket.reporter else self.follower(person)

    def record(self, side: str, words: str, channel: str | None = None, ts: str | None = None) -> None:
        """Keep what was said between reporter and team."""
        said = Comment(self.person.id, side, words, self.at)
        self.tx.comments.add(self.ticket.id, said, channel, ts)

    def nudge(self, person: str, owed: PendingReply, about: str, *, which: str = "") -> None:
        """Ask somebody for what they owe, as soon as they may be disturbed; `which` where it may be several things."""
        kind = f"{owed}:{which}" if which else owed.value
        self.tx.reminders.put(self.ticket.id, person, kind, about, self.at)

    def follow(self, person: str, message: dict[str, Any]) -> None:
        """The first words to somebody whom it concerns too."""
        self._say(self.follower(person), [message], MessagePriority.ACKNOWLEDGEMENT)

    def say(self, lane: Lane, message: dict[str, Any]) -> None:
        self._say(lane, [message], MessagePriority.STATUS)

    def follower(self, person: str) -> Lane:
        """Direct messages to somebody whom it concerns too, under the first of them."""
        return self.tx.outbox.lane(f"follower:{self.ticket.id}:{person}", person, ticket_id=self.ticket.id)

    def tell_team(self, *messages: dict[str, Any]) -> list[int]:
        return self._say(self.team, messages, MessagePriority.STATUS)

    def _say(self, lane: Lane, messages: Sequence[dict[str, Any]], priority: MessagePriority) -> list[int]:
        posted = (self.tx.outbox.post(lane, m, at=self.at, priority=priority) for m in messages)
        return [queued for queued in posted if queued is not None]
