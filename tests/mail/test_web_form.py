"""The form for people without a Slack account, its QR code, and the page on which they follow their report."""

import asyncio
import io
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from ipaddress import ip_address

import pytest
from aiohttp import ClientSession, FormData, web
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.mail import form_codes, web_form, web_pages
from bot.services.phases import links, phases
from bot.services.registry import FEATURES
from bot.settings.errors import InvalidSettings
from bot.settings.settings import load
from bot.transport.visitors import read_networks, visitor
from bot.transport.web_forms import WebFormPages
from bot.views.mail import form_codes as code_views
from bot.views.mail import web_form as views
from bot.views.text import MENTION
from bot.workers.mail_sender import MailSender
from domain.conversations.comment import TEAM, Comment
from domain.delivery.message import Lane, MessageKind, OutboxMessage
from domain.errors import Refused
from domain.mail.incoming import Attachment, number_of_file
from domain.mail.settings import MailSettings
from domain.people.profile import PersonKind
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.closing import Solution
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Ticket
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.mail.conftest import Posted
from tests.support.control import eventually

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LENA = "U0LENA000"
SETTINGS = PhaseSettings(key="PAY", name="Payday <now>", triage_channel="C0DESK000", oncall_channel="C0ONCALL0",
                         leads=(LENA,), intake={"modules": ("Payslips", "Bank")},
                         mail=MailSettings(address="pay@hc.example"))  # fmt: skip
WITH_CODE = SETTINGS.model_copy(update={"mail": MailSettings(address="pay@hc.example", form_code=True)})
REPORT = {"summary": "Totals are wrong", "severity": "high", "module": "Payslips", "steps": "Open it",
          "who": "Eva Berg", "once": "1"}  # fmt: skip


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW, public_url="https://hc.example")
    made.secret = b"a secret of the tests"
    phases.apply_settings(made, SETTINGS)
    return made


@pytest.fixture
def token(app: AppContext) -> str:
    with app.transaction() as tx:
        return links.create(app, tx, LinkKind.FORM, tx.phases.list_phases()[0], LENA, 30)


def sent(app: AppContext, token: str, given: Mapping[str, str]) -> tuple[str, Ticket]:
    """Return the token of the report's page, and its ticket."""
    status, place = web_pages.form(app, token, given, "x")
    assert status == 303, place
    page = place.rpartition("/")[2]
    return page, web_form.follow(app, page).ticket


def test_a_report_by_the_form_is_a_ticket_like_any_other_and_has_a_page(app: AppContext, token: str) -> None:
    page, ticket = sent(app, token, REPORT)
    assert (ticket.intake, ticket.report.module, ticket.report.steps) == (Intake.FORM, "Payslips", "Open it")
    web_form.act(app, page, {"text": "It happens every day", "once": "2"})
    web_form.act(app, page, {"text": "It happens every day", "once": "2"})
    said = [one.words for one in web_form.follow(app, page).comments]
    assert said == ["It happens every day"]
    lead = Person(LENA, kind=PersonKind.MEMBER)
    verification.resolve(app, ticket.id, lead, Solution(explanation="We restarted <it>", test="Tried it"))
    shown = web_pages.follow(app, page, None, "x")[1]
    assert "We restarted &lt;it&gt;" in shown
    assert "Yes, fixed" in shown
    assert web_pages.follow(app, page, {"do": "broken", "text": "Still wrong", "once": "3"}, "x")[0] == 303
    assert web_form.follow(app, page).ticket.status.is_open
    verification.resolve(app, ticket.id, lead, Solution(explanation="Again", test="Tried it"))
    web_form.act(app, page, {"do": "fixed", "once": "4"})
    assert web_form.follow(app, page).ticket.status is Status.VERIFIED


def test_no_one_is_mentioned_by_the_form(app: AppContext, token: str) -> None:
    page, ticket = sent(app, token, REPORT | {"summary": "For <@U0LENA0>", "happened": "Ask <@U0LENA0>"})
    web_form.act(app, page, {"text": "Call <@U0LENA0>", "once": "2"})
    said = [one.words for one in web_form.follow(app, page).comments]
    assert not [text for text in (ticket.summary, ticket.report.happened, *said) if MENTION.search(text)]


