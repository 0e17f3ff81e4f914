"""Draw the charts of mails in a separate process, so that matplotlib is not loaded into the bot."""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

TIMEOUT = 120  # seconds
KEPT = 8  # digests whose charts are kept, since many people get the same
one_at_a_time = Lock()


class CannotDrawError(Exception):
    """The process did not draw the charts."""


def draw_charts(charts: Sequence[dict[str, Any]]) -> tuple[bytes, ...]:
    """Return these charts of a message as PNG. It blocks, so call it in a thread."""
    with one_at_a_time:
        return _drawn(json.dumps(charts, sort_keys=True)) if charts else ()


@lru_cache(KEPT)
def _drawn(charts: str) -> tuple[bytes, ...]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HYPERCARE_")}
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(command, input=charts, capture_output=True, text=True, env=environment,  # noqa: S603 - ours
                              timeout=TIMEOUT, check=True)  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotDrawError(type(error).__name__) from None
    return tuple(b64decode(one) for one in json.loads(done.stdout))


def main() -> None:
    """The separate process: read charts from stdin, and write their pictures to stdout."""
    from bot.report_page.png import draw  # noqa: PLC0415 - loaded only in this process

    json.dump([b64encode(draw(one)).decode() for one in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
