"""Whether trackers answer: people are told once when one fails for a while, and once when it works again."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.connectors.outgoing import ask_again
from bot.services.connectors.subtasks import ask_about_actions
from bot.services.delivery.outbox import notify_admins
from bot.views.connectors import issues as views
from bot.views.text import when
from storage.transaction import Transaction

Message = dict[str, Any]
Failing = Callable[[str, str, str], Message]  # of a label, a reason, and since when
PATIENCE = timedelta(minutes=10)  # a tracker may be away without a word
AT_ONCE = frozenset({"http_401"})  # what won't mend itself
SPAN = timedelta(minutes=5)  # between two questions which issues were changed
OVERLAP = timedelta(minutes=5)
BATCH = 100  # issues noted in one transaction, since people wait for it
LONGEST = timedelta(days=30)  # of issues that were changed while Hypercare was stopped, or had not asked yet


def note_failure(
    app: AppContext, tx: Transaction, system: str, label: str, reason: str, words: Failing = views.failing
) -> None:  # fmt: skip
    """Note that a tracker failed; tell the admins once when that lasts."""
    state, now = tx.issue_links.get_state(system), app.now()
    since = state.failing_since or now
    if state.failing_since is None:
        tx.issue_links.update_state(system, failing_since=now)
    if state.told_at is None and (reason in AT_ONCE or now - since >= PATIENCE):
        tx.issue_links.update_state(system, told_at=now)
        notify_admins(app, tx, f"tracker {system} {since.timestamp():.0f}", words(label, reason, when(since)))


def note_success(
    app: AppContext, tx: Transaction, system: str, label: str, words: Callable[[str], Message] = views.works_again
) -> None:  # fmt: skip
    """Note that a tracker answered; tell the admins when they were told that it failed."""
    state = tx.issue_links.get_state(system)
    if state.failing_since is None:
        return
    tx.issue_links.update_state(system, failing_since=None, told_at=None)
    if state.told_at:
        about = f"tracker {system} {state.failing_since.timestamp():.0f}"
        notify_admins(app, tx, about, words(label))


def span_to_ask(app: AppContext, tx: Transaction, system: str, *, at_start: bool) -> timedelta | None:
    """Return how far back to ask which issues were changed; None while that isn't due, as it is at a start."""
    asked_at, now = tx.issue_links.get_state(system).asked_at, app.now()
    if asked_at is None:  # an issue may be older than the first question, if only because there was a stop in between
        return LONGEST if tx.issue_links.has_any(system) else OVERLAP
    return None if now - asked_at < SPAN and not at_start else min(now - asked_at + OVERLAP, LONGEST)


def note_changed(app: AppContext, tx: Transaction, system: str, issue_ids: Sequence[str]) -> None:
    """Have the issues read that were changed, as far as they belong to tickets; at most BATCH of them."""
    for link in tx.issue_links.list_by_issues(system, issue_ids):
        ask_again(app, tx, link)
    for parent in tx.subtasks.list_links(system, issue_ids):
        ask_about_actions(app, tx, parent)


def note_asked(tx: Transaction, system: str, at: datetime) -> None:
    """Note that all issues that were changed before `at` were noted."""
    tx.issue_links.get_state(system)
    tx.issue_links.update_state(system, asked_at=at)


def other_projects(tx: Transaction, system: str) -> list[str]:
    """Return the projects that the keys of issues name, to which some were perhaps moved."""
    return sorted(tx.issue_links.list_projects(system))


def projects_of(tx: Transaction, system: str) -> list[str]:
    """Return the projects of a tracker that active phases are connected to."""
    found = (one.project for phase in tx.phases.list_phases() if phase.is_active for one in phase.connections
             if one.system == system)  # fmt: skip
    return sorted(set(found))
