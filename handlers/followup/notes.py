"""Handlers for the weekly note and for thanks."""

from bot.context import AppContext
from bot.services.followup import notes
from bot.views.followup import notes as views
from domain.reporting.settings import DigestFrequency
from handlers.request import Answer, OpenModal, Request, reply


def note(app: AppContext, call: Request) -> Answer:
    """Send the lead a draft now."""
    notes.draft_now(app, call.person, call.channel, call.text.split(), call.request)
    return reply("I'll send you the draft in a direct message. It's posted only when you press *Post*.")


def edit(app: AppContext, call: Request) -> Answer:
    phase, draft, words = notes.open_draft(app, call.number, call.person)
    return OpenModal(views.edit_form(phase, draft.id, words))


def post(app: AppContext, call: Request) -> Answer:
    note_id, words, thanks = views.read_edit_form(call.view)
    notes.post(app, note_id, call.person, words, thanks, call.request)
    return None


def skip(app: AppContext, call: Request) -> Answer:
    notes.skip(app, call.number, call.person, call.request)
    return None


def thanks(app: AppContext, call: Request) -> Answer:
    phase = notes.thank(app, call.person, call.channel, call.said.split(), call.request)
    digests = phase.reporting.digests
    if not digests or any(one.every is not DigestFrequency.NEVER for one in digests):
        return reply(f"Thank you. Your words will be in the next digest of {phase.name}.")
    return reply(f"Thank you. Your words are kept, but {phase.name} posts no digest that shows them. "
                 "A lead can turn digests on with `/hypercare phase`.")  # fmt: skip


COMMANDS = {"note": note, "thanks": thanks}
ACTIONS = {views.EDIT: edit, views.SKIP: skip}
VIEWS = {views.EDIT: post}
