"""Workarounds that people use: the team's list, the form for another day, the digest's line, and that one is over."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.views import form
from bot.views.inputs import DateInput
from bot.views.text import Block, actions, button, context, day, message, quote, section
from bot.views.tickets.posts import titled
from domain.followup.workarounds import Workaround, WorkaroundCounts
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
SHOW, DATE, END = "workarounds", "workaround_date", "workaround_end"
BARS = "▁▂▃▄▅▆▇█"
UNTIL = DateInput(id="until", label="Fixed by", required=True)
CONFIRM = (
    "Tell people to stop?",
    "Everyone who was told of this workaround gets one message that the fix is there.",
    "Tell",
)


def listing(
    phase: Phase, found: Sequence[tuple[Workaround, Ticket]], counts: WorkaroundCounts, today: date
) -> Message:  # fmt: skip
    """Return the workarounds of a phase, those that are due first before others."""
    if not found:
        return message(f"No one in {quote(phase.name)} uses a workaround.")
    text = summary(counts)
    blocks = [section(text)]
    for one, ticket in found:
        told = plural(len(one.readers), "1 person was told on {given}.", "{count} people were told on {given}.",
                      given=day(phase.local_date(one.given_at), ticket.changed_at))  # fmt: skip
        due = "A fix was due to replace it by {day}." if one.until < today else "A fix is due to replace it by {day}."
        says = f"*{ticket.name}* {quote(ticket.summary, 150)}\n{told} {due.format(day=day(one.until))}"
        value = str(one.id)
        fixed = button("Mark fixed", f"{END}:{one.id}", value, confirm=CONFIRM, name=f"Mark fixed: {ticket.name}")
        later = button("Change date", f"{DATE}:{one.id}", value, name=f"Change date: {ticket.name}")
        blocks += [section(says), actions(fixed, later)]
    rest = counts.in_use - len(found)
    return message(text, [*blocks, *([context(f"… and {rest} more, due later.")] if rest > 0 else [])])


def summary(counts: WorkaroundCounts) -> str:
    """Return how many workarounds there are; empty when there are none."""
    if not counts.in_use:
        return ""
    late = plural(counts.late, " 1 is past its date.", " {count} are past their date.") if counts.late else ""
    told = plural(counts.told, "1 person was told.", "{count} people were told.")
    return plural(counts.in_use, "1 workaround is in use. {told}{late}", "{count} workarounds are in use. {told}{late}",
                  told=told, late=late)  # fmt: skip


def digest_blocks(counts: WorkaroundCounts) -> list[Block]:
    """Return the digest's part: how many are in use, and their course; Slack takes no third chart in a message."""
    if not counts.has_any:
        return []
    text = summary(counts) or "No workaround is in use any more."
    return [section("\n".join([text, *_course(counts)]))]


def _course(counts: WorkaroundCounts) -> list[str]:
    """Return how many were in use on each of the last days, as bars and in words; nothing without any."""
    values = [count for _, count in counts.by_day]
    if not any(values):
        return []
    most = max(values)
    bars = "".join(BARS[(len(BARS) - 1) * one // most] for one in values)
    first, last = day(counts.by_day[0][0]), day(counts.by_day[-1][0])
    return [f"In use: {bars} {values[0]} on {first}, {values[-1]} on {last}, at most {most}."]


def date_form(ticket: Ticket, found: Workaround) -> Block:
    """Return the form for another day."""
    return form.modal(DATE, "Change date", (UNTIL,), values={"until": found.until}, metadata={"workaround": found.id},
                      before=[section(f"When will a fix replace the workaround of *{ticket.name}*?")])  # fmt: skip


def read_form(view: Mapping[str, Any]) -> tuple[int, date]:
    """Return the id of the workaround and the day; InvalidForm without one."""
    return form.number(view, "workaround"), form.read_all(view, (UNTIL,))["until"]


def over(ticket: Ticket) -> Message:
    """Tell a person who was told of a workaround to stop using it."""
    return message(f"{titled(ticket)} is fixed. You no longer need the workaround.")


def ended(ticket: Ticket) -> str:
    return f"We've told everyone who was told of the workaround of *{ticket.name}* that they no longer need it."
