"""A mailbox on an IMAP server: which mails are new, one of them whole, and waiting for more.

It is opened for reading only (EXAMINE), so that no mail is ever marked as seen: people may read the
same mailbox, and what they read says nothing about what was fetched.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from imap_tools import AND, BaseMailBox, MailBox, MailBoxUnencrypted, U
from imap_tools.errors import ImapToolsError, MailboxTaggedResponseError

from streams.channels.imap_answers import SIZE, UID, answers, arrived, grouped, number
from streams.errors import Misconfigured

ANSWER_SECONDS = 30.0
"""How long a server may take for an answer."""

_PORTS = {"imaps": 993, "imap": 143}
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Place(NamedTuple):
    """A mailbox, by its address.

    Attributes:
        scheme: `imaps`, or `imap` without encryption.
        user: Who signs in.
        password: With what.
        host: The server.
        port: Its port.
        folder: The folder on it.
    """

    scheme: str
    user: str
    password: str
    host: str
    port: int
    folder: str

    @property
    def name(self) -> str:
        """What it is called where a password must not stand."""
        return f"imap://{quote(self.user, safe='')}@{self.host}/{quote(self.folder)}"


def places(urls: str) -> list[Place]:
    """The mailboxes that a setting names.

    Raises:
        Misconfigured: One of them is no address of a mailbox, or would send a password in clear.
    """
    return [_place(one.strip()) for one in urls.split(",") if one.strip()]


def _place(url: str) -> Place:
    remedy = "write imaps://user:password@host/INBOX, with %40 for an @ in the user's name"
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise Misconfigured("channels.email.imap_url names no mailbox", remedy) from error
    if not (parts.hostname and parts.username and parts.password is not None):
        raise Misconfigured("channels.email.imap_url lacks host, user or password", remedy)
    if parts.scheme == "imap" and parts.hostname not in _LOCAL:
        raise Misconfigured(
            "channels.email.imap_url would send the password in clear", "write imaps:// instead"
        )
    return Place(
        parts.scheme,
        unquote(parts.username),
        unquote(parts.password),
        parts.hostname,
        port,
        unquote(parts.path.strip("/")) or "INBOX",
    )


class Fetched(NamedTuple):
    """A mail as it lies in a mailbox.

    Attributes:
        raw: Its bytes.
        at: When the server got it.
    """

    raw: bytes
    at: datetime | None


class Session:
    """One connection to a mailbox; every failure of it is an error of those in `FAILURES`.

    Args:
        place: The mailbox.

    Attributes:
        validity: The UIDVALIDITY; with another one the numbers of mails mean other mails.
    """

    def __init__(self, place: Place) -> None:
        self._box = connected(place)
        try:
            sign_in(self._box, place)
            self._box.folder.set(place.folder, readonly=True)
            told = self._box.client.response("UIDVALIDITY")[1]
            self.validity = int(told[0])
            capabilities = self._box.client.capability()[1]
        except BaseException:
            self.close()
            raise
        self._pushes = b"IDLE" in capabilities[0].upper().split()

    def after(self, uid: int, since: date | None) -> list[int]:
        """The numbers of mails behind one, in their order.

        Args:
            uid: That one.
            since: Only mails that came on this day or later.
        """
        wanted = AND(uid=U(str(uid + 1), "*"), date_gte=since)
        found = self._box.uids(str(wanted).strip("()"), charset=None)  # not all know brackets
        return sorted(number for one in found if (number := int(one)) > uid)  # `*` is always one

    def together(self, uids: Sequence[int]) -> Iterator[list[int]]:
        """The numbers of mails in groups that may be fetched at once, in their order.

        Each question to a server takes its time on the way, so that mails are asked for together;
        they are in memory together, too, so that a group is not large.
        """
        sizes: dict[int, int] = {}
        if len(uids) > 1:
            for told, _ in self._asked(uids, "(UID RFC822.SIZE)"):
                uid, size = number(UID, told), number(SIZE, told)
                if uid is not None and size is not None:
                    sizes[uid] = size
        return grouped(uids, sizes)

    def fetch(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Mails by their numbers, without those that are not there any more."""
        return {
            uid: Fetched(raw, arrived(told))
            for told, raw in self._asked(uids, "(UID INTERNALDATE BODY.PEEK[])")
            if raw is not None and (uid := number(UID, told)) is not None
        }

    def _asked(self, uids: Sequence[int], what: str) -> Iterator[tuple[bytes, bytes | None]]:
        """What the server tells of mails."""
        numbers = ",".join(map(str, uids))
        status, answer = self._box.client.uid("FETCH", numbers, what)
        if status != "OK":
            raise imaplib.IMAP4.error(f"the mails {numbers} cannot be fetched: {answer!r}")
        return answers(answer)

    def wait(self, seconds: float, stop: Event) -> None:
        """Return when the server says that something came, or after some seconds.

        Args:
            seconds: How long at most: less than the 29 minutes that IDLE may stand.
            stop: Ends it too, where the server does not push.
        """
        if not self._pushes:
            stop.wait(seconds)
            return
        idle: Any = self._box.idle  # Any: it has no types
        try:
            idle.start()
        except MailboxTaggedResponseError:  # something came just now, and is told first
            idle.stop()
            return
        idle.poll(timeout=seconds)
        idle.stop()

    def interrupt(self) -> None:
        """End whatever another thread does with this; it fails there."""
        with suppress(OSError):
            socket.socket.shutdown(self._box.client.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up."""
        with suppress(*FAILURES):
            self._box.client.logout()
        with suppress(OSError):
            self._box.client.shutdown()


FAILURES = (OSError, ImapToolsError, imaplib.IMAP4.error, ValueError)
"""What a server, or the way to it, may fail with."""


def connected(place: Place) -> BaseMailBox:
    """A connection to the server of a mailbox; raises one of `FAILURES`."""
    if place.scheme == "imap":
        return MailBoxUnencrypted(place.host, place.port, timeout=ANSWER_SECONDS)
    return MailBox(
        place.host,
        place.port,
        timeout=ANSWER_SECONDS,
        ssl_context=ssl.create_default_context(),
    )


def sign_in(box: BaseMailBox, place: Place) -> None:
    """Sign in, and open no folder yet; raises one of `FAILURES`."""
    plain = place.user.isascii() and place.password.isascii()
    login = box.login if plain else box.login_utf8
    login(place.user, place.password, initial_folder=None)
