"""User groups: a handle that stands for several people, who come and go."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.ids import named_id
from sandbox.stream import Stream


@dataclass
class Group:
    id: str
    handle: str
    name: str
    team_id: str
    created: int
    changed: int
    deleted: int = 0  # the second in which it was switched off, or 0
    users: list[str] = field(default_factory=list)

    def to_slack(self, *, with_users: bool = True) -> dict[str, Any]:
        shape: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team_id,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "description": "",
            "handle": self.handle,
            "is_external": False,
            "date_create": self.created,
            "date_update": self.changed,
            "date_delete": self.deleted,
            "auto_type": None,
            "auto_provision": False,
            "created_by": named_id("U", "admin"),
            "updated_by": named_id("U", "admin"),
            "deleted_by": named_id("U", "admin") if self.deleted else None,
            "prefs": {"channels": [], "groups": []},
            "user_count": len(self.users),
        }
        return shape | ({"users": list(self.users)} if with_users else {})

    def to_page(self) -> dict[str, Any]:
        return {"id": self.id, "handle": self.handle, "name": self.name, "users": list(self.users),
                "disabled": bool(self.deleted)}  # fmt: skip


@dataclass
class Groups:
    """The user groups of a workspace, by id."""

    team_id: str
    clock: Clock
    stream: Stream
    by_id: dict[str, Group] = field(default_factory=dict)

    def named(self, handle: str) -> Group | None:
        return next((one for one in self.by_id.values() if one.handle == handle), None)

    def put(self, handle: str, users: list[str], *, name: str = "", disabled: bool = False) -> Group:
        """Makes the group, or changes who is in it and whether it is switched on."""
        now = int(self.clock.seconds())
        known = self.named(handle)
        group = known or Group(named_id("S", handle), handle, name or handle, self.team_id, now, now)
        news = {"change": "updated" if known else "created", "before": group.users, "previously": group.changed}
        group.users, group.name, group.changed = list(users), name or group.name, now
        group.deleted = (group.deleted or now) if disabled else 0
        self.by_id[group.id] = group
        self.stream.publish("group", {"group": group.to_page()} | news)
        return group
