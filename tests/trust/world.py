"""A world in which every door can be used: three phases, tickets in every state, a pulse, a rota, a dead message."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from bot.context import AppContext
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.followup import deferral, notes, promises, verification, waiting
from bot.services.intake import duplicates, intake
from bot.services.knowledge import articles
from bot.services.learning import post_mortems
from bot.services.oncall import rotas, swaps
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.problems import problems
from bot.services.pulse import answers, pulses, waves
from bot.services.registry import FEATURES
from bot.services.rehearsal import rehearsals
from bot.services.sessions import sessions
from bot.services.signals import integrations as signal_integrations
from bot.services.tickets import search, work
from bot.services.warroom import war_rooms
from domain.actions.action_item import ActionDraft
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.exit.readiness import Gate
from domain.exit.record import ExitRecord, RecordKind
from domain.followup.promises import PromiseKind
from domain.intake.file_import import FileImport, FileKind, ImportState
from domain.knowledge.article import ArticleText
from domain.knowledge.drafting import ModelTerms
from domain.learning.post_mortem import LessonKind
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, Rota
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Pulse
from domain.sessions.session import SessionDraft, SessionKind
from domain.tickets.closing import Solution
from domain.tickets.ticket import Deferral, Fix, Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.intake.similar import SimilarTickets
from storage.operations.tables import timers as timer_rows
from storage.store import Store

MARIA, TOM, ANN = Person("U0MARIA"), Person("U0TOM00"), Person("U0ANN00")
JO, RAVI, LENA = Person("U0JO000"), Person("U0RAVI0"), Person("U0LENA0")
HANA, OSKAR = Person("U0HANA0"), Person("U0OSKAR")  # the leads of another phase, and of one that is archived
ADMIN = Person("U0ADMIN", admin=True)
STRANGER = Person("U0STRAN", kind=PersonKind.STRANGER)
GUEST = Person("U0GUEST", kind=PersonKind.GUEST)
APP = Person("U0APP00", kind=PersonKind.APP)  # the bot of another app
GONE = Person("U0GONE0", kind=PersonKind.DEACTIVATED)  # a responder until then
MEMBERS = [f"U0CROW{n}" for n in range(6)]
BOT, TEAM, SECRET = "U0BOT00", "T0TEAM0", b"a secret of the tests, long enough"
DESK, ONCALL, HELP, EVERY_MESSAGE = "C0DESK00", "C0ONCALL", "C0HELP00", "C0EVERY0"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
FILE = b"summary,severity,reporter\nThe till is down,high,U0MARIA\nThe door is stuck,low,U0TOM00\n"
SIMILAR = "The payslip page is empty in Firefox"
WEEKLY = Pulse(name="weekly", open_days=10, occasion="schedule")
PAY = PhaseSettings(
    key="PAY", name="Payday", triage_channel=DESK, oncall_channel=ONCALL, intake_channels=(HELP,),
    leads=(LENA.id,), responders=(JO.id, RAVI.id, GONE.id),
    intake={"auto_intake": (EVERY_MESSAGE,), "modules": ("Payslip",)},
    conversations={"macros": ({"name": "restart", "text": "Please restart."},)},
    pulse={"pulses": (WEEKLY, Pulse(name="team", anonymous=False, open_days=10))},
    connections=({"system": "jira", "project": "OPS"},),
    followup={"weekly_note": "fri 15:00"}, go_live=date(2026, 3, 1),
    exit={"run_owners": (JO.id,), "business_owners": (ANN.id,),
          "first_runs": ({"name": "Payroll", "on": date(2026, 3, 1), "owner": TOM.id},)},
    decisions={"triggers": ({"name": "any", "rule": "open >= 1", "question": "Go on?", "options": ("Yes", "No"),
                             "approver": LENA.id},)},
    war_room={"agenda": "09:30", "stand_up": "09:30"}, workflows={"steps": "change"},
    signals={"rules": ({"name": "lasting", "labels": {"title": "It lasts*"}, "lasting": "5m"},)},
    oncall={
        "rotas": (Rota(name="primary", layers=(Layer(people=(RAVI.id, JO.id), since=date(2026, 1, 5)),)),),
        "policies": (EscalationPolicy(name="all", steps=(
            EscalationStep(targets=("oncall:primary",), wait="5m"), EscalationStep(targets=("leads",), wait="10m"))),),
    },
)  # fmt: skip
OTHER = PhaseSettings(key="HR", name="Staff", triage_channel="C0HRDESK", oncall_channel="C0HRCALL", leads=(HANA.id,))
PLANNED = PhaseSettings(key="SOON", name="Next year", state="planned", triage_channel="C0SOON00",
                        oncall_channel="C0SOON11", leads=(LENA.id,))  # fmt: skip
ENDED = PhaseSettings(key="OLD", name="Gone by", triage_channel="C0OLD000", oncall_channel="C0OLD111",
                      leads=(OSKAR.id,))  # fmt: skip


TICKETS = ("new", "taken", "asked", "deferred", "fixed", "private", "anonymous", "double", "paging", "other", "old",
           "again")  # fmt: skip


class StoppedClock:
    """Time that moves only when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class World:
    """A database in which everything has happened, the app on it, and the ids of what is there by name.

    `later` is what was to happen in memory after a commit; a process that ends forgets it. `anonymous` is who reported
    the ticket of that name.
    """

    app: AppContext
    ids: dict[str, int]
    names: dict[str, str] = field(default_factory=dict)
    later: list[Ticket] = field(default_factory=list)
    anonymous: Person = MARIA

    def thread(self, lane: str) -> tuple[str, str]:
        """Return the place and the timestamp of the first message of a lane, such as `team:1`."""
        with self.app.store.read() as tx:
            found = tx.outbox.find(lane)
        assert found, lane
        assert found.thread_ts, lane
        return found.channel, found.thread_ts


