"""The section of a phase's settings about one of its rules: when it acts, on which tickets, and what it does."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from bot.views.form import InvalidForm
from bot.views.inputs import ChannelsInput, ChoiceInput, ChoicesInput, FormField, PeopleInput, TextInput
from bot.views.phases.listed import ListedTable
from bot.views.phases.section import Section, Setting, Tree
from domain.address import is_channel, is_group, is_person
from domain.automation.settings import AutomationRule, RuleOccasion
from domain.phases.phase import Phase
from domain.text import lines_of
from domain.tickets.status import Status
from domain.tickets.ticket import MODULE_LIMIT, Severity

RULE = "rule/"  # followed by the name; by nothing for a new one
NOTE = ("When one of these happens to a ticket and all conditions fit, everything that you fill in below is done. "
        "The next step shows what the rule would have done in the last week.")  # fmt: skip
YES, NO, LEAVE = "yes", "no", "leave"
EFFECTS = ("tell", "page", "assign", "severity", "module", "ask", "webhook")
NO_EFFECT = "This rule does nothing yet. Choose whom it tells, or fill in one of the fields below."
SEVERITIES = tuple((one.value, one.value.capitalize(), "") for one in Severity)
LABELS_HINT = ("One on each line, as in title = *bank*. For title, type, process, category, environment, intake, "
               "party, fields of the phase and labels of alerts")  # fmt: skip


def find_section(name: str, phase: Phase) -> Section | None:
    """Return the form of a rule, as in `rule/payroll`; None if the phase has none of that name."""
    own = name.removeprefix(RULE)
    known = frozenset(one.name for one in phase.automation.rules)
    if not name.startswith(RULE) or (own and own not in known):
        return None
    table = ListedTable("automation", "rules", own, known)
    settings = (
        *table.named("Small letters and digits, as in payroll", 30), *_conditions(table), *_effects(table),
        _yes_or_no(table, "enabled", "Acts (No pauses it)", usual=True), *table.kept("This rule"), table.place(),
    )  # fmt: skip
    return Section(f"Rule {own}"[:24] if own else "Add rule", NOTE, settings, partial(_require_effect, table))


def _conditions(table: ListedTable) -> tuple[Setting, ...]:
    when = ChoicesInput(id="when", label="When", required=True, options=_options(RuleOccasion))
    severities = ChoicesInput(id="severities", label="Only for severities", options=SEVERITIES,
                              hint="For all when none is chosen")  # fmt: skip
    statuses = ChoicesInput(id="statuses", label="Only for statuses", options=_options(Status),
                            hint="For all when none is chosen")  # fmt: skip
    modules = TextInput(id="modules", label="Only for modules", limit=600,
                        hint="One on each line, with the modules below them. For all when empty")  # fmt: skip
    labels = TextInput(id="labels", label="Only with labels", limit=600, hint=LABELS_HINT)
    return (
        _setting(table, when, ()), _setting(table, severities, ()), _setting(table, statuses, ()),
        table.lines(modules), Setting(labels, partial(_get_labels, table), partial(_put_labels, table)),
    )  # fmt: skip


def _effects(table: ListedTable) -> tuple[Setting, ...]:
    module = TextInput(id="module", label="Sets the module", multiline=False, limit=MODULE_LIMIT)
    ask = TextInput(id="ask", label="Asks the reporter", limit=300)
    webhook = TextInput(id="webhook", label="Calls the webhook", multiline=False, limit=20, placeholder="ops")
    return (
        *_tell(table), _yes_or_no(table, "page", "Pages the people on call", usual=False), _assign(table),
        _severity(table), _setting(table, module, ""), _setting(table, ask, ""), _setting(table, webhook, None),
    )  # fmt: skip


def _setting(table: ListedTable, made: FormField, empty: Any) -> Setting:
    """Return an input for a setting of a rule; `empty` is what it is when nothing is filled in."""

    def put(tree: Tree, value: Any) -> None:
        table.tree(tree)[made.id] = value or empty

    return Setting(made, lambda phase: getattr(table.find(phase), made.id, empty), put)


def _tell(table: ListedTable) -> tuple[Setting, ...]:
    """Return the inputs for whom a rule tells: channels, people and user groups, which are one list."""
    groups = TextInput(id="tell_groups", label="Tells user groups", multiline=False, limit=100,
                       hint="Their ids, as in S0123456789, with commas between them")  # fmt: skip

    def get(phase: Phase) -> str:
        return ", ".join(_told(table, phase, is_group))

    def put(tree: Tree, value: str) -> None:
        wanted = [one for part in str(value).split(",") if (one := part.strip())]
        if wrong := [one for one in wanted if not is_group(one)]:
            raise ValueError(f"{wrong[0]} is no id of a user group. Those look like S0123456789.")
        _put_told(table, tree, wanted, is_group)

    return (
        Setting(ChannelsInput(id="tell", label="Tells channels"), lambda phase: _told(table, phase, is_channel),
                lambda tree, value: _put_told(table, tree, value, is_channel)),
        Setting(PeopleInput(id="tell_people", label="Tells people"), lambda phase: _told(table, phase, is_person),
                lambda tree, value: _put_told(table, tree, value, is_person)),
        Setting(groups, get, put),
    )  # fmt: skip


def _told(table: ListedTable, phase: Phase, is_kind: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(filter(is_kind, getattr(table.find(phase), "tell", ())))


def _put_told(table: ListedTable, tree: Tree, wanted: Sequence[str], is_kind: Callable[[str], bool]) -> None:
    rule = table.tree(tree)
    rule["tell"] = [*(one for one in rule.get("tell", ()) if not is_kind(one)), *wanted]


def _yes_or_no(table: ListedTable, name: str, label: str, *, usual: bool) -> Setting:
    made = ChoiceInput(id=name, label=label, required=True, options=((YES, "Yes", ""), (NO, "No", "")))

    def put(tree: Tree, value: str) -> None:
        table.tree(tree)[name] = value == YES

    return Setting(made, lambda phase: YES if getattr(table.find(phase), name, usual) else NO, put)


def _severity(table: ListedTable) -> Setting:
    """Return the input for the severity that the ticket gets, which may be left as it is."""
    options = ((LEAVE, "Leave it", ""), *SEVERITIES)
    made = ChoiceInput(id="severity", label="Sets the severity", required=True, options=options)

    def put(tree: Tree, value: str) -> None:
        table.tree(tree)["severity"] = None if value == LEAVE else value

    return Setting(made, lambda phase: getattr(table.find(phase), "severity", None) or LEAVE, put)


def _assign(table: ListedTable) -> Setting:
    """Return the input for who gets an unassigned ticket; of several people, so that the choice can be taken back."""
    made = PeopleInput(id="assign", label="Assigns it to", most=1, hint="A responder, who gets unassigned tickets")

    def get(phase: Phase) -> tuple[str, ...]:
        person = getattr(table.find(phase), "assign", None)
        return (person,) if person else ()

    def put(tree: Tree, value: Sequence[str]) -> None:
        table.tree(tree)["assign"] = next(iter(value), None)

    return Setting(made, get, put)


def _get_labels(table: ListedTable, phase: Phase) -> str:
    labels: Mapping[str, str] = getattr(table.find(phase), "labels", {})
    return "\n".join(f"{name} = {wanted}" for name, wanted in labels.items())


def _put_labels(table: ListedTable, tree: Tree, value: str) -> None:
    found = dict[str, str]()
    for line in lines_of(str(value)):
        name, _, wanted = (part.strip() for part in line.partition("="))
        if not (name and wanted):
            raise ValueError(f"I can't read “{line}”. Write a label and what it has to be, as in title = *bank*.")
        found[name] = wanted
    table.tree(tree)["labels"] = found


def _require_effect(table: ListedTable, tree: Tree) -> None:
    """Refuse a rule that does nothing; one that was taken out needs to do nothing."""
    rule = next((one for one in tree["automation"]["rules"] if table.matches(str(one["name"]))), None)
    if rule is not None and not any(map(rule.get, EFFECTS)):
        raise InvalidForm({"tell": NO_EFFECT})


def rule_of(name: str, phase: Phase, before: Phase) -> AutomationRule | None:
    """Return the rule that a section is about, as `phase` has it; `before` tells which one is new."""
    table = ListedTable("automation", "rules", name.removeprefix(RULE), frozenset(
        one.name for one in before.automation.rules))  # fmt: skip
    found = table.find(phase) if name.startswith(RULE) else None
    return found if isinstance(found, AutomationRule) else None


def _options(kinds: type[RuleOccasion] | type[Status]) -> tuple[tuple[str, str, str], ...]:
    return tuple((one.value, one.label.capitalize(), "") for one in kinds)
