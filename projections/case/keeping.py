"""The replies of a ticket that go another way if they fail for good: kept until they arrived.

Their texts are the only ones of ours that a case holds, so that they are bounded: of too many the
oldest go, and one that is too long is not kept at all.
"""

from __future__ import annotations

import msgspec

from projections.case import tickets
from projections.case.bounds import KEPT, KEPT_BYTES
from projections.case.state import Case, Kept
from projections.case.words import LONGEST_NAME, clip, name
from schemas.events.decisions import ReplyRequested

_replace = msgspec.structs.replace


def may_be_kept(text: str) -> bool:
    """Whether a text is short enough."""
    return _bytes(text) <= KEPT_BYTES


def requested(case: Case, event: ReplyRequested, request_id: str) -> Case:
    """The case after a reply was requested: it is kept, or it is another one's other way."""
    if event.instead_of is not None:
        return done(case, event.ticket_id, event.instead_of)
    known = case.ticket(event.ticket_id)
    text = event.fall_back_text
    if known is None or event.fall_back is None or text is None or not may_be_kept(text):
        return case
    one = Kept(
        request_id=request_id,
        channel=event.channel,
        other=event.fall_back,
        kind=clip(event.kind, LONGEST_NAME),
        author=clip(event.author, LONGEST_NAME),
        text=clip(text, KEPT_BYTES),
        solution_id=name(event.solution_id),
        confidence=event.confidence,
    )
    kept = (*known.kept, one)[-KEPT:]
    while sum(_bytes(each.text) for each in kept) > KEPT_BYTES:
        kept = kept[1:]
    return tickets.put(case, _replace(known, kept=kept))


def done(case: Case, ticket_id: str | None, request_id: str) -> Case:
    """The case after a reply arrived, or went another way."""
    known = case.ticket(ticket_id)
    if known is None or all(one.request_id != request_id for one in known.kept):
        return case
    kept = tuple(one for one in known.kept if one.request_id != request_id)
    return tickets.put(case, _replace(known, kept=kept))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
