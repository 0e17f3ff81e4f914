"""What programs reach, and people who hold a link or a token: compared with the table in rights.txt."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import select

from bot.services.api import reading
from bot.services.connectors import incoming
from bot.services.mail import answers, digests, web_form
from bot.services.oncall.calendar_feed import calendar_of
from bot.services.phases import links, marks, phases
from bot.services.reporting import digest, wallboard
from bot.transport import mcp_server
from bot.views.form import InvalidForm
from connectors.registry import KINDS as TRACKERS
from domain.api.query import ApiError, Scope
from domain.connectors.issue import Category, Issue, IssueComment, IssueFile, IssuePerson
from domain.connectors.merging import Accounts, ours
from domain.connectors.settings import Direction
from domain.errors import Refused
from domain.mail.outgoing import MailAnswer
from domain.mail.settings import MailSettings
from domain.phases.link import LinkKind
from domain.phases.settings import PhaseSettings
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.delivery.tables import lanes, messages
from tests.trust import stages, ways_in
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.test_commit_points import _without_log_lines  # noqa: F401
from tests.trust.test_rights import table
from tests.trust.world import HANA, LENA, MARIA, OSKAR, PAY, RAVI, World

# Who holds a token of the read API: which scopes it has, and what became of it.
PROGRAMS: Mapping[str, tuple[Scope, ...]] = {
    "tickets": (Scope.TICKETS,), "events": (Scope.EVENTS,), "tickets and events": (Scope.TICKETS, Scope.EVENTS),
    "every scope": tuple(Scope), "private alone": (Scope.PRIVATE,),
}  # fmt: skip
TICKETS = {"ordinary": "new", "private": "private", "anonymous": "anonymous", "of another phase": "other"}
Use = Callable[[str], object]  # with a token


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("programs") / "world.db")


def compare(found: Mapping[str, list[str]], kind: str) -> None:
    """Compare who got through with the rows of the table that begin with that word."""
    wanted = {label: names for label, names in table().items() if label.startswith(f"{kind} ")}
    rows = {label: ", ".join(names) or "no one" for label, names in found.items()}
    wrong = [f"{label}: {rows.get(label)}, the table says {wanted.get(label)}"
             for label in {**wanted, **rows} if rows.get(label) != wanted.get(label)]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def gets(use: Callable[[], object]) -> bool:
    """Return whether something is shown or done."""
    try:
        return bool(use())
    except (ApiError, Refused, InvalidForm, mcp_server.ToolError):
        return False


def test_tokens_of_programs_reach_what_their_scopes_say(on_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict[str, list[str]]()
    with on_sqlite(Fuse()) as made:
        tokens = {name: reading.create_token(made.app, "PAY", LENA.id, scopes, 1) for name, scopes in PROGRAMS.items()}
        for name, token in tokens.items():
            for label, use in _of_program(made, token, monkeypatch):
                found.setdefault(f"program {label}", []).extend([name] if gets(use) else [])
    compare(found, "program")


def _of_program(made: World, token: str, patch: pytest.MonkeyPatch) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield everything that a program may try: each route of the read API and each tool, with each kind of ticket."""
    app, names = made.app, {kind: made.names[name] for kind, name in TICKETS.items()}

    def lists(kind: str) -> bool:
        page = reading.list_tickets(app, token, {"limit": ["200"]})
        return names[kind] in [one["name"] for one in page["tickets"]]

    yield "GET /api/v1/figures", lambda: reading.get_figures(app, token)
    for kind, name in names.items():
        yield f"GET /api/v1/tickets with {kind}", partial(lists, kind)
        yield f"GET /api/v1/tickets/{{name}} {kind}", partial(reading.get_ticket, app, token, name)
        yield f"GET /api/v1/tickets/{{name}}/events {kind}", partial(reading.list_events, app, token, name)

    async def answer(_api: object, path: str, parameters: Any = ()) -> dict[str, Any]:
        """What the read API answers, without the network between."""
        match path.strip("/").split("/"):
            case ["tickets"]:
                return reading.list_tickets(app, token, {key: [value] for key, value in parameters})
            case ["tickets", name]:
                return reading.get_ticket(app, token, name)
            case ["tickets", name, "events"]:
                return reading.list_events(app, token, name)
            case ["figures"]:
                return reading.get_figures(app, token)
        raise AssertionError(path)

    patch.setattr(mcp_server._Api, "_get", answer)
    server = mcp_server.create_server("http://localhost", token, "1")
    for tool in asyncio.run(server.list_tools()):
        takes_name = "name" in tool.input_schema["properties"]
        for kind in names if takes_name else ("",):
            given = {"name": names[kind]} if takes_name else {}
            label = f"tool {tool.name} {kind}".strip()
            yield label, lambda tool=tool, given=given: asyncio.run(server.call_tool(tool.name, given))  # type: ignore[misc]


