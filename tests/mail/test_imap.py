"""A mailbox that Hypercare reads by IMAP, at a Dovecot of its own: nothing is lost, and nothing counts twice."""

import os
import shutil
import smtplib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from imaplib import IMAP4
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest

from bot.database import CannotStart
from bot.extras import IMAP
from bot.mail_access import mail_problems
from bot.services.mail import mailboxes, receiving
from bot.settings.settings import Settings
from bot.workers import mailbox_reader
from domain.mail.mailbox import Mailbox, MailboxError
from domain.mail.settings import MailSettings
from tests.mail.conftest import ADDRESS, EVA, MARIA, Posted
from tests.mail.token_server import CLIENT, REFRESH, SECRET, TokenServer
from tests.operations.test_extras import without
from tests.support.bot import BotWorkspace, free_port
from tests.support.control import eventually
from tests.support.days import passes

CONF = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/base
state_dir = {folder}/base
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 0
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
TOKENS = """
introspection_mode = post
introspection_url = {url}/introspect
username_attribute = email
active_attribute = active
active_value = true
"""
USER = "pay@hypercare.example"


@dataclass
class Dovecot:
    """A Dovecot of its own; `port` speaks IMAP, and `lmtp` takes mails in."""

    folder: Path
    port: int
    lmtp: int
    tokens: TokenServer

    def does(self, *command: str) -> None:
        given = [command[0], "-c", str(self.folder / "dovecot.conf"), *command[1:]]
        # The server goes on with what it inherits, so it gets no pipe of ours.
        done = subprocess.run(given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, umask=0o022)
        assert done.returncode == 0, f"{command} ended with {done.returncode}.\n{self.said()}"

    def starts(self) -> None:
        self.does("dovecot")
        eventually(self.answers, "an answer of Dovecot", instead=self.said)

    def answers(self) -> bool:
        try:
            with IMAP4("127.0.0.1", self.port, timeout=20):
                return True
        except (OSError, IMAP4.error):
            return False

    def said(self) -> str:
        log = self.folder / "log"
        return log.read_text(encoding="utf-8")[-3000:] if log.exists() else ""

    def gets(self, *mails: EmailMessage) -> None:
        """Deliver mails, as another mail server does."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=60) as server:
            for one in mails:
                server.send_message(one, from_addr=EVA, to_addrs=[USER])

    @contextmanager
    def opened(self, folder: str = "INBOX") -> Iterator[IMAP4]:
        """The mailbox, as a person's mail program opens it; no folder is chosen where there is none of that name."""
        with IMAP4("127.0.0.1", self.port, timeout=20) as box:
            box.login(USER, "secret")
            box.select(folder)
            yield box

    def uids(self, criteria: str, folder: str = "INBOX") -> list[bytes]:
        with self.opened(folder) as box:
            return box.uid("SEARCH", criteria)[1][0].split() if box.state == "SELECTED" else []


@pytest.fixture(scope="module")
def dovecot_server() -> Iterator[Dovecot]:
    if not (shutil.which("dovecot") and shutil.which("doveadm")) or os.geteuid():
        pytest.skip("Dovecot with dovecot-lmtpd is not installed, or the test isn't run as root, as which it starts.")
    if not IMAP.is_installed:
        pytest.skip(IMAP.missing)
    with TemporaryDirectory(prefix="hypercare-dovecot-") as name, TokenServer(USER).running() as tokens:
        made = Dovecot(Path(name), free_port(), free_port(), tokens)
        made.folder.chmod(0o755)
        (made.folder / "mail").mkdir()
        shutil.chown(made.folder / "mail", "mail", "mail")
        conf = made.folder / "dovecot.conf"
        conf.write_text(CONF.format(folder=name, port=made.port, lmtp=made.lmtp), encoding="utf-8")
        (made.folder / "oauth2.conf").write_text(TOKENS.format(url=tokens.url), encoding="utf-8")
        (made.folder / "oauth2.conf").chmod(0o644)
        conf.chmod(0o644)
        made.starts()
        yield made
        if (made.folder / "base" / "master.pid").exists():
            made.does("doveadm", "stop")


