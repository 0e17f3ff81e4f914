"""SLA clocks: the working time spent of each SLA target, calculated from a ticket's events."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind, taken_over_at
from domain.tickets.status import Status
from domain.tickets.ticket import Severity

WARNING_SHARES = (0.5, 0.8, 1.0)  # of the time allowed; at the last one the target is missed


class SlaTarget(StrEnum):
    """What a policy sets a time for."""

    ACKNOWLEDGE = "acknowledge"
    UPDATE = "update"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """The time allowed for each target, in working time of the calendar."""

    targets: Mapping[SlaTarget, timedelta]
    calendar: WorkCalendar


PolicyFor = Callable[[Severity, str], SlaPolicy]  # by severity and owner; "" when unassigned


@dataclass(frozen=True, slots=True)
class SlaState:
    """Severity, status and owner of a ticket after one of its events."""

    severity: Severity = Severity.MEDIUM
    status: Status = Status.RECEIVED
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What the clock of one target says after the last event, without its policy.

    `spent` is the working time until `anchor`, when the clock last started; `ended` is when the target was met or no
    longer applied, `missed` is when the time ran out. `ruled_by` is how the ticket stood when its policy was chosen.
    """

    target: SlaTarget
    since: datetime
    anchor: datetime
    spent: timedelta = timedelta(0)
    running: bool = True
    ended: datetime | None = None
    missed: datetime | None = None
    ruled_by: SlaState = SlaState()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock(ClockState):
    """The clock of one target, with the policy that it follows."""

    policy: SlaPolicy

    @property
    def time_allowed(self) -> timedelta | None:
        """None when the policy does not set this target."""
        return self.policy.targets.get(self.target)

    @property
    def due(self) -> datetime | None:
        """When the time runs out or ran out; None while the clock is stopped, and without a target."""
        return (self.missed if self.running else None) or self.moment(1.0)

    def moment(self, share: float) -> datetime | None:
        """When that share of the time is spent, not before the clock last started; None when it is stopped."""
        if not self.running or self.time_allowed is None:
            return None
        return self.policy.calendar.add(self.anchor, self.time_allowed * share - self.spent)

    def missed_by(self, now: datetime) -> datetime | None:
        """Return when the time ran out, if it has by then."""
        due = self.due
        return self.missed or (due if due is not None and due <= now else None)

    def elapsed(self, now: datetime) -> timedelta:
        return self.spent + (self.policy.calendar.between(self.anchor, now) if self.running else timedelta(0))

    def stopped(self, at: datetime) -> "SlaClock":
        """Return the clock stopped at that moment."""
        return replace(self, spent=self.elapsed(at), running=False, anchor=at, missed=self.missed_by(at))

    def started(self, at: datetime, policy: SlaPolicy, ruled_by: SlaState) -> "SlaClock":
        """Return the clock running again, under a policy that may have changed.

        If the new time is spent already, the target is missed now and not earlier. If time is left again, the target
        was not missed.
        """
        allowed = policy.targets.get(self.target)
        missed = self.missed if allowed is not None and allowed <= self.spent else None
        return replace(self, running=True, anchor=at, policy=policy, missed=missed, ruled_by=ruled_by)


REPORTER_UPDATES = frozenset(
    {
        EventKind.OPENED,
        EventKind.ACKNOWLEDGED,
        EventKind.STATUS,
        EventKind.WAITING,
        EventKind.REPLIED,
        EventKind.UPDATED,
        EventKind.PROMISED,
        EventKind.DEFERRED,
        EventKind.RETURNED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
    }
)
STATUS_AFTER = {
    EventKind.OPENED: Status.RECEIVED, EventKind.ACKNOWLEDGED: Status.ACKNOWLEDGED, EventKind.WAITING: Status.WAITING,
    EventKind.DEFERRED: Status.DEFERRED, EventKind.RETURNED: Status.INVESTIGATING, EventKind.RESOLVED: Status.RESOLVED,
    EventKind.VERIFIED: Status.VERIFIED, EventKind.REOPENED: Status.INVESTIGATING, EventKind.MERGED: Status.MERGED,
    EventKind.WITHDRAWN: Status.WITHDRAWN,
}  # fmt: skip
STATUS_IN_DATA = frozenset({EventKind.STATUS, EventKind.ANSWERED, EventKind.UNMERGED})  # in `to`, if the status changes
OWNER_IN_DATA = frozenset({EventKind.ASSIGNED, EventKind.CLAIMED})
UNKNOWN = SlaState()  # before the first event
NO_CLOCKS: Mapping[SlaTarget, ClockState] = {}
OWNER_BY_ACTING = frozenset({EventKind.ACKNOWLEDGED, EventKind.STATUS, EventKind.RESOLVED})  # if it is unassigned


