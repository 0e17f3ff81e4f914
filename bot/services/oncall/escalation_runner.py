"""The escalation runner: performs one ticket's escalation inside the transaction that holds the ticket."""

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
from domain.oncall.escalation import Escalation, EscalationAction, EscalationState
from domain.oncall.paging import PageRecipients
from domain.oncall.settings import EscalationPolicy, EscalationStep
from domain.phases.phase import Phase
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

KIND = "escalation"
MAX_PAGES_PER_PERSON, PAGE_WINDOW = (
    3,
    timedelta(minutes=5),
)  # more pages to a person become one storm message
MAX_CARDS, CARD_WINDOW = 6, timedelta(minutes=1)  # cards in the on-call channel, likewise
OWNERSHIP_EVENTS = frozenset(
    {
        EventKind.ACKNOWLEDGED,
        EventKind.CLAIMED,
        EventKind.OWNED,
        EventKind.STATUS,
        EventKind.REPLIED,
        EventKind.UPDATED,
        EventKind.PROMISED,
        EventKind.WAITING,
    }
)
ACTIVITY_EVENTS = OWNERSHIP_EVENTS | {
    EventKind.KEEPING,
    EventKind.DETAILS,
    EventKind.SEVERITY,
    EventKind.INPUTS,
    EventKind.TOOK_IN,
}  # these show that the owner is active


