"""users.*, usergroups.*, team.*, bots.*, dnd.* and emoji.*: who is here."""

from sandbox.errors import SlackError
from sandbox.groups import Group
from sandbox.model import User
from sandbox.webapi.call import Body, Call, Method, cursor_body

MOST_ASKED = 50  # people whose rest is asked for at once


def _shape(call: Call, user: User) -> Body:
    shape = user.to_slack() | {"is_stranger": call.workspace.is_stranger(user.id, call.bot)}
    if "users:read.email" not in call.world.app.scopes:
        del shape["profile"]["email"]
    if app := next((one.app for one in call.world.installed if one.app.bot_user_id == user.id), None):
        shape["profile"] |= {"bot_id": app.bot_id, "api_app_id": app.id}
    return shape


def info(call: Call) -> Body:
    return {"user": _shape(call, call.user())}


def list_all(call: Call) -> Body:
    """Of an org-wide install only the people of the workspace that is asked about."""
    here = call.text("team_id")
    page, cursor = call.page([one for one in call.workspace.users.values() if here in ("", one.team_id)])
    return {"members": [_shape(call, one) for one in page], "cache_ts": 0} | cursor_body(cursor)


def by_email(call: Call) -> Body:
    wanted = call.text("email").lower()
    found = next((one for one in call.workspace.users.values() if one.email == wanted and not one.is_bot), None)
    if not found:
        raise SlackError("users_not_found")
    return {"user": _shape(call, found)}


def profile(call: Call) -> Body:
    user = call.user() if call.text("user") else call.workspace.users[call.bot]
    return {"profile": _shape(call, user)["profile"]}


def groups(call: Call) -> Body:
    _paid(call)
    every, with_users = call.workspace.groups.by_id.values(), call.flag("include_users")
    shown = [one for one in every if call.flag("include_disabled") or not one.deleted]
    return {"usergroups": [one.to_slack(with_users=with_users) for one in shown]}


def _paid(call: Call) -> None:
    if call.workspace.plan == "free":
        raise SlackError("plan_upgrade_required")


def _group(call: Call) -> Group:
    _paid(call)
    found = call.workspace.groups.by_id.get(call.text("usergroup"))
    if not found or (found.deleted and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return found


def group_users(call: Call) -> Body:
    return {"users": list(_group(call).users)}


def update_group_users(call: Call) -> Body:
    if not call.workspace.apps_edit_groups:
        raise SlackError("permission_denied")
    group, wanted = _group(call), call.listed("users")
    if not wanted:
        raise SlackError("no_users_provided")
    if not all(one in call.workspace.users for one in wanted):
        raise SlackError("invalid_users")
    return {"usergroup": call.workspace.groups.put(group.handle, wanted).to_slack()}


def team(call: Call) -> Body:
    about = {"id": call.workspace.team_id, "name": call.workspace.team_name, "domain": call.workspace.team_domain}
    return {"team": about | {"url": f"{call.world.url}/", "email_domain": "sandbox.example", "icon": {}}}


def bot(call: Call) -> Body:
    wanted = call.text("bot") or call.world.app.bot_id
    app = next((one.app for one in call.world.installed if one.app.bot_id == wanted), None)
    if not app:
        raise SlackError("bot_not_found")
    about: Body = {"id": app.bot_id, "deleted": False, "name": app.bot_name, "updated": 0, "app_id": app.id}
    return {"bot": about | {"user_id": app.bot_user_id, "icons": {}}}


def do_not_disturb(call: Call) -> Body:
    return _rest(call, call.user() if call.text("user") else call.workspace.users[call.bot]) | {"snooze_enabled": False}


def all_not_disturb(call: Call) -> Body:
    """Of at most fifty people; those it does not know are left out."""
    wanted = call.listed("users")
    if len(wanted) > MOST_ASKED:
        raise SlackError("too_many_users")
    return {"users": {one: _rest(call, user) for one in wanted if (user := call.workspace.users.get(one))}}


def _rest(call: Call, user: User) -> Body:
    if user.quiet_until <= call.world.clock.seconds():
        return {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
    return {"dnd_enabled": True, "next_dnd_start_ts": 1, "next_dnd_end_ts": user.quiet_until}


def presence(call: Call) -> Body:
    user = call.user() if call.text("user") else call.workspace.users[call.bot]
    return {"presence": "away" if user.away or user.deleted else "active"}


def emoji(_call: Call) -> Body:
    return {"emoji": {}, "cache_ts": "0"}


METHODS = {
    "users.info": Method(info, ("users:read",), 4, ("user",)),
    "users.list": Method(list_all, ("users:read",), 2),
    "users.lookupByEmail": Method(by_email, ("users:read.email",), 3, ("email",)),
    "users.getPresence": Method(presence, ("users:read",), 3),
    "users.profile.get": Method(profile, ("users.profile:read",), 4),
    "usergroups.list": Method(groups, ("usergroups:read",), 2),
    "usergroups.users.list": Method(group_users, ("usergroups:read",), 2, ("usergroup",)),
    "usergroups.users.update": Method(update_group_users, ("usergroups:write",), 2, ("usergroup", "users")),
    "team.info": Method(team, ("team:read",), 3),
    "bots.info": Method(bot, ("users:read",), 3),
    "dnd.info": Method(do_not_disturb, ("dnd:read",), 3),
    "dnd.teamInfo": Method(all_not_disturb, ("dnd:read",), 2, ("users",)),
    "emoji.list": Method(emoji, ("emoji:read",), 2),
}
