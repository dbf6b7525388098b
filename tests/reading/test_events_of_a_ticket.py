"""The events of a ticket are all that name it, also as the other one of a merge or a split."""

from __future__ import annotations

from pathlib import Path

from tests.desks import story
from tests.scenarios.test_desk_day import says


def test_what_names_a_ticket_as_the_other_one_is_an_event_of_it(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        here.write("the invoice is wrong", thread="t1")
        old = here.ticket
        here.later(minutes=5)
        other = here.write("also my parcel is lost", thread="t1")
        assert here.asks("split", ticket_id=old, messages=[other]).accepted
        (new,) = [one for one in here.tickets if one != old]
        assert here.asks("merge", ticket_id=new, into=old).accepted
        assert here.asks("unmerge", ticket_id=new).accepted
        found = {one: {r.type for r in here.desk.events(ticket=one)} for one in (old, new)}
    assert "TicketSplit" in found[new]
    assert {"MergeAsked", "TicketsMerged", "TicketsUnmerged"} <= found[old]
