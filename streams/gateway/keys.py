"""API keys as the store keeps them: everything but the key itself.

A key is `pk_`, its id, `_` and 256 random bits. It is shown once, when it is made; of the random
bits only the SHA-256 is kept. They need no salt and no slow hash: nobody can try 2**256 of them.

Keys are rows and no events: the log is for ever, and a key is to be gone when it is revoked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from schemas.vocabulary import rfc3339
from streams.errors import NotFound, Refused
from streams.gateway.callers import SCOPES, Scope
from streams.store import Executor

PREFIX = "pk"

ID_BYTES, SECRET_BYTES = 6, 32

LONGEST_NAME = 100


class Store(Executor, Protocol):
    """A connection to either engine's store."""

    def durably(self) -> AbstractContextManager[object]:
        """A transaction that is on the disk when it returns."""


class Key(NamedTuple):
    """What is known of a key.

    Attributes:
        id: Its id, which is no secret.
        name: Who uses it, in the words of whoever made it.
        scopes: What it allows.
        digest: SHA-256 of its secret.
        created_at: When it was made.
        revoked_at: Since when it opens nothing any more.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    digest: bytes
    created_at: str
    revoked_at: str | None


def digest_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "replace")).digest()


def parted(key: str) -> tuple[str, str] | None:
    """A key's id and its secret; None for what is no key."""
    parts = key.split("_")
    if len(parts) != 3 or parts[0] != PREFIX or not all(parts):
        return None
    return parts[1], parts[2]


def made(store: Store, name: str, scopes: Iterable[str], now: datetime) -> tuple[str, Key]:
    """Make a key; returns it, for the only time, and what is kept of it.

    Args:
        store: Where it is kept.
        name: Who will use it.
        scopes: What it allows: some of `SCOPES`.
        now: The time.

    Raises:
        Refused: The name is empty or too long, or there is no such scope, or none is given.
    """
    allowed = _ordered(scopes)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refused(
            f"a key's name has 1 to {LONGEST_NAME} printable characters",
            "name the program or the person that will use it",
        )
    secret = secrets.token_hex(SECRET_BYTES)
    key = Key(secrets.token_hex(ID_BYTES), name, allowed, digest_of(secret), rfc3339(now), None)
    with store.durably():
        store.execute(
            "INSERT INTO api_keys (id, name, scopes, digest, created_at) VALUES (?, ?, ?, ?, ?)",
            (key.id, name, " ".join(allowed), key.digest, key.created_at),
        )
    return f"{PREFIX}_{key.id}_{secret}", key


def _ordered(scopes: Iterable[str]) -> tuple[Scope, ...]:
    wanted = set(scopes)
    unknown = wanted.difference(SCOPES)
    if unknown or not wanted:
        told = (
            f"there is no scope {', '.join(sorted(unknown))}" if unknown else "a key needs scopes"
        )
        raise Refused(told, f"give --scope with some of {', '.join(SCOPES)}")
    return tuple(one for one in SCOPES if one in wanted)


def kept(store: Executor) -> list[Key]:
    """Every key that was ever made, the revoked ones too, oldest first."""
    rows = store.execute(
        "SELECT id, name, scopes, digest, created_at, revoked_at FROM api_keys"
        " ORDER BY created_at, id"
    )
    return [
        Key(str(number), str(name), tuple(scopes.split()), bytes(digest), str(created), revoked)
        for number, name, scopes, digest, created, revoked in rows
    ]


def revoked(store: Store, number: str, now: datetime) -> Key:
    """Revoke a key; one that is revoked already stays as it is.

    Args:
        store: Where it is kept.
        number: Its id.
        now: The time.

    Raises:
        NotFound: There is none of this id.
    """
    with store.durably():
        store.execute(
            "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (rfc3339(now), number),
        )
    found = next((one for one in kept(store) if one.id == number), None)
    if found is None:
        raise NotFound(f"there is no key {number}", "see `pactdesk keys list`")
    return found
