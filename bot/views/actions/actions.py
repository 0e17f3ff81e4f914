"""Actions in Slack: the list, the form with which one is added or changed, and the reminder of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, ChoicesInput, DateInput, FormField, PersonInput, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, day, header, message, quote, section
from domain.actions.action_item import NOTE_LIMIT, TITLE_LIMIT, ActionDraft, ActionItem, ActionKind, ActionState, Proof
from domain.text import plural, shorten

Message = dict[str, Any]
LIST, ADD, EDIT, MAKE = "actions", "action_add", "action_edit", "action_message"
IMPROVE = "action_improve"  # a process change or a training for a phase
OUTDATED = "This button is out of date. Type `/hypercare actions` and press *Add action*."
SHOWN = 20  # actions in one list
CHOICES = 100  # options that Slack takes in a select
ONE_STEP, PROJECT = "one", "project"
TITLE = TextInput(id="title", label="What needs to be done", required=True, multiline=False, limit=TITLE_LIMIT,
                  error="The action is empty. Write what needs to be done.")  # fmt: skip
KIND = ChoiceInput(id="kind", label="Kind", required=True,
                   options=tuple((one.value, one.label, "") for one in ActionKind))  # fmt: skip
OWNER = PersonInput(id="owner", label="Owner", required=True, hint="The one person who is accountable")
DUE = DateInput(id="due", label="Due", required=True)
PROOF = ChoiceInput(id="proof", label="Test", required=True, options=tuple((one.value, one.label, "") for one in Proof))
PROOF_NOTE = TextInput(id="proof_note", label="The test", multiline=False, limit=NOTE_LIMIT,
                       hint="What is tested and what it showed, or why it needs no test")  # fmt: skip
STEPS = ChoiceInput(id="steps", label="Steps", required=True, options=(
    (ONE_STEP, "One step", ""), (PROJECT, "Project: design, development, testing, deployment", "")))  # fmt: skip
STATE = ChoiceInput(id="state", label="State", required=True,
                    options=tuple((one.value, one.label, "") for one in ActionState))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAction:
    """An action with what it is about and what it waits for; `title` is empty where the reader may not see it."""

    item: ActionItem
    about: str = ""  # the name of its ticket
    waits_for: tuple[str, ...] = ()


def line(one: ShownAction, today: date) -> str:
    """Return an action as mrkdwn: what, who, until when, and what keeps it."""
    item = one.item
    owner = name_of(item.owner) if item.owner else "no owner"
    late = "*overdue* since {on}" if item.is_overdue(today) else "due {on}"
    facts = [owner, late.format(on=day(item.due, item.made_at)) if item.is_open else item.state.label.lower(),
             f"waits for {', '.join(one.waits_for)}" if one.waits_for else "",
             item.proof.label.lower() if item.proof is not Proof.NONE else "",
             item.kind.label if item.kind is not ActionKind.TASK else "",
             f"stage {item.stage}" if item.stage else "", one.about, item.about]  # fmt: skip
    return f"*{item.name}* {quote(item.title, 200)}\n{' · '.join(filter(None, facts))}"


def rows(found: Sequence[ShownAction], today: date, *, edits: bool = True) -> list[Block]:
    """Return a section for each action, with a button that opens it."""
    return [section(line(one, today), **({"accessory": _open(one.item)} if edits else {})) for one in found]


def _open(item: ActionItem) -> Block:
    return button("Open", f"{EDIT}:{item.id}", str(item.id), name=f"Open {item.name}: {item.title}")


def listing(title: str, found: Sequence[ShownAction], today: date, key: str) -> Message:
    """Return the list of actions, with a button that adds one."""
    add = actions(button("Add action", ADD, key))
    if not found:
        text = "No actions match. Add one, or add it from a ticket with *Show everything*."
        return message(text, [section(text), add])
    rest = [context(f"… and {len(found) - SHOWN} more, due later.")] if len(found) > SHOWN else []
    blocks = [section(f"*{title}* ({len(found)})"), *rows(found[:SHOWN], today), *rest, add]
    return message(f"{title}: {', '.join(one.item.name for one in found[:SHOWN])}", blocks)


def on_ticket(found: Sequence[ShownAction], today: date) -> list[Block]:
    """Return the part of *Show everything* that lists the actions of a ticket."""
    return [{"type": "divider"}, section("*Actions*"), *rows(found[:SHOWN], today)] if found else []


def on_home(found: Sequence[ShownAction], today: date) -> list[Block]:
    """Return the part of an App Home that lists the person's own open actions."""
    if not found:
        return []
    rest = [context(f"… and {len(found) - SHOWN} more. Type `/hypercare actions mine`.")] if len(found) > SHOWN else []
    return [header("Your actions"), *rows(found[:SHOWN], today), *rest, {"type": "divider"}]


def add_form(
    target: Mapping[str, Any], others: Sequence[ActionItem], title: str = "",
    kind: ActionKind = ActionKind.TASK,
) -> Block:  # fmt: skip
    """Return the form for a new action; `target` says for which phase and ticket, `others` are what it may wait for."""
    values = {"title": title, "kind": kind, "proof": Proof.NONE, "steps": ONE_STEP}
    return form.modal(ADD, "Add action", (TITLE, KIND, OWNER, DUE, *_needs(others), PROOF, STEPS), values=values,
                      submit="Add", metadata=target)  # fmt: skip


