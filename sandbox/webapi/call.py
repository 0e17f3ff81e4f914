"""One call of a method: its arguments with their types, and the people and channels they name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import SlackError
from sandbox.model import Channel, Message, User
from sandbox.workspace import Workspace
from sandbox.world import World

Body = dict[str, Any]
PAGE = 100
MAX_PAGE = 1000


@dataclass
class Call:
    world: World
    method: str
    args: Body
    token: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return self.world.workspace

    @property
    def bot(self) -> str:
        return self.world.app.bot_user_id

    @property
    def refused_blocks(self) -> frozenset[str]:
        """The kinds of blocks that a rollout fault refuses in this method."""
        return self.world.faults.refused(self.method)

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name)
        return default if value is None else str(value).lower() in ("1", "true", "yes")

    def number(self, name: str, default: int) -> int:
        try:
            return int(float(self.args.get(name, default)))
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments") from None

    def listed(self, name: str) -> list[str]:
        value = self.args.get(name)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [one.strip() for one in str(value or "").split(",") if one.strip()]

    def user(self, name: str = "user") -> User:
        found = self.workspace.users.get(self.text(name))
        if not found:
            raise SlackError("user_not_found")
        return found

    def channel(self, name: str = "channel") -> Channel:
        """Only channels by id that the app can see; private ones need membership."""
        found = self.workspace.channels.get(self.text(name))
        if not found or (found.type != "channel" and self.bot not in found.members):
            raise SlackError("channel_not_found")
        return found

    def message(self, channel: Channel, name: str = "ts") -> Message:
        found = channel.messages.get(self.text(name))
        if not found:
            raise SlackError("message_not_found")
        return found

    @property
    def limit(self) -> int:
        return min(max(self.number("limit", PAGE), 1), MAX_PAGE)

    def page(self, rows: list[Any]) -> tuple[list[Any], str]:
        """The rows from the cursor on, and the cursor of what comes after them."""
        start = self._start()
        end = start + self.limit
        return rows[start:end], f"next:{end}" if end < len(rows) else ""

    def _start(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        if not cursor.startswith("next:") or not cursor[5:].isdigit():
            raise SlackError("invalid_cursor")
        return int(cursor[5:])


def cursor_body(cursor: str) -> Body:
    return {"response_metadata": {"next_cursor": cursor}}


Handler = Callable[[Call], Awaitable[Body] | Body]


@dataclass(frozen=True)
class Method:
    """What Slack wants before it runs a method; `scopes` are alternatives."""

    run: Handler
    scopes: tuple[str, ...] = ()
    tier: int | None = None
    required: tuple[str, ...] = ()
    token: str | None = "bot"  # noqa: S105 - a kind of token, not one
    limited_by_channel: bool = False
