"""What a provider said becomes durable, whichever way it came; only then it is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from schemas.record import derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.channels.channel import Channel, Hook, Told
from streams.channels.receipts import noted
from streams.channels.remarks import line
from streams.deadletters import HOOKS, DeadLetter
from streams.errors import Unavailable, Unreadable
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.gateway.house import House

LETTER_BYTES = 1 << 20
"""How much of what cannot be understood is kept: a record takes no more."""

_log = structlog.get_logger(__name__)


async def taken(house: House, channel: Channel, settings: Any, hook: Hook) -> Told:
    """Make durable what a verified hook says; what cannot be understood is kept and accepted.

    Sending it again would not make it readable, so that the provider is not asked to; and whatever
    breaks our own reader must not hold up what comes behind it.

    Args:
        house: Takes it in.
        channel: On which channel it came.
        settings: That channel's.
        hook: What came.

    Raises:
        Unavailable: The store does not take it; it must not be acknowledged.
    """
    try:
        heard = channel.parse(settings, hook)
        lines = heard.inputs
        if heard.remarks:
            said = await house.read(lambda desk: [line(desk, one) for one in heard.remarks])
            lines = [*lines, *said]
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  # one body must not hold up those behind it
        if not isinstance(error, Unreadable):
            _log.exception("a body broke its reader", channel=channel.name, path=hook.path)
        letter = _letter(channel, hook, error)
        await house.ask(lambda desk: desk.intake.keep(letter))
        _log.warning("not understood", channel=channel.name, letter=letter.id, error=letter.error)
        return Told()
    if lines:
        await house.way_in.take([line_of(one) for one in lines])
    if heard.receipts:
        await house.ask(lambda desk: noted(desk, channel.name, heard.receipts, hook.at))
    for one in heard.missed:
        _log.info("not for us", channel=channel.name, what=one)
    return heard.told


def _letter(channel: Channel, hook: Hook, error: Exception) -> DeadLetter:
    if not isinstance(error, Unreadable):
        error = Unreadable(
            f"it broke its reader ({error!r})",
            "report it, and re-drive it with the release that reads it",
        )
    return DeadLetter(
        id=derived_id("hook", channel.name, hook.path, hook.body.decode("latin-1")),
        topic=CONTACTS.name,
        origin=f"{HOOKS}{channel.name}/{hook.path}",
        handler=f"{HOOKS}{channel.name}",
        error=error.what,
        remedy=error.remedy,
        attempts=1,
        at=rfc3339(hook.at),
        value=hook.body[:LETTER_BYTES],
    )
