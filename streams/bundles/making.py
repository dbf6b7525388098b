"""Making a bundle of a ticket of a desk, on either engine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from streams.bundles import file
from streams.bundles.bundle import Bundle, Text
from streams.bundles.masking import Mask
from streams.bundles.slicing import cut

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Made(NamedTuple):
    """A bundle that was made.

    Attributes:
        bundle: What is in it for everybody to read.
        content: Its file.
        key: What opens the sealed text; None where none is sealed.
    """

    bundle: Bundle
    content: bytes
    key: str | None


def made(desk: AnyDesk, ticket_id: str, text: Text) -> Made:
    """A bundle of a ticket.

    Args:
        desk: Where the ticket is.
        ticket_id: The ticket.
        text: What is done to personal text.

    Raises:
        NotFound: There is no such ticket.
    """
    from pactdesk import __version__

    plain = cut(desk.lookup, ticket_id, text, __version__)
    if text == "plain":
        return Made(plain, file.written(plain), None)
    masked = Mask(secrets.token_bytes(32)).bundle(plain)
    if text == "masked":
        return Made(masked, file.written(masked), None)
    key = file.new_key()
    return Made(masked, file.written(masked, plain, key), key)
