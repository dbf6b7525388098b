"""Where webhooks may go: not into the operator's own network, unless the settings say so.

Names are looked up anew for each connection, and what is connected to is what was looked at: a name
that leads elsewhere by then is refused then.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from streams.errors import Refused
from streams.internet import is_loopback, is_public, plain
from streams.settings import Settings

LONGEST_URL = 2000

_REMEDY = "give a public address, or set subscriptions.allow_private"


class Reach(NamedTuple):
    """How far webhooks may go beside what is public.

    Attributes:
        private: Whether every address is allowed.
        loopback: Whether those of this machine are.
    """

    private: bool
    loopback: bool

    def allows(self, address: str) -> bool:
        """Whether an address may be connected to."""
        found = plain(address)
        if found.is_multicast or found.is_unspecified:
            return False
        if found.is_loopback and self.loopback:
            return True
        return self.private or is_public(address)

    def refuse(self, url: str) -> None:
        """Raise `Refused` for a URL that by itself says that it may not be asked."""
        host = _host_of(url)
        here = is_loopback(host)
        if here:
            allowed = self.loopback or self.private
        else:
            allowed = not _is_address(host) or self.allows(host)
        if not allowed:
            raise Refused(f"{host} is a private address", _REMEDY)
        if url.lower().startswith("http:") and not (self.private or here):
            raise Refused(f"{url} is not encrypted", "give an address that begins with https://")


def reach_of(settings: Settings, *, keyless: bool) -> Reach:
    """How far webhooks may go.

    Args:
        settings: The settings.
        keyless: Whether no API key was ever made: on loopback everybody may do everything then.
    """
    local = keyless and is_loopback(settings.gateway.host)
    return Reach(settings.subscriptions.allow_private, local)


def _host_of(url: str) -> str:
    """The host in a URL; raises `Refused` for what is none that can be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = parts = None
    good = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not good or parts is None or not host or parts.scheme not in {"http", "https"}:
        raise Refused(
            f"{url[:100]!r} is no address of HTTP", "give it like https://shop.example/hook"
        )
    if parts.username is not None or parts.password is not None:
        raise Refused(
            "the address holds a user or a password", "leave them out: requests are signed"
        )
    return host


def _is_address(host: str) -> bool:
    """Whether a host is an address rather than a name, which leads to some."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
