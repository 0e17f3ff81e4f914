"""How other systems are reached, and how they prove what they send, from the settings."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.settings.settings import Settings
from bot.transport.pagerduty import PagerDutyAccess
from connectors.registry import KINDS
from connectors.teams.activities import sample as activity_sample
from connectors.teams.chats import BotAccess
from connectors.tracker import TrackerAccess
from domain.oncall.pagerduty import sample as pagerduty_sample
from domain.oncall.paging import PAGERDUTY
from domain.rehearsal.connections import CHAT, READINGS

# What the settings say of a tracker; their names begin with its own.
SECRETS, PLAIN = ("token", "webhook_secret"), ("url", "user", "oauth_client", "cloud_id")


def pagerduty_access(settings: Settings) -> PagerDutyAccess:
    """Return what PagerDuty signs its webhooks with, and how its REST API is asked."""
    secret, token = settings.pagerduty_webhook_secret, settings.pagerduty_token
    return PagerDutyAccess(
        secrets=secret.get_secret_value().split() if secret else (), url=settings.pagerduty_api_url,
        token=token.get_secret_value() if token else "",
    )  # fmt: skip


def teams_access(settings: Settings) -> BotAccess:
    """Return the registration of the bot in Teams."""
    secret = settings.teams_app_secret.get_secret_value() if settings.teams_app_secret else ""
    return BotAccess(settings.teams_app_id, secret, settings.teams_tenant, settings.teams_local_url)


def tracker_access(settings: Settings) -> dict[str, TrackerAccess]:
    """Return where the trackers of the settings are, and how to get in."""
    found = {name: _access_to(name, settings) for name in KINDS}
    return {name: one for name, one in found.items() if one.address and one.token}


def _access_to(name: str, settings: Settings) -> TrackerAccess:
    """Return what the settings of a tracker say; not every one has a client or a site."""
    secrets = (getattr(settings, f"{name}_{one}", None) for one in SECRETS)
    token, signing = (one.get_secret_value() if one else "" for one in secrets)
    url, user, client, site = (getattr(settings, f"{name}_{one}", "") for one in PLAIN)
    return TrackerAccess(url, user, token, signing, client, site)


def senders(settings: Settings) -> frozenset[str]:
    """Return the names of the systems whose requests are taken in, since the settings say how they are proven."""
    return frozenset(samples(settings)) | ({READINGS} if settings.signals_token else set())


def samples(settings: Settings) -> Mapping[str, Callable[[], tuple[bytes, Mapping[str, str]]]]:
    """Return, by the name of a system that sends us something, what makes a request such as it sends."""
    access, secrets = tracker_access(settings), pagerduty_access(settings).secrets
    signing = {name: one.secret for name, one in access.items() if one.secret}
    found = {name: partial(KINDS[name].sample, secret) for name, secret in signing.items()}
    if secrets:
        found[PAGERDUTY] = partial(pagerduty_sample, secrets[0])
    if settings.teams_app_id or settings.teams_local_url:
        found[CHAT] = partial(activity_sample, settings.teams_tenant)
    return found
