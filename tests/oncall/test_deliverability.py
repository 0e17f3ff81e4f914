"""Pages that may not reach a person, and webhooks and PagerDuty."""

import asyncio

from domain.oncall.settings import EscalationPolicy, EscalationStep
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import TEXT, applied, critical, on_call, with_rota
from tests.support.systems import Systems


def test_a_page_that_may_not_arrive_is_warned_about(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first = on_call(slack)
    slack.control.post("person", user=first.name, quiet=3600 * 6, away=True)
    slack.control.post("leave", user=first.name, channel="hypercare-oncall")
    card = critical(slack)
    warning = card.expects_reply(f"The page for *PAY-1* may not reach <@{first.id}>")
    for why in ("Their notifications are paused until", "They are away", "They aren't in <#"):
        assert why in warning.words
    card.shows("They are away")


def test_a_deactivated_account_is_skipped_at_once(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    slack.box.world.workspace.user(first.name).deleted = True  # and Slack's event is late
    slack.person("maria").reports(TEXT, "critical")
    card = slack.channel("hypercare-oncall").expects(TEXT)
    card.expects_reply("Their account is deactivated")
    lena.dm.expects(TEXT)


def test_no_warning_when_nothing_stands_in_the_way(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    card = critical(slack)

    def checked() -> bool:
        with slack.application.store.read() as tx:
            return not tx.escalations.list_unchecked_pages(slack.application.context.now().replace(year=2000))

    eventually(checked, "the check of the page")
    slack.quiet()
    assert not [m for m in card.thread() if "may not reach" in m.words]


def test_other_systems_get_events_in_order_and_again_after_an_outage(slack: BotWorkspace, systems: Systems) -> None:
    steps = (EscalationStep(targets=("leads", "webhook:ops", "pagerduty", "webhook:unknown"), wait="5m"),)
    applied(
        slack,
        oncall={"policies": (EscalationPolicy(name="all", steps=steps, severities=("critical",), silence="none"),)},
    )
    to_monday(slack, "02:00")
    systems.broken = [503]
    critical(slack)
    eventually(lambda: systems.of("ops") and systems.of("pagerduty"), "both of them")
    first, event = systems.of("ops")[0], systems.of("pagerduty")[0]
    assert (first["type"], first["data"]["ticket"], first["data"]["step"]) == ("escalation.called", "PAY-1", 1)
    assert (event["event_action"], event["routing_key"], event["payload"]["severity"]) == (
        "trigger",
        "key-of-ours",
        "critical",
    )
    slack.person("lena").dm.expects("webhook:unknown has no address in the settings")
    passes(slack, minutes=5)
    slack.person("lena").presses(slack.channel("hypercare-oncall").expects(TEXT), "Acknowledge")
    eventually(lambda: systems.of("pagerduty")[-1]["event_action"] == "acknowledge", "the acknowledgement")
    slack.person("lena").opens("/hypercare resolve PAY-1").fills(
        test="Tried", fix="root_cause", explanation="Restarted"
    ).submits()
    eventually(lambda: systems.of("pagerduty")[-1]["event_action"] == "resolve", "the end")
    assert [e["event_action"] for e in systems.of("pagerduty")] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert len({e["dedup_key"] for e in systems.of("pagerduty")}) == 1
    versions = [e["data"]["version"] for e in systems.of("ops")]
    assert versions == sorted(versions)
    kinds = [e["type"].removeprefix("escalation.") for e in systems.of("ops")]
    assert kinds == ["called", "called", "acknowledged", "ended"]


def test_no_other_system_gets_events_of_a_private_ticket(slack: BotWorkspace, systems: Systems) -> None:
    steps = (EscalationStep(targets=("leads", "webhook:ops", "pagerduty"), wait="5m"),)
    applied(slack, oncall={"policies": (EscalationPolicy(name="all", steps=steps),)})
    slack.person("maria").reports("I can see all salaries", "critical", type="security")
    slack.person("lena").dm.expects("I can see all salaries")
    slack.quiet()
    slack.loop.run(asyncio.sleep(0.2))
    assert systems.heard == []