def sla_clocks(
    events: Iterable[Event],
    policy_of: PolicyFor,
    state: SlaState = UNKNOWN,
    before: Mapping[SlaTarget, ClockState] = NO_CLOCKS,
) -> dict[SlaTarget, SlaClock]:
    """Return the clocks of a ticket after these events, oldest first; empty before it was opened.

    `state` and the clocks `before` are those after its earlier events, where these are not all. The clocks of a ticket
    of another system start when it was imported, whatever happened to it before.
    """
    found = {target: _with_policy(clock, policy_of) for target, clock in before.items()}
    start = found[SlaTarget.ACKNOWLEDGE].since if found else datetime.min.replace(tzinfo=UTC)
    for event, after in ticket_states(events, state):
        policy = policy_of(after.severity, after.owner)
        if event.kind is EventKind.OPENED:
            start = taken_over_at(event)
            found = {target: SlaClock(target=target, since=start, policy=policy, anchor=start, ruled_by=after,
                                 running=target is not SlaTarget.UPDATE) for target in SlaTarget}  # fmt: skip
            continue
        counted = event if event.at >= start else replace(event, at=start)
        found = {target: _after(clock, counted, after, policy) for target, clock in found.items()}
    return found


def ticket_states(events: Iterable[Event], state: SlaState = UNKNOWN) -> Iterator[tuple[Event, SlaState]]:
    """Yield each event, oldest first, with the state of the ticket after it; `state` is the one before them."""
    for event in events:
        state = SlaState(_severity(event, state.severity), _status(event, state.status), _owner(event, state.owner))
        yield event, state


def next_warning_at(found: Mapping[SlaTarget, SlaClock], after: datetime) -> datetime | None:
    """Return when the next warning is due, after that moment; None without one."""
    moments = (clock.moment(share) for clock in found.values() for share in WARNING_SHARES)
    return min((moment for moment in moments if moment and moment > after), default=None)


def reached_share(clock: SlaClock, now: datetime) -> float | None:
    """Return the largest warning share that is reached; None before the first."""
    reached = [share for share in WARNING_SHARES if (moment := clock.moment(share)) is not None and moment <= now]
    return max(reached, default=None)


def pending_warnings(
    events: Iterable[Event], found: Mapping[SlaTarget, SlaClock], now: datetime
) -> list[tuple[SlaClock, float]]:
    """Return the clocks whose warning is due and not logged yet, each with the share that is reached."""
    warned: dict[tuple[str, str], float] = {}
    for event in events:
        if event.kind is EventKind.SLA_WARNING:
            warned[event.data["target"], event.data["since"]] = float(event.data["share"])
    reached = [(clock, reached_share(clock, now)) for clock in found.values()]
    return [
        (clock, share)
        for clock, share in reached
        if share is not None and share > warned.get((clock.target.value, clock.since.isoformat()), 0.0)
    ]


def first_due(found: Mapping[SlaTarget, SlaClock]) -> SlaClock | None:
    """Return the clock that runs out first; None when none runs."""
    return min(
        (clock for clock in found.values() if clock.due), key=lambda clock: clock.due or clock.since, default=None
    )


def _with_policy(clock: ClockState, policy_of: PolicyFor) -> SlaClock:
    if isinstance(clock, SlaClock):
        return clock
    known = {each.name: getattr(clock, each.name) for each in fields(clock)}
    return SlaClock(**known, policy=policy_of(clock.ruled_by.severity, clock.ruled_by.owner))


def _after(clock: SlaClock, event: Event, state: SlaState, policy: SlaPolicy) -> SlaClock:
    status = state.status
    seen = clock.target is SlaTarget.ACKNOWLEDGE and status is not Status.RECEIVED
    if clock.ended and (seen or not status.is_open):
        return clock
    stood = clock.stopped(event.at) if clock.running else clock
    if clock.target is SlaTarget.UPDATE and event.kind in REPORTER_UPDATES:
        stood = replace(stood, since=event.at, spent=timedelta(0), missed=None)
    if seen or not status.is_open:
        return replace(stood, ended=event.at)
    stood = replace(stood, ended=None)
    # Until the ticket is acknowledged, the acknowledgement is the update that its reporter waits for.
    ours = status.sla_runs and not (clock.target is SlaTarget.UPDATE and status is Status.RECEIVED)
    return stood.started(event.at, policy, state) if ours else stood


def _status(event: Event, before: Status) -> Status:
    if event.kind in STATUS_IN_DATA:
        return Status(event.data["to"]) if event.data.get("to") else before
    if event.kind is EventKind.REOPENED and event.data.get("to"):
        return Status(event.data["to"])
    return STATUS_AFTER.get(event.kind, before)


def _owner(event: Event, before: str) -> str:
    if event.kind in OWNER_IN_DATA:
        return event.data["owner"]
    if event.kind is EventKind.OWNER_SILENT:
        return ""
    return before or (event.actor if event.kind in OWNER_BY_ACTING else "")


def _severity(event: Event, before: Severity) -> Severity:
    field = {EventKind.OPENED: "severity", EventKind.SEVERITY: "to"}.get(event.kind)
    return Severity(event.data[field]) if field and event.data.get(field) else before
