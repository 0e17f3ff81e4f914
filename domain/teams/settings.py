"""Microsoft Teams in a phase: the channels that it posts to, and whether people report to the bot there."""

from typing import Annotated

from pydantic import Field

from domain.api.settings import WebhookName
from domain.settings import EachOnce, ShortName, Table
from domain.tickets.ticket import Severity

PREFIX = "teams:"


class TeamsChannel(Table):
    """A channel of Microsoft Teams that gets digests and the course of severe tickets."""

    name: WebhookName = Field(description="Name of its address: `ops` for `HYPERCARE_TEAMS__OPS`")
    digests: Annotated[tuple[ShortName, ...], EachOnce] = Field(
        default=(), description="Names of the digests that are posted there too, such as `daily`"
    )
    severities: Annotated[tuple[Severity, ...], EachOnce] = Field(
        default=(Severity.CRITICAL,),
        description="Tickets of these severities are posted when reported, when they become so, resolved and reopened",
    )

    @property
    def system(self) -> str:
        """Return the name by which the address is known in the settings of the process."""
        return f"{PREFIX}{self.name}"


TeamsChannels = Annotated[tuple[TeamsChannel, ...], EachOnce]


class TeamsSettings(Table):
    """The bot in Microsoft Teams."""

    reports: bool = Field(default=False, description="Whether people may report to the bot in Microsoft Teams")