def edit_form(item: ActionItem, others: Sequence[ActionItem]) -> Block:
    """Return the form of an action, which shows it and changes it."""
    values = {"title": item.title, "kind": item.kind, "owner": item.owner, "due": item.due,
              "needs": [str(one) for one in item.needs],
              "proof": item.proof, "proof_note": item.proof_note, "state": item.state}  # fmt: skip
    proven = [context(f"Recorded by {name_of(item.proven_by)}.")] if item.proven_by else []
    return form.modal(EDIT, f"Action {item.name}", (TITLE, KIND, STATE, OWNER, DUE, *_needs(others), PROOF, PROOF_NOTE),
                      values=values, metadata={"action": item.id}, after=proven)  # fmt: skip


def _needs(others: Sequence[ActionItem]) -> tuple[FormField, ...]:
    """Return the field for what it waits for; Slack draws none without an option."""
    options = tuple((str(one.id), shorten(f"{one.name} {one.title}", 75), "") for one in others[:CHOICES])
    return (ChoicesInput(id="needs", label="Waits for", options=options),) if options else ()


def target_of(view: Mapping[str, Any]) -> str:
    """Return what an add form is about: a problem or a decision, else a ticket's id, or else a phase's key."""
    return form.word(view, "about") or form.word(view, "ticket") or form.word(view, "phase")


def action_of(view: Mapping[str, Any]) -> int:
    """Return the id of the action that an edit form is about; 0 if it names none."""
    return form.number(view, "action")


def read_form(view: Mapping[str, Any]) -> ActionDraft:
    """Return what a form asks for; InvalidForm with every error."""
    needs_input = _AnyChoices(id="needs", label="Waits for", options=())
    given = form.read_all(view, (TITLE, OWNER, DUE, PROOF), also=(KIND, STATE, needs_input, PROOF_NOTE, STEPS))
    needs = tuple(int(one) for one in given.get("needs", ()) if one.isdecimal())
    return ActionDraft(
        title=given["title"], owner=given["owner"], due=given["due"], needs=needs,
        kind=ActionKind(given.get("kind") or ActionKind.TASK), proof=Proof(given["proof"]),
        proof_note=given.get("proof_note", ""),
        state=ActionState(given.get("state") or ActionState.OPEN), is_project=given.get("steps") == PROJECT,
    )  # fmt: skip


class _AnyChoices(ChoicesInput):
    """The chosen actions, whatever the form offered; the service knows which there are."""

    def read(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(one.get("value")) for one in state.get("selected_options") or ())


def improve_button(label: str, kind: ActionKind, key: str, title: str = "", *, number: int = 0) -> Block:
    """Return the button that opens the form for a process change or a training of a phase."""
    return button(
        label,
        f"{IMPROVE}:{kind}{number}",
        f"{kind}|{key}|{shorten(title, TITLE_LIMIT)}",
        name=f"{label}: {title}" if title else "",
    )


def added(item: ActionItem, by: str, count: int) -> Message:
    """Tell the team's thread about a new action, or the first of a project."""
    owner = f"<@{item.owner}>" if item.owner and item.owner != by else name_of(item.owner or by)
    text = plural(
        count, "{owner} has the action *{name}* to do by {due}: {title}",
        "{owner} has a project in {count} stages to do, the first (*{name}*) by {due}: {title}",
        owner=owner, name=item.name, due=day(item.due, item.made_at), title=quote(item.title),
    )  # fmt: skip
    return message(text, [section(text), actions(button("Open", EDIT, str(item.id)))])


def changed(before: ActionItem, after: ActionItem, by: str) -> Message:
    """Tell the team's thread what became of an action."""
    who, name, title = name_of(by), after.name, quote(after.title)
    if after.state is not before.state:
        text = {
            ActionState.DONE: f"{who} finished *{name}*: {title}",
            ActionState.DROPPED: f"{who} dropped *{name}*, since it is no longer needed: {title}",
            ActionState.OPEN: f"{who} opened *{name}* again: {title}",
        }[after.state]
    elif after.proof is not before.proof:
        text = f"{who} recorded for *{name}*: {after.proof.label.lower()}. {quote(after.proof_note)}"
    elif after.owner != before.owner and after.owner:
        text = f"<@{after.owner}> has the action *{name}* now, to do by {day(after.due, after.made_at)}: {title}"
    else:
        text = f"{who} changed *{name}*, due {day(after.due, after.made_at)}: {title}"
    return message(text, [section(text)])


def reminder(found: Sequence[ShownAction], today: date, phase: str) -> Message:
    """Remind an owner of what is due, once a day, in one message."""
    text = plural(len(found), "1 of your actions in {phase} is due.", "{count} of your actions in {phase} are due.",
                  phase=quote(phase))  # fmt: skip
    hint = context("We'll remind you again tomorrow of what is still open. Press *Open* to change its date or status.")
    return message(text, [section(text), *rows(found[:SHOWN], today), hint])


def unowned(found: Sequence[ShownAction], today: date, phase: str) -> Message:
    """Tell the leads which actions have no owner."""
    text = plural(len(found), "1 action in {phase} has no owner. Open it to name one.",
                  "{count} actions in {phase} have no owner. Open them to name one.", phase=quote(phase))  # fmt: skip
    return message(text, [section(text), *rows(found[:SHOWN], today)])


def digest_line(count: int, overdue: int, without_owner: int) -> str:
    """Return the line of a team's digest; nothing without an open action."""
    parts = ((f"Actions open: {count}.", count), (f"Overdue: {overdue}.", overdue),
             (f"Without an owner: {without_owner}.", without_owner))  # fmt: skip
    return " ".join(text for text, number in parts if number)
