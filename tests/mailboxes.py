"""A gateway that fetches mail, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.events.contacts import ContactReceived
from schemas.record import Record
from tests.gateways import Client, gateway
from tests.mails import ADDRESS, mail
from tests.real import until
from tests.stores import a_desk

SECRET = "signs our tags"  # noqa: S105  # a test's own


@contextmanager
def fetching(data: Path, url: str) -> Iterator[Client]:
    """A gateway that fetches from mailboxes."""
    flags = {"imap_url": url, "address": ADDRESS, "token_secret": SECRET}
    with gateway(data, **{f"channels__email__{k}": v for k, v in flags.items()}) as client:
        yield client


def records(data: Path) -> list[Record]:
    """Every record of a desk."""
    with a_desk(data) as desk:
        return [*desk.events()]


def contacts(data: Path) -> list[ContactReceived]:
    """Every contact of a desk, in the order of the log."""
    return [one.event for one in records(data) if isinstance(one.event, ContactReceived)]


def told(data: Path, *messages: str) -> None:
    """Wait until these messages have come, and see that no other ones have."""
    wanted = sorted(messages)
    until(
        lambda: len(contacts(data)) >= len(wanted),
        90,
        lambda: f"{wanted} came: {contacts(data)}",
    )
    assert sorted(one.message for one in contacts(data)) == wanted


def numbered(number: int) -> bytes:
    """A mail that says its number."""
    return bytes(mail(f"mail {number}", Message_ID=f"<{number}@example.org>"))
