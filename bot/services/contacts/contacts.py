"""Contacts: a person who stands beside users logs whom they met, and reads where to walk next."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bot.context import AppContext
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.phases.forms import PhaseForm
from bot.services.phases.phases import split_off_phase
from bot.services.reporting.walks import walks
from bot.services.tickets.targets import visible_names
from bot.views.contacts import contacts as views
from domain.contacts.contact import Contact, ContactDraft, ContactOutcome, check_contact
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.text import one_line, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, Intake, Report, Severity, Ticket
from storage.transaction import Transaction

SHOWN = 10  # contacts
FORM = PhaseForm(views.LOG, "Log contact", "Log contact for {phase}",
                 "Only people of this workspace can log contacts. Ask the team in the channel.")  # fmt: skip


def open_form(app: AppContext, person: Person, key: str, channel: str = "") -> dict[str, Any]:
    """Return the form for a contact, filled with where the person was last; or the choice of a phase."""
    return FORM.open(app, person, key, channel, lambda tx, phase: views.form_of(
        phase, tx.contacts.find_last(phase.id, person.id)))  # fmt: skip


def log_contact(
    app: AppContext,
    person: Person,
    key: str,
    draft: ContactDraft,
    met: Person | None = None,
    request: str | None = None,
) -> Ticket | None:  # fmt: skip
    """Keep a contact, with the ticket that it needs: it is the person's who was `met`, or else the walker's."""
    check_contact(draft)
    ticket = None
    with app.transaction(request) as tx:
        phase = FORM.choose(tx, person, key)
        group = draft.group or phase.user_group_of.get(draft.person, "")
        if draft.outcome is ContactOutcome.TICKET:
            ticket = _open(app, tx, phase, person, met or person, draft)
        values = asdict(draft) | {"group": group}
        tx.contacts.insert_contact(Contact(**values, phase_id=phase.id, walker=person.id, at=app.now(),
                                           ticket_id=ticket.id if ticket else None))  # fmt: skip
    if ticket:
        after_opening(app, ticket)
    return ticket


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return where to walk next, and the newest contacts: a walker's own, for the team everyone's."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        FORM.require_reader(person, phase)
        shows_all = is_responder(person, phase)
        newest = tx.contacts.list_newest(phase.id, SHOWN, "" if shows_all else person.id)
        names = visible_names(tx, person, phase, [one.ticket_id for one in newest])
        today = tx.contacts.count_outcomes(phase.id, phase.start_of_day(phase.local_date(app.now())), app.now())
        return views.page(phase, walks(tx, phase, app.now()), today,
                          [(one, names.get(one.ticket_id, "")) for one in newest])  # fmt: skip


def _open(
    app: AppContext, tx: Transaction, phase: Phase, walker: Person, met: Person, draft: ContactDraft
) -> Ticket:  # fmt: skip
    summary = shorten(one_line(draft.note), SUMMARY_LIMIT)
    report = Report(summary=summary, severity=Severity.MEDIUM, module=draft.module,
                    happened=draft.note if draft.note != summary else "")  # fmt: skip
    return open_ticket_in(app, tx, phase, report, person=met, intake=Intake.CONTACT, assumed=True,
                          filed_by=walker.id if met.id != walker.id else None)  # fmt: skip
