"""Whose session begins: a visitor's, or that of somebody for whom the site vouches.

Somebody may write before they sign in. They then hold a session of ours and an identity of the
site's: both addresses are theirs, and the visitor's becomes the user's. Not so where the visitor's
is somebody else's already, or the desk has learned of another customer there: two who are each
known are never made one.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.channels import chat
from streams.channels.channel import Unverified
from streams.channels.chat import Person, Session
from streams.channels.same import bare
from streams.gateway.house import House
from streams.gateway.letting_in import key_of
from streams.intake import line_of

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class _Known(NamedTuple):
    """What the desk knows of somebody who signs in.

    Attributes:
        lines: What is to be taken in of it.
        visitor: The visitor's address, where it is theirs.
    """

    lines: list[dict[str, Any]]
    visitor: str | None


async def held(house: House, token: str | None) -> Session | None:
    """The session that a page kept; None without one that still holds."""
    if token is None:
        return None
    try:
        return chat.opened(token, await key_of(house), house.clock.now())
    except Unverified:
        return None


async def session_of(house: House, before: Session | None, person: Person | None) -> Session:
    """The session that begins.

    Args:
        house: The house.
        before: The session that the page kept.
        person: For whom the site vouches.
    """
    now = house.clock.now()
    if person is None:
        if before is not None:
            return chat.resumed(before, now)
        return chat.visitor_session(token_hex(16), now)
    session = chat.user_session(person, None, now)
    visitor = None if before is None else chat.unvouched(before)
    known = await house.read(lambda desk: _known(desk, session.handle, visitor, person))
    if known.lines:
        await house.way_in.take([line_of(one) for one in known.lines])
    return session._replace(visitor=known.visitor)


def _known(desk: AnyDesk, handle: str, visitor: str | None, person: Person) -> _Known:
    customer = desk.intake.resolver.customer_of(chat.NAME, handle)
    news = _news(desk, customer, person)
    if visitor is None:
        return _Known(news, None)
    holder = desk.intake.resolver.customer_of(chat.NAME, visitor)
    if holder == customer:
        return _Known(news, visitor)
    if holder == desk.intake.resolver.unidentified(chat.NAME, visitor) and bare(desk, holder):
        return _Known([*news, chat.joined(visitor, customer)], visitor)
    return _Known(news, None)


def _news(desk: AnyDesk, customer: str, person: Person) -> list[dict[str, Any]]:
    """What the site says of somebody that the desk has not heard.

    An address that is another customer's is not said: it would then be nobody's.
    """
    rows = desk.query("SELECT name, email FROM v1_customers WHERE customer_id = ?", [customer])
    name, email = (rows[0]["name"], rows[0]["email"]) if rows else (None, None)
    resolver = desk.intake.resolver
    if person.email is not None:
        owners = {customer, resolver.unidentified("email", person.email)}
        if resolver.customer_of("email", person.email) not in owners:
            person = person._replace(email=None)
    new = person._replace(
        name=None if person.name == name else person.name,
        email=None if person.email == email else person.email,
    )
    return [] if new.name is None and new.email is None else [chat.described(customer, new)]
