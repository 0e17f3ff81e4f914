"""An issue of a tracker as values, whatever the tracker: what is read of it, and what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

TRACKER_FILE = "trackerfile-"  # what the id of a file begins with that is in a tracker


class Category(StrEnum):
    """What a status means in every tracker."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class IssuePerson:
    """A person of the tracker by id; `is_us` is the account that Hypercare uses there.

    `address` is their e-mail address where the tracker shows it and has checked it.
    """

    id: str
    name: str = ""
    is_us: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueComment:
    """A comment; `text` is mrkdwn. `is_public` only where the customer of a service desk reads it."""

    id: str
    author: IssuePerson
    text: str
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class IssueFile:
    """A file of an issue; `link` opens it in the tracker, `size` are its bytes."""

    id: str
    name: str
    link: str
    author: IssuePerson
    size: int = 0

    def id_for(self, system: str) -> str:
        """Return the id of the file outside of its tracker."""
        return f"{TRACKER_FILE}{system}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as the tracker has it now. `assignee` is None when it has none."""

    id: str
    key: str
    link: str
    status: str
    category: Category
    priority: str = ""
    assignee: IssuePerson | None = None
    updated_at: datetime | None = None
    has_customers: bool = False  # it belongs to a service desk, so comments may be public
    comments: tuple[IssueComment, ...] = ()
    files: tuple[IssueFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """An issue to be made; `text` is mrkdwn, and `label` finds it again when the answer is lost."""

    project: str
    issue_type: str
    summary: str
    text: str
    label: str
    priority: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""  # the id of the issue whose sub-task it is


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWish:
    """Where an issue should go: one of these statuses, or without them any of the category.

    `values` are those of fields that a transition may require.
    """

    category: Category
    names: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def fits(self, status: str, category: Category) -> bool:
        """Return whether a status is where the issue should be."""
        return (
            status.casefold() in {name.casefold() for name in self.names} if self.names else category is self.category
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChange:
    """What is to be changed; None leaves it, and an `assignee` of "" takes it away."""

    status: StatusWish | None = None
    priority: str | None = None
    assignee: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.status is None and self.priority is None and self.assignee is None
