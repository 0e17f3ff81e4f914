"""The faults: what goes wrong, one kind a round, each kind as often as the others."""

import random
import time
from collections import Counter
from collections.abc import Callable

from tests.chaos.database import Database
from tests.chaos.fleet import Fleet
from tests.support.control import Control

AWAY = 0.5  # seconds
PAUSE = 30  # seconds of the workspace's time that a storm asks for


class Faults:
    def __init__(self, control: Control, fleet: Fleet, database: Database, seed: int) -> None:
        self._control, self._fleet, self._database = control, fleet, database
        self._random = random.Random(seed)
        self._deck: list[str] = []
        self.counts: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[], object]] = {
            "kill": lambda: fleet.kill(self._one()),
            "stop": lambda: fleet.stop(self._one()),
            "lost answer": lambda: control.post("faults", method="chat.postMessage", drop_reply=True, times=3),
            "429 on posts": lambda: self._storm("chat.postMessage"),
            "429 on updates": lambda: self._storm("chat.update"),
            "Slack away": self._away,
            "database restart": database.restart,
            "refresh": lambda: control.post("disconnect", reason="refresh_requested"),
            "warning": lambda: control.post("disconnect", reason="warning"),
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

    def _away(self) -> None:
        self._control.post("faults", method="*", status=503, times=-1)
        time.sleep(AWAY)
        self._control.delete("faults")
