"""An address of e-mail, as mail servers take it."""

from __future__ import annotations

from email.policy import SMTP

from streams.channels.channel import MISSHAPEN
from streams.errors import Refused

_READ_OTHERWISE = frozenset("ßς\u200c\u200d")
"""Letters that the two rules for names of hosts write differently."""


def recipient(handle: str) -> str:
    """An address to which a mail can be sent, on one line.

    A host's name has its letters in ASCII, as every server knows it. What stands before it goes as
    it is: only a server that offers SMTPUTF8 takes other letters there.

    Args:
        handle: Somebody's address, as it was told.

    Raises:
        Refused: It is none.
    """
    told = " ".join(handle.split())
    local, at, host = told.rpartition("@")
    address = f"{local}{at}{_in_ascii(host)}"
    try:
        found = SMTP.header_factory("To", address).addresses
    except MISSHAPEN:  # whatever the parser of the standard library stumbles over
        found = ()
    if not found:
        raise Refused(f"{told!r} is no address of e-mail", "answer on another channel")
    return address


def _in_ascii(host: str) -> str:
    if host.isascii() or _READ_OTHERWISE & set(host):
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
