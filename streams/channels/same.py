"""Two addresses on one channel that its platform says are one person's.

Whoever writes from a number may keep that number to themselves later on, or have another one. What
their platform says of it is no claim of theirs, so that they stay one customer. Not so where the
desk has learned of another customer at the second address: two who are each known are people's to
make one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from streams.engines import AnyDesk


class Same(NamedTuple):
    """Two addresses of one person.

    Attributes:
        known: The one by which they were known until now, if by either.
        also: The other one.
    """

    known: str
    also: str


def joined(desk: AnyDesk, channel: str, same: Same) -> list[dict[str, Any]]:
    """What is to be taken in so that both addresses are one customer's, as lines of input.

    Args:
        desk: The desk.
        channel: The channel.
        same: The addresses.
    """
    resolver = desk.intake.resolver
    owners = {handle: resolver.customer_of(channel, handle) for handle in same}
    if owners[same.known] == owners[same.also]:
        return []
    nobodys = [
        handle
        for handle in (same.also, same.known)
        if owners[handle] == resolver.unidentified(channel, handle) and bare(desk, owners[handle])
    ]
    if not nobodys:
        return []
    unheard = [handle for handle in nobodys if not _rows(desk, owners[handle])]
    handle = (unheard or nobodys)[0]
    owner = owners[same.known if handle == same.also else same.also]
    if unheard:
        return [{"type": "customer", "customer_id": owner, "handles": {channel: [handle]}}]
    about = {"channel": channel, "handle": handle, "by": channel}
    return [{"type": "link", "customer_id": owner, **about}]


def bare(desk: AnyDesk, customer: str) -> bool:
    """Whether nothing is known of a customer but an address on a channel."""
    rows = _rows(desk, customer)
    told = ("name", "email", "phone", "account_manager", "lifetime_value", "merged_into")
    return not rows or (
        all(rows[0][name] is None for name in told)
        and sum(len(ones) for ones in (rows[0]["handles"] or {}).values()) <= 1
    )


def _rows(desk: AnyDesk, customer: str) -> list[dict[str, Any]]:
    return desk.query("SELECT * FROM v1_customers WHERE customer_id = ?", [customer])