@contextmanager
def opened(store: Store, ids: Mapping[str, Any], at: datetime) -> Iterator[World]:
    """A world on a database that was built before."""
    with closing(store):
        yield standing(store, ids, at)


def standing(store: Store, ids: Mapping[str, Any], at: datetime) -> World:
    """That world, of which someone else closes the store."""
    clock = StoppedClock()
    clock.at = at
    return on(_app(store, clock), **ids)


def on(app: AppContext, ids: dict[str, int], names: dict[str, str], later: Iterable[Ticket] = ()) -> World:
    """A world with a new process on its database, which is to compare these tickets."""
    fresh = replace(app, likely=SimilarTickets())
    made = World(fresh, ids, names, [*later])
    fresh.check_duplicates = made.later.append
    return made


def _app(store: Store, clock: StoppedClock) -> AppContext:
    return AppContext(features=FEATURES, store=store, now=clock, bot_user=BOT, home=Organization((TEAM,)),
                     admins=(ADMIN.id,), workspace="https://w.slack.com/", public_url="https://bot.example",
                     secret=SECRET, model=ModelTerms("small"))  # fmt: skip


def build(store: Store, anonymous: Person = MARIA) -> tuple[dict[str, Any], datetime]:
    """Fill an empty database; return what the ids of a world are, and the moment at which it stands."""
    clock = StoppedClock()
    app = _app(store, clock)
    for settings in (PAY, OTHER, PLANNED, ENDED):
        phases.apply_settings(app, settings)
    timers.set_up(app)
    made = World(app, {}, anonymous=anonymous)
    with app.transaction() as tx:
        for person in (MARIA, TOM, ANN, JO, RAVI, LENA, HANA, OSKAR, ADMIN, GUEST, STRANGER, APP, GONE):
            kind = person.kind
            tx.profiles.save(
                Profile(
                    id=person.id,
                    team=TEAM,
                    fetched_at=app.now(),
                    updated=1,
                    is_restricted=kind is PersonKind.GUEST,
                    is_stranger=kind is PersonKind.STRANGER,
                    is_bot=kind is PersonKind.APP,
                    deleted=kind is PersonKind.DEACTIVATED,
                )
            )
    _tickets(made)
    settle(made)
    clock.at += timedelta(minutes=20)
    _work(made)
    clock.at += timedelta(minutes=10)
    _pulse(made)
    _oncall(made)
    _rest(made)
    phases.archive(app, "OLD")
    settle(made)
    with app.store.read() as tx:
        made.names |= {name: tx.tickets.get_ticket(made.ids[name]).name for name in TICKETS}
    clock.at += timedelta(minutes=10)
    return {"ids": made.ids, "names": made.names}, clock.at


