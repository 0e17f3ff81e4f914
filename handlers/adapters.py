"""Adapters between Bolt and the handlers: each turns a payload into a Request and delivers the answer."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from slack_bolt import Ack, BoltResponse, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.context import AppContext
from bot.services.delivery import fallbacks, outbox
from bot.services.operations.catching_up import event_key
from bot.slack_errors import failure_of, refused_response
from bot.views import form
from bot.views.incoming import is_from_app, is_tombstone
from bot.views.simpler import Content
from bot.views.text import from_event
from domain.address import is_person
from domain.delivery.message import Failure
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.people.profile import PersonKind
from domain.phases.permissions import Person
from handlers import errors, modals
from handlers.errors import RequestFailed, Table, answer, polite
from handlers.outdated import refusing_outdated
from handlers.request import Answer, EntityDetails, Handler, OpenModal, Reply, Request, Unfurl, Whisper, reply
from storage.store import StoreFailure

log = structlog.get_logger()
ACTS = ("message", "app_mention", "reaction_", "app_home_", "link_", "entity_")  # events that are an act of a person
NEW_MESSAGES = ("message:", "app_mention:")  # how the keys of their events begin
Body = Mapping[str, Any]
CHANNEL_WORD = re.compile(r"channel:<#([A-Z0-9]+)(?:\|[^<>]*)?>")  # of a filter, which knows channels by id
OBJECTS = ("message", "previous_message", "item", "view")  # parts of events and shortcuts
LAST_RETRY = 3  # Slack delivers an event four times in all

LATE_SECONDS = 10.0  # after which a message may have been edited or deleted before its event came
# Of an event about a new message; everything else of it may have changed by the time that it is read back.
FIXED = ("type", "channel", "channel_type", "event_ts", "team", "user_team", "user_profile")
GONE = "This button no longer works, because Hypercare has changed since it was posted. Type `/hypercare` instead."
NO_SHORTCUT = "Hypercare no longer has this shortcut. Type `/hypercare` instead."
NO_ACCOUNT = "You can't use Hypercare with this account, because it's deactivated or belongs to an app."


def command(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
    """Handle a slash command; only its user sees the answer.

    It is part of the acknowledgement, unless Slack may refuse it: that, it says only of what comes by the response URL.
    """
    # The manifest asks for escaped people, <@U…|name>; everything else is as typed.
    typed = from_event(CHANNEL_WORD.sub(r"channel:\1", str(body.get("text") or "")))
    verb, text = errors.verb_of(table, typed)
    call = Request(person=claimed(body.get("user_id")), text=text,
                said=errors.said_after_verb(typed),
                request=f"command:{body.get('trigger_id')}", channel=str(body.get("channel_id") or ""))  # fmt: skip
    given = modals.show(app, client, polite(admitting(table[verb], body.get("team_id")), app, call), body)
    if isinstance(given, Reply) and fallbacks.may_be_refused(app, given.message):
        try_to_answer(lambda: _respond(app, respond, given))
        ack()
    elif isinstance(given, Reply):
        ack(**fallbacks.prepare(app, given.message))
    else:
        ack()


def action(
    app: AppContext, table: Table, commands: Table, ack: Ack, body: Body, client: WebClient, respond: Respond
) -> None:  # fmt: skip
    """Handle a button or a menu in a message, a modal or the App Home."""
    pressed, body = body["actions"][0], _shaped(body)
    # Ids are unique within a message: a list's buttons are show:41, show:42, …
    handler = table.get(str(pressed.get("action_id")).partition(":")[0])
    if handler is None:  # one of ours has a value; a link or an input that reports a change has none
        if pressed.get("type") == "button" and pressed.get("value"):
            log.info("request_unknown", kind="action")
            _answer_privately(app, client, respond, body, reply(GONE))
        ack()
        return
    handler = refusing_outdated(handler, body)
    call = Request(person=claimed(body["user"]["id"]),
                request=f"action:{body.get('trigger_id')}:{pressed.get('action_ts')}",
                channel=str((body.get("channel") or {}).get("id") or ""), value=_value(pressed),
                view=_view_of(body), payload=body, look=partial(_message_at, client), commands=commands)  # fmt: skip
    given = modals.show(app, client, polite(admitting(handler, body["user"].get("team_id")), app, call), body)
    if isinstance(given, Reply):
        _answer_privately(app, client, respond, body, given)
    ack()


def submission(app: AppContext, table: Table, commands: Table, ack: Ack, body: Body) -> None:
    """Handle a submitted form; it closes after the commit, or stays open and shows the errors."""
    view = _view_of(body)
    handler = table.get(str(view.get("callback_id")))
    if handler is None:
        log.info("request_unknown", kind="view")
        _show_errors(app, ack, form.InvalidForm({"": form.UNKNOWN}), view)
        return
    call = Request(person=claimed(body["user"]["id"]), request=f"view:{view['id']}", view=view, payload=body,
                   commands=commands)  # fmt: skip
    try:
        given = answer(_complete(admitting(handler, body["user"].get("team_id"))), app, call)
    except (Refused, form.InvalidForm, RequestFailed) as no:
        _show_errors(app, ack, no, view)
    else:
        shown = _notice(given) if isinstance(given, Reply) else given
        if isinstance(shown, OpenModal):  # the next modal, or what was done, in its place
            ack(response_action="update", view=fallbacks.prepare(app, shown.view))
        else:
            if isinstance(given, Whisper):
                app.whisper(given.channel, call.person.id, fallbacks.prepare(app, given.message))
            ack()


def _show_errors(app: AppContext, ack: Ack, error: Exception, view: Body) -> None:
    """Keep the form open with what is wrong below its fields; one without fields says it instead."""
    if found := errors.field_errors(app, error, view):
        ack(response_action="errors", errors=found)
    else:
        ack(response_action="update", view=form.notice("That didn't work", errors.words_of(error)))


def _complete(handler: Handler) -> Handler:
    """Return the handler, which first refuses a form of which something did not arrive."""

    def checked(app: AppContext, call: Request) -> Answer:
        form.require_complete(call.view)
        return handler(app, call)

    return checked


def shortcut(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient) -> None:
    handler = table.get(str(body.get("callback_id")))
    if handler is None:
        log.info("request_unknown", kind="shortcut")
        _show_notice(app, client, body, reply(NO_SHORTCUT))
    else:
        channel = str((body.get("channel") or {}).get("id") or "")
        call = Request(person=claimed(body["user"]["id"]), request=f"shortcut:{body.get('trigger_id')}",
                       channel=channel, payload=_shaped(body))  # fmt: skip
        given = modals.show(app, client, polite(admitting(handler, body["user"].get("team_id")), app, call), body)
        if isinstance(given, Reply):
            _show_notice(app, client, body, given)
    ack()


def _show_notice(app: AppContext, client: WebClient, body: Body, given: Reply) -> None:
    """Show an answer as a modal; where Slack opens none, such as too late, it is a direct message."""
    lost = modals.show(app, client, _notice(given), body)
    if isinstance(lost, Reply) and is_person(str(body["user"]["id"])):
        with suppress(*StoreFailure):
            outbox.answer_later(app, str(body["user"]["id"]), given.message)


def _shaped(payload: Body) -> Body:
    """Leave out what should be an object and is none, so that no handler looks into a text for a message."""
    return {name: value for name, value in payload.items() if name not in OBJECTS or isinstance(value, Mapping)}


def event(
    app: AppContext, table: Table, commands: Table, ack: Ack, body: Body, client: WebClient, retry: int
) -> BoltResponse | None:
    """Handle an event; one that could not be saved isn't acknowledged, so that Slack delivers it again."""
    handler = table.get(str(body["event"].get("type")))
    app.note_event(retry, body.get("event_time"))
    payload = _present(app, client, body, retry) if handler else None
    if handler is None or payload is None:
        ack()
        return None
    # Events about places, groups and accounts are no one's act, so no person is looked up for them.
    acts = not str(payload.get("type")).startswith(("channel_", "group_", "member_", "subteam_", "team_", "user_"))
    person = claimed(payload.get("user") if acts else None)
    admitted = admitting_event(handler, payload)
    call = Request(person=person, request=_key(body), channel=str(payload.get("channel") or ""), payload=payload,
                   is_external=bool(body.get("is_ext_shared_channel")),
                   look=partial(_message_at, client), commands=commands)  # fmt: skip
    try:
        given = answer(admitted, app, call)
    except Refused as no:
        given = reply(errors.words_of(no))
    except RequestFailed as no:
        if no.again and retry < LAST_RETRY:
            return BoltResponse(status=503, body="")
        if no.again:
            app.note_lost()
        given = reply(no.text) if no.text else None
    if not _answer_event(app, client, payload, given) and retry < LAST_RETRY:
        return BoltResponse(status=503, body="")
    ack()
    return None


