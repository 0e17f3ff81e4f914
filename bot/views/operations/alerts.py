"""Alerts to admins and leads about the app itself: undeliverable messages, failed and overdue timers."""

from datetime import date, datetime
from typing import Any

from bot.views.text import address, day, escape, message, when
from domain.address import is_channel
from domain.delivery.lanes import LaneKind
from domain.delivery.views import ViewFailure
from domain.text import plural

Message = dict[str, Any]


UNDELIVERABLE = {
    "not_in_the_settings": "{place} has no address in the settings of Hypercare. Ask an operator to set it.",
    "http_410": "{place} says that it is gone for good ({reason}). Remove it from the settings of the phase.",
    "is_archived": "The channel {place} is archived. Unarchive it.",
    "not_in_channel": "I'm not in the channel {place}. Invite me with `/invite @hypercare`.",
    "plan_upgrade_required": "User groups need a paid plan of Slack. Remove `group` from the rota's settings.",
    "permission_denied": "The workspace doesn't let apps edit user groups. Ask a workspace owner to allow it.",
    "missing_scope": "Slack's permission `usergroups:write` is not granted. Ask an admin to reinstall the app with it.",
    "no_such_subteam": "The user group {place} was deleted or disabled. Enable it in Slack.",
    "channel_not_found": "I can't see the channel {place}. Invite me with `/invite @hypercare`.",
}
TO_SYSTEMS = (LaneKind.HOOK, LaneKind.WEBHOOK, LaneKind.ISSUE, LaneKind.ISSUE_FIELDS,
              LaneKind.ISSUE_ACTIONS, LaneKind.TEAMS, LaneKind.TEAMS_DIGEST)  # fmt: skip
BY_SLACK = "Slack refuses messages to {place} ({reason}). Ask a workspace admin to change that."
BY_SYSTEM = "{place} refuses what it is sent ({reason}). Ask the people who run it to change that."
# What the messages of a lane are, as the subject of a sentence; {about} is the name of their ticket.
WHAT: dict[LaneKind, str] = {
    LaneKind.TEAM: "A message to the team about {about}",
    LaneKind.REPORTER: "A message to the reporter of {about}",
    LaneKind.FOLLOWER: "A message to a follower of {about}",
    LaneKind.ONCALL_CARD: "The on-call card of {about}",
    LaneKind.ESCALATION: "The escalation card of {about}",
    LaneKind.PAGE: "A page about {about}",
    LaneKind.HOOK: "The escalation of {about}",
    LaneKind.WEBHOOK: "An event of {about}",
    LaneKind.TEAMS: "The Teams card about {about}",
    LaneKind.TEAMS_DIGEST: "The digest for Teams",
    LaneKind.ISSUE: "What the tracker is told of {about}",
    LaneKind.ISSUE_FIELDS: "The fields of the issue of {about}",
    LaneKind.ISSUE_ACTIONS: "The sub-tasks of the issue of {about}",
    LaneKind.TEAMS_CHAT: "An answer in Microsoft Teams",
    LaneKind.MAIL: "A mail about {about}",
    LaneKind.PROMISE: "A question about a promise for {about}",
    LaneKind.SWAP: "The request to swap a shift",
    LaneKind.SWAP_ANSWER: "The answer to the request to swap a shift",
    LaneKind.ONCALL_NEWS: "The message about who is on call",
    LaneKind.TEST_PAGE: "The test page",
    LaneKind.NOTE: "The weekly note",
    LaneKind.NOTE_DRAFT: "The draft of the weekly note",
    LaneKind.BULK: "The summary of a change to many tickets",
    LaneKind.REACTION: "A reaction",
    LaneKind.DIGEST: "The digest",
    LaneKind.FORM_CODE: "The code for a web form",
    LaneKind.DIGEST_MAIL: "The digest by mail",
    LaneKind.PULSE: "A question of a pulse",
    LaneKind.PULSE_NEWS: "The message about a pulse",
    LaneKind.PULSE_RESULTS: "The result of a pulse",
    LaneKind.STORM: "The list of many pages",
    LaneKind.CAPACITY: "The question about the team's capacity",
    LaneKind.COVERAGE: "The warning about uncovered shifts",
    LaneKind.SHIFT: "The hand-over of a shift",
    LaneKind.PRAISE: "Praise from a pulse",
    LaneKind.FILE: "A file of {about}",
    LaneKind.IMPORT: "What the import of a file does",
    LaneKind.EXIT: "The message about the exit",
    LaneKind.ARTICLE: "A message about an article",
    LaneKind.ACTION: "A reminder of actions",
    LaneKind.WAR_ROOM: "A message in the war room of {about}",
    LaneKind.AGENDA: "The agenda",
    LaneKind.STAND_UP: "A message of the stand-up",
    LaneKind.MEETING_NOTES: "The list of what a meeting decided",
    LaneKind.REHEARSAL: "A message of a rehearsal",
    LaneKind.SESSION: "A message about a session",
    LaneKind.DECISION: "The message about a decision",
    LaneKind.TOPIC: "A message about topics",
    LaneKind.RULE: "What a rule says about {about}",
    LaneKind.PROBLEM: "The message about a problem",
    LaneKind.POST_MORTEM: "The post-mortem",
    LaneKind.LESSONS: "The lessons of an earlier phase",
    LaneKind.MODEL_DRAFT: "A draft of the language model",
    LaneKind.STEP: "The outcome of a workflow's step",
    LaneKind.HOME: "An App Home",
    LaneKind.GROUP: "The list of who is on call",
    LaneKind.PERSON: "A warning",
}


