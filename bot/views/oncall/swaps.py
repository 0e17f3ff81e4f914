"""Swaps and overrides: their forms and messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.views import form
from bot.views.inputs import ChoiceInput, DateTimeInput, FormField, PersonInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, message, section, when
from domain.oncall.rota import AGREED, ASKED, LAPSED, Shift, ShiftOverride, SwapRequest
from domain.phases.phase import Phase

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShiftPeriod:
    """A shift that can be swapped."""

    phase: Phase
    rota: str
    shift: Shift

    @property
    def key(self) -> str:
        return f"{self.phase.id}:{self.shift.ends.timestamp():.0f}:{self.shift.on_call.person}:{self.rota}"[:150]

    def label(self, zone: str) -> str:
        """Return the shift in words, in that time zone: options of a form can't show each reader's own."""
        begins, ends = (
            at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M") for at in (self.shift.starts, self.shift.ends)
        )
        return f"{self.rota}: {begins} to {ends}"


def overridden(rota: str, override: ShiftOverride, by: str) -> Message:
    period = f"from {when(override.starts)} to {when(override.ends)}"
    if override.person == by:
        return message(f"{name_of(by)} takes {rota} {period}.")
    return message(f"{name_of(by)} put <@{override.person}> on call ({rota}) {period}.")


def swap_request(made: Sequence[SwapRequest], by: str) -> Message:
    """Return the question to the person who is asked, with their answer once there is one."""
    give, *back = made
    if back:
        text = f"{name_of(by)} asks you to swap shifts: you take {_shift(give)}, and they take {_shift(back[0])}."
    else:
        text = f"{name_of(by)} asks you to take their shift: {_shift(give)}."
    if give.state == AGREED:
        return message(f"{text} You agreed.")
    if give.state == LAPSED:
        return message(f"{text} The shift is over, so nothing has changed.")
    if give.state != ASKED:
        return message(f"{text} You declined.")
    buttons = actions(button("Agree", "swap_yes", give.pair, style="primary"), button("Decline", "swap_no", give.pair))
    return message(text, [section(text), context("Nothing changes until you agree."), buttons])


def swap_answer(made: Sequence[SwapRequest]) -> Message:
    """Return the answer for the person who asked, and for the on-call channel when shifts change."""
    give, *back = made
    person, asker = name_of(give.override.person), f"<@{give.asked_by}>"
    if give.state != AGREED:
        return message(f"{person} can't take {_shift(give)}. You stay on call.")
    if back:
        return message(f"{person} and {asker} swapped shifts: {person} takes {_shift(give)}, "
                       f"and {asker} takes {_shift(back[0])}.")  # fmt: skip
    return message(f"{person} takes a shift of {asker}: {_shift(give)}.")


def _shift(request: SwapRequest) -> str:
    return f"{request.rota} from {when(request.override.starts)} to {when(request.override.ends)}"


def swap_form(shifts: Sequence[ShiftPeriod], person: str, zone: str) -> Block:
    """Return the form: which shift, to whom, and which of their shifts in return."""
    return form.modal("oncall_swap", "Swap shift", _swap_fields(shifts, person, zone), submit="Send request",
                      before=[section("We ask the other person first. Nothing changes until they agree.")])  # fmt: skip


def read_swap(
    view: Mapping[str, Any], shifts: Sequence[ShiftPeriod], person: str, zone: str
) -> tuple[ShiftPeriod, str, ShiftPeriod | None]:
    """Return (own shift, person, their shift or None)."""
    values = form.read(view, _swap_fields(shifts, person, zone))
    known = {shift.key: shift for shift in shifts}
    takes = known.get(values.get("takes") or "")
    if takes and takes.shift.on_call.person != values["to"]:
        raise form.InvalidForm({"takes": "This isn't a shift of that person. Choose one of theirs."})
    if takes and takes.phase.id != known[values["gives"]].phase.id:
        raise form.InvalidForm({"takes": "This shift belongs to another phase. Choose one of the same phase."})
    return known[values["gives"]], values["to"], takes


def override_form(rotas: Sequence[tuple[Phase, str]], person: str, now: datetime) -> Block:
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    values = {"rota": _rota_key(*rotas[0]), "person": person, "starts": start, "ends": start + timedelta(days=1)}
    return form.modal("oncall_override", "Add override", _override_fields(rotas), values=values, submit="Save")


def read_override(view: Mapping[str, Any], rotas: Sequence[tuple[Phase, str]]) -> tuple[int, str, ShiftOverride]:
    """Return (phase id, rota, override)."""
    values = form.read(view, _override_fields(rotas))
    phase_id, _, rota = values["rota"].partition(":")
    return int(phase_id), rota, ShiftOverride(person=values["person"], starts=values["starts"], ends=values["ends"])


def _swap_fields(shifts: Sequence[ShiftPeriod], person: str, zone: str) -> list[FormField]:
    def options(some: Sequence[ShiftPeriod]) -> tuple[tuple[str, str, str], ...]:
        return tuple((s.key, s.label(zone), "") for s in some[:100])

    mine = [s for s in shifts if s.shift.on_call.person == person]
    others = [s for s in shifts if s.shift.on_call.person != person]
    theirs = [
        ChoiceInput(
            id="takes", label="Shift you take in return", options=options(others), hint="Leave this empty to take none"
        )
    ]
    return [ChoiceInput(id="gives", label="Your shift", required=True, options=options(mine)),
            PersonInput(id="to", label="Who takes it", required=True), *(theirs if others else [])]  # fmt: skip


def _override_fields(rotas: Sequence[tuple[Phase, str]]) -> list[FormField]:
    options = tuple((_rota_key(phase, rota), f"{phase.key} {rota}", "") for phase, rota in rotas)
    return [ChoiceInput(id="rota", label="Rota", required=True, options=options),
            PersonInput(id="person", label="Person on call", required=True),
            DateTimeInput(id="starts", label="From", required=True),
            DateTimeInput(id="ends", label="Until", required=True)]  # fmt: skip


def _rota_key(phase: Phase, rota: str) -> str:
    return f"{phase.id}:{rota}"
