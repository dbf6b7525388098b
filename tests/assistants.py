"""An assistant: the official client of the protocol, with the command that it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from tests.commands import LAUNCHER


def with_a_client(
    data: Path, asked: Callable[[Client], Awaitable[Any]], **environment: str
) -> Any:  # Any: what is asked for
    """What somebody asks a client of `pactdesk mcp`.

    Args:
        data: The data directory.
        asked: Asks.
        environment: What differs from this process's environment.
    """

    async def run() -> Any:  # Any: what is asked for
        server = StdioServerParameters(
            command=sys.executable,
            args=[str(LAUNCHER), "mcp"],
            env={**os.environ, "PACTDESK_DATA": str(data), **environment},
        )
        async with Client(server) as client:
            return await asked(client)

    return anyio.run(run)
