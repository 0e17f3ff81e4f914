"""The pushpin: it puts a message into the timeline of a war room, or into what a meeting noted."""

from bot.context import AppContext
from bot.services.warroom import meeting_notes, timeline
from bot.services.warroom.meeting_notes import SaidMessage
from bot.views.incoming import read_message
from handlers.request import Answer, Request

PUSHPIN = "pushpin"


def note(app: AppContext, call: Request, channel: str, ts: str) -> Answer:
    """Note a message where it stands in a war room, or below an agenda or minutes."""
    in_war_room, in_meeting = timeline.is_war_room(app, channel), meeting_notes.has_meetings(app, channel)
    message = call.look(channel, ts) if in_war_room or in_meeting else None
    said = read_message(message) if message else None
    if message and said and said.text:
        thread = str(message.get("thread_ts") or ts)
        author = str(message.get("user") or app.bot_user)
        if not in_war_room or not timeline.note(app, call.person, channel, ts, thread, author, said.text, call.request):
            noted = SaidMessage(channel=channel, ts=ts, thread_ts=thread, author=author, text=said.text)
            meeting_notes.note(app, call.person, noted, call.request)
    return None


def take_back(app: AppContext, call: Request, channel: str, ts: str) -> None:
    """Take a message out again, for the person who noted it."""
    timeline.take_out(app, call.person, channel, ts, call.request)
    meeting_notes.take_back(app, call.person, channel, ts, call.request)


def follow_edit(app: AppContext, channel: str, ts: str, text: str) -> None:
    """Follow a message that was edited, or deleted: then its text is empty."""
    timeline.follow_edit(app, channel, ts, text)
    meeting_notes.follow_edit(app, channel, ts, text)
