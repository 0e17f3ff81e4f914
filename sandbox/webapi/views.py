"""views.*: opening, stacking and changing modals, and publishing the App Home."""

from typing import Any

from sandbox.blockkit import check_rollout, check_view
from sandbox.content import refuse
from sandbox.errors import SlackError
from sandbox.views import View, ViewError
from sandbox.webapi.call import Body, Call, Method


def _view(call: Call, kind: str | None = None) -> dict[str, Any]:
    view = call.args.get("view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", response_metadata={"messages": ["[ERROR] must provide an object"]})
    rollout = check_rollout(view.get("blocks"), call.refused_blocks, "/blocks")
    refuse("invalid_arguments", check_view(view) + rollout, "/view")
    if kind and view.get("type") != kind:
        messages = [f"[ERROR] must be a {kind} view [json-pointer:/view/type]"]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    return view


def _answer(call: Call, view: View) -> Body:
    return {"view": view.to_slack(call.world.app)}


def _trigger(call: Call) -> str:
    """Checks the trigger id but leaves it unused, so that a bad view can be sent again."""
    trigger = call.text("trigger_id")
    if problem := call.world.triggers.problem(trigger):
        raise SlackError(problem)
    return trigger


def open_modal(call: Call) -> Body:
    body = _view(call, "modal")
    trigger = call.world.triggers.exchange(_trigger(call))
    return _answer(call, _try(call.world.views.open, trigger.user, body, trigger.channel))


def push(call: Call) -> Body:
    body = _view(call, "modal")
    trigger = call.world.triggers.exchange(_trigger(call))
    return _answer(call, _try(call.world.views.push, trigger.user, body))


def update(call: Call) -> Body:
    body = _view(call)
    found = call.world.views.find(call.text("view_id") or None, call.text("external_id") or None)
    if not found or found.body["type"] != body["type"]:
        raise SlackError("not_found")
    if call.text("hash") and call.text("hash") != found.hash:
        raise SlackError("hash_conflict")
    return _answer(call, _try(call.world.views.update, found, body))


def publish(call: Call) -> Body:
    body = _view(call, "home")
    if not call.world.app.home_tab:
        raise SlackError("not_enabled")
    user = call.user("user_id").id
    return _answer(call, _try(call.world.views.publish, user, body, call.text("hash") or None))


def _try(change: Any, *args: Any) -> View:
    try:
        view: View = change(*args)
    except ViewError as problem:
        raise SlackError(str(problem)) from None
    return view


METHODS = {
    "views.open": Method(open_modal, (), 4, ("trigger_id", "view")),
    "views.push": Method(push, (), 4, ("trigger_id", "view")),
    "views.update": Method(update, (), 4, ("view",)),
    "views.publish": Method(publish, (), 4, ("user_id", "view")),
}
