"""Actions: who does what until when, for a ticket or a phase, with what it waits for and the test that proves it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.context import AppContext
from bot.services.actions.planning import plan
from bot.services.phases.phases import split_off_known_phase
from bot.services.tickets.session import TicketSession
from bot.services.tickets.targets import find_target, lock_session, visible_names
from bot.views.actions import actions as views
from bot.views.actions.actions import ShownAction
from domain.actions.action_item import (
    NO_SUCH_ACTION,
    ActionDraft,
    ActionItem,
    ActionKind,
    ActionState,
    Proof,
    Stage,
    blockers,
    check_done,
    check_due,
    check_needs,
    check_proof,
    stages_until,
)
from domain.decisions.decision import Decision
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Action, Person, is_lead, is_responder, may
from domain.phases.phase import Phase
from domain.problems.problem import Problem
from domain.tickets.event import EventKind
from storage.transaction import Transaction

MINE, OVERDUE = "mine", "overdue"
SUBJECT = re.compile(r"(?P<kind>problem|decision):(?P<id>[0-9]{1,18})")  # no key of a phase has a colon


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the open actions of a phase that a person may see: all, their own, or what is overdue."""
    with app.store.read() as tx:
        phase, rest = split_off_known_phase(tx, channel, words)
        which = rest[0].lower() if rest else ""
        if which not in ("", MINE, OVERDUE):
            raise Refused("Type `/hypercare actions`, `/hypercare actions mine` or `/hypercare actions overdue`.")
        if which != MINE:
            _require_team(person, phase)
        today = phase.local_date(app.now())
        found = [one for one in show(tx, person, phase, tx.actions.list_open(phase.id))
                 if (which != MINE or one.item.owner == person.id)
                 and (which != OVERDUE or one.item.is_overdue(today))]  # fmt: skip
    title = {"": "Open actions", MINE: "Your open actions", OVERDUE: "Overdue actions"}[which]
    return views.listing(title, found, today, phase.key)


def show(tx: Transaction, person: Person, phase: Phase, found: Sequence[ActionItem]) -> list[ShownAction]:
    """Return those actions that a person may see, with the names of their tickets and of what they wait for."""
    names = visible_names(tx, person, phase, [item.ticket_id for item in found])
    shown = [item for item in found if item.ticket_id in names]
    known = tx.actions.find_needed(shown)
    return [ShownAction(item=item, about=names[item.ticket_id],
                        waits_for=tuple(one.name for one in blockers(item, known))) for item in shown]  # fmt: skip


def list_own(tx: Transaction, person: Person) -> list[ShownAction]:
    """Return the open actions that a person owns, for their App Home: of ended phases those that go on."""
    found = list[ShownAction]()
    mine = tx.actions.list_open_of(person.id)
    for phase in tx.phases.list_phases() if mine else ():
        if phase.is_active or phase.ended_at:
            found += show(tx, person, phase, [
                item for item in mine if item.phase_id == phase.id and (phase.is_active or item.kind.outlives_phase)
            ])  # fmt: skip
    return found


def open_add_form(
    app: AppContext, person: Person, about: str, title: str = "", channel: str = "",
    kind: ActionKind = ActionKind.TASK,
) -> dict[str, Any]:  # fmt: skip
    """Return the form for a new action about a ticket, by its id, or about a phase, by its key or its channel."""
    with app.store.read() as tx:
        phase, ticket_id, subject = _target(app, tx, person, about, channel)
        others = show(tx, person, phase, tx.actions.list_open(phase.id))
    target = {"phase": phase.key, "ticket": ticket_id, "about": about if subject else ""}
    return views.add_form(target, [one.item for one in others], title, kind)


