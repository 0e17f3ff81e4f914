"""The replicas: child processes that are killed, stopped and started again."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.chaos import CLOCK, REFUSED, bot
from tests.support.bot import free_port

# Imports the bot once, and forks from there: a replica that starts anew would spend most of its time with that.
STARTER = multiprocessing.get_context("forkserver")
STARTER.set_forkserver_preload([bot.__name__])
STOP = 10.0  # seconds a stop may take, as the bot promises
START = 60.0  # seconds in which it has to give up on a busy machine
LOOK, PATIENCE = 0.5, 600.0  # seconds between two looks at what it waits for, and for which it is waited at most
TAIL = 2_500  # characters


class Replica:
    """One place in the fleet; whatever runs there writes into the same log."""

    def __init__(self, number: int, env: dict[str, str], folder: Path) -> None:
        self.log, self.port = folder / f"replica-{number}.log", free_port()
        self.mail_port = free_port()
        ports = {"HYPERCARE_MONITOR_PORT": str(self.port), "HYPERCARE_MAIL_PORT": str(self.mail_port)}
        self._env, self._folder = env | ports, folder
        self.start()

    def start(self) -> None:
        self._process = STARTER.Process(target=bot.main, args=(self._env, self._folder, self.log), daemon=True)
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def stop(self) -> str | None:
        """What was wrong with the way it stopped."""
        if self.ended is not None:
            return None
        self._process.terminate()
        code, took = self._wait(STOP + 5)
        if code is None:
            return f"{self.log.name}: it did not end within {took:.1f} s of SIGTERM"
        # Before the bot can hear it, the signal ends Python as it ends everything.
        return f"{self.log.name}: ended with {code} after {took:.1f} s" if code not in (0, -15) or took > STOP else None

    @property
    def ended(self) -> int | None:
        """How it ended by itself."""
        return self._process.exitcode

    def refuses_to_start(self) -> str | None:
        """Start it, wait until it gives up as it should, and return what was wrong with that."""
        self.start()
        code, took = self._wait(START)
        if code == REFUSED:
            return None
        return f"{self.log.name}: started on a damaged file, ended with {code} after {took:.1f} s"

    def _wait(self, seconds: float) -> tuple[int | None, float]:
        """Wait until it ends, and kill it when it takes longer; return how it ended, and how long it took.

        Seconds in which it was ready and the machine gave it no processor are the machine's, and are not counted.
        """
        began, starved, lost = time.monotonic(), self.starved(), 0.0
        while True:
            self._process.join(LOOK)
            if self.ended is not None:
                return self.ended, time.monotonic() - began - lost
            took = time.monotonic() - began
            lost = min(took, max(lost, self.starved() - starved))  # a thread that ends takes its count along
            if took - lost > seconds or took > PATIENCE:
                self.say_where_it_is()
                self.kill()
                return None, took - lost

    def say_where_it_is(self) -> None:
        """Have it write into its log what each of its threads does; one that is not up yet ends."""
        assert self._process.pid
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGUSR1)
        time.sleep(LOOK)  # it may have to wait for a processor; the worst is that its log lacks this

    def starved(self) -> float:
        """Return the seconds in which a thread of it waited for a processor, as far as Linux counts them."""
        nanoseconds = 0
        for file in Path(f"/proc/{self._process.pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                nanoseconds += int(file.read_text(encoding="ascii").split()[1])
        return nanoseconds / 1e9

    def last_words(self) -> str:
        text = self.log.read_text(errors="replace")
        return f"--- {self.log.name}\n{text[-TAIL:]}"


class Fleet:
    def __init__(self, size: int, settings: dict[str, Any], clock_url: str, folder: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HYPERCARE_")}
        given = {f"HYPERCARE_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in settings.items()}
        env = {**kept, **given, CLOCK: clock_url}
        self._lock = threading.Lock()  # a fault and the round must not both start what is dead
        self.replicas = [Replica(number, env, folder) for number in range(size)]
        self.complaints: list[str] = []
        self.mended = 0

    def kill(self, number: int) -> None:
        with self._lock:
            self.replicas[number].kill()
            self.replicas[number].start()

    def stop(self, number: int) -> None:
        with self._lock:
            problem = self.replicas[number].stop()
            self.replicas[number].start()
        self.complaints += [problem] if problem else []

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill all of them, and start them again afterwards."""
        with self._lock:
            for replica in self.replicas:
                replica.kill()
            try:
                yield
            finally:
                for replica in self.replicas:
                    replica.start()

    def starved(self) -> float:
        """Return for how many seconds those that run have waited for a processor, on average."""
        return sum(replica.starved() for replica in self.replicas) / len(self.replicas)

    def mend(self) -> None:
        """As whatever supervises it would: one that gave up, because it could not start, is started again."""
        with self._lock:
            for replica in self.replicas:
                code = replica.ended
                if code is None:
                    continue
                if code != REFUSED:
                    self.complaints.append(f"{replica.log.name}: ended by itself with {code}\n{replica.last_words()}")
                replica.start()
                self.mended += 1

    def end(self) -> None:
        for replica in self.replicas:
            problem = replica.stop()
            self.complaints += [problem] if problem else []

    def last_words(self) -> str:
        return "\n".join(replica.last_words() for replica in self.replicas)
