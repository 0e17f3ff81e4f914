"""A person's shifts as a calendar to subscribe to, under a secret address."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.oncall import rotas
from bot.services.phases import links
from domain.errors import Refused
from domain.phases.link import LinkKind
from domain.phases.permissions import Person

AHEAD = timedelta(days=90)
FEED_DAYS = 365  # a calendar is subscribed to for longer than a phase usually lasts


def create_feed(app: AppContext, person: Person, channel: str, request: str | None = None) -> str:
    """Return a new address for a person's calendar; their previous address stops working."""
    if not app.public_url:
        raise Refused("Calendars aren't available here. An operator can set HYPERCARE_PUBLIC_URL to serve them.")
    with app.transaction(request) as tx:
        phase = rotas.changeable_phases(tx, person, channel)[0]
        tx.links.delete_of(LinkKind.CALENDAR, phase.id, person.id)
        token = links.create(app, tx, LinkKind.CALENDAR, phase, person.id, FEED_DAYS)
    return f"{app.public_url}/oncall/{token}.ics"


def calendar_of(app: AppContext, token: str) -> bytes | None:
    """Return the iCalendar file of an address; None when it is unknown, or its person is no longer in the team."""
    found = links.find_open(app, LinkKind.CALENDAR, token)
    if found is None:
        return None
    from bot.services.oncall import icalendar  # noqa: PLC0415 - megabytes that most processes never need

    phase, link = found
    return icalendar.write(f"On call {phase.key}", rotas.list_shifts(app, phase, "", AHEAD, link.person), app.now())
