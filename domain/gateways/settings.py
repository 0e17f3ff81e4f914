"""What a phase expects of its gateways: targets of endpoints, and budgets of models."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from domain.settings import EachOnce, ShortName, Table


class BudgetPeriod(StrEnum):
    """For how long an amount has to last."""

    DAY = "day"
    PHASE = "phase"


class GatewayTarget(Table):
    """What some endpoints are to reach."""

    endpoint: str = Field(
        min_length=1, max_length=200, description="Endpoint, with `*` for any text, as in `GET /v2/payslips*`"
    )
    availability: float | None = Field(
        default=None, ge=50, lt=100, description="Percentage of requests that the service has to be there for"
    )
    p95: int | None = Field(
        default=None, ge=1, le=600_000, description="Milliseconds within which 95 % of requests have to be answered"
    )

    @model_validator(mode="after")
    def _has_one(self) -> "GatewayTarget":
        if self.availability is None and self.p95 is None:
            raise ValueError("a target needs availability, p95 or both")
        return self


class AiBudget(Table):
    """What some calls of models may cost."""

    name: ShortName = Field(description="Short name, shown where the budget is told of")
    amount: float = Field(gt=0, le=1e9, description="How much, in the currency of the gateway")
    per: BudgetPeriod = Field(default=BudgetPeriod.DAY, description="For each `day`, or for the whole `phase`")
    model: str = Field(default="*", min_length=1, max_length=100, description="Models it is for, with `*` for any text")
    team: str = Field(default="*", min_length=1, max_length=100, description="Teams it is for, with `*` for any text")


class GatewaySettings(Table):
    """What is expected of the gateways in front of the system."""

    ai_budgets: Annotated[tuple[AiBudget, ...], EachOnce] = Field(
        default=(), max_length=50, description="What calls of models may cost"
    )
    targets: tuple[GatewayTarget, ...] = Field(
        default=(), max_length=50, description="Targets of endpoints; the first that fits an endpoint counts"
    )
