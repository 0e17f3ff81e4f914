"""What people do in the small systems beside the workspace, through the pages of these: a tracker and a mailbox."""

import re

from sandbox.story.client import StoryError
from sandbox.story.script import Scene
from sandbox.story.stage import Stage, StoryTicket

JIRA, MAIL = "jira", "mail"
ISSUE = re.compile(r"\|([A-Z]+-\d+)> was made for \*(\S+)\*")


async def comments_there(stage: Stage, scene: Scene) -> None:
    """A developer comments on the issue of a ticket, and the team reads it below its card."""
    ticket, (text,) = stage.ticket(scene), scene.words
    name = stage.name_of(ticket)
    key = await stage.watch.until(lambda: _issue_of(stage, name), "make an issue")
    await stage.client.fill_in(f"{stage.beside[JIRA]}/play/{key}/comment", value=text)
    await stage.watch.until(lambda: text in stage.below(ticket.card) or None, "pass on a comment of Jira")


def _issue_of(stage: Stage, name: str) -> str | None:
    said = (ISSUE.search(str(one.get("text"))) for one in stage.watch.messages.values())
    return next((found[1] for found in said if found and found[2] == name), None)


async def mails(stage: Stage, scene: Scene) -> None:
    """A person without an account writes a mail, and the team has its card."""
    sender, subject, text = scene.words
    before = stage.cards()
    await stage.client.fill_in(f"{stage.beside[MAIL]}/mails", sender=sender, subject=subject, text=text)
    place, number = await stage.watch.until(lambda: stage.new_card(before), "post a card")
    if scene.ticket in stage.tickets:
        raise StoryError("there is a ticket of that name")
    stage.tickets[scene.ticket] = StoryTicket(number, place, place, place)


BESIDE = {"comments there": comments_there, "mails": mails}
