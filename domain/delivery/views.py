"""Why a form was not shown, in the words of no chat system."""

from enum import StrEnum


class ViewFailure(StrEnum):
    EXPIRED = "expired"  # it took longer than a press or a command lasts
    CHANGED = "changed"  # the form below it has changed or was closed
    TOO_MANY = "too_many"  # forms on top of each other
    LIMITED = "limited"  # too many calls
    AWAY = "away"  # no usable answer
    REJECTED = "rejected"  # the app may not
    DEFECT = "defect"  # the form itself is refused
    OTHER = "other"
