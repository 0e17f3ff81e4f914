"""One call of a model through an AI gateway, as far as figures need it: never its prompt or its answer."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.tables import check_complete


class AiOutcome(StrEnum):
    """How a call of a model ended."""

    OK = "ok"
    LIMITED = "limited"
    QUOTA = "quota"
    AUTH = "auth"
    TIMEOUT = "timeout"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    AiOutcome.OK: "Answered",
    AiOutcome.LIMITED: "Over a rate limit",
    AiOutcome.QUOTA: "Over a quota or budget",
    AiOutcome.AUTH: "Authentication failed",
    AiOutcome.TIMEOUT: "Timed out",
    AiOutcome.FAILED: "Failed",
}
check_complete(AiOutcome, LABELS)


class AiCall(NamedTuple):
    """One call, or what a person said of its answer.

    `prompt` is the version of the prompt and `cost` is in the gateway's currency; None where it is not known.
    `accepted` is whether the answer was accepted; None where no one said so. `outcome` is None for a record that only
    says whether an answer was accepted.
    """

    at: datetime | None
    id: str
    provider: str
    model: str
    team: str
    consumer: str
    prompt: str
    outcome: AiOutcome | None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    ms: float | None = None
    accepted: bool | None = None
