"""The question to the people who decide about capacity, with the figures behind it."""

from typing import Any

from bot.views.people.names import name_of
from bot.views.text import actions, button, context, message, section
from domain.oncall.capacity import MAX_UTILISATION, Load
from domain.phases.phase import Phase
from domain.text import plural

OPTIONS = {"people": "Add people", "defer": "Defer tickets", "accept": "Change nothing"}
DECISIONS = {
    "people": "{by} decided to add people to *{phase}*.",
    "defer": "{by} decided to defer tickets of *{phase}*. `/hypercare bulk low` lists candidates.",
    "accept": "{by} decided to change nothing in *{phase}* for now.",
}
Message = dict[str, Any]


def question(phase: Phase, load: Load) -> Message:
    """Ask what to do about the load, with what would help."""
    text = plural(
        load.people_needed,
        "*{phase}* gets more tickets than its people can handle. At this rate you need 1 person in total, or have "
        "to defer {share} of new tickets. What do you want to do?",
        "*{phase}* gets more tickets than its people can handle. At this rate you need {count} people in total, or "
        "have to defer {share} of new tickets. What do you want to do?",
        phase=phase.key, share=f"{load.share_to_defer:.0%}",
    )  # fmt: skip
    figures = (f"{load.arrivals:.1f} new tickets a working day, {load.handling:.1f} h of work each. {load.people:.1f} "
               f"people working {load.hours:.1f} h a day can handle {load.done:.1f}. That is {load.utilisation:.0%} of "
               f"their capacity. It has been above {MAX_UTILISATION:.0%} for two days in a row. "
               f"{_backlog(load)}")  # fmt: skip
    buttons = actions(*(button(label, f"capacity:{name}", f"{phase.id}:{name}") for name, label in OPTIONS.items()))
    return message(text, [section(text), context(figures), buttons])


def decision(phase: Phase, choice: str, by: str) -> Message:
    return message(DECISIONS[choice].format(by=name_of(by), phase=phase.key))


def _backlog(load: Load) -> str:
    if load.days_to_clear is None:
        return plural(load.backlog, "1 ticket is open, and the backlog grows by {growth} a day.",
                      "{count} tickets are open, and the backlog grows by {growth} a day.",
                      growth=f"{load.growth:.1f}")  # fmt: skip
    return plural(load.backlog, "1 ticket is open. The backlog clears in {days} if nothing changes.",
                  "{count} tickets are open. The backlog clears in {days} if nothing changes.",
                  days=plural(round(load.days_to_clear), "1 day", "{count} days"))  # fmt: skip
