"""Every door for every kind of person: who may not read about others learns nothing and changes nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.oncall.settings import Layer, OnCallSettings, Rota
from domain.people.abilities import ABILITIES, Ability
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.permissions import Person, is_lead, is_responder
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Report, Severity
from handlers import adapters, routes
from handlers.errors import polite
from handlers.request import OpenModal, Reply, Request, UpdateModal
from storage.store import Store
from storage.tickets.tables import affected, events, tickets
from tests.conftest import Clock

HOME = Organization(("T0HOME", "T0PLANT"), "E0ORG")
WORDS = "The salaries of the board"
SAM, JO = "U0SAM0000", "U0JO00000"
TEXTS = ("", "PAY-1", "1", "PAY", "salaries", "PAY-1 PAY-1", "module", "preview", "override", "swap")


def profile(person: str, **facts: Any) -> Profile:
    given = {"display_name": person.lower(), "team": "T0HOME", "fetched_at": datetime(2026, 3, 2, tzinfo=UTC), **facts}
    return Profile(id=person, **given)


# One account for each way of being of a kind.
ACCOUNTS: dict[str, tuple[PersonKind, dict[str, Any] | None]] = {
    "U0MEMBER0": (PersonKind.MEMBER, {}),
    "U0PLANT00": (PersonKind.MEMBER, {"team": "T0PLANT", "enterprise": "E0ORG"}),
    "W0ORGWIDE": (PersonKind.MEMBER, {"team": "E0ORG"}),
    "U0ORGNEW0": (PersonKind.MEMBER, {"team": "T0UNLISTED", "enterprise": "E0ORG"}),
    "U0GUEST00": (PersonKind.GUEST, {"is_restricted": True}),
    "U0SINGLE0": (PersonKind.GUEST, {"is_ultra_restricted": True}),
    "U0PARTNER": (PersonKind.STRANGER, {"team": "T0PARTNER"}),
    "U0PARTORG": (PersonKind.STRANGER, {"team": "T0PARTNER", "enterprise": "E0PARTNER"}),
    "U0NOSHARE": (PersonKind.STRANGER, {"is_stranger": True}),
    "U0DEPLOY0": (PersonKind.APP, {"is_bot": True}),
    "U0DORA000": (PersonKind.DEACTIVATED, {"deleted": True}),
    "U0WHO0000": (PersonKind.UNKNOWN, None),
}
# One person of each kind, as which kind an account is of has a test of its own.
OUTSIDE = {kind: one for one, (kind, _) in ACCOUNTS.items() if Ability.READ not in ABILITIES[kind]}


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT0000", home=HOME)
    rota = Rota(name="primary", layers=(Layer(people=(SAM,)),))
    phases.apply_settings(app, PhaseSettings(
        key="PAY", name="Payday", triage_channel="C0DESK000", oncall_channel="C0CALL000", leads=("U0LENA000",),
        responders=(JO, "U0GUEST0TEAM"), oncall=OnCallSettings(rotas=(rota,)),
    ))  # fmt: skip
    with store.begin() as tx:
        for person, (_, facts) in ACCOUNTS.items():
            if facts is not None:
                tx.profiles.save(profile(person, **facts))
    report = Report(summary=WORDS, severity=Severity.HIGH)
    intake.open_ticket(app, report, person=Person("U0MARIA00"), intake=Intake.COMMAND)
    return app


def doors() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every handler that a person can reach, with what may be asked of it."""
    for verb, handler in routes.COMMANDS.items():
        for text in TEXTS:
            yield f"command {verb} {text}", handler, {"text": text}
    for action, handler in routes.ACTIONS.items():
        for value in ("1", "1:all", "1:1", "PAY", "1:1:1"):
            yield f"action {action} {value}", handler, {"value": value}
    for callback, handler in routes.VIEWS.items():
        view = {"private_metadata": "1", "blocks": [], "state": {"values": {}}, "callback_id": callback}
        yield f"view {callback}", handler, {"view": view}
    for callback, handler in routes.SHORTCUTS.items():
        yield f"shortcut {callback}", handler, {"payload": {"message": {"text": "x", "ts": "1.1", "user": "U0MEMBER0"}}}


def shown(answer: Any) -> str:
    """All words of an answer."""
    match answer:
        case Reply(message=message):
            return json.dumps(message, ensure_ascii=False)
        case OpenModal(view=view) | UpdateModal(view=view):
            return json.dumps(view, ensure_ascii=False)
    return ""


def rows(app: AppContext) -> Mapping[str, int]:
    with app.store.read() as tx:
        return {t.name: tx.connection.scalar(select(func.count()).select_from(t)) or 0
                for t in (tickets, events, affected)}  # fmt: skip


def test_the_kind_of_a_person_follows_from_their_account_and_never_from_a_request(app: AppContext) -> None:
    for person, (kind, _) in ACCOUNTS.items():
        for team in (None, "T0PARTNER", "E0PARTNER", "", 7):
            assert app.person(person, team).kind is kind, person
    assert app.person("U0PARTNER", "T0HOME").kind is PersonKind.STRANGER
    assert app.person("U0WHO0000", "T0PLANT").kind is PersonKind.MEMBER  # the best guess while Slack does not answer
    assert app.person(JO).kind is PersonKind.MEMBER  # whom an operator named


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # who may read is asked before a database is
def test_people_outside_learn_nothing_about_others_and_change_nothing(app: AppContext) -> None:
    before, people = rows(app), [app.person(one) for one in OUTSIDE.values()]
    for number, (name, handler, given) in enumerate(doors()):
        for person in people:
            call = Request(person=person, request=f"{number} {person.id}", channel="C0DESK000", **given)
            words = shown(polite(adapters.admitting(handler), app, call))
            for secret in (WORDS, SAM, JO):
                assert secret not in words, f"{person.id}: {name}"
            assert person.can(Ability.REPORT) or adapters.NO_ACCOUNT in words, f"{person.id}: {name}"
    assert rows(app) == before


def test_a_member_of_any_workspace_of_the_organization_reads_the_same(app: AppContext) -> None:
    members = [one for one, (kind, _) in ACCOUNTS.items() if kind is PersonKind.MEMBER]
    for verb, text, expected in (("show", "PAY-1", WORDS), ("list", "", WORDS), ("oncall", "", SAM)):
        answers = [polite(routes.COMMANDS[verb], app, Request(person=app.person(one), request=one, text=text,
                                                             channel="C0DESK000")) for one in members]  # fmt: skip
        assert all(expected in shown(answer) for answer in answers), verb


def test_a_guest_whom_an_operator_named_is_in_the_team_and_a_stranger_never_is(app: AppContext) -> None:
    with app.store.begin() as tx:
        tx.profiles.save(profile("U0GUEST0TEAM", is_restricted=True))
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0]
    assert is_responder(app.person("U0GUEST0TEAM"), phase)
    for kind in (PersonKind.STRANGER, PersonKind.UNKNOWN, PersonKind.APP, PersonKind.DEACTIVATED):
        assert not is_lead(Person("U0LENA000", kind, admin=True), phase)


def test_services_never_ask_slack_who_a_person_is_within_a_transaction() -> None:
    services = Path(__file__).parents[2] / "bot" / "services"
    assert [path.name for path in services.rglob("*.py") if re.search(r"app\.person\(", path.read_text("utf-8"))] == []
