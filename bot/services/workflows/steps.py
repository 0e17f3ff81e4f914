"""What steps of workflows do, each once however often Slack delivers it, and how they end.

A step runs for a person whom the workflow names, and Slack doesn't prove that they used it. So it may do what that
person may do and no more than the phase allows. Private and anonymous tickets are out of its reach, since
the people who build workflows could find out whose they are.
"""

from collections.abc import Callable, Mapping

from bot.context import AppContext
from bot.services.followup.verification import reopen_in, resolve_in
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.phases.phases import phases_at
from bot.services.tickets.links import link_to
from bot.services.tickets.lists import phase_of, ticket_by_name
from bot.services.tickets.session import TicketSession, edit_ticket
from bot.services.tickets.work import acknowledge_in
from bot.views.workflows import steps as views
from domain.errors import Refused
from domain.phases.permissions import Action, Person
from domain.phases.phase import Phase
from domain.tickets.closing import Solution
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.workflows.step import StepAction, StepChange, StepReport, StepRun
from storage.transaction import Transaction

NEEDS = {StepAction.ACKNOWLEDGE: Action.WORK, StepAction.RESOLVE: Action.WORK, StepAction.REOPEN: Action.REOPEN,
         StepAction.NOTE: Action.WORK}  # fmt: skip
DOES: Mapping[StepAction, Callable[[TicketSession, StepChange], object]] = {
    StepAction.ACKNOWLEDGE: lambda session, _given: acknowledge_in(session),
    StepAction.RESOLVE: lambda session, given: resolve_in(session, Solution(explanation=given.text, test=given.test)),
    StepAction.REOPEN: lambda session, given: reopen_in(session, given.text),
    StepAction.NOTE: lambda _session, _given: None,  # the team's thread has it
}


def report(app: AppContext, person: Person, given: StepReport, run: StepRun) -> Ticket:
    """Open a ticket for a person, and end the step with its name."""
    with app.transaction(run.request) as tx:
        phase = _phase(tx, given)
        severity = given.severity or Severity.MEDIUM
        told = Report(summary=given.summary, happened=given.happened, severity=severity,
                      module=views.module_of(phase, given.module))  # fmt: skip
        ticket = open_ticket_in(app, tx, phase, told, person=person, intake=Intake.WORKFLOW, channel=given.channel,
                                assumed=given.severity is None)  # fmt: skip
        tx.outbox.end_step(run.execution, at=app.now(), outputs=views.opened(ticket, _link(app, ticket)))
    after_opening(app, ticket)
    return ticket


def change(app: AppContext, person: Person, given: StepChange, run: StepRun) -> Ticket:
    """Change a ticket as that person, tell the team that a workflow did, and end the step with how it is then."""
    ticket = _reachable(app, person, given.ticket)
    with edit_ticket(app, ticket.id, person, NEEDS[given.action], run.request) as session:
        if not session.phase.workflows.steps.may_change:
            raise Refused(views.READ_ONLY.format(phase=session.phase.name))
        DOES[given.action](session, given)
        session.conversation.tell_team(*views.for_team(session.conversation.visible_name(session.person.id), given))
        session.tx.outbox.end_step(
            run.execution, at=session.at, outputs=views.changed(session.ticket, _link(app, session.ticket))
        )
    return session.ticket


def find(app: AppContext, person: Person, name: str, run: StepRun) -> Ticket:
    """End the step with how far a ticket is that the person may see."""
    ticket = _reachable(app, person, name)
    with app.transaction(run.request) as tx:
        tx.outbox.end_step(run.execution, at=app.now(), outputs=views.found(ticket, _link(app, ticket)))
    return ticket


def fail(app: AppContext, run: StepRun, text: str) -> None:
    """End a step with what went wrong, so that its workflow does not go on."""
    with app.transaction(run.request) as tx:
        tx.outbox.end_step(run.execution, at=app.now(), error=text)


def _phase(tx: Transaction, given: StepReport) -> Phase:
    """Return the phase that a report is for: by its key, by its channel, or the only one."""
    here = phases_at(tx, channel="" if given.phase else given.channel)
    named = [one for one in here if one.key == given.phase] if given.phase else here
    if not named:
        raise views.no_phase(given.phase, here)
    if len(named) > 1:
        raise views.which_phase(named)
    if not named[0].workflows.steps.may_report:
        raise Refused(views.OFF.format(phase=named[0].name))
    return named[0]


def _reachable(app: AppContext, person: Person, name: str) -> Ticket:
    """Return a ticket that the person may see, that has no secrets, and whose phase takes steps."""
    try:
        ticket = ticket_by_name(app, name, person)
    except Refused:
        raise views.no_ticket(name) from None
    if ticket.private or ticket.anonymous:
        raise views.no_ticket(name)
    phase = phase_of(app, ticket)
    if not phase.workflows.steps.may_report:
        raise Refused(views.OFF.format(phase=phase.name))
    return ticket


def _link(app: AppContext, ticket: Ticket) -> str:
    """Return the address of a ticket, or else that of the App Home, since an output can't be empty."""
    return link_to(app, ticket) or app.home_link
