"""Reporting: the command, the shortcuts, the mention, the Home button, and the form itself."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.context import AppContext
from bot.services.gateways.knowledge import hint
from bot.services.intake import duplicates, intake
from bot.services.knowledge import articles
from bot.services.phases import phases
from bot.services.tickets import lists
from bot.views.home.help import help_text
from bot.views.incoming import IncomingMessage, is_from_app, read_message, without_first_mention
from bot.views.intake import message as saying
from bot.views.intake import report as views
from bot.views.intake.report import ReportDraft
from bot.views.intake.suggestions import USE_SUGGESTION
from bot.views.knowledge.articles import SUGGESTED
from bot.views.tickets.posts import where_to_look
from domain.address import is_channel, is_direct
from domain.errors import Refused
from domain.intake.chatter import is_chatter, is_question, is_thanks
from domain.intake.suggestions import suggestion_for
from domain.operations.scopes import Place, missing_at
from domain.phases.permissions import Action, Person, is_responder
from domain.phases.phase import Phase
from domain.tickets.ticket import Intake
from domain.typed import plain
from handlers.intake.message import run_command
from handlers.request import Answer, OpenModal, Payload, Reply, Request, UpdateModal, Whisper

MOST_FILES = 10  # carried from a message through the form; private_metadata takes 3,000 characters


def command(app: AppContext, call: Request) -> Answer:
    """`report [text]` opens the form at once; `report PAY text` says which phase is meant."""
    first, rest = [*call.said.split(None, 1), "", ""][:2]
    key = plain(first)
    if key and key == key.upper() and _is_phase(app, key):
        among, text = [intake.phase_for(app, key)], rest
    else:
        among, text = intake.candidate_phases(app, call.channel), call.said
    return _opened(app, call, among, values=views.from_command(text), intake=Intake.COMMAND)


def with_words(app: AppContext, call: Request, key: str, words: str) -> Answer:
    """The form of a phase with a summary that the bot proposes."""
    return _opened(app, call, [intake.phase_for(app, key)], values=views.from_command(words), intake=Intake.COMMAND)


def shortcut(app: AppContext, call: Request) -> Answer:
    return _opened(app, call, intake.candidate_phases(app), intake=Intake.SHORTCUT)


def home_button(app: AppContext, call: Request) -> Answer:
    among = intake.candidate_phases(app, call.channel)
    return _opened(app, call, among, intake=Intake.HOME if call.view else Intake.COMMAND)


def message_shortcut(app: AppContext, call: Request) -> Answer:
    """The message becomes the beginning of the report; its thread becomes the reporter thread."""
    message = call.payload.get("message") or {}
    return _about(app, call, call.channel, message, read_message(message), Intake.MESSAGE)


def form_of_message(app: AppContext, call: Request) -> Answer:
    """The form for a message of one's own, where it has to be asked what it is about."""
    channel, ts = saying.message_of(call.value)
    message = call.own(channel, ts)
    if message is None:
        return Reply({"text": saying.MESSAGE_GONE}, replace=True)
    way = Intake.DIRECT if is_direct(channel) else Intake.MENTION
    said = read_message(message)
    return _about(app, call, channel, message, replace(said, text=without_first_mention(said.text)), way)


def _about(
    app: AppContext, call: Request, channel: str, message: Payload, said: IncomingMessage, way: Intake
) -> Answer:
    """The form with what a message says, and its files."""
    files, origin = said.files[:MOST_FILES], views.origin(channel, message)
    among, values = intake.candidate_phases(app, channel), views.from_message(said.text)
    return _opened(app, call, among, origin=origin, values=values, intake=way, files=files)


def _opened(app: AppContext, call: Request, among: Sequence[Phase], **draft: Any) -> Answer:
    """The form; it asks which phase is meant where several may be."""
    asking = tuple(among) if len(among) > 1 else ()
    return OpenModal(
        _drawn(app, call, ReportDraft(phase=among[0].key, phases=asking, channel=call.channel, **draft), among[0])
    )


