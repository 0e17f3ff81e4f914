"""Render reports in a separate process, so that matplotlib is not loaded into the bot."""

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, CalledProcessError, Popen

from domain.phases.report import PhaseReport


class Drawing:
    def __init__(self, process: Popen[bytes]) -> None:
        self._process = process

    def page(self, report: PhaseReport) -> str:
        """Render the report, once. CalledProcessError when it failed; the process has printed the reason."""
        made, _ = self._process.communicate(pickle.dumps(report))
        if self._process.returncode:
            raise CalledProcessError(self._process.returncode, self._process.args)
        return made.decode()


@contextmanager
def drawing() -> Iterator[Drawing]:
    """Start the process early, since loading matplotlib takes seconds; it ends with this context."""
    with Popen([sys.executable, "-m", __name__], stdin=PIPE, stdout=PIPE) as process:  # noqa: S603 - our own module
        try:
            yield Drawing(process)
        finally:
            process.kill()


def main() -> None:
    """The separate process: read a report from stdin and write its page to stdout."""
    from bot.report_page.page import page  # noqa: PLC0415 - loaded only in this process

    given = sys.stdin.buffer.read()
    if given:
        sys.stdout.buffer.write(page(pickle.loads(given)).encode())  # noqa: S301 - from our own process


if __name__ == "__main__":
    main()
