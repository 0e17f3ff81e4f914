"""One request to the control API: its fields, and the people, channels and messages they name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.model import Channel, Message, User
from sandbox.workspace import NotFoundError, Workspace
from sandbox.world import World

Body = dict[str, Any]


class RefusedError(Exception):
    """A request that makes no sense; the text is the answer."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Ask:
    world: World
    fields: Body
    content: bytes = b""

    @property
    def workspace(self) -> Workspace:
        return self.world.workspace

    def to(self, world: World) -> "Ask":
        """The same request, put to another one of the apps."""
        return self if world is self.world else replace(self, world=world)

    def to_app(self) -> "Ask":
        """The same request, put to the app that the field `app` names by id or name, else to the first one."""
        wanted = self.text("app").removeprefix("@")
        if not wanted:
            return self
        if not (found := self.world.of_app(wanted)):
            raise RefusedError(f"There is no app called {wanted}.", 404)
        return self.to(found)

    def text(self, name: str, default: str = "") -> str:
        value = self.fields.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.fields.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes")

    def number(self, name: str, default: float = 0) -> float:
        try:
            return float(self.fields.get(name, default))
        except (TypeError, ValueError):
            raise RefusedError(f"{name} has to be a number.") from None

    def user(self, name: str = "user") -> User:
        try:
            return self.workspace.user(self.text(name))
        except NotFoundError as missing:
            raise RefusedError(str(missing), 404) from None

    def channel(self, user: User | None = None, field: str = "channel") -> Channel:
        """The channel named; with `user` also that person's direct messages, as @name."""
        try:
            return self.workspace.channel(self.text(field), of=user.id if user else None)
        except NotFoundError as missing:
            raise RefusedError(str(missing), 404) from None

    def own_channel(self, field: str = "channel") -> tuple[User, Channel]:
        """The person and a channel they are in."""
        user = self.user()
        channel = self.channel(user, field)
        if user.id not in channel.members:
            raise RefusedError(f"{user.name} is not in {channel.name}.", 403)
        return user, channel

    def message(self, channel: Channel) -> Message:
        found = channel.find(self.text("ts"))
        if not found:
            raise RefusedError(f"There is no message {self.text('ts')} in {channel.name}.", 404)
        return found


Handler = Callable[[Ask], Awaitable[Body] | Body]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    run: Handler
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    raw: bool = False

    def check(self, fields: Body) -> None:
        known = (*self.required, *self.optional)
        if unknown := [name for name in fields if name not in known]:
            raise RefusedError(
                f"{self.path} knows no field {', '.join(unknown)}; it takes {', '.join(known) or 'none'}."
            )
        if missing := [name for name in self.required if fields.get(name) is None]:
            raise RefusedError(f"{self.path} needs {', '.join(missing)}.")
