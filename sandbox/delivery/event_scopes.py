"""The scope an app needs to hear of an event; without it Slack sends none, whatever the app has subscribed to.

Slack's pages: https://docs.slack.dev/reference/events
"""

# One of these is enough.
SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "file_shared": ("files:read",),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "channel_created": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_archive": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_id_changed": ("channels:read",),
    "group_rename": ("groups:read",),
    "group_archive": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "group_left": ("groups:read",),
    "subteam_created": ("usergroups:read",),
    "subteam_updated": ("usergroups:read",),
    "subteam_members_changed": ("usergroups:read",),
    "team_join": ("users:read",),
    "user_change": ("users:read",),
    "user_profile_changed": ("users:read", "users.profile:read"),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "assistant_thread_started": ("assistant:write",),
}


def is_heard(name: str, granted: tuple[str, ...]) -> bool:
    needed = SCOPES.get(name, ())
    return not needed or any(scope in granted for scope in needed)
