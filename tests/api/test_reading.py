"""The read API: what a token shows, and to whom."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from bot.context import AppContext
from bot.services.api import reading
from bot.services.intake.intake import open_ticket
from bot.services.phases import links
from bot.transport.api import ApiEndpoint
from bot.transport.pace import Pace
from bot.views.api.openapi import document
from domain.api.query import MOST_ID, ApiError, Scope, read_query
from domain.delivery.rate_limits import Rate
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from tests.api.conftest import LENA, NOW
from tests.support.loop import Loop

MARIA = "U0MARIA00"
ALL = (Scope.TICKETS, Scope.EVENTS, Scope.PRIVATE)
DOCUMENT = document("0.2.0", "https://hypercare.example")


def report(app: AppContext, summary: str, key: str = "PAY", *, anonymous: bool = False, **more: Any) -> None:
    given_by = {"severity": Severity.MEDIUM} | more
    open_ticket(app, Report(summary=summary, **given_by), person=Person(MARIA), phase_key=key, intake=Intake.COMMAND,
                anonymous=anonymous)  # fmt: skip


@pytest.fixture
def tickets(app: AppContext) -> AppContext:
    """PAY-1 to PAY-4, of which the second is private and the third anonymous, and one of another phase."""
    report(app, "Totals are wrong", happened="Since Monday")
    report(app, "I can see all salaries", type=TicketType.SECURITY)
    report(app, "A colleague deletes entries", anonymous=True)
    report(app, "Names are wrong", severity=Severity.HIGH)
    report(app, "Elsewhere", "CRM")
    return app


def names(found: dict[str, Any]) -> list[str]:
    return [one["name"] for one in found["tickets"]]


def test_a_token_shows_what_its_scopes_say_and_nothing_of_another_phase(tickets: AppContext) -> None:
    public = reading.create_token(tickets, "PAY", LENA, (Scope.TICKETS,), 7)
    every = reading.create_token(tickets, "PAY", LENA, ALL, 7)
    assert names(reading.list_tickets(tickets, public, {})) == ["PAY-1", "PAY-4"]
    assert names(reading.list_tickets(tickets, every, {})) == ["PAY-1", "PAY-2", "PAY-3", "PAY-4"]
    assert reading.get_ticket(tickets, public, "PAY-1")["report"]["happened"] == "Since Monday"
    for token, name in ((public, "PAY-2"), (public, "PAY-3"), (every, "CRM-1"), (every, "PAY-9"), (every, "pay'--")):
        with pytest.raises(ApiError) as no:
            reading.get_ticket(tickets, token, name)
        assert no.value.status == 404
    with pytest.raises(ApiError) as no:
        reading.list_events(tickets, public, "PAY-1")
    assert no.value.status == 403


def test_words_find_tickets_and_figures_count_them_without_private_ones(tickets: AppContext) -> None:
    public = reading.create_token(tickets, "PAY", LENA, (Scope.TICKETS,), 7)
    assert names(reading.list_tickets(tickets, public, {"words": ["wrong totals"]})) == ["PAY-1"]
    assert names(reading.list_tickets(tickets, public, {"words": ["salaries"]})) == []
    assert names(reading.list_tickets(tickets, public, {"words": ["!"]})) == []
    found = reading.get_figures(tickets, public)
    assert (found["phase"], found["open"]["total"], found["open"]["severities"]["high"]) == ("PAY", 3, 1)
    assert found["today"]["opened"] == 3


def test_no_answer_names_the_reporter_of_a_private_or_an_anonymous_ticket(tickets: AppContext) -> None:
    token = reading.create_token(tickets, "PAY", LENA, ALL, 7)
    for name in ("PAY-2", "PAY-3"):
        shown = [reading.get_ticket(tickets, token, name), reading.list_events(tickets, token, name)]
        assert MARIA not in str(shown)
        assert "alias-" not in str(shown)
    assert reading.get_ticket(tickets, token, "PAY-1")["reporter"] == MARIA


def test_pages_follow_each_other_without_a_gap(tickets: AppContext) -> None:
    token, seen, after = reading.create_token(tickets, "PAY", LENA, ALL, 7), [], {}
    while True:
        page = reading.list_tickets(tickets, token, {"limit": ["1"], **after})
        seen += names(page)
        if page["next"] is None:
            break
        after = {"after": [page["next"]]}
    assert seen == ["PAY-1", "PAY-2", "PAY-3", "PAY-4"]
    assert names(reading.list_tickets(tickets, token, {"severity": ["high"]})) == ["PAY-4"]
    assert names(reading.list_tickets(tickets, token, {"changed_since": ["2026-11-25T00:00:00+01:00"]})) == []


def test_a_token_ends_with_the_right_of_its_person_and_when_it_is_revoked(tickets: AppContext) -> None:
    token = reading.create_token(tickets, "PAY", LENA, (Scope.TICKETS,), 7)
    ((_, listed),) = links.list_links(tickets)
    assert listed.scopes == ("tickets",)
    with tickets.store.read() as tx:
        assert token not in str(tx.connection.exec_driver_sql("SELECT * FROM links").all())
    links.revoke(tickets, listed.id)
    for wrong in (token, "", "x" * 200, "\udcff"):
        with pytest.raises(ApiError) as no:
            reading.list_tickets(tickets, wrong, {})
        assert no.value.status == 401
    with pytest.raises(Refused, match="doesn't lead PAY"):
        reading.create_token(tickets, "PAY", MARIA, ALL, 7)


@pytest.mark.parametrize("query", [
    {"limit": ["0"]}, {"limit": ["201"]}, {"limit": ["٣"]}, {"limit": ["1", "2"]}, {"after": ["-1"]},
    {"status": ["open"]}, {"changed_since": ["yesterday"]}, {"changed_since": ["2026-11-25"]},
    {"changed_since": ["0001-01-01T00:00:00+23:00"]},
    {"changed_since": ["2026-13-01T00:00:00Z"]}, {"order": ["id"]}, {"after": ["9" * 5000]},
    {"after": [str(MOST_ID + 1)]},
])  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_refused_in_words(query: dict[str, list[str]]) -> None:
    with pytest.raises(ApiError) as no:
        read_query(query)
    assert no.value.status == 400
    assert len(no.value.text) < 200


@given(
    st.dictionaries(
        st.sampled_from(["limit", "after", "status", "changed_since"]), st.lists(st.text(max_size=30), max_size=2)
    )
)
@settings(max_examples=20)
def test_no_parameter_breaks_the_reading(query: dict[str, list[str]]) -> None:
    try:
        read_query(query)
    except ApiError as no:
        assert no.status == 400  # noqa: PT017 - both outcomes are right


def test_the_largest_numbers_that_the_description_allows_are_taken() -> None:
    asked = read_query({"after": [str(MOST_ID)], "limit": ["200"]})
    assert (asked.after, asked.limit) == (MOST_ID, 200)


def test_the_description_is_valid_and_every_answer_is_as_it_says(tickets: AppContext) -> None:
    validate(DOCUMENT)
    token = reading.create_token(tickets, "PAY", LENA, ALL, 7)
    answers = {"TicketPage": reading.list_tickets(tickets, token, {}),
               "WholeTicket": reading.get_ticket(tickets, token, "PAY-1"),
               "Events": reading.list_events(tickets, token, "PAY-3"),
               "Figures": reading.get_figures(tickets, token)}  # fmt: skip
    for schema, answer in answers.items():
        strict = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
        Draft202012Validator(strict).validate(json.loads(json.dumps(answer)))
        assert set(answer) == set(DOCUMENT["components"]["schemas"][schema]["properties"])


def test_each_stranger_has_a_pace_of_their_own() -> None:
    pace = Pace(Rate(2, timedelta(seconds=10)), most=2)
    assert [pace.wait("a", NOW) for _ in range(3)] == [0, 0, 10]
    assert pace.wait("b", NOW) == 0
    assert pace.wait("a", NOW + timedelta(seconds=10)) == 0


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def test_over_http_a_program_gets_json_for_everything(loop: Loop) -> None:
    """Also for what is refused, and a program that asks too often is told when to ask again."""

    def tickets(token: str, query: Any) -> dict[str, Any]:
        if token != "right":
            raise ApiError(401, "no")
        return {"tickets": [], "next": None, "query": query}

    async def visit() -> list[tuple[int, Any, Any]]:
        with ThreadPoolExecutor(1) as pool:
            endpoint = ApiEndpoint(tickets, partial(dict), partial(dict), partial(dict), DOCUMENT, lambda: NOW, pool)
            app = web.Application()
            endpoint.add(app)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
            found = []
            async with ClientSession() as session:
                asked = [("/openapi.json", ""), ("/tickets", "wrong"), ("/tickets?status=a&status=b", "right")]
                for path, token in [*asked, *[("/tickets", "often")] * 61]:
                    headers = {"Authorization": f"Bearer {token}"}
                    async with session.get(base + path, headers=headers) as answer:
                        found.append((answer.status, await answer.json(), answer.headers))
            await runner.cleanup()
            return found

    described, wrong, right, *often = loop.run(visit())
    assert described[1] == DOCUMENT
    assert (wrong[0], wrong[1]) == (401, {"error": "no"})
    assert wrong[2]["WWW-Authenticate"].startswith("Bearer")
    assert right[1]["query"] == {"status": ["a", "b"]}
    assert [one[0] for one in often] == [401] * 60 + [429]
    assert often[-1][2]["Retry-After"] == "1"
