"""How far back a tracker is asked which issues were changed."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.connectors import trackers
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import MARIA, PHASE


def test_a_change_before_the_first_question_is_not_missed(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PHASE)

    def span(*, at_start: bool) -> timedelta | None:
        with store.begin() as tx:
            return trackers.span_to_ask(app, tx, "jira", at_start=at_start)

    assert span(at_start=True) == trackers.OVERLAP
    report = Report(summary="Totals are wrong", severity=Severity.LOW)
    ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    with store.begin() as tx:
        tx.issue_links.insert("jira", ticket.id, {})
    assert span(at_start=True) == trackers.LONGEST
    with store.begin() as tx:
        trackers.note_asked(tx, "jira", clock())
    assert span(at_start=False) is None
    clock.forward(minutes=6)
    assert span(at_start=False) == timedelta(minutes=6) + trackers.OVERLAP
