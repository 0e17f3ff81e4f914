"""A person's own calendar, made when it is asked for; the library for it is loaded then."""

from datetime import timedelta

from bot.desk import Desk
from bot.services import oncall

AHEAD = timedelta(days=90)


def calendar_of(desk: Desk, token: str) -> bytes | None:
    """None when nobody has such an address."""
    found = oncall.subscribed(desk, token)
    if found is None:
        return None
    from bot import calendars  # noqa: PLC0415 - megabytes that most processes never need

    phase, person = found
    return calendars.write(f"On call {phase.key}", oncall.shifts_of(desk, phase, "", AHEAD, person), desk.now())
