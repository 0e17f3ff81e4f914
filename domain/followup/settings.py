"""What happens after a fix: the test that proves it, and the weekly note to reporters."""

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.settings import Table, Use

WeeklyTime = Annotated[
    str, StringConstraints(pattern=r"^(never|(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)$")
]


class FollowupSettings(Table):
    """What happens after a fix."""

    fix_tests: Use = Field(
        default=Use.OPTIONAL,
        description="Whether the resolve form asks for the test that proves the fix: `off`, `optional`, `required`",
    )
    weekly_note: WeeklyTime = Field(
        default="fri 14:00", description="When leads get the weekly note to reporters for review; `never` for no note"
    )
