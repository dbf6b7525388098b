"""What triage proposes is held until the lifecycle takes it over."""

from __future__ import annotations

import msgspec
import pytest

from projections.case.state import Proposal
from schemas.event import Event
from schemas.events import decisions as says
from schemas.events import tickets as became
from tests.busycase import BUSY, TEXT, after, case


def test_what_triage_proposes_holds_until_the_ticket_is_triaged() -> None:
    proposed = after(says.IssueClassified, tags=["a"])
    priced = after(says.PriorityChosen, at=proposed, priority="urgent")
    assert priced.tickets["T"].proposal == Proposal(
        category=TEXT, category_confidence=0.25, tags=("a",), minutes=-7, priority="urgent"
    )
    routed = after(says.RouteChosen, at=priced, team="money", skills=["s"], senior=True)
    proposal = routed.tickets["T"].proposal
    assert proposal is not None
    assert (proposal.skills, proposal.senior) == (("s",), True)
    fired = after(says.EscalationTriggered, at=routed, triggers=["vip"]).tickets["T"].proposal
    assert fired == msgspec.structs.replace(proposal, triggers=("vip",))
    triaged = after(became.TicketTriaged, at=routed, team="money").tickets["T"]
    assert (triaged.team, triaged.skills, triaged.senior) == ("money", ("s",), True)
    assert triaged.proposal is None


TRIAGED = msgspec.structs.replace(BUSY, triaged_at=1.0)


@pytest.mark.parametrize("kind", [says.IssueClassified, says.PriorityChosen, says.RouteChosen])
def test_what_a_triaged_ticket_is_about_is_asked_anew_only_while_nothing_is_known(
    kind: type[Event],
) -> None:
    known, done = case(TRIAGED), case(msgspec.structs.replace(TRIAGED, status="resolved"))
    assert after(kind, at=known) == known
    untold = case(msgspec.structs.replace(TRIAGED, category=None))
    assert after(kind, at=untold).tickets["T"].proposal is not None
    assert after(kind, at=done) == done
