"""Show modals: open, push or update one, with plainer blocks where Slack refuses some, or say why it isn't shown."""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.context import AppContext
from bot.services.delivery import fallbacks
from bot.slack_errors import failure_of, view_failure
from bot.views.operations import alerts
from domain.delivery.message import Failure
from domain.delivery.views import ViewFailure
from handlers.request import Answer, OpenModal, UpdateModal, reply

log = structlog.get_logger()
Body = Mapping[str, Any]
NO_ANSWER, WITHOUT_TRIGGER = Failure(""), Failure("expired_trigger_id")


def show(app: AppContext, client: WebClient, given: Answer, body: Body) -> Answer:
    """Open or update a modal, the only Slack call of a handler; return a text answer if that fails."""
    if not isinstance(given, OpenModal | UpdateModal):
        return given
    call = _call_of(client, given, body)
    view: dict[str, Any] | None = fallbacks.prepare(app, given.view) if call else None
    failure = NO_ANSWER if call else WITHOUT_TRIGGER
    while call and view is not None:
        try:
            call(view=view)
        except SlackApiError as error:
            failure = failure_of(error.response.data)
            view = fallbacks.simplify(app, view, failure) if failure.kind.is_content else None
        except OSError:
            view = None
        else:
            return None
    return None if isinstance(given, UpdateModal) and given.quietly else _not_shown(failure)


def _call_of(client: WebClient, given: OpenModal | UpdateModal, body: Body) -> Callable[..., Any] | None:
    """Return what shows the modal; None when the request names neither a modal nor a trigger, as Slack's always do."""
    below = body.get("view") or {}
    trigger = body.get("trigger_id")
    if isinstance(given, UpdateModal):
        return partial(client.views_update, view_id=below["id"], hash=below.get("hash")) if below.get("id") else None
    if not trigger:
        return None
    return partial(client.views_push if below.get("type") == "modal" else client.views_open, trigger_id=trigger)


def _not_shown(failure: Failure) -> Answer:
    why, reference = view_failure(failure.reason), secrets.token_hex(4)
    if why in (ViewFailure.DEFECT, ViewFailure.OTHER):
        log.error("view_refused", error=failure.reason, pointers=list(failure.pointers), reference=reference)
    else:
        log.warning("view_not_shown", error=failure.reason or "no_answer")
    return reply(alerts.form_not_shown(why, failure.reason, reference))
