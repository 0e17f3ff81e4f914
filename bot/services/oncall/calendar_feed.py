"""A person's own calendar, made when it is asked for; the library for it is loaded then."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.oncall import oncall

AHEAD = timedelta(days=90)


def calendar_of(app: AppContext, token: str) -> bytes | None:
    """None when nobody has such an address."""
    found = oncall.find_feed(app, token)
    if found is None:
        return None
    from bot.services.oncall import icalendar  # noqa: PLC0415 - megabytes that most processes never need

    phase, person = found
    return icalendar.write(f"On call {phase.key}", oncall.list_shifts(app, phase, "", AHEAD, person), app.now())
