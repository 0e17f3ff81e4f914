"""What people read when a file can't be copied to the other side of a ticket."""

from collections.abc import Mapping
from typing import Any

from bot.views.text import message, quote
from domain.delivery.file_copy import FileProblem

WHY: Mapping[FileProblem, str] = {
    FileProblem.TOO_LARGE: "it's larger than 20 MB",
    FileProblem.NOT_VISIBLE: "Hypercare isn't in the conversation where it was shared, or it was deleted",
    FileProblem.NOT_PERMITTED: "Hypercare isn't allowed to copy files in this workspace. An admin can add the scopes "
    "`files:read` and `files:write`",
    FileProblem.NOT_ALLOWED: "this workspace doesn't allow the file",
    FileProblem.NO_TRANSFER: "Slack didn't transfer it",
    FileProblem.NO_THREAD: "there is no thread to post it in",
}
SENDER_CAN: Mapping[FileProblem, str] = {
    FileProblem.TOO_LARGE: "Send a smaller one, or a link to it.",
    FileProblem.NOT_VISIBLE: "Send it in this thread.",
}
OTHERWISE = "Write what it shows in this thread, or send a link that the team can open."


def not_copied(name: str, problem: FileProblem) -> dict[str, Any]:
    """Tell the team, who should have got the file."""
    return message(f"{_file(name)} couldn't be copied here: {WHY[problem]}. Ask the reporter for it in another way.")


def not_passed_on(name: str, problem: FileProblem) -> dict[str, Any]:
    """Tell the side that sent the file."""
    can = SENDER_CAN.get(problem, OTHERWISE)
    return message(f"{_file(name)} couldn't be passed on: {WHY[problem]}. {can}")


def _file(name: str) -> str:
    return f"The file “{quote(name, 60)}”"
