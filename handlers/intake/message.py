"""Reports without a form: a reaction, a direct message, and channels in which every message is one."""

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.views.inputs import file_references as files_of
from bot.views.intake import message as saying
from bot.views.intake import report as views
from bot.views.text import file_link, from_event
from domain.intake.chatter import is_chatter, is_report
from domain.tickets.ticket import Intake, Report, Severity
from handlers.oncall import escalations
from handlers.request import Answer, Payload, Reply, Request, reply


def reaction(app: AppContext, call: Request) -> Answer:
    """The phase's emoji on a message reports it, in its author's name."""
    item = call.payload.get("item") or {}
    channel, ts = str(item.get("channel") or ""), str(item.get("ts") or "")
    if not phases.is_report_emoji(app, channel, str(call.payload.get("reaction") or "")):
        return None
    message = call.look(channel, ts)
    if message is None:
        return reply(saying.MESSAGE_GONE)
    if message.get("bot_id") or not message.get("user"):
        return None
    author = app.person(str(message["user"]), message.get("user_team"))
    filed_by = call.person.id if call.person.id != author.id else None
    intake.open_from_message(
        app, _report(message), person=author, origin=views.origin(channel, message), intake=Intake.REACTION,
        filed_by=filed_by,
    )  # fmt: skip
    return None


def direct(app: AppContext, call: Request) -> Answer:
    """Ask whether a direct message outside a ticket's thread is a report."""
    text = from_event(str(call.payload.get("text") or ""))
    if answered := escalations.in_direct_message(app, call, text):
        return answered
    if is_chatter(text) and not call.payload.get("files"):
        return Reply(saying.greeting())
    ask = saying.ask_severity if len(intake.candidate_phases(app)) == 1 else saying.ask_phase
    return Reply(ask(text, call.channel, str(call.payload.get("ts") or "")))


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
    text, files = from_event(str(event.get("text") or "")), files_of(event.get("files") or ())
    if not phases.is_auto_intake_channel(app, call.channel) or not (is_report(text) or (files and not text)):
        return None
    links = [file_link(f.permalink, f.name) for f in files]
    intake.receive_channel_message(
        app, _report(event), text, links, person=call.person, origin=views.origin(call.channel, event)
    )
    return None


def _report(message: Payload, severity: Severity = Severity.MEDIUM) -> Report:
    values = views.from_message(str(message.get("text") or ""))
    return views.report_from_message(values, files_of(message.get("files") or ()), severity)


ACTIONS = {saying.SEVERITY_ANSWER: how_bad, saying.NOT_A_REPORT: no_report}