def _tickets(made: World) -> None:
    def reported(name: str, text: str, severity: Severity = Severity.MEDIUM, key: str = "PAY", **more: Any) -> None:
        report = Report(summary=text, severity=severity, type=more.pop("type", TicketType.BUG), happened=text)
        person = more.pop("person", MARIA)
        made.ids[name] = intake.open_ticket(
            made.app, report, person=person, phase_key=key, intake=Intake.COMMAND, **more
        ).id

    reported("new", "A new report about slow pages")
    reported("taken", "Numbers are rounded wrongly")
    reported("asked", "A button does nothing here")
    reported("deferred", "Colours are hard to read")
    reported("fixed", SIMILAR)
    reported("private", "I can see all salaries", Severity.CRITICAL, type=TicketType.SECURITY)
    reported("anonymous", "Managers ignore the queue", anonymous=True, person=made.anonymous)
    reported("double", "Numbers are rounded wrongly too")
    reported("paging", "Nobody can log in at all", Severity.CRITICAL)
    reported("other", "Holidays are missing", key="HR", person=ANN)
    reported("old", "Something of old times", key="OLD", person=ANN)
    reported("again", f"{SIMILAR} again", person=TOM)


def _work(made: World) -> None:
    app, ids = made.app, made.ids
    work.take(app, ids["taken"], JO)
    duplicates.add_affected(app, ids["taken"], TOM)
    promises.make_promise(app, ids["taken"], JO, PromiseKind.FIX, app.now() + timedelta(days=2), "")
    waiting.ask_reporter(app, ids["asked"], JO, "Which page?")
    deferral.defer(app, ids["deferred"], LENA, next(iter(Deferral)), "Later", app.now().date() + timedelta(days=3))
    duplicates.add_affected(app, ids["fixed"], TOM)
    verification.resolve(app, ids["fixed"], JO, Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE))
    duplicates.merge(app, ids["double"], ids["taken"], LENA)
    search.save_view(app, JO, "mine", "open")
    draft = ActionDraft(title="Ask the bank", owner=JO.id, due=app.now().date())
    ids["action"] = actions.add(app, JO, str(ids["taken"]), draft).id
    ids["problem"] = problems.add(app, JO, str(ids["taken"]), None, "Rounding", Severity.LOW).id
    problems.add_cause(app, JO, ids["problem"], "why", "Cents are cut", "PAY-2")
    asked = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Roll back?", options=("Roll back", "Go on"),
                          due_at=app.now() + timedelta(hours=2))  # fmt: skip
    made = replace(asked, choice="Go on", rationale="One ticket only")
    for name, about, draft in (("decision", "taken", asked), ("made decision", "taken", made),
                               ("hidden decision", "private", made)):  # fmt: skip
        ids[name] = decisions.add(app, LENA, "PAY", replace(draft, ticket_id=ids[about])).id
    war_rooms.open_war_room(app, ids["taken"], JO)
    with app.transaction() as tx:
        phase_id = tx.tickets.get_ticket(ids["taken"]).phase_id
        if tx.issue_links.insert("jira", ids["asked"], {}) and (link := tx.issue_links.find("jira", ids["asked"])):
            tx.issue_links.update(link.id, gone=True)  # Jira refused to make it
        ids["stand up"] = tx.stand_ups.insert_question(phase_id, app.now().date(), JO.id, app.now()) or 0
    held = SessionDraft(kind=SessionKind.WORKSHOP, title="Payslips", starts=app.now() + timedelta(days=1), host=JO.id,
                        participants=(MARIA.id, TOM.id), module="Payslip")  # fmt: skip
    ids["session"] = sessions.plan(app, JO, "PAY", held).id
    rehearsals.start(app, LENA, "PAY", "rehearsed")
    with app.store.begin() as tx:
        going = tx.rehearsals.find_of_phase(phase_id)
    assert going
    ids["rehearsal"] = going.id
    soon = replace(held, kind=SessionKind.ONE_ON_ONE, starts=app.now() + timedelta(minutes=5), participants=(MARIA.id,))
    ids["held session"] = sessions.plan(app, JO, "PAY", soon).id
    draft = ActionDraft(title="Close the hole", owner=LENA.id, due=app.now().date())
    ids["hidden action"] = actions.add(app, LENA, str(ids["private"]), draft).id


