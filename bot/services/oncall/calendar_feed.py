"""A person's shifts as a calendar to subscribe to, under a secret address."""

import secrets
from datetime import timedelta

from bot.context import AppContext
from bot.services.oncall import rotas
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.phase import Phase

AHEAD = timedelta(days=90)


def create_feed(app: AppContext, person: Person, channel: str, request: str | None = None) -> str:
    """Return a new address for a person's calendar; their previous address stops working."""
    if not app.public_url:
        raise Refused("Calendars aren't available here. An operator can set HYPERCARE_PUBLIC_URL to serve them.")
    with app.transaction(request) as tx:
        phase, token = rotas.changeable_phases(tx, person, channel)[0], secrets.token_urlsafe(24)
        tx.feeds.replace(token, person.id, phase.id, app.now())
    return f"{app.public_url}/oncall/{token}.ics"


def calendar_of(app: AppContext, token: str) -> bytes | None:
    """Return the iCalendar file of an address; None when it is unknown."""
    found = _find_feed(app, token)
    if found is None:
        return None
    from bot.services.oncall import icalendar  # noqa: PLC0415 - megabytes that most processes never need

    phase, person = found
    return icalendar.write(f"On call {phase.key}", rotas.list_shifts(app, phase, "", AHEAD, person), app.now())


def _find_feed(app: AppContext, token: str) -> tuple[Phase, str] | None:
    with app.store.read() as tx:
        found = tx.feeds.find_by_token(token)
        return (tx.phases.get(found[1]), found[0]) if found else None
