"""Work that one process of a desk does at a time; the others wait, and one goes on when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from streams.errors import PactdeskError
from streams.gateway.desks import Desks

if TYPE_CHECKING:
    from streams.engines import AnyDesk

LOOK_SECONDS = 5.0
"""Between two looks whether the work is ours, or still ours."""

_log = structlog.get_logger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]


async def alone(work: str, opened: Callable[[], AnyDesk], do: Work) -> None:
    """Do some work while no other process does, again whenever it was lost, until it returns.

    Args:
        work: What it is called.
        opened: Opens a desk, with which the work is held.
        do: Does it.
    """
    desks = Desks(opened, 1, work)
    try:
        while True:
            await _ours(desks, work)
            doing = asyncio.create_task(do())
            try:
                while not doing.done() and await _does(desks, work) is True:
                    await asyncio.wait([doing], timeout=LOOK_SECONDS)
                if doing.done():
                    return
            finally:
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)
    finally:
        await asyncio.to_thread(desks.close)


async def _ours(desks: Desks, work: str) -> None:
    """Wait until the work is ours; what keeps us from it is told when it is new."""
    told: object = True
    while (found := await _does(desks, work)) is not True:
        if found != told:
            told = found
            reason = "another process does it" if found is False else found
            _log.info("waits", work=work, reason=reason)
        await asyncio.sleep(LOOK_SECONDS)


async def _does(desks: Desks, work: str) -> bool | str:
    """Whether the work is ours; in words where the store does not say."""
    try:
        return await desks.do(lambda desk: desk.alone.does(work))
    except Exception as error:  # noqa: BLE001  # whatever it is, the work is not known to be ours
        return error.what if isinstance(error, PactdeskError) else repr(error)