def mention(app: AppContext, call: Request) -> Answer:
    """A mention makes a ticket from what it says; with nothing said, it explains itself."""
    event, said = call.payload, read_message(call.payload)
    values = views.from_message(without_first_mention(said.text))
    if not values["summary"] and not said.files:
        return None if is_from_app(event) else Reply(help_text())
    if intake.is_ticket_message(app, views.origin(call.channel, event)):
        return None
    person = call.person
    if is_from_app(event):
        if not phases.takes_app_posts(app, call.channel):
            return None
        person = Person(app.bot_user)
    elif not said.files and (answer := _answered(app, call, without_first_mention(said.text))):
        return answer
    if len(intake.candidate_phases(app, call.channel)) > 1:
        return Reply(saying.ask_phase(values["happened"], call.channel, str(event.get("ts") or "")))
    intake.open_from_message(
        app,
        views.report_from_message(values, said.files),
        person=person,
        intake=Intake.MENTION,
        origin=views.origin(call.channel, event),
    )
    return None


def _answered(app: AppContext, call: Request, text: str) -> Answer:
    """Answer what is no report: a command in words, small talk, or a question, which may be one."""
    if answered := run_command(app, call, text):
        return answered
    if is_chatter(text):
        return Reply(saying.thanked() if is_thanks(text) else saying.greeting())
    if is_question(text):
        found = articles.find(app, call.person, text, call.channel, SUGGESTED, sure=True)
        return Reply(saying.ask_report(text, call.channel, str(call.payload.get("ts") or ""), found))
    return None


def more_details(app: AppContext, call: Request) -> Answer:
    """Unfold the rest of the form, with everything typed so far."""
    draft, phase = _at_hand(app, call)
    return UpdateModal(_drawn(app, call, replace(draft, unfolded=True), phase))


def typing(app: AppContext, call: Request) -> Answer:
    """Suggest tickets, a type and a module while the summary is typed; redraw only when they change."""
    draft, phase = _at_hand(app, call)
    if draft.ticket_id is not None:
        return None
    drawn = _suggesting(app, call, draft, phase)
    before = (draft.shown_similar, draft.shows_suggestion, draft.shown_endpoints, draft.present_articles)
    if _shown(drawn) == before:
        return None
    return UpdateModal(_form(app, drawn, phase), quietly=True)


def _shown(drawn: ReportDraft) -> tuple[tuple[int, ...], bool, tuple[str, ...], tuple[int, ...]]:
    """Return which suggestions a form shows."""
    helpful = tuple(one.id for one in drawn.articles)
    similar, known = (one.id for one in drawn.similar), (one.endpoint for one in drawn.gateway)
    return tuple(similar), bool(drawn.suggestion), tuple(known), helpful


def another_kind(app: AppContext, call: Request) -> Answer:
    """Another type or phase was chosen: its own fields unfold."""
    draft, phase = _at_hand(app, call)
    return UpdateModal(_drawn(app, call, draft, phase))


def use_hint(app: AppContext, call: Request) -> Answer:
    """Fill in the suggested type and module."""
    draft, phase = _at_hand(app, call)
    values = dict(draft.values or {})
    found = suggestion_for(str(values.get("summary") or ""), phase.intake)
    values |= {"type": found.type.value} if found.type else {}
    values |= {"module": found.module} if found.module else {}
    return UpdateModal(_drawn(app, call, replace(draft, unfolded=True, values=values), phase))


def details(app: AppContext, call: Request) -> Answer:
    """The form again, filled with what the ticket says."""
    ticket = lists.ticket_by_id(app, call.number, call.person, Action.ADD_DETAILS)
    draft = ReportDraft(phase=ticket.key, unfolded=True, ticket_id=ticket.id, values=views.from_report(ticket.report))
    return OpenModal(_form(app, draft, lists.phase_of(app, ticket)))


