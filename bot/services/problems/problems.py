"""Problems: add tickets, answer why with evidence, name contributing factors, and resolve the root cause."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.phases.phases import split_off_phase
from bot.services.tickets.session import TicketSession
from bot.services.tickets.targets import find_target
from bot.views.problems import problems as views
from bot.views.problems.problems import ShownProblem
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.problems.problem import (
    EVIDENCE_LIMIT,
    NO_SUCH_PROBLEM,
    TEXT_LIMIT,
    WHY,
    Cause,
    CauseClass,
    Problem,
    ProblemState,
    check_cause,
    check_solution,
)
from domain.text import one_line, shorten
from domain.tickets.event import EventKind
from domain.tickets.ticket import File, Fix, Severity, Ticket
from storage.transaction import Transaction

MAX_REPEATED = 5
REPEATED_SINCE = timedelta(days=28)
BECAUSE = re.compile(r"^\s*because\b[\s,:]*(.+?)(?:[(\[](.+)[)\]])?[\s.]*$", re.IGNORECASE | re.DOTALL)


def listing(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the problems of a phase, and repeated tickets that none of them has."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        _require_team(person, phase)
        found = tx.problems.list_of_phase(phase.id)
        added = {ticket for one in found for ticket in one.tickets}
        again = [one.ticket_id for one in tx.patterns.list_repeated(phase.id, app.now() - REPEATED_SINCE, MAX_REPEATED)
                 if one.ticket_id not in added]  # fmt: skip
        tickets = {one.id: one for one in tx.tickets.list_by_ids([*added, *again])}
    shown = [ShownProblem(one, [tickets[id_] for id_ in one.tickets], _minimum(phase, one)) for one in found]
    return views.listing(phase.key, shown, [tickets[id_] for id_ in again if not tickets[id_].private])


def open_add_form(app: AppContext, person: Person, about: str, channel: str = "") -> dict[str, Any]:
    """Return the form for a new problem of a phase, or to add a ticket to one."""
    with app.store.read() as tx:
        phase, ticket = find_target(app, tx, person, about, channel, _require_team)
        known = _open_problems(tx, phase)
    return views.add_form({"phase": phase.key, "ticket": ticket.id if ticket else None}, known, ticket)


def list_open(app: AppContext, person: Person, about: str) -> list[Problem]:
    """Return the open problems of the phase that a form is about."""
    with app.store.read() as tx:
        phase, _ = find_target(app, tx, person, about, "", _require_team)
        return _open_problems(tx, phase)


def add(
    app: AppContext, person: Person, about: str, problem_id: int | None, title: str, severity: Severity,
    request: str | None = None,
) -> Problem:  # fmt: skip
    """Open a problem, and add the ticket it is about; with `problem_id` add it to that one."""
    with app.transaction(request) as tx:
        phase, ticket = find_target(app, tx, person, about, "", _require_team, lock=True)
        if problem_id is None:
            problem = _opened(app, tx, phase, person, title, severity, ticket)
        else:
            problem = _find(tx, person, problem_id, lock=True)[0]
        if ticket:
            _gather(app, tx, phase, person, problem, ticket)
    return problem


def _opened(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, title: str, severity: Severity,
    ticket: Ticket | None,
) -> Problem:  # fmt: skip
    made = Problem(id=0, phase_id=phase.id, title=title, severity=severity, opened_by=person.id, opened_at=app.now())
    made = replace(made, id=tx.problems.insert_problem(made))
    tx.audit.log(person.id, "problem opened", f"{phase.key} {made.name}", app.now())
    _say(app, tx, phase, made, views.opened(ShownProblem(made, [ticket] if ticket else [], _minimum(phase, made))))
    return made


def _gather(app: AppContext, tx: Transaction, phase: Phase, person: Person, problem: Problem, ticket: Ticket) -> None:
    if ticket.private:
        raise Refused(f"{ticket.name} is private, and the whole team sees problems. Answer why in its own thread.")
    if ticket.id in problem.tickets:
        raise Refused(f"{ticket.name} is in {problem.name} already.", field="problem")
    if ticket.phase_id != problem.phase_id:
        raise Refused(f"{ticket.name} belongs to another phase than {problem.name}.", field="problem")
    tx.problems.insert_ticket(problem.id, ticket.id)
    session = TicketSession(app, tx, phase, ticket, person, app.now())
    session.log(EventKind.ADDED_TO_PROBLEM, problem=problem.name)
    _say(app, tx, phase, problem, views.added(problem, ticket, person.id))
    session.finish()


def show(app: AppContext, person: Person, problem_id: int) -> dict[str, Any]:
    """Return the modal with everything about a problem."""
    with app.store.read() as tx:
        problem, phase = _find(tx, person, problem_id)
        return views.page(_shown(tx, phase, problem), phase.problems.branches)


def open_cause_form(app: AppContext, person: Person, problem_id: int) -> dict[str, Any]:
    with app.store.read() as tx:
        problem, phase = _find(tx, person, problem_id)
        _require_open(problem)
        return views.cause_form(_shown(tx, phase, problem), phase.problems.branches)


def branches_of(app: AppContext, person: Person, problem_id: int) -> Sequence[str]:
    with app.store.read() as tx:
        return _find(tx, person, problem_id)[1].problems.branches


def add_cause(
    app: AppContext, person: Person, problem_id: int, branch: str, text: str, evidence: str, request: str | None = None
) -> None:
    """Add the next why to the chain, or a contributing factor to a branch."""
    with app.transaction(request) as tx:
        problem, phase = _find(tx, person, problem_id, lock=True)
        _add_cause(app, tx, phase, problem, person, branch, text, evidence)


def answer_in_thread(
    app: AppContext, channel: str, thread_ts: str, person: Person, text: str, request: str, files: Sequence[File] = ()
) -> bool:
    """Take a reply in a problem's thread that begins with *because* as the next why; return whether it is one.

    Its evidence stands in brackets, or is in the files that come with it.
    """
    said = BECAUSE.match(text)
    if said is None:
        return False
    with app.transaction(request) as tx:
        problem_id = tx.outbox.find_about(LaneKind.PROBLEM, channel, thread_ts)
        if problem_id is None:
            return False
        problem, phase = _find(tx, person, problem_id, lock=True)
        words, evidence = (one_line(part or "") for part in said.groups())
        evidence = evidence or ", ".join(f"{one.name} {one.permalink}".strip() for one in files)
        _add_cause(app, tx, phase, problem, person, WHY, shorten(words, TEXT_LIMIT), shorten(evidence, EVIDENCE_LIMIT))
    return True


def open_solve_form(app: AppContext, person: Person, problem_id: int) -> dict[str, Any]:
    with app.store.read() as tx:
        problem, phase = _find(tx, person, problem_id)
        _require_open(problem)
        return views.solve_form(_shown(tx, phase, problem))


def solve(
    app: AppContext, person: Person, problem_id: int, fix: Fix, cause_class: CauseClass | None, resolution: str,
    request: str | None = None,
) -> Problem:  # fmt: skip
    """Record what was done. Only a root-cause fix with its chain resolves the problem."""
    with app.transaction(request) as tx:
        problem, phase = _find(tx, person, problem_id, lock=True)
        check_solution(problem, fix, cause_class, _minimum(phase, problem))
        after = replace(problem, fix=fix, resolution=resolution, cause_class=cause_class)
        if fix is Fix.ROOT_CAUSE:
            after = replace(after, state=ProblemState.RESOLVED, resolved_by=person.id, resolved_at=app.now())
        tx.problems.update_problem(after)
        tx.audit.log(person.id, f"problem {after.state} {fix}", f"{phase.key} {problem.name}", app.now())
        if not after.is_open:
            end_offers(tx, lane_name(LaneKind.PROBLEM, after.id), [views.CAUSE], app.now())
        _say(app, tx, phase, after, views.solved(after, person.id))
        if not after.is_open:
            for ticket in tx.tickets.lock_tickets(after.tickets).values():
                session = TicketSession(app, tx, phase, ticket, person, app.now())
                session.log(EventKind.CAUSE_FOUND, problem=after.name)
                session.finish()
    return after


def _add_cause(
    app: AppContext, tx: Transaction, phase: Phase, problem: Problem, person: Person, branch: str, text: str,
    evidence: str,
) -> None:  # fmt: skip
    _require_open(problem)
    check_cause(branch, text, evidence, phase.problems.branches)
    cause = Cause(branch=branch, text=text, evidence=evidence, person=person.id, at=app.now())
    tx.problems.insert_cause(problem.id, cause)
    tx.audit.log(person.id, "problem cause", f"{phase.key} {problem.name} {branch}", app.now())
    after = replace(problem, causes=(*problem.causes, cause))
    _say(app, tx, phase, after, views.cause_added(after, cause, _minimum(phase, problem)))


def _say(app: AppContext, tx: Transaction, phase: Phase, problem: Problem, told: dict[str, Any]) -> None:
    """Post in the problem's thread in the triage channel."""
    lane = tx.outbox.lane(lane_name(LaneKind.PROBLEM, problem.id), phase.triage_channel)
    tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.STATUS)


