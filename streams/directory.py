"""Whose a handle is, and whose a ticket: what intake must know before a record has a key.

A `customer` line's handles and a `link` line's handle are declared: the last one said counts. A
link lies on top of what was declared before and remembers the line that it absorbed, so that
`unlink` brings back what was. The e-mail address and phone number of a customer count as handles
too, but only while a single customer has them; two people may share a phone. They count however
they are written: a customer file has `+1 (650) 555-1234`, WhatsApp `16505551234`, and who types an
address of e-mail may use other letters than who answers from it.
"""

from __future__ import annotations

import re

from projections.case.words import handles_of
from schemas.event import Event
from schemas.events.contacts import CustomerDescribed
from schemas.events.intents import LinkAsked, UnlinkAsked
from schemas.platforms import MAIL, PLATFORMS
from streams.store import Executor

IMPLIED, DECLARED = 0, 1
"""How sure a contact point is; links lie above `DECLARED`, the latest the highest."""

_PHONE_CHANNELS = tuple(name for name, one in PLATFORMS.items() if one.by_phone_number)


_BETWEEN = re.compile(r"[\s().\-/\u00a0]")
_ABROAD = re.compile(r"(?:\+|00)(\d{6,15})")
"""A number with its country's, which is the same all over the world."""

_WRITTEN = ("+{}", "{}", "whatsapp:+{}")
"""How platforms write a number: Twilio, Meta, and Twilio for Meta."""


def _numbers(told: str) -> list[str]:
    """A telephone number as a customer file has it, and as platforms write it."""
    whole = _ABROAD.fullmatch(_BETWEEN.sub("", told))
    forms = [told] if whole is None else [told, *(one.format(whole[1]) for one in _WRITTEN)]
    return list(dict.fromkeys(filter(None, forms)))


def teaches(event: Event) -> bool:
    """Whether an event says whose a handle is."""
    return isinstance(event, CustomerDescribed | LinkAsked | UnlinkAsked)


class Directory:
    """Reads and writes the contact points, inside the intake's transaction.

    Args:
        database: A connection of either engine.
    """

    def __init__(self, database: Executor) -> None:
        self._db = database

    def customer_of(self, channel: str, handle: str) -> str | None:
        """Whose a handle is; None when nobody's or when it is not clear.

        An address of e-mail that is nobody's as it stands is looked for in small letters: programs
        write it as they like.
        """
        found = self._owner_of_handle(channel, handle)
        if found is None and channel == MAIL and handle != handle.lower():
            return self._owner_of_handle(channel, handle.lower())
        return found

    def _owner_of_handle(self, channel: str, handle: str) -> str | None:
        rows = self._db.execute(
            "SELECT customer_id, declared FROM contact_points WHERE channel = ? AND handle = ?"
            " ORDER BY declared DESC LIMIT 2",
            (channel, handle),
        ).fetchall()
        if not rows:
            return None
        if rows[0][1] >= DECLARED or len(rows) == 1:
            return str(rows[0][0])
        return None

    def absorbed_by(self, channel: str, handle: str, customer_id: str) -> str | None:
        """The line that was absorbed when a handle was linked to a customer, if it was."""
        row = self._db.execute(
            "SELECT absorbed FROM contact_points"
            " WHERE channel = ? AND handle = ? AND customer_id = ?",
            (channel, handle, customer_id),
        ).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def owner_of(self, ticket_id: str) -> str | None:
        """On whose line a ticket is; None when it is not there."""
        row = self._db.execute(
            "SELECT customer_id FROM p_tickets WHERE ticket_id = ?", (ticket_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def learn(self, event: Event) -> None:
        """Take in what an appended event says about handles."""
        match event:
            case CustomerDescribed():
                for channel, handle in handles_of(event.handles):
                    self._declare(channel, handle, event.customer_id)
                for address in dict.fromkeys((event.email, (event.email or "").lower())):
                    if address:
                        self._imply(MAIL, address, event.customer_id)
                for number in _numbers(event.phone or ""):
                    for channel in _PHONE_CHANNELS:
                        self._imply(channel, number, event.customer_id)
            case LinkAsked():
                self._link(event)
            case UnlinkAsked():
                self._db.execute(
                    "DELETE FROM contact_points"
                    " WHERE channel = ? AND handle = ? AND customer_id = ?",
                    (event.channel, event.handle, event.other_customer_id),
                )
            case _:
                pass

    def _declare(self, channel: str, handle: str, customer_id: str) -> None:
        """What the CRM says replaces what was declared before, links included."""
        if self.customer_of(channel, handle) == customer_id and self._top(channel, handle):
            return
        self._db.execute(
            "DELETE FROM contact_points WHERE channel = ? AND handle = ? AND declared >= ?",
            (channel, handle, DECLARED),
        )
        self._put(channel, handle, customer_id, DECLARED, None)

    def _link(self, event: LinkAsked) -> None:
        into = event.other_customer_id
        before = self.absorbed_by(event.channel, event.handle, into)
        absorbed = event.customer_id if event.customer_id != into else before
        top = self._top(event.channel, event.handle)
        self._put(event.channel, event.handle, into, max(DECLARED, top) + 1, before or absorbed)

    def _top(self, channel: str, handle: str) -> int:
        """How sure the surest contact point of a handle is; `IMPLIED` also when there is none."""
        row = self._db.execute(
            "SELECT max(declared) FROM contact_points WHERE channel = ? AND handle = ?",
            (channel, handle),
        ).fetchone()
        return int(row[0] or IMPLIED)

    def _imply(self, channel: str, handle: str, customer_id: str) -> None:
        self._db.execute(
            "INSERT INTO contact_points (channel, handle, customer_id, declared)"
            " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (channel, handle, customer_id, IMPLIED),
        )

    def _put(
        self, channel: str, handle: str, customer_id: str, declared: int, absorbed: str | None
    ) -> None:
        self._db.execute(
            "INSERT INTO contact_points (channel, handle, customer_id, declared, absorbed)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (channel, handle, customer_id)"
            " DO UPDATE SET declared = excluded.declared, absorbed = excluded.absorbed",
            (channel, handle, customer_id, declared, absorbed),
        )