def test_who_gives_an_address_gets_mails_and_others_have_only_their_page(app: AppContext, token: str) -> None:
    _, by_mail = sent(app, token, REPORT | {"address": "Eva@Customer.example", "once": "1"})
    _, by_page = sent(app, token, REPORT | {"once": "2"})
    with app.store.read() as tx:
        writer = tx.mails.find_person("eva@customer.example")
        assert writer
        assert (by_mail.reporter, writer.name) == (writer.id, "Eva Berg")
        lane = tx.outbox.find(f"reporter:{by_page.id}")
    assert lane

    async def refuse(_work: object) -> None:
        raise AssertionError("no mail leaves")

    queued = OutboxMessage(id=1, lane=lane, verb=MessageKind.POST, payload={}, priority=1, created_at=NOW)
    assert asyncio.run(MailSender(app, None, refuse, refuse).send(queued)) is None


def test_a_form_that_is_not_right_says_what_and_keeps_what_was_typed(app: AppContext, token: str) -> None:
    wrong = REPORT | {"summary": " ", "severity": "worst", "people": "many", "address": "eva", "steps": "Open <it>"}
    status, page = web_pages.form(app, token, wrong, "x")
    assert status == 422
    for words in (
        "The summary is empty",
        "Nothing is chosen",
        "isn&#x27;t a whole number",
        "isn&#x27;t an e-mail",
        "Open &lt;it&gt;",
    ):
        assert words in page
    with app.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 1) is None


def test_a_form_counts_once_and_a_flood_is_refused(app: AppContext, token: str) -> None:
    sent(app, token, REPORT)
    assert web_pages.form(app, token, REPORT, "x")[0] == 409
    eva = REPORT | {"address": "eva@customer.example"}
    for number in range(web_form.MOST_OF_ONE):
        sent(app, token, eva | {"once": f"e{number}"})
    status, page = web_pages.form(app, token, eva | {"once": "last"}, "x")
    assert (status, web_form.BUSY in page) == (409, True)
    assert web_pages.form(app, token, REPORT | {views.TRAP: "https://spam.example", "once": "p"}, "x")[0] == 200
    with app.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", web_form.MOST_OF_ONE + 2) is None


def test_a_link_ends_with_the_right_of_its_lead_and_no_page_opens_for_another(app: AppContext, token: str) -> None:
    page, _ = sent(app, token, REPORT)
    phases.apply_settings(app, SETTINGS.model_copy(update={"leads": ("U0JO00000",)}))
    assert web_pages.form(app, token, None, "x")[0] == 404
    assert web_pages.form(app, token, REPORT | {"once": "9"}, "x")[0] == 404
    assert web_pages.follow(app, page, None, "x")[0] == 200, "the report's page goes on"
    for wrong in ("", "x", page[:-1], page + "x", "\udcff", "WzEsIngiXQ.sig"):
        assert web_pages.follow(app, wrong, None, "x")[0] == 404
        assert web_pages.follow(app, wrong, {"do": "fixed"}, "x")[0] == 404
    with pytest.raises(Refused, match="Only leads of Payday"):
        web_form.create_link(app, Person("U0TOM0000", kind=PersonKind.MEMBER), "C0DESK000", [], "r")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))


def tags(page: str) -> list[tuple[str, list[str]]]:
    parser = _Tags()
    parser.feed(page)
    return parser.seen


@given(st.text(alphabet="<>\"'&/=ab \n`{}", max_size=40))
@settings(max_examples=25)
def test_no_words_become_markup(words: str) -> None:
    phase = phases.to_phase(SETTINGS)
    usual, hostile = (dict.fromkeys(("summary", "happened", "who", "address"), one) for one in ("a", words))
    assert tags(views.form_page(phase, "1", hostile, {})) == tags(views.form_page(phase, "1", usual, {}))
    report, _ = views.read({"summary": "Totals", "severity": "low"}, phase)
    assert report
    ticket = Ticket(id=1, phase_id=1, key="PAY", number=1, reporter="mail-1", report=report, opened_at=NOW,
                    intake=Intake.FORM, status=Status.RESOLVED, note=words)  # fmt: skip
    comments = [Comment("U0LENA000", TEAM, one, NOW) for one in (words, "a")]
    pages = [views.follow_page(ticket, phase, [one], "1", f"{one.words}.") for one in comments]
    assert tags(pages[0]) == tags(pages[1])


