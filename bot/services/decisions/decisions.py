"""Decisions: ask for one, make it with a rationale, reverse it, and record what came of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.phases.changes import reopen_in
from bot.services.phases.phases import split_off_known_phase
from bot.services.tickets.targets import find_target, lock_session, visible_names
from bot.views.decisions import decisions as views
from bot.views.decisions.decisions import ShownDecision
from domain.address import is_person
from domain.decisions.decision import (
    NO_SUCH_DECISION,
    Decision,
    DecisionDraft,
    DecisionKind,
    DecisionState,
    check_choice,
    check_draft,
    decision_figures,
)
from domain.decisions.settings import DecisionTrigger
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.exit.watch import OPEN_AGAIN, RELAPSE
from domain.people.abilities import Ability
from domain.phases.permissions import Person, is_lead, is_responder, reads
from domain.phases.phase import Phase
from domain.phases.settings import Role
from domain.sla.working_time import parse_duration
from domain.tickets.event import EventKind
from domain.tickets.ticket import ChangeScope
from storage.transaction import Transaction

KIND = "decision_due"


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the decisions of a phase that a member of its team may see, with their figures."""
    with app.store.read() as tx:
        phase, _ = split_off_known_phase(tx, channel, words)
        _require_team(person, phase)
        found = _visible(tx, person, phase, tx.decisions.list_of_phase(phase.id))
        scopes = Counter({ChangeScope(scope): n for scope, n in tx.lists.count_by_scope(phase.id).items()})
    return views.page(phase.key, found, decision_figures([one.decision for one in found]), scopes, app.now())


def open_add_form(
    app: AppContext, person: Person, about: str, question: str = "", channel: str = "", source: str = ""
) -> dict[str, Any]:
    """Return the form for a new decision about a ticket, by its id, or a phase, by its key or its channel."""
    with app.store.read() as tx:
        phase, ticket = find_target(app, tx, person, about, channel, _require_team)
    target = {"phase": phase.key, "ticket": ticket.id if ticket else None, "source": source}
    return views.add_form(target, question=question)


def open_reverse_form(app: AppContext, person: Person, decision_id: int) -> dict[str, Any]:
    """Return the form for the decision that takes the place of a decided one."""
    with app.store.read() as tx:
        found, phase = _find(tx, person, decision_id)
    _require_reversible(found)
    target = {"phase": phase.key, "ticket": found.ticket_id, "reverses": found.id}
    return views.add_form(target, found)


def add(app: AppContext, person: Person, key: str, draft: DecisionDraft, request: str | None = None) -> Decision:
    """Ask for a decision, or record one that was made."""
    with app.transaction(request) as tx:
        phase, ticket = find_target(app, tx, person, str(draft.ticket_id or key), "", _require_team, lock=True)
        check_draft(draft, app.now())
        before = None
        if draft.reverses:
            before, _ = _find(tx, person, draft.reverses, lock=True)
            _require_reversible(before)
        if draft.choice:
            require_may_decide(person, phase, draft.kind)
        options = draft.options or (draft.choice,)
        decision = Decision(
            id=0, phase_id=phase.id, kind=draft.kind, question=draft.question, evidence=draft.evidence,
            options=options if draft.choice in ("", *options) else (*options, draft.choice), due_at=draft.due_at,
            opened_by=person.id, opened_at=app.now(), ticket_id=ticket.id if ticket else None, source=draft.source,
            asked=() if draft.choice else deciders(phase, draft.kind), reverses=draft.reverses,
        )  # fmt: skip
        decision = open_in(app, tx, phase, decision, quietly=bool(draft.choice))
        if draft.choice:
            decision = _decided(app, tx, phase, decision, person, draft.choice, draft.rationale)
        else:
            schedule(tx, decision)
    return decision


def open_in(app: AppContext, tx: Transaction, phase: Phase, decision: Decision, *, quietly: bool = False) -> Decision:
    """Save an open decision within a transaction, and ask for it; return it with its id."""
    decision = replace(decision, id=tx.decisions.insert_decision(decision))
    tx.audit.log(decision.opened_by, "decision opened", f"{phase.key} {decision.name}", app.now())
    if not quietly:
        say(app, tx, phase, decision, views.asks(_shown(tx, decision), app.now(), calls=decision.asked))
    return decision


