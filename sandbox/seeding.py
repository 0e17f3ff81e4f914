"""Fills an empty workspace with the cast and its channels."""

from sandbox import cast
from sandbox.ids import named_id
from sandbox.model import User
from sandbox.workspace import Workspace


def seed(workspace: Workspace) -> None:
    app = workspace.app
    guests = named_id("T", cast.GUEST_TEAM)
    workspace.add_user(User(app.bot_user_id, app.bot_name, app.name, workspace.team_id, "App", is_bot=True))
    for one in cast.PEOPLE:
        team = guests if one.is_guest else workspace.team_id
        workspace.add_user(
            User(named_id("U", one.name), one.name, one.real_name, team, one.title, one.color,
                 is_guest=one.is_guest, is_admin=one.is_admin)
        )  # fmt: skip
    for channel in cast.CHANNELS:
        members = [one.id for one in workspace.users.values() if _belongs(one, channel)]
        workspace.add_channel(channel.name, members, creator=workspace.user("admin").id, topic=channel.topic)


def _belongs(user: User, channel: cast.CastChannel) -> bool:
    return (not user.is_bot or channel.with_bot) and (not user.is_guest or channel.with_guests)
