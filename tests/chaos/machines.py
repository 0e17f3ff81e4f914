"""Other systems: monitoring sends alerts, a gateway its log, and people write mails, in Teams and in Jira."""

import http.client
import json
import smtplib
import time
from collections.abc import Callable
from random import Random

from connectors.jira.fake import FakeJira
from connectors.mail.fake import AUTHSERV
from connectors.teams.fake_chat import FakeTeamsChats
from sandbox.clock import Clock
from tests.chaos.crowd import PAUSE, Busy, Told
from tests.chaos.fleet import Fleet, Replica

ADDRESS = "pay@hypercare.example"
TEAMS = "/teams/messages"
TEAMS_EVERY = 2  # rounds
LINES = 20  # of a request of the gateway
AGAIN = 0.3  # of what was taken is sent again, as by senders that did not hear the answer
TIMEOUT, LONGEST = 20, 300  # seconds of one try, and for which one thing is sent again: a restore may take its time


class Machines(Busy):
    """Each sender sends one thing until it is taken, to any replica, and only then the next."""

    def __init__(
        self, fleet: Fleet, jira: FakeJira, chats: FakeTeamsChats, clock: Clock, secrets: dict[str, str], told: Told,
        seed: int,
    ) -> None:  # fmt: skip
        super().__init__(5, "machine")
        self._chats = chats
        self._fleet, self._jira, self._clock, self._secrets = fleet, jira, clock, secrets
        self._random, self._told = Random(seed), told

    def act(self, number: int) -> None:
        """What they do in this round."""
        self._jira.webhook_url = f"http://127.0.0.1:{self._one().port}/trackers/jira"
        self._let("monitoring", self._alert, f"Alert {number}")
        self._let("mail server", self._mail, f"Mail {number}")
        self._let("gateway", self._lines, f"lines {number}")
        if number % TEAMS_EVERY == 0:
            self._let("Teams", self._write_in_teams, f"The totals of Teams {number} are wrong")
        issues = [*self._jira.issues.values()]
        if issues:
            text = f"Jira says {number}"
            self._jira.person_comments(self._random.choice(issues).key, text)
            self._told.comments.append(text)

    def _one(self) -> Replica:
        return self._random.choice(self._fleet.replicas)

    def _alert(self, _name: str, title: str) -> None:
        body = json.dumps({"key": title, "title": title, "severity": "high"}).encode()
        if self._until_taken(title, lambda to: self._post(to, "generic", body)):
            self._told.closed.append(title)

    def _write_in_teams(self, _name: str, text: str) -> None:
        """Have a person of their own report; Teams sends what was not answered again."""
        person = self._chats.person(text.replace(" ", "-"))
        body = json.dumps(self._chats.activity(person, text=text)).encode()
        if self._until_taken(text, lambda to: self._tell(to, body)):
            self._told.closed.append(text)
            self._told.in_teams.append(person.account)

    def _lines(self, _name: str, what: str) -> None:
        at = self._clock.now().isoformat()
        lines = [{"at": at, "id": f"{what} {n}", "method": "GET", "path": "/pay", "status": 200, "ms": 12}
                 for n in range(LINES)]  # fmt: skip
        body = json.dumps(lines).encode()
        if self._until_taken(what, lambda to: self._post(to, "gateway", body)):
            self._told.lines += LINES

    def _mail(self, _name: str, subject: str) -> None:
        name = subject.replace(" ", "-").lower()
        sender = f"{name}@customer.example"
        mail = (
            f"From: {sender}\r\nTo: {ADDRESS}\r\nSubject: {subject}\r\nMessage-ID: <{name}@customer.example>\r\n"
            f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=customer.example\r\n\r\nIt says 0.\r\n"
        )
        if self._until_taken(subject, lambda to: self._hand_over(to, sender, mail)):
            self._told.closed.append(subject)

    def _until_taken(self, what: str, send: Callable[[Replica], str]) -> bool:
        """Send it until it is taken, and sometimes once more."""
        answer, until = "", time.monotonic() + LONGEST
        while time.monotonic() < until:
            answer = self._try(send)
            if not answer:
                if self._random.random() < AGAIN:
                    self._try(send)
                return True
            time.sleep(PAUSE)
        self._told.unknown[what] = answer
        return False

    def _try(self, send: Callable[[Replica], str]) -> str:
        """Return why it was not taken."""
        try:
            return send(self._one())
        except (OSError, http.client.HTTPException, smtplib.SMTPException) as error:
            return repr(error)

    def _post(self, to: Replica, kind: str, body: bytes) -> str:
        return self._send(to, f"/signals/PAY/{kind}", body, {"Authorization": f"Bearer {self._secrets[kind]}"})

    def _tell(self, to: Replica, body: bytes) -> str:
        return self._send(to, TEAMS, body, {})

    @staticmethod
    def _send(to: Replica, path: str, body: bytes, headers: dict[str, str]) -> str:
        line = http.client.HTTPConnection("127.0.0.1", to.port, timeout=TIMEOUT)
        try:
            line.request("POST", path, body, {"Content-Type": "application/json", **headers})
            answer = line.getresponse()
            said = answer.read().decode()
        finally:
            line.close()
        return "" if answer.status == 200 else f"{answer.status} {said}"

    def _hand_over(self, to: Replica, sender: str, mail: str) -> str:
        with smtplib.LMTP("127.0.0.1", to.mail_port, timeout=TIMEOUT) as server:
            server.ehlo_or_helo_if_needed()
            for code, said in (server.mail(sender), server.rcpt(ADDRESS)):
                if code != 250:
                    return f"{code} {said.decode()}"
            code, said = server.data(mail)
        return "" if code == 250 else f"{code} {said.decode()}"