def add(app: AppContext, person: Person, about: str, draft: ActionDraft, request: str | None = None) -> ActionItem:
    """Add an action, or the four stages of a project; return the first. Its ticket and the team's thread say so.

    `about` is a ticket's id, a problem or a decision such as `problem:3` or `decision:2`, or else a phase's key.
    """
    with app.transaction(request) as tx:
        phase, ticket_id, subject = _target(app, tx, person, about, "", lock=True)
        draft = replace(draft, about=subject)
        today = phase.local_date(app.now())
        check_due(draft.due, today)
        check_needs(None, draft.needs, _selectable(tx, person, phase))
        check_proof(draft, Proof.NONE, lead=is_lead(person, phase))
        session = lock_session(app, tx, person, ticket_id)
        _require_owner(app.known_person(tx, draft.owner), phase, session)
        if phase.ended_at and not draft.kind.outlives_phase:
            raise Refused(f"{phase.name} has ended. Choose *Process change* or *Training*.", field="kind")
        made = _insert(app, tx, phase, person, ticket_id, draft, today)
        plan(tx, phase, app)
        tx.audit.log(person.id, "action added", f"{phase.key} {made[0].name}", app.now())
        tx.changed_homes.add((draft.owner, phase.id))
        if session:
            session.acknowledge_first()
            for item in made:
                session.log(EventKind.ACTION_ADDED, action=item.name, owner=item.owner or "", due=item.due.isoformat())
            session.conversation.tell_team(views.added(made[0], person.id, len(made)))
            session.finish()
    return made[0]


def _insert(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, ticket_id: int | None, draft: ActionDraft,
    today: date,
) -> list[ActionItem]:  # fmt: skip
    if not draft.is_project:
        return [tx.actions.insert_action(phase.id, ticket_id, draft, person.id, app.now())]
    made = list[ActionItem]()
    for stage, due in stages_until(draft.due, today):
        step = replace(
            draft, title=f"{stage.value.capitalize()}: {draft.title}"[:150], due=due,
            needs=(made[-1].id,) if made else draft.needs,
            proof=Proof.PENDING if stage is Stage.TESTING and draft.proof is Proof.NONE else draft.proof,
        )  # fmt: skip
        if stage is not Stage.TESTING:
            step = replace(step, proof=Proof.NONE, proof_note="")
        made.append(tx.actions.insert_action(phase.id, ticket_id, step, person.id, app.now(), stage))
    return made


def open_edit_form(app: AppContext, person: Person, action_id: int) -> dict[str, Any]:
    """Return the form that shows and changes an action; Refused for people who may not."""
    with app.store.read() as tx:
        item, phase = _find(tx, person, action_id)
        others = [one.item for one in show(tx, person, phase, tx.actions.list_open(phase.id))
                  if one.item.id != item.id]  # fmt: skip
        kept = [tx.actions.find_action(one) for one in item.needs if one not in {other.id for other in others}]
    return views.edit_form(item, [*others, *(one for one in kept if one)])


def change(app: AppContext, person: Person, action_id: int, draft: ActionDraft, request: str | None = None) -> None:
    """Change an action as its form says."""
    with app.transaction(request) as tx:
        item, phase = _find(tx, person, action_id, lock=True)
        check_due(draft.due, phase.local_date(app.now()), before=item.due)
        known = {one.id: one for one in tx.actions.list_of_phase(phase.id)}
        visible = _selectable(tx, person, phase)
        check_needs(item.id, draft.needs, {id_: one for id_, one in known.items() if id_ in (*visible, *item.needs)})
        check_proof(draft, item.proof, lead=is_lead(person, phase))
        after = _changed(item, draft, person)
        if item.is_open:
            check_done(draft, blockers(replace(after, state=ActionState.OPEN), known))
        session = lock_session(app, tx, person, item.ticket_id)
        if draft.owner != item.owner:
            _require_owner(app.known_person(tx, draft.owner), phase, session)
        if after != item:
            _save(app, tx, person, phase, item, after, session)


def follow_tracker(app: AppContext, tx: Transaction, session: TicketSession, item: ActionItem, *, done: bool) -> None:
    """Finish or reopen an action as it was in a tracker; Refused while it waits for others or for its test."""
    draft = ActionDraft(title=item.title, owner=item.owner or "", due=item.due, proof=item.proof,
                        state=ActionState.DONE if done else ActionState.OPEN)  # fmt: skip
    check_done(draft, blockers(item, tx.actions.find_needed([item])))
    _save(app, tx, session.person, session.phase, item, replace(item, state=draft.state), session)


def _changed(item: ActionItem, draft: ActionDraft, person: Person) -> ActionItem:
    proven_by = item.proven_by if draft.proof is item.proof else person.id if draft.proof.has_result else ""
    return replace(item, title=draft.title, kind=draft.kind, owner=draft.owner, due=draft.due,
                   needs=draft.needs, state=draft.state,
                   proof=draft.proof, proof_note=draft.proof_note, proven_by=proven_by)  # fmt: skip


