"""The App Home: my tickets, and for responders the open desk, most urgent first."""

from collections.abc import Mapping, Sequence

from bot.views.finding import views_home
from bot.views.text import Block, actions, button, context, plain, section
from bot.views.ticket import row
from domain.ticket import Ticket

VIEWS = 10  # saved lists
SHOWN = 30  # tickets in each list; a Home view takes 100 blocks


def home(mine: Sequence[Ticket], desk: Sequence[Ticket] | None, views: Mapping[str, str]) -> Block:
    """`desk` is None for somebody who is not a responder; `views` are saved lists, by name."""
    blocks: list[Block] = [
        {"type": "header", "text": plain("Your reports")},
        actions(button("Report a problem", "report", style="primary"), button("Known issues", "known")),
        *_rows(mine, "You have nothing open. If something is wrong, press the button or type `/hypercare report`."),
    ]
    if desk is not None:
        blocks += [{"type": "divider"}, {"type": "header", "text": plain(f"Open desk ({len(desk)})")}]
        blocks += _rows(desk, "Nothing is open. Most urgent first, once there is something.")
    blocks += views_home(dict(list(views.items())[:VIEWS]))
    return {"type": "home", "blocks": blocks}


def _rows(tickets: Sequence[Ticket], empty: str) -> list[Block]:
    if not tickets:
        return [section(empty)]
    rest = [context(f"… and {len(tickets) - SHOWN} more.")] if len(tickets) > SHOWN else []
    return [*(row(t) for t in tickets[:SHOWN]), *rest]
