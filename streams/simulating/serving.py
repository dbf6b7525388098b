"""Serving the stand-in on a port, in a thread of its own."""

from __future__ import annotations

from aiohttp import web

from streams.gateway.background import Background, listening, server_of
from streams.simulating.provider import StandIn, application

HOST = "127.0.0.1"
"""What is played is played on this machine."""


class Served(Background):
    """The stand-in, served.

        with Served(StandIn(), port=0) as served:
            ...  # served.address is every channel's api_base_url

    Args:
        stand_in: What it knows; may be changed while it is served.
        port: The port; 0 takes a free one.

    Raises:
        Unavailable: On entering: the port cannot be had.
    """

    def __init__(self, stand_in: StandIn, port: int) -> None:
        super().__init__("provider")
        self._stand_in = stand_in
        self._port = port

    async def _serve(self) -> None:
        runner = web.AppRunner(application(self._stand_in), shutdown_timeout=1)
        await runner.setup()
        try:
            server = server_of(runner)
            listener, address = await listening(server, HOST, self._port, "--port")
            try:
                await self._told_to_stop(address)
            finally:
                listener.close()
        finally:
            await runner.cleanup()
