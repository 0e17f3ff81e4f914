"""A ticket and its parts: severity, deferral, fix, files, origin and report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from domain.address import ERASED_USER
from domain.tables import check_complete
from domain.tickets.status import Status
from domain.tickets.types import TicketType, exposes

SUMMARY_LIMIT = 150  # characters; one line on a card and in a notification
TEXT_LIMIT = 3000  # characters; Slack's plain_text_input takes no more
ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")  # of a file's name
MODULE_LIMIT = 75  # characters; an option of a select


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]

    @property
    def rank(self) -> int:
        """0 for the most severe, for sorting."""
        return list(Severity).index(self)


MEANINGS = {
    Severity.CRITICAL: "System down, major business disruption",
    Severity.HIGH: "Significant impact, workaround available but difficult",
    Severity.MEDIUM: "Minor impact, easy workaround",
    Severity.LOW: "Cosmetic, minor inconvenience",
}
check_complete(Severity, MEANINGS)


class Intake(StrEnum):
    """The way a report came in."""

    COMMAND = "command"
    SHORTCUT = "shortcut"
    MESSAGE = "message shortcut"
    MENTION = "mention"
    HOME = "app home"
    REACTION = "reaction"
    DIRECT = "direct message"
    CHANNEL = "channel message"
    IMPORT = "import"
    PULSE = "pulse"
    SIGNAL = "monitoring"
    MAIL = "e-mail"
    FORM = "web form"
    TEAMS = "teams"
    CONTACT = "contact"
    SESSION = "session"
    WORKFLOW = "workflow"


class Deferral(StrEnum):
    """Why a ticket is deferred."""

    LOW_IMPACT = "low_impact"
    NEEDS_REDESIGN = "needs_redesign"
    NEXT_RELEASE = "next_release"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            Deferral.LOW_IMPACT: "Low impact",
            Deferral.NEEDS_REDESIGN: "Requires significant redesign",
            Deferral.NEXT_RELEASE: "Scheduled for next release",
            Deferral.OTHER: "Another reason",
        }[self]


class Fix(StrEnum):
    """How deep a fix goes."""

    WORKAROUND = "workaround"
    SYMPTOM = "symptom"
    ROOT_CAUSE = "root_cause"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def meaning(self) -> str:
        return {
            Fix.WORKAROUND: "People can work again; the cause is still there",
            Fix.SYMPTOM: "The symptom is gone, but it may come back",
            Fix.ROOT_CAUSE: "The cause is fixed",
        }[self]

    @property
    def lasts(self) -> bool:
        """Whether the problem is not expected to come back."""
        return self is Fix.ROOT_CAUSE


class ChangeScope(StrEnum):
    """How the change that solves a ticket is delivered."""

    HOTFIX = "hotfix"
    PATCH = "patch"
    RELEASE = "release"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Judgement(StrEnum):
    """What a ticket is, seen from what was agreed."""

    AS_AGREED = "as_agreed"
    DEFECT = "defect"
    WISH = "wish"
    TRAINING = "training"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def meaning(self) -> str:
        return {
            Judgement.AS_AGREED: "The system does what was agreed",
            Judgement.DEFECT: "The system does not do what was agreed",
            Judgement.WISH: "Something else than was agreed is wanted",
            Judgement.TRAINING: "It works as agreed, and was not explained",
        }[self]


@dataclass(frozen=True, slots=True)
class File:
    """A reference to a file in Slack, whose content is read only to copy it.

    `permalink` is empty where not everybody may open it; the other side gets a copy then. `inside`: internal, shared
    by the team and never shown to others.
    """

    id: str
    name: str
    permalink: str
    inside: bool = False

    @property
    def needs_copy(self) -> bool:
        return not self.permalink

    def anonymous(self, number: int) -> "File":
        """Return it under a neutral name and without the link, which names its uploader."""
        ending = ENDING.search(self.name)
        return replace(self, name=f"Attachment {number}{ending.group().lower() if ending else ''}", permalink="")


@dataclass(frozen=True, slots=True)
class Origin:
    """The message a report was made from: its channel and thread become the reporter thread."""

    channel: str
    ts: str
    thread_ts: str | None = None

    @property
    def thread(self) -> str:
        return self.thread_ts or self.ts


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a reporter filled in. Only the summary and the severity are required.

    `extra` holds the answers to fields of the type or of the phase: {field id: text}.
    """

    summary: str
    severity: Severity
    type: TicketType = TicketType.NONE
    category: str = ""
    module: str = ""
    process: str = ""
    impact: str = ""
    business: str = ""  # a priority.Consequence, or empty
    urgency: str = ""  # a priority.Urgency, or empty
    people: int | None = None  # how many are affected, as far as the reporter knows
    happened: str = ""
    steps: str = ""
    expected: str = ""
    actual: str = ""
    environment: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    @property
    def private(self) -> bool:
        """Whether only the reporter, the owner and leads may see it, as with security reports."""
        return self.type.is_private or exposes(self.type, dict(self.extra))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A report with a number and a state; `id` is the database's, `name` is what people say."""

    id: int
    phase_id: int
    key: str
    number: int
    reporter: str
    report: Report
    opened_at: datetime
    intake: Intake
    origin: Origin | None = None
    status: Status = Status.RECEIVED
    previous_status: Status | None = None  # the status to return to when the reporter has answered
    owner: str | None = None
    private: bool = False
    note: str = ""  # the words of the current status: explanation, question, or reason
    workaround: str = ""
    fix: Fix | None = None  # the depth of the fix, if it was given
    test: str = ""  # the test that proves the fix
    judgement: Judgement | None = None
    party: str = ""  # whose it is, of the phase's list
    scope: ChangeScope | None = None  # how its change is delivered, once that is decided
    unconfirmed: bool = False  # the time to confirm the fix ran out
    deferral: Deferral | None = None
    due: date | None = None  # the date it is deferred until, if there is one
    effort: str = ""  # a priority.Effort, as the team estimates
    priority: float = 0.0  # the score from 0 to 100
    affected: int = 1  # number of affected people
    primary_id: int | None = None  # the ticket it was merged into
    filed_by: str | None = None  # who wrote the report on behalf of its reporter
    due_at: datetime | None = field(default=None, compare=False)  # of the first SLA target
    anonymous: bool = False  # reported without a name
    changed_at: datetime | None = field(default=None, compare=False)
    waiting_since: datetime | None = field(default=None, compare=False)  # on the team or on the reporter

    @property
    def name(self) -> str:
        return f"{self.key}-{self.number}"

    def without_summary(self) -> "Ticket":
        """Return it for messages to people who may not read what others reported."""
        return replace(self, report=replace(self.report, summary=""))

    @property
    def is_kept(self) -> bool:
        """Whether its content was not erased yet."""
        return self.reporter != ERASED_USER

    @property
    def without_inside(self) -> "Ticket":
        """As everybody outside of the team may see it."""
        shown = tuple(file for file in self.report.files if not file.inside)
        return replace(self, report=replace(self.report, files=shown))

    def with_report(self, report: Report) -> "Ticket":
        return replace(self, report=report)

    @property
    def severity(self) -> Severity:
        return self.report.severity

    @property
    def summary(self) -> str:
        return self.report.summary
