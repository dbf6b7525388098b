"""Files that a message brings along: kept before it is taken in, and told of when it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.record import Record
from streams.files import outcomes, rules
from streams.files.kinds import HEAD_BYTES, kind_of
from streams.files.outcomes import Kept, Lost, Place
from streams.files.settings import AttachmentSettings
from streams.files.store import Files

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Brought(NamedTuple):
    """A contact, and what came of its files.

    Attributes:
        contact: The contact, as input has it.
        found: What came of each of its files, in their order.
        at: When it came.
    """

    contact: dict[str, Any]
    found: Sequence[Kept | Lost]
    at: datetime


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


def told(desk: AnyDesk, taken: Sequence[tuple[Brought, str]]) -> None:
    """Append what came of the files of contacts that were taken in, all at once.

    Args:
        desk: The desk.
        taken: The contacts, each with its id.
    """
    desk.intake.records(
        [record for one, number in taken for record in _outcomes(desk, one, number)]
    )


def _outcomes(desk: AnyDesk, one: Brought, number: str) -> Iterator[Record]:
    channel = one.contact["channel"]
    customer = one.contact.get("customer_id") or desk.intake.resolver.customer_of(
        channel, one.contact["handle"]
    )
    by = f"gateway/{channel}"
    for index, found in enumerate(one.found):
        place = Place(customer, number, index)
        if isinstance(found, Kept):
            yield outcomes.stored(place, found, one.at, by)
        else:
            yield outcomes.refused(place, found, 1, one.at, by)
