"""A climb: one ticket's escalation inside the transaction that holds the ticket, with everybody it calls."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from bot.context import AppContext
from bot.services.oncall import shifts, storms
from bot.views.oncall import escalation as views
from bot.views.oncall import webhooks
from domain.delivery.message import Lane, MessagePriority
from domain.oncall import escalation as machine
from domain.oncall import paging
from domain.oncall.escalation import Escalation, EscalationAction, EscalationPolicy, EscalationState, EscalationStep
from domain.oncall.paging import PageRecipients
from domain.phases.phase import Phase
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

KIND = "climb"
FEW, WITHIN = 3, timedelta(minutes=5)  # calls to one person; more of them are said in one message
CARDS, A_MINUTE = 6, timedelta(minutes=1)  # in the on-call channel, likewise
MINE = frozenset({EventKind.ACKNOWLEDGED, EventKind.CLAIMED, EventKind.OWNED, EventKind.STATUS, EventKind.REPLIED,
                  EventKind.UPDATED, EventKind.PROMISED, EventKind.WAITING})  # fmt: skip
LIFE = MINE | {
    EventKind.KEEPING,
    EventKind.DETAILS,
    EventKind.SEVERITY,
    EventKind.INPUTS,
    EventKind.TOOK_IN,
}  # also a sign of life


@dataclass(kw_only=True)
class Climb:
    """`link` leads to the ticket's card, which `awaits` names while it has not landed."""

    app: AppContext
    tx: Transaction
    phase: Phase
    ticket: Ticket
    at: datetime
    link: str
    awaits: str | None
    has_card: str = ""  # whoever just got the card itself as a direct message

    def begin(self, policy: EscalationPolicy, *, by: str, reason: str = "", by_hand: bool = False) -> Escalation:
        begun = machine.start(self.ticket.id, policy, by=by, at=self.at, reason=reason, by_hand=by_hand)
        return self.tx.escalations.add(begun, self.phase.id)

    def keep(self, e: Escalation) -> None:
        """As it stands now, with the timer for what comes next."""
        self.tx.escalations.save(e)
        if e.next_at:
            self.tx.timers.once(_key(e), KIND, e.next_at, ticket_id=e.ticket_id, data={"escalation": e.id})
        else:
            self.tx.timers.cancel(_key(e))

    def settled(self, e: Escalation, did: AbstractSet[EventKind], *, alive: bool) -> Escalation:
        """What became of it through what was done to its ticket. `alive` when somebody of the team did it."""
        ticket = self.ticket
        if not ticket.status.is_open or ticket.status is Status.DEFERRED:
            return machine.end(e)
        if not e.by_hand and not paging.covers_severity(e.policy, ticket.severity):
            return machine.end(e)
        mine = alive and ticket.owner and (did & MINE if not e.state.is_owned else did & LIFE or not did)
        if mine and ticket.status is not Status.RECEIVED:
            e = machine.hold(e, by=str(ticket.owner), at=self.at)
        if e.state.is_owned and ticket.status is Status.WAITING:
            return machine.rest(e) if e.next_at else e
        answered = e.state is EscalationState.HELD and not e.next_at and machine.silent_for(e)
        return machine.hold(e, by=str(e.owner), at=self.at) if answered else e

    def does(self, e: Escalation, deed: EscalationAction, before: Escalation) -> Escalation:
        """Say what this deed says."""
        match deed:
            case EscalationAction.STEP:
                return self._step(e)
            case EscalationAction.ASK if e.owner:
                self._post(self._lane(e, e.owner), views.silent(self.shown(e), e.owner))
            case EscalationAction.LAPSE:
                self.say(views.lapsed(self.ticket, before.owner))
            case EscalationAction.RETURN:
                self.say(views.returned(self.ticket))
            case EscalationAction.SPENT:
                self.say(views.spent(self.ticket, self.phase.leads))
        return e

    def tell_systems(self, e: Escalation) -> None:
        """Those that were told of it hear how it stands; PagerDuty in its own words."""
        for system in dict.fromkeys(t for step in e.policy.steps for t in step.targets if t.startswith(paging.SYSTEMS)):
            if lane := self.tx.outbox.find(f"hook:{e.id}:{system}"):
                self.tx.outbox.hook(lane, self._news(e, system), at=self.at)

    def _news(self, e: Escalation, system: str) -> dict[str, Any]:
        link = self.link.strip("<>").partition("|")[0] if self.link.startswith("<http") else self.app.home_link
        return (webhooks.pagerduty if system == paging.PAGERDUTY else webhooks.webhook)(self.ticket, e, link, self.at)

    def draw(self, e: Escalation | None, *, changed: bool) -> None:
        """The card in the on-call channel, and while it lives the pages, show how it stands now."""
        shown = self.shown(e)
        if card := self.tx.outbox.find(self._card_lane):
            self.tx.outbox.rewrite(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        if e is None or not (e.is_live or changed):
            return
        for card in self._other_cards(e):
            self.tx.outbox.rewrite(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        for person in dict.fromkeys(told.person for told in shown.told):
            if lane := self.tx.outbox.find(_page_lane(e, person)):
                self.tx.outbox.rewrite(lane, views.page(shown, person), at=self.at, priority=MessagePriority.PAGE)
            elif changed:
                self._storm(person, create=False)

    def recall(self, e: Escalation) -> None:
        """It is over or somebody has it: pages that have not left are not sent any more."""
        lanes = [
            self.tx.outbox.find(_page_lane(e, one)) for one in {p.person for p in self.tx.escalations.called(e.id)}
        ]
        for lane in [*lanes, *self._other_cards(e)]:
            if lane:
                self.tx.outbox.recall(lane)

    def _other_cards(self, e: Escalation) -> list[Lane]:
        """In the channels that its policy names."""
        named = {target for step in e.policy.steps for target in step.targets if target.startswith(paging.CHANNEL)}
        found = (self.tx.outbox.find(f"climb:{e.id}:{channel}") for channel in sorted(named))
        return [lane for lane in found if lane]

    def shown(self, e: Escalation | None) -> views.EscalationCard:
        """Everything that its card says."""
        if e is None or not e.is_live:
            told = [] if e is None else self._told(e)
            return views.EscalationCard(self.ticket, e, self.link, told, leads=self.phase.leads)
        following = machine.following(e)
        then = self._reach(following, e.next_at) if following and e.next_at else PageRecipients()
        return views.EscalationCard(self.ticket, e, self.link, self._told(e), then.people, self.phase.leads)

    def _told(self, e: Escalation) -> list[views.EscalationNotice]:
        return [views.EscalationNotice(p.person, p.at, p.warning) for p in self.tx.escalations.called(e.id)]

    def _step(self, e: Escalation) -> Escalation:
        reached = self._reach(machine.taken(e), self.at)
        called = [person for person in reached.people if person not in e.passed]
        e = machine.tell(e, called)
        fresh = [person for person in called if self._call(e, person) and person != self.has_card]
        shown = self.shown(e)
        for person in fresh:
            self._page(e, person, shown)
        self._say_in_channels(e, shown, reached.channels)
        for system in reached.systems:
            self.tx.outbox.lane(f"hook:{e.id}:{system}", system, ticket_id=self.ticket.id)
        self.tell_systems(e)
        return e

    def _call(self, e: Escalation, person: str) -> bool:
        """Write it down; whether they get a message of their own, and not one about many."""
        known = self.tx.outbox.find(_page_lane(e, person)) is not None
        many = not known and self.tx.escalations.called_often(person, self.at - WITHIN, FEW)
        self.tx.escalations.call(person, self.at, phase_id=self.phase.id, escalation=e)
        if many:
            self._storm(person)
        return not many

    def _page(self, e: Escalation, person: str, shown: views.EscalationCard) -> None:
        lane = self._lane(e, person)
        known = self.tx.outbox.first(lane) is not None
        self._post(lane, views.repeated(shown, person) if known else views.page(shown, person))

    def _say_in_channels(self, e: Escalation, shown: views.EscalationCard, channels: Sequence[str]) -> None:
        for channel in channels:
            if channel != self.phase.oncall_channel:
                self._post(
                    self.tx.outbox.lane(f"climb:{e.id}:{channel}", channel, ticket_id=self.ticket.id), views.card(shown)
                )
        if self.ticket.private:
            return
        is_first = e.step == 1 and e.round == 0
        if self.tx.outbox.find(self._card_lane):
            self.say(views.step(shown, again=is_first))
        elif not is_first or self.tx.escalations.begun_since(self.phase.id, self.at - A_MINUTE) > CARDS:
            # What began among many has no card, at its later steps neither.
            self._storm(self.phase.oncall_channel)
        else:
            lane = self.tx.outbox.lane(self._card_lane, self.phase.oncall_channel, ticket_id=self.ticket.id)
            self._post(lane, views.card(shown))

    def _storm(self, place: str, *, create: bool = True) -> None:
        """One message about all that wait; written at once, and anew a little later, however many more there are."""
        name = storms.name_of(place, self.at)
        if self.tx.outbox.find(name):
            self.tx.last[name] = partial(storms.write_soon, self.tx, place, self.phase, self.at)
        elif create:
            storms.write(self.tx, place, self.phase, self.at)

    def _reach(self, step: EscalationStep, at: datetime) -> PageRecipients:
        return paging.reach(self.phase, self.ticket, step, self._covers, at)

    @cached_property
    def _covers(self) -> paging.Covers:
        return shifts.covers(self.tx, self.phase, self.at)

    @property
    def _card_lane(self) -> str:
        return f"oncall:{self.ticket.id}:0"

    def _lane(self, e: Escalation, person: str) -> Lane:
        return self.tx.outbox.lane(_page_lane(e, person), person, person=person, ticket_id=self.ticket.id)

    def say(self, message: dict[str, Any]) -> None:
        """In the thread of the card; of a private ticket nobody but those who are called hears."""
        lane = self.tx.outbox.find(self._card_lane)
        if lane is not None and not self.ticket.private:
            self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE)

    def _post(self, lane: Lane, message: dict[str, Any]) -> None:
        awaits = self.awaits if self.tx.outbox.first(lane) is None else None
        self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE, awaits=awaits)


def _key(e: Escalation) -> str:
    return f"{KIND}:{e.id}"


def _page_lane(e: Escalation, person: str) -> str:
    return f"page:{e.id}:{person}"
