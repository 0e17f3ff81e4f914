"""The question to the people who decide about capacity, with the figures behind it."""

from typing import Any

from bot.views.people.names import name_of
from bot.views.text import actions, button, context, message, section
from bot.views.tickets.search import BULK
from domain.oncall.capacity import MAX_UTILISATION, Load
from domain.phases.phase import Phase
from domain.text import plural

OPTIONS = {"people": "Add people", "reassign": "Reassign tickets", "defer": "Defer tickets", "accept": "Change nothing"}
DECISIONS = {
    "people": "{by} decided to add people to *{phase}*.",
    "reassign": "{by} decided to reassign tickets of *{phase}*. A lead chooses which, and to whom.",
    "defer": "{by} decided to defer tickets of *{phase}*. A lead chooses which.",
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
               f"{_backlog(load)} {_age(load)}")  # fmt: skip
    buttons = actions(*(button(label, f"capacity:{name}", f"{phase.id}:{name}") for name, label in OPTIONS.items()))
    return message(text, [section(text), context(figures), buttons])


def decision(phase: Phase, choice: str, by: str) -> Message:
    """Say what was decided, to the person who was asked."""
    return message(DECISIONS[choice].format(by=name_of(by), phase=phase.key))


def decision_for_team(phase: Phase, choice: str, by: str, busiest: tuple[str, int] | None) -> Message:
    """Say what was decided, with the button for it; `busiest` is who owns most open tickets, and how many."""
    text = DECISIONS[choice].format(by=name_of(by), phase=phase.key)
    match choice, busiest:
        case "reassign", (person, count):
            most = plural(count, "{person} owns most: 1 open ticket.", "{person} owns most: {count} open tickets.",
                          person=name_of(person))  # fmt: skip
            choose = button("Choose tickets", BULK, f"open owner:<@{person}> phase:{phase.key}")
            return message(f"{text} {most}", [section(f"{text} {most}"), actions(choose)])
        case "defer", _:
            choose = button("List tickets", "list", f"low phase:{phase.key}")
            return message(text, [section(text), actions(choose)])
    return message(text)


def _age(load: Load) -> str:
    """Compare how old the open tickets are with what Little's law expects."""
    if load.age is None or load.expected_age is None:
        return ""
    hint = " So some have waited while newer ones were handled." if load.some_wait_too_long else ""
    return (f"At this rate a ticket is open for {load.expected_age:.1f} working days. Those open now are "
            f"{load.age:.1f} days old on average.{hint}")  # fmt: skip


def _backlog(load: Load) -> str:
    if load.days_to_clear is None:
        return plural(load.backlog, "1 ticket is open, and the backlog grows by {growth} a day.",
                      "{count} tickets are open, and the backlog grows by {growth} a day.",
                      growth=f"{load.growth:.1f}")  # fmt: skip
    return plural(load.backlog, "1 ticket is open. The backlog clears in {days} if nothing changes.",
                  "{count} tickets are open. The backlog clears in {days} if nothing changes.",
                  days=plural(round(load.days_to_clear), "1 day", "{count} days"))  # fmt: skip
