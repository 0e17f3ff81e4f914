"""Every way in beside Slack, each with a scenario: mails, pages, forms, trackers, Teams, and the API of programs."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from bot.app.application import Application
from bot.context import AppContext
from bot.services.api import reading
from bot.services.connectors import incoming
from bot.services.followup import verification
from bot.services.mail import answers, digests, web_form
from bot.services.mail.form_codes import CodeNeeded
from bot.services.mail.receiving import receive
from bot.services.oncall import pagerduty
from bot.services.oncall.calendar_feed import calendar_of
from bot.services.phases import phases
from bot.services.reporting import digest, wallboard
from bot.services.teams import receiving as teams
from bot.services.tickets.links import place_of
from bot.transport.http import PATH
from domain.api.query import Scope
from domain.delivery.lanes import LaneKind, lane_name
from domain.mail.incoming import Attachment, Bounce, IncomingMail
from domain.mail.outgoing import MailAnswer
from domain.mail.settings import MailSettings
from domain.mail.tags import message_id
from domain.oncall.pagerduty import IncidentChange, IncidentEvent
from domain.oncall.paging import PAGERDUTY
from domain.people.profile import Profile
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.teams.incoming import TeamsAct, TeamsActivity, TeamsFile
from domain.teams.settings import TeamsSettings
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix
from tests.trust.world import JO, LENA, PAY, SECRET, World

ADDRESS, EVA, HOST = "pay@hypercare.example", "eva@customer.example", "hypercare.example"
Use = Callable[[World], object]
Begin = Callable[[World], Use]


def _takes_mails(made: World) -> None:
    phases.apply_settings(made.app, PAY.model_copy(update={"mail": MailSettings(address=ADDRESS)}))


def _mail(name: str, **more: object) -> IncomingMail:
    given = {"sender": EVA, "subject": "Totals are wrong", "text": "It says 0.", "whole": "It says 0."}
    return IncomingMail(message_id=f"<{name}@x.example>", **given | more)  # type: ignore[arg-type]


def mailed(made: World) -> tuple[int, str]:
    """Take in a report by mail; return the id of its ticket and of its writer."""
    receive(made.app, ADDRESS, _mail("first"))
    with made.app.store.read() as tx:
        ticket = max((tx.tickets.get_ticket(one) for one in range(1, 30) if tx.tickets.find_ticket(one)),
                     key=lambda one: one.id)  # fmt: skip
    return ticket.id, ticket.reporter


def resolved_by_mail(made: World) -> tuple[int, str]:
    """Take in a report by mail that the team resolves; return the id of its ticket and of its writer."""
    _takes_mails(made)
    found = mailed(made)
    verification.resolve(made.app, found[0], JO, Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE))
    return found


def _mail_report(made: World) -> Use:
    _takes_mails(made)
    return lambda now: receive(now.app, ADDRESS, _mail("report"))


def _mail_answer(made: World) -> Use:
    _takes_mails(made)
    ticket, _ = mailed(made)
    reply = _mail("answer", references=(message_id(SECRET, ticket, "1", HOST),))
    return lambda now: receive(now.app, ADDRESS, reply)


def _mail_comes_back(made: World) -> Use:
    _takes_mails(made)
    ticket, _ = mailed(made)
    bounce = Bounce((message_id(SECRET, ticket, "1", HOST),), EVA, "5.1.1")
    return lambda now: receive(now.app, ADDRESS, _mail("bounce", automatic="bounce", bounce=bounce))


def _mail_link(made: World) -> Use:
    ticket, writer = resolved_by_mail(made)
    token = answers.link_of(made.app, ticket, writer, MailAnswer.FIXED, 1).rpartition("/")[2]
    return lambda now: answers.use_link(now.app, token, "")


def link(made: World, kind: LinkKind) -> str:
    token, now = f"a link for {kind}", made.app.now()
    with made.app.transaction() as tx:
        tx.links.delete_token(kind, token)  # several scenarios may have such a link in one world
        tx.links.insert(token, kind, made.ids["phase"], LENA.id, at=now, until=now + timedelta(days=1))
    return token


FORM = {"summary": "The till is down", "severity": "high", "who": "Eva", "once": "1"}


def _form(made: World) -> Use:
    token = link(made, LinkKind.FORM)
    return lambda now: web_form.submit(now.app, token, FORM)


def _form_with_files(made: World) -> Use:
    token = link(made, LinkKind.FORM)
    files = (Attachment("june.png", "image/png", b"picture"),)
    return lambda now: web_form.submit(now.app, token, FORM, files)


def _form_with_code(made: World) -> Use:
    """A person gives an address, and is sent a code."""
    mail = MailSettings(address=ADDRESS, form_code=True)
    phases.apply_settings(made.app, PAY.model_copy(update={"mail": mail}))
    token = link(made, LinkKind.FORM)

    def use(now: World) -> None:
        with suppress(CodeNeeded):
            web_form.submit(now.app, token, FORM | {"address": EVA})

    return use


def _page_of_form(made: World) -> Use:
    token = web_form.submit(made.app, link(made, LinkKind.FORM), FORM)
    return lambda now: web_form.act(now.app, token, {"text": "It is back", "once": "2"})


def _tracker(made: World) -> Use:
    with made.app.transaction() as tx:
        tx.issue_links.insert("jira", made.ids["new"], {})
        link = tx.issue_links.find("jira", made.ids["new"])
        assert link
        tx.issue_links.update(link.id, issue_id="10001", key="OPS-1")
    return lambda now: incoming.note_news(now.app, "jira", "10001", "delivery-1")


def _pagerduty(made: World) -> Use:
    with made.app.transaction() as tx:
        escalation = tx.escalations.find_newest(made.ids["paging"])
        ticket = tx.tickets.get_ticket(made.ids["paging"])
        assert escalation
        tx.outbox.lane(lane_name(LaneKind.HOOK, escalation.id, PAGERDUTY), PAGERDUTY, ticket_id=ticket.id)
    event = IncidentEvent(id="event-1", change=IncidentChange.ACKNOWLEDGED, ticket=ticket.name,
                          escalation_id=escalation.id, user_id="PLH1HKV", user_name="Eva")  # fmt: skip
    return lambda now: pagerduty.receive(now.app, event, "")


def _api(read: Callable[[World, str], object]) -> Begin:
    def begin(made: World) -> Use:
        token = reading.create_token(made.app, "PAY", LENA.id, [Scope.TICKETS, Scope.EVENTS], 1)
        return lambda now: read(now, token)

    return begin


def _opens(kind: LinkKind, read: Callable[[World, str], object]) -> Begin:
    def begin(made: World) -> Use:
        token = link(made, kind)
        return lambda now: read(now, token)

    return begin


def _wallboard(now: World, token: str) -> None:
    phase = wallboard.opened(now.app, token)
    assert phase
    wallboard.draw(now.app, phase)


def _reads_link(made: World) -> Use:
    ticket, writer = resolved_by_mail(made)
    token = answers.link_of(made.app, ticket, writer, MailAnswer.FIXED, 1).rpartition("/")[2]
    return lambda now: answers.name_of_ticket(now.app, token)


def subscribed(made: World) -> str:
    """Send the digests of the phase to a person outside Slack too; return the token of the link that ends them."""
    reporting = {"digests": [{"name": "figures", "audience": "stakeholders", "mails": [EVA]}]}
    settings = PAY.model_dump() | {"mail": {"address": ADDRESS}, "reporting": reporting}
    phases.apply_settings(made.app, PhaseSettings.model_validate(settings))
    with made.app.transaction() as tx:
        person = tx.mails.add_recipient(EVA, made.app.now())
        return digests.token_of(made.app, tx.phases.list_phases()[0], person)


def _unsubscribes(made: World, use: Callable[[AppContext, str], object]) -> Use:
    token = subscribed(made)
    return lambda now: use(now.app, token)


def _reads_page(made: World) -> Use:
    token = web_form.submit(made.app, link(made, LinkKind.FORM), FORM)
    return lambda now: web_form.follow(now.app, token)


def _in_teams(name: str, text: str, **more: object) -> TeamsActivity:
    given = {"act": TeamsAct.MESSAGE, "tenant": "t1", "object_id": "o1", "account": "29:eva", "name": "Eva",
             "bot": "28:bot", "conversation": "a:eva", "is_personal": True,
             "service_url": "https://smba.trafficmanager.net/emea"}  # fmt: skip
    return TeamsActivity(id=name, text=text, **given | more)  # type: ignore[arg-type]


def _takes_teams(made: World) -> None:
    phases.apply_settings(made.app, PAY.model_copy(update={"teams": TeamsSettings(reports=True)}))


def _teams(act: TeamsActivity, *before: TeamsActivity) -> Begin:
    def begin(made: World) -> Use:
        _takes_teams(made)
        for one in before:
            teams.receive(made.app, one)
        return lambda now: teams.receive(now.app, act)

    return begin


def reported_in_teams(made: World) -> int:
    """Take in a report from a chat in Teams; return the id of its ticket."""
    teams.receive(made.app, _in_teams("first", "Totals are wrong"))
    with made.app.store.read() as tx:
        person = tx.teams_people.find_person("o1")
        assert person
        (ticket,) = tx.tickets.list_of_reporter(person.id)
        return ticket.id


def asks_in_teams(made: World, person: Person, name: str) -> None:
    """Have a person of the team, whose account in Slack is known by their address, ask the bot for a ticket there."""
    made.app.look_up_in_teams = lambda *_who: "jo@sandbox.example"
    made.app.look_up_address = lambda _address: Profile(id=person.id, fetched_at=made.app.now())
    teams.receive(made.app, replace(_in_teams("asks", name), object_id="o2", account="29:jo", conversation="a:jo"))


def _teams_press(made: World) -> Use:
    _takes_teams(made)
    ticket = reported_in_teams(made)
    verification.resolve(made.app, ticket, JO, Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE))
    press = _in_teams("press", "", act=TeamsAct.PRESS, values={"do": "confirm", "ticket": str(ticket)})
    return lambda now: teams.receive(now.app, press)


def _teams_work(act: TeamsActivity) -> Begin:
    """Have an owner, whose account in Slack is known by their address, work on a ticket of the world."""

    def begin(made: World) -> Use:
        _takes_teams(made)
        teams.receive(made.app, _in_teams("1", "help"))
        ticket = str(made.ids["new"])
        with made.app.store.read() as tx:
            name = tx.tickets.get_ticket(made.ids["new"]).name

        def use(now: World) -> None:
            found = Profile(id=JO.id, fetched_at=now.app.now())
            now.app.look_up_in_teams = lambda *_who: "jo@sandbox.example"
            now.app.look_up_address = lambda _address: found
            values = {**act.values, "ticket": ticket} if act.values else {}
            teams.receive(now.app, replace(act, text=name if act.text else "", values=values))

        return use

    return begin


LMTP = "LMTP"
# What other scenarios play: Slack's requests are the doors of doors.py, signals are work of test_commit_points.py.
PLAYED: Mapping[str, str] = {
    "POST /slack/events": "command report", "POST /signals/{key}": "work signal",
    "POST /signals/{key}/{kind}": "work alert", "POST /signals/{key}/{kind}/v1/traces": "work alert",
}  # fmt: skip
# Routes that ask for nothing of the database, or read what a probe reads.
PROBES = frozenset({"GET /healthz", "GET /readyz", "GET /metrics", "GET /api/v1/openapi.json"})
WAYS_IN: Mapping[str, Mapping[str, Begin]] = {
    LMTP: {"report": _mail_report, "answer": _mail_answer, "comes back": _mail_comes_back},
    "POST /mail/answers/{token}": {"": _mail_link},
    "POST /unsubscribe/{token}": {"": lambda made: _unsubscribes(made, digests.unsubscribe)},
    "POST /forms/{token}": {"": _form, "files": _form_with_files, "code": _form_with_code},
    "POST /reports-by-form/{token}": {"": _page_of_form},
    "POST /pagerduty": {"": _pagerduty},
    "POST /trackers/{system}": {"": _tracker},
    "POST /teams/messages": {
        "report": _teams(_in_teams("1", "Totals are wrong")),
        "answer": _teams(_in_teams("2", "Since June"), _in_teams("1", "Totals are wrong")),
        "files": _teams(_in_teams("1", "Totals are wrong", files=(TeamsFile("june.pdf", "", content=b"pdf"),))),
        "help": _teams(_in_teams("1", "help")),
        "refused": _teams(_in_teams("1", "report")),
        "installed": _teams(_in_teams("1", "", act=TeamsAct.INSTALLED)),
        "removed": _teams(_in_teams("2", "", act=TeamsAct.REMOVED), _in_teams("1", "", act=TeamsAct.INSTALLED)),
        "press": _teams_press,
        "form": _teams(
            _in_teams("1", "", act=TeamsAct.SUBMIT_FORM, values={"summary": "The till is down", "severity": "high"})
        ),
        "card": _teams_work(_in_teams("2", "PAY-1")),
        "acknowledge": _teams_work(_in_teams("2", "", act=TeamsAct.PRESS, values={"do": "acknowledge"})),
        "resolve": _teams_work(
            _in_teams(
                "2", "", act=TeamsAct.PRESS, values={"do": "resolve", "explanation": "Restarted", "fix": "root_cause"}
            )
        ),
    },
}
READS: Mapping[str, Begin] = {
    "GET /mail/answers/{token}": _reads_link,
    "GET /unsubscribe/{token}": lambda made: _unsubscribes(made, digests.look),
    "GET /forms/{token}": _opens(LinkKind.FORM, lambda now, token: web_form.open_form(now.app, token)),
    "GET /forms/{token}/code.svg": _opens(LinkKind.FORM, lambda now, token: web_form.open_form(now.app, token)),
    "GET /reports-by-form/{token}": _reads_page,
    "GET /oncall/{token}.ics": _opens(LinkKind.CALENDAR, lambda now, token: calendar_of(now.app, token)),
    "GET /reports/{token}": _opens(LinkKind.REPORT, lambda now, token: digest.opened(now.app, token)),
    "GET /wallboards/{token}": _opens(LinkKind.WALLBOARD, _wallboard),
    "GET /tickets/{name}": lambda _made: lambda now: place_of(now.app, "PAY-1"),
    "GET /api/v1/figures": _api(lambda now, token: reading.get_figures(now.app, token)),
    "GET /api/v1/tickets": _api(lambda now, token: reading.list_tickets(now.app, token, {})),
    "GET /api/v1/tickets/{name}": _api(lambda now, token: reading.get_ticket(now.app, token, "PAY-1")),
    "GET /api/v1/tickets/{name}/events": _api(lambda now, token: reading.list_events(now.app, token, "PAY-1")),
}


def routes_of(made: Application) -> set[str]:
    """Return every way in beside Slack's connection: the routes of all servers of a bot, and mails."""
    pages = web.Application()
    made.monitor.add_probes(pages)
    routes = {f"{route.method} {route.resource.canonical}" for route in pages.router.routes() if route.resource}
    return {route for route in routes if not route.startswith("HEAD ")} | {f"POST {PATH}", "GET /metrics", LMTP}


def missing(found: set[str]) -> list[str]:
    """Return a line for each way in that no scenario plays, and for each scenario of a way that is gone."""
    known = {*PLAYED, *PROBES, *WAYS_IN, *READS}
    unplayed = [f"{way}: add a scenario to tests/trust/ways_in.py" for way in sorted(found - known)]
    return unplayed + [f"{way}: it is gone, so delete it in tests/trust/ways_in.py" for way in sorted(known - found)]
