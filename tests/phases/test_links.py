"""Links that are opened without Slack: each opens for its right only, can be listed, and can be revoked."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.context import AppContext
from bot.services.phases import links, phases
from bot.services.registry import FEATURES
from domain.errors import Refused
from domain.people.profile import PersonKind
from domain.phases.link import Link, LinkKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from storage.store import Store

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LENA, JO, TOM = "U0LENA000", "U0JO00000", "U0TOM0000"
SETTINGS = PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK000", oncall_channel="C0ONCALL0",
                         leads=(LENA,), responders=(JO,))  # fmt: skip


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW)
    phases.apply_settings(made, SETTINGS)
    return made


def created(app: AppContext, kind: LinkKind, person: str, days: int = 7) -> str:
    with app.transaction() as tx:
        return links.create(app, tx, kind, tx.phases.list_phases()[0], person, days)


def test_a_link_opens_only_for_its_kind_and_is_stored_as_a_hash(app: AppContext) -> None:
    token = created(app, LinkKind.REPORT, LENA)
    found = links.find_open(app, LinkKind.REPORT, token)
    assert found
    assert (found[0].key, found[1].person) == ("PAY", LENA)
    assert links.find_open(app, LinkKind.CALENDAR, token) is None
    with app.store.read() as tx:
        assert token not in str(tx.connection.exec_driver_sql("SELECT * FROM links").all())


def test_a_revoked_link_opens_no_more_and_the_audit_log_has_both(app: AppContext) -> None:
    kept, gone = created(app, LinkKind.REPORT, LENA), created(app, LinkKind.CALENDAR, JO)
    (_, first), (phase, second) = links.list_links(app)
    assert (first.person, second.person, phase.key) == (LENA, JO, "PAY")
    links.revoke(app, second.id)
    assert links.find_open(app, LinkKind.CALENDAR, gone) is None
    assert links.find_open(app, LinkKind.REPORT, kept)
    with app.store.read() as tx:
        done = str(tx.connection.exec_driver_sql("SELECT action FROM audit").all())
    assert "calendar link revoked" in done
    assert "report link, 7 days" in done
    with pytest.raises(Refused, match="There is no link"):
        links.revoke(app, second.id)


def test_who_leads_no_more_has_no_link_to_the_report(app: AppContext) -> None:
    token = created(app, LinkKind.REPORT, LENA)
    phases.apply_settings(app, SETTINGS.model_copy(update={"leads": (JO,)}))
    assert links.find_open(app, LinkKind.REPORT, token) is None


@pytest.mark.parametrize("kind", LinkKind)
def test_each_kind_of_link_needs_its_own_right(app: AppContext, kind: LinkKind) -> None:
    """Every kind of account, in each role, before and after the end: a guest in the team works, all others don't."""
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0]
    link = Link(1, kind, phase.id, LENA, NOW, NOW + timedelta(days=1))
    team = {LENA, JO} if kind is LinkKind.CALENDAR else {LENA}
    for who, account, later in product((LENA, JO, TOM), PersonKind, (timedelta(), timedelta(days=1))):
        mine = who in team and account in (PersonKind.MEMBER, PersonKind.GUEST)
        allowed = (mine or kind is LinkKind.REHEARSAL) and not later  # marks of a rehearsal are the bot's own
        assert link.opens_for(Person(who, account), phase, NOW + later) is allowed
