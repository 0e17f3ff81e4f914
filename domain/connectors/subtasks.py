"""Sub-tasks of an issue that stand for the actions of its ticket: which side has to follow the other."""

from enum import StrEnum


class SubtaskStep(StrEnum):
    """What has to happen so that an action and its sub-task agree."""

    NOTHING = "nothing"
    SEND = "send"  # the sub-task follows the action
    TAKE = "take"  # the action follows the sub-task


def next_step(agreed: bool, ours: bool, theirs: bool) -> SubtaskStep:
    """Return who has to follow; each is whether it is done, `agreed` what both had when they last agreed."""
    if ours == theirs:
        return SubtaskStep.NOTHING
    return SubtaskStep.SEND if ours != agreed else SubtaskStep.TAKE
