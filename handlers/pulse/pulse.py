"""Pulses: answering one, letting one begin, setting one up, and reading what came of it."""

from bot.context import Desk
from bot.services.pulse import answers, pulses, results, setup
from bot.views.pulse import pulse as views
from bot.views.pulse import setup as setup_views
from domain.errors import Refused
from handlers.request import Answer, Call, Handler, Open, Redraw, Say, say

USAGE = "Try `/hypercare pulse results`, `pulse now`, `pulse preview`, `pulse new` or `pulse privacy`."


def command(desk: Desk, call: Call) -> Answer:
    """Without a word the results, for whoever may read them."""
    word, _, rest = call.text.strip().partition(" ")
    if word and word.lower() not in WORDS:
        raise Refused(f"I do not know `pulse {word}`. {USAGE}")
    return WORDS[word.lower() or "results"](desk, _about(call, rest.strip().lower()))


def _about(call: Call, name: str) -> Call:
    return Call(person=call.person, request=call.request, channel=call.channel, text=name, payload=call.payload)


def read(desk: Desk, call: Call) -> Answer:
    return Say(results.read(desk, call.person, call.channel, call.text))


def now(desk: Desk, call: Call) -> Answer:
    phase, wave = pulses.now(desk, call.person, call.channel, call.text, call.request)
    asked = f"everybody is asked at {wave.pulse.at} where they are"
    return say(f"{wave.pulse.title} of {phase.name} begins: {asked}, and it closes in {wave.pulse.open_days} days.")


def preview(desk: Desk, call: Call) -> Answer:
    """As those who are asked will see it; nothing in it is kept."""
    return Say(setup.preview(desk, call.person, call.channel, call.text))


def privacy(_desk: Desk, _call: Call) -> Answer:
    return say(views.PRIVACY)


def new(desk: Desk, call: Call) -> Answer:
    phase, name = setup.to_change(desk, call.person, call.channel, call.text)
    return Open(setup_views.setup_form(phase, name))


def submit_setup(desk: Desk, call: Call) -> Answer:
    key, values = setup_views.read_setup(call.view)
    setup.save(desk, call.person, key, values, call.request)
    return None


def tap(desk: Desk, call: Call) -> Answer:
    """A button of the first question."""
    wave_id, question, value = [*call.value.split(":", 2), "", ""][:3]
    if not (wave_id.isdecimal() and int(wave_id)):
        return say("This is how it will look. Nothing is kept of a preview.")
    sheet = answers.tap(desk, call.person, int(wave_id), question, value)
    return Say(views.answered(sheet.wave, sheet.given), replace=True)


def open_form(desk: Desk, call: Call) -> Answer:
    sheet = answers.sheet(desk, call.person, call.number or 0)
    return Open(views.sheet(sheet.wave, sheet.given, sheet.words))


def another(desk: Desk, call: Call) -> Answer:
    """Something was chosen in the form: what follows a low answer appears, or goes."""
    sheet = answers.sheet(desk, call.person, views.wave_of(call.view))
    given, words = views.read_so_far(call.view, sheet.wave.pulse)
    return Redraw(views.sheet(sheet.wave, given, {**sheet.words, **words}), quietly=True)


def submit(desk: Desk, call: Call) -> Answer:
    sheet = answers.sheet(desk, call.person, views.wave_of(call.view))
    given, words = views.read_sheet(call.view, sheet.wave.pulse)
    sheet = answers.submit(desk, call.person, sheet.wave.id, given, words)
    return Open(views.help_offered(sheet.wave, sheet.given))


def ticket(desk: Desk, call: Call) -> Answer:
    return Open(views.ticket_form(answers.sheet(desk, call.person, call.number or 0).wave))


def submit_ticket(desk: Desk, call: Call) -> Answer:
    answers.report(desk, call.person, views.wave_of(call.view), views.read_ticket(call.view), call.request)
    return None


def talk(desk: Desk, call: Call) -> Answer:
    return Open(views.talk_form(answers.sheet(desk, call.person, call.number or 0).wave))


def submit_talk(desk: Desk, call: Call) -> Answer:
    answers.talk(desk, call.person, views.wave_of(call.view), views.read_ticket(call.view))
    return None


def count_it(desk: Desk, call: Call) -> Answer:
    answers.count_it(desk, call.person, call.number or 0)
    return say("Thank you. It counts, and nobody will ask.")


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