def open_decide_form(app: AppContext, person: Person, decision_id: int) -> dict[str, Any]:
    """Return the form to decide; Refused for people who may not, and when it was decided."""
    with app.store.read() as tx:
        found, phase = _find(tx, person, decision_id)
    _require_open(found)
    require_may_decide(person, phase, found.kind, found)
    return views.decide_form(found)


def get_decision(app: AppContext, person: Person, decision_id: int) -> Decision:
    with app.store.read() as tx:
        return _find(tx, person, decision_id)[0]


def decide(
    app: AppContext, person: Person, decision_id: int, choice: str, rationale: str, request: str | None = None
) -> Decision:
    """Decide; of two people who decide at once, the second reads what the first one decided."""
    with app.transaction(request) as tx:
        found, phase = _find(tx, person, decision_id, lock=True)
        require_may_decide(person, phase, found.kind, found)
        check_choice(found, choice, rationale)
        return _decided(app, tx, phase, found, person, choice, rationale)


def record_outcome(
    app: AppContext, person: Person, decision_id: int, done: tuple[str, ...], outcome: str, request: str | None = None
) -> None:
    """Record what came of a decision, and which steps of its checklist are done."""
    with app.transaction(request) as tx:
        found, phase = _find(tx, person, decision_id, lock=True)
        if found.is_open:
            raise Refused(f"{found.name} isn't decided yet. Decide it first, then record its outcome.")
        after = replace(found, done=done, outcome=outcome)
        tx.decisions.update_decision(after)
        tx.audit.log(person.id, "decision outcome", f"{phase.key} {found.name}", app.now())
        say(app, tx, phase, after, views.outcome(_shown(tx, after), person.id))


def open_outcome_form(app: AppContext, person: Person, decision_id: int) -> dict[str, Any]:
    found = get_decision(app, person, decision_id)
    if found.is_open:
        raise Refused(f"{found.name} isn't decided yet. Decide it first, then record its outcome.")
    return views.outcome_form(found)


def _decided(
    app: AppContext, tx: Transaction, phase: Phase, found: Decision, person: Person, choice: str, rationale: str
) -> Decision:  # fmt: skip
    trigger = find_trigger(phase, found.fired_by)
    after = replace(
        found, state=DecisionState.DECIDED, choice=choice, rationale=rationale, decided_by=person.id,
        decided_at=app.now(), steps=trigger.steps.get(choice, ()) if trigger else (),
    )  # fmt: skip
    tx.decisions.update_decision(after)
    if after.fired_by == RELAPSE and choice == OPEN_AGAIN:
        reopen_in(app, tx, phase, person.id)
    if after.reverses and (before := tx.decisions.find_decision(after.reverses, lock=True)):
        tx.decisions.update_decision(replace(before, state=DecisionState.REVERSED))
    tx.audit.log(person.id, "decision made", f"{phase.key} {after.name} {after.kind}", app.now())
    tx.timers.cancel(_timer_key(after))
    session = lock_session(app, tx, person, after.ticket_id)
    if session:
        session.log(EventKind.DECIDED, decision=after.name, of=after.kind.value, choice=choice)
    _close_questions(app, tx, after)
    say(app, tx, phase, after, views.made(_shown(tx, after)))
    if session:
        session.finish()
    return after


def _close_questions(app: AppContext, tx: Transaction, decision: Decision) -> None:
    """Have every message that asked for the decision say what it was, without the button."""
    name, closed = lane_name(LaneKind.DECISION, decision.id), views.closed(_shown(tx, decision))
    thread = (lane_name(LaneKind.TEAM, decision.ticket_id),) if decision.ticket_id else ()
    for lane_of in (name, *thread):  # also those that asked again
        end_offers(tx, lane_of, [views.DECIDE], app.now(), value=str(decision.id), note=closed["text"])
    own = tx.outbox.find(name)
    for lane in (*((own,) if own else ()), *tx.outbox.list_lanes(f"{name}:")):
        tx.outbox.update_first(lane, closed, at=app.now())