def _answer_event(app: AppContext, client: WebClient, payload: Body, given: Answer) -> bool:
    """Deliver the answer to an event; return whether that need not be tried again."""
    match given:
        case Reply():
            _answer_at_message(app, client, payload, given)
        case Unfurl():
            return _unfold(client, given)
        case EntityDetails():
            _show_details(client, given)
    return True


def _present(app: AppContext, client: WebClient, body: Body, retry: int) -> Body | None:
    """Return what an event is about, as it is now; None when nothing can follow from it, which is logged."""
    payload = _shaped(body["event"])
    if _lacks_person(payload):
        log.warning("event_without_person", type=payload.get("type"))
        return None
    if not _is_late(app, body, retry):
        return payload
    stands = _as_it_stands(client, payload)
    if stands is None:
        log.info("late_message_gone", request=_key(body))
    return stands


def _view_of(body: Body) -> Body:
    """Return the form or the App Home of a request, with blocks that can be read; empty where there is none."""
    view = body.get("view") or {}
    return {**view, "blocks": form.blocks_of(view)} if view else {}


def _lacks_person(payload: Body) -> bool:
    """Return whether an event of an act does not say whose it is, so that there is no one to answer."""
    kind, subtype = str(payload.get("type")), str(payload.get("subtype") or "")
    if not kind.startswith(ACTS) or subtype.startswith("message_") or is_from_app(payload):
        return False
    return not is_person(str(payload.get("user") or ""))


