"""The question to whoever can bring in people or put something off, with the figures behind it."""

from typing import Any

from bot.views.text import actions, button, context, message, section
from domain.oncall.capacity import MAX_UTILISATION, Load
from domain.phases.phase import Phase

OPTIONS = {"people": "Bring in people", "defer": "Put something off", "accept": "Leave it for now"}
DECIDED = {"people": "people are brought in", "defer": "something is put off; `/hypercare bulk low` has what could be",
           "accept": "it is left as it is for now"}  # fmt: skip
Message = dict[str, Any]


def question(phase: Phase, load: Load) -> Message:
    """What is too much, and what would help."""
    text = (f"*{phase.key}*: more comes in than people can do. At this inflow you need {load.people_needed} people, "
            f"or put off {load.share_to_defer:.0%} of it.")  # fmt: skip
    figures = (f"{load.arrivals:.1f} tickets a working day, {load.handling:.1f} h each; {load.people:.1f} people of "
               f"{load.hours:.1f} h can do {load.done:.1f}. That is {load.utilisation:.0%} of what they can, and more "
               f"than {MAX_UTILISATION:.0%} for two days. {_backlog(load)}")  # fmt: skip
    buttons = actions(*(button(label, f"capacity:{name}", f"{phase.id}:{name}") for name, label in OPTIONS.items()))
    return message(text, [section(text), context(figures), buttons])


def decision(phase: Phase, choice: str, by: str) -> Message:
    return message(f"<@{by}> decided about the load of *{phase.key}*: {DECIDED[choice]}.")


def _backlog(load: Load) -> str:
    if load.days_to_clear is None:
        return f"{load.backlog} are open, and it grows by {load.growth:.1f} a day."
    return f"{load.backlog} are open; they are done in {load.days_to_clear:.0f} days if nothing changes."
