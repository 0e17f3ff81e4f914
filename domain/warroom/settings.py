"""When a ticket gets a war room, whether that is a channel of its own, and when the agenda is posted."""

from typing import Annotated, Literal

from pydantic import Field

from domain.settings import EachOnce, Table, TeamId, TimeOfDay


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
    page: bool = Field(
        default=True,
        description="Whether the agenda is also the canvas of its channel, as far as Slack's permissions allow",
    )
    stand_up: TimeOfDay | Literal[""] = Field(
        default="", description="Time of day, in their own time zone, at which people are asked for the stand-up"
    )
    stand_up_people: Annotated[tuple[TeamId, ...], EachOnce] = Field(
        default=(), description="Ids of the people and user groups who are asked; without any, the team"
    )
