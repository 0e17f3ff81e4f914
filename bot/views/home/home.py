"""The App Home: my tickets, and for responders the open tickets, most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views.actions.actions import ShownAction, on_home
from bot.views.gateways import state
from bot.views.home import tools
from bot.views.oncall.shifts import picture, shift_line
from bot.views.sessions import sessions
from bot.views.text import Block, actions, button, context, header, quote, section
from bot.views.tickets.search import views_home
from bot.views.tickets.ticket import row
from domain.gateways.overview import ApiState
from domain.oncall.rota import RotaSchedule, Shift
from domain.phases.phase import Phase
from domain.sessions.session import UserSession
from domain.tickets.ticket import Ticket

VIEWS = 10  # saved lists
SHOWN = 25  # tickets in each list; a Home view takes 100 blocks
CALLS, NEXT, ROTAS = 10, 3, 3
NEEDS = 8  # tickets that need a lead
MAX_HOME_BLOCKS = 100


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


@dataclass(frozen=True, slots=True)
class LeadHome:
    """What needs a lead: open critical, overdue and unassigned tickets."""

    critical: TicketList
    overdue: TicketList
    unassigned: TicketList


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContent:
    """What a Home shows: `mine` are the person's reports, `team` the open tickets of a responder's phases.

    `lead` is what needs a lead of a phase, `views` are saved lists by name, and without `has_phase` nothing can be
    reported yet.
    """

    mine: TicketList
    team: TicketList | None
    views: Mapping[str, str]
    on_call: OnCallHome | None = None
    lead: LeadHome | None = None
    plan: Sequence[ShownAction] = ()  # the person's own actions
    sessions: Sequence[UserSession] = ()  # to which the person goes
    gateways: Sequence[ApiState] = ()  # of a responder's phases
    has_phase: bool = True
    may_follow: bool = False  # topics of a phase
    tools: Sequence[tuple[Phase, bool]] = ()  # a responder's phases, and whether they lead each
    now: datetime


def home(shown: HomeContent) -> Block:
    """Return the Home view. A lead's begins with what needs them, everyone else's with their own reports."""
    now = shown.now
    blocks: list[Block] = [] if shown.has_phase else _no_phase()
    blocks += _needs(shown.lead, now) if shown.lead else []
    blocks += on_home(shown.plan, now.date())
    blocks += sessions.on_home(shown.sessions)
    change = [button("Change phase", "setup")] if shown.lead else []
    topics = [button("Follow topics", "topics"), button("Log contact", "contact_log")] if shown.may_follow else []
    topics += [button("Sessions", "sessions")] if shown.team is not None else []
    nothing = "You have nothing open. If something is wrong, press the button or type `/hypercare report`."
    blocks += [
        header("Your reports"),
        actions(button("Report problem", "report", style="primary"), button("Known issues", "known"), *topics, *change),
        *_rows(shown.mine, nothing, now, team=shown.team is not None, mine=True),
    ]
    blocks += tools.menus(shown.tools)
    if shown.on_call is not None:
        blocks += _on_call(shown.on_call)
    blocks += state.on_home(shown.gateways)
    if shown.team is not None:
        blocks += [{"type": "divider"}, header(f"Open tickets ({shown.team.total})")]
        blocks += _rows(shown.team, "There are no open tickets.", now, team=True)
    blocks += views_home(dict(list(shown.views.items())[:VIEWS]))
    return {"type": "home", "blocks": blocks[:MAX_HOME_BLOCKS]}


def _no_phase() -> list[Block]:
    text = "No phase is active, so nothing can be reported yet. A workspace admin or a lead can set one up."
    return [section(text), actions(button("Set up", "setup:first", style="primary"))]


def _needs(found: LeadHome, now: datetime) -> list[Block]:
    """Return what needs a lead, each ticket once and the most urgent kind first."""
    kinds = (("critical", found.critical, "critical"), ("overdue", found.overdue, "late"),
             ("unassigned", found.unassigned, "unowned"))  # fmt: skip
    counts = " · ".join(f"{one.total} {label}" for label, one, _ in kinds)
    if not any(one.total for _, one, _ in kinds):
        return [
            header("Needs your attention"),
            section("No ticket is critical, overdue or unassigned."),
            {"type": "divider"},
        ]
    tickets = {ticket.id: ticket for _, one, _ in kinds for ticket in one.tickets}
    lists = actions(*(button(f"Show {label}", f"list:{word}", word) for label, one, word in kinds if one.total))
    rows = [row(ticket, now, team=True, place="need:") for ticket in list(tickets.values())[:NEEDS]]
    return [header("Needs your attention"), section(counts), *rows, lists, {"type": "divider"}]


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
    return [{"type": "divider"}, header("On call"),
            *([section("*Pages waiting for your answer:*"), *calls] if calls else []), section(mine),
            *pictures, *(change if found.rotas else [])]  # fmt: skip


def _call(ticket: Ticket) -> Block:
    take = button("Acknowledge", f"acknowledge:{ticket.id}", str(ticket.id), name=f"Acknowledge {ticket.name}")
    return section(f"*{ticket.name}* · {quote(ticket.summary, 100)}", accessory=take)


def _rows(found: TicketList, empty: str, now: datetime, *, team: bool, mine: bool = False) -> list[Block]:
    if not found.tickets:
        return [section(empty)]
    shown = found.tickets[:SHOWN]
    rest = [context(f"… and {found.total - len(shown)} more.")] if found.total > len(shown) else []
    return [*(row(t, now, team=team, mine=mine) for t in shown), *rest]
