"""Pulses: answering one, letting one begin, setting one up, and reading what came of it."""

from bot.context import AppContext
from bot.services.pulse import answers, pulses, results, setup
from bot.views.pulse import pulse as views
from bot.views.pulse import setup as setup_views
from domain.errors import Refused
from handlers.request import Answer, Handler, OpenModal, Reply, Request, UpdateModal, reply

USAGE = "Try `/hypercare pulse results`, `pulse now`, `pulse preview`, `pulse new` or `pulse privacy`."


def command(app: AppContext, call: Request) -> Answer:
    """Without a word the results, for whoever may read them."""
    word, _, rest = call.text.strip().partition(" ")
    if word and word.lower() not in WORDS:
        raise Refused(f"I do not know `pulse {word}`. {USAGE}")
    return WORDS[word.lower() or "results"](app, _about(call, rest.strip().lower()))


def _about(call: Request, name: str) -> Request:
    return Request(person=call.person, request=call.request, channel=call.channel, text=name, payload=call.payload)


def read(app: AppContext, call: Request) -> Answer:
    return Reply(results.read(app, call.person, call.channel, call.text))


def now(app: AppContext, call: Request) -> Answer:
    phase, wave = pulses.now(app, call.person, call.channel, call.text, call.request)
    asked = f"everybody is asked at {wave.pulse.at} where they are"
    return reply(f"{wave.pulse.title} of {phase.name} begins: {asked}, and it closes in {wave.pulse.open_days} days.")


def preview(app: AppContext, call: Request) -> Answer:
    """As those who are asked will see it; nothing in it is kept."""
    return Reply(setup.preview(app, call.person, call.channel, call.text))


def privacy(_desk: AppContext, _call: Request) -> Answer:
    return reply(views.PRIVACY)


def new(app: AppContext, call: Request) -> Answer:
    phase, name = setup.to_change(app, call.person, call.channel, call.text)
    return OpenModal(setup_views.setup_form(phase, name))


def submit_setup(app: AppContext, call: Request) -> Answer:
    key, values = setup_views.read_setup(call.view)
    setup.save(app, call.person, key, values, call.request)
    return None


def tap(app: AppContext, call: Request) -> Answer:
    """A button of the first question."""
    wave_id, question, value = [*call.value.split(":", 2), "", ""][:3]
    if not (wave_id.isdecimal() and int(wave_id)):
        return reply("This is how it will look. Nothing is kept of a preview.")
    sheet = answers.tap(app, call.person, int(wave_id), question, value)
    return Reply(views.answered(sheet.wave, sheet.given), replace=True)


def open_form(app: AppContext, call: Request) -> Answer:
    sheet = answers.sheet(app, call.person, call.number or 0)
    return OpenModal(views.sheet(sheet.wave, sheet.given, sheet.words))


def another(app: AppContext, call: Request) -> Answer:
    """Something was chosen in the form: what follows a low answer appears, or goes."""
    sheet = answers.sheet(app, call.person, views.wave_of(call.view))
    given, words = views.read_so_far(call.view, sheet.wave.pulse)
    return UpdateModal(views.sheet(sheet.wave, given, {**sheet.words, **words}), quietly=True)


def submit(app: AppContext, call: Request) -> Answer:
    sheet = answers.sheet(app, call.person, views.wave_of(call.view))
    given, words = views.read_sheet(call.view, sheet.wave.pulse)
    sheet = answers.submit(app, call.person, sheet.wave.id, given, words)
    return OpenModal(views.help_offered(sheet.wave, sheet.given))


def ticket(app: AppContext, call: Request) -> Answer:
    return OpenModal(views.ticket_form(answers.sheet(app, call.person, call.number or 0).wave))


def submit_ticket(app: AppContext, call: Request) -> Answer:
    answers.report(app, call.person, views.wave_of(call.view), views.read_ticket(call.view), call.request)
    return None


def talk(app: AppContext, call: Request) -> Answer:
    return OpenModal(views.talk_form(answers.sheet(app, call.person, call.number or 0).wave))


def submit_talk(app: AppContext, call: Request) -> Answer:
    answers.talk(app, call.person, views.wave_of(call.view), views.read_ticket(call.view))
    return None


def count_it(app: AppContext, call: Request) -> Answer:
    answers.count_it(app, call.person, call.number or 0)
    return reply("Thank you. It counts, and nobody will ask.")


WORDS: dict[str, Handler] = {"results": read, "now": now, "preview": preview, "new": new,
                            "privacy": privacy}  # fmt: skip
COMMANDS: dict[str, Handler] = {"pulse": command}
ACTIONS: dict[str, Handler] = {
    "pulse_tap": tap, "pulse_open": open_form, "pulse_q": another, "pulse_ticket": ticket, "pulse_talk": talk,
    "pulse_count": count_it,
}  # fmt: skip
VIEWS: dict[str, Handler] = {
    views.FORM: submit, views.TICKET: submit_ticket, views.TALK: submit_talk, setup_views.CALLBACK: submit_setup,
}  # fmt: skip
