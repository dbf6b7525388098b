"""Small pure readings that the fold needs: texts kept short, a customer's handles."""

from __future__ import annotations

import msgspec

from projections.case.bounds import HANDLES
from schemas.record import derived_id

Handles = dict[str, tuple[str, ...]]

LONGEST_HANDLE = 256
"""Bytes of the longest handle that a case remembers; an e-mail address has at most 254."""

LONGEST_NAME = 120
"""Bytes of the longest name of a category, team, person or article that a case remembers."""

LONGEST_REFERENCE = 128
"""Bytes of the longest provider reference that is kept as it is."""


def clip(text: str, limit: int) -> str:
    """A text cut to at most so many UTF-8 bytes; lone surrogates become question marks."""
    if len(text) <= limit and text.isascii():
        return text
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def name(text: str | None) -> str | None:
    """A name as the case keeps it."""
    return None if text is None else clip(text, LONGEST_NAME)


def reference(text: str | None) -> str | None:
    """A provider's reference as the case keeps it: a long one is replaced by its hash."""
    if text is None or (len(text) <= LONGEST_REFERENCE and text.isascii()):
        return text
    return derived_id("reference", text)


def latest(values: tuple[str, ...], more: tuple[str, ...], bound: int) -> tuple[str, ...]:
    """The values with more of them said last, each once, the oldest beyond the bound dropped."""
    return tuple(dict.fromkeys((*more[::-1], *values[::-1])))[:bound][::-1]


def handles_of(text: str | None) -> tuple[tuple[str, str], ...]:
    """The (channel, handle) pairs of a described customer's `handles`, in a stable order."""
    if not text:
        return ()
    by_channel = msgspec.json.decode(text, type=dict[str, list[str]])
    return tuple((c, h) for c in sorted(by_channel) for h in by_channel[c])


def with_handle(handles: Handles, channel: str, handle: str) -> Handles:
    """The handles with this one as the channel's latest; the same object if it already is.

    A handle longer than any channel's is not remembered.
    """
    known = handles.get(channel, ())
    if known and known[-1] == handle:
        return handles
    if clip(handle, LONGEST_HANDLE) != handle:
        return handles
    return {**handles, channel: latest(known, (handle,), HANDLES)}


def without_handle(handles: Handles, channel: str, handle: str) -> Handles:
    """The handles without this one."""
    rest = tuple(h for h in handles.get(channel, ()) if h != handle)
    others = {c: known for c, known in handles.items() if c != channel}
    return {**others, channel: rest} if rest else others
