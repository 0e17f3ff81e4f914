"""User groups: Slack tells of a change, and who is in them is asked anew."""

from bot.context import Desk
from handlers.request import Answer, Call


def changed(desk: Desk, call: Call) -> Answer:
    """The events say what was added and removed, but not in which order they happened; the whole list is asked for."""
    desk.renew_groups()
    return None


EVENTS = {"subteam_updated": changed, "subteam_members_changed": changed}
