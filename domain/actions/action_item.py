"""Action items: one accountable owner, a due date, what each depends on, and the test that proves it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.errors import Refused

TITLE_LIMIT, NOTE_LIMIT = 150, 500  # characters
NO_SUCH_ACTION = "There is no such action that you can see."


class ActionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # it is no longer needed

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Proof(StrEnum):
    """Whether an action needs a test, and how it went."""

    NONE = "none"
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"  # by a lead

    @property
    def label(self) -> str:
        return {
            Proof.NONE: "No test needed",
            Proof.PENDING: "Test pending",
            Proof.PASSED: "Test passed",
            Proof.FAILED: "Test failed",
            Proof.WAIVED: "Test waived by a lead",
        }[self]

    @property
    def is_missing(self) -> bool:
        """Whether it keeps the action from being done."""
        return self in (Proof.PENDING, Proof.FAILED)

    @property
    def has_result(self) -> bool:
        return self not in (Proof.NONE, Proof.PENDING)


class ActionKind(StrEnum):
    """What an action is for. What improves later work goes on after its phase has ended."""

    TASK = "task"
    PROCESS = "process"  # how people develop, test, deploy or support changes
    TRAINING = "training"

    @property
    def label(self) -> str:
        return {
            ActionKind.TASK: "Task",
            ActionKind.PROCESS: "Process change",
            ActionKind.TRAINING: "Training",
        }[self]

    @property
    def outlives_phase(self) -> bool:
        return self is not ActionKind.TASK


class Stage(StrEnum):
    """The stages of an action that is a small project, in their order; each is the gate of the next."""

    DESIGN = "design"
    DEVELOPMENT = "development"
    TESTING = "testing"
    DEPLOYMENT = "deployment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """A task; `needs` are the ids of actions that have to be finished first, `proven_by` who recorded the test."""

    id: int
    phase_id: int
    title: str
    owner: str | None
    due: date
    made_by: str
    made_at: datetime
    ticket_id: int | None = None
    about: str = ""  # the name of its problem or decision, such as P3 or D2
    state: ActionState = ActionState.OPEN
    proof: Proof = Proof.NONE
    proof_note: str = ""
    proven_by: str = ""
    stage: Stage | None = None
    needs: tuple[int, ...] = ()
    kind: ActionKind = ActionKind.TASK

    @property
    def name(self) -> str:
        return f"A{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is ActionState.OPEN

    def is_overdue(self, today: date) -> bool:
        return self.is_open and self.due < today


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDraft:
    """What a person asks an action to be."""

    title: str
    owner: str
    due: date
    needs: tuple[int, ...] = ()
    proof: Proof = Proof.NONE
    proof_note: str = ""
    state: ActionState = ActionState.OPEN
    about: str = ""
    kind: ActionKind = ActionKind.TASK
    is_project: bool = False  # design, development, testing and deployment, one after another


def check_due(due: date, today: date, before: date | None = None) -> None:
    """Refuse a date that is over; one that stays as it was `before` may be."""
    if due < today and due != before:
        raise Refused("This date has passed. Choose today or a later day.", field="due")


def check_needs(action_id: int | None, needs: Sequence[int], known: Mapping[int, ActionItem]) -> None:
    """Refuse to depend on itself, in a circle, or on what the phase doesn't have."""
    if unknown := [one for one in needs if one not in known]:
        names = ", ".join(f"A{one}" for one in unknown)
        raise Refused(f"There is no action {names} in this phase any more. Choose others.", field="needs")
    if action_id is None:
        return
    for one in needs:
        if trail := _trail(one, action_id, known):
            names = " → ".join(f"A{step}" for step in (action_id, *trail))
            raise Refused(f"These actions would wait for each other: {names}. Take one of them out.", field="needs")


def _trail(start: int, end: int, known: Mapping[int, ActionItem]) -> list[int]:
    """Return the ids on a way along what actions need from `start` to `end`; empty without one."""
    came_from: dict[int, int] = {}
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == end:
            trail = [here]
            while trail[-1] != start:
                trail.append(came_from[trail[-1]])
            return trail[::-1]
        for one in known[here].needs if here in known else ():
            if one not in seen:
                seen.add(one)
                came_from[one] = here
                waiting.append(one)
    return []


def blockers(item: ActionItem, known: Mapping[int, ActionItem]) -> list[ActionItem]:
    """Return the open actions that it waits for."""
    return [known[one] for one in item.needs if one in known and known[one].is_open] if item.is_open else []


def check_done(draft: ActionDraft, waits_for: Collection[ActionItem]) -> None:
    """Refuse to finish an action that waits for others, or whose test has not passed."""
    if draft.state is not ActionState.DONE:
        return
    if waits_for:
        names = ", ".join(one.name for one in waits_for)
        raise Refused(f"This action waits for {names}. Finish those first, or take them out.", field="state")
    if draft.proof.is_missing:
        raise Refused("The test of this action has not passed. Record that it passed, or ask a lead to waive it.",
                      field="proof")  # fmt: skip


def check_proof(draft: ActionDraft, before: Proof, *, lead: bool) -> None:
    """Refuse a result without words, and a waiver or a withdrawn test of people who don't lead."""
    if draft.proof is before:
        return
    if draft.proof is Proof.WAIVED and not lead:
        raise Refused("Only a lead can waive the test. Record its result, or ask a lead.", field="proof")
    if draft.proof is Proof.NONE and before.is_missing and not lead:
        raise Refused("Only a lead can take the test away. Record its result, or ask a lead.", field="proof")
    if draft.proof.has_result and not draft.proof_note:
        raise Refused("The result has no words. Write what was tested, or why it needs no test.", field="proof_note")


def stages_until(due: date, today: date) -> list[tuple[Stage, date]]:
    """Return the stages of a project with the day each is due, spread evenly until then."""
    days = (due - today).days
    return [(stage, today + timedelta(days=days * number // len(Stage))) for number, stage in enumerate(Stage, 1)]
