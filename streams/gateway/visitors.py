"""How often one customer may ask, write, answer and listen here: counted in this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from math import ceil

from streams.channels.chat import Session
from streams.gateway.limits import Buckets
from streams.gateway.problems import Problem

MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 0.5, 10.0
"""How often one visitor may write."""

ASKS_PER_SECOND, ASKS_AT_ONCE = 5.0, 30.0
"""How often one visitor may ask for anything."""

ANSWERS_PER_SECOND, ANSWERS_AT_ONCE = 0.1, 10.0
"""How often one survey may be answered."""

STREAMS = 12
"""Streams that one visitor may have open: about as many tabs."""


class Visitors:
    """What one visitor may do, counted in this process; belongs to its event loop."""

    def __init__(self) -> None:
        self._writes = Buckets(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)
        self._asks = Buckets(ASKS_PER_SECOND, ASKS_AT_ONCE)
        self._answers = Buckets(ANSWERS_PER_SECOND, ANSWERS_AT_ONCE)
        self._streams: Counter[str] = Counter()
        self.key: bytes | None = None

    def asks(self, session: Session) -> None:
        """Somebody asks for something; raises `Problem` where it is once too often."""
        _not_too_often(self._asks.take(session.handle, time.monotonic()))

    def writes(self, session: Session) -> None:
        """Somebody writes; raises `Problem` where it is one message too many."""
        _not_too_often(self._writes.take(session.handle, time.monotonic()))

    def answers(self, survey: str) -> None:
        """A survey is answered; raises `Problem` where it is once too often."""
        _not_too_often(self._answers.take(survey, time.monotonic()))

    @contextmanager
    def streams(self, session: Session) -> Iterator[None]:
        """Somebody has a stream open for a while; raises `Problem` where it is one too many."""
        if self._streams[session.handle] >= STREAMS:
            _not_too_often(1.0)
        self._streams[session.handle] += 1
        try:
            yield
        finally:
            self._streams[session.handle] -= 1
            if not self._streams[session.handle]:
                del self._streams[session.handle]


def _not_too_often(wait: float) -> None:
    if wait:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "this visitor asks too often",
            "wait as long as Retry-After says",
            headers={"Retry-After": str(ceil(wait))},
        )
