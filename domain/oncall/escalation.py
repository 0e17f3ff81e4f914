"""Escalation: a climb of steps until a person says "mine", and again when they fall silent; as one small machine."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.sla.working_time import ALL_DAY, EVERY_DAY, span


class EscalationState(StrEnum):
    CLIMBING = "climbing"
    HELD = "held"  # somebody said that it is theirs
    ASKED = "asked"  # they were silent for long, and are asked whether they still have it
    SNOOZED = "snoozed"
    SPENT = "spent"  # every step was taken, and nobody came
    ENDED = "ended"

    @property
    def is_owned(self) -> bool:
        return self in (EscalationState.HELD, EscalationState.ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Whom to tell, see domain/paging.py, and how long to wait for them."""

    targets: tuple[str, ...]
    wait: str = "5m"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """For which tickets, by what steps; `repeat` is how often all are taken again, None until somebody comes."""

    name: str
    steps: tuple[EscalationStep, ...]
    severities: tuple[str, ...] = ("critical",)
    modules: tuple[str, ...] = ()
    days: str = EVERY_DAY
    hours: str = ALL_DAY
    timezone: str | None = None
    repeat: int | None = None
    silence: str = "30m"  # how long whoever has it may be silent; `none` and for ever
    answer: str = "10m"  # how long they have to say that they still have it


USUAL = EscalationPolicy(
    name="usual",
    steps=(
        EscalationStep(targets=("oncall",), wait="5m"),
        EscalationStep(targets=("oncall", "leads"), wait="10m"),
        EscalationStep(targets=("responders",), wait="15m"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One climb, with its policy as it was when it began.

    `fence` grows with every change: what was said before one that came since is void. `told` are those whom the last
    step told, `passed` those who said "not me" since the first.
    """

    ticket_id: int
    policy: EscalationPolicy
    started_at: datetime
    started_by: str
    reason: str = ""
    by_hand: bool = False
    state: EscalationState = EscalationState.CLIMBING
    step: int = 0  # the next one to take
    round: int = 0
    fence: int = 0
    next_at: datetime | None = None
    owner: str | None = None
    told: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    id: int = 0

    @property
    def is_live(self) -> bool:
        return self.state is not EscalationState.ENDED

    @property
    def next_step(self) -> EscalationStep:
        return self.policy.steps[self.step]


class EscalationAction(StrEnum):
    """What is to be done when its moment has come."""

    STEP = "step"
    ASK = "ask"
    LAPSE = "lapse"  # nobody has it any more
    RETURN = "return"  # from a snooze
    SPENT = "spent"


def start(
    ticket_id: int, policy: EscalationPolicy, *, by: str, at: datetime, reason: str = "", by_hand: bool = False
) -> Escalation:  # fmt: skip
    return Escalation(ticket_id=ticket_id, policy=policy, started_at=at, started_by=by, reason=reason,
                      by_hand=by_hand, next_at=at)  # fmt: skip


def advance(e: Escalation, now: datetime) -> tuple[Escalation, EscalationAction | None]:
    """What is due now, and the climb after it; nothing when nothing is. Ask again until then: one lapse is a step too.

    Waits count from when a step was taken, so that a desk that was away for long does not take them all at once.
    """
    if e.next_at is None or e.next_at > now or not e.is_live:
        return e, None
    match e.state:
        case EscalationState.HELD:
            return _changed(e, state=EscalationState.ASKED, next_at=now + span(e.policy.answer)), EscalationAction.ASK
        case EscalationState.ASKED:
            return _changed(
                e, state=EscalationState.CLIMBING, owner=None, step=0, round=0, passed=(), next_at=now
            ), EscalationAction.LAPSE
        case EscalationState.SNOOZED:
            return _changed(
                e, state=EscalationState.CLIMBING, owner=None, passed=(), next_at=now
            ), EscalationAction.RETURN
    if e.step == len(e.policy.steps):
        if following(e) is None:
            return _changed(e, state=EscalationState.SPENT, next_at=None), EscalationAction.SPENT
        e = replace(e, step=0, round=e.round + 1, passed=())
    return _changed(e, step=e.step + 1, next_at=now + span(e.next_step.wait)), EscalationAction.STEP


def taken(e: Escalation) -> EscalationStep:
    """The step that was just taken."""
    return e.policy.steps[e.step - 1]


def following(e: Escalation) -> EscalationStep | None:
    """The one that comes next if nobody does."""
    if e.step < len(e.policy.steps):
        return e.next_step
    return e.policy.steps[0] if e.policy.repeat is None or e.round < e.policy.repeat else None


def tell(e: Escalation, people: Iterable[str]) -> Escalation:
    """Whom the step that was just taken told."""
    return replace(e, told=tuple(dict.fromkeys(people)))


def hold(e: Escalation, *, by: str, at: datetime) -> Escalation:
    """Somebody has it; also what they do for it afterwards counts as a sign of life."""
    silence = span(e.policy.silence)
    return _changed(e, state=EscalationState.HELD, owner=by, next_at=at + silence if silence else None)


def rest(e: Escalation) -> Escalation:
    """It waits for somebody else's answer, and whoever has it need not say a word."""
    return _changed(e, state=EscalationState.HELD, next_at=None)


def pass_on(e: Escalation, *, by: str, at: datetime) -> Escalation:
    """Not theirs, they say: once everybody who was told has said so, the next step is taken at once."""
    if e.owner == by and e.state.is_owned:
        return _changed(e, state=EscalationState.CLIMBING, owner=None, passed=(*e.passed, by), next_at=at)
    passed = tuple(dict.fromkeys((*e.passed, by)))
    if e.state is not EscalationState.CLIMBING or not set(e.told) <= set(passed):
        return replace(e, passed=passed)
    return _changed(e, passed=passed, next_at=at)


def snooze(e: Escalation, *, by: str, until: datetime) -> Escalation:
    """Quiet until then; it is theirs meanwhile, and climbs on afterwards."""
    return _changed(e, state=EscalationState.SNOOZED, owner=by, next_at=until)


def climb_on(e: Escalation, *, at: datetime) -> Escalation:
    """The next step at once, whoever has it."""
    step = e.step if e.state is not EscalationState.SPENT else 0
    return _changed(e, state=EscalationState.CLIMBING, owner=None, step=step, next_at=at)


def end(e: Escalation) -> Escalation:
    """For good; another one may begin."""
    return _changed(e, state=EscalationState.ENDED, next_at=None)


def silent_for(e: Escalation) -> timedelta:
    """How long whoever has it may be silent; no time at all is for ever."""
    return span(e.policy.silence)


def _changed(e: Escalation, **values: object) -> Escalation:
    return replace(e, fence=e.fence + 1, **values)  # type: ignore[arg-type]
