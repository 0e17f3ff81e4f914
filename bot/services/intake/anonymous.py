"""Anonymous tickets from pulses: opened under an alias, some hours after the answer."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from bot.context import AppContext
from bot.seal import seal
from bot.services.intake.intake import open_ticket_in
from domain.address import new_alias
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.tickets.ticket import Intake, Report, Severity
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "anonymous_report"
MIN_DELAY, MAX_DELAY = timedelta(hours=2), timedelta(hours=24)


def schedule_ticket(
    app: AppContext, tx: Transaction, phase: Phase, wave_id: int, person: Person, report: Report, request: str
) -> None:
    """Schedule the ticket at a random time, so that its time does not reveal the person; once for each request.

    The request is kept as an HMAC, since Slack's name for it could tell who made it.
    """
    once = hmac.new(app.secret, f"{KIND}:{request}".encode(), hashlib.sha256).hexdigest()[:32]
    if tx.timers.exists(f"{KIND}:{once}"):
        return
    later = timedelta(seconds=secrets.SystemRandom().uniform(MIN_DELAY.total_seconds(), MAX_DELAY.total_seconds()))
    data = {"phase": phase.id, "wave": wave_id, "sealed": seal(app.secret, person.id), "summary": report.summary,
            "happened": report.happened, "severity": report.severity.value}  # fmt: skip
    tx.timers.set_once(f"{KIND}:{once}", KIND, app.now() + later, data=data)


def open_ticket(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Open the ticket, and delete what the timer held."""
    phase, given, name = tx.phases.get(timer.data["phase"]), timer.data, new_alias()
    tx.timers.update_data(timer.key, {})
    if phase.state is not PhaseState.ACTIVE:
        return
    tx.aliases.insert_alias(name, phase.id, given["sealed"])
    report = Report(summary=given["summary"], happened=given["happened"], severity=Severity(given["severity"]))
    ticket = open_ticket_in(app, tx, phase, report, person=Person(name), intake=Intake.PULSE, anonymous=True)
    tx.waves.upsert_followup(given["wave"], secrets.token_hex(16), "talk", ticket.id)
