"""Problems on both databases: tickets, whys in the thread, root causes, actions, and what stays private."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.intake import duplicates, intake
from bot.services.phases import phases
from bot.services.problems import problems
from bot.services.registry import FEATURES
from bot.views import form
from bot.views.actions import actions as action_views
from bot.views.actions.actions import target_of
from bot.views.decisions import decisions as decision_views
from bot.views.problems import problems as views
from domain.actions.action_item import ActionDraft
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.errors import Refused
from domain.people.profile import Organization, Profile
from domain.problems.problem import CauseClass, Problem, ProblemState
from domain.tickets.event import EventKind
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM
from tests.support.bot import BotWorkspace
from tests.support.command import hypercare

DESK = "C0000001"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0HOME",)))
    phases.apply_settings(app, PHASE)
    with app.transaction() as tx:
        tx.profiles.save(*(Profile(id=one.id, team="T0HOME", fetched_at=clock(), updated=1)
                           for one in (MARIA, TOM, JO, RAVI, LENA)))  # fmt: skip
    return app


def opened(app: AppContext, summary: str = "The export is slow", **more: object) -> int:
    report = Report(summary=summary, severity=Severity.MEDIUM, **more)  # type: ignore[arg-type]
    return intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND).id


def told(app: AppContext, problem: Problem) -> list[str]:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
    mine = asked.where(lanes.c.name == f"problem:{problem.id}").order_by(messages.c.id)
    with app.store.read() as tx:
        return [str(payload["text"]) for payload in tx.connection.scalars(mine)]


def kinds(app: AppContext, ticket_id: int) -> list[EventKind]:
    with app.store.read() as tx:
        return [one.kind for one in tx.tickets.list_events(ticket_id)]


def test_a_problem_is_found_by_whys_and_ends_with_its_root_cause(app: AppContext) -> None:
    one, other = opened(app), opened(app, "The report is slow")
    found = problems.add(app, JO, str(one), None, "Slow queries", Severity.MEDIUM)
    problems.add(app, RAVI, str(other), found.id, "", Severity.MEDIUM)
    with pytest.raises(Refused, match="PAY-2 is in P1 already"):
        problems.add(app, RAVI, str(other), found.id, "", Severity.MEDIUM)
    problems.add_cause(app, JO, found.id, "why", "The index is missing", "Query plan")
    problems.add_cause(app, JO, found.id, "Process", "No load test", "")
    with pytest.raises(Refused, match="1 of at least 2 steps"):
        problems.solve(app, JO, found.id, Fix.ROOT_CAUSE, CauseClass.DATA, "Added the index")
    stays = problems.solve(app, JO, found.id, Fix.SYMPTOM, None, "Restarted")
    assert stays.state is ProblemState.OPEN
    assert "stays open until its root cause is gone" in told(app, found)[-1]
    problems.add_cause(app, RAVI, found.id, "why", "The migration skips it", "Release notes")
    page = str(problems.show(app, LENA, found.id))
    assert "1. The index is missing" in page
    assert "└ No load test" in page
    done = problems.solve(app, LENA, found.id, Fix.ROOT_CAUSE, CauseClass.DATA, "Fixed the migration")
    assert done.state is ProblemState.RESOLVED
    assert "Root cause (data): The migration skips it" in told(app, found)[-1]
    for ticket in (one, other):
        assert kinds(app, ticket)[-2:] == [EventKind.ADDED_TO_PROBLEM, EventKind.CAUSE_FOUND]
    assert "Root causes by class: data 1." in str(problems.listing(app, JO, DESK, ()))
    with pytest.raises(Refused, match="resolved already"):
        problems.add_cause(app, JO, found.id, "why", "More", "More")


def test_what_comes_again_is_offered_and_private_tickets_are_not_gathered(app: AppContext) -> None:
    again = opened(app)
    duplicates.add_affected(app, again, TOM)
    assert "*PAY-1* keeps coming back" in str(problems.listing(app, JO, DESK, ()))
    problems.add(app, JO, str(again), None, "Slow queries", Severity.MEDIUM)
    assert "keeps coming back" not in str(problems.listing(app, JO, DESK, ()))
    hidden = opened(app, "I can see all salaries", type=TicketType.SECURITY)
    with pytest.raises(Refused, match="PAY-2 is private"):
        problems.add(app, LENA, str(hidden), 1, "", Severity.HIGH)
    with pytest.raises(Refused, match="Only the team"):
        problems.listing(app, TOM, DESK, ())
    with pytest.raises(Refused, match="no such problem"):
        problems.show(app, TOM, 1)


def test_an_action_may_be_about_a_problem(app: AppContext) -> None:
    found = problems.add(app, JO, "PAY", None, "Slow queries", Severity.MEDIUM)
    draft = ActionDraft(title="Add a load test", owner=RAVI.id, due=app.now().date())
    assert actions.add(app, JO, f"problem:{found.id}", draft).about == "P1"
    assert "P1" in str(actions.page(app, JO, DESK, ()))
    for about in ("problem:9", "decision:9"):
        with pytest.raises(Refused, match="no such problem or decision"):
            actions.add(app, JO, about, draft)


def test_an_action_from_a_decision_about_a_ticket_belongs_to_both(app: AppContext) -> None:
    one = opened(app)
    asked = DecisionDraft(kind=DecisionKind.PRIORITY, question="Fix it now?", options=("Yes", "No"), ticket_id=one)
    about = f"decision:{decisions.add(app, JO, 'PAY', asked).id}"
    form = actions.open_add_form(app, JO, about)
    assert target_of(form) == about
    made = actions.add(app, JO, target_of(form), ActionDraft(title="Do it", owner=RAVI.id, due=app.now().date()))
    assert (made.about, made.ticket_id) == ("D1", one)


def test_a_phase_may_be_called_like_a_problem(app: AppContext) -> None:
    phases.apply_settings(
        app, PHASE.model_copy(update={"key": "P1", "triage_channel": "C0000003", "oncall_channel": "C0000004"})
    )
    problems.add(app, JO, "PAY", None, "Slow queries", Severity.MEDIUM)
    made = actions.add(app, JO, "P1", ActionDraft(title="Book the trainer", owner=RAVI.id, due=app.now().date()))
    assert (made.about, made.ticket_id) == ("", None)
    assert "Book the trainer" in str(actions.page(app, JO, DESK, ("P1",)))


def test_a_form_older_than_the_program_says_so_below_its_first_field() -> None:
    reads: tuple[Callable[[], object], ...] = (
        lambda: views.read_cause_form({}, ()), lambda: views.read_solve_form({}), lambda: views.read_add_form({}, ()),
        lambda: action_views.read_form({}), lambda: decision_views.read_add_form({}),
    )  # fmt: skip
    for read in reads:
        with pytest.raises(form.InvalidForm, match="out of date"):
            read()


@pytest.mark.core
def test_several_people_answer_why_in_the_thread_and_the_bone_is_drawn(slack: BotWorkspace, tmp_path: Path) -> None:
    slack.person("maria").reports("The export is slow", "low")
    card = slack.triage.expects("The export is slow")
    jo = slack.person("jo")
    jo.presses(card, "Acknowledge")
    card.shows("Acknowledged")
    jo.presses(card.now(), "Show everything")
    form = jo.modal().presses("problem_add").fills(title="Slow exports")
    assert form.submits()["closed"]
    asked = slack.triage.expects("Problem P1: Slow exports")
    jo.replies(asked, "because the index is missing (query plan)")
    asked.expects_reply("answered why number 1, of at least 1: the index is missing")
    slack.person("ravi").replies(asked, "Because: the migration skips it [release notes]")
    asked.expects_reply("answered why number 2")
    slack.person("ravi").replies(asked, "because no one tests it", files=[{"name": "plan.txt", "content": "x"}])
    asked.expects_reply("Evidence: plan.txt http")
    slack.person("ravi").replies(asked, "I look at it tomorrow")
    jo.presses(asked, "Open")
    shown = jo.modal()
    assert "2. the migration skips it" in shown.words
    solve = shown.presses("problem_resolve")
    assert "errors" in solve.fills(fix="root_cause", resolution="Fixed the migration").submits()
    assert solve.fills(cause_class="data").submits()["closed"]
    asked.expects_reply("Root cause (data): no one tests it")
    slack.quiet()
    out = tmp_path / "p1.svg"
    drawn = hypercare(tmp_path, "fishbone", "PAY", "P1", "--out", str(out), database=slack.settings.database)
    assert drawn.returncode == 0, drawn.stderr
    assert "Slow exports" in out.read_text(encoding="utf-8")
    assert asked.now().buttons == ["Open"], "there is no cause to add"
