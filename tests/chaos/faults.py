"""The faults: what goes wrong, one kind a round, each kind as often as the others."""

import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from connectors.faults import TrackerFault
from connectors.jira.fake import FakeJira
from connectors.mail.fake import FakeMailbox, MailFault
from connectors.teams.fake_chat import FakeTeamsChats
from tests.chaos.database import Database
from tests.chaos.fleet import Fleet
from tests.support.control import Control

AWAY = 0.5  # seconds
FLOOD, MUCH, EVERY = 0.8, 500_000, 20  # seconds, bytes of a large body, and one of so many lines sends one
HEAD = b"POST /signals/PAY HTTP/1.1\r\nHost: chaos\r\nContent-Length: 500000\r\n\r\n"
PAUSE = 30  # seconds of the workspace's time that a storm asks for


class Faults:
    def __init__(
        self, control: Control, fleet: Fleet, database: Database, jira: FakeJira, mailbox: FakeMailbox,
        chats: FakeTeamsChats, seed: int,
    ) -> None:  # fmt: skip
        self._mailbox, self._chats = mailbox, chats
        self._control, self._fleet, self._database = control, fleet, database
        self._random, self._jira = random.Random(seed), jira
        self._deck: list[str] = []
        self.counts: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._kinds: dict[str, Callable[[], object]] = {
            "kill": lambda: fleet.kill(self._one()),
            "stop": lambda: fleet.stop(self._one()),
            "lost answer": lambda: control.post("faults", method="chat.postMessage", drop_reply=True, times=3),
            "429 on posts": lambda: self._storm("chat.postMessage"),
            "429 on updates": lambda: self._storm("chat.update"),
            "Slack away": lambda: self._away(status=503),
            "database restart": database.restart,
            "refresh": lambda: control.post("disconnect", reason="refresh_requested"),
            "warning": lambda: control.post("disconnect", reason="warning"),
            "flood": self._flood,
            "damaged file and restore" if database.has_file else "restore": self._restore,
            "page of a proxy": lambda: self._away(body="<html>Log in</html>"),
            "page of a proxy for Jira": lambda: self._at_jira(TrackerFault(status=200, body="<html>Log in</html>")),
            "other answers for Jira": lambda: self._at_jira(TrackerFault(status=200, body='{"status": "maintenance"}')),
            "Jira away": lambda: self._at_jira(TrackerFault(status=503)),
            "Jira slow": lambda: self._at_jira(TrackerFault(slow=0.3)),
            "429 of Jira": lambda: self._at_jira(TrackerFault(status=429, retry_after=str(PAUSE))),
            "lost answer of Jira": lambda: self._at_jira(TrackerFault(lost=True)),
            "mail server away": lambda: self._at_mail_server(MailFault.AWAY),
            "451 of the mail server": lambda: self._at_mail_server(MailFault.LATER),
            "lost answer of the mail server": lambda: self._at_mail_server(MailFault.LOST),
            "Teams away": lambda: self._in_teams(TrackerFault(status=503)),
            "429 of Teams": lambda: self._in_teams(TrackerFault(status=429, retry_after=str(PAUSE))),
            "lost answer of Teams": lambda: self._in_teams(TrackerFault(lost=True)),
            "abort": lambda: control.post("disconnect", reason="abort"),
        }

    def strike(self) -> None:
        """The next one, at some moment of the round."""
        if not self._deck:
            self._deck = self._random.sample(sorted(self._kinds), len(self._kinds))
        kind = self._deck.pop()
        time.sleep(self._random.uniform(0, 0.4))
        self._kinds[kind]()
        self.counts[kind] += 1

    def _one(self) -> int:
        return self._random.randrange(len(self._fleet.replicas))

    def _storm(self, method: str) -> None:
        self._control.post("faults", method=method, retry_after=PAUSE, times=5)

    def _restore(self) -> None:
        """Everything is killed, backed up, damaged where that can be, refused by a start, and restored."""
        with self._database.writing, self._fleet.killed():
            self._database.restore(self._start_in_vain)

    def _start_in_vain(self) -> None:
        self.complaints += filter(None, [self._fleet.replicas[0].refuses_to_start()])

    def _flood(self) -> None:
        """Strangers open connections that ask for nothing, and send large bodies."""
        port, until = self._fleet.replicas[self._one()].port, time.monotonic() + FLOOD
        lines = list[socket.socket]()
        while time.monotonic() < until:
            with suppress(OSError):  # it may be starting, or have closed the line
                line = socket.create_connection(("127.0.0.1", port), timeout=FLOOD)
                lines.append(line)
                large = len(lines) % EVERY == 0
                line.sendall(HEAD + os.urandom(MUCH) if large else HEAD[:30])
        for line in lines:
            line.close()

    def _at_jira(self, fault: TrackerFault) -> None:
        self._jira.fault = fault
        time.sleep(AWAY)
        self._jira.fault = None

    def _at_mail_server(self, fault: MailFault) -> None:
        self._mailbox.sink.fault = fault
        time.sleep(AWAY)
        self._mailbox.sink.fault = None

    def _in_teams(self, fault: TrackerFault) -> None:
        self._chats.fault = fault
        time.sleep(AWAY)
        self._chats.fault = None

    def _away(self, **answer: Any) -> None:
        self._control.post("faults", method="*", times=-1, **answer)
        time.sleep(AWAY)
        self._control.delete("faults")
