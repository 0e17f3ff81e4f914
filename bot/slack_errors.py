"""What Slack's error names mean for an outbox message or a form; no other code knows them.

Slack's page: https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

import json
import re
from collections.abc import Iterable, Mapping

from domain.delivery.file_copy import FileProblem
from domain.delivery.message import Failure, FailureKind
from domain.delivery.views import ViewFailure
from domain.phases.access import ChannelAccess

MISSING_SCOPE = "missing_scope"
_POINTER = re.compile(r"\[json-pointer:([^\]]*)\]")

_NAMES = {
    FailureKind.OUTAGE: ("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    FailureKind.TEMPORARY: (
        "ratelimited", "rate_limited", "team_added_to_org",
        # A wrong or revoked token is for the operator to replace; what waits then still goes out.
        "invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed", "missing_scope",
    ),
    FailureKind.ARCHIVED: ("is_archived",),
    FailureKind.NOT_A_MEMBER: ("not_in_channel",),
    FailureKind.NOT_FOUND: ("channel_not_found",),
    FailureKind.UNREACHABLE: (
        "restricted_action", "messages_tab_disabled", "user_not_found", "user_disabled", "cannot_dm_bot",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
    ),
    FailureKind.THREAD_GONE: ("thread_not_found", "cannot_reply_to_message"),
    FailureKind.CONTENT: ("invalid_blocks", "invalid_blocks_format", "invalid_arguments", "invalid_view"),
    FailureKind.TOO_LONG: ("msg_too_long", "msg_blocks_too_long", "view_too_large"),
    FailureKind.MESSAGE_GONE: ("message_not_found", "cant_update_message", "edit_window_closed"),
}  # fmt: skip
_VIEWS = {
    ViewFailure.EXPIRED: ("expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged",
                          "invalid_trigger_id"),
    ViewFailure.CHANGED: ("hash_conflict", "not_found", "view_not_found"),
    ViewFailure.TOO_MANY: ("push_limit_reached",),
    ViewFailure.LIMITED: ("ratelimited", "rate_limited"),
    ViewFailure.AWAY: ("", "internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    ViewFailure.REJECTED: ("invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed",
                        "missing_scope", "not_allowed_token_type"),
    ViewFailure.DEFECT: ("invalid_arguments", "view_too_large", "duplicate_external_id", "invalid_view"),
}  # fmt: skip
_VIEW_FAILURES = {name: kind for kind, names in _VIEWS.items() for name in names}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names}
# A reaction that is already there, or whose message is gone, is as it should be; without the scope none is copied.
HARMLESS_REACTION_ERRORS = frozenset({
    "already_reacted", "no_reaction", "message_not_found", "too_many_emoji", "too_many_reactions", "invalid_name",
    "missing_scope",
})  # fmt: skip
# Of a step that has ended already, or whose workflow has not waited for it.
STEP_OVER = frozenset({"function_execution_not_found", "execution_not_in_running_state"})
CANVAS_EXISTS = "channel_canvas_already_exists"
NAME_TAKEN = "name_taken"  # of a new channel
# Of a change of a channel: it is so already, or Slack doesn't let that person in.
HARMLESS_CHANNEL_ERRORS = frozenset({
    "already_in_channel", "cant_invite", "cant_invite_self", "user_not_found", "ura_max_channels", "user_is_restricted",
    "no_external_invite_permission", "already_archived", "already_pinned", "no_pin", "message_not_found",
    "too_many_pins",
})  # fmt: skip
# What can't be changed by trying again, for a file that is to be copied.
_FILE_PROBLEMS = {
    "file_not_found": FileProblem.NOT_VISIBLE, "file_deleted": FileProblem.NOT_VISIBLE,
    "not_visible": FileProblem.NOT_VISIBLE, "missing_scope": FileProblem.NOT_PERMITTED,
    "no_permission": FileProblem.NOT_PERMITTED, "file_uploads_disabled": FileProblem.NOT_ALLOWED,
    "file_uploads_except_images_disabled": FileProblem.NOT_ALLOWED, "storage_limit_reached": FileProblem.NOT_ALLOWED,
    "file_type_not_allowed": FileProblem.NOT_ALLOWED, "file_upload_size_restricted": FileProblem.TOO_LARGE,
    "posting_to_channel_denied": FileProblem.NOT_ALLOWED, "channel_not_found": FileProblem.NO_THREAD,
    "invalid_channel": FileProblem.NO_THREAD, "not_in_channel": FileProblem.NO_THREAD,
    "is_archived": FileProblem.NO_THREAD,
}  # fmt: skip

_ACCESS = {
    "channel_not_found": ChannelAccess.NOT_FOUND, "is_archived": ChannelAccess.ARCHIVED,
    "not_in_channel": ChannelAccess.NOT_A_MEMBER, "missing_scope": ChannelAccess.NO_SCOPE,
}  # fmt: skip


def channel_access(answer: Mapping[str, object]) -> ChannelAccess:
    """Return what an answer of `conversations.info` means for messages to that channel."""
    channel = answer.get("channel")
    if not answer.get("ok") or not isinstance(channel, Mapping):
        return _ACCESS.get(str(answer.get("error")), ChannelAccess.UNKNOWN)
    if channel.get("is_archived"):
        return ChannelAccess.ARCHIVED
    return ChannelAccess.MEMBER if channel.get("is_member") else ChannelAccess.NOT_A_MEMBER


def file_problem(error: str) -> FileProblem | None:
    """Return why a file can't be copied; None for an error that may pass."""
    return _FILE_PROBLEMS.get(error)


def view_failure(error: str) -> ViewFailure:
    """Why a form was not shown; `error` is Slack's, or empty when there was no usable answer."""
    return _VIEW_FAILURES.get(error, ViewFailure.OTHER)


def refused_response(body: object) -> Failure | None:
    """The failure in the answer of a response URL, which is `ok`, JSON, or the bare name of an error."""
    try:
        found = json.loads(str(body))
    except ValueError:
        found = {"ok": str(body) not in _KINDS, "error": str(body)}
    if not isinstance(found, dict) or found.get("ok", True):
        return None
    return slack_failure(str(found.get("error")), messages=(found.get("response_metadata") or {}).get("messages") or ())


def failure_of(answer: object) -> Failure:
    """The failure that an answer of the Web API tells; its reason is empty when the answer is no JSON object."""
    found = answer if isinstance(answer, dict) else {}
    messages = (found.get("response_metadata") or {}).get("messages") or ()
    return slack_failure(str(found.get("error") or ""), messages=messages)


def slack_failure(error: str, *, retry_after: int | None = None, messages: Iterable[str] = ()) -> Failure:
    """The failure that Slack's answer `{"ok": false, "error": …}` stands for; `retry_after` in seconds.

    `messages` are those of its `response_metadata`, which end in `[json-pointer:/blocks/0/…]`.
    """
    pointers = tuple(found[1] for one in messages if (found := _POINTER.search(str(one))))
    kind = _KINDS.get(error, FailureKind.PERMANENT)
    return Failure(error, kind=kind, retry_after=retry_after, pointers=pointers)