def test_a_token_opens_its_own_route_and_no_other(on_sqlite: Make) -> None:
    """Also not once it is revoked or expired, or once the person who made it may no longer do so."""
    found = dict[str, list[str]]()
    with on_sqlite(fuse := Fuse()) as made:
        phases.apply_settings(made.app, PAY.model_copy(update={"mail": MailSettings(address=ways_in.ADDRESS)}))
        tokens = dict(_tokens(made))
        routes = _routes(made)
        assert {*routes} == {way for way in (*ways_in.WAYS_IN, *ways_in.READS) if "{token}" in way or "/api/" in way}
        fuse.undoes = True
        for route, use in routes.items():
            found[f"token {route}"] = [name for name, token in tokens.items() if gets(partial(use, token))]
    compare(found, "token")


def _tokens(made: World) -> Iterator[tuple[str, str]]:
    def link(kind: LinkKind, person: str, phase: int, days: int = 1) -> str:
        with made.app.transaction() as tx:
            token, now = f"{kind} {person} {phase} {days}", made.app.now()
            tx.links.insert(token, kind, phase, person, at=now, until=now + timedelta(days=days), scopes=tuple(Scope))
        return token

    with made.app.store.read() as tx:
        old = tx.tickets.get_ticket(made.ids["old"]).phase_id
    for kind in (one for one in LinkKind if one is not LinkKind.REHEARSAL):
        yield f"{kind}", link(kind, LENA.id, made.ids["phase"])
        yield f"{kind} of an ended phase", link(kind, OSKAR.id, old)
        yield f"{kind} of a responder", link(kind, RAVI.id, made.ids["phase"])
        yield f"{kind} of another phase's lead", link(kind, HANA.id, made.ids["phase"])
        yield f"expired {kind}", link(kind, LENA.id, made.ids["phase"], -1)
        revoked = link(kind, LENA.id, made.ids["phase"], 2)
        links.revoke(made.app, max(one.id for _, one in links.list_links(made.app)))
        yield f"revoked {kind}", revoked
    with made.app.transaction() as tx:  # the bot makes these itself, and tells no one
        yield "rehearsal", marks.create(made.app, made.ids["phase"], tx)
    yield f"expired {LinkKind.REHEARSAL}", link(LinkKind.REHEARSAL, made.app.bot_user, made.ids["phase"], -1)
    yield "report page", web_form.submit(made.app, ways_in.link(made, LinkKind.FORM), ways_in.FORM)
    ticket, writer = ways_in.resolved_by_mail(made)
    answer = answers.link_of(made.app, ticket, writer, MailAnswer.FIXED, 1).rpartition("/")[2]
    yield "answer by mail", answer
    text, _, seal = answer.rpartition(".")  # of its last letter not every bit counts
    yield "forged", f"{text}.{'A' if seal[0] != 'A' else 'B'}{seal[1:]}"
    yield "empty", ""
    yield "unsubscribe", ways_in.subscribed(made)


def _routes(made: World) -> Mapping[str, Use]:
    app = made.app

    def done(work: Callable[[], object]) -> bool:
        work()
        return True

    return {
        "GET /oncall/{token}.ics": lambda token: calendar_of(app, token),
        "GET /reports/{token}": lambda token: digest.opened(app, token),
        "GET /wallboards/{token}": lambda token: wallboard.opened(app, token),
        "GET /forms/{token}": lambda token: web_form.open_form(app, token),
        "GET /forms/{token}/code.svg": lambda token: web_form.open_form(app, token),
        "POST /forms/{token}": lambda token: web_form.submit(app, token, ways_in.FORM | {"once": token[-30:]}),
        "GET /reports-by-form/{token}": lambda token: web_form.follow(app, token),
        "POST /reports-by-form/{token}": lambda token: done(
            lambda: web_form.act(app, token, {"text": "It is back", "once": token[-30:]})
        ),
        "GET /mail/answers/{token}": lambda token: answers.name_of_ticket(app, token),
        "POST /mail/answers/{token}": lambda token: done(lambda: answers.use_link(app, token, "")),
        "GET /unsubscribe/{token}": lambda token: digests.look(app, token)[0] == HTTPStatus.OK,
        "POST /unsubscribe/{token}": lambda token: digests.unsubscribe(app, token)[0] == HTTPStatus.OK,
        "GET /api/v1/figures": lambda token: reading.get_figures(app, token),
        "GET /api/v1/tickets": lambda token: reading.list_tickets(app, token, {}),
        "GET /api/v1/tickets/{name}": lambda token: reading.get_ticket(app, token, made.names["new"]),
        "GET /api/v1/tickets/{name}/events": lambda token: reading.list_events(app, token, made.names["new"]),
    }


