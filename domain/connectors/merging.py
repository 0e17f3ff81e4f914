"""Which side's change counts: each field is compared with what both sides had when they last agreed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from domain.connectors.issue import Category, Issue, IssueChange, StatusWish
from domain.connectors.settings import Connection, Direction
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket

CATEGORIES = {
    Status.RECEIVED: Category.OPEN,
    **dict.fromkeys((Status.RESOLVED, Status.VERIFIED, Status.WITHDRAWN, Status.MERGED), Category.DONE),
}  # the others are started
STATUSES = {Category.OPEN: Status.RECEIVED, Category.STARTED: Status.INVESTIGATING, Category.DONE: Status.RESOLVED}
Base = Mapping[str, str]
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who has which account in a tracker, by Slack id. `owner` is that of the ticket when this was asked."""

    known: Mapping[str, str]
    owner: str | None = None

    def account_of(self, person: str | None) -> str:
        """Return the account of a person; "" for one without."""
        return self.known.get(person or "", "")

    def person_of(self, account: str) -> str:
        """Return the Slack id of an account; "" for one of a person who is not known."""
        return next((person for person, known in self.known.items() if known == account), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a ticket takes over from its issue; None leaves it, and an `owner` of "" means none."""

    status: Status | None = None
    severity: Severity | None = None
    owner: str | None = None


def ours(ticket: Ticket) -> dict[str, str]:
    """Return the fields of a ticket that an issue follows."""
    return {"status": ticket.status.value, "severity": ticket.severity.value, "owner": ticket.owner or ""}


def fresh(ticket: Ticket) -> dict[str, str]:
    """Return the fields of a ticket that an issue stands for when it is made: unassigned, with nothing done yet."""
    return ours(ticket) | {"status": Status.RECEIVED.value, "owner": ""}


def theirs(issue: Issue) -> dict[str, str]:
    """Return the fields of an issue that a ticket follows."""
    return {"status": issue.status, "severity": issue.priority, "owner": issue.assignee.id if issue.assignee else ""}


def wish(connection: Connection, status: Status) -> StatusWish:
    """Return where the issue of a ticket with that status should be."""
    return StatusWish(
        category=CATEGORIES.get(status, Category.STARTED),
        names=connection.statuses.get(status, ()),
        values=connection.transition_fields,
    )


def status_of(connection: Connection, issue: Issue) -> Status:
    """Return the status that an issue's means for its ticket."""
    for status, names in connection.statuses.items():
        if issue.status.casefold() in {name.casefold() for name in names}:
            return status
    return STATUSES[issue.category]


def severity_of(connection: Connection, priority: str) -> Severity | None:
    """Return the severity that a priority means; None for one that the settings don't name."""
    named = (severity for severity, name in connection.priorities.items() if name.casefold() == priority.casefold())
    return next(named, None)


def decide(
    connection: Connection, accounts: Accounts, ticket: Ticket, issue: Issue, our_base: Base, their_base: Base
) -> tuple[IssueChange, Taken]:  # fmt: skip
    """Return what the issue has to follow, and what the ticket takes over.

    A field that means the same on both sides needs neither, which ends every echo. Where one side has changed since
    they last agreed, that change counts; where both have, the later one.
    """
    here, there = ours(ticket), theirs(issue)
    newer = _is_newer_there(ticket.changed_at, issue.updated_at)
    send, take = dict[str, str](), set[str]()
    for name, direction in (
        ("status", connection.status), ("severity", connection.severity), ("owner", connection.owner)
    ):  # fmt: skip
        if _means_the_same(name, connection, accounts, ticket, issue):
            continue
        changed_here = our_base.get(name) not in (here[name], refused_mark(connection, ticket))
        changed_there = there[name] != their_base.get(name)
        if (
            changed_here
            and direction is not Direction.THEIRS
            and not (changed_there and direction is Direction.NEWEST and newer)
        ):
            send[name] = here[name]
        elif changed_there and direction is not Direction.OURS:
            take.add(name)
    return _change(connection, accounts, ticket, issue, send), _taken(connection, accounts, issue, take)


def refused_mark(connection: Connection, ticket: Ticket) -> str:
    """Return what stands for a field that the tracker refused.

    It is tried again when the ticket was changed, or the settings of the connection, which may name what is missing.
    """
    settings = sha256(connection.model_dump_json().encode()).hexdigest()[:12]
    return f"{REFUSED} {settings} {ticket.changed_at.isoformat() if ticket.changed_at else ''}"


def settled(
    connection: Connection, accounts: Accounts, ticket: Ticket, issue: Issue, base: Base
) -> dict[str, str]:  # fmt: skip
    """Return the fields of a ticket of which nothing has to be sent; what was refused stays so while they differ."""
    now = ours(ticket)
    waits = {name for name, value in base.items() if value.startswith(f"{REFUSED} ")}
    differ = {name for name in waits if not _means_the_same(name, connection, accounts, ticket, issue)}
    return {name: base[name] if name in differ else value for name, value in now.items()}


def refused(connection: Connection, change: IssueChange, sent: Base, ticket: Ticket) -> dict[str, str]:
    """Return the fields of a ticket after the tracker refused a change."""
    wanted = {"status": change.status, "severity": change.priority, "owner": change.assignee}
    return {name: value if wanted[name] is None else refused_mark(connection, ticket) for name, value in sent.items()}


def after(change: IssueChange, base: Base, issue: Issue) -> dict[str, str]:
    """Return what the issue had when it followed a change; one that has moved on since differs from that."""
    found = dict(base)
    if change.status is not None:
        found["status"] = issue.status if change.status.fits(issue.status, issue.category) else ""
    if change.priority is not None:
        found["severity"] = change.priority
    if change.assignee is not None:
        found["owner"] = change.assignee
    return found


def _is_newer_there(ours_at: datetime | None, theirs_at: datetime | None) -> bool:
    return theirs_at is not None and (ours_at is None or theirs_at > ours_at)


def _means_the_same(
    name: str, connection: Connection, accounts: Accounts, ticket: Ticket, issue: Issue
) -> bool:  # fmt: skip
    if name == "status":
        return wish(connection, ticket.status).fits(issue.status, issue.category)
    if name == "severity":
        return connection.priorities.get(ticket.severity, "").casefold() == issue.priority.casefold()
    return accounts.account_of(ticket.owner) == (issue.assignee.id if issue.assignee else "")


def _change(
    connection: Connection, accounts: Accounts, ticket: Ticket, issue: Issue, send: Mapping[str, str]
) -> IssueChange:  # fmt: skip
    """Return the change; an owner who has no account there leaves the issue as it is."""
    account = accounts.account_of(ticket.owner)
    knows_owner = bool(account) or (not ticket.owner and issue.assignee is not None)
    return IssueChange(
        status=wish(connection, ticket.status) if "status" in send else None,
        priority=connection.priorities.get(ticket.severity) if "severity" in send else None,
        assignee=account if "owner" in send and knows_owner else None,
    )


def _taken(connection: Connection, accounts: Accounts, issue: Issue, take: set[str]) -> Taken:
    return Taken(
        status=status_of(connection, issue) if "status" in take else None,
        severity=severity_of(connection, issue.priority) if "severity" in take else None,
        owner=accounts.person_of(issue.assignee.id) if "owner" in take and issue.assignee else None,
    )
