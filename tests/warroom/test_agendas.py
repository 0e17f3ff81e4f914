"""The agenda on both databases: what is in it, what is not, and that it is posted once a working day."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.followup import verification
from bot.services.oncall import capacity
from bot.services.operations import timers
from bot.services.people import names
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from bot.services.warroom import agendas
from bot.views.people.names import name_of
from bot.views.warroom import phase_pages as pages
from domain.actions.action_item import ActionDraft
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.errors import Refused
from domain.people.profile import Profile
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import FIXED, JO, LENA, MARIA, PHASE
from tests.warroom.test_war_rooms import opened, said


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    with_agenda(app)
    return app


def with_agenda(app: AppContext, **more: object) -> None:
    settings = PHASE.model_dump() | {"war_room": {"agenda": "08:45", **more}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))


def passes_days(app: AppContext, clock: Clock, days: int) -> None:
    for _ in range(days):
        clock.forward(days=1)
        while timers.run_due(app):
            pass


def pins(app: AppContext) -> list[tuple[str, str]]:
    asked = select(messages.c.payload, lanes.c.name).join(lanes, lanes.c.id == messages.c.lane_id)
    with app.store.read() as tx:
        rows = tx.connection.execute(asked.where(messages.c.verb == "channel").order_by(messages.c.id))
        return [(row.payload["do"], row.name) for row in rows]


def test_the_agenda_lists_what_the_team_has_to_talk_about_and_nothing_private(app: AppContext) -> None:
    public, private = opened(app), opened(app, type=TicketType.SECURITY)
    asked = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Roll back?", options=("Yes", "No"))
    decisions.add(app, LENA, "PAY", asked)
    decisions.add(app, LENA, "PAY", DecisionDraft(kind=DecisionKind.SCOPE, question="Close the hole?",
                                                  options=("Yes", "No"), ticket_id=private))  # fmt: skip
    today = app.now().date()
    first = actions.add(app, JO, str(public), ActionDraft(title="Ask the bank", owner=JO.id, due=today))
    for about in (public, private):
        due = today + timedelta(days=1)
        draft = ActionDraft(title="Switch it on", owner=LENA.id, due=due, needs=(first.id,))
        actions.add(app, LENA, str(about), draft)
    shown = str(agendas.show(app, JO, "", []))
    assert "*PAY-1* No one can pay" in shown
    assert "PAY-2" not in shown
    assert "Roll back?" in shown
    assert "Close the hole?" not in shown
    assert shown.count("waits for A1") == 1
    assert "Overdue: none" in shown
    with pytest.raises(Refused, match="Only the team"):
        agendas.show(app, MARIA, "", [])
    with app.store.read() as tx:
        phase, now = tx.phases.get(1), app.now()
        _, page = pages.page(phase, agendas.collect(tx, phase, now), agendas.collect_page(tx, phase, now))
    assert "PAY-1** No one can pay" in page
    assert "Roll back?" in page
    assert "PAY-2" not in page
    assert "Close the hole?" not in page
    assert "**Open**: 1 (critical 1)" in page


def test_the_agenda_names_what_is_late_how_full_the_team_is_and_what_has_changed(app: AppContext, clock: Clock) -> None:
    late = opened(app)
    for day in range(7):  # three tickets a working day, with five hours of work each
        taken = [opened(app, Severity.LOW) for _ in range(3)]
        for ticket in taken:
            work.take(app, ticket, JO)
        clock.forward(hours=5)
        for ticket in taken:
            verification.resolve(app, ticket, JO, FIXED)
        clock.forward(hours=19, days=2 if day == 4 else 0)  # over the weekend
    asked = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Roll back?", options=("Yes", "No"))
    found = decisions.add(app, LENA, "PAY", asked)
    decisions.decide(app, LENA, found.id, "No", "One ticket is late")
    with app.store.read() as tx:
        phase, now = tx.phases.get(1), app.now()
        collected = agendas.collect(tx, phase, now)
        load = capacity.load_at(tx, phase, now)
    assert load
    assert [one.id for one in collected.overdue] == [late]
    shown = str(agendas.show(app, JO, "", []))
    overdue = shown.partition("*Overdue* (1)")[2].partition("Blocked")[0]
    assert "*PAY-1* No one can pay" in overdue
    assert f"the tickets take {100 * load.utilisation:.0f} % of the team" in shown
    assert "new 3, resolved 3, reopened 0, missed a target 0, decided 1" in shown
    assert "*D1* Roll back? No" in shown


def test_no_name_of_a_person_is_markdown_on_the_page(app: AppContext) -> None:
    named = Profile(id=JO.id, team="T1", display_name="[Jo](https://bad.example) & Co", fetched_at=app.now(), updated=1)
    with app.store.begin() as tx:
        tx.profiles.save(named)
    mark = name_of(JO.id)
    filled = names.fill(app, {"markdown": f"- {mark}", "title": mark})
    assert filled["markdown"] == r"- \[Jo\](https://bad.example) \& Co"
    assert filled["title"] == "[Jo](https://bad.example) &amp; Co"


def test_it_is_posted_and_pinned_on_each_working_day_instead_of_the_last_one(app: AppContext, clock: Clock) -> None:
    with_agenda(app, page=False)
    passes_days(app, clock, 8)  # from Monday, 9:00, to the next one
    days = ("2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10")
    expected = [("pin", f"agenda:1:{days[0]}")]
    for before, day in pairwise(days):
        expected += [("pin", f"agenda:1:{day}"), ("unpin", f"agenda:1:{before}")]
    assert pins(app) == expected
    assert "Agenda of Payday" in said(app, "agenda:1:2026-03-03")
    app.scopes = frozenset()
    passes_days(app, clock, 1)
    assert said(app, "agenda:1:2026-03-11"), "without the permission it is posted"
    assert pins(app) == expected, "and not pinned"