def _minimum(phase: Phase, problem: Problem) -> int:
    return phase.problems.minimum(problem.severity)


def _shown(tx: Transaction, phase: Phase, problem: Problem) -> ShownProblem:
    return ShownProblem(problem, tx.tickets.list_by_ids(problem.tickets), _minimum(phase, problem))


def _open_problems(tx: Transaction, phase: Phase) -> list[Problem]:
    return [one for one in tx.problems.list_of_phase(phase.id) if one.is_open]


def _require_open(problem: Problem) -> None:
    if not problem.is_open:
        raise Refused(f"{problem.name} is resolved already. Open a new problem if it happens again.")


def _find(tx: Transaction, person: Person, problem_id: int, *, lock: bool = False) -> tuple[Problem, Phase]:
    found = tx.problems.find_problem(problem_id)
    if found is None:
        raise Refused(NO_SUCH_PROBLEM)
    if lock:  # its tickets first, as everywhere, so that two people can't wait for each other
        tx.tickets.lock_tickets(found.tickets)
        found = tx.problems.find_problem(problem_id, lock=True) or found
    phase = tx.phases.get(found.phase_id)
    if not is_responder(person, phase):
        raise Refused(NO_SUCH_PROBLEM)
    return found, phase


def _require_team(person: Person, phase: Phase) -> None:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can see its problems. `/hypercare known` shows known issues.")
