"""How deep causes are looked for, and on which branches."""

from pydantic import Field

from domain.problems.problem import default_minimum
from domain.settings import Names, Table
from domain.tickets.ticket import Severity


class ProblemSettings(Table):
    """How deep causes are looked for."""

    branches: Names = Field(
        default=("People", "Process", "Technology", "Data", "Environment", "Suppliers"), min_length=2, max_length=10,
        description="Branches of the fishbone, for contributing factors",
    )  # fmt: skip
    min_whys: dict[Severity, int] = Field(
        default_factory=dict,
        description="Least number of whys before a fix is a root-cause fix, by severity; else 5, 3, 2 and 1",
    )

    def minimum(self, severity: Severity) -> int:
        """Return the least number of whys for that severity."""
        return self.min_whys.get(severity, default_minimum()[severity])
