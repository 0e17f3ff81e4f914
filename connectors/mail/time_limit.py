"""Give up on a mail server that takes too long for a step, also where it sends a byte now and then."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

SLOWEST = 50_000  # bytes in a second, at which a large mail has to come or go


class TimeLimit:
    """Cuts a connection in the middle of a step that takes too long, so that whatever waits for the server fails.

    A timeout of a socket counts from each byte anew, and so does that of a TLS handshake.
    """

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self.was_cut = False

    def watch(self, line: socket.socket) -> None:
        """Watch a connection, as soon as it is made: TLS takes the socket over, and a copy of it stays ours."""
        self.close()
        self._line = line.dup()

    @contextmanager
    def step(self, seconds: float) -> Iterator[None]:
        """Cut the connection when what follows takes longer."""
        timer = Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """Let the connection go; call it after it is closed, which until then it isn't."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _cut(self) -> None:
        self.was_cut = True
        if (line := self._line) is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
