"""People on call in the sandbox: a rota of two, who is on call, and a critical report that pages them."""

from datetime import date

from bot.services.phases import phases
from domain.oncall.paging import on_call as who
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, Rota
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from tests.support.bot import BotWorkspace
from tests.support.people import Message, Person

TEXT = "Nobody can log in"


def applied(slack: BotWorkspace, **changes: object) -> Phase:
    """Change settings of the phase PAY, also for the next start; those of an area as a dict of its changes."""
    settings = changed(phases.get_phase(slack.application.context, "PAY").settings, **changes)
    slack.settings = slack.settings.model_copy(update={"phase": settings})
    return phases.apply_settings(slack.application.context, settings)


def changed(settings: PhaseSettings, **changes: object) -> PhaseSettings:
    """Return the settings with these changes, validated; those of an area as a dict."""
    values = settings.model_dump()
    for name, value in changes.items():
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
    return PhaseSettings.model_validate(values)


def with_rota(slack: BotWorkspace, *, repeat: int | None = 0, silence: str = "30m") -> None:
    """Sam in odd weeks and Yuki in even ones; after her or him the leads, ten minutes later."""
    rota = Rota(name="primary", layers=(Layer(people=(slack.user_id("sam"), slack.user_id("yuki")),
                                              since=date(2026, 1, 5)),))  # fmt: skip
    steps = (EscalationStep(targets=("oncall:primary",), wait="5m"), EscalationStep(targets=("leads",), wait="10m"))
    applied(
        slack,
        oncall={
            "rotas": (rota,),
            "policies": (EscalationPolicy(name="nights", steps=steps, repeat=repeat, silence=silence),),
        },
    )


def on_call(slack: BotWorkspace) -> Person:
    with slack.application.store.read() as tx:
        (person,) = who(tx.phases.list_phases()[0], {}, slack.application.context.now())
    return next(p for name in ("sam", "yuki") if (p := slack.person(name)).id == person)


def critical(slack: BotWorkspace, text: str = TEXT) -> Message:
    slack.person("maria").reports(text, "critical")
    card = slack.channel("hypercare-oncall").expects(text)
    slack.quiet()
    return card
