"""A draft as an errand: asked for once, soon or never."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas.record import Record, derived_id
from streams.delivery.errand import Errand
from streams.drafting.settings import LlmSettings

LLM = "llm"
"""What the way to the language model is called among the channels and places."""

LATE = timedelta(minutes=10)
"""After this nobody is asked for a draft any more: whoever has the ticket has gone on."""


def set_up(settings: LlmSettings) -> frozenset[str]:
    """The way to the language model, where there is one."""
    there = settings.base_url is not None and settings.model is not None
    return frozenset({LLM}) if there else frozenset()


def errands_of(record: Record, partition: int, offset: int, at: datetime) -> list[Errand]:
    """A request for a draft as it is taken on; one that is old is not.

    Args:
        record: The request.
        partition: Where it lies among the decisions.
        offset: Where it lies there.
        at: The time.
    """
    if at - record.at > LATE:
        return []
    return [
        Errand(
            request_id=record.id,
            channel=LLM,
            conversation=derived_id("draft", record.id),
            partition=partition,
            offset=offset,
            due_at=at.timestamp(),
            since=at.timestamp(),
        )
    ]
