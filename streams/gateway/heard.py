"""Agents elsewhere that said that they are there."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

from schemas.vocabulary import rfc3339

MOST = 1000
"""Agents that are remembered, those heard of last."""


class Heard:
    """Which agents this gateway heard of since it came up; belongs to its event loop."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def beat(self, agent_id: str, status: str, at: datetime) -> None:
        """An agent said how it is.

        Args:
            agent_id: Which.
            status: How it is.
            at: When it said so, by its own clock.
        """
        self._last[agent_id] = {"agent_id": agent_id, "status": status, "timestamp": rfc3339(at)}
        self._last.move_to_end(agent_id)
        if len(self._last) > MOST:
            self._last.popitem(last=False)

    def agents(self) -> list[dict[str, Any]]:
        """What each said last, whoever spoke last at the end."""
        return list(self._last.values())