ACCOUNTS = {"a responder": ("new", "acc-ravi"), "a reporter": ("taken", "acc-maria"), "a stranger": ("asked", "acc-x")}
DEVELOPER, OURS = IssuePerson(id="acc-dev", name="Dana"), IssuePerson(id="acc-bot", name="Hypercare", is_us=True)
WRITER = IssuePerson(id="acc-maria", name="Maria")
COMMENTS = {
    "public comment": IssueComment(id="1", author=DEVELOPER, text="It is the cable", is_public=True),
    "internal comment": IssueComment(id="2", author=DEVELOPER, text="The customer is difficult"),
    "comment of the reporter": IssueComment(id="3", author=WRITER, text="It is urgent", is_public=True),
    "comment of ours": IssueComment(id="4", author=OURS, text="Copied from here", is_public=True),
}
FILE = IssueFile(id="5", name="plan.png", link="https://jira.example/plan.png", author=DEVELOPER)


def test_a_tracker_writes_what_its_connection_says(on_sqlite: Make) -> None:
    """Whose value counts is a setting; who reads a comment depends on how public it is there."""
    found = dict[str, list[str]]()
    for system in TRACKERS:
        for direction in Direction:
            with on_sqlite(Fuse()) as made:
                _connect(made, system, direction)
                for account, (name, assignee) in ACCOUNTS.items():
                    before, after = _take_in(made, system, made.ids[name], assignee)
                    changed = {
                        "status": after.status is Status.INVESTIGATING,  # a reply there acknowledges, whoever counts
                        "severity": before.severity is not after.severity,
                        f"owner, {account}": before.owner != after.owner,
                    }
                    for part, is_taken in changed.items():
                        row = found.setdefault(f"tracker writes {part}", [])
                        row += [f"{system} {direction}"] if is_taken and f"{system} {direction}" not in row else []
                for name, words in {**{name: one.text for name, one in COMMENTS.items()}, "file": FILE.name}.items():
                    found[f"tracker {name}"] = _readers(made, made.ids["new"], words)
    compare(found, "tracker")


def _connect(made: World, system: str, direction: Direction) -> None:
    one = {"system": system, "project": "OPS", **dict.fromkeys(("status", "severity", "owner"), direction),
           "severities": {"high": "High", "medium": "Medium"}, "people": {RAVI.id: "acc-ravi", MARIA.id: "acc-maria"},
           }  # fmt: skip
    phases.apply_settings(made.app, PhaseSettings.model_validate(PAY.model_dump() | {"connections": (one,)}))


def _take_in(made: World, system: str, ticket_id: int, assignee: str) -> tuple[Ticket, Ticket]:
    """Have the issue of a ticket differ from it in everything; return the ticket before and after."""
    at = made.app.now() + timedelta(minutes=1)
    issue = Issue(id=f"1000{ticket_id}", key=f"OPS-{ticket_id}", link="https://jira.example/1", status="In Progress",
                  category=Category.STARTED, priority="High", updated_at=at,
                  assignee=IssuePerson(id=assignee, name="Someone"),
                  comments=tuple(COMMENTS.values()), files=(FILE,))  # fmt: skip
    with made.app.transaction() as tx:
        before = tx.tickets.get_ticket(ticket_id)
        accounts = Accounts(tx.phases.get(before.phase_id).connections[0].people, before.owner)
        tx.issue_links.insert(system, ticket_id, ours(before))
        link = tx.issue_links.find(system, ticket_id)
        assert link
        then = {"status": "To Do", "severity": "Medium", "owner": ""}
        tx.issue_links.update(link.id, issue_id=issue.id, key=issue.key, theirs=then)
    with made.app.transaction() as tx:
        link = tx.issue_links.find(system, ticket_id)
        assert link
        assert incoming.take_in(made.app, tx, system, link, issue, accounts)
    with made.app.store.read() as tx:
        return before, tx.tickets.get_ticket(ticket_id)


def _readers(made: World, ticket_id: int, words: str) -> list[str]:
    """Return whose lanes have a message with these words."""
    asked = select(lanes.c.name, messages.c.payload).join(lanes).where(lanes.c.ticket_id == ticket_id)
    with made.app.store.read() as tx:
        found = {name.partition(":")[0] for name, payload in tx.connection.execute(asked) if words in str(payload)}
    return sorted(found)
