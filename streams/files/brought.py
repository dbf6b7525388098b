"""Files that a message brings along: kept before it is taken in, and told of when it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from streams.files import outcomes, rules
from streams.files.kinds import HEAD_BYTES, kind_of
from streams.files.outcomes import Kept, Lost, Place
from streams.files.settings import AttachmentSettings
from streams.files.store import Files

if TYPE_CHECKING:
    from streams.engines import AnyDesk


def kept(
    contents: Sequence[bytes], contact: dict[str, Any], files: Files, settings: AttachmentSettings
) -> list[Kept | Lost]:
    """Keep the files of a contact; what came of each.

    Args:
        contents: Their bytes, in the order of the contact's attachments.
        contact: The contact, as input has it.
        files: Where they are kept.
        settings: What is kept at all.

    Raises:
        OSError: They cannot be kept.
    """
    names = [str(one["name"]) for one in contact.get("attachments", [])]
    return [
        _kept(content, name, files, settings) for content, name in zip(contents, names, strict=True)
    ]


def _kept(content: bytes, name: str, files: Files, settings: AttachmentSettings) -> Kept | Lost:
    if len(content) > settings.max_bytes:
        return Lost(rules.too_large(settings))
    kind = kind_of(content[:HEAD_BYTES])
    if (reason := rules.refusal(settings, kind)) is not None:
        return Lost(reason)
    return Kept(files.put(content).sha256, len(content), kind, name)


def told(
    desk: AnyDesk, contact: dict[str, Any], number: str, found: Sequence[Kept | Lost], at: datetime
) -> None:
    """Append what came of the files of a contact that was taken in.

    Args:
        desk: The desk.
        contact: The contact, as input has it.
        number: Its id.
        found: What came of each of its files.
        at: When that was.
    """
    channel = contact["channel"]
    customer = contact.get("customer_id") or desk.intake.resolver.customer_of(
        channel, contact["handle"]
    )
    by = f"gateway/{channel}"
    records = []
    for index, one in enumerate(found):
        place = Place(customer, number, index)
        if isinstance(one, Kept):
            records.append(outcomes.stored(place, one, at, by))
        else:
            records.append(outcomes.refused(place, one, 1, at, by))
    desk.intake.records(records)
