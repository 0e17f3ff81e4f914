"""Pages are made by another process, which loads what draws them while the first one still reads."""

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
        """Once. CalledProcessError when it could not be made; the other process has said why."""
        made, _ = self._process.communicate(pickle.dumps(report))
        if self._process.returncode:
            raise CalledProcessError(self._process.returncode, self._process.args)
        return made.decode()


@contextmanager
def drawing() -> Iterator[Drawing]:
    """It begins to load at once: matplotlib alone takes seconds. It ends when this process does."""
    with Popen([sys.executable, "-m", __name__], stdin=PIPE, stdout=PIPE) as process:  # noqa: S603 - our own module
        try:
            yield Drawing(process)
        finally:
            process.kill()


def main() -> None:
    """The other process: a report comes in, and its page goes out."""
    from bot.report_page.page import page  # noqa: PLC0415 - only this one is to load it

    given = sys.stdin.buffer.read()
    if given:
        sys.stdout.buffer.write(page(pickle.loads(given)).encode())  # noqa: S301 - from our own process


if __name__ == "__main__":
    main()