def _pulse(made: World) -> None:
    app = made.app
    people = [*MEMBERS, MARIA.id, TOM.id]
    for name in ("weekly", "team"):
        with app.transaction() as tx:
            phase = tx.phases.list_phases()[0]
            pulse = next(with_template_defaults(one) for one in phase.pulse.pulses if one.name == name)
            wave = pulses.start(app, tx, phase, pulse, "first")
            assert wave
            made.ids[name] = wave.id
        with app.transaction() as tx:
            waves.invite(app, wave.id, dict.fromkeys(people, "UTC"), {HELP: people}, (), tx)
        with app.store.read() as tx:
            due = tx.waves.list_due_invitations(app.now() + timedelta(days=2), 50)
        with app.transaction() as tx:
            waves.ask(app, due, {}, (), tx)
        answers.tap(app, MARIA, wave.id, "satisfaction", "1")


def _oncall(made: World) -> None:
    app = made.app
    rotas.send_test_pages(app, LENA, DESK)
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0]
    shift = next(shift for _, shift in rotas.list_shifts(app, phase, "primary", timedelta(days=20), RAVI.id))
    swaps.request_swap(app, RAVI, phase.id, swaps.Swap("primary", shift, JO.id))
    with app.store.read() as tx:
        pages = [page for page in (tx.escalations.find_page(n) for n in range(1, 50)) if page]
        paging = tx.escalations.find_newest(made.ids["paging"])
        secret = tx.escalations.find_newest(made.ids["private"])
        lane = next(iter(tx.outbox.list_lanes("swap:")))
    assert paging
    assert secret
    made.ids |= {"escalation": paging.id, "hidden escalation": secret.id, "phase": phase.id}
    made.ids["test page"] = next(page.id for page in pages if page.person == JO.id and page.escalation_id is None)
    made.names["swap"] = lane.name.partition(":")[2]


