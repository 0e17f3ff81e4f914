"""The button that takes the lessons of an earlier phase over."""

from bot.context import AppContext
from bot.services.learning import lessons
from bot.views import form
from bot.views.learning import lessons as views
from handlers.request import Answer, Request, UpdateModal, reply


def take(app: AppContext, call: Request) -> Answer:
    key, source = views.read_offer(call.value)
    said = lessons.take(app, call.person, key, source, call.request)
    return UpdateModal(form.notice("Lessons", said)) if call.view else reply(said)


ACTIONS = {views.TAKE: take}