def _is_late(app: AppContext, body: Body, retry: int) -> bool:
    """Return whether the event of a new message comes again, or so late that it may come after that of an edit.

    What is read back after a stop has no time of delivery, and is as it stands.
    """
    if not _key(body).startswith(NEW_MESSAGES):
        return False
    ts = str(body["event"]["ts"])
    is_old = ts.replace(".", "", 1).isdecimal() and app.now().timestamp() - float(ts) > LATE_SECONDS
    return retry > 0 or (is_old and "event_time" in body)


def _as_it_stands(client: WebClient, payload: Body) -> Body | None:
    """Return a message as Slack has it now; None when it was deleted, and as its event has it when Slack can't say."""
    try:
        now = _read_message(client, str(payload.get("channel")), str(payload.get("ts")))
    except (SlackApiError, OSError) as error:
        log.warning("slack_message_not_read", error=type(error).__name__)
        return payload
    if now is None or is_tombstone(now):
        return None
    return _shaped({**now, **{name: payload[name] for name in FIXED if name in payload}})


def _key(body: Body) -> str:
    return event_key(body["event"], body.get("event_id"))


def _unfold(client: WebClient, given: Unfurl) -> bool:
    """Unfold as Work Objects; where Slack refuses those, as cards. Return whether Slack answered.

    It is an answer and no message: it may be sent twice, and the event is delivered again when its answer was lost.
    """
    try:
        client.chat_unfurl(channel=given.channel, ts=given.ts, metadata={"entities": given.entities})
    except SlackApiError as error:
        if error.response.status_code >= 500:
            return False
        log.info("work_objects_refused", reason=failure_of(error.response.data).reason)
        try_to_answer(lambda: client.chat_unfurl(channel=given.channel, ts=given.ts, unfurls=given.cards))
    except OSError as error:
        log.warning("answer_not_delivered", error=type(error).__name__)
        return False
    return True


def _show_details(client: WebClient, given: EntityDetails) -> None:
    shown: dict[str, Any] = {"metadata": given.entity} if given.entity else {"error": {"status": "restricted"}}
    try_to_answer(lambda: client.entity_presentDetails(trigger_id=given.trigger, **shown))


def _answer_privately(app: AppContext, client: WebClient, respond: Respond, body: Body, given: Reply) -> None:
    """Answer the person who pressed a button: ephemerally in the channel, or as a modal outside a message."""
    if body.get("response_url") or body.get("response_urls"):
        try_to_answer(lambda: _respond(app, respond, given))
    else:
        _show_notice(app, client, body, given)


