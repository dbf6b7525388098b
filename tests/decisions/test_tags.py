"""A ticket has the tags that were put on it until they are taken off."""

from __future__ import annotations

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from projections.case.bounds import TAGS
from schemas.events.decisions import IntentRefused
from schemas.events.intents import TagsAsked
from schemas.events.tickets import TicketTagged
from tests.lines import Lines
from tests.tickets import ANN, contact

_some = st.sampled_from([f"t{number}" for number in range(2 * TAGS)])
_added = st.lists(_some, max_size=TAGS, unique=True)
_removed = st.lists(_some, max_size=4)


@settings(max_examples=30)
@drawn(st.lists(st.tuples(_added, _removed), min_size=2, max_size=6))
def test_a_tag_stays_until_somebody_takes_it_off(asks: list[tuple[list[str], list[str]]]) -> None:
    lines = Lines()
    lines.put(contact("help"))
    (ticket,) = lines.tickets(ANN)
    has: list[str] = []
    for add, remove in asks:
        asked = TagsAsked(ticket_id=ticket, customer_id=ANN, by="bo", add=add, remove=remove)
        (said,) = (one for one in lines.put(asked) if isinstance(one, TicketTagged | IntentRefused))
        wanted = [tag for tag in dict.fromkeys((*has, *add)) if tag not in remove]
        if isinstance(said, TicketTagged):
            assert said.tags == wanted
            has = wanted
        else:
            assert said.reason == ("no_change" if wanted == has else "too_many_tags")
            assert wanted == has or len(wanted) > TAGS
        assert list(lines.tickets(ANN)[ticket].tags) == has
