"""What a phase expects of its gateways: targets of endpoints."""

from pydantic import Field, model_validator

from domain.settings import Table


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


class GatewaySettings(Table):
    """What is expected of the gateways in front of the system."""

    targets: tuple[GatewayTarget, ...] = Field(
        default=(), max_length=50, description="Targets of endpoints; the first that fits an endpoint counts"
    )
