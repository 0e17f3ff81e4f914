"""What Jira adds to the trackers that there are connectors for."""

from connectors.jira import webhooks
from connectors.jira.client import JiraClient
from connectors.tracker import TrackerKind

TRACKER = TrackerKind(
    JiraClient.label, JiraClient, webhooks.is_signed, webhooks.issue_of, webhooks.DELIVERY, webhooks.sample
)
