"""The matrix of who may do what, row by row."""

from dataclasses import replace

import pytest

from domain.errors import Refused
from domain.phases.phase import Phase
from domain.tickets.permissions import Action, Person, may, require
from tests.tickets.test_transitions import ticket

PHASE = Phase(key="PAY", name="Payday", system="Payday", triage_channel="C1", oncall_channel="C2", leads=("ULENA",),
              responders=("UJO", "URAVI"), id=1)  # fmt: skip
A = Action
ROWS = {
    # action: reporter, anybody, responder, owner, lead, admin, guest
    A.SEE: (True, True, True, True, True, True, False),
    A.ADD_DETAILS: (True, False, True, True, True, True, False),
    A.WITHDRAW: (True, False, True, True, True, True, False),
    A.CONFIRM: (True, False, True, True, True, True, False),
    A.REOPEN: (True, False, True, True, True, True, False),
    A.WORK: (False, False, True, True, True, True, False),
    A.SEVERITY: (False, False, False, True, True, True, False),
    A.WEIGH: (False, False, False, True, True, True, False),
    A.MERGE: (False, False, False, True, True, True, False),
    A.ASSIGN: (False, False, False, False, True, True, False),
    A.DEFER: (False, False, False, False, True, True, False),
}
PEOPLE = (
    Person("UMARIA"),
    Person("UTOM"),
    Person("URAVI"),
    Person("UJO"),
    Person("ULENA"),
    Person("UADMIN", admin=True),
    Person("ULENA", foreign=True),
)


@pytest.mark.parametrize("action", list(Action))
def test_the_matrix(action: Action) -> None:
    mine = ticket(owner="UJO")
    assert tuple(may(p, action, mine, PHASE) for p in PEOPLE) == ROWS[action]


def test_a_private_ticket_is_only_its_reporters_owners_and_leads() -> None:
    mine = ticket(owner="UJO", private=True)
    assert [may(p, A.SEE, mine, PHASE) for p in PEOPLE] == [True, False, False, True, True, True, False]


def test_a_hidden_ticket_is_refused_as_if_it_did_not_exist() -> None:
    with pytest.raises(Refused, match="There is no PAY-42 that you can see"):
        require(Person("URAVI"), A.WORK, ticket(private=True), PHASE)


def test_a_refusal_says_who_can() -> None:
    with pytest.raises(Refused, match="A lead can: <@ULENA>"):
        require(Person("UJO"), A.ASSIGN, ticket(), PHASE)


def test_a_group_leads_and_responds_by_those_who_are_in_it() -> None:
    groups = {"S0LEADS": ("UANN",), "S0TEAM": ("UJO", "USAM")}
    phase = replace(PHASE, leads=("S0LEADS", "ULENA"), responders=("S0TEAM",), members=groups)
    assert phase.lead_people == ("ULENA", "UANN")
    assert phase.responder_people == ("ULENA", "UJO", "USAM", "UANN")
    assert [may(Person(p), A.ASSIGN, ticket(), phase) for p in ("UANN", "ULENA", "USAM")] == [True, True, False]
    assert [may(Person(p), A.WORK, ticket(), phase) for p in ("UANN", "USAM", "URAVI")] == [True, True, False]


def test_a_group_of_which_nothing_is_known_has_nobody_in_it_and_is_named_as_a_group() -> None:
    phase = replace(PHASE, leads=("ULENA", "S0LEADS"))
    assert phase.lead_people == ("ULENA",)
    with pytest.raises(Refused, match=r"A lead can: <@ULENA>, <!subteam\^S0LEADS>"):
        require(Person("UJO"), A.ASSIGN, ticket(), phase)


def test_every_group_that_a_phase_names_is_asked_for() -> None:
    named = replace(PHASE, leads=("S1",), responders=("S2", "UJO"), testers=("S3",), capacity_path=("S4",))
    assert named.groups == {"S1", "S2", "S3", "S4"}
