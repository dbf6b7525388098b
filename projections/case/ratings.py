"""What a customer's ratings come to: of each ticket the last one stands."""

from __future__ import annotations

import msgspec

from projections.case.bounds import RATINGS
from projections.case.state import Case
from projections.case.words import name

_replace = msgspec.structs.replace

NO_TICKET = ""
"""Where a rating is of no ticket, it stands beside all others."""

Pair = tuple[str, int]
"""A ticket, or `NO_TICKET`, and what it was rated."""


def pairs(case: Case) -> list[Pair]:
    """What was rated lately, the latest last.

    A case of before it was known which ticket a rating was of has more ratings than tickets.
    """
    unknown = (NO_TICKET,) * (len(case.ratings) - len(case.rated))
    return list(zip((*unknown, *case.rated), case.ratings, strict=True))


def rate(case: Case, ticket_id: str | None, score: int) -> Case:
    """The case after a rating, which takes the place of an earlier one of the same ticket."""
    return _with(case, [*pairs(case), (name(ticket_id) or NO_TICKET, score)])


def took(case: Case, profile: Case, *, undo: bool) -> Case:
    """The case with what another line hands over, which lies before its own.

    What comes back was never taken from the line, but for what was rated since.
    """
    if undo:
        since = [one for one in pairs(profile) if one[0] != NO_TICKET]
        return _with(case, [*pairs(case), *since])
    tones = (*profile.tones, *case.tones)[-RATINGS:]
    return _replace(_with(case, [*pairs(profile), *pairs(case)]), tones=tones)


def gave_back(case: Case, profile: Case) -> Case:
    """The case without what goes back to another line."""
    tones = list(case.tones)
    for tone in profile.tones:
        if tone in tones:
            tones.remove(tone)
    rest = pairs(case)
    for pair in pairs(profile):
        if pair in rest:
            rest.remove(pair)
    return _replace(_with(case, rest), tones=tuple(tones))


def _with(case: Case, given: list[Pair]) -> Case:
    """The case with these ratings: of each ticket the last, and of all so many."""
    last = {of: place for place, (of, _) in enumerate(given)}
    stand = [
        one for place, one in enumerate(given) if one[0] == NO_TICKET or last[one[0]] == place
    ][-RATINGS:]
    return _replace(case, rated=tuple(of for of, _ in stand), ratings=tuple(n for _, n in stand))
