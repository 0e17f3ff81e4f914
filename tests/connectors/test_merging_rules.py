"""Whatever people do on both sides, in any order, both sides end with the same and no echo goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.connectors.issue import Category, Issue, IssuePerson
from domain.connectors.merging import (
    Accounts,
    Taken,
    after,
    decide,
    ours,
    refused,
    status_of,
    theirs,
)
from domain.connectors.settings import Connection, Direction
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity, Ticket

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CATEGORIES = {
    "To Do": Category.OPEN, "In Progress": Category.STARTED, "In Review": Category.STARTED, "Done": Category.DONE,
}  # fmt: skip
PEOPLE = {"U0LENA0": "lena", "U0JO000": "jo"}
KNOWN = Accounts(PEOPLE)
USUAL = Connection(system="jira", project="OPS", people=PEOPLE, statuses={Status.FIXING: ("In Review",)})
TICKET = Ticket(id=1, phase_id=1, key="PAY", number=1, reporter="U0MARIA", opened_at=AT, changed_at=AT,
                report=Report(summary="x", severity=Severity.LOW), intake=Intake.COMMAND)  # fmt: skip
ISSUE = Issue(id="1", key="OPS-1", link="", status="To Do", category=Category.OPEN, priority="Low", updated_at=AT)
here = st.one_of(
    st.tuples(st.just("status"), st.sampled_from([one for one in Status if one is not Status.MERGED])),
    st.tuples(st.just("severity"), st.sampled_from(Severity)),
    st.tuples(st.just("owner"), st.sampled_from(["U0LENA0", "U0JO000", None])),
)
there = st.one_of(
    st.tuples(st.just("status"), st.sampled_from([*CATEGORIES])),
    st.tuples(st.just("priority"), st.sampled_from(["Highest", "High", "Medium", "Low"])),
    st.tuples(st.just("assignee"), st.sampled_from(["lena", "jo"])),
)
steps = st.lists(st.tuples(st.booleans(), here, there), max_size=6)


Step = tuple[bool, tuple[str, object], tuple[str, str]]  # whether it is done here, and what would be done on each side


class Pair:
    """A ticket and its issue, and what both had when they last agreed."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.ticket, self.issue, self.at = connection, TICKET, ISSUE, AT
        self.ours, self.theirs = ours(TICKET), theirs(ISSUE)

    def tick(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def acts_here(self, name: str, value: object) -> None:
        report = replace(self.ticket.report, severity=value) if name == "severity" else self.ticket.report
        more = {} if name == "severity" else {name: value}
        self.ticket = replace(self.ticket, report=report, changed_at=self.tick(), **more)

    def acts_there(self, name: str, value: str) -> None:
        if name == "status":
            self.issue = replace(self.issue, status=value, category=CATEGORIES[value])
        elif name == "priority":
            self.issue = replace(self.issue, priority=value)
        else:
            self.issue = replace(self.issue, assignee=IssuePerson(value))
        self.issue = replace(self.issue, updated_at=self.tick())

    def compares(self) -> bool:
        """One comparison as the app does it; return whether anything followed."""
        change, taken = decide(self.connection, KNOWN, self.ticket, self.issue, self.ours, self.theirs)
        for name, value in (("status", taken.status), ("severity", taken.severity), ("owner", taken.owner)):
            if value is not None:
                self.acts_here(name, value or None)
        self.theirs = theirs(self.issue)
        if change.status:
            name = next(one for one, category in CATEGORIES.items() if change.status.fits(one, category))
            self.acts_there("status", name)
        if change.priority is not None:
            self.acts_there("priority", change.priority)
        if change.assignee:
            self.acts_there("assignee", change.assignee)
        elif change.assignee == "":
            self.issue = replace(self.issue, assignee=None, updated_at=self.tick())
        self.theirs, self.ours = after(change, self.theirs, self.issue), ours(self.ticket)
        return not change.is_empty or taken != Taken()


@given(steps, st.sampled_from([Direction.NEWEST, Direction.OURS, Direction.THEIRS]))
@settings(max_examples=120)
def test_both_sides_end_with_the_same_and_then_rest(done: list[Step], way: Direction) -> None:
    pair = Pair(USUAL.model_copy(update={"status": way, "severity": way, "owner": way}))
    for is_here, our_act, their_act in done:
        if is_here and way is not Direction.THEIRS:
            pair.acts_here(*our_act)
        elif not is_here and way is not Direction.OURS:
            pair.acts_there(*their_act)
        pair.compares()
    pair.compares()
    assert not pair.compares()
    assert USUAL.priorities[pair.ticket.severity] == pair.issue.priority
    assert PEOPLE.get(pair.ticket.owner or "", "") == (pair.issue.assignee.id if pair.issue.assignee else "")
    is_done = pair.ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.WITHDRAWN)
    assert is_done == (pair.issue.category is Category.DONE)


def test_the_later_change_counts_where_both_sides_were_changed() -> None:
    for first, wanted in ((True, "High"), (False, "Highest")):
        pair = Pair(USUAL)
        if first:
            pair.acts_here("severity", Severity.CRITICAL)
            pair.acts_there("priority", "High")
        else:
            pair.acts_there("priority", "High")
            pair.acts_here("severity", Severity.CRITICAL)
        pair.compares()
        assert (pair.issue.priority, USUAL.priorities[pair.ticket.severity]) == (wanted, wanted)


def test_a_refused_change_is_tried_again_when_the_ticket_or_the_settings_are_changed() -> None:
    pair = Pair(USUAL)
    pair.acts_here("severity", Severity.HIGH)
    change, _ = decide(USUAL, KNOWN, pair.ticket, pair.issue, pair.ours, pair.theirs)
    pair.ours = refused(USUAL, change, ours(pair.ticket), pair.ticket)
    assert decide(USUAL, KNOWN, pair.ticket, pair.issue, pair.ours, pair.theirs)[0].is_empty
    mended = USUAL.model_copy(update={"severities": {Severity.HIGH: "Major"}})
    assert decide(mended, KNOWN, pair.ticket, pair.issue, pair.ours, pair.theirs)[0].priority == "Major"
    pair.acts_here("severity", Severity.HIGH)
    assert decide(USUAL, KNOWN, pair.ticket, pair.issue, pair.ours, pair.theirs)[0].priority == "High"


def test_names_of_the_settings_come_before_categories() -> None:
    assert status_of(USUAL, replace(ISSUE, status="in review", category=Category.STARTED)) is Status.FIXING
    assert status_of(USUAL, replace(ISSUE, status="In Progress", category=Category.STARTED)) is Status.INVESTIGATING
