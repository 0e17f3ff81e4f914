"""A ticket's log summed up: all that a later event, message or figure needs of it, however long the log is.

The log is the truth. A summary is what the log says under the rules of its phase, carried forward event by event, so
that a change of a ticket reads the last few events and not all of them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from domain.followup.promises import Promise, promises_from, unsettled
from domain.followup.team_reminders import TEAM_REMINDERS
from domain.followup.verification import ANSWER_OF
from domain.followup.waiting import WaitingTimes, waiting_after
from domain.reporting.milestones import NO_MOMENTS, Moments, moments_after
from domain.sla.clocks import UNKNOWN, ClockState, PolicyFor, SlaState, SlaTarget, sla_clocks, ticket_states
from domain.sla.silence import NOTHING_SAID, Silence, silence_after
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind

SHOWN = 6  # events that people caused and a card shows
# What the bot says by itself; people's own events are shown before it.
AUTOMATIC = frozenset({EventKind.SLA_WARNING, EventKind.STATUS_TOLD, EventKind.REMINDED, EventKind.UNANSWERED,
                       EventKind.PROMISE_MISSED, EventKind.DEFERRAL_REVIEW})  # fmt: skip
CHECKS = (EventKind.REMINDED, EventKind.PROMISE_ON_TRACK)  # of a promise


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRules:
    """Under which rules a log is read: the SLA policy by severity and owner, and the phase's working hours."""

    policy_of: PolicyFor
    hours: WorkCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSummary:
    """What a log says after its last event. `events` are those that still matter, oldest first, and all new ones."""

    state: SlaState = UNKNOWN
    clocks: Mapping[SlaTarget, ClockState] = field(default_factory=dict)
    silence: Silence = NOTHING_SAID
    waiting: WaitingTimes | None = None
    moments: Moments = NO_MOMENTS
    promises: tuple[Promise, ...] = ()
    promise_count: int = 0
    events: tuple[Event, ...] = ()


NO_LOG = LogSummary()


def summarize(events: Iterable[Event], rules: LogRules, before: LogSummary = NO_LOG) -> LogSummary:
    """Return what a log says after these events, oldest first; `before` is what the ones before them say."""
    new = [*events]
    if not new:
        return before
    state = before.state
    made = promises_from(new, rules.hours, before.promises, before.promise_count)
    return LogSummary(
        state=[after for _, after in ticket_states(new, state)][-1],
        clocks=sla_clocks(new, rules.policy_of, state, before.clocks),
        silence=silence_after(new, state, before.silence),
        waiting=waiting_after(new, rules.hours, state, before.waiting),
        moments=moments_after(new, state, before.moments),
        promises=tuple(made),
        promise_count=before.promise_count + len(made) - len(before.promises),
        events=(*before.events, *new),
    )


def shortened(summary: LogSummary) -> LogSummary:
    """Return the summary without events and promises that nothing later depends on."""
    events = tuple(_kept(summary.events))
    return replace(summary, events=events, promises=tuple(unsettled(summary.promises, events)))


def by_people(events: Iterable[Event]) -> list[Event]:
    """Return the events that people, or what they decided, have caused."""
    return [event for event in events if event.kind not in AUTOMATIC]


def _kept(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events that still matter, in their order."""
    latest: dict[EventKind, Event] = {}
    for event in events:  # the clock may have gone back
        if event.kind not in latest or event.at > latest[event.kind].at:
            latest[event.kind] = event
    last = (_last(events, key_of) for key_of in (_by_kind, _by_actor, _by_subject))
    foreign = islice((event for event in events if event.data.get("foreign")), 1)
    wanted = {*map(id, chain(by_people(events)[-SHOWN:], *last, latest.values(), _answers(events), foreign))}
    return (event for event in events if id(event) in wanted)


def _last(events: Sequence[Event], key_of: Callable[[Event], Hashable]) -> Iterable[Event]:
    return {key_of(event): event for event in events}.values()


def _by_kind(event: Event) -> Hashable:
    return event.kind


def _by_actor(event: Event) -> Hashable:
    """The last that each person did, and their last escalation."""
    return event.actor, event.kind is EventKind.ESCALATED


def _by_subject(event: Event) -> Hashable:
    """The last reminder of each target or promise, and the last check of each kind of promise."""
    if event.kind in TEAM_REMINDERS:
        return event.kind, event.data.get("target") or event.data.get("promise", "")
    return (event.kind, event.data.get("promise")) if event.kind in CHECKS else None


def _answers(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the first and the last answer of each person about the last fix."""
    fixes = [number for number, event in enumerate(events) if event.kind is EventKind.RESOLVED]
    said = [event for event in events[fixes[-1] if fixes else 0 :] if event.kind in ANSWER_OF]
    yield from {event.actor: event for event in reversed(said)}.values()
    yield from {event.actor: event for event in said}.values()
