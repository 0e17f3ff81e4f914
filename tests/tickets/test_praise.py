"""Praise is no work: it has no clock, pages no one and is not open; it is thanked for, counted and found."""

from datetime import UTC, datetime

import pytest

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import search
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.sla.clocks import first_due, sla_clocks
from domain.sla.targets import policy_for
from domain.tickets.filters import Filter
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.store import Store
from storage.tickets.lists import ListReader
from tests.support.bot import BotWorkspace

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MARIA, LENA = Person("U0MARIA000"), Person("U0LENA0000")
PHASE = PhaseSettings(key="PAY", name="Pay", triage_channel="C0TRIAGE01", oncall_channel="C0ONCALL01", leads=(LENA.id,))


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW, bot_user="U0BOT00000")
    phases.apply_settings(made, PHASE)
    return made


def said(app: AppContext, text: str, kind: TicketType) -> Ticket:
    report = Report(summary=text, severity=Severity.CRITICAL, type=kind)
    return intake.open_ticket(app, report, person=MARIA, phase_key="PAY", intake=Intake.COMMAND)


def test_praise_has_no_clock_pages_no_one_and_is_in_no_list_of_open_tickets(app: AppContext) -> None:
    praise, broken = said(app, "What a team", TicketType.PRAISE), said(app, "It is down", TicketType.BUG)
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0]
        events = tx.tickets.list_events(praise.id)
        policy = policy_for(phase, "", praise.report.type)
        assert first_due(sla_clocks(events, policy)) is None
        assert policy(Severity.CRITICAL, "").targets == {}, "nothing is due, so nothing is said of silence either"
        assert [one.ticket_id for one in tx.escalations.list_live(phase.id)] == [broken.id]
        found = tx.tickets.get_ticket(praise.id)
        assert (found.due_at, found.waiting_since) == (None, None)
        assert tx.lists.count_tickets(Filter(), [phase], ListReader(id=LENA.id), NOW) == 1
        assert [one.id for one in tx.lists.list_known_issues([phase], ListReader(id=LENA.id), 9)] == [broken.id]
        assert [one.id for one in tx.tickets.list_of_reporter(MARIA.id, only_open=True)] == [broken.id]
        assert tx.tickets.count_open_of_reporter(MARIA.id) == 1
    assert [one.id for one in search.page(app, LENA, "praise", "", skip=0, limit=9)[0]] == [praise.id]


def test_the_card_of_praise_asks_for_nothing_and_a_reply_does_not_look_into_it(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("What a team", "low", type="praise")
    card = slack.triage.expects("Praise · PAY-1")
    assert card.buttons == ["Reply", "Show everything"]
    assert not [word for word in ("unassigned", "Priority", "Low", "Acknowledge") if word in card.words]
    jo.replies(card, ">> We had great testers")
    thanks = maria.dm.expects("Thank you for the praise")
    thanks.expects_reply("We had great testers")
    assert "looking into" not in str([one.words for one in thanks.thread()])
    jo.presses(card, "Show everything")
    assert "Resolve" not in jo.modal().words
    assert "Add details" in jo.modal().words
