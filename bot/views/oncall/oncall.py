"""Who is on call, as people read it: now, as a picture of the weeks to come, and at each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.views.text import Block, actions, button, context, message, quote, section, when
from domain.oncall.rota import LOOK_AHEAD, NO_PERSON, RotaSchedule, Shift
from domain.phases.phase import Phase
from domain.text import mention
from domain.tickets.ticket import Ticket

PICTURE_DAYS = 14  # of the picture
MAX_ROWS = 10
PARTS_PER_DAY = 4  # columns a day
MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CoverageProblems:
    """What would go wrong: hours of a rota that nobody covers, and people who did not answer a call for long."""

    gaps: Sequence[tuple[str, datetime, datetime]]
    untested: Sequence[str]


def on_call_now(
    shown: Sequence[tuple[Phase, RotaSchedule, Shift]], moment: datetime, *, is_now: bool, responder: bool
) -> Message:
    """For one person's eyes. With `responder` the buttons of those who may change something."""
    if not shown:
        text = "No rota is set up here. A phase's file has them; docs/settings.md shows how."
        return {"text": text, "blocks": [section(text)]}
    head = "On call now" if is_now else f"On call {when(moment)}"
    blocks: list[Block] = [section(f"*{head}*")]
    for phase, duty, shift in shown:
        blocks.append(section(f"*{phase.key}* {duty.rota.name}: {_who(shift)} {_until(shift, moment)}"))
        if is_now:
            blocks.append(picture(duty, moment))
    if responder and is_now:
        blocks.append(
            actions(button("Swap or hand over a shift", "oncall_swap"), button("Override", "oncall_override"))
        )
    names = ", ".join(f"{duty.rota.name}: {_who(shift)}" for _, duty, shift in shown)
    return {"text": f"{head}: {names}", "blocks": blocks}


def picture(duty: RotaSchedule, now: datetime) -> Block:
    """Two weeks as a table of quarter days: a row for everybody who is on, and one for what nobody covers."""
    zone = ZoneInfo(duty.rota.timezone or duty.zone)
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    cells = [[_person_at(duty, start, day, part) for part in range(PARTS_PER_DAY)] for day in range(PICTURE_DAYS)]
    people = list(dict.fromkeys(person for day in cells for person in day))
    heads = [
        (start + timedelta(days=day)).strftime("%a")[:2] + (start + timedelta(days=day)).strftime("%d")
        for day in range(PICTURE_DAYS)
    ]
    rows, legend = [" " * 2 + " ".join(heads)], list[Block]()
    for queued, person in zip(MARKS, people, strict=False):
        mark = queued if person else "-"
        rows.append(f"{mark} " + " ".join("".join(mark if one == person else "·" for one in day) for day in cells))
        legend += [
            _words(f"{mark} "),
            {"type": "user", "user_id": person} if person else _words("nobody"),
            _words("  "),
        ]
    grid = {"type": "rich_text_preformatted", "elements": [_words("\n".join(rows))]}
    return {"type": "rich_text", "elements": [grid, {"type": "rich_text_section", "elements": legend}]}


def hand_over(rota: str, before: str, shift: Shift, tickets: Sequence[Ticket]) -> Message:
    """At each change: who is on now, and what they take over."""
    was = f" It was <@{before}>." if before else ""
    text = f"On call now ({rota}): {_who(shift)}, {_until(shift, shift.starts)}.{was}"
    rows = [
        f"• *{t.name}* · {quote(t.summary, 100)}{f' · <@{t.owner}>' if t.owner else ' · nobody has it'}"
        for t in tickets[:MAX_ROWS]
    ]
    rows += [f"… and {len(tickets) - MAX_ROWS} more"] if len(tickets) > MAX_ROWS else []
    taken = (
        section("*Still climbing or being worked on:*\n" + "\n".join(rows))
        if rows
        else context("Nothing is open that was called for.")
    )
    return message(text, [section(text), taken])


def coverage_warning(found: CoverageProblems, leads: Sequence[str]) -> Message:
    """Before the weekend, for the leads."""
    called = " ".join(map(mention, leads))
    rows = [
        f"• nobody is on ({rota}) from {when(begins)} to {when(ends)}" for rota, begins, ends in found.gaps[:MAX_ROWS]
    ]
    rows += [f"• … and {len(found.gaps) - MAX_ROWS} more gaps"] if len(found.gaps) > MAX_ROWS else []
    rows += [f"• <@{person}> has not answered a call or a test for 30 days" for person in found.untested[:MAX_ROWS]]
    counts = f"{len(found.gaps)} gaps in the rota, {len(found.untested)} people who were not tested"
    text = f"Before the weekend: {counts}. {called}"
    test = [actions(button("Send test pages", "oncall_test"))] if found.untested else []
    return message(text.strip(), [section(f"*Before the weekend* {called}".strip()), section("\n".join(rows)), *test])


def test_page(page_id: int, by: str) -> Message:
    text = f"This is a test, asked for by <@{by}>: would you have heard this call? Please press the button."
    return message(text, [section(text), actions(button("I got it", "oncall_got_it", str(page_id), style="primary"))])


def shift_line(duty: RotaSchedule, shift: Shift, now: datetime) -> str:
    since = "now" if shift.starts <= now else when(shift.starts)
    return f"{duty.rota.name}: {since}, {_until(shift, now)}"


def _until(shift: Shift, now: datetime) -> str:
    """Nobody looks further than that."""
    return f"until {when(shift.ends)}" if shift.ends < now + LOOK_AHEAD else "for more than eight weeks"


def _who(shift: Shift) -> str:
    if shift.on_call.person == NO_PERSON:
        return "*nobody*"
    instead = (
        f" (instead of <@{shift.on_call.scheduled}>)"
        if shift.on_call.scheduled not in ("", shift.on_call.person)
        else ""
    )
    along = f", with {' '.join(map(mention, shift.on_call.shadows))} going along" if shift.on_call.shadows else ""
    return f"<@{shift.on_call.person}>{instead}{along}"


def _person_at(duty: RotaSchedule, start: datetime, day: int, part: int) -> str:
    """Who is on in the middle of that quarter of a local day."""
    middle = start + timedelta(days=day, hours=(part + 0.5) * 24 / PARTS_PER_DAY)
    return duty.at(middle).person


def _words(text: str) -> Block:
    return {"type": "text", "text": text}
