"""The adapter for steps of workflows: it turns the event of a step into a Request, and ends a step that is refused."""

import re
from collections.abc import Mapping

import structlog
from slack_bolt import Ack, BoltResponse
from slack_sdk import WebClient

from bot.context import AppContext
from bot.services.workflows import steps
from bot.views.people.names import name_of
from bot.views.workflows import steps as views
from domain.address import is_person
from domain.errors import Refused, Repeated
from handlers.adapters import LAST_RETRY, Body, admitting, claimed, try_to_answer
from handlers.errors import RequestFailed, Table, answer
from handlers.request import Answer, Handler, Request
from handlers.workflows.steps import run_of
from storage.store import StoreFailure

log = structlog.get_logger()
RUN = re.compile(r"\w{1,50}", re.ASCII)  # Slack's id of one run of a step


def step(
    app: AppContext, table: Table, ack: Ack, body: Body, client: WebClient, retry: int
) -> BoltResponse | None:  # fmt: skip
    """Handle a step of a workflow, which runs for the person whom the workflow names.

    How it ends is queued with what it does. If that can't be saved, Slack delivers it again.
    """
    payload = body["event"]
    execution, function, inputs = (payload.get(name) for name in ("function_execution_id", "function", "inputs"))
    if not isinstance(execution, str) or not RUN.fullmatch(execution):
        log.warning("step_without_run")
        ack()
        return None
    callback = str(function.get("callback_id")) if isinstance(function, Mapping) else ""
    given = inputs if isinstance(inputs, Mapping) else {}
    call = Request(person=claimed(given.get("person")), request=f"step:{execution}",
                   payload={"inputs": given, "execution": execution})  # fmt: skip
    try:
        _run_step(app, table.get(callback, _unknown_step), call)
    except RequestFailed as failed:
        if retry < LAST_RETRY:
            return BoltResponse(status=503, body="")
        app.note_lost()
        why = failed.text
        try_to_answer(lambda: client.functions_completeError(function_execution_id=execution, error=why))
    ack()
    return None


def _run_step(app: AppContext, handler: Handler, call: Request) -> None:
    """Run a step; one that is refused or fails ends with the words for it. Raise RequestFailed when that can't be."""
    try:
        answer(_with_person(admitting(handler)), app, call)
    except Refused as no:
        _end(app, call, no.told(name_of))
    except RequestFailed as failed:
        if failed.again:
            raise
        _end(app, call, failed.text)


def _with_person(handler: Handler) -> Handler:
    """Return the handler of a step, which first refuses one that runs for no one."""

    def checked(app: AppContext, call: Request) -> Answer:
        if not is_person(call.person.id):
            raise Refused(views.NO_PERSON)
        return handler(app, call)

    return checked


def _end(app: AppContext, call: Request, text: str) -> None:
    """End a step with an error; one that was delivered before has ended already."""
    try:
        steps.fail(app, run_of(call), text)
    except Repeated:
        pass
    except StoreFailure:
        raise RequestFailed(text, again=True) from None


def _unknown_step(_app: AppContext, _call: Request) -> Answer:
    raise Refused(views.UNKNOWN)
