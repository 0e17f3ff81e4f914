"""When a ticket gets a war room, whether that is a channel of its own, and when the agenda is posted."""

from typing import Literal

from pydantic import Field

from domain.settings import Table, TimeOfDay


class WarRoomSettings(Table):
    """War rooms of a phase."""

    automatic: bool = Field(
        default=False, description="Whether every critical ticket gets a war room at once; else responders open them"
    )
    own_channel: bool = Field(
        default=True, description="Whether a war room is a channel of its own, as far as Slack's permissions allow it"
    )
    agenda: TimeOfDay | Literal[""] = Field(
        default="", description="Time of day at which the agenda of a working day is posted; without one, none is"
    )
