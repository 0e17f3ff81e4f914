"""Pending replies: what a person may have to answer, and on which working days they are reminded."""

from enum import StrEnum

REMINDER_DAYS = (1, 3)  # working days
GIVE_UP_DAY = 5  # the working day on which the reminders end


class PendingReply(StrEnum):
    VERIFICATION = "verification"  # whether a fix works
    ANSWER = "answer"  # to a question of the team
    PROMISE = "promise"  # whether a promised date holds
