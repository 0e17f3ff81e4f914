"""A network that can swallow packets: a way to a server, of which the kernel throws away all that comes in.

The socket filter drops a packet before TCP sees it, so nothing is acknowledged and no one is told, as behind a firewall
that drops. It needs no rights. https://docs.kernel.org/networking/filter.html
"""

import ctypes
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

ATTACH_FILTER, DETACH_FILTER = 26, 27  # SO_ATTACH_FILTER and SO_DETACH_FILTER, which `socket` doesn't name
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET with 0 bytes to keep
needs_filters = pytest.mark.skipif(sys.platform != "linux", reason="only Linux filters what a socket receives")
Connect = Callable[[], socket.socket]


class Network:
    """A port of this machine that leads to a server, while packets pass."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ours: list[socket.socket] = []  # towards clients
        self._others: list[socket.socket] = []  # towards the server
        self._drops_answers = False
        self._passing = threading.Event()
        self._passing.set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def drops(self, *, listens: bool = False) -> None:
        """Swallow every packet from now on; with `listens` new connections are still made, and nothing after that."""
        with self._lock:
            self._passing.clear()
            self._drops_answers = listens
            for one in (*self._ours, *(() if listens else (self._listener,))):
                _swallow(one)

    def passes(self) -> None:
        """Let packets through again; the kernel sends what it still has."""
        with self._lock:
            self._drops_answers = False
            for one in (*self._ours, self._listener):
                with suppress(OSError):  # there is no filter, or the connection is gone
                    one.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)
            self._passing.set()

    def close(self) -> None:
        self._passing.set()
        for one in (self._listener, *self._ours, *self._others):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                self._ours.append(client)
                if self._drops_answers:
                    _swallow(client)
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            self._others.append(server)
            for source, to in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(source, to), daemon=True).start()

    def _carry(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._passing.wait()
                to.sendall(data)
        for one in (source, to):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def network_to(connect: Connect) -> Iterator[Network]:
    made = Network(connect)
    try:
        yield made
    finally:
        made.close()


def _swallow(one: socket.socket) -> None:
    program = ctypes.create_string_buffer(DROP_ALL)
    with suppress(OSError):  # of a connection that is gone
        one.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))
