"""The channels that speak over a socket that we open, while the gateway is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from streams.channels import slack_socket
from streams.channels.slack_events import NAME as SLACK
from streams.channels.sockets import kept_up
from streams.gateway import metrics

if TYPE_CHECKING:
    from streams.gateway.house import House


@asynccontextmanager
async def speaking(house: House) -> AsyncIterator[None]:
    """Be connected, for a while, with those that are set."""
    visits = {SLACK: slack_socket.visit_of(house)}
    tasks = [
        asyncio.create_task(kept_up(channel, visit, metrics.connected))
        for channel, visit in visits.items()
        if visit is not None
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
