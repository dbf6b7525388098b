"""Who plays in the demo: persons of the fictional directory, and the specialists' desk."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Any, NamedTuple

Row = dict[str, Any]  # JSON

VIP = 10_000
"""Lifetime value above which a customer is a VIP."""

QUICK = ("chat_widget", "whatsapp", "slack", "facebook", "twitter", "discord", "phone")
"""Channels on which turns follow within seconds."""

_IDS = {
    "email": "<{0:016x}@mail.example.com>",
    "slack": "C02SUPPORT:{0:010d}.{1:06d}",
    "whatsapp": "wamid.{0:016X}",
    "chat_widget": "msg-{0:012x}",
    "phone": "SM{0:016x}",
    "twitter": "{0:019d}",
    "facebook": "m_{0:016x}",
    "discord": "{0:018d}",
}


class Address(NamedTuple):
    """Where a person writes from."""

    channel: str
    handle: str


class Person(NamedTuple):
    """Somebody of the directory.

    Attributes:
        row: The directory's row.
        known: Addresses that the directory lists, the preferred channel first.
        unlisted: Addresses that they have as well.
    """

    row: Row
    known: list[Address]
    unlisted: list[Address]

    @property
    def vip(self) -> bool:
        """Whether the directory makes them a VIP."""
        return bool(self.row["ltv"] > VIP)

    def quick(self) -> Address | None:
        """Their first listed address on a quick channel."""
        return next((one for one in self.known if one.channel in QUICK), None)


def directory(customers: list[Row], truth: list[Row]) -> list[Person]:
    """The persons, in the directory's order."""
    handles = {row["person"]: row["handles"] for row in truth}
    people = []
    for row in customers:
        listed = row["known_handles"]
        order = sorted(listed, key=lambda channel: (channel != row["preferred"], channel))
        others = {c: h for c, h in handles[row["person"]].items() if c not in listed}
        people.append(
            Person(
                row,
                [Address(channel, listed[channel]) for channel in order],
                [Address(channel, others[channel]) for channel in sorted(others)],
            )
        )
    return people


def customer_line(person: Person, manager: str) -> Row:
    """The directory's row as an input line."""
    row = person.row
    handles: dict[str, list[str]] = {}
    for channel, handle in person.known:
        handles.setdefault(channel, []).append(handle)
    line = {
        "type": "customer",
        "customer_id": row["person"],
        "name": row["name"],
        "email": row["email"],
        "phone": row["phone"],
        "lifetime_value": row["ltv"],
        "preferred_channel": row["preferred"],
        "handles": handles,
    }
    return {**line, "account_manager": manager} if person.vip else line


def specialist_line(member: Row, hours: dict[str, Row]) -> Row:
    """A member of the team as an input line."""
    duty = hours[member["hours"]]
    return {
        "type": "specialist",
        **member,
        "capacity": 40,
        "hours": {day: [[duty["from"], duty["to"]]] for day in duty["days"]},
        "available": True,
    }


def provider_id(channel: str, dialogue: str, step: int) -> str:
    """An id as the channel's provider would give it, derived from the place of a message."""
    number = int(_hash(channel, dialogue, str(step)), 16)
    return _IDS[channel].format(number % 10**10 if channel == "slack" else number % 10**18, step)


def thread_of(address: Address, dialogue: str) -> str | None:
    """The provider's thread, on the channels that have one."""
    number = _hash("thread", address.channel, dialogue)[:12]
    match address.channel:
        case "email":
            return f"<{number}@mail.example.com>"
        case "slack":
            return f"{int(number, 16) % 10**10}.000100"
        case "chat_widget":
            return f"session-{number}"
        case _:
            return None


def _hash(*parts: str) -> str:
    return sha256(" ".join(parts).encode()).hexdigest()


def pick(people: list[Person], dice: random.Random, count: int) -> list[Person]:
    """Some persons, taken out of the list."""
    chosen = dice.sample(people, count)
    taken = {one.row["person"] for one in chosen}
    people[:] = [one for one in people if one.row["person"] not in taken]
    return chosen
