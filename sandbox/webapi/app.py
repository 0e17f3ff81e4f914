"""api.*, auth.*, apps.*, blocks.* and the few others that are about the app itself."""

from typing import Any

from sandbox import cast
from sandbox.blockkit import Problem, check_any_blocks, check_message, check_view
from sandbox.errors import SlackError
from sandbox.functions import StepRun, parameters, problems
from sandbox.webapi.call import Body, Call, Method, cursor_body


def api_test(call: Call) -> Body:
    if call.text("error"):
        raise SlackError(call.text("error"), args=call.args)
    return {"args": call.args}


def auth_test(call: Call) -> Body:
    app, org = call.world.app, call.workspace.organization
    return {
        "url": f"{call.world.url}/",
        "team": org.name if org else call.workspace.team_name,
        "user": app.bot_name,
        "team_id": org.id if org else call.workspace.team_id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": org is not None,
    } | ({"enterprise_id": org.id} if org else {})


def teams(call: Call) -> Body:
    """The workspaces in which the app may act."""
    org = call.workspace.organization
    page, cursor = call.page(list(org.teams if org else (call.workspace.team_id,)))
    names = {call.workspace.team_id: call.workspace.team_name}
    return {"teams": [{"id": one, "name": names.get(one, cast.SECOND_TEAM)} for one in page]} | cursor_body(cursor)


def open_connection(call: Call) -> Body:
    sockets = call.world.sockets
    if not sockets:
        raise SlackError("socket_mode_not_enabled")
    if sockets.full:
        raise SlackError("too_many_websockets")
    base = call.world.url.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={sockets.ticket()}&app_id={call.world.app.id}"}


CHECKS = {"blocks": check_any_blocks, "view": check_view, "message": check_message}


def validate_blocks(call: Call) -> Body:
    given = [name for name in CHECKS if name in call.args]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    problems = CHECKS[given[0]](call.args[given[0]])
    if problems:
        raise SlackError(f"invalid_{given[0]}", errors=[_problem(one) for one in problems])
    return {}


def _problem(problem: Problem) -> Body:
    body: Body = {"pointer": problem.pointer, "code": problem.code, "message": problem.message}
    return body | ({"constraint": problem.constraint} if problem.constraint else {})


def validate_manifest(call: Call) -> Body:
    manifest = call.args.get("manifest")
    name = manifest.get("display_information", {}).get("name") if isinstance(manifest, dict) else None
    if not name or len(name) > 35:
        problem = {"message": "Must provide a name of at most 35 characters", "pointer": "/display_information/name"}
        raise SlackError("invalid_manifest", errors=[problem])
    return {"errors": []}


def install(call: Call) -> Body:
    app, org = call.world.app, call.workspace.organization
    return {
        "access_token": app.bot_token,
        "token_type": "bot",
        "scope": ",".join(app.scopes),
        "bot_user_id": app.bot_user_id,
        "app_id": app.id,
        "team": None if org else {"id": call.workspace.team_id, "name": call.workspace.team_name},
        "enterprise": {"id": org.id, "name": org.name} if org else None,
        "is_enterprise_install": org is not None,
        "authed_user": {"id": call.workspace.admin.id},
    }


def thread_status(call: Call) -> Body:
    call.channel("channel_id")
    return {}


def suggested_prompts(call: Call) -> Body:
    prompts: Any = call.args.get("prompts")
    call.channel("channel_id")
    if not isinstance(prompts, list) or not prompts:
        raise SlackError("invalid_arguments")
    return {}


def present_details(call: Call) -> Body:
    """Shows an entity in the side panel of the person who opened it; kept among the calls."""
    if not any(call.args.get(name) for name in ("metadata", "error", "user_auth_required")):
        raise SlackError("missing_metadata_or_error")
    if problem := call.world.triggers.problem(call.text("trigger_id")):
        raise SlackError(problem)
    call.world.triggers.exchange(call.text("trigger_id"))
    return {}


def search(_call: Call) -> Body:
    """Only people's own tokens may search, and the sandbox has none."""
    raise SlackError("not_allowed_token_type")


def thread_title(call: Call) -> Body:
    call.channel("channel_id")
    return {}


def _running(call: Call) -> StepRun:
    """The run of a step that has not ended."""
    run = call.world.functions.get(call.text("function_execution_id"))
    if run is None or run.status in ("completed", "failed"):
        raise SlackError("function_execution_not_found")
    if run.status == "lost":
        raise SlackError("execution_not_in_running_state")
    return run


def complete_function(call: Call) -> Body:
    """Ends a step that function_executed began, once, with outputs that fit the manifest."""
    run, outputs = _running(call), call.args.get("outputs")
    if not isinstance(outputs, dict):
        raise SlackError("invalid_arguments")
    known = parameters(call.world.app.functions[run.function], "output_parameters")
    if found := problems(call.workspace, known, outputs):
        messages = [f"[ERROR] {one}" for one in found]
        raise SlackError("parameter_validation_failed", response_metadata={"messages": messages})
    run.status, run.outputs = "completed", outputs
    return {}


def fail_function(call: Call) -> Body:
    """Ends a step, once, with what the person is told."""
    run = _running(call)
    run.status, run.error = "failed", call.text("error")
    return {}


METHODS = {
    "search.messages": Method(search, (), 2, ("query",)),
    "assistant.threads.setTitle": Method(thread_title, ("assistant:write",), 4, ("channel_id", "thread_ts", "title")),
    "functions.completeSuccess": Method(complete_function, (), 3, ("function_execution_id", "outputs")),
    "functions.completeError": Method(fail_function, (), 3, ("function_execution_id", "error")),
    "api.test": Method(api_test, token=None),
    "auth.test": Method(auth_test, token="any"),  # noqa: S106 - a kind of token, not one
    "auth.teams.list": Method(teams, (), 2),
    "apps.connections.open": Method(open_connection, ("connections:write",), 3, token="app"),  # noqa: S106
    "blocks.validate": Method(validate_blocks, token=None),
    "apps.manifest.validate": Method(validate_manifest, (), 3, ("manifest",)),
    "oauth.v2.access": Method(install, token=None),
    "assistant.threads.setStatus": Method(
        thread_status, ("chat:write", "assistant:write"), None, ("channel_id", "thread_ts", "status")
    ),
    "assistant.threads.setSuggestedPrompts": Method(
        suggested_prompts, ("assistant:write",), 4, ("channel_id", "prompts")
    ),
    "entity.presentDetails": Method(present_details, (), 3, ("trigger_id",)),
}
