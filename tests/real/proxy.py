"""A proxy between a client and a server, for cutting and slowing the network between them."""

from __future__ import annotations

import socket
import struct
from contextlib import AbstractContextManager, suppress
from threading import Event, Lock, Thread

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset and throws away what was not sent."""


class Proxy(AbstractContextManager["Proxy"]):
    """Leads connections to a port of loopback on to another one, both ways.

    A cut either resets (`cut`: live connections break, new ones are refused) or is silent
    (`cut(silent=True)`: connections stay and nothing passes, as with a lost cable; but the proxy's
    own kernel still acknowledges what is sent, so that a sender waits for an answer, not for an
    acknowledgement).

    Args:
        to: The server's port.
        port: Where to listen; by default a free port.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, to: int, port: int = 0) -> None:
        self._to = to
        self.port = port
        self._flows = Event()
        self._flows.set()
        self._delay = 0.0
        self._pause = Event()  # never set: waiting for it is the delay
        self._lock = Lock()
        self._live: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._listen()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        Thread(target=self._accept, args=(listener,), name="proxy", daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # closed: cut, or done
            Thread(target=self._serve, args=(client,), name="proxied", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._flows.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self._to))
        except OSError:
            _reset(client)
            return
        with self._lock:
            if self._listener is None:  # cut meanwhile
                _reset(client)
                _reset(server)
                return
            self._live |= {client, server}
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Thread(target=self._pump, args=(one, other), name="pump", daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flows.wait()
                if self._delay:
                    self._pause.wait(self._delay)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop({source, sink})

    def _drop(self, sockets: set[socket.socket]) -> None:
        with self._lock:
            gone = self._live & sockets
            self._live -= sockets
        for one in gone:
            _reset(one)

    def cut(self, *, silent: bool = False) -> None:
        """Cut the network: with resets, or silently."""
        if silent:
            self._flows.clear()
            return
        with self._lock:
            listener, self._listener = self._listener, None
            live = set(self._live)
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        self._drop(live)

    def heal(self) -> None:
        """Mend the network; of a silent cut, what was held back passes now."""
        if self._listener is None:
            self._listen()
        self._flows.set()

    def delay(self, seconds: float) -> None:
        """Hold back everything that passes for this long, in each direction; 0 ends it."""
        self._delay = seconds

    def close(self) -> None:
        """Cut for good."""
        self.cut()
        self._flows.set()

    def __exit__(self, *_: object) -> None:
        self.close()


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        one.shutdown(socket.SHUT_RD)  # wakes the thread that reads
    one.close()
