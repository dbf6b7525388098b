"""Records that were handed on from an absorbed line to the line that survives."""

from __future__ import annotations

import base64

import msgspec

from schemas.events import EVENTS
from schemas.events.contacts import RecordForwarded
from schemas.record import Record
from streams.errors import Unreadable


def unwrapped(record: Record) -> Record:
    """The original record inside a forwarded one, on the line it was handed to, its id kept.

    Raises:
        Unreadable: The wrapping holds no event of a known type.
    """
    event = record.event
    assert isinstance(event, RecordForwarded)
    try:
        original = EVENTS[event.record_type].model_validate_json(base64.b64decode(event.value))
    except (KeyError, ValueError) as error:
        raise Unreadable(
            f"a forwarded {event.record_type} cannot be read: {error}",
            "re-drive it after the release that wrote it is installed",
        ) from error
    fields = {"customer_id": record.key} if hasattr(original, "customer_id") else {}
    return msgspec.structs.replace(
        record,
        id=event.record_id,
        at=event.at,
        event=original.model_copy(update=fields),
    )
