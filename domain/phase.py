"""A hypercare phase: the system that went live, its channels, its people and its modules."""

from dataclasses import dataclass
from enum import StrEnum


class PhaseState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    EXITED = "exited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """`id` is 0 until the database has given one; people and channels are Slack ids."""

    key: str
    name: str
    system: str
    desk_channel: str
    oncall_channel: str
    digest_channel: str = ""
    private_channel: str = ""  # where tickets go that not everybody may see; without one, a lead's DM
    intake_channels: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    timezone: str = "UTC"
    state: PhaseState = PhaseState.ACTIVE
    id: int = 0

    @property
    def channels(self) -> frozenset[str]:
        """Every channel that belongs to this phase."""
        own = {self.desk_channel, self.oncall_channel, self.digest_channel, self.private_channel}
        return frozenset(own.union(self.intake_channels)) - {""}