def code_of(app: AppContext) -> tuple[str, str]:
    """The newest code, as its mail has it, and to whom it goes."""
    with app.store.read() as tx:
        rows = tx.connection.execute(
            select(messages.c.lane_id, lanes.c.name, lanes.c.channel).join(lanes).order_by(messages.c.id)
        )
        row = [one for one in rows if one.name.startswith("form_code:")][-1]
    lane = Lane(id=row.lane_id, name=row.name, channel=row.channel)
    queued = OutboxMessage(id=1, lane=lane, verb=MessageKind.POST, payload={}, priority=1, created_at=app.now())
    mail = form_codes.mail_of(app, queued)
    assert mail
    return re.findall(r"\b\d{6}\b", mail.text)[0], mail.recipient[1]


def test_a_code_by_mail_shows_whose_address_it_is(app: AppContext, token: str) -> None:
    phases.apply_settings(
        app, SETTINGS.model_copy(update={"mail": SETTINGS.mail.model_copy(update={"form_code": True})})
    )
    sent(app, token, REPORT | {"once": "none"})  # without an address there is nothing to show
    eva = REPORT | {"address": "eva@customer.example", "once": "c1"}

    def asked(given: Mapping[str, str], words: str) -> str:
        status, page = web_pages.form(app, token, given, "x")
        assert (status, escape(words) in page) == (422, True), page
        return re.findall(r'name="code_for" value="([^"]+)"', page)[0]

    code_for = asked(eva, code_views.SENT)
    assert asked(eva, code_views.SENT).rpartition(".")[0] == code_for.rpartition(".")[0], "the same form asks once"
    code, to = code_of(app)
    assert to == "eva@customer.example"
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(form_codes.TRIES - 1):
        asked(eva | {"code_for": code_for, "code": wrong}, code_views.WRONG)
    page, ticket = sent(app, token, eva | {"code_for": code_for, "code": f" {code[:3]} {code[3:]}"})
    assert page
    assert ticket.reporter.startswith("mail-")
    again = eva | {"code_for": code_for, "code": code, "once": "c2"}
    assert asked(again, code_views.TOO_OFTEN) != code_for
    other = eva | {"address": "ben@customer.example", "code_for": code_for, "code": code, "once": "c3"}
    asked(other, code_views.EXPIRED)
    for number in range(form_codes.MOST_IN_AN_HOUR - 2):
        asked(eva | {"once": f"more {number}"}, code_views.SENT)
    status, page = web_pages.form(app, token, eva | {"once": "too many"}, "x")
    assert (status, code_views.TOO_MANY in page) == (409, True)
    with app.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 3) is None


def test_a_code_is_of_no_use_after_ten_minutes_or_a_second_time(app: AppContext, token: str) -> None:
    phases.apply_settings(
        app, SETTINGS.model_copy(update={"mail": SETTINGS.mail.model_copy(update={"form_code": True})})
    )
    eva = REPORT | {"address": "eva@customer.example", "once": "c1"}
    code_for = re.findall(r'name="code_for" value="([^"]+)"', web_pages.form(app, token, eva, "x")[1])[0]
    code, _ = code_of(app)
    entered = eva | {"code_for": code_for, "code": code}
    sent(app, token, entered)
    assert escape(code_views.USED) in web_pages.form(app, token, entered | {"once": "c2"}, "x")[1]
    app.now = lambda: NOW + form_codes.LASTS
    assert escape(code_views.EXPIRED) in web_pages.form(app, token, entered | {"once": "c3"}, "x")[1]


def test_files_of_a_form_are_kept_within_bounds_and_shown_to_the_team(posted: Posted) -> None:
    """The team gets them in its thread, as it gets the files of a mail."""
    with posted.slack.application.store.read() as tx:
        phase = tx.phases.list_phases()[0]
    app = posted.slack.application.context
    with app.transaction() as tx:
        token = links.create(app, tx, LinkKind.FORM, phase, phase.leads[0], 30)

    def sends(*files: tuple[str, bytes]) -> int:
        async def send() -> int:
            made = FormData()
            for name, value in {"summary": "Totals are wrong", "severity": "high", "once": f"{files}"[:30]}.items():
                made.add_field(name, value)
            for name, content in files:
                made.add_field("files", io.BytesIO(content), filename=name, content_type="image/png")
            url = f"http://127.0.0.1:{posted.slack.application.monitor.port}/forms/{token}"
            async with ClientSession() as session, session.post(url, data=made, allow_redirects=False) as answer:
                return answer.status

        return asyncio.run(send())

    assert sends(("june.png", b"picture")) == 303
    card = posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    eventually(lambda: any(one.raw.get("files") for one in card.thread()), "the picture in the team's thread")
    assert [one.name for one in posted.ticket().report.files] == ["june.png"]
    with app.store.read() as tx:
        file = number_of_file(posted.ticket().report.files[0].id)
        assert tx.mails.find_content(file) == b"picture"
    assert sends(*((f"{number}.png", b"x") for number in range(6))) == 413
    assert sends(("large.png", b"x" * (10 * 1024 * 1024 + 1))) == 413
    with app.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 2) is None