def submit(app: AppContext, call: Request) -> Answer:
    """The form was sent: a new ticket, or details for one that exists."""
    draft = views.draft_of(call.view)
    if draft.ticket_id is not None:
        ticket = lists.ticket_by_id(app, draft.ticket_id, call.person)
        changes = views.read_changes(call.view, lists.phase_of(app, ticket))
        intake.add_details(app, ticket.id, changes, person=call.person, request=call.request)
        return None
    if not draft.phase:
        raise Refused("This form is out of date, so it wasn't sent. Close it and open it again.", field="summary")
    phase = intake.phase_for(app, draft.phase)
    if views.asks_phase(call.view):
        chosen = views.chosen_phase(call.view, intake.candidate_phases(app))
        if not chosen:
            raise Refused("Choose what this is about.", field="phase")
        phase = intake.phase_for(app, chosen)
    report, anonymous = views.read_report_form(call.view, phase), views.is_anonymous(call.view)
    if anonymous and not phase.intake.anonymous:
        raise Refused("This phase doesn't accept anonymous reports. Choose “Show my name”.", field="anonymous")
    report = replace(report, files=(*draft.files, *report.files))
    person, filed_by = call.person, None
    if other := views.on_behalf(call.view):
        if not is_responder(call.person, phase):
            raise Refused(
                "Only responders and leads can report for someone else. Leave this field empty to report it yourself.",
                field="behalf",
            )
        person, filed_by = app.person(other), call.person.id if other != call.person.id else None
    ticket = intake.open_ticket(
        app, report, person=person, phase_key=phase.key, intake=_intake(draft.intake), origin=draft.origin,
        request=call.request, anonymous=draft.origin is None and anonymous,
        filed_by=filed_by, articles_shown=draft.shown_articles, channel=draft.channel,
    )  # fmt: skip
    # A report of a message is answered in its thread, which the person has before them.
    if draft.origin is None and is_channel(draft.channel):
        return Whisper(draft.channel, where_to_look(ticket, app.bot_user))
    return None


def _at_hand(app: AppContext, call: Request) -> tuple[ReportDraft, Phase]:
    """Return the draft with what was typed so far, and its phase."""
    draft = views.draft_of(call.view)
    among = tuple(intake.candidate_phases(app)) if views.asks_phase(call.view) else ()
    chosen = views.chosen_phase(call.view, among)
    phase = intake.phase_for(app, chosen or draft.phase)
    values = {**views.read_draft(call.view, phase), "phase": chosen}
    return replace(draft, phase=phase.key, phases=among, values=values), phase


def _suggesting(app: AppContext, call: Request, draft: ReportDraft, phase: Phase) -> ReportDraft:
    """Return the draft with what its summary suggests."""
    values = draft.values or {}
    if draft.phases and not values.get("phase"):
        return draft  # the phase is needed first
    words = str(values.get("summary") or "")
    similar = tuple(duplicates.suggest_tickets(app, phase, words, call.person))
    suggestion = None if draft.unfolded else suggestion_for(words, phase.intake)
    known, helpful = hint(app, phase, words), tuple(articles.suggest(app, phase, words, call.person))
    return replace(
        draft, similar=similar, suggestion=suggestion, gateway=known, articles=helpful,
        behalf=is_responder(call.person, phase),
    )  # fmt: skip


def _drawn(app: AppContext, call: Request, draft: ReportDraft, phase: Phase) -> dict[str, Any]:
    return _form(app, _suggesting(app, call, draft, phase), phase)


def _form(app: AppContext, draft: ReportDraft, phase: Phase) -> dict[str, Any]:
    return views.report_form(replace(draft, no_files=bool(missing_at(Place.REPORT, app.scopes))), phase)


def _is_phase(app: AppContext, word: str) -> bool:
    try:
        intake.phase_for(app, word)
    except Refused:
        return False
    return True


def _intake(claimed: str) -> Intake:
    return Intake(claimed) if claimed in list(Intake) else Intake.COMMAND


COMMANDS = {"report": command}
SHORTCUTS = {"report": shortcut, "report_message": message_shortcut}
ACTIONS = {
    "report": home_button, "more_details": more_details, "details": details, "summary": typing, "type": another_kind,
    "phase": another_kind, saying.OPEN_FORM: form_of_message, USE_SUGGESTION: use_hint,
}  # fmt: skip
VIEWS = {views.CALLBACK: submit}
EVENTS = {"app_mention": mention}
