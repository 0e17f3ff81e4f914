"""The dialog in Microsoft Teams in which a person reports: what it shows, and what it makes."""

from bot.context import AppContext
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.teams.chats import check_pace, open_phases, person_of
from bot.views.teams import chat as views
from bot.views.teams import form
from domain.errors import Refused, Repeated
from domain.phases.phase import Phase
from domain.teams.incoming import TeamsActivity
from domain.teams.outgoing import TeamsDialog
from domain.tickets.ticket import Intake

SENT = "This report was sent before, so it isn't sent again."


def open_report(app: AppContext, activity: TeamsActivity) -> TeamsDialog | str:
    """Return the dialog, or why there is none."""
    with app.store.read() as tx:
        phases = open_phases(tx)
    text = activity.values.get("text")
    return form.report_dialog(phases, {}, text=text if isinstance(text, str) else "") if phases else views.NOWHERE


def submit_report(app: AppContext, activity: TeamsActivity, key: str) -> TeamsDialog | str:
    """Open a ticket from the dialog; return what to say, or the dialog again with what is wrong."""
    with app.store.read() as tx:
        phases = open_phases(tx)
    given = form.texts(activity.values)
    phase = _chosen(phases, given.get(form.PHASE, ""))
    if not phases:
        return views.NOWHERE
    if phase is None:
        return form.report_dialog(phases, given, {form.PHASE: "Nothing is chosen. Choose one of the options."})
    report, errors = form.read(given, phase)
    if report is None or errors:
        missing = {name for name in errors if name not in form.shown_in(phases)}
        return form.report_dialog([phase] if missing else phases, given, errors)
    try:
        with app.transaction(key) as tx:
            met = tx.teams_people.meet(activity, app.now())
            if met is None:
                return views.GONE
            person = person_of(met[0])
            check_pace(app, tx, phase, person)
            ticket = open_ticket_in(app, tx, phase, report, person=person, intake=Intake.TEAMS)
    except Repeated:
        return SENT
    except Refused as no:
        return no.text
    after_opening(app, ticket)
    return views.sent(ticket)


def _chosen(phases: list[Phase], key: str) -> Phase | None:
    if len(phases) == 1:
        return phases[0]
    return next((one for one in phases if one.key == key), None)
