"""Sockets that kafka-python leaves open, closed where it leaves them.

Of a connect that fails, or that still runs when its client is closed, it drops the socket (seen in
3.0.12). Python closes that one, and warns of it in whichever test runs by then.
"""

from __future__ import annotations

from socket import socket
from typing import Any

from kafka.net.inet import KafkaNetSocket

_connect = KafkaNetSocket.sock_connect


async def _connect_or_close(
    self: KafkaNetSocket, net: Any, sock: socket, address: Any, timeout_at: float | None = None
) -> socket:
    try:
        connected: socket = await _connect(self, net, sock, address, timeout_at=timeout_at)
    except BaseException:  # also when the connect is broken off
        sock.close()
        raise
    return connected


def close_what_is_dropped() -> None:
    """Let every client of this process close the sockets of its connects that come to nothing."""
    KafkaNetSocket.sock_connect = _connect_or_close
