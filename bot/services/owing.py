"""When somebody who owes an answer is asked for it again."""

from datetime import datetime

from bot.services.case import Case
from domain.owed import GIVE_UP_ON, REMIND_ON
from domain.targets import working_hours


def plan(case: Case, kind: str, number: int, since: datetime) -> None:
    """The timer of the so-manieth look (the last is the one at which it is given up), an hour into a working day."""
    opens, closes = working_hours(case.phase).day_after(since, (*REMIND_ON, GIVE_UP_ON)[number])
    data = {"number": number}
    case.tx.timers.once(
        f"{kind}:{case.ticket.id}", kind, opens + (closes - opens) / 8, ticket_id=case.ticket.id, data=data
    )
