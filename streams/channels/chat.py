"""The chat on one's own site: who somebody is, how a session is signed, what they say as input.

A visitor whom the site does not know gets a random name. Whom it does know it vouches for: by a JWT
(HS256 with `identity_secret`; `user_id` or `sub`, and `exp`; `email` and `name` where there are
some), or by the HMAC-SHA256 of the user's id in hexadecimal, which never expires. A session is a
JWT of ours, signed with another key, so that neither can stand for the other.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import jwt

from schemas.events.contacts import ReplyAddressLeft
from schemas.platforms import CHAT, VOUCHED_FOR
from schemas.record import Record, derived_id
from streams.channels import signing
from streams.channels.channel import Unverified
from streams.channels.settings import ChatWidget

NAME = CHAT

NEEDS = ("allowed_origins",)

VISITORS, USERS = timedelta(days=30), timedelta(hours=12)
"""How long a session lasts, of somebody whom the site does not know, and of somebody whom it does:
such a one is vouched for anew."""

LEEWAY_SECONDS = 60
"""How far the clock of the site's server may be from ours."""

LONGEST = 200
"""Characters that a user's id may have."""

_USER, _VISITOR = VOUCHED_FOR, "visitor:"
_ALGORITHM = "HS256"
_AUDIENCE = "pactdesk chat"
_ID_CHARACTERS = 24
"""Characters of the signature of an event's id."""


class Person(NamedTuple):
    """Whom the site vouches for.

    Attributes:
        user_id: What the site calls them.
        email: Their address, where the site says it.
        name: Their name, where the site says it.
    """

    user_id: str
    email: str | None = None
    name: str | None = None


class Session(NamedTuple):
    """Who uses the chat.

    Attributes:
        handle: Their address on the channel.
        expires_at: Until when.
        visitor: The address that they had before the site vouched for them, if it is theirs.
    """

    handle: str
    expires_at: datetime
    visitor: str | None = None

    @property
    def verified(self) -> bool:
        """Whether the site vouched for them."""
        return self.handle.startswith(_USER)

    @property
    def handles(self) -> tuple[str, ...]:
        """Every address of theirs."""
        return (self.handle,) if self.visitor is None else (self.handle, self.visitor)


def origins(settings: ChatWidget) -> frozenset[str]:
    """The sites whose pages may use the chat."""
    return frozenset((settings.allowed_origins or "").lower().split())


def session_key(settings: ChatWidget, fallback: bytes) -> bytes:
    """The key that signs sessions.

    Args:
        settings: The channel's settings.
        fallback: A key of the desk's own, where the settings have no secret.
    """
    secret = settings.identity_secret
    seed = fallback if secret is None else secret.encode()
    return hmac.new(seed, b"pactdesk chat session", sha256).digest()


def visitor_session(number: str, now: datetime) -> Session:
    """The session of somebody whom the site does not know.

    Args:
        number: Something random that nobody can guess.
        now: When it begins.
    """
    return Session(_VISITOR + number, now + VISITORS)


def user_session(person: Person, visitor: str | None, now: datetime) -> Session:
    """The session of somebody for whom the site vouches."""
    return Session(_USER + person.user_id, now + USERS, visitor)


def resumed(session: Session, now: datetime) -> Session:
    """The same session for longer; of somebody whom the site knows not longer than before."""
    return session if session.verified else session._replace(expires_at=now + VISITORS)


def unvouched(session: Session) -> str | None:
    """The address that somebody has without the site."""
    return session.visitor if session.verified else session.handle


def signed(session: Session, key: bytes) -> str:
    """A session as its owner holds it."""
    claims: dict[str, Any] = {
        "aud": _AUDIENCE,
        "sub": session.handle,
        "exp": int(session.expires_at.timestamp()),
    }
    if session.visitor is not None:
        claims["visitor"] = session.visitor
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def opened(token: str, key: bytes, now: datetime) -> Session:
    """The session that somebody holds.

    Raises:
        Unverified: It is not ours, or it is over.
    """
    claims = _claims(token, key, _AUDIENCE, "this is no token of ours")
    expires = _seconds(claims["exp"])
    if now.timestamp() >= expires:
        raise Unverified("the session is over")
    return Session(str(claims["sub"]), datetime.fromtimestamp(expires, UTC), claims.get("visitor"))


def vouched(settings: ChatWidget, identity: str, now: datetime) -> Person:
    """For whom the site vouches in a JWT.

    Raises:
        Unverified: It is not the site's, it is over, or it says nothing of use.
    """
    claims = _claims(identity, _secret(settings), None, "identity is no JWT of the site's")
    if now.timestamp() > _seconds(claims["exp"]) + LEEWAY_SECONDS:
        raise Unverified("exp is over: sign a new identity for each page")
    if "nbf" in claims and now.timestamp() < _seconds(claims["nbf"]) - LEEWAY_SECONDS:
        raise Unverified("nbf is still to come")
    user = claims.get("user_id", claims.get("sub"))
    if isinstance(user, int) and not isinstance(user, bool):
        user = str(user)
    return Person(_name(user), _text(claims, "email"), _text(claims, "name"))


