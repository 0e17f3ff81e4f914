"""The choice of a phase, where several are active and a form belongs to one."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.text import Block, button, quote, section
from domain.phases.phase import Phase

SHOWN_PHASES = 20


def choice_of_phase(action: str, title: str, label: str, found: Sequence[Phase]) -> Block:
    """Return a modal with a button for each phase: its id is the action's with a number, its value the phase's key.

    `label` is what a screen reader says of a button, with `{phase}` in it.
    """
    rows = [
        section(f"*{quote(one.name)}*", accessory=button("Choose", f"{action}:{number}", one.key,
                                                         name=label.format(phase=one.name)))
        for number, one in enumerate(found[:SHOWN_PHASES])
    ]  # fmt: skip
    return {**form.notice(title, ""), "blocks": [section("Which phase do you mean?"), *rows]}


def phase_of(view: Mapping[str, Any]) -> str:
    """Return the key of the phase that a form is about."""
    return form.word(view, "phase")
