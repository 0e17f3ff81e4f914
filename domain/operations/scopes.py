"""Slack's permissions: those without which Hypercare cannot work, and what is missing without each of the others."""

from collections.abc import Collection
from enum import StrEnum

CORE = {
    "commands": "people cannot use `/hypercare` or the shortcuts",
    "chat:write": "no message can be sent",
    "channels:read": "the channels of a phase cannot be checked",
    "channels:history": "replies in the threads of tickets are not read",
    "im:history": "answers in direct messages are not read",
    "im:write": "a direct message may be sent twice",
    "users:read": "guests and deactivated people are not recognised",
}
# Under `bot_optional` in manifest.yaml: an admin may decline them when the app is installed.
OPTIONAL = {
    "app_mentions:read": "mentioning @hypercare opens no ticket",
    "canvases:read": "a page that Hypercare wrote before is not found, so the agenda is pinned instead",
    "canvases:write": "a phase has no page in its channel, so the agenda is pinned instead",
    "channels:join": "the channels of a phase are not joined, so a member has to invite the bot",
    "channels:manage": "a war room is the thread of its ticket's card and no channel of its own",
    "dnd:read": "pages and surveys don't notice that a person has paused notifications",
    "files:read": "files that people attach are not seen",
    "files:write": "files that people attach stay where they are, and the thread says so",
    "groups:history": "replies in private channels are not read",
    "groups:read": "private channels of a phase cannot be checked",
    "links:read": "links to tickets are not unfolded",
    "links:write": "links to tickets are not unfolded",
    "mpim:history": "replies in group direct messages are not read",
    "pins:write": "no message is pinned",
    "reactions:read": "reactions do nothing",
    "reactions:write": "reactions are not copied to the other thread",
    "usergroups:read": "user groups cannot be leads, responders or followers",
    "users:read.email": "people in imported tickets and in trackers are found by name only",
    "usergroups:write": "no user group is kept equal to the people on call",
}


class Place(StrEnum):
    """Where in Slack a feature is offered, and what it misses without its scope is said."""

    SETUP = "setup"  # the form of a phase
    REPORT = "report"  # the form of a report
    ON_CALL = "on call"  # the answer about who is on call


PLACES = {
    "app_mentions:read": Place.SETUP, "channels:join": Place.SETUP, "canvases:read": Place.SETUP,
    "canvases:write": Place.SETUP, "groups:history": Place.SETUP,
    "groups:read": Place.SETUP,
    "mpim:history": Place.SETUP,
    "channels:manage": Place.SETUP, "pins:write": Place.SETUP,
    "reactions:read": Place.SETUP, "reactions:write": Place.SETUP, "usergroups:read": Place.SETUP,
    "files:read": Place.REPORT, "files:write": Place.REPORT,
    "dnd:read": Place.ON_CALL, "usergroups:write": Place.ON_CALL,
    "links:read": Place.SETUP, "links:write": Place.SETUP, "users:read.email": Place.SETUP,
}  # fmt: skip


def missing_at(place: Place, granted: Collection[str] | None) -> dict[str, str]:
    """What is left out at that place, by scope; nothing where Slack doesn't say what is granted."""
    return (
        {}
        if granted is None
        else {scope: without for scope, without in missing_optional(granted).items() if PLACES[scope] is place}
    )


def missing_core(granted: Collection[str]) -> dict[str, str]:
    """What does not work, by the core scope that is not granted."""
    return {scope: without for scope, without in CORE.items() if scope not in granted}


def missing_optional(granted: Collection[str]) -> dict[str, str]:
    """What is left out, by the optional scope that was declined."""
    return {scope: without for scope, without in OPTIONAL.items() if scope not in granted}
