"""What a rehearsal plays and undoes: each way in, rule, digest and survey, in transactions that are rolled back."""

from collections.abc import Callable, Iterator
from functools import partial

import structlog

from bot.context import AppContext
from bot.services.automation.rules import find_idle_steps
from bot.services.intake.intake import open_ticket_in
from bot.services.pulse import pulses
from bot.services.reporting import digest
from bot.services.tickets.session import TicketSession
from bot.views.intake.report import ReportDraft, report_form
from domain.address import is_person
from domain.automation.settings import AutomationRule, AutomationSettings
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Pulse
from domain.rehearsal.findings import Finding, FindingKind
from domain.reporting.digest import DigestSchedule
from domain.reporting.settings import DigestFrequency
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
Play = Callable[[Transaction], str]
SUMMARY = "Rehearsal"
# In all others a person reports; imports and alerts come from elsewhere, mails need an address, Teams the bot, and
# workflows the phase's consent.
ELSEWHERE = (Intake.IMPORT, Intake.SIGNAL, Intake.MAIL, Intake.TEAMS, Intake.WORKFLOW)
WAYS_IN = [one for one in Intake if one not in ELSEWHERE]


def play(app: AppContext, phase: Phase) -> list[Finding]:
    """Play everything as if the phase were active; return what would not work. Nothing of it stays."""
    played = [(kind, name, _undone(app, f"{kind}", one)) for kind, name, one in _plays(app, phase.activated())]
    return [Finding(kind, name, why) for kind, name, why in played if why]


def told_by_rules(phase: Phase) -> set[str]:
    """Return the people whom rules tell, who have to be known before they can be told."""
    return {person for rule in phase.automation.rules for person in rule.tell if is_person(person)}


def _plays(app: AppContext, phase: Phase) -> Iterator[tuple[FindingKind, str, Play]]:
    """Yield each play, with the kind and the name of what it may find; a play returns what does not work."""
    if person := _reporter(app, phase):
        outside = {Intake.MAIL: bool(phase.mail.address), Intake.TEAMS: phase.teams.reports,
                   Intake.WORKFLOW: phase.workflows.steps.may_report}  # fmt: skip
        for way in (*WAYS_IN, *(one for one, is_open in outside.items() if is_open)):
            yield FindingKind.NO_WAY_IN, way.value, partial(_report, app, phase, person, way)
        for rule in phase.automation.rules:
            if rule.enabled:
                yield FindingKind.IDLE_RULE, rule.name, partial(_rule, app, phase, person, rule)
    for rhythm in phase.digest_schedules:
        if rhythm.digest.every is not DigestFrequency.NEVER:
            yield FindingKind.NO_DIGEST, rhythm.digest.name, partial(_digest, app, phase, rhythm)
    for survey in map(with_template_defaults, phase.pulse.pulses):
        if not survey.anonymous or app.secret:  # else another finding says what is missing
            yield FindingKind.NO_SURVEY, survey.name, partial(_survey, app, phase, survey)


def _undone(app: AppContext, what: str, one: Play) -> str:
    """Return what went wrong in a play; empty if nothing. Its transaction ends without its effects."""
    try:
        with app.undone() as tx:
            said = one(tx)
    except Refused as no:
        return no.text
    except StoreFailure:
        raise
    except Exception as error:
        log.exception("rehearsal_play_failed", play=what)
        return type(error).__name__
    return said


def _reporter(app: AppContext, phase: Phase) -> Person | None:
    """Return a lead who could report; without one, that is a finding of its own."""
    with app.store.read() as tx:
        known = (app.known_person(tx, one) for one in phase.lead_people)
        return next((one for one in known if one.can(Ability.REPORT)), None)


def _report(app: AppContext, phase: Phase, person: Person, way: Intake, tx: Transaction) -> str:
    """Fill the form of a way in and open a critical ticket by it, with all that follows: cards, pages, issues."""
    for unfolded in (False, True):
        report_form(ReportDraft(phase=phase.key, intake=way.value, unfolded=unfolded), phase)
    _open(app, tx, phase, person, way, Severity.CRITICAL)
    return ""


def _open(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, way: Intake, severity: Severity, module: str = ""
) -> Ticket:  # fmt: skip
    report = Report(summary=SUMMARY, severity=severity, module=module)
    return open_ticket_in(app, tx, phase, report, person=person, intake=way)


def _rule(app: AppContext, phase: Phase, person: Person, rule: AutomationRule, tx: Transaction) -> str:
    """Have a rule act on a ticket on which each of its steps could do something; return the steps that don't."""
    calm = phase.model_copy(update={"automation": AutomationSettings()})  # it shall not have acted before
    severities = [one for one in rule.severities or Severity if one is not rule.severity]
    module = next((one for one in rule.modules if one != rule.module), "")
    ticket = _open(app, tx, calm, person, Intake.COMMAND, next(iter(severities), Severity.LOW), module)
    session = TicketSession(app, tx, phase, ticket, Person(app.bot_user), app.now())
    idle = find_idle_steps(session, rule)
    session.finish()
    return ", ".join(idle)


def _digest(app: AppContext, phase: Phase, rhythm: DigestSchedule, tx: Transaction) -> str:
    digest.post(app, tx, phase, rhythm, "rehearsal", app.now())
    named = any(rhythm.digest.name in channel.digests for channel in phase.teams_channels)
    return "" if phase.digest_recipients(rhythm.digest) or named else "no one gets it"


def _survey(app: AppContext, phase: Phase, survey: Pulse, tx: Transaction) -> str:
    pulses.start(app, tx, phase, survey, "rehearsal")
    asked = [one for segment in survey.segments for one in (*segment.channels, *phase.people(segment.people))]
    return "" if asked or not survey.segments else "no one is asked"