def hashed(settings: ChatWidget, user_id: str, user_hash: str) -> Person:
    """For whom the site vouches by a hash.

    Raises:
        Unverified: It is not the hash of this id.
    """
    right = hmac.new(_secret(settings), user_id.encode("utf-8", "replace"), sha256).hexdigest()
    if not signing.same(user_hash, right):
        raise Unverified("user_hash is not the HMAC-SHA256 of user_id with identity_secret")
    return Person(_name(user_id))


def _secret(settings: ChatWidget) -> bytes:
    if settings.identity_secret is None:
        raise Unverified("channels.chat_widget.identity_secret is not set")
    return settings.identity_secret.encode()


def _claims(token: str, key: bytes, audience: str | None, otherwise: str) -> dict[str, Any]:
    """What a JWT says that this key signed; times are ours to judge, by the clock at hand."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            options={
                "require": ["exp"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": audience is not None,
                "verify_sub": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Unverified(f"{otherwise} ({type(error).__name__})") from error


def _seconds(value: object) -> float:
    """A time in a JWT, which 9999 is past; raises `Unverified` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**36:
        raise Unverified("a time in the token is none")
    return float(value)


def _name(user: object) -> str:
    if not isinstance(user, str) or not 0 < len(user) <= LONGEST or not user.isprintable():
        raise Unverified(f"user_id is no text of 1 to {LONGEST} characters")
    return user


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None or (isinstance(value, str) and len(value) <= LONGEST and value.isprintable()):
        return value or None
    raise Unverified(f"{name} is no text of at most {LONGEST} characters")


def placed(position: str, key: bytes) -> str:
    """A position of the log as a page holds it: nobody can make up another one."""
    return f"{position}.{_mark(position, key)}"


def position_in(given: str, key: bytes) -> str:
    """The position that a page was given.

    Raises:
        Unverified: It is none that we gave.
    """
    position, _, mark = given.rpartition(".")
    if not signing.same(mark, _mark(position, key)):
        raise Unverified("this is no id of an event of ours")
    return position


def _mark(position: str, key: bytes) -> str:
    return hmac.new(key, f"position\x00{position}".encode(), sha256).hexdigest()[:_ID_CHARACTERS]


def message(session: Session, number: str, text: str, answers: str | None) -> dict[str, Any]:
    """What somebody says, as a line of input.

    Args:
        session: Who says it.
        number: What their page calls the message: the same one is the same message.
        text: The text.
        answers: The message of ours that it answers.
    """
    line: dict[str, Any] = {
        "channel": NAME,
        "handle": session.handle,
        "message": text,
        "provider_id": f"{session.handle}/{number}",
        "metadata": {"verified": session.verified},
    }
    return line if answers is None else {**line, "in_reply_to": answers}


def number_of(handle: str, provider_id: str) -> str:
    """What the page of somebody calls a message of theirs."""
    return provider_id.removeprefix(f"{handle}/")


def joined(visitor: str, customer_id: str) -> dict[str, Any]:
    """That a visitor is a customer, as a line of input: whoever holds both addresses said so."""
    return {
        "type": "link",
        "customer_id": customer_id,
        "channel": NAME,
        "handle": visitor,
        "by": NAME,
    }


def described(customer_id: str, person: Person) -> dict[str, Any]:
    """What the site says of somebody, as a line of input."""
    said = {"name": person.name, "email": person.email}
    return {"type": "customer", "customer_id": customer_id} | {k: v for k, v in said.items() if v}


def left_address(session: Session, ticket_id: str, email: str) -> dict[str, Any]:
    """Where somebody wants to be written to, as a note on their ticket: a claim, and no more.

    No address becomes anybody's by this: whoever types it need not be its owner.
    """
    return {
        "type": "note",
        "ticket_id": ticket_id,
        "text": f"In the chat they asked to be written to at {email}. Nobody has checked that"
        " this address is theirs.",
        "by": NAME,
        "idempotency_key": derived_id("chat-address", session.handle, ticket_id, email),
    }


def address_left(ticket_id: str, customer_id: str, email: str, at: datetime) -> Record:
    """The same, as the record by which unread answers of this conversation may go there."""
    record_id = derived_id("chat-address", ticket_id, email, at.isoformat())
    return Record(
        id=record_id,
        key=customer_id,
        at=at,
        by=f"gateway/{NAME}",
        event=ReplyAddressLeft(customer_id=customer_id, ticket_id=ticket_id, email=email),
        correlation=record_id,
    )
