"""`/hypercare form`: a link and a QR code by which people without a Slack account report."""

from bot.context import AppContext
from bot.services.mail import web_form
from handlers.request import Answer, Handler, Request, reply


def command(app: AppContext, call: Request) -> Answer:
    """`form`, `form PAY`, `form PAY 30`: the link ends after so many days."""
    return reply(web_form.create_link(app, call.person, call.channel, call.text.split(), call.request))


COMMANDS: dict[str, Handler] = {"form": command}
