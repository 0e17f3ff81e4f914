"""Business objectives: what the go-live is to improve, from a baseline to a target, and the tickets about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from domain.reporting.figures import DIMENSIONS, Cohort
from domain.reporting.readings import Baseline, Reading
from domain.settings import Name, Names, ShortName, Table

TAKEN = frozenset({*Reading, *Baseline, *DIMENSIONS, "group", "all"})  # words that `metrics` reads otherwise
STALE_DAYS = 14  # after which a value no longer says whether a target is met


def _free(name: str) -> str:
    if name in TAKEN:
        raise ValueError(f"{name} has a meaning of its own, so an objective needs another name")
    return name


class Objective(Table):
    """A figure of the business with a baseline and a target; tickets of its modules and processes are linked to it."""

    name: Annotated[ShortName, AfterValidator(_free)] = Field(
        description="Short name, as in `/hypercare metrics orders 118`"
    )
    label: Name = Field(description="Name in figures, such as Orders a day")
    unit: str = Field(default="", max_length=12, description="Unit of the value")
    baseline: float | None = Field(default=None, description="The value before the go-live")
    target: float = Field(description="The value to reach")
    lower_is_better: bool = Field(default=False, description="Whether the target is reached from above")
    database: str = Field(
        default="", max_length=40,
        description="Database from which its value is read, by the name in `HYPERCARE_SOURCES__…`; see docs/reports.md",
    )  # fmt: skip
    query: str = Field(
        default="", max_length=4000, description="Query that returns its value, or days and values, read once an hour"
    )
    modules: Names = Field(default=(), description="Modules whose tickets are linked to it")
    processes: Names = Field(default=(), description="Business processes whose tickets are linked to it")

    @model_validator(mode="after")
    def _has_both(self) -> "Objective":
        if bool(self.database) != bool(self.query.strip()):
            raise ValueError("a value is read from a database by a query, so both are needed")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """An objective with its newest value, None without one, and the public tickets that are linked to it."""

    objective: Objective
    actual: float | None
    on: date | None
    tickets: int
    open_tickets: int

    def is_met(self, today: date) -> bool | None:
        """Return whether the target is reached; None without a value of the last two weeks."""
        if self.actual is None or self.on is None or (today - self.on).days > STALE_DAYS:
            return None
        wanted = self.objective.target
        return self.actual <= wanted if self.objective.lower_is_better else self.actual >= wanted


def count_linked(objective: Objective, cohorts: Mapping[tuple[str, ...], Cohort]) -> tuple[int, int]:
    """Count the tickets of its modules and processes, and the open ones; `cohorts` are by DIMENSIONS."""
    module, process = DIMENSIONS.index("module"), DIMENSIONS.index("process")
    mine = [cohort for key, cohort in cohorts.items()
            if key[module] in objective.modules or key[process] in objective.processes]  # fmt: skip
    return sum(one.opened for one in mine), sum(sum(one.open_for.values()) for one in mine)
