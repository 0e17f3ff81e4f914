"""People who report and acknowledge, each at their own pace, and what they were told."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from tests.support.control import Control, ControlError

REPORTERS = ("maria", "tom", "ann", "lena")
RESPONDERS = ("jo", "ravi")
TRIES = 100  # a restore takes its time on a busy machine, and a try without a connection a second
PAUSE = 0.25  # seconds before a person retries a refused request


@dataclass
class Told:
    """By summary: what was taken, and what was given up, which may be there or not.

    `forms` are those that were sent, since a form whose command got no answer may open late and replace the first.
    `lines` are those of the gateway that were taken, and `comments` what people wrote in Jira. `in_teams` are those
    who reported in Teams.
    """

    closed: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    forms: dict[str, set[str]] = field(default_factory=dict)
    lines: int = 0
    comments: list[str] = field(default_factory=list)
    in_teams: list[str] = field(default_factory=list)


class Busy:
    """Who still waits for an answer does nothing new."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._busy: dict[str, Future[None]] = {}

    def wait(self, seconds: float) -> None:
        wait(list(self._busy.values()), seconds)

    def close(self) -> None:
        self._pool.shutdown()
        for future in self._busy.values():
            future.result()

    def _let(self, name: str, work: Any, what: str) -> None:
        busy = self._busy.get(name)
        if busy is None or busy.done():
            if busy:
                busy.result()  # a mistake of ours ends the test
            self._busy[name] = self._pool.submit(work, name, what)


class Crowd(Busy):
    """People in Slack."""

    def __init__(self, control: Control, seed: int) -> None:
        super().__init__(len(REPORTERS) + len(RESPONDERS), "person")
        self._control, self._random = control, random.Random(seed)
        self.told = Told()

    def act(self, number: int) -> None:
        """What they do in this round."""
        for name in REPORTERS:
            self._let(name, self._report, f"Round {number} by {name}")
        for name in RESPONDERS:
            ticket = self._random.randint(1, max(1, len(self.told.closed)))
            self._let(name, self._acknowledge, f"PAY-{ticket}")

    def _report(self, name: str, summary: str) -> None:
        """Send the form until it is taken; one that has replaced it is sent in its place, as a person would."""
        if not self._opens_form(name):
            return
        values, answer = {"summary": summary, "severity": "medium"}, dict[str, Any]()
        forms = self.told.forms.setdefault(summary, set())
        for _ in range(TRIES):
            form = self._form(name)
            if form is None:
                break
            forms.add(form)
            try:
                answer = self._control.post("submit", user=name, values=values, view=form)
            except ControlError as gone:  # it was replaced just now
                answer = {"errors": str(gone)}
            if answer == {"closed": True}:
                self.told.closed.append(summary)
                return
            time.sleep(PAUSE)
        self.told.unknown[summary] = str(answer)
        self._leave(name)

    def _opens_form(self, name: str) -> bool:
        for _ in range(TRIES):
            self._control.post("command", user=name, channel="payroll-help", command="/hypercare", text="report")
            if self._form(name):
                return True
            time.sleep(PAUSE)
        return False

    def _form(self, name: str) -> str | None:
        """Return the form that a person has before them."""
        modals = self._control.get("views", user=name)["modals"]
        return str(modals[-1]["id"]) if modals else None

    def _leave(self, name: str) -> None:
        try:
            self._control.post("close", user=name, all=True)
        except ControlError:
            return  # there is none open any more

    def _acknowledge(self, name: str, ticket: str) -> None:
        self._control.post("command", user=name, channel="hypercare-desk", command="/hypercare", text=f"ack {ticket}")
