"""What the command line and HTTP do with subscriptions, on either engine's desk."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from schemas.vocabulary import rfc3339
from streams.gateway.keys import kept as keys
from streams.store import Executor
from streams.subscriptions import kept
from streams.subscriptions.addresses import Reach, reach_of
from streams.subscriptions.kept import Wish
from streams.subscriptions.payload import encoded
from streams.subscriptions.posting import posting
from streams.subscriptions.signing import signed
from streams.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.settings import Settings

PING = "Ping"
"""The type of what `test` sends; no event has it."""


def reach_now(settings: Settings, store: Executor) -> Reach:
    """How far webhooks may go by now."""
    return reach_of(settings, keyless=not keys(store))


def subscribed(desk: AnyDesk, settings: Settings, wish: Wish, start: str) -> Subscription:
    """Make a subscription; its secret is shown this once.

    Args:
        desk: The desk.
        settings: Its settings.
        wish: What is wanted.
        start: `now`, `beginning`, a time or a position: what lies behind it is sent.

    Raises:
        Refused: It may not be sent there, nothing would ever be sent, or there are too many.
    """
    reach = reach_now(settings, desk.database)
    return kept.made(desk.database, wish, desk.progress.at(start), reach, desk.clock.now())


def shown(desk: AnyDesk, number: str) -> dict[str, Any]:
    """All that is told of a subscription; raises `NotFound`."""
    found = kept.one(desk.database, number)
    return found.told(desk.progress.beyond(found.position))


def replayed(desk: AnyDesk, number: str, start: str) -> Subscription:
    """Send again from a moment on: `now`, `beginning`, a time or a position.

    Raises:
        NotFound: There is no such subscription.
        Refused: It is no such moment.
    """
    kept.one(desk.database, number)
    return kept.replayed(desk.database, number, desk.progress.at(start))


def pinged(desk: AnyDesk, settings: Settings, number: str) -> tuple[Subscription, Reach]:
    """What `ping` needs; raises `NotFound`."""
    return kept.one(desk.database, number), reach_now(settings, desk.database)


async def ping(found: Subscription, reach: Reach, now: datetime) -> dict[str, Any]:
    """Send something that is no record, once, and tell what came of it.

    Args:
        found: The subscription; it may be paused.
        reach: How far webhooks may go.
        now: The time.
    """
    number = f"ping_{token_hex(8)}"
    body = encoded(
        {
            "specversion": "1.0",
            "id": number,
            "type": PING,
            "source": "/pactdesk/subscriptions",
            "subject": found.id,
            "time": rfc3339(now),
            "datacontenttype": "application/json",
            "data": {"subscription": found.id},
        }
    )
    async with posting(lambda: reach, 1) as post:
        answer = await post(found.url, body, signed(number, body, found.secrets(now), now))
    return {
        "id": found.id,
        "webhook_id": number,
        "acknowledged": answer.error is None,
        "status": answer.status,
        "answer": answer.text,
        "error": answer.error,
    }
