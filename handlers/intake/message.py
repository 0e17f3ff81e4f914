"""Reports without a form: a reaction, a direct message, and channels in which every message is one."""

from dataclasses import replace

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.views.incoming import is_from_app, read_message
from bot.views.intake import message as saying
from bot.views.intake import report as views
from domain.intake.chatter import asked_verb, is_chatter, is_report, is_thanks
from domain.people.abilities import Ability
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from handlers.intake import file_import
from handlers.oncall import escalations
from handlers.request import Answer, Payload, Reply, Request, reply


def reaction(app: AppContext, call: Request) -> Answer:
    """The phase's emoji on a message reports it in its author's name, and on another app's post in one's own."""
    item = call.payload.get("item") or {}
    channel, ts = str(item.get("channel") or ""), str(item.get("ts") or "")
    if not phases.is_report_emoji(app, channel, str(call.payload.get("reaction") or "")):
        return None
    message = call.look(channel, ts)
    if message is None:
        return reply(saying.MESSAGE_GONE)
    if not message.get("user") and not is_from_app(message):
        return None
    if is_ours(app, message):
        return None
    author = call.person
    if not is_from_app(message):
        author = app.person(str(message["user"]), message.get("user_team") or message.get("team"))
    if message.get("user") != call.person.id and not call.person.can(Ability.SUPPORT):
        return None  # a person of another company reports only what they wrote
    filed_by = call.person.id if call.person.id != author.id else None
    intake.open_from_message(
        app, _report(message), person=author, origin=views.origin(channel, message), intake=Intake.REACTION,
        filed_by=filed_by,
    )  # fmt: skip
    return None


def direct(app: AppContext, call: Request) -> Answer:
    """Ask whether a direct message outside a ticket's thread is a report."""
    said = read_message(call.payload)
    if offered := file_import.offer(app, call, said):
        return offered
    if answered := escalations.in_direct_message(app, call, said.text):
        return answered
    if not said.files:
        if answered := run_command(app, call, said.text):
            return answered
        if is_chatter(said.text):
            return Reply(saying.thanked() if is_thanks(said.text) else saying.greeting())
    ask = saying.ask_severity if len(intake.candidate_phases(app)) == 1 else saying.ask_phase
    return Reply(ask(said.text, call.channel, str(call.payload.get("ts") or "")))


def run_command(app: AppContext, call: Request, text: str) -> Answer:
    """Answer a message that is nothing but a command that reads, as "help" or "who is on call?"; None otherwise."""
    asked = asked_verb(text)
    given = call.commands[asked[0]](app, replace(call, text=asked[1])) if asked and call.commands else None
    return given if isinstance(given, Reply) else None


def how_bad(app: AppContext, call: Request) -> Answer:
    """File the message with the severity that was chosen."""
    channel, ts, severity = saying.severity_of(call.value)
    message = call.own(channel, ts)
    if message is None:
        return reply(saying.MESSAGE_GONE)
    ticket = intake.open_from_message(
        app, _report(message, severity), person=call.person, origin=views.origin(channel, message),
        intake=Intake.DIRECT, assumed=False,
    )  # fmt: skip
    return Reply(saying.opened(ticket.name) if ticket else saying.already_reported(), replace=True)


def no_report(app: AppContext, call: Request) -> Answer:
    return Reply(saying.not_reported(), replace=True)


def in_channel(app: AppContext, call: Request) -> Answer:
    """File a new message in a channel where every message is a report, except small talk and `//`."""
    event = call.payload
    said = read_message(event)
    reports = is_report(said.text) or (said.files and not said.text)
    if not reports or not phases.is_auto_intake_channel(app, call.channel):
        return None
    intake.receive_channel_message(
        app, _report(event), said.text, person=call.person, origin=views.origin(call.channel, event)
    )
    return None


def from_app(app: AppContext, call: Request) -> Answer:
    """File a post of another app or a workflow in a channel of reports, where the phase takes such posts."""
    event, said = call.payload, read_message(call.payload)
    if is_ours(app, event) or not (said.text or said.files):
        return None
    if phases.is_auto_intake_channel(app, call.channel) and phases.takes_app_posts(app, call.channel):
        intake.open_from_message(
            app, _report(event), person=Person(app.bot_user), origin=views.origin(call.channel, event),
            intake=Intake.CHANNEL,
        )  # fmt: skip
    return None


def is_ours(app: AppContext, message: Payload) -> bool:
    """Whether the bot itself wrote the message."""
    return message.get("user") == app.bot_user


def _report(message: Payload, severity: Severity = Severity.MEDIUM) -> Report:
    said = read_message(message)
    return views.report_from_message(views.from_message(said.text), said.files, severity)


ACTIONS = {saying.SEVERITY_ANSWER: how_bad, saying.NOT_A_REPORT: no_report}
