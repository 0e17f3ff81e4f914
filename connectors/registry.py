"""The systems that there are connectors for: how each is opened, and how its webhooks are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.jira import webhooks as jira
from connectors.jira.client import JiraClient
from connectors.tracker import Tracker


@dataclass(frozen=True, slots=True)
class TrackerAccess:
    """Where a tracker is and how to get in; `secret` signs its webhooks."""

    address: str
    user: str
    token: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class TrackerKind:
    """`is_signed` checks the raw body of a webhook, `issue_of` returns the id of the issue that has news.

    `delivery` is the header with what is the same when a webhook is sent again.
    """

    open: Callable[[str, str, str, str | None], Tracker]
    is_signed: Callable[[str, Mapping[str, str], bytes], bool]
    issue_of: Callable[[bytes], str]
    delivery: str


KINDS: Mapping[str, TrackerKind] = {
    "jira": TrackerKind(JiraClient, jira.is_signed, jira.issue_of, jira.DELIVERY),
}


def open_tracker(name: str, access: TrackerAccess, proxy_for: Callable[[str], str | None]) -> Tracker:
    """Return a client for a tracker, through the proxy of its address; call it inside the event loop."""
    return KINDS[name].open(access.address, access.user, access.token, proxy_for(access.address))
