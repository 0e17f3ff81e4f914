"""The commands, buttons and forms for articles."""

from bot.context import AppContext
from bot.services.knowledge import articles
from bot.services.tickets import lists
from bot.views import form
from bot.views.knowledge import articles as views
from handlers.request import Answer, OpenModal, Reply, Request, UpdateModal, reply


def list_(app: AppContext, call: Request) -> Answer:
    return Reply(articles.page(app, call.person, call.channel, call.text.split()))


def draft(app: AppContext, call: Request) -> Answer:
    """`article PAY-42`: open the form with what was said in the ticket."""
    return OpenModal(articles.open_draft(app, call.person, lists.ticket_by_name(app, call.text, call.person)))


def write(app: AppContext, call: Request) -> Answer:
    return OpenModal(articles.open_empty(app, call.person, call.value))


def save_new(app: AppContext, call: Request) -> Answer:
    text = views.read_form(call.view)
    return reply(views.saved(articles.save_draft(app, call.person, views.target_of(call.view), text, call.request)))


def show(app: AppContext, call: Request) -> Answer:
    return OpenModal(articles.open_article(app, call.person, call.number or 0))


def publish(app: AppContext, call: Request) -> Answer:
    articles.publish(app, call.person, views.article_of(call.view), views.read_form(call.view), call.request)
    return None


def retire(app: AppContext, call: Request) -> Answer:
    gone = articles.retire(app, call.person, call.number or 0, call.request)
    return UpdateModal(form.notice("Retired", views.retired(gone)))


def helped(app: AppContext, call: Request) -> Answer:
    """Close the report form, or answer in the conversation."""
    said = views.thanks(articles.helped(app, call.person, call.number or 0, call.request))
    return UpdateModal(form.notice("Good to know", said)) if call.view else reply(said)


COMMANDS = {"articles": list_, "article": draft}
ACTIONS = {views.OPEN: show, views.NEW: write, views.RETIRE: retire, views.HELPED: helped}
VIEWS = {views.NEW: save_new, views.SAVE: publish}
