"""Who writes to the bot in Microsoft Teams, and to which phases they may report."""

from datetime import timedelta

from bot.context import AppContext
from bot.views.teams import chat as views
from domain.errors import Refused
from domain.people.profile import PersonKind
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.tickets.filters import Filter
from domain.tickets.ticket import Intake
from storage.teams.people import TeamsPerson
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

HOUR = timedelta(hours=1)
MAX_IN_AN_HOUR = 30  # reports of one person


def person_of(known: TeamsPerson) -> Person:
    """Return the person as one without an account in Slack, whatever else they are."""
    return Person(known.id, kind=PersonKind.STRANGER)


def open_phases(tx: Transaction) -> list[Phase]:
    """Return the phases that take reports from Teams."""
    return [one for one in tx.phases.list_phases() if one.is_active and one.teams.reports]


def check_pace(app: AppContext, tx: Transaction, phase: Phase, person: Person) -> None:
    """Refuse more reports of one person than people write in an hour."""
    mine = Filter(scope="all", sources=(Intake.TEAMS,), newer=HOUR, reporter=person.id)
    reader = ListReader(id="", leads=(phase.id,))
    if tx.lists.count_tickets(mine, [phase], reader, app.now()) >= MAX_IN_AN_HOUR:
        raise Refused(views.TOO_MANY)
