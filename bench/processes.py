"""Child processes: the bot as an operator starts it, its floors, and what the system says about them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.databases import PHASE
from bench.slack import Link, Slack

ROOT = Path(__file__).parents[1]
STOP = 15  # seconds
ASKED, ATTACKING = 2, 1  # real-time priorities, of those who are measured and those who attack them


def clean_environment() -> dict[str, str]:
    """Ours, without settings for another bot."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HYPERCARE_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def environment(api_url: str, name: str, database: Path | str) -> dict[str, str]:
    """The settings of a bot, as an operator gives them; the database is SQLite's file or an address."""
    return {
        **clean_environment(), "HYPERCARE_BOT_TOKEN": "xoxb-bench", "HYPERCARE_APP_TOKEN": f"xapp-{name}",
        "HYPERCARE_SLACK_URL": api_url, "HYPERCARE_DATABASE": database if isinstance(database, str) else f"sqlite:///{database}",
        "HYPERCARE_PHASE": json.dumps(PHASE),
    }  # fmt: skip


@contextmanager
def ahead_of_others(child: "Child") -> Iterator[str]:
    """Give the processor to this process and a child first, because attackers have machines of their own.

    Yields a remark for the row, "" where it was allowed.
    """
    ours = [0, *child.threads()]
    try:
        for one in ours:
            rank(one, ASKED)
    except PermissionError:
        yield "; the attackers took what they liked of the same processors"
        return
    try:
        yield ""
    finally:
        for one in ours:
            with suppress(ProcessLookupError):  # a thread has ended
                os.sched_setscheduler(one, os.SCHED_OTHER, os.sched_param(0))


def rank(thread: int, priority: int) -> None:
    """Give a thread, 0 for this one, a real-time priority; PermissionError unless the system allows it."""
    os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(priority))


class Child:
    """One process of ours; stop() ends it."""

    def __init__(self, arguments: list[str], *, env: dict[str, str] | None = None, log: Path | None = None) -> None:
        self.began = time.perf_counter()
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, *arguments], env=env or clean_environment(), cwd=log.parent if log else ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("w") if log else None,
        )  # fmt: skip

    def threads(self) -> list[int]:
        return [int(task.name) for task in Path(f"/proc/{self._process.pid}/task").iterdir()]

    def line(self) -> str:
        """The next line it prints."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def rss(self) -> float:
        """Resident memory in MB."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The most it ever had, in MB."""
        return self._status("VmHWM")

    def cpu(self) -> float:
        """Seconds of processor time of all its threads so far."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def files(self) -> int:
        """How many it has open."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self.stop()

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()  # what was measured is measured; its database goes away with the folder
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def last_words(self) -> str:
        return self._log.read_text()[-800:] if self._log else ""

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


class Bot(Child):
    """`hypercare run`, with its default settings, connected to our Slack, which limits nothing.

    `plain` is the program as it is installed. Otherwise it knows the kind of timer that only the bench has, and keeps
    to Slack's pace only where it is `limited`; `speed` is the clock's, for measurements whose subject it is. `more`
    are further settings.
    """

    def __init__(
        self, slack: Slack, name: str, database: Path | str, *, plain: bool = False, limited: bool = False,
        speed: float = 1, folder: Path | None = None, more: Mapping[str, str] | None = None, module: str = "bench.bot",
    ) -> None:  # fmt: skip
        given = {"BENCH_SPEED": f"{speed:g}", "BENCH_LIMITED": "yes" if limited else "no"}
        env = environment(slack.api_url, name, database) | given | dict(more or {})
        command = ["-m", "bot", "run"] if plain else ["-m", module]
        place = folder or Path(database).parent
        super().__init__(command, env=env, log=place / f"{name}.log")
        self._slack, self._name = slack, f"xapp-{name}"

    async def link(self) -> Link:
        """Its link, once it stands; what it complained about otherwise."""
        try:
            return await self._slack.link(self._name)
        except TimeoutError:
            raise RuntimeError(f"The bot did not connect: {self.last_words()}") from None


class Echo(Child):
    """The floor of Socket Mode: raw aiohttp that acknowledges and does nothing else."""

    def __init__(self, slack: Slack, name: str = "echo") -> None:
        super().__init__(["-m", "bench.echo", slack.link_url(name)])