@dataclass(kw_only=True)
class EscalationRunner:
    """`link` leads to the ticket's card; `awaits` names its lane while the card has not been sent."""

    app: AppContext
    tx: Transaction
    phase: Phase
    ticket: Ticket
    at: datetime
    link: str
    awaits: str | None
    has_card: str = ""  # the person who just got the card itself as a direct message

    def start(self, policy: EscalationPolicy, *, by: str, reason: str = "", manual: bool = False) -> Escalation:
        begun = machine.start(self.ticket.id, policy, by=by, at=self.at, reason=reason, manual=manual)
        return self.tx.escalations.insert(begun, self.phase.id)

    def save(self, escalation: Escalation) -> None:
        """Store the escalation, and the timer for its next step."""
        self.tx.escalations.update(escalation)
        if escalation.next_at:
            self.tx.timers.once(
                _timer_key(escalation),
                KIND,
                escalation.next_at,
                ticket_id=escalation.ticket_id,
                data={"escalation": escalation.id},
            )
        else:
            self.tx.timers.cancel(_timer_key(escalation))

    def after_change(self, escalation: Escalation, did: AbstractSet[EventKind], *, alive: bool) -> Escalation:
        """Return the escalation after a change of its ticket; `alive` when a member of the team made the change."""
        ticket = self.ticket
        if not ticket.status.is_open or ticket.status is Status.DEFERRED:
            return machine.end(escalation)
        if not escalation.manual and not paging.applies_to(escalation.policy, ticket.severity):
            return machine.end(escalation)
        mine = (
            alive
            and ticket.owner
            and (did & OWNERSHIP_EVENTS if not escalation.state.is_owned else did & ACTIVITY_EVENTS or not did)
        )
        if mine and ticket.status is not Status.RECEIVED:
            escalation = machine.acknowledge(escalation, by=str(ticket.owner), at=self.at)
        if escalation.state.is_owned and ticket.status is Status.WAITING:
            return machine.pause(escalation) if escalation.next_at else escalation
        answered = (
            escalation.state is EscalationState.OWNED and not escalation.next_at and machine.max_silence(escalation)
        )
        return machine.acknowledge(escalation, by=str(escalation.owner), at=self.at) if answered else escalation

    def perform(self, escalation: Escalation, action: EscalationAction, before: Escalation) -> Escalation:
        """Post the messages of an action."""
        match action:
            case EscalationAction.STEP:
                return self._step(escalation)
            case EscalationAction.ASK if escalation.owner:
                self._post(
                    self._lane(escalation, escalation.owner),
                    views.check_in(self.card_data(escalation), escalation.owner),
                )
            case EscalationAction.LAPSE:
                self.post_in_thread(views.owner_silent(self.ticket, before.owner))
            case EscalationAction.SNOOZE_OVER:
                self.post_in_thread(views.snooze_over(self.ticket))
            case EscalationAction.EXHAUSTED:
                self.post_in_thread(views.exhausted(self.ticket, self.phase.leads))
        return escalation

    def notify_systems(self, escalation: Escalation) -> None:
        """Send the state to the webhooks that were paged; PagerDuty gets it in its own format."""
        for system in dict.fromkeys(
            t for step in escalation.policy.steps for t in step.targets if t.startswith(paging.SYSTEMS)
        ):
            if lane := self.tx.outbox.find(f"hook:{escalation.id}:{system}"):
                self.tx.outbox.hook(lane, self._news(escalation, system), at=self.at)

    def _news(self, escalation: Escalation, system: str) -> dict[str, Any]:
        link = self.link.strip("<>").partition("|")[0] if self.link.startswith("<http") else self.app.home_link
        return (webhooks.pagerduty if system == paging.PAGERDUTY else webhooks.webhook)(
            self.ticket, escalation, link, self.at
        )

    def update_cards(self, escalation: Escalation | None, *, changed: bool) -> None:
        """Update the card in the on-call channel and, while the escalation is live, the pages."""
        shown = self.card_data(escalation)
        if card := self.tx.outbox.find(self._card_lane):
            self.tx.outbox.rewrite(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        if escalation is None or not (escalation.is_live or changed):
            return
        for card in self._other_cards(escalation):
            self.tx.outbox.rewrite(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        for person in dict.fromkeys(told.person for told in shown.told):
            if lane := self.tx.outbox.find(_page_lane(escalation, person)):
                self.tx.outbox.rewrite(lane, views.page(shown, person), at=self.at, priority=MessagePriority.PAGE)
            elif changed:
                self._storm(person, create=False)

    def cancel_unsent(self, escalation: Escalation) -> None:
        """Cancel pages that have not been sent, because the escalation is over or has an owner."""
        lanes = [
            self.tx.outbox.find(_page_lane(escalation, one))
            for one in {p.person for p in self.tx.escalations.list_pages(escalation.id)}
        ]
        for lane in [*lanes, *self._other_cards(escalation)]:
            if lane:
                self.tx.outbox.recall(lane)

    def _other_cards(self, escalation: Escalation) -> list[Lane]:
        """Return the cards in the channels that its policy names."""
        named = {
            target
            for step in escalation.policy.steps
            for target in step.targets
            if target.startswith(paging.CHANNEL_PREFIXES)
        }
        found = (self.tx.outbox.find(f"escalation:{escalation.id}:{channel}") for channel in sorted(named))
        return [lane for lane in found if lane]

    def card_data(self, escalation: Escalation | None) -> views.EscalationCard:
        """Return everything that its card shows."""
        if escalation is None or not escalation.is_live:
            told = [] if escalation is None else self._told(escalation)
            return views.EscalationCard(self.ticket, escalation, self.link, told, leads=self.phase.leads)
        following = machine.upcoming_step(escalation)
        then = self._reach(following, escalation.next_at) if following and escalation.next_at else PageRecipients()
        return views.EscalationCard(
            self.ticket, escalation, self.link, self._told(escalation), then.people, self.phase.leads
        )

    def _told(self, escalation: Escalation) -> list[views.EscalationNotice]:
        return [
            views.EscalationNotice(p.person, p.at, p.warning) for p in self.tx.escalations.list_pages(escalation.id)
        ]

    def _step(self, escalation: Escalation) -> Escalation:
        reached = self._reach(machine.current_step(escalation), self.at)
        called = [person for person in reached.people if person not in escalation.declined]
        escalation = machine.notify(escalation, called)
        fresh = [person for person in called if self._call(escalation, person) and person != self.has_card]
        shown = self.card_data(escalation)
        for person in fresh:
            self._page(escalation, person, shown)
        self._say_in_channels(escalation, shown, reached.channels)
        for system in reached.systems:
            self.tx.outbox.lane(f"hook:{escalation.id}:{system}", system, ticket_id=self.ticket.id)
        self.notify_systems(escalation)
        return escalation

    def _call(self, escalation: Escalation, person: str) -> bool:
        """Record a page; return whether it is a message of its own and not part of a storm."""
        known = self.tx.outbox.find(_page_lane(escalation, person)) is not None
        many = not known and self.tx.escalations.was_paged_often(person, self.at - PAGE_WINDOW, MAX_PAGES_PER_PERSON)
        self.tx.escalations.insert_page(person, self.at, phase_id=self.phase.id, escalation=escalation)
        if many:
            self._storm(person)
        return not many

    def _page(self, escalation: Escalation, person: str, shown: views.EscalationCard) -> None:
        lane = self._lane(escalation, person)
        known = self.tx.outbox.first(lane) is not None
        self._post(lane, views.page_again(shown, person) if known else views.page(shown, person))

    def _say_in_channels(self, escalation: Escalation, shown: views.EscalationCard, channels: Sequence[str]) -> None:
        for channel in channels:
            if channel != self.phase.oncall_channel:
                self._post(
                    self.tx.outbox.lane(f"escalation:{escalation.id}:{channel}", channel, ticket_id=self.ticket.id),
                    views.card(shown),
                )
        if self.ticket.private:
            return
        is_first = escalation.step == 1 and escalation.round == 0
        if self.tx.outbox.find(self._card_lane):
            self.post_in_thread(views.step_taken(shown, again=is_first))
        elif not is_first or self.tx.escalations.count_started_since(self.phase.id, self.at - CARD_WINDOW) > MAX_CARDS:
            # An escalation that started in a storm has no card, at its later steps neither.
            self._storm(self.phase.oncall_channel)
        else:
            lane = self.tx.outbox.lane(self._card_lane, self.phase.oncall_channel, ticket_id=self.ticket.id)
            self._post(lane, views.card(shown))

    def _storm(self, place: str, *, create: bool = True) -> None:
        """Post the storm message, or plan its update when there is one."""
        name = storms.lane_name(place, self.at)
        if self.tx.outbox.find(name):
            self.tx.last[name] = partial(storms.schedule_rewrite, self.tx, place, self.phase, self.at)
        elif create:
            storms.post(self.tx, place, self.phase, self.at)

    def _reach(self, step: EscalationStep, at: datetime) -> PageRecipients:
        return paging.recipients(self.phase, self.ticket, step, self._overrides, at)

    @cached_property
    def _overrides(self) -> paging.OverridesByRota:
        return shifts.overrides(self.tx, self.phase, self.at)

    @property
    def _card_lane(self) -> str:
        return f"oncall:{self.ticket.id}:0"

    def _lane(self, escalation: Escalation, person: str) -> Lane:
        return self.tx.outbox.lane(_page_lane(escalation, person), person, person=person, ticket_id=self.ticket.id)

    def post_in_thread(self, message: dict[str, Any]) -> None:
        """Post in the card's thread; a private ticket has none, only the people who are paged know of it."""
        lane = self.tx.outbox.find(self._card_lane)
        if lane is not None and not self.ticket.private:
            self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE)

    def _post(self, lane: Lane, message: dict[str, Any]) -> None:
        awaits = self.awaits if self.tx.outbox.first(lane) is None else None
        self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE, awaits=awaits)


def _timer_key(escalation: Escalation) -> str:
    return f"{KIND}:{escalation.id}"


def _page_lane(escalation: Escalation, person: str) -> str:
    return f"page:{escalation.id}:{person}"
