"""Sockets that kafka-python leaves open, closed where it leaves them.

Of a connect that fails, or that still runs when its client is closed, it drops the socket, and of a
connection that has bytes to write by then too (seen in 3.0.12). Python closes that one, and warns
of it in whichever test runs by then.
"""

from __future__ import annotations

from socket import socket
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from kafka.net.inet import KafkaNetSocket
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaTCPTransport

_connect = KafkaNetSocket.sock_connect
_begin = KafkaTCPTransport.__init__
_end = NetworkSelector.close

_connected: WeakKeyDictionary[Any, WeakSet[socket]] = WeakKeyDictionary()
"""The sockets of each client that is not closed."""


async def _connect_or_close(
    self: KafkaNetSocket, net: Any, sock: socket, address: Any, timeout_at: float | None = None
) -> socket:
    try:
        connected: socket = await _connect(self, net, sock, address, timeout_at=timeout_at)
    except BaseException:  # also when the connect is broken off
        sock.close()
        raise
    return connected


def _begin_noted(self: KafkaTCPTransport, net: Any, sock: socket, host: str | None = None) -> None:
    _begin(self, net, sock, host=host)
    _connected.setdefault(net, WeakSet()).add(sock)


def _end_with_all(self: NetworkSelector) -> None:
    sockets = [*_connected.pop(self, ())]
    _end(self)
    for one in sockets:
        one.close()


def close_what_is_dropped() -> None:
    """Let every client of this process close the sockets that it would drop."""
    KafkaNetSocket.sock_connect = _connect_or_close
    KafkaTCPTransport.__init__ = _begin_noted
    NetworkSelector.close = _end_with_all
