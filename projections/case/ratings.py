"""What a customer's ratings come to: of each ticket the last one stands."""

from __future__ import annotations

import msgspec

from projections.case.state import RATINGS, Case
from projections.case.words import name

NO_TICKET = ""
"""Where a rating is of no ticket, it stands beside all others."""


def rate(case: Case, ticket_id: str | None, score: int) -> Case:
    """The case after a rating, which takes the place of an earlier one of the same ticket."""
    rated = name(ticket_id) or NO_TICKET
    # A case of before it was known which ticket a rating was of has more ratings than tickets.
    unknown = (NO_TICKET,) * (len(case.ratings) - len(case.rated))
    before = zip((*unknown, *case.rated), case.ratings, strict=True)
    others = [one for one in before if rated == NO_TICKET or one[0] != rated]
    stand = [*others, (rated, score)][-RATINGS:]
    return msgspec.structs.replace(
        case, rated=tuple(of for of, _ in stand), ratings=tuple(given for _, given in stand)
    )