def _save(
    app: AppContext, tx: Transaction, person: Person, phase: Phase, before: ActionItem, after: ActionItem,
    session: TicketSession | None,
) -> None:  # fmt: skip
    tx.actions.update_action(after, None if after.is_open else app.now())
    tx.audit.log(person.id, "action changed", f"{phase.key} {after.name} {after.state} {after.proof}", app.now())
    tx.changed_homes.update((one, phase.id) for one in {before.owner, after.owner} if one)
    if session is None:
        return
    if after.proof is not before.proof:
        session.log(EventKind.TESTED, action=after.name, result=after.proof.value, note=after.proof_note)
    done = after.state is ActionState.DONE and before.is_open
    if done or after.proof is before.proof:
        session.log(EventKind.ACTION_DONE if done else EventKind.ACTION_CHANGED, action=after.name)
    session.conversation.tell_team(views.changed(before, after, person.id))
    session.finish()


def _target(
    app: AppContext, tx: Transaction, person: Person, about: str, channel: str, *, lock: bool = False
) -> tuple[Phase, int | None, str]:
    """Return what a new action is about: the phase, the ticket, and the name of a problem or decision if there is one.

    Refused for people who don't work there.
    """
    if subject := SUBJECT.fullmatch(about):
        return _of_subject(tx, person, subject)
    phase, ticket = find_target(app, tx, person, about, channel, _require_team, ended=True, lock=lock)
    return phase, ticket.id if ticket else None, ""


def _of_subject(tx: Transaction, person: Person, subject: re.Match[str]) -> tuple[Phase, int | None, str]:
    """Return the phase of a problem or a decision, the ticket of the decision, and the name."""
    found: Problem | Decision | None
    id_ = int(subject["id"])
    found = tx.problems.find_problem(id_) if subject["kind"] == "problem" else tx.decisions.find_decision(id_)
    phase = tx.phases.get(found.phase_id) if found else None
    ticket_id = found.ticket_id if isinstance(found, Decision) else None
    ticket = tx.tickets.find_ticket(ticket_id) if ticket_id else None
    hidden = ticket is not None and phase is not None and not may(person, Action.WORK, ticket, phase)
    if found is None or phase is None or hidden or not is_responder(person, phase):
        raise Refused("There is no such problem or decision that you can see.")
    return phase, ticket_id, found.name


def _find(tx: Transaction, person: Person, action_id: int, *, lock: bool = False) -> tuple[ActionItem, Phase]:
    """Return an action that a person may change, and its phase: the team may, and its owner."""
    item = tx.actions.find_action(action_id)
    if item is None:
        raise Refused(NO_SUCH_ACTION)
    if lock:  # its ticket first, as everywhere, so that two people can't wait for each other
        if item.ticket_id:
            tx.tickets.lock_ticket(item.ticket_id)
        item = tx.actions.find_action(action_id, lock=True) or item
    phase = tx.phases.get(item.phase_id)
    works = is_responder(person, phase) or (item.owner == person.id and person.can(Ability.READ))
    if not works or not show(tx, person, phase, [item]):
        raise Refused(NO_SUCH_ACTION)
    return item, phase


def _selectable(tx: Transaction, person: Person, phase: Phase) -> Mapping[int, ActionItem]:
    """Return the open actions by id that a person may see, and make others wait for."""
    return {one.item.id: one.item for one in show(tx, person, phase, tx.actions.list_open(phase.id))}


def _require_team(person: Person, phase: Phase) -> None:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can see its actions. `/hypercare actions mine` shows your own.")


def _require_owner(owner: Person, phase: Phase, session: TicketSession | None) -> None:
    """Refuse an owner who has left, is no member of the workspace or the team, or may not see the ticket."""
    if not (owner.can(Ability.READ) or is_responder(owner, phase)):
        raise Refused("This person can't own an action: they have left, or are not in this workspace. Choose another.",
                      field="owner")  # fmt: skip
    if session and not may(owner, Action.SEE, session.ticket, phase):
        raise Refused(f"This person can't see {session.ticket.name}, so they can't own its actions. Choose another.",
                      field="owner")  # fmt: skip
