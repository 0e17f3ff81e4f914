"""What happens after a fix: the test that proves it, and the weekly note to reporters."""

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.settings import EachOnce, Table, Use
from domain.tickets.ticket import Fix, Severity

WeeklyTime = Annotated[
    str, StringConstraints(pattern=r"^(never|(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)$")
]


class FollowupSettings(Table):
    """What happens after a fix."""

    fix_tests: Use = Field(
        default=Use.OPTIONAL,
        description="Whether the resolve form asks for the test that proves the fix: `off`, `optional`, `required`",
    )
    tested_severities: Annotated[tuple[Severity, ...], EachOnce] = Field(
        default=(Severity.CRITICAL, Severity.HIGH),
        description="Severities whose fix needs a test that passed, or a lead's reason, before the ticket is resolved",
    )
    workaround_days: int = Field(
        default=10, ge=1, le=250, description="Working days after which a workaround is to be replaced by a fix"
    )
    weekly_note: WeeklyTime = Field(
        default="fri 14:00", description="When leads get the weekly note to reporters for review; `never` for no note"
    )

    def asks_for_tests(self, severity: Severity) -> bool:
        """Return whether the resolve form asks for the test."""
        return self.fix_tests is not Use.OFF or severity in self.tested_severities

    def needs_test(self, severity: Severity, fix: Fix | None = None) -> bool:
        """Return whether a ticket is resolved only with a test; a workaround fixes nothing that could be tested."""
        return self.fix_tests is Use.REQUIRED or (severity in self.tested_severities and fix is not Fix.WORKAROUND)
