"""When a ticket gets a war room, and whether that is a channel of its own."""

from pydantic import Field

from domain.settings import Table


class WarRoomSettings(Table):
    """War rooms of a phase."""

    automatic: bool = Field(
        default=False, description="Whether every critical ticket gets a war room at once; else responders open them"
    )
    own_channel: bool = Field(
        default=True, description="Whether a war room is a channel of its own, as far as Slack's permissions allow it"
    )
