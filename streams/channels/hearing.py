"""What a provider said becomes durable, whichever way it came; only then it is acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from schemas.record import derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.channels.channel import Channel, Heard, Hook, Told
from streams.channels.receipts import noted
from streams.channels.remarks import line
from streams.channels.same import Same, joined
from streams.deadletters import HOOKS, DeadLetter
from streams.errors import Unavailable, Unreadable
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.gateway.house import House

LETTER_BYTES = 1 << 20
"""How much of what cannot be understood is kept: a record takes no more."""

SEVERAL = 2
"""From how many things on a body is taken apart."""

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
    heard, letters = _heard(channel, settings, hook)
    lines = heard.inputs
    try:
        if heard.remarks:
            said = await house.read(lambda desk: [line(desk, one) for one in heard.remarks])
            lines = [*lines, *said]
        await _join(house, channel.name, heard.same)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  # one body must not hold up those behind it
        heard, lines, letters = Heard(), [], [*letters, _broken(channel, hook, error)]
    if letters:
        await house.ask(lambda desk: [desk.intake.keep(one) for one in letters])
    for one in letters:
        _log.warning("not understood", channel=channel.name, letter=one.id, error=one.error)
    if lines:
        await house.way_in.take([line_of(one) for one in lines])
    if heard.receipts:
        await house.ask(lambda desk: noted(desk, channel.name, heard.receipts, hook.at))
    for what in heard.missed:
        _log.info("not for us", channel=channel.name, what=what)
    return heard.told


async def _join(house: House, channel: str, same: Sequence[Same]) -> None:
    """Make addresses one person's before what comes by them is taken in."""
    if not same:
        return
    news = await house.read(lambda desk: [one for one in same if joined(desk, channel, one)])
    for one in dict.fromkeys(news):  # what the one says counts for the next
        told = await house.read(partial(joined, channel=channel, same=one))
        if told:
            await house.way_in.take([line_of(each) for each in told])


def _heard(channel: Channel, settings: Any, hook: Hook) -> tuple[Heard, list[DeadLetter]]:
    """What a body says; where not all of it can be read, what can, and letters of the rest."""
    try:
        return of_texts(channel.parse(settings, hook)), []
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  # one body must not hold up those behind it
        bodies = channel.apart(hook.body) if channel.apart is not None else []
        if len(bodies) < SEVERAL:
            return Heard(), [_broken(channel, hook, error)]
    parts = [_heard(channel, settings, hook._replace(body=one)) for one in bodies]
    heard = [one for one, _ in parts]
    return (
        Heard(
            inputs=[contact for one in heard for contact in one.inputs],
            receipts=[receipt for one in heard for receipt in one.receipts],
            missed=sorted({what for one in heard for what in one.missed}),
            same=[same for one in heard for same in one.same],
        ),
        [letter for _, letters in parts for letter in letters],
    )


def of_texts(heard: Heard) -> Heard:
    """What was heard, if what names people and messages in it is text.

    Lines of input are looked through where they are taken in; these are looked up as they are.

    Raises:
        Unreadable: Something else stands there, or what no database looks up.
    """
    names: list[object] = [name for one in heard.receipts for name in (*one[1:4], one.handle)]
    names += [handle for one in heard.same for handle in one]
    if not all(name is None or (isinstance(name, str) and "\0" not in name) for name in names):
        raise Unreadable("a message or a person is named by no text", "report it")
    return heard


def _broken(channel: Channel, hook: Hook, error: Exception) -> DeadLetter:
    if not isinstance(error, Unreadable):
        _log.exception("a body broke its reader", channel=channel.name, path=hook.path)
    return _letter(channel, hook, error)


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