def say(app: AppContext, tx: Transaction, phase: Phase, decision: Decision, told: dict[str, Any]) -> None:
    """Post about a decision: in its ticket's thread, and unless that is private also where the team reads it."""
    ticket = tx.tickets.find_ticket(decision.ticket_id) if decision.ticket_id else None
    if ticket:
        lane = tx.outbox.find(lane_name(LaneKind.TEAM, ticket.id))
        if lane:
            tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.STATUS)
    if ticket is None or not ticket.private:
        urgent = decision.kind is DecisionKind.GO_NO_GO
        place = phase.oncall_channel if urgent else phase.team_digest_channel
        lane = tx.outbox.lane(lane_name(LaneKind.DECISION, decision.id), place)
        priority = MessagePriority.PAGE if urgent and decision.is_open else MessagePriority.STATUS
        tx.outbox.post(lane, told, at=app.now(), priority=priority)


def tell(app: AppContext, tx: Transaction, decision: Decision, people: Sequence[str], told: dict[str, Any]) -> None:
    """Send a direct message about a decision to each of these people."""
    for one in filter(is_person, people):
        lane = tx.outbox.lane(lane_name(LaneKind.DECISION, decision.id, one), one)
        tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.PAGE)


def schedule(tx: Transaction, decision: Decision) -> None:
    """Have the next people asked when it is not decided by the time it is due."""
    if decision.due_at:
        tx.timers.set_once(_timer_key(decision), KIND, decision.due_at, data={"decision": decision.id})


def _timer_key(decision: Decision) -> str:
    return f"{KIND}:{decision.id}"


def deciders(phase: Phase, kind: DecisionKind) -> tuple[str, ...]:
    """Return who may decide that besides the leads: people and user groups, and those of the phase's roles."""
    named = list[str]()
    for one in phase.decisions.deciders.get(kind, ()):
        named += phase.roles.get(Role(one), ()) if one in list(Role) else (one,)
    return tuple(dict.fromkeys(named)) or phase.leads


def find_trigger(phase: Phase, name: str) -> DecisionTrigger | None:
    return next((one for one in phase.decisions.triggers if one.name == name), None)


def wait_of(trigger: DecisionTrigger) -> timedelta:
    return parse_duration(trigger.timer)


def require_may_decide(person: Person, phase: Phase, kind: DecisionKind, found: Decision | None = None) -> None:
    """Refuse people who may not decide: the leads may, and who is named for that kind or asked."""
    named = phase.people((*deciders(phase, kind), *(found.asked if found else ())))
    if not is_lead(person, phase) and not (reads(person, phase) and person.id in named):
        raise Refused(f"You can't decide this ({kind.label.lower()}). {{people}} can.", people=deciders(phase, kind))


def _require_reversible(found: Decision) -> None:
    if found.state is DecisionState.OPEN:
        raise Refused(f"{found.name} isn't decided yet, so there's nothing to reverse. Press *Decide* instead.")
    if found.state is DecisionState.REVERSED:
        raise Refused(f"{found.name} was reversed already. Reverse the newer decision instead.")


def _require_open(found: Decision) -> None:
    if not found.is_open:
        check_choice(found, found.choice, found.rationale)


def _find(tx: Transaction, person: Person, decision_id: int, *, lock: bool = False) -> tuple[Decision, Phase]:
    """Return a decision that a person may see: the team may, and who may decide it."""
    found = tx.decisions.find_decision(decision_id)
    if found is None:
        raise Refused(NO_SUCH_DECISION)
    if lock:  # its ticket first, as everywhere, so that two people can't wait for each other
        if found.ticket_id:
            tx.tickets.lock_ticket(found.ticket_id)
        found = tx.decisions.find_decision(decision_id, lock=True) or found
    phase = tx.phases.get(found.phase_id)
    named = phase.people((*deciders(phase, found.kind), *found.asked))
    knows = is_responder(person, phase) or (person.can(Ability.READ) and person.id in named)
    if not knows or not _visible(tx, person, phase, [found]):
        raise Refused(NO_SUCH_DECISION)
    return found, phase


def _visible(tx: Transaction, person: Person, phase: Phase, found: Sequence[Decision]) -> list[ShownDecision]:
    names = visible_names(tx, person, phase, [one.ticket_id for one in found])
    return [ShownDecision(one, names[one.ticket_id]) for one in found if one.ticket_id in names]


def _shown(tx: Transaction, found: Decision) -> ShownDecision:
    return ShownDecision(found, tx.tickets.get_ticket(found.ticket_id).name if found.ticket_id else "")


def _require_team(person: Person, phase: Phase) -> None:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can see its decisions. Ask one of its leads.")
