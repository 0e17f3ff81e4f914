"""The webhooks of a phase: which programs are told of changes to its tickets, and of which."""

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.settings import EachOnce, Table
from domain.tickets.event import EventKind

WebhookName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]


class Webhook(Table):
    """A program that is told of events of the phase's tickets."""

    name: WebhookName = Field(description="Name of its address: `ops` for `HYPERCARE_WEBHOOKS__OPS`")
    events: Annotated[tuple[EventKind, ...], EachOnce] = Field(
        default=(), description="Kinds of events that are sent, such as `opened`; without any, all are"
    )
    private: bool = Field(
        default=False, description="Whether events of private and anonymous tickets are sent, without their reporter"
    )

    @property
    def system(self) -> str:
        """Return the name by which the address is known in the settings of the process."""
        return f"webhook:{self.name}"


Webhooks = Annotated[tuple[Webhook, ...], EachOnce]
