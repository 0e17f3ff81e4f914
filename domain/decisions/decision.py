"""Decisions: kinds, options, rationale, reversal, and how fast and how lastingly people decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refused
from domain.statistics.intervals import Interval, median_interval, wilson_interval

QUESTION_LIMIT, OPTION_LIMIT, TEXT_LIMIT = 150, 75, 1000  # characters
MAX_OPTIONS = 10
NO_SUCH_DECISION = "There is no such decision that you can see."


class DecisionKind(StrEnum):
    PRIORITY = "priority"
    SCOPE = "scope"
    RESOURCES = "resources"
    GO_NO_GO = "go_no_go"

    @property
    def label(self) -> str:
        return {
            DecisionKind.PRIORITY: "Priority",
            DecisionKind.SCOPE: "Scope",
            DecisionKind.RESOURCES: "Resources",
            DecisionKind.GO_NO_GO: "Go or no-go",
        }[self]


class DecisionState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    REVERSED = "reversed"  # a later decision takes its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A question with its options; `asked` is who has to decide now, and `steps` is the checklist of the choice.

    `reverses` is the id of the decision that it takes the place of, `source` the address of the captured message.
    """

    id: int
    phase_id: int
    kind: DecisionKind
    question: str
    options: tuple[str, ...]
    opened_by: str
    opened_at: datetime
    state: DecisionState = DecisionState.OPEN
    evidence: str = ""
    fired_by: str = ""  # the name of the trigger
    asked: tuple[str, ...] = ()
    due_at: datetime | None = None
    choice: str = ""
    rationale: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    reverses: int | None = None
    ticket_id: int | None = None
    source: str = ""
    steps: tuple[str, ...] = ()
    done: tuple[str, ...] = ()  # those of the steps
    outcome: str = ""

    @property
    def name(self) -> str:
        return f"D{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is DecisionState.OPEN

    def is_overdue(self, now: datetime) -> bool:
        return self.is_open and self.due_at is not None and self.due_at <= now

    @property
    def latency(self) -> timedelta | None:
        """How long it took to decide; None while it is open, and for one that was recorded afterwards."""
        return self.decided_at - self.opened_at if self.decided_at and self.decided_at > self.opened_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDraft:
    """What a person asks for: an open question, or with a `choice` what was decided already."""

    kind: DecisionKind
    question: str
    options: tuple[str, ...] = ()
    choice: str = ""
    rationale: str = ""
    evidence: str = ""
    due_at: datetime | None = None
    ticket_id: int | None = None
    reverses: int | None = None
    source: str = ""


def check_draft(draft: DecisionDraft, now: datetime) -> None:
    """Refuse a question without two options, a choice without a rationale, and a time that is over."""
    if draft.choice and not draft.rationale:
        raise Refused("The rationale is empty. Write why this was decided.", field="rationale")
    if not draft.choice and len(draft.options) < 2:
        raise Refused("A decision needs at least two options. Write one per line, or write what was decided.",
                      field="options")  # fmt: skip
    if len(draft.options) > MAX_OPTIONS or any(len(one) > OPTION_LIMIT for one in draft.options):
        raise Refused(f"Use at most {MAX_OPTIONS} options of {OPTION_LIMIT} characters each.", field="options")
    if draft.due_at and draft.due_at <= now and not draft.choice:
        raise Refused("This time has passed. Choose a later one.", field="due_at")


def check_choice(decision: Decision, choice: str, rationale: str) -> None:
    """Refuse what is no option, an empty rationale, and a decision that was made already."""
    if not decision.is_open:
        raise Refused(f"{{person}} has decided {decision.name} already: {decision.choice}. Reverse it to change that.",
                      person=decision.decided_by)  # fmt: skip
    if choice not in decision.options:
        raise Refused("This option no longer exists. Choose another one.", field="choice")
    if not rationale:
        raise Refused("The rationale is empty. Write why.", field="rationale")


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """Of decided decisions: the median time to decide with its bounds in minutes, and the share that was reversed."""

    decided: int
    latency: Interval | None
    reversed: Interval | None


def decision_figures(found: Sequence[Decision]) -> DecisionFigures:
    """Calculate latency and reversal rate; None where nothing was decided."""
    decided = [one for one in found if not one.is_open]
    took = [one.latency.total_seconds() / 60 for one in decided if one.latency]
    back = sum(one.state is DecisionState.REVERSED for one in decided)
    share = wilson_interval(back, len(decided)) if decided else None
    return DecisionFigures(len(decided), median_interval(took), share)