def _rest(made: World) -> None:
    app = made.app
    notes.draft_now(app, LENA, DESK, (), "draft")
    notes.draft_now(app, HANA, OTHER.triage_channel, (), "draft of another")
    signal_integrations.add(app, "PAY", "kuma", LENA.id)
    target = {"phase": "PAY", "ticket": None}
    text = ArticleText(title="Payslips are empty", solution="Reload the page")
    post_mortems.save(app, LENA, "PAY", 0, {LessonKind.LEARNED: "Test the month-end"}, "post-mortem")
    made.ids["article"] = articles.save_draft(app, LENA, target, text, "article").id
    with app.transaction() as tx:
        day = app.now().date() + timedelta(days=5)
        for name, about in (("workaround", "fixed"), ("hidden workaround", "private")):
            tx.workarounds.insert_workaround(made.ids["phase"], made.ids[about], [MARIA.id, TOM.id], app.now(), day)
            made.ids[name] = tx.workarounds.list_of_ticket(made.ids[about])[0].id
    with app.transaction() as tx:
        sent = FileImport(id=0, phase_id=made.ids["phase"], person=LENA.id, file="F0CSV", name="old.csv",
                          kind=FileKind.TICKETS, state=ImportState.CHECKED, at=app.now(), content=FILE)  # fmt: skip
        made.ids["import"] = tx.file_imports.insert(sent)
        tx.outbox.post(tx.outbox.lane(f"import:{made.ids['phase']}:{made.ids['import']}", LENA.id), {"text": "old.csv"},
                       at=app.now())  # fmt: skip
    with app.store.begin() as tx:  # an exit that can be signed, although much is open
        for subject in (*(f"gate:{gate}" for gate in Gate), "proposal"):
            kind = RecordKind.PROPOSED if subject == "proposal" else RecordKind.WAIVED
            agreed = ExitRecord(kind, subject, LENA.id, "Agreed", app.now())
            tx.exits.insert_record(made.ids["phase"], agreed, tx.seals.insert_next(made.ids["phase"], app.now()))
        lane = tx.outbox.lane(f"reporter:{made.ids['other']}", ANN.id, ticket_id=made.ids["other"])
        dead = tx.outbox.post(lane, {"text": "It will not arrive"}, at=app.now())
        mine = tx.outbox.lane(f"reporter:{made.ids['new']}", MARIA.id, ticket_id=made.ids["new"])
        stuck = tx.outbox.post(mine, {"text": "It will not arrive"}, at=app.now())
        note, other = tx.notes.find_note(1), tx.notes.find_note(2)
        assert dead
        assert stuck
        assert note
        assert other
        made.ids |= {"dead": stuck.id, "dead of another": dead.id, "note": note.id, "note of another": other.id}


def settle(made: World) -> None:
    """Have every message arrive: the first of a lane is its place, as in Slack."""
    dead = [made.ids[name] for name in ("dead", "dead of another") if name in made.ids]
    with made.app.store.begin() as tx:
        firsts = select(messages.c.lane_id, func.min(messages.c.id)).group_by(messages.c.lane_id)
        for lane, first in tx.connection.execute(firsts).all():
            anchor = update(lanes).where(lanes.c.id == lane, lanes.c.thread_ts.is_(None))
            tx.connection.execute(anchor.values(thread_ts=f"1000000000.{first:06}"))
        for row in tx.connection.execute(select(messages.c.id, lanes.c.channel).join(lanes)).all():
            sent = {"state": "sent", "ts": f"1000000000.{row.id:06}", "channel": row.channel, "sent_at": made.app.now()}
            values = {"state": "dead", "error": "is_archived"} if row.id in dead else sent
            tx.connection.execute(update(messages).where(messages.c.id == row.id).values(values))


def only_timer(made: World, kind: str) -> None:
    """Go to when a timer of that kind is due, and have all others due in ten years."""
    with made.app.store.begin() as tx:
        due = select(timer_rows.c.id, timer_rows.c.next_at).where(timer_rows.c.next_at.is_not(None))
        found = tx.connection.execute(due.where(timer_rows.c.kind == kind).order_by(timer_rows.c.id)).first()
        assert found, f"no timer of kind {kind} is set"
        later = update(timer_rows).where(timer_rows.c.id != found.id, timer_rows.c.next_at.is_not(None))
        tx.connection.execute(later.values(next_at=made.app.now() + timedelta(days=3650)))
    move(made, found.next_at)


def move(made: World, to: datetime) -> None:
    """Move the clock on, never back."""
    assert isinstance(made.app.now, StoppedClock)
    made.app.now.at = max(made.app.now.at, to)
