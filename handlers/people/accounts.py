"""Accounts that joined, changed or were deactivated."""

from bot.context import AppContext
from bot.services.people import profiles
from handlers.request import Answer, Request


def changed(app: AppContext, call: Request) -> Answer:
    """Keep what Slack says about a person now."""
    user = call.payload.get("user")
    if isinstance(user, dict):
        profiles.receive(app, user, call.request)
    return None


EVENTS = {"team_join": changed, "user_change": changed, "user_profile_changed": changed}
