"""Rules in Slack: what they tell people and other systems, the list with bounds and log, and the dry run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.views.api.tickets import envelope, ticket_data
from bot.views.people.names import name_of
from bot.views.phases.rules import RULE
from bot.views.phases.sections import SECTION
from bot.views.text import (
    Block,
    actions,
    address,
    answer,
    button,
    context,
    mention,
    message,
    plain,
    quote,
    rich,
    section,
    when,
)
from bot.views.tickets.posts import loud
from bot.views.tickets.ticket import headline
from domain.automation.rules import HeldBack, RuleStep, RuleTrial
from domain.automation.settings import AutomationRule, AutomationSettings, RuleOccasion
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
LIST, TRY, LOG = "rules", "rules_try", "rules_log"
CHANGE, NO_RULES = "Change a rule", "There are no rules yet. A lead can add one."
SHOWN = 10  # rules in one message
LINES = 10  # of a log in one block
NAMED = 5  # tickets of one rule in a dry run


def because(rule: AutomationRule) -> str:
    """Return the reason that a change by a rule has."""
    return f"Set by the rule {rule.name}."


def told(ticket: Ticket, rule: AutomationRule, occasion: RuleOccasion) -> Message:
    """Tell of a ticket because of a rule."""
    owner = name_of(ticket.owner) if ticket.owner else "unassigned"
    facts = [ticket.status.label, quote(ticket.report.module, 75), owner]
    show = button("Show", f"show:{ticket.id}", str(ticket.id), name=f"Show {ticket.name}: {ticket.summary}")
    blocks = [section(f"{headline(ticket)}\n{' · '.join(filter(None, facts))}", accessory=show),
              context(f"You get this because of the rule `{rule.name}`: when {occasion.label}.")]  # fmt: skip
    return message(headline(ticket), blocks)


def asks(ticket: Ticket, rule: AutomationRule) -> Message:
    """Ask the reporter what a rule wants to know."""
    text = f"The team needs to know something about *{ticket.name}*:"
    tail = context("Reply in this thread, and the team reads it. Your report is worked on meanwhile.")
    return loud(message(f"{text} {quote(rule.ask)}", [section(text), rich(rule.ask), tail]))


def asked(rule: AutomationRule) -> Message:
    return message(f"The reporter was asked because of the rule `{rule.name}`: {quote(rule.ask)}")


def module_set(ticket: Ticket, rule: AutomationRule) -> Message:
    return message(f"The module is now *{quote(ticket.report.module, 75)}*, because of the rule `{rule.name}`.")


def limit_reached(phase: Phase, rule: AutomationRule) -> Message:
    """Say that a rule does no more in this hour."""
    often = plural(phase.automation.hourly_limit, "once", "{count} times")
    return message(f"The rule `{rule.name}` has acted {often} within an hour, so it's paused until fewer tickets match "
                   f"it. `/hypercare rules {phase.key}` shows what it left out.")  # fmt: skip


def payload(
    ticket: Ticket, rule: AutomationRule, occasion: RuleOccasion, link: str, at: datetime
) -> dict[str, Any]:  # fmt: skip
    """Return the body of a webhook about a ticket that a rule fits."""
    data = {"rule": rule.name, "occasion": occasion.value, "ticket": ticket_data(ticket, link)}
    return envelope("ticket.rule", at, data)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """What a rule did at that moment; `ticket` is empty where the reader may not see it."""

    rule: str
    ticket: str
    occasion: RuleOccasion
    at: datetime
    steps: Sequence[RuleStep]
    held: HeldBack | None


def page(
    phase: Phase, counts: Mapping[str, tuple[int, int]], log: Sequence[LoggedRun], span: timedelta, *, may_change: bool
) -> Message:
    """Return the rules of a phase with their bounds, how often each acted, and what was done last.

    A person who may change rules gets a menu of them.
    """
    rules = phase.automation.rules
    text = plural(len(rules), "1 rule of {name}", "{count} rules of {name}", none="Rules of {name}", name=phase.name)
    rows = [section(_rule(rule, counts.get(rule.name, (0, 0)), span)) for rule in rules[:SHOWN]]
    rest = [context(f"… and {len(rules) - SHOWN} more.")] if len(rules) > SHOWN else []
    buttons = [button("Try rules", TRY, phase.key)] if rules else []
    buttons += [button("Show log", LOG, phase.key), *(_change(phase) if may_change else [])]
    return answer(text, [
        section(f"*{text}*"), *(rows or [section(NO_RULES)]), *rest, context(bounds(phase.automation)),
        section("\n".join(["*What rules did last*", *_lines(log)])), actions(*buttons),
    ])  # fmt: skip


def _change(phase: Phase) -> list[Block]:
    """Return the button that adds a rule, and the menu of those that can be changed."""
    names = [one.name for one in phase.automation.rules]
    options = [{"text": plain(name), "value": f"{RULE}{name}:{phase.key}"} for name in names]
    menu = {"type": "static_select", "action_id": f"{SECTION}:rule", "placeholder": plain(CHANGE), "options": options}
    return [button("Add rule", f"{SECTION}:{RULE}", f"{RULE}:{phase.key}"), *([menu] if options else [])]


def log(phase: Phase, found: Sequence[LoggedRun]) -> Message:
    """Return what rules did last, newest first."""
    text = f"What the rules of {phase.name} did last"
    lines = _lines(found)
    parts = ["\n".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
    return answer(text, [section(f"*{text}*"), *map(section, parts)])


def _lines(found: Sequence[LoggedRun]) -> list[str]:
    return [*map(_logged, found)] or ["Nothing yet."]


def bounds(settings: AutomationSettings) -> str:
    """Say what keeps rules from looping and flooding."""
    often = plural(settings.hourly_limit, "once", "{count} times")
    return (f"A rule acts at most {often} an hour, and on a ticket once in {settings.rest}. Changes made by a rule "
            "don't trigger rules, and neither do imported tickets.")  # fmt: skip


def _rule(rule: AutomationRule, count: tuple[int, int], span: timedelta) -> str:
    acted, held = count
    days = span.days
    did = plural(acted, "acted once in {days} days", "acted {count} times in {days} days", days=days)
    left = plural(held, "held back once", "held back {count} times") if held else ""
    occasions = " or ".join(one.label for one in rule.when)
    facts = " · ".join(filter(None, (did, left)))
    return f"{_title(rule)}: when {occasions}{_conditions(rule)} → {_does(rule)}\n{facts}"


def _title(rule: AutomationRule) -> str:
    return f"*{rule.name}*" if rule.enabled else f"*{rule.name}* (off)"


def _conditions(rule: AutomationRule) -> str:
    found = [", ".join(rule.severities), ", ".join(one.label for one in rule.statuses),
             quote(", ".join(rule.modules), 150),
             ", ".join(f"{quote(name, 40)}={quote(wanted, 60)}" for name, wanted in rule.labels.items())]  # fmt: skip
    shown = "; ".join(filter(None, found))
    return f" ({shown})" if shown else ""


def _does(rule: AutomationRule) -> str:
    found = [
        f"severity {rule.severity}" if rule.severity else "",
        f"module {quote(rule.module, 75)}" if rule.module else "",
        f"assign to {mention(rule.assign)}" if rule.assign else "", "page" if rule.page else "",
        f"ask “{quote(rule.ask, 100)}”" if rule.ask else "",
        f"tell {', '.join(map(address, rule.tell))}" if rule.tell else "",
        f"webhook `{rule.webhook}`" if rule.webhook else "",
    ]  # fmt: skip
    return ", ".join(filter(None, found))


def _logged(run: LoggedRun) -> str:
    about = run.ticket or "a ticket you can't see"
    if run.held:
        return f"{when(run.at)} · {run.rule} · {about} · held back, as it reached its limit for the hour"
    did = ", ".join(step.label for step in run.steps) or "nothing was left to do"
    return f"{when(run.at)} · {run.rule} · {about} · {did}"


def trial(phase: Phase, found: Sequence[tuple[RuleTrial, Sequence[str]]], span: timedelta) -> Message:
    """Return what the rules would have done in the past days; nothing of it was done."""
    text = f"Dry run of the rules of {phase.name} over the last {span.days} days. Nothing was changed or sent."
    rows = [section(_trial(one, names)) for one, names in found[:SHOWN]]
    return answer(text, [section(f"*{text}*"), *rows, context(bounds(phase.automation))])


def preview(
    phase: Phase, found: Sequence[tuple[RuleTrial, Sequence[str]]], span: timedelta, *, outside: str
) -> tuple[str, str]:
    """Return a heading, and what a rule that is to be saved would have done in the past days.

    `outside` is the person to whom it assigns tickets when they are not in the team; else it is empty.
    """
    lines = [_trial(one, names) for one, names in found]
    if outside:
        lines.append(f":warning: {mention(outside)} isn't in the team of {quote(phase.name)}, so the rule assigns "
                     "nothing to them. Add them under *People* first, or choose another person.")  # fmt: skip
    return f"In the last {span.days} days:", "\n".join([*lines, bounds(phase.automation)])


def _trial(one: RuleTrial, names: Sequence[str]) -> str:
    count = len(one.tickets)
    would = plural(count, "would have acted once", "would have acted {count} times")
    shown = ", ".join(names[:NAMED])
    more = f" and {count - min(len(names), NAMED)} more" if count > min(len(names), NAMED) else ""
    tickets = f": {shown}{more}" if shown else ""
    held = one.resting + one.limited
    left = plural(held, ", and was held back once", ", and was held back {count} times") if held else ""
    return f"{_title(one.rule)} {would}{tickets}{left}."
