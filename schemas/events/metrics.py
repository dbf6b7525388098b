"""The inbox of the analytics domain."""

from __future__ import annotations

from typing import ClassVar

from schemas.event import Event
from schemas.vocabulary import Channel


class InteractionMeasured(Event):
    """Something countable happened. By the customer domain, or a program through PACT.

    `kind` is contact, reply, resolution, escalation, automatic_answer or rejected_answer;
    `minutes` is the resolution time where it applies.
    """

    TOPIC: ClassVar[str] = "support.metrics.v1"

    category: str
    kind: str
    channel: Channel
    ticket_id: str | None = None
    customer_id: str
    minutes: float | None = None
    sentiment_score: float | None = None
