"""What a connector to a tracker can do. Each system is a class of its own that does it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.connectors.issue import Issue, IssueChange, NewIssue
from domain.connectors.settings import Connection
from domain.delivery.message import Failure, FailureKind

NO_ISSUE = "rehearsal"  # an id that no tracker gives
ISSUE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # numbers in Jira, 32 digits in ServiceNow


class TrackerError(Exception):
    """The tracker did not do it. `detail` is what it said, in its own words."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(failure.reason)
        self.failure, self.detail = failure, detail

    @property
    def is_refusal(self) -> bool:
        """Whether trying again can't help."""
        return self.failure.kind is FailureKind.PERMANENT


class Tracker(Protocol):
    """A tracker; every method raises TrackerError. Issues are named by the id that they keep when they move."""

    label: str
    has_subtasks: bool  # whether an issue can have others below it, which stand for actions
    keys_name_projects: bool  # whether the key of an issue begins with its project

    async def create(self, new: NewIssue) -> str:
        """Make an issue and return its id."""

    async def find(self, label: str, span: timedelta) -> str | None:
        """Return the id of the issue with that label, which was made within that span although the answer was lost.

        It may have been moved to another project since.
        """

    async def find_account(self, address: str) -> str:
        """Return the account of the person with that e-mail address; "" when there is none, or not one alone."""

    async def read(self, id_: str) -> Issue | None:
        """Return an issue by id or key; None when it is gone."""

    async def update(self, issue: Issue, change: IssueChange) -> None:
        """Change the fields of an issue, all but its status."""

    async def transition(self, issue: Issue, change: IssueChange) -> None:
        """Move an issue to the status that the change names."""

    async def comment(self, issue: Issue, text: str, *, public: bool) -> str:
        """Add a comment and return its id; `public` counts only where an issue has customers."""

    def as_read(self, issue: Issue, text: str) -> str:
        """Return how a comment is read that was written with this text."""

    async def attach(self, issue: Issue, name: str, content: bytes) -> str:
        """Add a file and return its id."""

    async def content(self, file: str, limit: int) -> bytes | None:
        """Return the bytes of a file of an issue; None when it can't be had, or has more than `limit`."""

    async def changed(self, project: str, span: timedelta) -> list[str]:
        """Return the ids of the issues of a project that were changed within that span."""

    async def check(self, connection: Connection) -> list[str]:
        """Return what is missing there for a connection, a sentence each."""

    async def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True, slots=True)
class TrackerAccess:
    """Where a tracker is and how to get in; `secret` signs its webhooks.

    With the id of an OAuth 2.0 `client`, `token` is its secret, and `site` the id by which the tracker knows its site.
    """

    address: str
    user: str
    token: str
    secret: str = ""
    client: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class TrackerKind:
    """A system: its `label` is what people read, and `open` gets how to get in and a proxy.

    `is_signed` checks the raw body of a webhook, `issue_of` returns the id of the issue that has news. `delivery` is
    the header with what is the same when a webhook is sent again. `sample` gets a secret, and returns the body and the
    headers of a webhook about an issue that belongs to no ticket.
    """

    label: str
    open: Callable[[TrackerAccess, str | None], Tracker]
    is_signed: Callable[[str, Mapping[str, str], bytes], bool]
    issue_of: Callable[[bytes], str]
    delivery: str
    sample: Callable[[str], tuple[bytes, Mapping[str, str]]]


def id_from(value: object) -> str:
    """Return the id of an issue that a webhook names; "" for what can be none."""
    return str(value) if ISSUE_ID.fullmatch(str(value)) else ""
