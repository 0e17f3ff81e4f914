"""The week's note to reporters, for leads; and words of thanks."""

from bot.context import Desk
from bot.services.followup import notes
from bot.views.followup import notes as views
from handlers.request import Answer, Call, Open, say


def note(desk: Desk, call: Call) -> Answer:
    """A lead wants one before its day."""
    notes.by_hand(desk, call.person, call.channel, call.text.split(), call.request)
    return say("The draft comes in your direct messages; nobody reads it before you post it.")


def edit(desk: Desk, call: Call) -> Answer:
    phase, draft, words = notes.opened(desk, call.number, call.person)
    return Open(views.edit(phase, draft.id, words))


def post(desk: Desk, call: Call) -> Answer:
    note_id, words, thanks = views.read(call.view)
    notes.post(desk, note_id, call.person, words, thanks, call.request)
    return None


def skip(desk: Desk, call: Call) -> Answer:
    notes.skip(desk, call.number, call.person, call.request)
    return None


def thanks(desk: Desk, call: Call) -> Answer:
    phase = notes.thank(desk, call.person, call.channel, call.text.split(), call.request)
    return say(f"Noted; the next digest of {phase.name} passes it on.")


COMMANDS = {"note": note, "thanks": thanks}
ACTIONS = {views.EDIT: edit, views.SKIP: skip}
VIEWS = {views.EDIT: post}
