"""What ServiceNow adds to the trackers that there are connectors for."""

from connectors.servicenow import webhooks
from connectors.servicenow.client import ServiceNowClient
from connectors.tracker import TrackerKind

TRACKER = TrackerKind(
    ServiceNowClient.label, ServiceNowClient, webhooks.is_signed, webhooks.issue_of, webhooks.DELIVERY, webhooks.sample
)
