"""Subscriptions as the store keeps them: what people do to them.

They are rows and no events: the log is for ever, and a secret is to be gone with its subscription.
The secret itself is kept, for it signs; no list and no answer but that of its making shows it.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from schemas.vocabulary import rfc3339
from streams.errors import NotFound, Refused
from streams.gateway.keys import Store
from streams.store import Executor
from streams.subscriptions.addresses import Reach
from streams.subscriptions.signing import new_secret
from streams.subscriptions.subscription import ACTIVE, PAUSED, Subscription, wanted

ID_BYTES = 6

MOST = 50
"""Subscriptions that there may be: each has a request of its own under way."""

OLD_SECRET = timedelta(days=1)
"""For how long the secret before is valid beside the new one."""

_COLUMNS = ", ".join(Subscription._fields)
_WELL = "failures = 0, failing_since = NULL, last_error = NULL, next_attempt_at = NULL"


class Wish(NamedTuple):
    """What somebody wants to be sent.

    Attributes:
        url: Where to.
        types: Types of events; none is all.
        topic: The one topic; None is all.
        customer: The one customer; None is everybody.
        personal: Whether personal fields are sent, rather than masked.
    """

    url: str
    types: tuple[str, ...] = ()
    topic: str | None = None
    customer: str | None = None
    personal: bool = False


def made(store: Store, wish: Wish, position: str, reach: Reach, now: datetime) -> Subscription:
    """Make a subscription; its secret is shown this once.

    Args:
        store: Where it is kept.
        wish: What is wanted.
        position: A position of the log: what lies behind it is sent.
        reach: How far webhooks may go.
        now: The time.

    Raises:
        Refused: It may not be sent there, nothing would ever be sent, or there are too many.
    """
    reach.refuse(wish.url)
    types = " ".join(sorted(wanted(wish.types, wish.topic, wish.customer).types))
    number = secrets.token_hex(ID_BYTES)
    with store.durably():
        (count,) = store.execute("SELECT count(*) FROM subscriptions").fetchone()
        if count >= MOST:
            raise Refused(f"there are {MOST} subscriptions already", "remove one first")
        store.execute(
            "INSERT INTO subscriptions (id, url, types, topic, customer, personal, created_at,"
            " secret, state, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                wish.url,
                types,
                wish.topic,
                wish.customer,
                int(wish.personal),
                rfc3339(now),
                new_secret(),
                ACTIVE,
                position,
            ),
        )
    return one(store, number)


def every(store: Executor) -> list[Subscription]:
    """All of them, the oldest first."""
    rows = store.execute(f"SELECT {_COLUMNS} FROM subscriptions ORDER BY created_at, id")
    return [Subscription(*row) for row in rows]


def one(store: Executor, number: str) -> Subscription:
    """One of them; raises `NotFound` where there is none of this id."""
    row = store.execute(f"SELECT {_COLUMNS} FROM subscriptions WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no subscription {number}", "see `pactdesk subscriptions list`")
    return Subscription(*row)


def paused(store: Store, number: str) -> Subscription:
    """Send nothing more until it is resumed; raises `NotFound`."""
    return _changed(store, number, "state = ?, reason = NULL, next_attempt_at = NULL", (PAUSED,))


def resumed(store: Store, number: str) -> Subscription:
    """Go on where it stopped, at once, whatever went wrong before; raises `NotFound`."""
    return _changed(store, number, f"state = ?, reason = NULL, {_WELL}", (ACTIVE,))


def rotated(store: Store, number: str, now: datetime) -> Subscription:
    """Make a new secret; the one before is valid beside it for a day. Raises `NotFound`."""
    return _changed(
        store,
        number,
        "old_secret = secret, old_until = ?, secret = ?",
        (rfc3339(now + OLD_SECRET), new_secret()),
    )


def replayed(store: Store, number: str, position: str) -> Subscription:
    """Send again, or go on, from a position of the log; raises `NotFound`.

    Whoever sends it must claim it anew, so that what is under way does not move it on.
    """
    moved = f"position = ?, epoch = epoch + 1, owner = NULL, {_WELL}"
    return _changed(store, number, moved, (position,))


def removed(store: Store, number: str) -> None:
    """Forget it and its secrets; raises `NotFound`."""
    with store.durably():
        gone = store.execute("DELETE FROM subscriptions WHERE id = ?", (number,)).rowcount
    if not gone:
        one(store, number)


def _changed(store: Store, number: str, changes: str, values: tuple[Any, ...]) -> Subscription:
    with store.durably():
        store.execute(f"UPDATE subscriptions SET {changes} WHERE id = ?", (*values, number))
    return one(store, number)
