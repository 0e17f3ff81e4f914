"""Calls to trackers: make an issue, add comments and files, and bring its fields and those of the ticket together."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.connectors import incoming, subtasks, trackers
from bot.services.connectors.outgoing import may_leave
from bot.workers.account_finder import SLACK_PAUSE, AccountFinder, NotNowError
from bot.workers.file_copier import CannotCopy
from bot.workers.poller import Poller
from connectors.tracker import Tracker, TrackerError
from domain.connectors.issue import TRACKER_FILE, Category, Issue, IssueFile, NewIssue
from domain.connectors.merging import Accounts
from domain.delivery.file_copy import MAX_COPY_BYTES, FileProblem
from domain.delivery.message import Failure, FailureKind, OutboxMessage
from storage.connectors.issue_links import COMMENT, FILE, IssueLink
from storage.connectors.subtasks import Subtask
from storage.delivery.queue import PART
from storage.transaction import Transaction

log = structlog.get_logger()
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
MAX_CALLS = 6  # to one tracker at the same time, so that a slow one does not keep Slack waiting
BUSY_PAUSE, LOST_PAUSE = 1, 45  # seconds; an issue is found by its label only after a while
TIMES_READ = 3  # an issue that is compared by another process in the meantime
BEFORE_TRY = timedelta(days=1)  # an issue whose answer was lost is looked for among those made since then


class IssueSender:
    """`content` returns the bytes of a file in Slack by its id; None when they can't be had.

    `accounts` finds out who has which account there.
    """

    def __init__(
        self, app: AppContext, known: Mapping[str, Tracker], serve: Serve,
        content: Callable[[str], Awaitable[bytes | None]], accounts: AccountFinder,
    ) -> None:  # fmt: skip
        self._accounts = accounts
        self._app, self._known, self._serve, self._content = app, known, serve, content
        self._calls: Counter[str] = Counter()
        self._failing: set[str] = {*known}  # perhaps, before the start
        self._does = {"create": self._create, "link": self._link, "comment": self._comment, "file": self._file,
                      "fields": self._fields, "actions": self._actions}  # fmt: skip

    async def send(self, queued: OutboxMessage) -> Failure | None:
        """Carry out one call; return why it has to be tried again, or None."""
        system = queued.lane.channel
        tracker = self._known.get(system)
        if tracker is None:
            return Failure("not_in_the_settings")
        if self._calls[system] >= MAX_CALLS:
            return Failure("busy", FailureKind.TEMPORARY, BUSY_PAUSE)
        self._calls[system] += 1
        try:
            await self._carry_out(system, tracker, queued)
        except TrackerError as error:
            return await self._failed(system, tracker, queued, error)
        except NotNowError:
            return Failure("person_not_looked_up", FailureKind.TEMPORARY, SLACK_PAUSE)
        finally:
            self._calls[system] -= 1
        await self.note_success(system)
        return None

    async def note_success(self, system: str) -> None:
        """Note that a tracker answered, where it may have failed before."""
        if system in self._failing:
            await self._serve(partial(trackers.note_success, self._app, system=system, label=self._known[system].label))
            self._failing.discard(system)

    async def note_failure(self, system: str, error: TrackerError) -> None:
        """Note that a tracker did not answer."""
        self._failing.add(system)
        label, reason = self._known[system].label, error.failure.reason
        log.warning("tracker_failed", system=system, reason=reason)
        await self._serve(partial(trackers.note_failure, self._app, system=system, label=label, reason=reason))

    async def _failed(
        self, system: str, tracker: Tracker, queued: OutboxMessage, error: TrackerError
    ) -> Failure | None:
        """Tell the team of a refusal, which no further try can change; else note that the tracker does not answer."""
        if not error.is_refusal:
            await self.note_failure(system, error)
            return error.failure
        log.warning("tracker_refused", system=system, reason=error.failure.reason)
        do, detail = queued.payload["do"], error.detail or error.failure.reason
        says: dict[str, Callable[..., None]] = {
            "create": incoming.not_made, "fields": incoming.refused, "link": incoming.not_found
        }  # fmt: skip
        say, detail = says.get(do, incoming.part_refused), queued.payload["key"] if do == "link" else detail
        await self._say(say, system, tracker, queued, detail)
        return None

    async def _carry_out(self, system: str, tracker: Tracker, queued: OutboxMessage) -> None:
        link = await self._serve(lambda tx: tx.issue_links.find(system, queued.payload["ticket"]))
        if link is not None and not link.gone:
            await self._does[queued.payload["do"]](tracker, link, queued)

    async def _create(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        """Make an issue, unless an earlier try did and its answer was lost."""
        given = queued.payload
        if link.issue_id is not None:
            return
        names = ("project", "issue_type", "summary", "text", "label", "priority", "fields")
        new = NewIssue(**{name: given[name] for name in names})
        note = partial(_note_try, link.id, self._app.now())
        id_ = await self._make(tracker, new, note, link.tried_at)
        issue = await tracker.read(id_)
        if issue is None:
            raise TrackerError(Failure("not_there_yet", FailureKind.TEMPORARY, LOST_PAUSE))
        await self._found(tracker, link, issue, is_new=True, is_quiet=bool(given.get("is_quiet")))

    async def _make(
        self, tracker: Tracker, new: NewIssue, note: Callable[[Transaction], Any], tried_at: datetime | None
    ) -> str:  # fmt: skip
        """Make an issue and return its id, unless an earlier try made it; `note` says that there was a try."""
        id_ = await tracker.find(new.label, self._app.now() - tried_at + BEFORE_TRY) if tried_at else None
        if id_ is not None:
            return id_
        await self._serve(note)
        try:
            return await tracker.create(new)
        except TrackerError as error:
            if error.failure.maybe_sent:
                lost = Failure(error.failure.reason, error.failure.kind, LOST_PAUSE, maybe_sent=True)
                raise TrackerError(lost) from None
            raise

    async def _actions(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        """Bring the actions of a ticket and the sub-tasks of its issue together."""
        if not tracker.has_subtasks or await self._read(tracker, link, queued) is None:
            return
        for one in await self._serve(partial(subtasks.list_wanted, self._app, link=link)):
            await self._subtask(tracker, link, one.known, one.new)

    async def _subtask(self, tracker: Tracker, link: IssueLink, known: Subtask, new: NewIssue) -> None:
        """Make a sub-task where there is none yet, and let one side follow the other."""
        id_ = known.issue_id
        if id_ is None:
            note = partial(_change_subtask, known.id, {"tried_at": self._app.now()})
            try:
                id_ = await self._make(tracker, new, note, known.tried_at)
            except TrackerError as error:
                if error.is_refusal:  # it is not tried again
                    await self._serve(partial(_change_subtask, known.id, {"gone": True}))
                raise
            await self._serve(partial(_change_subtask, known.id, {"issue_id": id_}))
        issue = await tracker.read(id_)
        if issue is None:
            await self._serve(partial(subtasks.note_gone, self._app, link=link, label=tracker.label, known=known))
            return
        taken = partial(subtasks.take_in, self._app, link=link, label=tracker.label, subtask_id=known.id, issue=issue)
        change = await self._serve(taken)
        if change is not None:
            await tracker.transition(issue, change)
            now = await tracker.read(id_)
            is_done = now is not None and now.category is Category.DONE
            await self._serve(partial(_change_subtask, known.id, {"is_done": is_done}))

    async def _link(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        issue = await tracker.read(queued.payload["key"])
        if issue is None:
            await self._say(incoming.not_found, link.system, tracker, queued, queued.payload["key"])
        else:
            await self._found(tracker, link, issue, is_new=False)

    async def _found(
        self, tracker: Tracker, link: IssueLink, issue: Issue, *, is_new: bool, is_quiet: bool = False
    ) -> None:  # fmt: skip
        app, about = self._app, (link.system, tracker.label, link.ticket_id)
        await self._serve(lambda tx: incoming.issue_found(app, tx, *about, issue, is_new=is_new, is_quiet=is_quiet))

    async def _comment(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        """Add a comment, unless an earlier try did and its answer was lost."""
        if PART in queued.payload:
            return
        issue = await self._read(tracker, link, queued)
        if issue is None:
            return
        text, id_ = str(queued.payload["text"]), None
        if queued.uncertain or queued.attempts > 1:
            known = await self._serve(lambda tx: tx.issue_links.list_parts(link.id, COMMENT))
            mine = (one for one in issue.comments if one.author.is_us and one.id not in known)
            wanted = _words(tracker.as_read(issue, text))
            id_ = next((one.id for one in mine if _words(one.text) == wanted), None)
        if id_ is None:
            id_ = await tracker.comment(issue, text, public=bool(queued.payload["public"]))
        await self._serve(partial(_keep_part, link.id, COMMENT, id_, queued))

    async def _file(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        """Add a file, unless an earlier try did; one that can't be read is left out."""
        if PART in queued.payload:
            return
        issue = await self._read(tracker, link, queued)
        if issue is None:
            return
        name, mine = str(queued.payload["name"]), list[IssueFile]()
        if queued.uncertain or queued.attempts > 1:
            known = await self._serve(lambda tx: tx.issue_links.list_parts(link.id, FILE))
            mine = [one for one in issue.files if one.author.is_us and one.id not in known]
        id_ = next((one.id for one in mine if one.name == name), None)
        if id_ is None:
            content = await self._content(str(queued.payload["file"]))
            if content is None:
                log.warning("file_not_sent_to_tracker", system=link.system)
                return
            # A tracker may give a file another name, for the signs that it allows in none.
            id_ = next((one.id for one in mine if one.size == len(content)), None)
            id_ = id_ or await tracker.attach(issue, name, content)
        await self._serve(partial(_keep_part, link.id, FILE, id_, queued))

    async def _fields(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> None:
        """Bring the fields of both sides together, and take over comments and files that are new."""
        for _time in range(TIMES_READ):
            issue = await self._read(tracker, link, queued)
            if issue is None:
                return
            accounts = await self._find_accounts(tracker, link, issue)
            answer = await self._serve(partial(
                incoming.take_in, self._app, label=tracker.label, link=link, issue=issue, accounts=accounts
            ))  # fmt: skip
            if answer is not None:
                break
            link = await self._serve(partial(_find, link))
        else:
            raise TrackerError(Failure("busy", FailureKind.TEMPORARY, BUSY_PAUSE))
        if answer.change.is_empty:
            return
        try:
            await tracker.update(issue, answer.change)
            await tracker.transition(issue, answer.change)
        except TrackerError as error:
            if error.is_refusal:  # it is not tried again until the ticket is changed again
                await self._agree(link, answer, None)
            raise
        await self._agree(link, answer, await tracker.read(issue.id))

    async def _find_accounts(self, tracker: Tracker, link: IssueLink, issue: Issue) -> Accounts:
        ticket, connection = await self._serve(partial(incoming.find_pair, link=link))
        if connection is None:
            return Accounts({}, ticket.owner)
        leaves = may_leave(connection, ticket)
        return await self._accounts.find(link.system, tracker, connection, issue, ticket.owner, leaves=leaves)

    async def _agree(self, link: IssueLink, answer: incoming.Answer, issue: Issue | None) -> None:
        await self._serve(lambda tx: incoming.agreed(self._app, tx, link, answer, issue))

    async def _read(self, tracker: Tracker, link: IssueLink, queued: OutboxMessage) -> Issue | None:
        """Return the issue of a link; None when it has none yet, or none any more, which the team is told."""
        if link.issue_id is None:
            return None
        issue = await tracker.read(link.issue_id)
        if issue is None:
            label, ticket = tracker.label, queued.payload["ticket"]
            await self._serve(lambda tx: incoming.gone(self._app, tx, link.system, label, ticket))
        return issue

    async def _say(
        self, say: Callable[..., None], system: str, tracker: Tracker, queued: OutboxMessage, detail: str
    ) -> None:  # fmt: skip
        ticket = queued.payload["ticket"]
        await self._serve(lambda tx: say(self._app, tx, system, tracker.label, ticket, detail))


class IssueReader(Poller):
    """Asks trackers every few minutes which issues were changed, since a webhook may be missed."""

    every = 20.0
    waits = "changes of issues"

    def __init__(self, app: AppContext, known: Mapping[str, Tracker], sender: IssueSender, serve: Serve) -> None:
        super().__init__()
        self._app, self._known, self._sender, self._serve = app, known, sender, serve
        self._asked: set[str] = set()  # since the start

    async def _look(self) -> None:
        for system, tracker in self._known.items():
            at, at_start = self._app.now(), system not in self._asked
            span = await self._serve(partial(trackers.span_to_ask, self._app, system=system, at_start=at_start))
            projects = await self._serve(partial(trackers.projects_of, system=system)) if span else []
            if span is None or not projects:  # it counts as asked only once there is a project to ask about
                continue
            others = await self._serve(partial(trackers.other_projects, system=system)) if tracker.keys_name_projects \
                else []  # fmt: skip
            try:
                found = [id_ for project in projects for id_ in await tracker.changed(project, span)]
                found += [id_ for project in others if project not in projects
                          for id_ in await _changed_if_seen(tracker, project, span)]  # fmt: skip
            except TrackerError as error:
                await self._sender.note_failure(system, error)
                continue
            self._asked.add(system)
            # After a weekend there may be thousands, and a stop in between notes the rest of them at the next start.
            for start in range(0, max(len(found), 1), trackers.BATCH):
                some = found[start : start + trackers.BATCH]
                await self._serve(partial(trackers.note_changed, self._app, system=system, issue_ids=some))
            await self._serve(partial(trackers.note_asked, system=system, at=at))
            await self._sender.note_success(system)


async def _changed_if_seen(tracker: Tracker, project: str, span: timedelta) -> list[str]:
    """Return what `changed` does; nothing of a project that the account can't see, to which an issue was moved."""
    try:
        return await tracker.changed(project, span)
    except TrackerError as error:
        if error.is_refusal:
            return []
        raise


async def tracker_file(known: Mapping[str, Tracker], file_id: str) -> bytes | None:
    """Return the bytes of a file of an issue; None when they can't be had, and CannotCopy when not now."""
    system, _, id_ = file_id.removeprefix(TRACKER_FILE).partition(":")
    if system not in known:
        return None
    try:
        return await known[system].content(id_, MAX_COPY_BYTES)
    except TrackerError as error:
        log.warning("tracker_failed", system=system, reason=error.failure.reason)
        raise CannotCopy(Failure(FileProblem.NO_TRANSFER, kind=FailureKind.TEMPORARY)) from None


def _find(link: IssueLink, tx: Transaction) -> IssueLink | None:
    return tx.issue_links.find(link.system, link.ticket_id)


def _note_try(link_id: int, at: datetime, tx: Transaction) -> None:
    tx.issue_links.update(link_id, tried_at=at)


def _keep_part(link_id: int, kind: str, part: str, queued: OutboxMessage, tx: Transaction) -> None:
    """Record a comment or a file that both sides have now, and which message it is."""
    tx.issue_links.insert_part(link_id, kind, part)
    tx.queue.remember_part(queued, part)


def _change_subtask(subtask_id: int, values: Mapping[str, Any], tx: Transaction) -> None:
    tx.subtasks.update_subtask(subtask_id, **values)


def _words(text: str) -> str:
    """Return a text as it is compared with what a tracker made of it, which may look and be spaced otherwise."""
    return " ".join(re.findall(r"\w+", text.replace("_", " "))).casefold() or " ".join(text.split())
