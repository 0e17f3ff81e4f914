"""As agreed, or a wish, and whose: the form, and the page of the parties."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField
from bot.views.text import Block, context, duration, escape, message, quote, section
from domain.phases.phase import Phase
from domain.reporting.parties import PartyFigures
from domain.text import plural
from domain.tickets.ticket import Judgement, Ticket

Message = dict[str, Any]
JUDGE = "judge"
SHOWN = 20  # wishes in one list
VERDICT = ChoiceInput(id="judgement", label="What it is", required=True, radio=True,
                      options=tuple((one.value, one.label, one.meaning) for one in Judgement))  # fmt: skip


def judge_form(ticket: Ticket, phase: Phase) -> Block:
    """Return the form that says what a ticket is and whose."""
    values = {"judgement": ticket.judgement, "party": ticket.party}
    return form.modal(JUDGE, "Judge", (VERDICT, _party(phase)), values=values, metadata={"ticket": ticket.id},
                      before=[section(f"*{ticket.name}* {quote(ticket.summary)}")])  # fmt: skip


def _party(phase: Phase) -> FormField:
    options = tuple((one, one, "") for one in phase.intake.parties)
    return ChoiceInput(id="party", label="Whose it is", required=True, options=options)


def read_judge_form(view: Mapping[str, Any], phase: Phase) -> tuple[Judgement, str]:
    """Return what the ticket is, and the party."""
    given = form.read_all(view, (VERDICT, _party(phase)))
    return Judgement(given["judgement"]), given["party"]


def parties(phase: Phase, found: PartyFigures) -> Message:
    """Return the page: tickets and working time by party, what was judged, and the wishes for the sign-off."""
    text = f"{quote(phase.name)}: as agreed or a wish, and whose"
    names = dict.fromkeys((*phase.intake.parties, *found.open, *found.closed))
    rows = [_row(name, found) for name in names if found.open[name] or found.closed[name] or found.time.get(name)]
    counts = " · ".join(f"{one.label.lower()} {found.judged[one]}" for one in Judgement if found.judged[one])
    blocks = [
        section(f"*{text}*"),
        section("\n".join(rows) or "No ticket has a party yet. Judge one with *Show everything*."),
    ]
    blocks += [section(f"Judged: {counts}.")] if counts else []
    blocks += [section("\n".join(["*Wishes for the sign-off*", *wish_lines(found.wishes)]))] if found.wishes else []
    left = plural(found.not_judged, "1 open ticket is not judged yet.", "{count} open tickets are not judged yet.")
    return message(text, [*blocks, context(f"{left} Private tickets are not counted.")])


def _row(name: str, found: PartyFigures) -> str:
    spent = found.time.get(name)
    took = f", working time {duration(spent.total_seconds() / 60)}" if spent else ""
    return f"• {escape(name)}: {found.open[name]} open, {found.closed[name]} closed{took}"


def wish_lines(wishes: Sequence[Ticket]) -> list[str]:
    """Return the wishes, one per line."""
    rest = [f"… and {len(wishes) - SHOWN} more in the export."] if len(wishes) > SHOWN else []
    return [*(f"• *{one.name}* {quote(one.summary, 100)}" for one in wishes[:SHOWN]), *rest]
