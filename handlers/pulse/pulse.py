"""Pulse commands, buttons and forms: answer, start, set up and read results."""

from bot.context import AppContext
from bot.services.pulse import answers, pulses, results, setup
from bot.views.pulse import pulse as views
from bot.views.pulse import setup as setup_views
from bot.views.text import when
from domain.errors import Refused
from handlers.request import Answer, Handler, OpenModal, Reply, Request, UpdateModal, reply

USAGE = "Try `/hypercare pulse results`, `pulse now`, `pulse preview`, `pulse new`, `pulse edit` or `pulse privacy`."


def command(app: AppContext, call: Request) -> Answer:
    """`pulse WORD [name]`; without a word the results."""
    word, _, rest = call.text.strip().partition(" ")
    if word and word.lower() not in WORDS:
        raise Refused(f"There is no command `pulse {word}`. {USAGE}")
    return WORDS[word.lower() or "results"](app, _about(call, rest.strip().lower()))


def _about(call: Request, name: str) -> Request:
    return Request(person=call.person, request=call.request, channel=call.channel, text=name, payload=call.payload)


def read(app: AppContext, call: Request) -> Answer:
    return Reply(results.read(app, call.person, call.channel, call.text))


def now(app: AppContext, call: Request) -> Answer:
    phase, wave = pulses.now(app, call.person, call.channel, call.text, call.request)
    return reply(
        f"{wave.pulse.title} for {phase.name} has started. Each person is asked at {wave.pulse.at} in their time zone. "
        f"It closes {when(wave.closes_at)}."
    )


def preview(app: AppContext, call: Request) -> Answer:
    """Show the invitation; its buttons store nothing."""
    return Reply(setup.preview(app, call.person, call.channel, call.text))


def privacy(_app: AppContext, _call: Request) -> Answer:
    return reply(views.PRIVACY)


def new(app: AppContext, call: Request) -> Answer:
    return OpenModal(setup_views.setup_form(setup.phase_for_new(app, call.person, call.channel, call.text), call.text))


def edit(app: AppContext, call: Request) -> Answer:
    """Open the form of the pulse of that name, or list the pulses to choose from."""
    found = setup.to_change(app, call.person, call.channel, call.text)
    if len(found) > 1:
        return Reply(setup_views.to_choose(found))
    ((phase, pulse),) = found
    return OpenModal(setup_views.setup_form(phase, pulse.name, pulse))


def edit_chosen(app: AppContext, call: Request) -> Answer:
    """Open the form of a listed pulse: `PAY:weekly`."""
    key, _, name = call.value.partition(":")
    phase, pulse = setup.find(app, call.person, key, name)
    return OpenModal(setup_views.setup_form(phase, pulse.name, pulse))


def submit_setup(app: AppContext, call: Request) -> Answer:
    key, name, values = setup_views.read_setup(call.view)
    return OpenModal(setup_views.saved(setup.save(app, call.person, key, name, values, call.request)))


def tap(app: AppContext, call: Request) -> Answer:
    """Answer the first question with its button."""
    wave_id, question, value = [*call.value.split(":", 2), "", ""][:3]
    if not (wave_id.isdecimal() and int(wave_id)):
        return reply("This is a preview, so your answer was not saved.")
    sheet = answers.tap(app, call.person, int(wave_id), question, value)
    return Reply(views.answered(sheet.wave, sheet.given), replace=True)


def open_form(app: AppContext, call: Request) -> Answer:
    sheet = answers.sheet(app, call.person, call.number or 0)
    return OpenModal(views.response_form(sheet.wave, sheet.given, sheet.words))


def another(app: AppContext, call: Request) -> Answer:
    """Update the form after a choice: follow-up questions appear after a low answer."""
    sheet = answers.sheet(app, call.person, views.wave_of(call.view))
    given, words = views.read_draft(call.view, sheet.wave.pulse)
    return UpdateModal(views.response_form(sheet.wave, given, {**sheet.words, **words}), quietly=True)


def submit(app: AppContext, call: Request) -> Answer:
    sheet = answers.sheet(app, call.person, views.wave_of(call.view))
    given, words = views.read_response(call.view, sheet.wave.pulse)
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
    answers.talk(app, call.person, views.wave_of(call.view), views.read_ticket(call.view), call.request)
    return None


def count_it(app: AppContext, call: Request) -> Answer:
    answers.decline_help(app, call.person, call.number or 0)
    return reply("Thank you. Your answer counts, and we won't follow up.")


WORDS: dict[str, Handler] = {"results": read, "now": now, "preview": preview, "new": new, "edit": edit,
                            "privacy": privacy}  # fmt: skip
COMMANDS: dict[str, Handler] = {"pulse": command}
ACTIONS: dict[str, Handler] = {
    "pulse_tap": tap, "pulse_open": open_form, "pulse_q": another, "pulse_ticket": ticket, "pulse_talk": talk,
    "pulse_count": count_it, setup_views.EDIT: edit_chosen,
}  # fmt: skip
VIEWS: dict[str, Handler] = {
    views.FORM: submit, views.TICKET: submit_ticket, views.TALK: submit_talk, setup_views.CALLBACK: submit_setup,
}  # fmt: skip