ADDRESS = st.ip_addresses().map(str) | st.sampled_from(["", "unknown", "10.0.0.1, ", "[::1]", "10.0.0.7:80"])


@given(st.lists(st.lists(ADDRESS, max_size=4).map(", ".join), max_size=3), st.ip_addresses(v=4).map(str))
@settings(max_examples=40)
def test_nobody_chooses_where_they_seem_to_come_from(claimed: list[str], address: str) -> None:
    """Directly, and through a proxy that adds on the right where it got the request from."""
    proxies = read_networks(["192.0.2.9", "198.51.100.0/24"])
    assume(not any(ip_address(address) in network for network in proxies))
    assert visitor(address, claimed, proxies) == address
    assert visitor("192.0.2.9", [*claimed, address], proxies) == address
    assert visitor("198.51.100.4", [*claimed, f"{address}, 192.0.2.9"], proxies) == address
    assert visitor("192.0.2.9", [*claimed, address], ()) == "192.0.2.9"


def test_an_ipv6_network_counts_as_one_and_a_mapped_address_as_itself() -> None:
    assert visitor("2001:db8::1", [], ()) == visitor("2001:db8::ffff", [], ()) == "2001:db8::/64"
    assert visitor("::ffff:192.0.2.1", [], ()) == "192.0.2.1"
    assert visitor(None, ["1.2.3.4"], ()) == ""
    with pytest.raises(InvalidSettings, match=r"10.0.0.0/33 is no address or network"):
        load(bot_token="xoxb-1", app_token="xapp-1", trusted_proxies="10.0.0.7, 10.0.0.0/33")


def test_over_http_every_way_in_is_bounded() -> None:
    """By size, by number of fields and by pace; the pages are kept by no one and run no script."""

    def form(_token: str, given: Mapping[str, str] | None, once: str, _files: Sequence[Attachment]) -> tuple[int, str]:
        return (303, "https://hc.example/next") if given else (200, once)

    async def visit() -> list[tuple[int, str, Mapping[str, str]]]:
        with ThreadPoolExecutor(1) as pool:
            site = web.Application()
            WebFormPages(form, form, "https://hc.example", lambda: NOW, pool).add(site)
            runner = web.AppRunner(site, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/forms/abc"
            found = []
            async with ClientSession() as session:
                bodies = [
                    b"summary=x",
                    b"a" * 300_000,
                    b"&".join(b"a=1" for _ in range(99)),
                    b"\xff=\x00",
                    *[b"a=1"] * 17,
                ]
                asked = [session.get(base), session.get(f"{base}/code.svg"), session.get(f"{base}d/code.svg"),
                         *(session.post(base, data=body, allow_redirects=False) for body in bodies)]  # fmt: skip
                for one in asked:
                    async with one as answer:
                        found.append((answer.status, await answer.text(), answer.headers))
            await runner.cleanup()
            return found

    page, code, other, right, large, many, odd, *rest = asyncio.run(visit())
    assert (page[0], page[2]["Cache-Control"]) == (200, "private, no-store")
    assert "script-src" not in page[2]["Content-Security-Policy"]
    assert "default-src 'none'" in page[2]["Content-Security-Policy"]
    assert code[2]["Content-Type"] == "image/svg+xml"
    assert code[1] != other[1]
    assert (right[0], right[2]["Location"]) == (303, "https://hc.example/next")
    assert (large[0], many[0], odd[0]) == (413, 400, 303)
    assert (rest[-1][0], rest[-1][2]["Retry-After"]) == (429, "6")
