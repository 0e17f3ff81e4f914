"""Who is on call, as people read it: now, in the next two weeks, and at each change of shifts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, declined_scopes, mention, message, quote, section, when
from domain.oncall.rota import LOOK_AHEAD, NO_PERSON, RotaSchedule, Shift
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.ticket import Ticket

PICTURE_DAYS = 14
PARTS_PER_DAY = 4  # columns of the picture
MAX_ROWS = 10
UNASSIGNED = "unassigned"
MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CoverageProblems:
    """What is wrong in the next week: uncovered hours as (rota, start, end), and people without a recent answer."""

    gaps: Sequence[tuple[str, datetime, datetime]]
    untested: Sequence[str]


def on_call_now(
    shown: Sequence[tuple[Phase, RotaSchedule, Shift]], moment: datetime, *, is_now: bool, responder: bool,
    missing: Mapping[str, str],
) -> Message:  # fmt: skip
    """Return who is on call for one person's eyes.

    A `responder` also gets the buttons to change shifts, and what is left out because of `missing` scopes.
    """
    if not shown:
        text = "There is no rota here yet. A lead can add one with `/hypercare phase`."
        return {"text": text, "blocks": [section(text)]}
    head = "On call now" if is_now else f"On call {when(moment)}"
    blocks: list[Block] = [section(f"*{head}*")]
    for phase, schedule, shift in shown:
        blocks.append(section(f"*{phase.key}* {schedule.rota.name}: {_person(shift)}. {_until(shift, moment)}"))
        if is_now:
            blocks.append(picture(schedule, moment))
    if responder and is_now:
        blocks.append(actions(button("Swap shift", "oncall_swap"), button("Add override", "oncall_override")))
        blocks += declined_scopes(missing)
    names = ", ".join(f"{schedule.rota.name}: {_person(shift)}" for _, schedule, shift in shown)
    return message(f"{head}: {names}", blocks)


def picture(schedule: RotaSchedule, now: datetime) -> Block:
    """Return two weeks as a table of quarter days, with a row for each person on call and one for uncovered hours."""
    zone = ZoneInfo(schedule.rota.timezone or schedule.zone)
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    cells = [[_person_at(schedule, start, day, part) for part in range(PARTS_PER_DAY)] for day in range(PICTURE_DAYS)]
    people = list(dict.fromkeys(person for day in cells for person in day))
    days = [start + timedelta(days=day) for day in range(PICTURE_DAYS)]
    heads = [day.strftime("%a")[:2] + day.strftime("%d") for day in days]
    rows, legend = [" " * 2 + " ".join(heads)], list[Block]()
    for symbol, person in zip(MARKS, people, strict=False):
        mark = symbol if person else "-"
        rows.append(f"{mark} " + " ".join("".join(mark if one == person else "·" for one in day) for day in cells))
        legend += [
            _words(f"{mark} "),
            {"type": "user", "user_id": person} if person else _words("uncovered"),
            _words("  "),
        ]
    grid = {"type": "rich_text_preformatted", "elements": [_words("\n".join(rows))]}
    return {"type": "rich_text", "elements": [grid, {"type": "rich_text_section", "elements": legend}]}


def hand_over(rota: str, before: str, shift: Shift, tickets: Sequence[Ticket], *, has_leads: bool = False) -> Message:
    """Return the message at a change of shifts: who is on call now, and the open escalations they take over.

    `has_leads` is whether the leads are in the user group of the rota while no one is on call.
    """
    person, until = _person(shift), _until(shift, shift.starts)
    if shift.on_call.person == NO_PERSON:
        text = f"No one is on call now ({rota}), so pages go to the leads. {until}"
        text = f"{text} Until then its user group has the leads." if has_leads else text
    elif before:
        text = f"{person} is on call now ({rota}). {until} <@{before}> is off call."
    else:
        text = f"{person} is on call now ({rota}). {until}"
    rows = [
        f"• *{t.name}* · {quote(t.summary, 100)} · {mention(t.owner) if t.owner else UNASSIGNED}"
        for t in tickets[:MAX_ROWS]
    ]
    rows += [f"… and {len(tickets) - MAX_ROWS} more"] if len(tickets) > MAX_ROWS else []
    taken = section("\n".join(["*Open escalations:*", *rows])) if rows else context("There are no open escalations.")
    return message(text, [section(text), taken])


def coverage_warning(found: CoverageProblems, leads: Sequence[str]) -> Message:
    """Return the warning before the weekend, for the leads."""
    called = " ".join(map(mention, leads))
    counts = []
    if found.gaps:
        counts.append(plural(len(found.gaps), "1 gap in the rotas of the next week.",
                             "{count} gaps in the rotas of the next week."))  # fmt: skip
    if found.untested:
        counts.append(plural(len(found.untested), "1 person hasn't confirmed in 30 days that pages reach them.",
                             "{count} people haven't confirmed in 30 days that pages reach them."))  # fmt: skip
    gaps = [f"• No one is on call for {rota} from {when(begins)} to {when(ends)}" for rota, begins, ends in found.gaps]
    left = len(gaps) - MAX_ROWS
    more = [plural(left, "• … and 1 more gap", "• … and {count} more gaps")] if left > 0 else []
    rows = [*gaps[:MAX_ROWS], *more]
    rows += [f"• <@{person}> hasn't answered a page or a test in 30 days" for person in found.untested[:MAX_ROWS]]
    fill = [context("To fill a gap, type `/hypercare oncall override`.")] if found.gaps else []
    test = [actions(button("Send tests", "oncall_test"))] if found.untested else []
    text = f"Before the weekend: {' '.join(counts)} {called}"
    head = section(f"*Before the weekend* {called}".strip())
    return message(text.strip(), [head, section("\n".join(rows)), *fill, *test])


def test_page(page_id: int, by: str) -> Message:
    text = f"{name_of(by)} sent you a test page. Press *Got it* to confirm that pages reach you."
    return message(text, [section(text), actions(button("Got it", "oncall_got_it", str(page_id), style="primary"))])


def shift_line(schedule: RotaSchedule, shift: Shift, now: datetime) -> str:
    if shift.starts <= now:
        return f"{schedule.rota.name}: you're on call now. {_until(shift, now)}"
    return f"{schedule.rota.name}: your shift starts {when(shift.starts)}. {_until(shift, now)}"


def _until(shift: Shift, now: datetime) -> str:
    """Shifts are looked at eight weeks ahead."""
    return (
        f"This lasts until {when(shift.ends)}." if shift.ends < now + LOOK_AHEAD else "This lasts at least eight weeks."
    )


def _person(shift: Shift) -> str:
    on_call = shift.on_call
    if on_call.person == NO_PERSON:
        return "*uncovered*"
    instead = f" (instead of <@{on_call.scheduled}>)" if on_call.scheduled not in ("", on_call.person) else ""
    shadows = f", shadowed by {' '.join(map(mention, on_call.shadows))}" if on_call.shadows else ""
    return f"<@{on_call.person}>{instead}{shadows}"


def _person_at(schedule: RotaSchedule, start: datetime, day: int, part: int) -> str:
    """Return who is on call in the middle of that quarter of a local day."""
    middle = start + timedelta(days=day, hours=(part + 0.5) * 24 / PARTS_PER_DAY)
    return schedule.at(middle).person


def _words(text: str) -> Block:
    return {"type": "text", "text": text}
