"""When the workspaces of the tests begin: always at the same moment, or at a random one that is told."""

import os
import random
from datetime import UTC, datetime, timedelta

NAME = "HYPERCARE_TEST_START"  # `random`, or the moment that a run before has told
USUAL = datetime(2026, 3, 3, 9, tzinfo=UTC)  # a Tuesday
SPAN = timedelta(days=2 * 365)


def draw() -> None:
    """A random moment, for this process and those that it starts."""
    os.environ[NAME] = (USUAL + random.random() * SPAN).isoformat(timespec="seconds")


def moment() -> datetime:
    given = os.environ.get(NAME)
    return datetime.fromisoformat(given) if given else USUAL
