"""What ServiceNow adds to the trackers that there are connectors for."""

from connectors.servicenow import webhooks
from connectors.servicenow.client import ServiceNowClient
from connectors.tracker import TrackerAccess, TrackerKind


def open_instance(access: TrackerAccess, proxy: str | None) -> ServiceNowClient:
    """Return a client with the name and the password of an account."""
    return ServiceNowClient(access.address, access.user, access.token, proxy)


TRACKER = TrackerKind(
    ServiceNowClient.label, open_instance, webhooks.is_signed, webhooks.issue_of, webhooks.DELIVERY, webhooks.sample
)
