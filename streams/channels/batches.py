"""A body in which several people's words came together, as bodies that hold one thing each.

Platforms put together what comes at the same time. Of a body that cannot be read, most can: what
one person sent holds up nobody else's words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from streams.channels.channel import MISSHAPEN


def apart(body: bytes, way: Sequence[str], held: Collection[str]) -> list[bytes]:
    """A body as often as it holds something, each time with that alone.

    Args:
        body: What came, in JSON.
        way: The keys that lead to where things are held; each may hold a list.
        held: The keys under which they are, each in a list.

    Returns:
        The bodies; none where it is of another shape.
    """
    try:
        return [msgspec.json.encode(one) for one in _alone(msgspec.json.decode(body), way, held)]
    except MISSHAPEN:
        return []


def _alone(told: Any, way: Sequence[str], held: Collection[str]) -> Iterator[Any]:
    if isinstance(told, list):
        yield from ([one] for each in told for one in _alone(each, way, held))
    elif way:
        yield from ({**told, way[0]: one} for one in _alone(told.get(way[0], []), way[1:], held))
    else:
        around = {name: value for name, value in told.items() if name not in held}
        yield from ({**around, name: [one]} for name in held for one in told.get(name, []))
