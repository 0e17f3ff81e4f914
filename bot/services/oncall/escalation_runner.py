"""The escalation of one ticket, inside the session that changes the ticket: who is paged, and what is posted."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from bot.context import AppContext
from bot.services.oncall import shifts, storms
from bot.services.tickets.session import Signal, TicketSession
from bot.views.oncall import escalation as views
from bot.views.oncall import webhooks
from domain.address import is_channel
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane, MessagePriority, link_to
from domain.errors import Refused
from domain.oncall import escalation as machine
from domain.oncall import paging
from domain.oncall.escalation import Escalation, EscalationAction, EscalationState
from domain.oncall.paging import PageRecipients
from domain.oncall.settings import EscalationPolicy, EscalationStep
from domain.phases.permissions import is_responder
from domain.phases.phase import Phase
from domain.tickets import transitions
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
        EventKind.ASSIGNED,
        EventKind.STATUS,
        EventKind.REPLIED,
        EventKind.UPDATED,
        EventKind.PROMISED,
        EventKind.WAITING,
    }
)
ACTIVITY_EVENTS = OWNERSHIP_EVENTS | {
    EventKind.PROMISE_ON_TRACK,
    EventKind.DETAILS,
    EventKind.SEVERITY,
    EventKind.PRIORITY_INPUTS,
    EventKind.MERGED_IN,
}  # these show that the owner is active


# What only the owner of a ticket does; assigning names another person.
TAKING_EVENTS = frozenset(
    {EventKind.STATUS, EventKind.REPLIED, EventKind.UPDATED, EventKind.PROMISED, EventKind.WAITING}
)
PART = "escalation"


def get_runner(session: TicketSession) -> "EscalationRunner":
    """Return the session's runner; the first call reads the ticket's newest escalation."""
    if PART not in session.parts:
        team = session.conversation.open_team_lane()
        link, awaits = link_to(team.name, session.ticket.name), team.name
        if team.thread_ts:
            link, awaits = f"<{session.app.permalink(team.channel, team.thread_ts)}|{session.ticket.name}>", ""
        newest = None if session.is_new else session.tx.escalations.find_newest(session.ticket.id)
        session.parts[PART] = EscalationRunner(
            session=session, current=newest, link=link, awaits=awaits or None,
            has_card=team.channel if session.is_new else "",
        )  # fmt: skip
    runner: EscalationRunner = session.parts[PART]
    return runner


@dataclass(kw_only=True)
class EscalationRunner:
    """The escalation of a session's ticket, and everything that it posts.

    `current` is the newest escalation, over or not, as it is now. `link` leads to the ticket's card; `awaits` is the
    lane of that card while it has not been posted.
    """

    session: TicketSession
    current: Escalation | None
    link: str
    awaits: str | None
    has_card: str = ""  # a person who just got the card itself as a direct message
    has_moved: bool = False  # whether the escalation was changed in this session

    @property
    def app(self) -> AppContext:
        return self.session.app

    @property
    def tx(self) -> Transaction:
        return self.session.tx

    @property
    def phase(self) -> Phase:
        return self.session.phase

    @property
    def ticket(self) -> Ticket:
        return self.session.ticket

    @property
    def at(self) -> datetime:
        return self.session.at

    def start_if_due(self) -> None:
        """Start the escalation that a policy asks for; one of another policy ends."""
        policy, current = paging.policy_for(self.phase, self.ticket, self.at), self.current
        if policy is None:
            return
        if current and current.is_live and not current.manual:
            if paging.applies_to(current.policy, self.ticket.severity):
                return
            self.cancel_unsent(current)
            self.move(machine.end(current))  # it was started for another severity, by another policy
        if self.current is None or not self.current.is_live:
            self.run(self.start(policy, by=self.session.person.id))

    def escalate(self, reason: str) -> None:
        """Escalate by hand, or page the next person of an escalation that runs."""
        by = self.session.conversation.visible_name(self.session.person.id)
        if self.current and self.current.is_live:
            self.post_in_thread(views.escalated(self.ticket, by, reason))
            self.run(machine.escalate(self.current, at=self.at))
            return
        policy = paging.manual_policy(self.phase)
        self.run(self.start(policy, by=by, reason=reason, manual=True))

    def run(self, escalation: Escalation) -> None:
        """Perform every action that is due, and set the timer of the next one."""
        while True:
            before, (escalation, action) = escalation, machine.advance(escalation, self.at)
            if action is None:
                break
            if action is EscalationAction.LAPSE and self.ticket.owner:
                self.session.release_owner(self.app.bot_user)
            escalation = self.perform(escalation, action, before)
        self.move(escalation)

    def decline(self) -> bool:
        """Page the next person instead of one who can't take it; return False where that was said before."""
        current, person = self.current, self.session.person.id
        if current is None or not current.is_live or person in current.declined:
            return False
        if current.state.is_owned and current.owner == person:
            self.session.release_owner(person)
        self.session.log(EventKind.DECLINED)
        self.post_in_thread(views.declined(person, self.ticket))
        self.run(machine.decline(current, by=person, at=self.at))
        return True

    def warn(self, person: str, warning: str, *, is_gone: bool) -> None:
        """Say that a page may not reach a person, and pass over one who is gone."""
        self.post_in_thread(views.delivery_warning(self.ticket, person, warning))
        if is_gone and self.current:
            self.run(machine.decline(self.current, by=person, at=self.at))

    def acknowledge_elsewhere(self, name: str) -> None:
        """Stop paging, since a person who is not known here acknowledged it in another system."""
        current = self.current
        if current is None:
            return
        self.session.acknowledge_first()
        self.cancel_unsent(current)
        self.move(machine.acknowledge(current, by=None, at=self.at, elsewhere=name))

    def snooze(self) -> None:
        """Page no one for a while; that is no acknowledgement, so the reporter is told nothing and no clock stops."""
        current, person = self.current, self.session.person.id
        if current is None or not current.is_live:
            return
        if current.state.is_owned and current.owner and current.owner != person:
            raise Refused("{owner} owns this ticket, so only they can snooze it.", owner=current.owner)
        if self.ticket.status is Status.WAITING:
            raise Refused("This ticket waits for the reporter, so no one is being paged.")
        self.cancel_unsent(current)
        self.move(machine.snooze(current, by=person, until=self.at + views.SNOOZE))

    def move(self, escalation: Escalation) -> None:
        """Save a new state, and notify other systems where an owner or the end came with it."""
        before = self.current
        self.save(escalation)
        if before and (before.state.is_owned, before.is_live) != (escalation.state.is_owned, escalation.is_live):
            self.notify_systems(escalation)
        if before and before.state is EscalationState.ASKED and escalation.state is not before.state:
            self.session.signals.add(Signal.OWNER_ANSWERED)
        self.current, self.has_moved = escalation, True

    def settle(self) -> None:
        """Acknowledge, pause or end the escalation as the change to its ticket asks for; not one moved already."""
        before, session = self.current, self.session
        if before is None or not before.is_live or self.has_moved:
            return
        alive = is_responder(session.person, self.phase) and (
            session.has_logged or Signal.TEAM_SPOKE in session.signals
        )
        is_taken = not before.state.is_owned and session.logged & TAKING_EVENTS
        if alive and is_taken and self.ticket.owner != session.person.id:
            session.apply(transitions.claim(self.ticket, by=session.person.id, at=self.at))
        after = self.after_change(before, session.logged, alive=alive)
        if after == before:
            return
        if alive:
            self.tx.escalations.mark_answered(session.person.id, self.at, escalation_id=after.id)
        if before.state in (EscalationState.ESCALATING, EscalationState.EXHAUSTED, EscalationState.SNOOZED):
            self.cancel_unsent(after)
        self.move(after)

    def start(self, policy: EscalationPolicy, *, by: str, reason: str = "", manual: bool = False) -> Escalation:
        begun = machine.start(self.ticket.id, policy, by=by, at=self.at, reason=reason, manual=manual)
        return self.tx.escalations.insert(begun, self.phase.id)

    def save(self, escalation: Escalation) -> None:
        """Store the escalation, and the timer for its next step."""
        self.tx.escalations.update(escalation)
        if escalation.next_at:
            self.tx.timers.set_once(
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
        if not answered:
            return escalation
        return machine.acknowledge(escalation, by=escalation.owner, at=self.at, elsewhere=escalation.elsewhere)

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
            if lane := self._find_lane(lane_name(LaneKind.HOOK, escalation.id, system)):
                self.tx.outbox.call_webhook(lane, self._news(escalation, system), at=self.at)

    def _news(self, escalation: Escalation, system: str) -> dict[str, Any]:
        link = self.link.strip("<>").partition("|")[0] if self.link.startswith("<http") else self.app.home_link
        return (webhooks.pagerduty if system == paging.PAGERDUTY else webhooks.webhook)(
            self.ticket, escalation, link, self.at
        )

    def update_cards(self) -> None:
        """Update the card in the on-call channel and, while the escalation is live, the pages."""
        escalation, changed = self.current, self.has_moved
        shown = self.card_data(escalation)
        if card := self._find_lane(self._card_lane):
            self.tx.outbox.update_first(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        if escalation is None or not (escalation.is_live or changed):
            return
        for card in self._other_cards(escalation):
            self.tx.outbox.update_first(card, views.card(shown), at=self.at, priority=MessagePriority.PAGE)
        for person in dict.fromkeys(notice.person for notice in shown.notices):
            if lane := self._find_lane(_page_lane(escalation, person)):
                self.tx.outbox.update_first(lane, views.page(shown, person), at=self.at, priority=MessagePriority.PAGE)
            elif changed:
                self._storm(person, create=False)

    def cancel_unsent(self, escalation: Escalation) -> None:
        """Cancel pages that have not been sent, because the escalation is over or has an owner."""
        lanes = [
            self._find_lane(_page_lane(escalation, one))
            for one in {p.person for p in self.tx.escalations.list_pages(escalation.id)}
        ]
        for lane in [*lanes, *self._other_cards(escalation)]:
            if lane:
                self.tx.outbox.withdraw(lane)

    def _other_cards(self, escalation: Escalation) -> list[Lane]:
        """Return the cards in the channels that its policy names."""
        named = {target for step in escalation.policy.steps for target in step.targets if is_channel(target)}
        lanes = (lane_name(LaneKind.ESCALATION, escalation.id, channel) for channel in sorted(named))
        found = (self._find_lane(lane) for lane in lanes)
        return [lane for lane in found if lane]

    def card_data(self, escalation: Escalation | None) -> views.EscalationCard:
        """Return everything that its card shows."""
        if escalation is None or not escalation.is_live:
            notices = [] if escalation is None else self._notices(escalation)
            return views.EscalationCard(self.ticket, escalation, self.link, notices, leads=self.phase.leads)
        following = machine.upcoming_step(escalation)
        then = self._reach(following, escalation.next_at) if following and escalation.next_at else PageRecipients()
        return views.EscalationCard(
            self.ticket, escalation, self.link, self._notices(escalation), then.people, self.phase.leads
        )

    def _notices(self, escalation: Escalation) -> list[views.EscalationNotice]:
        return [
            views.EscalationNotice(p.person, p.at, p.warning) for p in self.tx.escalations.list_pages(escalation.id)
        ]

    def _step(self, escalation: Escalation) -> Escalation:
        reached = self._reach(machine.current_step(escalation), self.at)
        called = [person for person in reached.people if person not in escalation.declined]
        escalation = machine.notify(escalation, called)
        often = self._paged_often(escalation, called)
        fresh = [
            person for person in called
            if self._call(escalation, person, is_storm=person in often) and person != self.has_card
        ]  # fmt: skip
        shown = self.card_data(escalation)
        for person in fresh:
            self._page(escalation, person, shown)
        self._say_in_channels(escalation, shown, reached.channels)
        for system in reached.systems:
            self.tx.outbox.lane(lane_name(LaneKind.HOOK, escalation.id, system), system, ticket_id=self.ticket.id)
        self.notify_systems(escalation)
        return escalation

    def _paged_often(self, escalation: Escalation, people: Sequence[str]) -> set[str]:
        """Return the people who are paged so often that this page is part of a storm."""
        new = [one for one in people if not self._find_lane(_page_lane(escalation, one))]
        return self.tx.escalations.list_paged_often(new, self.at - PAGE_WINDOW, MAX_PAGES_PER_PERSON)

    def _call(self, escalation: Escalation, person: str, *, is_storm: bool) -> bool:
        """Record a page; return whether it is a message of its own and not part of a storm."""
        self.tx.escalations.insert_page(person, self.at, phase_id=self.phase.id, escalation=escalation)
        if is_storm:
            self._storm(person)
        return not is_storm

    def _find_lane(self, name: str) -> Lane | None:
        """Return a lane of this ticket."""
        return self.tx.outbox.find(name, self.ticket.id)

    def _page(self, escalation: Escalation, person: str, shown: views.EscalationCard) -> None:
        lane = self._lane(escalation, person)
        known = self.tx.outbox.has_messages(lane)
        self._post(lane, views.page_again(shown, person) if known else views.page(shown, person))

    def _say_in_channels(self, escalation: Escalation, shown: views.EscalationCard, channels: Sequence[str]) -> None:
        for channel in channels:
            if channel != self.phase.oncall_channel:
                self._post(
                    self.tx.outbox.lane(
                        lane_name(LaneKind.ESCALATION, escalation.id, channel), channel, ticket_id=self.ticket.id
                    ),
                    views.card(shown),
                )
        if self.ticket.private:
            return
        is_first = escalation.step == 1 and escalation.round == 0
        if self._find_lane(self._card_lane):
            self.post_in_thread(views.step_taken(shown, again=is_first))
        elif not is_first or self.tx.escalations.count_started_since(self.phase.id, self.at - CARD_WINDOW) > MAX_CARDS:
            # An escalation that started in a storm has no card, at its later steps neither.
            self._storm(self.phase.oncall_channel)
        else:
            lane = self.tx.outbox.lane(self._card_lane, self.phase.oncall_channel, ticket_id=self.ticket.id)
            self._post(lane, views.card(shown))

    def _storm(self, place: str, *, create: bool = True) -> None:
        """Post the storm message, or plan its update when there is one."""
        name = storms.storm_lane(place, self.at)
        if self.tx.outbox.find(name):
            self.tx.before_commit[name] = partial(storms.schedule_rewrite, self.tx, place, self.phase, self.at)
        elif create:
            storms.post(self.tx, place, self.phase, self.at)

    def _reach(self, step: EscalationStep, at: datetime) -> PageRecipients:
        return paging.recipients(self.phase, self.ticket, step, self._overrides, at)

    @cached_property
    def _overrides(self) -> paging.OverridesByRota:
        return shifts.overrides(self.tx, self.phase, self.at)

    @property
    def _card_lane(self) -> str:
        return lane_name(LaneKind.ONCALL_CARD, self.ticket.id, 0)

    def _lane(self, escalation: Escalation, person: str) -> Lane:
        return self.tx.outbox.lane(_page_lane(escalation, person), person, person=person, ticket_id=self.ticket.id)

    def post_in_thread(self, message: dict[str, Any]) -> None:
        """Post in the card's thread; a private ticket has none, only the people who are paged know of it."""
        lane = self._find_lane(self._card_lane)
        if lane is not None and not self.ticket.private:
            self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE)

    def _post(self, lane: Lane, message: dict[str, Any]) -> None:
        awaits = None if self.tx.outbox.has_messages(lane) else self.awaits
        self.tx.outbox.post(lane, message, at=self.at, priority=MessagePriority.PAGE, awaits=awaits)


def _timer_key(escalation: Escalation) -> str:
    return f"{KIND}:{escalation.id}"


def _page_lane(escalation: Escalation, person: str) -> str:
    return lane_name(LaneKind.PAGE, escalation.id, person)
