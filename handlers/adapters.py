"""The kinds of request: how each is read into a Call, and how its answer is given back."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from slack_bolt import Ack, BoltResponse, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.context import AppContext
from bot.views import form
from bot.views.text import from_event
from domain.errors import Refused
from domain.phases.permissions import Person
from handlers import errors as doors
from handlers.errors import RequestFailed, Table, answer, polite
from handlers.request import Answer, OpenModal, Reply, Request, UpdateModal, reply

log = structlog.get_logger()
Body = Mapping[str, Any]
LAST_RETRY = 3  # Slack delivers an event four times in all
# What views.open answers when the person had waited too long, or the view changed meanwhile.
FORM_TIMED_OUT = "That took too long, and Slack did not open the form. Please try again; nothing is lost."


def command(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient) -> None:
    """A slash command: the answer is the acknowledgement, seen only by the one who typed."""
    # With people as <@U…|name>, since the manifest asks for that; everything else as it was typed.
    verb, text = doors.verb_of(table, from_event(str(body.get("text") or "")))
    call = Request(person=_person(app, body.get("user_id"), body.get("team_id")), text=text,
                request=f"command:{body.get('trigger_id')}", channel=str(body.get("channel_id") or ""))  # fmt: skip
    given = _show(client, polite(table[verb], app, call), body)
    if isinstance(given, Reply):
        ack(**given.message)
    else:
        ack()


def action(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
    """A button or a menu, in a message, a modal or the App Home."""
    pressed = body["actions"][0]
    # Ids are unique within a message: a list's buttons are show:41, show:42, …
    handler = table.get(str(pressed.get("action_id")).partition(":")[0])
    if handler is None:
        ack()  # a link button, or an input that only tells that it changed
        return
    person = _person(app, body["user"]["id"], body["user"].get("team_id"))
    call = Request(person=person, request=f"action:{body.get('trigger_id')}:{pressed.get('action_ts')}",
                channel=str((body.get("channel") or {}).get("id") or ""), value=_value(pressed),
                view=body.get("view") or {}, payload=body, look=partial(_message_at, client))  # fmt: skip
    given = _show(client, polite(handler, app, call), body)
    if isinstance(given, Reply):
        _answer_privately(client, respond, body, given)
    ack()


def submission(app: AppContext, table: Table, ack: Ack, body: Body) -> None:
    """A form was sent. It closes only when what it says was committed; else it stays open and says why."""
    view = body["view"]
    handler = table.get(str(view.get("callback_id")))
    if handler is None:
        ack()
        return
    person = _person(app, body["user"]["id"], body["user"].get("team_id"))
    call = Request(person=person, request=f"view:{view['id']}", view=view, payload=body)
    try:
        given = answer(handler, app, call)
    except (Refused, form.InvalidForm, RequestFailed) as no:
        errors = doors.field_errors(no, view)
        if errors:
            ack(response_action="errors", errors=errors)
        else:
            ack(response_action="update", view=form.notice("Not done", doors.words_of(no)))
    else:
        if isinstance(given, OpenModal):  # what comes after it, in its place
            ack(response_action="update", view=given.view)
        else:
            ack()


def shortcut(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient) -> None:
    handler = table.get(str(body.get("callback_id")))
    if handler is not None:
        person = _person(app, body["user"]["id"], body["user"].get("team_id"))
        channel = str((body.get("channel") or {}).get("id") or "")
        call = Request(person=person, request=f"shortcut:{body.get('trigger_id')}", channel=channel, payload=body)
        given = _show(client, polite(handler, app, call), body)
        if isinstance(given, Reply):
            _show(client, _notice(given), body)
    ack()


def event(app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient, retry: int) -> BoltResponse | None:
    """Something happened in Slack. What could not be saved is not acknowledged, so Slack delivers it again."""
    payload = body["event"]
    handler = table.get(str(payload.get("type")))
    if handler is None:
        ack()
        return None
    person = _person(app, payload.get("user"), payload.get("user_team") or payload.get("team"))
    request, channel = f"event:{body.get('event_id')}", str(payload.get("channel") or "")
    call = Request(person=person, request=request, channel=channel, payload=payload, look=partial(_message_at, client))
    try:
        given = answer(handler, app, call)
    except Refused as no:
        given = reply(doors.words_of(no))
    except RequestFailed as no:
        if no.again and retry < LAST_RETRY:
            return BoltResponse(status=503, body="")
        given = reply(no.text) if no.text else None
    if isinstance(given, Reply):
        _answer_at_message(client, payload, given)
    ack()
    return None


def _show(client: WebClient, given: Answer, body: Body) -> Answer:
    """Open or redraw a modal: the one Slack call a handler may make. When it fails, words are left to say."""
    view = body.get("view") or {}
    try:
        match given:
            case OpenModal(made) if view.get("type") == "modal":
                client.views_push(trigger_id=body["trigger_id"], view=made)
            case OpenModal(made):
                client.views_open(trigger_id=body["trigger_id"], view=made)
            case UpdateModal(made, _):
                client.views_update(view_id=view["id"], hash=view.get("hash"), view=made)
            case _:
                return given
    except (SlackApiError, OSError) as error:
        reason = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
        if isinstance(given, UpdateModal) and given.quietly:
            return None
        log.warning("view_not_shown", error=reason)
        return reply(FORM_TIMED_OUT)
    return None


def _answer_privately(client: WebClient, respond: Respond, body: Body, given: Reply) -> None:
    """Words for the one who pressed: beside the message, or as a small modal where there is no message."""
    if body.get("response_url") or body.get("response_urls"):
        _try_to_answer(lambda: respond(**given.message, response_type="ephemeral", replace_original=given.replace))
    else:
        _show(client, _notice(given), body)


def _answer_at_message(client: WebClient, payload: Body, given: Reply) -> None:
    """Words for the one whose message or reaction it was."""
    item = payload.get("item") or payload
    said = payload.get("message") or payload.get("previous_message") or payload
    channel, user = str(item.get("channel") or payload.get("channel")), str(payload.get("user") or said.get("user"))
    thread = payload.get("thread_ts")
    _try_to_answer(lambda: client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread, **given.message))


def _message_at(client: WebClient, channel: str, ts: str) -> Body | None:
    """A message that a reaction or a button is about; Slack tells of it only where it stands."""
    try:
        answer = client.conversations_history(channel=channel, latest=ts, oldest=ts, inclusive=True, limit=1)
        found = answer.get("messages") or ()
        if not found:
            found = client.conversations_replies(channel=channel, ts=ts, inclusive=True, limit=1).get("messages") or ()
    except (SlackApiError, OSError) as error:
        log.warning("slack_message_not_read", error=type(error).__name__)
        return None
    return next((message for message in found if message.get("ts") == ts), None)


def _try_to_answer(speak: Callable[[], Any]) -> None:
    """An answer belongs to one interaction; when Slack does not take it, the log has it."""
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


def _person(app: AppContext, user: Any, team: Any) -> Person:
    """Somebody of another workspace (Slack Connect) is foreign."""
    return app.person(str(user or ""), team)
