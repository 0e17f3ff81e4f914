"""What the team and the reporter read about the issue of a ticket, and the text of a new issue."""

from collections.abc import Iterable, Sequence

from bot.views.people.names import name_of
from bot.views.text import actions, button, escape, message, named, quote, section
from bot.views.tickets.posts import Message, quoted
from domain.actions.action_item import ActionItem
from domain.connectors.issue import IssueFile
from domain.tickets.ticket import Severity, Ticket

REASONS = {
    "unreachable": "It can't be reached.",
    "no_answer": "It doesn't answer.",
    "unreadable_answer": "Its answers can't be read. Perhaps something else answers at its address.",
    "http_401": "It doesn't accept the token. Put a new one into the settings, and restart Hypercare.",
    "http_429": "It accepts no more requests for now.",
}


def issue_link(key: str, link: str) -> str:
    """Return a link to an issue, as its key."""
    return f"<{link}|{escape(key)}>" if link.startswith(("https://", "http://")) else escape(key)


def linked(ticket: Ticket, system: str, key: str, link: str) -> Message:
    return message(f"{system} issue {issue_link(key, link)} belongs to *{ticket.name}* now. Changes go both ways.")


def made(ticket: Ticket, system: str, key: str, link: str) -> Message:
    return message(f"{system} issue {issue_link(key, link)} was made for *{ticket.name}*. Changes go both ways.")


def not_made(ticket: Ticket, system: str, label: str, detail: str) -> Message:
    return _with_try_again(ticket, system, (
        f"{label} made no issue for *{ticket.name}*: {quote(detail) or 'it gave no reason.'} "
        f"Fix that in the settings of the phase or in {label}, then press *Try again*."
    ))  # fmt: skip


def not_linked(ticket: Ticket, system: str, key: str) -> Message:
    return message(
        f"There is no issue {escape(key)} in {system}, or Hypercare's account can't see it. *{ticket.name}* has no "
        f"issue. Check the key, then use `/hypercare issue {ticket.name} KEY` again."
    )


def taken(ticket: Ticket, key: str, other: Ticket | None) -> Message:
    place = f"*{other.name}*" if other else "another ticket"
    return message(f"{escape(key)} belongs to {place} already, so it wasn't linked with *{ticket.name}*.")


def refused(ticket: Ticket, system: str, label: str, key: str, detail: str) -> Message:
    return _with_try_again(ticket, system, (
        f"{label} refused a change of {escape(key)}: {quote(detail) or 'it gave no reason.'} "
        f"Make the change there yourself, or fix that in {label} or in the settings of the phase. "
        "Then press *Try again*."
    ))  # fmt: skip


def _with_try_again(ticket: Ticket, system: str, words: str) -> Message:
    return message(words, [section(words), actions(button("Try again", "issue_again", f"{ticket.id}:{system}"))])


def part_refused(label: str, key: str, detail: str) -> Message:
    return message(
        f"{label} refused a comment, a file or a sub-task of {escape(key)}: {quote(detail) or 'it gave no reason.'} "
        "It isn't tried again, so add it there yourself."
    )


def gone(system: str, key: str) -> Message:
    return message(
        f"{escape(key)} was deleted in {system}, or Hypercare's account can't see it any more. "
        f"Nothing is sent there now. Link another issue with `/hypercare issue`."
    )


def changed(system: str, key: str, link: str, lines: Sequence[str]) -> Message:
    return message(f"{system} {issue_link(key, link)}: {' '.join(lines)}")


def status_line(status: str) -> str:
    return f"The status is {quote(status)} now."


def severity_line(severity: Severity) -> str:
    return f"The severity is {severity.value} now."


def owner_line(name: str) -> str:
    return f"It is assigned to {quote(name)} now."


def not_taken_line(status: str, why: str) -> str:
    return f"The status is {quote(status)} there. The ticket wasn't changed: {quote(why)}"


def resolved_there(system: str, key: str, status: str) -> str:
    return f"{system} issue {key} is {status}."


def note_for_team(system: str, key: str, author: str, text: str) -> list[Message]:
    """Show the team an internal comment."""
    return quoted(f"{quote(author, 75)} commented on {escape(key)} in {system}", text)


def reply_for_team(system: str, key: str, author: str, text: str) -> list[Message]:
    """Show the team a public comment, which the reporter got too."""
    return quoted(f"{quote(author, 75)} answered the reporter on {escape(key)} in {system}", text)


def reply(ticket: Ticket, author: str, text: str) -> list[Message]:
    """Show the reporter a public comment."""
    return [{**one, "broadcast": True} for one in quoted(f"{quote(author, 75)} wrote about *{ticket.name}*", text)]


def files_for_team(system: str, key: str, files: Sequence[IssueFile]) -> Message:
    links = " · ".join(f"<{one.link}|{quote(one.name, 60).replace('|', '/')}>" for one in files)
    return message(f"New in {system} issue {escape(key)}: {links}")


def failing(system: str, reason: str, waiting_since: str) -> Message:
    cause = REASONS.get(reason, f"Its answer is `{escape(reason)}`.")
    return message(f"{system} has accepted no changes since {waiting_since}. {cause} "
                   "Changes made meanwhile are kept, and sent when it answers again.")  # fmt: skip


def works_again(system: str) -> Message:
    return message(f"{system} accepts changes again. We're sending those that waited.")


def description(ticket: Ticket, place: str) -> str:
    """Return the text of a new issue, as mrkdwn; without a person for a private or an anonymous ticket."""
    report = ticket.report
    shown = (("What happened", report.happened), ("Steps to reproduce", report.steps), ("Expected", report.expected),
             ("What happened instead", report.actual), ("Business impact", report.impact),
             ("Environment", report.environment))  # fmt: skip
    facts = [report.type.label, report.module, report.process]
    by = "" if ticket.private or ticket.anonymous else f"Reported by {name_of(ticket.reporter)}. "
    head = f"{by}{' · '.join(filter(None, facts))}"
    where = [f"<{place}|{ticket.name}> in Hypercare"] if place else [f"{ticket.name} in Hypercare"]
    parts: Iterable[str] = (f"*{label}*\n{named(text)}" for label, text in shown if text)
    return "\n\n".join([head, *parts, *where])


def comment(person: str, words: str) -> str:
    """Return a comment for an issue; `person` is "" where no name may leave."""
    return f"*{name_of(person)}:*\n{named(words)}" if person else f"*Hypercare:*\n{named(words)}"


def subtask_text(ticket: Ticket, item: ActionItem) -> str:
    """Return the text of a new sub-task, as mrkdwn; no person is named in it."""
    action = f"Action {item.name} of {ticket.name}, due {item.due.isoformat()}."
    return f"{action} Completing it here completes it in Hypercare too."


def subtask_made(system: str, item: ActionItem, key: str, link: str) -> Message:
    made = f"{system} sub-task {issue_link(key, link)} was made for {item.name}."
    return message(f"{made} Completing it on one side completes it on both.")


def subtask_not_taken(system: str, item: ActionItem, key: str, link: str, why: str) -> Message:
    """Say why an action does not follow its sub-task, which therefore follows the action."""
    return message(f"{issue_link(key, link)} was changed in {system}, but {item.name} wasn't: {quote(why)} "
                   f"The sub-task is set back.")  # fmt: skip


def subtask_gone(system: str, key: str, action: str) -> Message:
    return message(f"{escape(key)}, the sub-task of {action}, was deleted in {system}. The action stays as it is.")
