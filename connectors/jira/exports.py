"""What Jira adds to the trackers that there are connectors for."""

from connectors.jira import webhooks
from connectors.jira.client import JiraClient
from connectors.tracker import TrackerAccess, TrackerKind


def open_jira(access: TrackerAccess, proxy: str | None) -> JiraClient:
    """Return a client, which gets tokens for itself where the access names a client of OAuth 2.0."""
    oauth = (access.client, access.site) if access.client else None
    return JiraClient(access.address, access.user, access.token, proxy, oauth)


TRACKER = TrackerKind(
    JiraClient.label, open_jira, webhooks.is_signed, webhooks.issue_of, webhooks.DELIVERY, webhooks.sample
)
