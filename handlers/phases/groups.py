"""User groups: Slack tells of a change, and who is in them is asked anew."""

from bot.context import AppContext
from handlers.request import Answer, Request


def changed(app: AppContext, call: Request) -> Answer:
    """The events say what was added and removed, but not in which order they happened; the whole list is asked for."""
    app.renew_groups()
    return None


EVENTS = {"subteam_updated": changed, "subteam_members_changed": changed}
