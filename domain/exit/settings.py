"""What has to hold before a phase ends: target rates, who signs, and the first runs of business cycles."""

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.settings import EachOnce, Name, Table, TeamId


class FirstRun(Table):
    """The first run of a business cycle in the new system, such as a month-end close."""

    name: Name = Field(description="Name, such as Month-end close")
    on: date = Field(description="The day it runs")
    owner: TeamId = Field(description="Id of the person who says whether it went well")
    watch_days: int = Field(default=1, ge=1, le=14, description="Days from then on that are watched")
    acceptance: str = Field(default="", max_length=300, description="What has to be true, for its owner")


class ExitSettings(Table):
    """When the phase may end, and who signs it off."""

    critical_rate: float = Field(
        default=0.3, gt=0, description="New critical tickets a day that are acceptable, as the upper bound of 95 %"
    )
    defect_rate: float = Field(default=0.5, gt=0, description="New defects a day that are acceptable after the exit")
    run_owners: tuple[TeamId, ...] = Field(
        default=(), description="Ids of people and user groups who run the system later; without any, the leads"
    )
    business_owners: tuple[TeamId, ...] = Field(
        default=(), description="Ids of people and user groups who sign for the business; without any, no one can sign"
    )
    first_runs: Annotated[tuple[FirstRun, ...], EachOnce] = Field(
        default=(), max_length=20, description="First runs of business cycles that the exit waits for"
    )