@pytest.fixture
def dovecot(dovecot_server: Dovecot) -> Dovecot:
    """An empty mailbox, which nobody has opened."""
    if not dovecot_server.answers():
        dovecot_server.starts()
    dovecot_server.does("doveadm", "mailbox", "delete", "-u", USER, "-r", "-s", "Done") if (
        dovecot_server.folder / "mail" / USER / ".Done"
    ).exists() else None
    dovecot_server.does("doveadm", "expunge", "-u", USER, "mailbox", "INBOX", "all")
    return dovecot_server


class Read(Posted):
    """A bot that reads a mailbox, and sends by the other mailbox."""

    def __init__(self, slack: BotWorkspace, dovecot: Dovecot, **settings: Any) -> None:
        super().__init__(slack)
        self.given = {"imap_url": f"imap://127.0.0.1:{dovecot.port}", "imap_user": USER, "imap_password": "secret",
                      "mail_port": None}  # fmt: skip
        self.restarts(**settings)

    def restarts(self, **settings: Any) -> None:
        self.slack.stop_bot()
        phase = self.slack.settings.phase.model_copy(update={"mail": MailSettings(address=ADDRESS)})
        given = {**dict(self.slack.settings), **self.given, **settings, "phase": phase}
        self.slack.settings = type(self.slack.settings)(**given)
        self.slack.start_bot()

    def tickets(self) -> list[str]:
        with self.slack.application.store.read() as tx:
            found = (tx.tickets.find_by_name("PAY", number) for number in range(1, 100))
            return [one.summary for one in found if one]


@pytest.fixture
def read(slack: BotWorkspace, dovecot: Dovecot) -> Iterator[Callable[..., Read]]:
    made: list[Read] = []

    def reads(**settings: Any) -> Read:
        made.append(Read(slack, dovecot, **settings))
        return made[-1]

    yield reads
    for one in made:
        slack.loop.run(one.box.stop())


def is_failing(reading: Read) -> bool:
    with reading.slack.application.context.transaction() as tx:  # it makes the row where there is none
        return tx.issue_links.get_state(mailboxes.SYSTEM).failing_since is not None


def test_mails_of_a_mailbox_are_reports_and_answers(read: Callable[..., Read], dovecot: Dovecot) -> None:
    old = EmailMessage()
    old["From"], old["Subject"] = EVA, "Read long ago"
    dovecot.gets(old)
    with dovecot.opened() as box:
        box.store("1", "+FLAGS", r"(\Seen)")
    reading = read()
    made = reading.box.mail(EVA, "Totals are wrong", "It says 0.")
    dovecot.gets(made)
    card = reading.slack.channel("hypercare-desk").expects("Totals are wrong")
    first = reading.gets("Your report is PAY-1")
    dovecot.gets(reading.box.mail(EVA, "Re: x", "Since June\n\nOn Monday, Hypercare wrote:\n> a", answers=first))
    card.expects_reply("Since June")
    eventually(lambda: not dovecot.uids("UNSEEN"), "all mails marked as read")
    dovecot.gets(made)
    eventually(lambda: len(dovecot.uids("SEEN")) == 4, "the mail that came twice marked too")
    assert reading.tickets() == ["Totals are wrong"]


