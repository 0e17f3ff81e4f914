"""When somebody who owes an answer is asked for it again."""

from datetime import datetime

from bot.services.case import Case
from domain.owed import GIVE_UP_ON, REMIND_ON
from domain.targets import working_hours


def plan(case: Case, kind: str, number: int, since: datetime) -> None:
    """The timer of the so-manieth look (the last is the one at which it is given up), an hour into a working day."""
    hours = working_hours(case.phase)
    opens, closes = hours.day_after(since, (*REMIND_ON, GIVE_UP_ON)[number])
    if opens <= case.at:  # that day is gone: the desk was away, and nobody is to hear it all at once
        opens, closes = hours.day_after(case.at, 1)
    at, data = opens + (closes - opens) / 8, {"number": number}
    case.tx.timers.once(f"{kind}:{case.ticket.id}", kind, at, ticket_id=case.ticket.id, data=data)
