"""The channels that speak over a socket that we open, while the gateway is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from streams.channels import discord_socket, slack_socket
from streams.channels.discord_events import NAME as DISCORD
from streams.channels.slack_events import NAME as SLACK
from streams.channels.sockets import kept_up
from streams.engines import desk_of
from streams.gateway import metrics
from streams.gateway.alone import alone

if TYPE_CHECKING:
    from streams.gateway.house import House


@asynccontextmanager
async def speaking(house: House) -> AsyncIterator[None]:
    """Be connected, for a while, with those that are set."""
    tasks = []
    slack, discord = slack_socket.visit_of(house), discord_socket.visit_of(house)
    if slack is not None:  # of these there may be several, in as many processes
        tasks.append(asyncio.create_task(kept_up(SLACK, slack, metrics.connected)))
    if discord is not None:
        opened = partial(desk_of, house.settings, works=False)
        one = partial(kept_up, DISCORD, discord, metrics.connected)
        tasks.append(asyncio.create_task(alone(DISCORD, opened, one)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
