"""Days in the sandbox: its clock is moved, and whatever is due then has happened afterwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.bot import BotWorkspace
from tests.support.control import eventually

BERLIN = ZoneInfo("Europe/Berlin")


def to_monday(slack: BotWorkspace, clock: str = "09:00") -> None:
    """The next Monday at that time in Berlin."""
    now = slack.application.context.now().astimezone(BERLIN)
    day = now.date() + timedelta(days=7 - now.weekday())
    moment = datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), BERLIN)  # noqa: DTZ007 - a time of day
    slack.control.post("clock", to=moment.astimezone(UTC).isoformat())
    eventually(lambda: not overdue(slack), "what was due")
    slack.quiet()


def passes(slack: BotWorkspace, **span: float) -> None:
    slack.control.post("clock", advance=timedelta(**span).total_seconds())
    eventually(lambda: not overdue(slack), "what was due")
    slack.quiet()


def overdue(slack: BotWorkspace) -> bool:
    with slack.application.store.read() as tx:
        return bool(tx.timers.list_overdue(slack.application.context.now()))
