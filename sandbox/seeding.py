"""Fills an empty workspace with the cast and its channels."""

from collections.abc import Sequence

from sandbox import cast
from sandbox.cast import Cast
from sandbox.ids import named_id
from sandbox.manifest import App
from sandbox.model import User
from sandbox.workspace import Organization, Workspace


def seed(workspace: Workspace, people: Cast, apps: Sequence[App], *, grid: bool = False, connect: bool = False) -> None:
    """`grid` makes it one of two workspaces of an organization, `connect` adds people of every other kind."""
    workspace.team_name, workspace.team_domain = people.team_name, people.team_domain
    if grid:
        second = named_id("T", cast.SECOND_TEAM)
        workspace.organization = Organization(named_id("E", cast.ORG_NAME), cast.ORG_NAME, (workspace.team_id, second))
    add_bots(workspace, apps)
    for one in (*people.people, *(cast.CONNECTED if connect else ())):
        workspace.seed_user(_user(workspace, one))
    for channel in people.channels:
        members = [one.id for one in workspace.users.values() if _belongs(one, channel)]
        workspace.add_channel(channel.name, members, creator=workspace.admin.id, topic=channel.topic,
                              is_private=channel.is_private)  # fmt: skip
    for handle, names in (people.groups or {}).items():
        workspace.groups.put(handle, [workspace.user(name).id for name in names])


def add_bots(workspace: Workspace, apps: Sequence[App]) -> None:
    """Add the apps' own accounts where they are missing; in a workspace that was kept, people invite a new app."""
    for app in apps:
        if app.bot_user_id not in workspace.users:
            bot = User(app.bot_user_id, app.bot_name, app.name, workspace.team_id, "App", is_bot=True)
            workspace.seed_user(bot)


def _user(workspace: Workspace, one: cast.Person) -> User:
    team, org = workspace.team_id, workspace.organization
    enterprise = org.id if org else ""
    if one.is_guest:
        team = named_id("T", cast.GUEST_TEAM)
        enterprise = named_id("E", cast.PARTNER_ORG) if one in cast.CONNECTED else ""
    elif org and one.name in cast.PLANT:
        team = org.teams[1]
    return User(named_id("U", one.name), one.name, one.real_name, team, one.title, one.color, is_guest=one.is_guest,
                is_admin=one.is_admin, is_restricted=one.is_restricted, is_bot=one.is_bot, deleted=one.deleted,
                enterprise_id=enterprise)  # fmt: skip


def _belongs(user: User, channel: cast.CastChannel) -> bool:
    if user.deleted:
        return False
    if channel.members is not None and not user.is_bot:
        return user.name in channel.members
    if user.is_guest or user.is_restricted:
        return channel.with_guests
    return not user.is_bot or channel.with_bot
