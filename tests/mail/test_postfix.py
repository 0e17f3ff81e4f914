"""Debian's Postfix between people and Hypercare: it hands mails over by LMTP, takes ours by SMTP, and returns some."""

import os
import re
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.services.mail import receiving
from tests.mail.conftest import ADDRESS, EVA, Posted, text_of
from tests.support.bot import BotWorkspace, free_port
from tests.support.control import eventually

MASTER = Path("/usr/share/postfix/master.cf.dist")
MAIN = """
compatibility_level = 3.7
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mta.hypercare.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = hypercare.example, customer.example
transport_maps = inline:{{ {{hypercare.example=lmtp:inet:127.0.0.1:{lmtp}}},
 {{customer.example=smtp:[127.0.0.1]:{sink}}} }}
default_transport = error:5.1.1 nothing leaves this machine
local_recipient_maps =
smtp_dns_support_level = disabled
lmtp_host_lookup = native
smtp_host_lookup = native
alias_maps =
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
"""


@dataclass
class Postfix:
    """A Postfix of its own; `port` is where it takes mails."""

    folder: Path
    port: int

    def runs(self, *, lmtp: int, sink: int) -> None:
        """Start it between the bot and the mailbox."""
        for name in ("queue", "data"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o755)
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "main.cf").write_text(MAIN.format(folder=self.folder, lmtp=lmtp, sink=sink), encoding="utf-8")
        lines = MASTER.read_text(encoding="utf-8")
        lines = re.sub(r"^smtp(\s+inet\s)", rf"127.0.0.1:{self.port}\1", lines, count=1, flags=re.MULTILINE)
        lines = re.sub(r"^(\S+\s+\S+\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", lines, flags=re.MULTILINE)
        (self.folder / "master.cf").write_text(lines, encoding="utf-8")
        for name in ("main.cf", "master.cf"):
            (self.folder / name).chmod(0o644)
        self.does("start")

    def does(self, what: str) -> None:
        command = ["postfix", "-c", str(self.folder), what]
        # Commands of Hypercare that ran in this process before let only their own user read what is made.
        done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o022)
        assert done.returncode == 0, done.stderr + self.said()

    def said(self) -> str:
        log = self.folder / "log"
        return log.read_text(encoding="utf-8")[-3000:] if log.exists() else ""

    def sends(self, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as server:
            server.send_message(mail)


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    if not shutil.which("postfix") or not MASTER.exists() or os.geteuid():
        pytest.skip("Postfix is not installed, or the test isn't run as root, as which it starts.")
    with TemporaryDirectory(prefix="hypercare-postfix-") as folder:
        made = Postfix(Path(folder), free_port())
        made.folder.chmod(0o755)  # its processes run as a user of their own
        yield made
        if (made.folder / "main.cf").exists():
            made.does("stop")


def test_mails_go_both_ways_through_postfix(
    slack: BotWorkspace, postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = Posted(slack, smtp_url=f"smtp://127.0.0.1:{postfix.port}")
    postfix.runs(lmtp=slack.application.lmtp.port, sink=posted.box.port)
    try:
        postfix.sends(posted.box.mail(EVA, "Totals are wrong", "It says 0."))
        card = slack.channel("hypercare-desk").expects("Totals are wrong")
        first = posted.gets("Your report is PAY-1")
        assert ADDRESS in str(first["From"])
        postfix.sends(posted.box.mail(EVA, "Re: x", "Since June\n\nOn Monday, Hypercare wrote:\n> a", answers=first))
        card.expects_reply("Since June")
        postfix.sends(posted.box.mail("tom@nowhere.example", "Another problem", "It hangs."))
        other = slack.channel("hypercare-desk").expects("Another problem")
        assert "because the address doesn't exist" in other.expects_reply("came back").words
        with monkeypatch.context() as patched:
            patched.setattr(receiving, "MAX_IN_AN_HOUR", 0)
            postfix.sends(posted.box.mail(EVA, "A third problem", "It is slow."))
            eventually(lambda: "450 4.7.1 Too many mails" in postfix.said(), "a mail that Postfix keeps")
        postfix.does("flush")
        slack.channel("hypercare-desk").expects("A third problem")
        wrong = posted.box.mail(EVA, "x", "y")
        wrong.replace_header("To", "nobody@hypercare.example")
        postfix.sends(wrong)
        returned = eventually(
            lambda: next((one for one in posted.box.sink.received if "Undelivered" in str(one["Subject"])), None),
            "the mail that came back", instead=postfix.said,
        )  # fmt: skip
        assert "There is no phase with this address." in text_of(returned) + returned.as_string()
    finally:
        slack.loop.run(posted.box.stop())
