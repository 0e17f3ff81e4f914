"""User groups: when Slack reports a change, their members are loaded again."""

from bot.context import AppContext
from handlers.request import Answer, Request


def changed(app: AppContext, call: Request) -> Answer:
    """Load all members again: the events may arrive in another order than the changes."""
    app.refresh_groups()
    return None


EVENTS = {"subteam_updated": changed, "subteam_members_changed": changed}
