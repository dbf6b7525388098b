"""What leaves the machine, and by what; light, for every desk asks."""

from __future__ import annotations

from datetime import datetime

from schemas.event import Event
from schemas.events.decisions import ReplyRequested
from schemas.events.drafts import DraftRequested
from schemas.record import Record
from streams.channels.settings import ChannelSettings, ChatWidget
from streams.delivery.errand import Errand, errand_of
from streams.delivery.places import ALERTS, PLACES, errands_of, set_up
from streams.drafting import errands as drafting
from streams.drafting.errands import LLM
from streams.settings import AlertSettings, Settings


def outward(settings: Settings) -> frozenset[str]:
    """The channels and places that something leaves by; all else stays on this machine."""
    drafts = drafting.set_up(settings.llm)
    if (settings.channels, settings.alerts) == (ChannelSettings(), AlertSettings()):
        return drafts  # the channels' files need not be loaded to know that
    from streams.channels.known import sends

    return sends(settings.channels) | set_up(settings) | drafts


def streamed(settings: Settings) -> frozenset[str]:
    """The channels whose replies customers read from us."""
    if settings.channels.chat_widget == ChatWidget():
        return frozenset()
    from streams.channels import known

    return known.streamed(settings.channels)


def requests_of(outward: frozenset[str]) -> tuple[type[Event], ...]:
    """The events that ask for something to be sent, where it can leave by these."""
    return (
        ReplyRequested,
        *(ALERTS if outward & PLACES else ()),
        *((DraftRequested,) if LLM in outward else ()),
    )


def taken_on(
    record: Record, outward: frozenset[str], partition: int, offset: int, at: datetime
) -> list[Errand] | None:
    """A request as it is taken on; None where it stays on this machine.

    Args:
        record: The request.
        outward: What something leaves by.
        partition: Where it lies among the decisions.
        offset: Where it lies there.
        at: The time.
    """
    request = record.event
    if isinstance(request, DraftRequested):
        return drafting.errands_of(record, partition, offset, at)
    if not isinstance(request, ReplyRequested):
        return errands_of(record, outward & PLACES, partition, offset, at)
    if request.channel not in outward:
        return None
    return [errand_of(record, request, partition, offset, at)]
