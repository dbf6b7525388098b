"""What is known of a customer's addresses, where platforms mind: when they wrote, what they forbid.

It goes with the address: to another customer when that is handed over, away when it is unlinked.
"""

from __future__ import annotations

import msgspec

from projections.case.bounds import HANDLES
from projections.case.state import Reach
from projections.case.words import LONGEST_HANDLE, Handles, clip
from schemas.platforms import PLATFORMS

_replace = msgspec.structs.replace

Reaches = dict[str, dict[str, Reach]]
"""By channel and handle, the one that was touched last at the end."""

NOBODY = Reach()
"""An address of which nothing is known."""

UNKNOWN = ""
"""What stands for the address of whoever wrote without one."""


def reach_of(reaches: Reaches, channel: str, handle: str | None) -> Reach:
    """What is known of an address."""
    return reaches.get(channel, {}).get(handle or UNKNOWN, NOBODY)


def heard(reaches: Reaches, channel: str, handle: str | None, at: float) -> Reaches:
    """After the customer wrote from an address, where the platform counts the hours since then."""
    if PLATFORMS[channel].window_hours is None:
        return reaches
    known = reach_of(reaches, channel, handle)
    return _with(reaches, channel, handle, _replace(known, heard_at=max(known.heard_at, at)))


def stopped(reaches: Reaches, channel: str, handle: str | None, *, stops: bool) -> Reaches:
    """After the customer ended, or allowed again, messages to an address."""
    if not PLATFORMS[channel].stops:
        return reaches
    known = reach_of(reaches, channel, handle)
    return _with(reaches, channel, handle, _replace(known, stopped=stops))


def _with(reaches: Reaches, channel: str, handle: str | None, reach: Reach) -> Reaches:
    """An address that is longer than any is not remembered, and of too many the oldest is not.

    The last that is forgotten is one at which somebody forbade messages.
    """
    where = handle or UNKNOWN
    if clip(where, LONGEST_HANDLE) != where:
        return reaches
    known = {h: one for h, one in reaches.get(channel, {}).items() if h != where}
    known[where] = reach
    if len(known) > HANDLES:
        del known[min(known, key=lambda h: known[h].stopped)]
    return {**reaches, channel: known}


def without(reaches: Reaches, handles: Handles) -> Reaches:
    """Without what is known of these addresses."""
    kept = {
        channel: {h: one for h, one in known.items() if h not in handles.get(channel, ())}
        for channel, known in reaches.items()
    }
    return {channel: known for channel, known in kept.items() if known}


def only(reaches: Reaches, handles: Handles) -> Reaches:
    """What is known of these addresses, and of no other."""
    kept = {
        channel: {h: one for h, one in known.items() if h in handles.get(channel, ())}
        for channel, known in reaches.items()
    }
    return {channel: known for channel, known in kept.items() if known}


def joined(reaches: Reaches, theirs: Reaches) -> Reaches:
    """With what another line knew: the later word from an address, and what either forbids."""
    for channel, known in theirs.items():
        for handle, one in known.items():
            reaches = heard(reaches, channel, handle, one.heard_at)
            if one.stopped:
                reaches = stopped(reaches, channel, handle, stops=True)
    return reaches
