"""Which addresses are the Internet's: whoever is told an address by others goes to no other."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Blocks of IPv6 whose addresses are ones of IPv4; on the way there they become those."""

_UNICAST = IPv6Network("2000::/3")
"""What of IPv6 is given out; no other address is anybody's on the Internet."""

_SPECIAL_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: relays to an address of IPv4
        "3fff::/20",  # documentation
    )
)

_SPECIAL_4 = tuple(
    IPv4Network(block)
    for block in (
        "192.0.0.0/24",  # protocols
        "192.88.99.0/24",  # relays of 6to4
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast
    )
)
"""What is not for everybody's use, and for which Python's releases differ."""


def plain(address: str) -> IPv4Address | IPv6Address:
    """An IP address, without the clothes of the newer protocol where it is one of the older.

    Raises:
        ValueError: It is none.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and (ip in _MAPPED or ip in _TRANSLATED):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def is_public(address: str) -> bool:
    """Whether an IP address is one of the Internet's, for everybody.

    Raises:
        ValueError: It is no IP address.
    """
    ip = plain(address)
    if isinstance(ip, IPv6Address):
        return ip in _UNICAST and not any(ip in block for block in _SPECIAL_6)
    return ip.is_global and not any(ip in block for block in _SPECIAL_4)


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only be reached from this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