def test_news_of_the_server_end_the_wait(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail is read at once, not only when it is time to look (RFC 2177)."""
    idle, waits = pytest.importorskip("imap_tools.idle"), Event()
    start = idle.IdleManager.start

    def started(manager: Any) -> Any:
        said = start(manager)
        waits.set()
        return said

    monkeypatch.setattr(idle.IdleManager, "start", started)
    monkeypatch.setattr(mailbox_reader, "WAIT", 600.0)
    reading = read()
    eventually(waits.is_set, "a reader that waits")
    dovecot.gets(reading.box.mail(EVA, "Totals are wrong", "It says 0."))
    reading.slack.channel("hypercare-desk").expects("Totals are wrong")


def test_a_mail_that_a_person_opened_first_is_taken_in_too(read: Callable[..., Read], dovecot: Dovecot) -> None:
    reading = read(imap_done="Done")
    dovecot.gets(reading.box.mail(EVA, "The first", "Text"))
    eventually(lambda: dovecot.uids("ALL", "Done"), "the mail in its folder")
    reading.slack.stop_bot()
    dovecot.gets(reading.box.mail(EVA, "Opened by a person", "Text"))
    with dovecot.opened() as box:
        box.store("1:*", "+FLAGS", r"(\Seen)")
    reading.slack.start_bot()
    reading.slack.channel("hypercare-desk").expects("Opened by a person")
    eventually(lambda: not dovecot.uids("ALL"), "an empty mailbox")
    assert len(dovecot.uids("ALL", "Done")) == 2


def test_a_crash_between_the_commit_and_the_mark_doubles_nothing(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = read()
    lost = list[Any]()

    async def crashes(_self: Any, _box: Mailbox, found: dict[str, Any]) -> None:
        lost.append(dict(found))
        raise MailboxError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(mailbox_reader.MailboxReader, "_mark", crashes)
        dovecot.gets(reading.box.mail(EVA, "Totals are wrong", "It says 0."))
        eventually(lambda: lost, "a mail that was not marked")
        reading.slack.stop_bot()
    assert dovecot.uids("UNSEEN")
    reading.slack.start_bot()
    eventually(lambda: not dovecot.uids("UNSEEN"), "the mark")
    assert reading.tickets() == ["Totals are wrong"]


def test_a_server_that_restarts_and_numbers_mails_anew_loses_and_doubles_nothing(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_reader, "PAUSES", (0.2,))
    reading = read()
    dovecot.gets(reading.box.mail(EVA, "Before", "Text"))
    eventually(lambda: dovecot.uids("SEEN"), "the mark")
    with dovecot.opened() as box:
        before = box.response("UIDVALIDITY")
    dovecot.does("doveadm", "stop")
    for file in (dovecot.folder / "mail" / USER).glob("dovecot*"):
        file.unlink()  # so that the server counts anew, and has lost its keywords
    eventually(lambda: is_failing(reading), "a mailbox that can't be read", patience=60.0)
    passes(reading.slack, minutes=11)
    lead = reading.slack.person("lena").dm
    warning = lead.expects("The mailbox can't be read since")
    dovecot.starts()
    with dovecot.opened() as box:
        assert box.response("UIDVALIDITY") != before
    warning.expects_reply("The mailbox can be read again")
    dovecot.gets(reading.box.mail(EVA, "After", "Text"))
    reading.slack.channel("hypercare-desk").expects("After")
    eventually(lambda: not dovecot.uids("UNSEEN"), "the mark")
    assert reading.tickets() == ["Before", "After"]


def test_what_is_refused_stays_and_what_is_too_much_waits(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_reader, "MAX_BYTES", 20_000)
    monkeypatch.setattr(receiving, "MAX_IN_AN_HOUR", 2)
    reading = read()
    of_two = reading.box.mail(f"{EVA}, {MARIA}", "From two", "Text")
    large = reading.box.mail(EVA, "Large", ("x" * 70 + "\n") * 400)
    dovecot.gets(of_two, large, *(reading.box.mail(EVA, f"Report {number}", "Text") for number in range(3)))
    eventually(lambda: len(dovecot.uids("FLAGGED SEEN")) == 2, "both that are refused")
    eventually(lambda: len(dovecot.uids("UNSEEN")) == 1, "one that waits")
    assert len(reading.tickets()) == 2
    passes(reading.slack, minutes=61)
    dovecot.gets(reading.box.mail(MARIA, "Another", "Text"))  # the server has news
    eventually(lambda: not dovecot.uids("UNSEEN"), "none that waits")
    assert sorted(reading.tickets()) == ["Another", "Report 0", "Report 1", "Report 2"]


def test_what_waits_after_a_weekend_is_taken_in_batches_and_counts_once(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mailbox_reader, "MAX_MAILS", 3)
    monkeypatch.setattr(mailbox_reader, "MAX_ASKED", 5)
    reading = read()
    reading.slack.stop_bot()
    waiting = [reading.box.mail(f"person{number}@customer.example", f"Report {number}", "Text") for number in range(11)]
    dovecot.gets(*waiting, waiting[0])
    fetched, imap = list[int](), pytest.importorskip("connectors.mail.imap")
    fetch = imap.ImapMailbox.fetch

    def counted(box: Any, uids: Sequence[str]) -> Any:
        fetched.append(len(uids))
        return fetch(box, uids)

    monkeypatch.setattr(imap.ImapMailbox, "fetch", counted)
    reading.slack.start_bot()
    eventually(lambda: not dovecot.uids("UNSEEN"), "none that waits")
    assert sorted(reading.tickets()) == sorted(f"Report {number}" for number in range(11))
    assert (sum(fetched), max(fetched)) == (12, 3)
    said = list[str]()
    eventually(lambda: said.append(capsys.readouterr().out) or "taken=12 waiting=0" in "".join(said), "the progress")


def with_tokens(dovecot: Dovecot, **more: Any) -> dict[str, Any]:
    """Settings with tokens in place of the password."""
    return {"imap_password": None, "mail_oauth_url": f"{dovecot.tokens.url}/token", "mail_oauth_client": CLIENT,
            "mail_oauth_secret": SECRET, "mail_oauth_refresh_token": REFRESH, **more}  # fmt: skip


def test_a_mailbox_that_takes_no_password_is_read_with_tokens(
    read: Callable[..., Read], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_reader, "PAUSES", (0.2,))
    reading = read(**with_tokens(dovecot))
    dovecot.gets(reading.box.mail(EVA, "Totals are wrong", "It says 0."))
    reading.slack.channel("hypercare-desk").expects("Totals are wrong")
    assert dovecot.tokens.asked[-1]["grant_type"] == "refresh_token"
    dovecot.tokens.valid.clear()  # all are taken back, and the server forgets who is logged in
    dovecot.does("doveadm", "stop")
    dovecot.starts()
    dovecot.gets(reading.box.mail(EVA, "The font is odd", "Text"))
    reading.slack.channel("hypercare-desk").expects("The font is odd")


def test_a_check_says_that_no_token_is_to_be_had(dovecot: Dovecot) -> None:
    def found(**given: Any) -> list[str]:
        usual = {"imap_url": f"imap://127.0.0.1:{dovecot.port}", "imap_user": USER, **with_tokens(dovecot)}
        settings = Settings(bot_token="xoxb-1", app_token="xapp-1", **usual | given)
        return [one for one in mail_problems(settings) if "SMTP" not in one]

    refused = ["The mailbox can't be read: it refused the user name or the password."]
    assert found() == []
    assert found(mail_oauth_refresh_token=None) == []
    assert dovecot.tokens.asked[-1]["grant_type"] == "client_credentials"
    assert found(mail_oauth_refresh_token="another") == refused
    assert found(imap_user="another@hypercare.example") == refused
    assert found(mail_oauth_url=f"http://127.0.0.1:{free_port()}/token") == [
        "The mailbox can't be read: no access token can be fetched at HYPERCARE_MAIL_OAUTH_URL."
    ]


def test_a_check_says_what_keeps_mails_from_coming_in(slack: BotWorkspace, dovecot: Dovecot) -> None:
    def found(**given: Any) -> list[str]:
        usual = {"imap_url": f"imap://127.0.0.1:{dovecot.port}", "imap_user": USER, "imap_password": "secret"}
        settings = Settings(bot_token="xoxb-1", app_token="xapp-1", **usual | given)
        return [one for one in mail_problems(settings) if "SMTP" not in one]

    assert found() == []
    assert found(imap_password="wrong") == ["The mailbox can't be read: it refused the user name or the password."]
    assert found(imap_folder="None") == ["The mailbox can't be read: there is no folder of that name."]
    assert found(imap_url=f"imap://127.0.0.1:{free_port()}") == [
        "The mailbox can't be read: nothing answers at its address."
    ]


def test_a_bot_does_not_start_without_the_package_that_reads_a_mailbox(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()
    without(monkeypatch, IMAP)
    slack.settings = type(slack.settings)(**{**dict(slack.settings), "imap_url": "imap://127.0.0.1:1"})
    with pytest.raises(CannotStart, match=r"hypercare\[imap\]"):
        slack.start_bot()
