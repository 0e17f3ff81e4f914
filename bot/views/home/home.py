"""The App Home: my tickets, and for responders the open tickets, most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.oncall.shifts import picture, shift_line
from bot.views.text import Block, actions, button, context, plain, quote, section
from bot.views.tickets.search import views_home
from bot.views.tickets.ticket import row
from domain.oncall.rota import RotaSchedule, Shift
from domain.tickets.ticket import Ticket

VIEWS = 10  # saved lists
SHOWN = 25  # tickets in each list; a Home view takes 100 blocks
CALLS, NEXT, ROTAS = 10, 3, 3


@dataclass(frozen=True, slots=True)
class OnCallHome:
    """The person's next shifts, the pages that wait for their answer, and every rota."""

    shifts: Sequence[tuple[RotaSchedule, Shift]]
    calls: Sequence[Ticket]
    rotas: Sequence[RotaSchedule]
    now: datetime


@dataclass(frozen=True, slots=True)
class TicketList:
    """The first tickets of a list, and how many there are in all."""

    tickets: Sequence[Ticket]
    total: int


def home(
    mine: TicketList, team: TicketList | None, views: Mapping[str, str], on_call: OnCallHome | None = None
) -> Block:
    """Return the Home view. `team` are the open tickets of a responder's phases; `views` are saved lists, by name."""
    blocks: list[Block] = [
        {"type": "header", "text": plain("Your reports")},
        actions(button("Report problem", "report", style="primary"), button("Known issues", "known")),
        *_rows(mine, "You have nothing open. If something is wrong, press the button or type `/hypercare report`."),
    ]
    if on_call is not None:
        blocks += _on_call(on_call)
    if team is not None:
        blocks += [{"type": "divider"}, {"type": "header", "text": plain(f"Open tickets ({team.total})")}]
        blocks += _rows(team, "There are no open tickets.")
    blocks += views_home(dict(list(views.items())[:VIEWS]))
    return {"type": "home", "blocks": blocks}


def _on_call(found: OnCallHome) -> list[Block]:
    """Return the on-call part of the App Home, with open pages first."""
    calls = [_call(ticket) for ticket in found.calls[:CALLS]]
    lines = [shift_line(schedule, shift, found.now) for schedule, shift in found.shifts[:NEXT]]
    mine = "\n".join(lines) if lines else "You aren't on call in the next four weeks."
    pictures = [
        block
        for schedule in found.rotas[:ROTAS]
        for block in (context(f"{schedule.rota.name}, next two weeks"), picture(schedule, found.now))
    ]
    change = [actions(button("Swap shift", "oncall_swap"), button("Add override", "oncall_override"))]
    return [{"type": "divider"}, {"type": "header", "text": plain("On call")},
            *([section("*Pages that wait for your answer:*"), *calls] if calls else []), section(mine),
            *pictures, *(change if found.rotas else [])]  # fmt: skip


def _call(ticket: Ticket) -> Block:
    take = button("Acknowledge", f"acknowledge:{ticket.id}", str(ticket.id))
    return section(f"*{ticket.name}* · {quote(ticket.summary, 100)}", accessory=take)


def _rows(found: TicketList, empty: str) -> list[Block]:
    if not found.tickets:
        return [section(empty)]
    shown = found.tickets[:SHOWN]
    rest = [context(f"… and {found.total - len(shown)} more.")] if found.total > len(shown) else []
    return [*(row(t) for t in shown), *rest]
