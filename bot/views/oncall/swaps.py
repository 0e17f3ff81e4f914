"""Shifts that change hands: the forms in which people ask for it, and what everybody reads of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.views import form
from bot.views.inputs import ChoiceInput, DateTimeInput, FormField, PersonInput
from bot.views.text import Block, actions, button, message, section, when
from domain.oncall.rota import AGREED, ASKED, Shift, ShiftOverride, SwapRequest
from domain.phases.phase import Phase

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShiftPeriod:
    """A shift that can be given away."""

    phase: Phase
    rota: str
    shift: Shift

    @property
    def key(self) -> str:
        return f"{self.phase.id}:{self.shift.ends.timestamp():.0f}:{self.shift.on_call.person}:{self.rota}"[:150]

    def label(self, zone: str) -> str:
        """In that zone; options of a form cannot show everybody their own."""
        begins, ends = (
            at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M") for at in (self.shift.starts, self.shift.ends)
        )
        return f"{self.rota}: {begins} to {ends}"


def overridden(rota: str, override: ShiftOverride, by: str) -> Message:
    return message(
        f"<@{by}> put <@{override.person}> on call ({rota}) from {when(override.starts)} to {when(override.ends)}."
    )


def swap_request(made: Sequence[SwapRequest], by: str) -> Message:
    """To the one who is asked; with the answer once there is one."""
    state = made[0].state
    text = f"<@{by}> asks you to {_terms(made)}."
    if state != ASKED:
        return message(f"{text} You {'agreed' if state == AGREED else 'declined'}.")
    buttons = actions(
        button("Agree", "swap_yes", made[0].pair, style="primary"), button("Decline", "swap_no", made[0].pair)
    )
    return message(text, [section(text), buttons])


def swap_answer(made: Sequence[SwapRequest]) -> Message:
    """To the one who asked, and to the others when something changes."""
    first = made[0]
    if first.state == AGREED:
        return message(f"<@{first.override.person}> agreed with <@{first.asked_by}> to {_terms(made)}.")
    return message(f"<@{first.override.person}> cannot {_terms(made)}.")


def _terms(made: Sequence[SwapRequest]) -> str:
    first = made[0]
    period = f"from {when(first.override.starts)} to {when(first.override.ends)}"
    take = f"take the shift of <@{first.override.instead_of}> ({first.rota}) {period}"
    back = [f"give theirs from {when(r.override.starts)} to {when(r.override.ends)} for it" for r in made[1:]]
    return " and to ".join([take, *back])


def swap_form(stretches: Sequence[ShiftPeriod], person: str, zone: str) -> Block:
    """Which of mine, to whom, and which of theirs for it."""
    return form.modal("oncall_swap", "Swap a shift", _swap_fields(stretches, person, zone), submit="Ask",
                      before=[section("The other one is asked first; nothing changes before they agree.")])  # fmt: skip


def read_swap(
    view: Mapping[str, Any], stretches: Sequence[ShiftPeriod], person: str, zone: str
) -> tuple[ShiftPeriod, str, ShiftPeriod | None]:
    """(mine, whom, theirs)."""
    values = form.read(view, _swap_fields(stretches, person, zone))
    known = {stretch.key: stretch for stretch in stretches}
    takes = known.get(values.get("takes") or "")
    if takes and takes.shift.on_call.person != values["to"]:
        raise form.InvalidForm({"takes": "That is not a shift of the person you chose."})
    if takes and takes.phase.id != known[values["gives"]].phase.id:
        raise form.InvalidForm({"takes": "That is a shift of another phase."})
    return known[values["gives"]], values["to"], takes


def override_form(rotas: Sequence[tuple[Phase, str]], person: str, now: datetime) -> Block:
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    values = {"rota": _rota_key(*rotas[0]), "person": person, "starts": start, "ends": start + timedelta(days=1)}
    return form.modal("oncall_override", "Override", _override_fields(rotas), values=values, submit="Put on call")


def read_override(view: Mapping[str, Any], rotas: Sequence[tuple[Phase, str]]) -> tuple[int, str, ShiftOverride]:
    """(phase, rota, who and when)."""
    values = form.read(view, _override_fields(rotas))
    phase_id, _, rota = values["rota"].partition(":")
    return int(phase_id), rota, ShiftOverride(person=values["person"], starts=values["starts"], ends=values["ends"])


def _swap_fields(stretches: Sequence[ShiftPeriod], person: str, zone: str) -> list[FormField]:
    def options(some: Sequence[ShiftPeriod]) -> tuple[tuple[str, str, str], ...]:
        return tuple((s.key, s.label(zone), "") for s in some[:100])

    mine = [s for s in stretches if s.shift.on_call.person == person]
    others = [s for s in stretches if s.shift.on_call.person != person]
    theirs = [
        ChoiceInput(
            id="takes", label="I take for it", options=options(others), hint="Nothing, if you just need somebody"
        )
    ]
    return [ChoiceInput(id="gives", label="My shift", required=True, options=options(mine)),
            PersonInput(id="to", label="Who takes it", required=True), *(theirs if others else [])]  # fmt: skip


def _override_fields(rotas: Sequence[tuple[Phase, str]]) -> list[FormField]:
    options = tuple((_rota_key(phase, rota), f"{phase.key} {rota}", "") for phase, rota in rotas)
    return [ChoiceInput(id="rota", label="Rota", required=True, options=options),
            PersonInput(id="person", label="Who is on call", required=True),
            DateTimeInput(id="starts", label="From", required=True),
            DateTimeInput(id="ends", label="Until", required=True)]  # fmt: skip


def _rota_key(phase: Phase, rota: str) -> str:
    return f"{phase.id}:{rota}"
