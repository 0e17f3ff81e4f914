"""A case: one ticket opened for change inside a transaction, with everybody who must hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.services.followup import ledger
from bot.services.home import homes
from bot.services.oncall.escalation_runner import Climb
from bot.services.sla import deadlines
from bot.services.tickets import priority
from bot.services.tickets.conversation import Conversation
from bot.views.oncall import escalation as escalation_views
from bot.views.tickets import lines
from bot.views.tickets import priority as priority_views
from bot.views.tickets.card import CardContext, card
from domain.delivery.message import MessagePriority, link_to
from domain.errors import Refused
from domain.oncall import escalation as machine
from domain.oncall import paging
from domain.oncall.escalation import Escalation, EscalationAction, EscalationState
from domain.tickets import transitions
from domain.tickets.event import Event, EventKind
from domain.tickets.permissions import is_responder
from domain.tickets.status import Status
from domain.tickets.ticket import File, Severity
from domain.tickets.transitions import Transition

# What only whoever has a ticket does; assigning names somebody else.
TAKING = frozenset({EventKind.STATUS, EventKind.REPLIED, EventKind.UPDATED, EventKind.PROMISED, EventKind.WAITING})
HOME_FRESH = timedelta(hours=1)  # the App Home of whoever looked within this time is kept up to date


@dataclass(slots=True)
class Case(Conversation):
    did: set[EventKind] = field(default_factory=set)  # what was added to the log
    spoke: bool = False  # whether the team was heard without anything to be logged
    _escalation: Escalation | None = None
    _looked: bool = False  # whether it was looked for, which is done once
    _climbed: bool = False  # whether its escalation was moved in this transaction

    @property
    def logged(self) -> bool:
        """Whether anything was added to the log, so that the card has to be drawn anew."""
        return bool(self.did)

    def last(self, kind: EventKind) -> datetime | None:
        """When that last happened."""
        return max((e.at for e in self.tx.tickets.events(self.ticket.id) if e.kind is kind), default=None)

    def apply(self, change: Transition) -> None:
        if self.ticket.status is Status.DEFERRED and change.ticket.status is not Status.DEFERRED:
            self.tx.timers.cancel(f"return:{self.ticket.id}")
        self.ticket = change.ticket
        self.did.add(change.event.kind)
        self.tx.tickets.save(change.ticket, change.event)

    def add_files(self, files: Sequence[File]) -> None:
        """Keep references to files; the ticket shows those that are new."""
        if self.tx.tickets.add_files(self.ticket.id, files):
            attached = self.tx.tickets.get(self.ticket.id).report.files
            self.ticket = replace(self.ticket, report=replace(self.ticket.report, files=attached))

    def log(self, kind: EventKind, **data: str) -> None:
        self.did.add(kind)
        self.tx.tickets.log(self.ticket.id, Event(kind=kind, actor=self.person.id, at=self.at, data=data))

    def acknowledge_first(self, *, quietly: bool = False) -> bool:
        """Whoever works on a ticket that nobody has looked at has looked at it; whether that was so.

        `quietly` when the reporter hears of it in the next line anyway.
        """
        if self.ticket.status is not Status.RECEIVED:
            return False
        self.apply(transitions.acknowledge(self.ticket, by=self.person.id, at=self.at))
        if not quietly:
            self.announce(lines.acknowledged(self.ticket))
        return True

    def lapse(self, by: str) -> None:
        """Whoever had it does not come to it, and its reporter is not left to think that they do."""
        owner = self.ticket.owner or ""
        self.apply(transitions.lapse(self.ticket, by=by, at=self.at))
        self.tell_reporter(lines.lapsed(self.ticket, owner))

    def claim(self, *, quietly: bool = False) -> None:
        """The first word about it acknowledges it; of one that climbs it says that it is theirs."""
        self.spoke = True
        if self.ticket.status is Status.RECEIVED:
            self.acknowledge_first(quietly=quietly)
        elif self.climbs:
            self.apply(transitions.claim(self.ticket, by=self.person.id, at=self.at))

    @property
    def climbs(self) -> bool:
        """Whether people are called for it, since nobody has it."""
        return self.escalation is not None and self.escalation.is_live and not self.escalation.state.is_owned

    def introduce(self, *, assumed: bool, quiet: bool = False) -> None:
        """The first words about a new ticket: the card, the confirmation, and for a critical the page."""
        if quiet:
            self._say(self.team, [self._card()], MessagePriority.DIGEST)
            return
        urgent = MessagePriority.PAGE if self.ticket.severity is Severity.CRITICAL else MessagePriority.ACKNOWLEDGEMENT
        self._say(self.team, [self._card()], urgent)
        welcome = lines.received(self.ticket, self.app.home_link, assumed=assumed)
        self._say(self.reporter, [welcome], MessagePriority.ACKNOWLEDGEMENT)
        self.page()

    def page(self) -> None:
        """What a policy says of such a ticket: somebody is called at once, and climbed from there."""
        policy, e = paging.policy_for(self.phase, self.ticket, self.at), self.escalation
        if policy and e and e.is_live and not e.by_hand and not paging.covers_severity(e.policy, self.ticket.severity):
            self._climb.recall(e)
            self._moved(machine.end(e))  # it was begun for another severity, by another policy
            e = None
        if policy and not (e and e.is_live):
            self.climb(self._climb.begin(policy, by=self.person.id))

    def escalate(self, reason: str) -> None:
        """By hand, whatever the ticket is; of a reporter who gives no name nobody reads one."""
        by = self.named(self.person.id)
        if self.escalation and self.escalation.is_live:
            self._climb.say(escalation_views.escalated(self.ticket, by, reason))
            self.climb(machine.climb_on(self.escalation, at=self.at))
            return
        policy = paging.policy_by_hand(self.phase)
        self.climb(self._climb.begin(policy, by=by, reason=reason, by_hand=True))

    def climb(self, e: Escalation) -> None:
        """Do all that is due of it now, and set the timer for what comes next."""
        while True:
            before, (e, deed) = e, machine.advance(e, self.at)
            if deed is None:
                break
            if deed is EscalationAction.LAPSE and self.ticket.owner:
                self.lapse(self.app.bot_user)
            e = self._climb.does(e, deed, before)
        self._moved(e)

    @property
    def escalation(self) -> Escalation | None:
        """The newest one of this ticket, be it over or not."""
        if not (self.new or self._looked):
            self._escalation, self._looked = self.tx.escalations.of(self.ticket.id), True
        return self._escalation

    def pass_on(self) -> bool:
        """Somebody who was called cannot take it; whether that made a difference."""
        e = self.escalation
        if e is None or not e.is_live or self.person.id in e.passed:
            return False
        had_it = e.state.is_owned and e.owner == self.person.id
        if had_it:
            self.lapse(self.person.id)
        self.log(EventKind.PASSED)
        self._climb.say(escalation_views.passed(self.person.id, self.ticket))
        self.climb(machine.pass_on(e, by=self.person.id, at=self.at))
        return True

    def warn(self, person: str, warning: str, *, gone: bool) -> None:
        """A call may not reach somebody; who is gone cannot take it."""
        self._climb.say(escalation_views.warned(self.ticket, person, warning))
        if gone and self.escalation:
            self.climb(machine.pass_on(self.escalation, by=person, at=self.at))

    def snooze(self) -> None:
        """Quiet for a while; it is theirs meanwhile."""
        e = self.escalation
        if e is None or not e.is_live:
            return
        if e.state.is_owned and e.owner != self.person.id:
            raise Refused(f"<@{e.owner}> has it; only they can put it off.")
        if self.ticket.status is Status.WAITING:
            raise Refused("It waits for the reporter, and nobody is called meanwhile.")
        self.acknowledge_first()
        self._climb.recall(e)
        self._moved(machine.snooze(e, by=self.person.id, until=self.at + escalation_views.SNOOZE))

    def _moved(self, e: Escalation) -> None:
        before = self._escalation
        self._climb.keep(e)
        if before and (before.state.is_owned, before.is_live) != (e.state.is_owned, e.is_live):
            self._climb.tell_systems(e)
        self._escalation, self._looked, self._climbed = e, True, True

    def _settle(self) -> None:
        """What was done to the ticket is done to its escalation: it is held, it rests, or it is over."""
        before = self.escalation
        if before is None or not before.is_live or self._climbed:
            return
        alive = is_responder(self.person, self.phase) and (bool(self.did) or self.spoke)
        if alive and not before.state.is_owned and self.did & TAKING and self.ticket.owner != self.person.id:
            self.apply(transitions.claim(self.ticket, by=self.person.id, at=self.at))  # whoever works on it has it now
        e = self._climb.settled(before, self.did, alive=alive)
        if e == before:
            return
        if alive:
            self.tx.escalations.answered(self.person.id, self.at, escalation_id=e.id)
        if before.state in (EscalationState.CLIMBING, EscalationState.SPENT, EscalationState.SNOOZED):
            self._climb.recall(e)
        self._moved(e)

    @property
    def _climb(self) -> Climb:
        team = self.team
        link, awaits = link_to(team.name, self.ticket.name), team.name
        if team.thread_ts:
            link, awaits = f"<{self.app.permalink(team.channel, team.thread_ts)}|{self.ticket.name}>", ""
        return Climb(app=self.app, tx=self.tx, phase=self.phase, ticket=self.ticket, at=self.at, link=link,
                     awaits=awaits or None, has_card=team.channel if self.new else "")  # fmt: skip

    def refresh(self) -> None:
        """The card, the page and the open App Homes show the ticket as it is now, where it stands among the others."""
        self.ticket = priority.rerank(self.tx, self.ticket, self.phase, self.at)
        self._settle()
        self.tx.outbox.rewrite(self.team, self._card(), at=self.at)
        self._climb.draw(self.escalation, changed=self._climbed)
        self.refresh_homes()

    def redraw(self) -> None:
        """After a step of its escalation: only what shows that is drawn anew, unless the ticket itself has changed."""
        if self.logged:
            self.refresh()
            return
        self._climb.draw(self.escalation, changed=self._climbed)
        self.refresh_homes()

    def fade(self) -> None:
        """It happens less often than it did; nobody is told, and its card is drawn anew only when that can be seen."""
        ranked = priority.rerank(self.tx, self.ticket, self.phase, self.at)
        if round(ranked.priority) != round(self.ticket.priority):
            self.ticket = ranked
            self.tx.outbox.rewrite(self.team, self._card(), at=self.at)

    def refresh_homes(self) -> None:
        concerned = {self.ticket.reporter, *self.phase.responder_people}
        for person in concerned & self.tx.home_viewers.seen_since(self.at - HOME_FRESH):
            homes.publish(self.tx, self.app.person(person), at=self.at)

    def _card(self) -> dict[str, Any]:
        """The card as it is now; what is promised next is wound up from the same log."""
        origin = self.ticket.origin
        source = self.app.permalink(origin.channel, origin.ts, origin.thread_ts) if origin else None
        why = priority_views.line(self.ticket, priority.inputs(self.tx, self.ticket, self.phase, self.at))
        events = self.tx.tickets.events(self.ticket.id)
        due, turn = deadlines.wind(self.tx, self.ticket, self.phase, events, self.at)
        promised = ledger.wind(self.tx, self.ticket, self.phase, events, self.at)
        return card(self.ticket, events, CardContext(why, source, due, promised, turn))
