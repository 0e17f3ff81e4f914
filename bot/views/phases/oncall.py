"""The sections of a phase's settings about on call: one form for each rota and for each escalation policy."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from bot.views.inputs import ChoicesInput, DateInput, FormField, PeopleInput, TextInput
from bot.views.phases.listed import ListedTable
from bot.views.phases.section import Section, Setting, Tree
from bot.views.text import Block, address, button, escape, when
from domain.address import is_person
from domain.oncall.rota import ShiftChange
from domain.oncall.settings import EscalationStep, Layer
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.ticket import Severity

ROTA, POLICY = "rota/", "policy/"  # followed by the name; by nothing for a new one
MAX_LAYERS, MAX_STEPS, MAX_SHOWN = 4, 5, 12
HOURS_HINT = "Such as 09:00-17:00, or 20:00-08:00 into the next morning"
ROTA_NOTE = (
    "People take turns in their order. The first layer with a person on call counts. "
    "The person who is on call now stays on call until their shift ends."
)
POLICY_NOTE = (
    "The first policy that fits a ticket counts. "
    "Without any, critical tickets page the people on call, then the leads, then all responders."
)
Part = Layer | EscalationStep


def find_section(name: str, phase: Phase) -> Section | None:
    """Return the form of a rota or a policy, as in `rota/primary`; None if the phase has none of that name."""
    if name.startswith(ROTA):
        return _rota(name.removeprefix(ROTA), phase)
    return _policy(name.removeprefix(POLICY), phase) if name.startswith(POLICY) else None


def section_buttons(phase: Phase, action: str) -> list[list[Block]]:
    """Return two rows of buttons: one for each rota and each policy, and one to add another."""
    rotas, policies = ([one.name for one in some] for some in (phase.oncall.rotas, phase.oncall.policies))
    return [
        [*(button(f"{what} {name}", f"{action}:{kind}{name}", f"{kind}{name}:{phase.key}") for name in known),
         button(f"Add {what.lower()}", f"{action}:{kind}", f"{kind}:{phase.key}")]
        for kind, what, known in ((ROTA, "Rota", rotas), (POLICY, "Policy", policies))
    ]  # fmt: skip


def change_lines(rota: str, changes: Sequence[ShiftChange], kept: ShiftChange | None) -> list[str]:
    """Return who will be on call instead of whom, and who stays until their shift ends although the rota changes."""
    name = escape(rota)
    lines = [f"{address(kept.before)} stays on call ({name}) until {when(kept.ends)}."] if kept else []
    lines += [f"{name}, {when(one.starts)} to {when(one.ends)}: {_who(one.before)} → {_who(one.after)}"
              for one in changes[:MAX_SHOWN]]  # fmt: skip
    if len(changes) > MAX_SHOWN:
        lines.append(plural(len(changes) - MAX_SHOWN, "There is 1 more change in these four weeks.",
                            "There are {count} more changes in these four weeks."))  # fmt: skip
    return lines


def _who(person: str) -> str:
    return address(person) if person else "no one"


def _put(name: str, part: Tree, value: Any) -> None:
    if value:
        part[name] = value.isoformat() if isinstance(value, date) else value
    else:
        part.pop(name, None)  # the usual value


def _rota(name: str, phase: Phase) -> Section | None:
    known = {one.name: one for one in phase.oncall.rotas}
    if name and name not in known:
        return None
    table = ListedTable("oncall", "rotas", name, frozenset(known), "layers")
    layers = known[name].layers if name else ()
    shown = min(len(layers) + 1, MAX_LAYERS)
    group = TextInput(id="group", label="User group", multiline=False, limit=20,
                      hint="The id of a user group whose members are always the people on call")  # fmt: skip
    settings = (
        *table.named("Letters and digits, as in primary"),
        *(one for at in range(shown) for one in _layer(table, at, is_shadow=at < len(layers) and layers[at].shadow)),
        table.setting(group),
        *table.kept("This rota"),
    )
    finish = partial(_drop_empty_layers, table, has_roster=bool(phase.oncall.roster))
    return Section(f"Rota {name}"[:24] if name else "Add rota", ROTA_NOTE, settings, finish)


def _layer(table: ListedTable, at: int, *, is_shadow: bool) -> tuple[Setting, ...]:
    layer = f"Shadow layer {at + 1}" if is_shadow else f"Layer {at + 1}"
    inputs: tuple[FormField, ...] = (
        PeopleInput(id=f"layers{at}_people", label=f"{layer}: people", hint="In the order of their turns"),
        TextInput(id=f"layers{at}_turn", label=f"{layer}: turn", multiline=False, limit=100, placeholder="weekly",
                  hint="daily, weekly, or a rule such as FREQ=WEEKLY;BYDAY=MO,TH"),
        TextInput(id=f"layers{at}_hand_over", label=f"{layer}: hand-over", multiline=False, limit=5,
                  placeholder="09:00"),
        DateInput(id=f"layers{at}_since", label=f"{layer}: first day of the first turn"),
        TextInput(id=f"layers{at}_days", label=f"{layer}: days", multiline=False, limit=40,
                  placeholder="mon tue wed thu fri sat sun"),
        TextInput(id=f"layers{at}_hours", label=f"{layer}: hours", multiline=False, limit=11, hint=HOURS_HINT),
    )  # fmt: skip
    names = ("people", "turn", "hand_over", "since", "days", "hours")
    return tuple(
        table.part(at, made, partial(_attribute, name), partial(_put, name))
        for name, made in zip(names, inputs, strict=True)
    )


def _attribute(name: str, part: Part) -> Any:
    return getattr(part, name)


def _drop_empty_layers(table: ListedTable, tree: Tree, *, has_roster: bool) -> None:
    """Remove layers without people, unless everyone on the roster takes turns in them."""
    for rota in tree["oncall"]["rotas"]:
        if table.matches(rota["name"]):
            rota["layers"] = [one for one in rota["layers"] if one.get("people") or (one and has_roster)]


def _policy(name: str, phase: Phase) -> Section | None:
    known = {one.name: one for one in phase.oncall.policies}
    if name and name not in known:
        return None
    table = ListedTable("oncall", "policies", name, frozenset(known), "steps")
    steps = known[name].steps if name else ()
    severities = ChoicesInput(id="severities", label="Only for severities", options=_options(Severity),
                              hint="For all when none is chosen")  # fmt: skip
    modules = TextInput(id="modules", label="Only for modules", hint="One on each line. For all when empty")
    settings = (
        *table.named("As in Nights"),
        table.setting(severities, empty=()),
        table.lines(modules),
        *(one for at in range(min(len(steps) + 1, MAX_STEPS)) for one in _step(table, at, phase, steps)),
        *table.kept("This policy"),
        table.place(),
    )  # fmt: skip
    return Section(f"Policy {name}"[:24] if name else "Add policy", POLICY_NOTE, settings, partial(_drop_empty, table))


def _step(table: ListedTable, at: int, phase: Phase, steps: Sequence[EscalationStep]) -> tuple[Setting, ...]:
    """Return the inputs of a step: targets that are not people, people, and how long to wait."""
    others = [one for step in steps for one in step.targets if not is_person(one)]
    rotas = [f"oncall:{one.name}" for one in phase.oncall.rotas]
    options = dict.fromkeys(["oncall", *rotas, "leads", "responders", "owner", *others])
    targets = ChoicesInput(id=f"steps{at}_targets", label=f"Step {at + 1}: pages", options=_options(options))
    people = PeopleInput(id=f"steps{at}_people", label=f"Step {at + 1}: pages also")
    wait = TextInput(id=f"steps{at}_wait", label=f"Step {at + 1}: waits", multiline=False, limit=8, placeholder="5m",
                     hint="For an answer, before the next step")  # fmt: skip

    def put(part: Tree, value: Sequence[str], *, of_people: bool) -> None:
        kept = [one for one in part.get("targets", ()) if is_person(one) is not of_people]
        part["targets"] = [*kept, *(value or ())] if of_people else [*(value or ()), *kept]

    return (
        table.part(at, targets, lambda step: tuple(one for one in step.targets if not is_person(one)),
                   partial(put, of_people=False)),
        table.part(at, people, lambda step: tuple(filter(is_person, step.targets)), partial(put, of_people=True)),
        table.part(at, wait, partial(_attribute, "wait"), partial(_put, "wait")),
    )  # fmt: skip


def _drop_empty(table: ListedTable, tree: Tree) -> None:
    """Remove steps that page no one."""
    for policy in tree["oncall"]["policies"]:
        if table.matches(policy["name"]):
            policy["steps"] = [one for one in policy["steps"] if one.get("targets")]


def _options(names: Sequence[str] | Mapping[str, Any] | type[Severity]) -> tuple[tuple[str, str, str], ...]:
    return tuple((str(name), _label(str(name)), "") for name in names)


def _label(target: str) -> str:
    known = {"oncall": "People on call", "owner": "The owner", "pagerduty": "PagerDuty"}
    kind, _, name = target.partition(":")
    label = {"oncall": f"On call: {name}", "webhook": f"Webhook {name}"}.get(kind if name else "", target.capitalize())
    return known.get(target, label if target.islower() else target)
