"""Days in the sandbox: its clock is moved, and whatever is due then has happened afterwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.bot import Desk
from tests.support.control import eventually

BERLIN = ZoneInfo("Europe/Berlin")


def to_monday(slack: Desk, clock: str = "09:00") -> None:
    """The next Monday at that time in Berlin."""
    now = slack.house.desk.now().astimezone(BERLIN)
    day = now.date() + timedelta(days=7 - now.weekday())
    moment = datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), BERLIN)  # noqa: DTZ007 - a time of day
    slack.control.post("clock", to=moment.astimezone(UTC).isoformat())
    eventually(lambda: not overdue(slack), "what was due")
    slack.quiet()


def passes(slack: Desk, **span: float) -> None:
    slack.control.post("clock", advance=timedelta(**span).total_seconds())
    eventually(lambda: not overdue(slack), "what was due")
    slack.quiet()


def overdue(slack: Desk) -> bool:
    with slack.house.store.read() as tx:
        return bool(tx.timers.overdue(slack.house.desk.now()))
