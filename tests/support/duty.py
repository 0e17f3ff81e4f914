"""People on call in the sandbox: a rota of two, who is on, and a critical that calls them."""

from dataclasses import replace
from datetime import date

from bot.services.phases import phases
from domain.oncall.escalation import EscalationPolicy, EscalationStep
from domain.oncall.paging import on_call as who
from domain.oncall.rota import Layer, Rota
from domain.phases.phase import Phase
from tests.support.bot import BotWorkspace
from tests.support.people import Message, Person

TEXT = "Nobody can log in"


def applied(slack: BotWorkspace, **changes: object) -> Phase:
    phase = replace(phases.named(slack.application.context, "PAY"), **changes)  # type: ignore[arg-type]
    slack.settings = slack.settings.model_copy(update={"phase": phases.to_file(phase)})
    return phases.apply(slack.application.context, phases.to_file(phase))


def with_rota(slack: BotWorkspace, *, repeat: int | None = 0, silence: str = "30m") -> None:
    """Sam in odd weeks and Yuki in even ones; after her or him the leads, ten minutes later."""
    rota = Rota(name="primary", layers=(Layer(people=(slack.user_id("sam"), slack.user_id("yuki")),
                                              since=date(2026, 1, 5)),))  # fmt: skip
    steps = (EscalationStep(targets=("oncall:primary",), wait="5m"), EscalationStep(targets=("leads",), wait="10m"))
    applied(
        slack, rotas=(rota,), policies=(EscalationPolicy(name="nights", steps=steps, repeat=repeat, silence=silence),)
    )


def on_call(slack: BotWorkspace) -> Person:
    with slack.application.store.read() as tx:
        (person,) = who(tx.phases.all()[0], {}, slack.application.context.now())
    return next(p for name in ("sam", "yuki") if (p := slack.person(name)).id == person)


def critical(slack: BotWorkspace, text: str = TEXT) -> Message:
    slack.person("maria").reports(text, "critical")
    card = slack.channel("hypercare-oncall").expects(text)
    slack.quiet()
    return card
