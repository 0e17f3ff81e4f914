"""Escalation: page people step by step until one of them acknowledges, and again when the owner falls silent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.oncall.settings import EscalationPolicy, EscalationStep
from domain.sla.working_time import parse_duration


class EscalationState(StrEnum):
    ESCALATING = "escalating"  # no owner yet; the next step is due at `next_at`
    OWNED = "owned"
    ASKED = "asked"  # the owner was silent for long and is asked whether they are still on it
    SNOOZED = "snoozed"
    EXHAUSTED = "exhausted"  # every step was taken without an answer
    ENDED = "ended"

    @property
    def is_owned(self) -> bool:
        return self in (EscalationState.OWNED, EscalationState.ASKED)


DEFAULT_POLICY = EscalationPolicy(
    name="default",
    steps=(
        EscalationStep(targets=("oncall",), wait="5m"),
        EscalationStep(targets=("oncall", "leads"), wait="10m"),
        EscalationStep(targets=("responders",), wait="15m"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One escalation of a ticket, with a copy of its policy from when it started.

    `version` grows with every change, so that a message rendered for an older version can be recognised as stale.
    `notified` are the people the last step paged; `declined` are those who said that they can't take it since the
    first step of this round. A `manual` escalation was requested by a person and ignores the policy's severities.
    `elsewhere` is the name of an owner who acknowledged it in another system and is not known here.
    """

    ticket_id: int
    policy: EscalationPolicy
    started_at: datetime
    started_by: str
    reason: str = ""
    manual: bool = False
    state: EscalationState = EscalationState.ESCALATING
    step: int = 0  # index of the next step
    round: int = 0
    version: int = 0
    next_at: datetime | None = None
    owner: str | None = None
    elsewhere: str = ""
    notified: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    id: int = 0

    @property
    def is_live(self) -> bool:
        return self.state is not EscalationState.ENDED

    @property
    def next_step(self) -> EscalationStep:
        return self.policy.steps[self.step]


class EscalationAction(StrEnum):
    """What needs to be done when an escalation is due."""

    STEP = "step"
    ASK = "ask"  # ask the silent owner
    LAPSE = "lapse"  # the owner did not answer, so the ticket is unassigned
    SNOOZE_OVER = "snooze_over"
    EXHAUSTED = "exhausted"


def start(
    ticket_id: int, policy: EscalationPolicy, *, by: str, at: datetime, reason: str = "", manual: bool = False
) -> Escalation:  # fmt: skip
    """Return a new escalation whose first step is due at once."""
    return Escalation(ticket_id=ticket_id, policy=policy, started_at=at, started_by=by, reason=reason,
                      manual=manual, next_at=at)  # fmt: skip


def advance(escalation: Escalation, now: datetime) -> tuple[Escalation, EscalationAction | None]:
    """Return the action that is due now and the escalation after it; None when nothing is due.

    Call it until it returns None: a lapse is followed by a step at the same moment. Waits count from when a step was
    taken, so an application that was down for an hour takes one step and not all that it missed.
    """
    if escalation.next_at is None or escalation.next_at > now or not escalation.is_live:
        return escalation, None
    match escalation.state:
        case EscalationState.OWNED:
            answer_by = now + parse_duration(escalation.policy.answer)
            return _updated(escalation, state=EscalationState.ASKED, next_at=answer_by), EscalationAction.ASK
        case EscalationState.ASKED:
            return _updated(
                escalation,
                state=EscalationState.ESCALATING,
                owner=None,
                elsewhere="",
                step=0,
                round=0,
                declined=(),
                next_at=now,
            ), EscalationAction.LAPSE
        case EscalationState.SNOOZED:
            return _updated(
                escalation, state=EscalationState.ESCALATING, owner=None, declined=(), next_at=now
            ), EscalationAction.SNOOZE_OVER
    if escalation.step == len(escalation.policy.steps):
        if upcoming_step(escalation) is None:
            exhausted = _updated(escalation, state=EscalationState.EXHAUSTED, next_at=None)
            return exhausted, EscalationAction.EXHAUSTED
        escalation = replace(escalation, step=0, round=escalation.round + 1, declined=())
    due = now + parse_duration(escalation.next_step.wait)
    return _updated(escalation, step=escalation.step + 1, next_at=due), EscalationAction.STEP


def current_step(escalation: Escalation) -> EscalationStep:
    """Return the step that was taken last."""
    return escalation.policy.steps[escalation.step - 1]


def upcoming_step(escalation: Escalation) -> EscalationStep | None:
    """Return the step that is taken next without an answer; None after the last one."""
    policy = escalation.policy
    if escalation.step < len(policy.steps):
        return escalation.next_step
    return policy.steps[0] if policy.repeat is None or escalation.round < policy.repeat else None


def notify(escalation: Escalation, people: Iterable[str]) -> Escalation:
    """Record the people whom the current step pages."""
    return replace(escalation, notified=tuple(dict.fromkeys(people)))


def acknowledge(escalation: Escalation, *, by: str | None, at: datetime, elsewhere: str = "") -> Escalation:
    """Make a person the owner; also used for every later sign of activity, which restarts the silence.

    Without a known person, `elsewhere` is the name of the one who acknowledged it in another system.
    """
    silence = parse_duration(escalation.policy.silence)
    return _updated(escalation, state=EscalationState.OWNED, owner=by, elsewhere=elsewhere,
                    next_at=at + silence if silence else None)  # fmt: skip


def pause(escalation: Escalation) -> Escalation:
    """Stop the silence check, because the ticket waits for the reporter and not for its owner."""
    return _updated(escalation, state=EscalationState.OWNED, next_at=None)


def decline(escalation: Escalation, *, by: str, at: datetime) -> Escalation:
    """Record that a person can't take it; the next step is due at once when all notified people have declined."""
    if escalation.owner == by and escalation.state.is_owned:
        declined = (*escalation.declined, by)
        return _updated(escalation, state=EscalationState.ESCALATING, owner=None, declined=declined, next_at=at)
    declined = tuple(dict.fromkeys((*escalation.declined, by)))
    if escalation.state is not EscalationState.ESCALATING or not set(escalation.notified) <= set(declined):
        return replace(escalation, declined=declined)
    return _updated(escalation, declined=declined, next_at=at)


def snooze(escalation: Escalation, *, by: str, until: datetime) -> Escalation:
    """Stay quiet until then at the request of a person; it escalates further afterwards."""
    return _updated(escalation, state=EscalationState.SNOOZED, owner=by, next_at=until)


def escalate(escalation: Escalation, *, at: datetime) -> Escalation:
    """Take the next step at once, even if it has an owner."""
    step = escalation.step if escalation.state is not EscalationState.EXHAUSTED else 0
    return _updated(escalation, state=EscalationState.ESCALATING, owner=None, step=step, next_at=at)


def end(escalation: Escalation) -> Escalation:
    """End it for good; the ticket may get a new escalation later."""
    return _updated(escalation, state=EscalationState.ENDED, next_at=None)


def max_silence(escalation: Escalation) -> timedelta:
    """Return how long the owner may be silent; zero means without limit."""
    return parse_duration(escalation.policy.silence)


def _updated(escalation: Escalation, **values: object) -> Escalation:
    return replace(escalation, version=escalation.version + 1, **values)  # type: ignore[arg-type]
