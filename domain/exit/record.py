"""What people decide about an exit: verdicts, waivers, the handover, and signatures. Records are never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.exit.first_runs import RunVerdict
from domain.exit.readiness import Gate

HANDOVER = "handover"
PROPOSAL = "proposal"


class RecordKind(StrEnum):
    """What was decided about a subject."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WAIVED = "waived"
    PROPOSED = "proposed"  # all that is needed was so for three working days
    WITHDRAWN = "withdrawn"  # it is so no more
    SIGNED = "signed"


class Signatory(StrEnum):
    """Who signs."""

    RUN = "run"
    BUSINESS = "business"

    @property
    def label(self) -> str:
        return {Signatory.RUN: "run organization", Signatory.BUSINESS: "business"}[self]


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """One decision: who made it about what, why and when. `subject` is such as `run:Payroll` or `gate:owners`.

    Once saved, it has the number of the seal of the events that it was made on, and its hash.
    """

    kind: RecordKind
    subject: str
    person: str
    reason: str
    at: datetime
    seal: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions that are in force, of the records of a phase, oldest first."""

    records: Sequence[ExitRecord]

    @property
    def verdicts(self) -> Mapping[str, tuple[RunVerdict, str]]:
        """The newest verdict on each first run by its name, with the reason."""
        return {one.subject.partition(":")[2]: (RunVerdict(one.kind.value), one.reason) for one in self.records
                if one.subject.startswith("run:")}  # fmt: skip

    @property
    def waivers(self) -> Mapping[Gate, ExitRecord]:
        return {Gate(one.subject.partition(":")[2]): one for one in self.records if one.subject.startswith("gate:")}

    @property
    def handover(self) -> ExitRecord | None:
        """The record of the accepted handover."""
        newest = next((one for one in reversed(self.records) if one.subject == HANDOVER), None)
        return newest if newest and newest.kind is RecordKind.ACCEPTED else None

    @property
    def is_proposed(self) -> bool:
        newest = next((one for one in reversed(self.records) if one.subject == PROPOSAL), None)
        return newest is not None and newest.kind is RecordKind.PROPOSED

    @property
    def signatures(self) -> Mapping[Signatory, ExitRecord]:
        """The signatures under the proposal that is in force."""
        if not self.is_proposed:
            return {}
        last = max(n for n, one in enumerate(self.records) if one.subject == PROPOSAL)
        return {Signatory(one.subject): one for one in self.records[last:] if one.kind is RecordKind.SIGNED}

    @property
    def is_signed(self) -> bool:
        return set(self.signatures) == set(Signatory)