def _respond(app: AppContext, respond: Respond, given: Reply) -> None:
    """Answer by the response URL."""

    def send(message: Content) -> Failure | None:
        answered = respond(**message, response_type="ephemeral", replace_original=given.replace)
        refusal = refused_response(answered.body)
        if answered.status_code != HTTPStatus.OK and not (refusal and refusal.kind.is_content):
            log.warning("answer_not_delivered", error=f"http_{answered.status_code}")
        return refusal

    _stepping_down(app, given.message, send)


def _answer_at_message(app: AppContext, client: WebClient, payload: Body, given: Reply) -> None:
    """Answer the author of a message or reaction ephemerally."""
    item = payload.get("item") or payload
    said = payload.get("message") or payload.get("previous_message") or payload
    channel, user = str(item.get("channel") or payload.get("channel")), str(payload.get("user") or said.get("user"))
    thread = payload.get("thread_ts")
    if not is_person(user):
        log.warning("answer_not_delivered", error="no_person")
        return

    def send(message: Content) -> Failure | None:
        try:
            client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread, **message)
        except SlackApiError as error:
            failure = failure_of(error.response.data)
            if not failure.kind.is_content:
                raise
            return failure
        return None

    try_to_answer(lambda: _stepping_down(app, given.message, send))


def _stepping_down(app: AppContext, message: Content, send: Callable[[Content], Failure | None]) -> None:
    """Send an answer, with plainer blocks as long as Slack refuses them."""
    left: Content | None = fallbacks.prepare(app, message)
    while left is not None:
        refusal = send(left)
        left = fallbacks.simplify(app, left, refusal) if refusal and refusal.kind.is_content else None


def _message_at(client: WebClient, channel: str, ts: str) -> Body | None:
    """Fetch the message of a reaction or a button; Slack sends only its channel and timestamp."""
    try:
        return _read_message(client, channel, ts)
    except (SlackApiError, OSError) as error:
        log.warning("slack_message_not_read", error=type(error).__name__)
        return None


def _read_message(client: WebClient, channel: str, ts: str) -> Body | None:
    """Return the message at a timestamp, also one of a thread; None when there is none. Raise what Slack refuses."""
    answer = client.conversations_history(channel=channel, latest=ts, oldest=ts, inclusive=True, limit=1)
    found = answer.get("messages") or ()
    if not found:
        found = client.conversations_replies(channel=channel, ts=ts, inclusive=True, limit=1).get("messages") or ()
    return next((message for message in found if message.get("ts") == ts), None)


def try_to_answer(speak: Callable[[], Any]) -> None:
    """Deliver an answer once; a failure is only logged."""
    try:
        speak()
    except (SlackApiError, OSError) as error:
        log.warning("answer_not_delivered", error=type(error).__name__)


def _notice(given: Reply) -> OpenModal:
    blocks = given.message.get("blocks")
    notice = form.notice("Hypercare", given.message["text"])
    return OpenModal({**notice, "blocks": blocks} if blocks else notice)


def _value(pressed: Body) -> str:
    return str(pressed.get("value") or (pressed.get("selected_option") or {}).get("value") or "")


def claimed(user: Any) -> Person:
    """Return who a request says is acting; events about people carry a whole account instead of an id."""
    return Person(user if isinstance(user, str) else "")


def admitting(handler: Handler, team: Any = None, *, apps: bool = False, loud: bool = True) -> Handler:
    """Return the handler for people only: what an app or a deactivated account does is refused, or left if not `loud`.

    Who acts is read inside of it, so that a database that is away has its answer. `apps` lets apps in too.
    """

    def admitted(app: AppContext, call: Request) -> Answer:
        person = app.person(call.person.id, team)
        if person.can(Ability.REPORT) or (apps and person.kind is PersonKind.APP):
            return handler(app, replace(call, person=person))
        if loud:
            raise Refused(NO_ACCOUNT)
        log.info("event_of_no_person", kind=person.kind.value)
        return None

    return admitted


def admitting_event(handler: Handler, payload: Body) -> Handler:
    """Return the handler of an event; it asks whether what an app writes is a report in that phase."""
    team = payload.get("user_team") or payload.get("team")
    return admitting(handler, team, apps=payload.get("type") in ("message", "app_mention"), loud=False)