def undeliverable(kind: LaneKind | None, about: str, on: date, channel: str, reason: str) -> Message:
    """Tell leads and admins what of that day could not be delivered, why, and what to do."""
    sentence = UNDELIVERABLE.get(reason, BY_SYSTEM if kind in TO_SYSTEMS else BY_SLACK)
    cause = sentence.format(place=address(channel), reason=f"`{escape(reason)}`")
    what = (WHAT[kind] if kind else "A message").format(about=escape(about) or "a ticket")
    fix = f"{cause} Then press *Try again* in `/hypercare status`. Nothing is lost."
    if is_channel(channel):
        return message(f"{what} of {on:%A} {day(on)} couldn't be posted. {fix}")
    return message(f"{what} of {on:%A} {day(on)} couldn't be sent. {fix}")


def form_not_shown(why: ViewFailure, reason: str, reference: str) -> str:
    """Tell a person why Slack did not show a form; a defect has a reference into the log."""
    return {
        ViewFailure.EXPIRED: "Slack did not open the form, because that took too long. Nothing is lost. Try again.",
        ViewFailure.CHANGED: "This form was changed or closed in the meantime. Open it again.",
        ViewFailure.TOO_MANY: "Slack shows at most three forms at once. Close one and try again.",
        ViewFailure.LIMITED: "Slack takes no more forms from Hypercare right now. Try again in a minute.",
        ViewFailure.AWAY: "Slack has a fault right now and did not open the form. Try again in a minute.",
        ViewFailure.REJECTED: "Slack no longer accepts Hypercare's token, so it can't open forms. Tell a lead.",
        ViewFailure.DEFECT: "Slack refused this form because of an error in Hypercare. "
                            f"Tell a lead this reference: {reference}",
        ViewFailure.OTHER: f"Slack did not open the form. Its answer was `{escape(reason)}`. Tell a lead this "
                           f"reference: {reference}",
    }[why]  # fmt: skip


def timer_failed(key: str, reason: str) -> Message:
    return message(f"The timer `{escape(key)}` failed several times ({escape(reason)}) and won't be tried again. "
                   "An operator finds the cause in the log under `timer_failed`.")  # fmt: skip


def overdue(timers: int, messages: int) -> dict[str, str]:
    """Return a sentence for each kind of overdue work."""
    found = {}
    if timers:
        found["timers"] = plural(timers, "1 timer is more than five minutes overdue.",
                                 "{count} timers are more than five minutes overdue.")  # fmt: skip
    if messages:
        found["messages"] = plural(messages, "1 message is more than five minutes overdue.",
                                   "{count} messages are more than five minutes overdue.")  # fmt: skip
    return found


def database_trouble(sentence: str) -> Message:
    """Tell admins what is wrong with the database, once something can be saved again."""
    return message(f"{sentence} People who used Hypercare meanwhile were told that nothing was saved.")


def restored(numbers: str) -> Message:
    """Tell admins that the database is older than what it has sent, and what Hypercare did about it."""
    return message(
        "The database is older than the messages in Slack, so a backup was restored. Buttons of messages that it "
        f"doesn't know no longer work, and new tickets are numbered from {numbers}. Ask people to report again what "
        "is missing."
    )


def caught_up(since: datetime, count: int) -> Message:
    """Tell admins what was read back after Hypercare had not run."""
    said = plural(count, "1 message that was written", "{count} messages that were written")
    return message(
        f"Hypercare did not answer since {when(since)}. It has now read {said} meanwhile in channels of reports and in "
        "threads of open tickets. Ask people to press again what they pressed in that time."
    )


def warning(sentence: str) -> Message:
    return message(f"{sentence} See `/hypercare status` for details.")
