"""Events of tickets that other programs are told of, signed after Standard Webhooks."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from bot.settings.errors import InvalidSettings
from bot.settings.settings import load
from bot.views.api.tickets import event_data
from domain.api.settings import Webhook
from domain.api.signing import headers_of, read_secrets
from domain.delivery.message import MessageState, OutboxEntry
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied
from tests.support.systems import OLD_SECRET, SECRET, Systems, connect

TOKENS = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def told(systems: Systems) -> list[str]:
    return [body["type"] for body in systems.of("ops")]


def delayed(slack: BotWorkspace) -> list[OutboxEntry]:
    """The messages that were tried and wait, while none is on its way."""
    with slack.application.store.read() as tx:
        if tx.message_archive.list_newest([MessageState.SENDING]):
            return []
        return [one for one in tx.message_archive.list_newest([MessageState.WAITING]) if one.error]


def test_a_program_hears_of_each_change_in_order_and_again_after_an_outage(
    slack: BotWorkspace, systems: Systems
) -> None:
    applied(slack, webhooks=(Webhook(name="ops"),))
    to_monday(slack, "10:00")
    systems.broken = [404]
    slack.person("maria").reports("Totals are wrong", "medium")
    card = slack.channel("hypercare-desk").expects("Totals are wrong")
    slack.person("lena").presses(card, "Acknowledge")
    card.shows("Acknowledged")
    assert told(systems) == []
    eventually(lambda: delayed(slack), "a try that fails")
    passes(slack, minutes=1)
    eventually(lambda: len(told(systems)) == 2, "both events", instead=lambda: "\n".join(slack.coming()))
    first, second = systems.of("ops")
    assert told(systems) == ["ticket.opened", "ticket.acknowledged"]
    assert first["data"]["ticket"]["reporter"] == slack.person("maria").id
    assert second["data"]["ticket"]["owner"] == second["data"]["event"]["actor"] == slack.person("lena").id
    assert systems.ids[0] == systems.ids[1], "the same event has the same id at every try"
    assert len({*systems.ids}) == 2


def test_private_and_anonymous_tickets_are_told_only_where_the_phase_says_so(
    slack: BotWorkspace, systems: Systems
) -> None:
    applied(slack, webhooks=(Webhook(name="ops", events=(EventKind.OPENED,)),))
    to_monday(slack, "10:00")
    slack.person("maria").reports("I can see all salaries", "high", type="security")
    slack.person("maria").reports("A colleague deletes entries", "low", anonymous="yes")
    slack.person("maria").reports("Totals are wrong", "medium")
    eventually(lambda: told(systems), "the public ticket")
    slack.quiet()
    assert [body["data"]["ticket"]["name"] for body in systems.of("ops")] == ["PAY-3"]
    applied(slack, webhooks=(Webhook(name="ops", events=(EventKind.OPENED,), private=True),))
    slack.person("maria").reports("I can see all contracts", "high", type="security")
    eventually(lambda: len(told(systems)) == 2, "the private ticket")
    assert slack.person("maria").id not in str(systems.of("ops")[1])


def test_admins_are_told_once_of_a_webhook_that_refuses_and_nothing_is_lost(
    slack: BotWorkspace, systems: Systems
) -> None:
    applied(slack, webhooks=(Webhook(name="ops", events=(EventKind.OPENED,)),))
    to_monday(slack, "10:00")
    connect(slack, systems, OLD_SECRET)
    slack.person("maria").reports("Totals are wrong", "medium")
    slack.person("maria").reports("Names are wrong", "medium")
    lena = slack.person("lena")
    warning = lena.dm.expects("The webhook ops has accepted no changes since")
    eventually(lambda: delayed(slack), "a try that fails")
    systems.secret = OLD_SECRET
    passes(slack, minutes=2)
    warning.expects_reply("The webhook ops accepts changes again")
    eventually(lambda: len(told(systems)) == 2, "both tickets")
    assert sum("has accepted no changes" in one.words for one in lena.dm.messages()) == 1


@given(st.text(max_size=20), st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3, unique=True))
@settings(max_examples=8)
def test_every_signature_is_as_the_reference_makes_it(words: str, secrets: list[bytes]) -> None:
    """Also while a secret is replaced, by the old one and by the new one."""
    body, now = json.dumps({"words": words}), datetime.now(UTC)
    headers = headers_of(secrets, "msg_17", int(now.timestamp()), body.encode())
    given_by = headers["webhook-signature"].split()
    assert given_by == [Verifier(secret).sign("msg_17", now, body) for secret in secrets]
    for secret in secrets:
        assert Verifier(secret).verify(body, headers) == {"words": words}


@pytest.mark.parametrize("change", [{"webhook-id": "msg_18"}, {"webhook-timestamp": "1"}, {"webhook-signature": ""}])
def test_what_was_changed_or_is_sent_again_later_is_not_accepted(change: dict[str, str]) -> None:
    headers = headers_of(read_secrets(SECRET), "msg_17", int(datetime.now(UTC).timestamp()), b"{}")
    Verifier(SECRET).verify("{}", headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify("{}", headers | change)


@pytest.mark.parametrize("secret", ["", "whsec_", "secret", "whsec_c2hvcnQ=", "whsec_***", SECRET[6:]])
def test_a_secret_of_another_form_is_refused_in_words(secret: str) -> None:
    with pytest.raises(ValueError, match="must be whsec_ and 24 to 64 random bytes"):
        read_secrets(secret)


def test_a_webhook_without_a_secret_does_not_start() -> None:
    with pytest.raises(InvalidSettings, match="has none for ops"):
        load(**TOKENS, webhooks={"ops": "https://ops.example"})


def test_no_words_of_people_are_in_an_event() -> None:
    data = {"severity": "low", "question": "Which month?", "note": "It was Tom"}
    event = Event(kind=EventKind.SEVERITY, actor="U0MARIA", at=NOW, data=data)
    ticket = Ticket(id=1, phase_id=1, key="PAY", number=1, reporter="U0MARIA", intake=Intake.COMMAND, opened_at=NOW,
                    report=Report(summary="Totals are wrong", severity=Severity.LOW))  # fmt: skip
    assert event_data(ticket, event)["details"] == {"severity": "low"}
