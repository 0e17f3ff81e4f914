"""Problems: a chain of whys with evidence, contributing factors on the branches of a fishbone, and the root cause.

The five whys are Ohno's (Toyota Production System, 1978), the fishbone is Ishikawa's cause and effect diagram (1968).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import Refused
from domain.tickets.ticket import Fix, Severity

TITLE_LIMIT, TEXT_LIMIT, EVIDENCE_LIMIT = 150, 500, 500  # characters
NO_SUCH_PROBLEM = "There is no such problem that you can see."
WHY = "why"  # the branch of the chain of whys


class ProblemState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"  # its root cause is gone


class CauseClass(StrEnum):
    """The kind of a root cause, by which causes are counted."""

    CODE = "code"
    CONFIGURATION = "configuration"
    DATA = "data"
    INFRASTRUCTURE = "infrastructure"
    INTEGRATION = "integration"
    REQUIREMENTS = "requirements"
    PROCESS = "process"
    TRAINING = "training"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A step of the chain of whys, or a contributing factor on another branch; who said so, with what evidence."""

    branch: str
    text: str
    evidence: str
    person: str
    at: datetime

    @property
    def is_why(self) -> bool:
        return self.branch == WHY


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What several tickets have in common; `fix` is the deepest fix so far, and `resolution` says what was done."""

    id: int
    phase_id: int
    title: str
    severity: Severity
    opened_by: str
    opened_at: datetime
    state: ProblemState = ProblemState.OPEN
    cause_class: CauseClass | None = None
    fix: Fix | None = None
    resolution: str = ""
    resolved_by: str = ""
    resolved_at: datetime | None = None
    causes: tuple[Cause, ...] = ()
    tickets: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"P{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is ProblemState.OPEN

    @property
    def whys(self) -> tuple[Cause, ...]:
        """The chain, whose last step is the root cause."""
        return tuple(one for one in self.causes if one.is_why)

    def by_branch(self, branches: Iterable[str]) -> dict[str, list[Cause]]:
        """Return the contributing factors by branch, in the order of the branches; unknown ones come last."""
        found: dict[str, list[Cause]] = {branch: [] for branch in branches}
        for one in self.causes:
            if not one.is_why:
                found.setdefault(one.branch, []).append(one)
        return found


def check_cause(branch: str, text: str, evidence: str, branches: Sequence[str]) -> None:
    """Refuse an empty cause, a why without evidence, and an unknown branch."""
    if branch not in (WHY, *branches):
        raise Refused("This branch is no longer used. Choose another one.", field="branch")
    if not text:
        raise Refused("The cause is empty. Write why it happens.", field="text")
    if branch == WHY and not evidence:
        raise Refused("This step has no evidence. Add a figure, a link or what you saw.", field="evidence")


def check_solution(problem: Problem, fix: Fix, cause_class: CauseClass | None, minimum: int) -> None:
    """Refuse to call a fix a root-cause fix without its chain of whys and the class of the cause."""
    if not problem.is_open:
        raise Refused(f"{problem.name} is resolved already. Open a new problem if it happens again.")
    if fix is not Fix.ROOT_CAUSE:
        return
    known = len(problem.whys)
    if known < minimum:
        raise Refused(
            f"The chain of whys has {known} of at least {minimum} steps for a {problem.severity} problem. Ask why "
            "again, or choose a symptom fix, which keeps the problem open.", field="fix",
        )  # fmt: skip
    if cause_class is None:
        raise Refused("The class of the cause is missing. Choose one, so that causes can be counted.",
                      field="cause_class")  # fmt: skip


def count_classes(found: Iterable[Problem]) -> Counter[CauseClass]:
    """Count the root causes by class."""
    return Counter(one.cause_class for one in found if one.cause_class)


def fishbone_text(problem: Problem, branches: Sequence[str]) -> list[str]:
    """Return the fishbone as lines of text: each branch that has factors, and the problem as its head."""
    lines = list[str]()
    for branch, causes in problem.by_branch(branches).items():
        if causes:
            lines += [branch, *(f"  └ {one.text}" for one in causes)]
    return [*lines, f"⇒ {problem.title}"] if lines else []


def default_minimum() -> Mapping[Severity, int]:
    """Return the least number of whys of a root-cause fix, by severity."""
    return {Severity.CRITICAL: 5, Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1}
