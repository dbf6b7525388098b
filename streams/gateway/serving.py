"""Serving HTTP: in a thread of its own, with an event loop of its own, beside the other roles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from streams.channels.mailbox import fetching
from streams.engines import desk_of
from streams.gateway import (
    attachments,
    chat,
    chat_stream,
    colleagues,
    contacts,
    duty,
    handing_out,
    hooks,
    lists,
    looking,
    pact,
    peers,
    searching,
    stream,
    subscriptions,
    survey,
    verbs,
)
from streams.gateway.app import application
from streams.gateway.background import Background, listening, server_of
from streams.gateway.connections import Connection, Connections
from streams.gateway.describing import routes_with
from streams.gateway.desks import Desks
from streams.gateway.doorkeeper import Doorkeeper
from streams.gateway.house import House
from streams.gateway.keyring import Keyring
from streams.gateway.keys import kept
from streams.gateway.limits import Limits
from streams.gateway.route import Route
from streams.gateway.signatures import secrets_of
from streams.gateway.speaking import speaking
from streams.internet import is_loopback

if TYPE_CHECKING:
    from streams.settings import Settings

DRAIN_SECONDS = 10.0
"""How long requests that are being answered may take once the gateway is told to stop."""

TELL_SECONDS = 5.0
"""How often the gateway says that it is there."""

LAST_SECONDS = 1.0
"""How long an answer may take on its way out after that."""

ROUTES: tuple[Route, ...] = routes_with(
    (
        *contacts.ROUTES,
        *lists.ROUTES,
        *looking.ROUTES,
        *attachments.ROUTES,
        *handing_out.ROUTES,
        *verbs.ROUTES,
        *duty.ROUTES,
        *stream.ROUTES,
        *searching.ROUTES,
        *hooks.ROUTES,
        *chat.ROUTES,
        *chat_stream.ROUTES,
        *colleagues.ROUTES,
        *survey.ROUTES,
        *pact.ROUTES,
        *peers.ROUTES,
        *subscriptions.ROUTES,
    )
)
"""Everything that can be asked for, in the order in which it is described."""


class Gateway(Background):
    """The gateway of one process.

        with Gateway(settings, port=8080) as gateway:
            ...

    Args:
        settings: The settings, which say whose desk it is.
        port: The port; 0 takes a free one.

    Attributes:
        open_to_all: Whether it is, so far, for everybody: on loopback, while no key was ever made.
    """

    def __init__(self, settings: Settings, port: int) -> None:
        super().__init__("gateway")
        self._settings = settings
        self._port = port
        self.open_to_all = False

    async def _serve(self) -> None:
        settings = self._settings
        secrets_of(settings.gateway.pact_secrets)  # what is wrong with them is told now
        opened = partial(desk_of, settings, works=False)
        house = House(settings, opened)
        keys = Desks(opened, 1, "keys")  # a long question must not keep everybody waiting outside
        try:
            door = Doorkeeper(
                Keyring(lambda: keys.do(lambda desk: kept(desk.database))),
                Limits(settings.gateway.requests_per_second),
                local=is_loopback(settings.gateway.host),
            )
            runner = web.AppRunner(application(house, ROUTES, door), shutdown_timeout=LAST_SECONDS)
            await runner.setup()
            try:
                mail = fetching(settings.channels.email, house)
                async with mail, speaking(house), _heard_of(house):
                    await self._listen(runner, house, door)
            finally:
                await runner.cleanup()
        finally:
            await asyncio.to_thread(house.close)
            await asyncio.to_thread(keys.close)

    async def _listen(self, runner: web.AppRunner, house: House, door: Doorkeeper) -> None:
        """Listen until told to stop, then see that what is being asked is answered."""
        settings, server = self._settings.gateway, server_of(runner)
        connections = Connections(settings.connections, settings.connections_per_address)
        listener, address = await listening(
            lambda: Connection(server, connections), settings.host, self._port, "--port"
        )
        try:
            with suppress(Exception):  # a store that is away now may be there when somebody asks
                self.open_to_all = await door.open_to_all()
            await self._told_to_stop(address)
        finally:
            listener.close()
        house.stopping.set()
        await asyncio.sleep(0)  # what has come by now is begun
        server.pre_shutdown()
        await connections.answered(DRAIN_SECONDS)


@asynccontextmanager
async def _heard_of(house: House) -> AsyncIterator[None]:
    """Say now and then that the gateway comes round, for whoever asks after its health."""

    async def tell() -> None:
        while True:
            with suppress(Exception):  # a store that is away will be there again
                await house.ask(lambda desk: desk.serves())
            await asyncio.sleep(TELL_SECONDS)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
