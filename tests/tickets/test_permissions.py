"""The matrix of who may do what, row by row."""

import pytest

from domain.errors import Refused
from domain.oncall.settings import OnCallSettings
from domain.people.profile import PersonKind
from domain.phases.permissions import Action, Person, may, require
from domain.phases.phase import Phase
from domain.reporting.settings import ReportingSettings
from tests.tickets.test_transitions import ticket

PHASE = Phase(
    key="PAY",
    name="Payday",
    system="Payday",
    triage_channel="C000001",
    oncall_channel="C000002",
    leads=("U0000LENA",),
    responders=("U0000JO", "U0000RAVI"),
    id=1,
)
A = Action
ROWS = {
    # action: reporter, anybody, responder, owner, lead, admin, guest
    A.SEE: (True, True, True, True, True, True, False),
    A.ADD_DETAILS: (True, False, True, True, True, True, False),
    A.WITHDRAW: (True, False, False, False, False, False, False),
    A.CONFIRM: (True, False, True, True, True, True, False),
    A.REOPEN: (True, False, True, True, True, True, False),
    A.WORK: (False, False, True, True, True, True, False),
    A.SEVERITY: (False, False, False, True, True, True, False),
    A.WEIGH: (False, False, False, True, True, True, False),
    A.MERGE: (False, False, False, True, True, True, False),
    A.ASSIGN: (False, False, False, False, True, True, False),
    A.DEFER: (False, False, False, False, True, True, False),
    A.CLOSE: (False, False, False, False, True, True, False),
}
PEOPLE = (
    Person("UMARIA"),
    Person("U0000TOM"),
    Person("U0000RAVI"),
    Person("U0000JO"),
    Person("U0000LENA"),
    Person("U0000ADMIN", admin=True),
    Person("U0000LENA", PersonKind.STRANGER),
)


@pytest.mark.parametrize("action", list(Action))
def test_the_matrix(action: Action) -> None:
    mine = ticket(owner="U0000JO")
    assert tuple(may(p, action, mine, PHASE) for p in PEOPLE) == ROWS[action]


def test_a_private_ticket_is_only_its_reporters_owners_and_leads() -> None:
    mine = ticket(owner="U0000JO", private=True)
    assert [may(p, A.SEE, mine, PHASE) for p in PEOPLE] == [True, False, False, True, True, True, False]


def test_a_hidden_ticket_is_refused_as_if_it_did_not_exist() -> None:
    with pytest.raises(Refused, match="There is no such ticket that you can see"):
        require(Person("U0000RAVI"), A.WORK, ticket(private=True), PHASE)


def test_a_refusal_says_who_can() -> None:
    with pytest.raises(Refused, match=r"Only a lead can .*: U0000LENA"):
        require(Person("U0000JO"), A.ASSIGN, ticket(), PHASE)


def test_a_group_leads_and_responds_by_those_who_are_in_it() -> None:
    groups = {"S0LEADS": ("U0000ANN",), "S0TEAM": ("U0000JO", "USAM")}
    phase = PHASE.model_copy(update={"leads": ("S0LEADS", "U0000LENA"), "responders": ("S0TEAM",), "members": groups})
    assert phase.lead_people == ("U0000LENA", "U0000ANN")
    assert phase.responder_people == ("U0000LENA", "U0000JO", "USAM", "U0000ANN")
    assert [may(Person(p), A.ASSIGN, ticket(), phase) for p in ("U0000ANN", "U0000LENA", "USAM")] == [True, True, False]
    assert [may(Person(p), A.WORK, ticket(), phase) for p in ("U0000ANN", "USAM", "U0000RAVI")] == [True, True, False]


def test_an_unknown_group_is_empty_and_is_mentioned_as_a_group() -> None:
    phase = PHASE.model_copy(update={"leads": ("U0000LENA", "S0LEADS")})
    assert phase.lead_people == ("U0000LENA",)
    with pytest.raises(Refused, match="U0000LENA, S0LEADS"):
        require(Person("U0000JO"), A.ASSIGN, ticket(), phase)


def test_every_group_that_a_phase_names_is_asked_for() -> None:
    settings = {
        "reporting": ReportingSettings(testers=("S000003",)),
        "oncall": OnCallSettings(capacity_path=("S000004",)),
    }
    named = PHASE.model_copy(update={"leads": ("S000001",), "responders": ("S000002", "U0000JO"), **settings})
    assert named.groups == {"S000001", "S000002", "S000003", "S000004"}
