"""A reply's row tells how far it came, in whichever order that is heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from projections.tables import TABLES
from projections.tables.replies import STATES, DeliveryRow
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.record import Record
from streams.testing import START
from tests.anyevent import example

(TABLE,) = (one for one in TABLES if one.name == "deliveries")

OUTCOMES = sorted(TABLE.folds, key=lambda kind: kind.__name__)


def heard(kind: type[Event], minute: int, **fields: object) -> Record:
    """What is said of reply R, each time in words of its own; what it waits for is its own too."""
    about: dict[str, object] = {
        "request_id": "R",
        "attempt": minute,
        "transport": f"t{minute}",
        "provider_message_id": f"p{minute}",
        "error": f"e{minute}",
        "reason": f"r{minute}",
        "until": START + timedelta(hours=minute),
        "retry_at": START + timedelta(hours=minute, minutes=30),
        **fields,
    }
    known = {name: value for name, value in about.items() if name in kind.model_fields}
    event = example(kind, full=True).model_copy(update=known)
    at = START + timedelta(minutes=minute)
    return Record(id=f"{minute}", key="ann", at=at, by="x", event=event, correlation="R")


def folded(records: Sequence[Record]) -> DeliveryRow:
    row: DeliveryRow | None = None
    for record in records:
        row = TABLE.evolve(row, record, "R")
    assert row is not None
    return row


@st.composite
def several(draw: st.DrawFn) -> list[Record]:
    """Some of what may be said of a reply, at moments of their own."""
    said = draw(
        st.lists(st.tuples(st.sampled_from(OUTCOMES), st.booleans()), min_size=1, max_size=6)
    )
    return [heard(kind, minute, final=final) for minute, (kind, final) in enumerate(said, start=1)]


@drawn(several(), st.data())
def test_how_far_a_reply_came_is_the_same_in_any_order(
    said: list[Record], data: st.DataObject
) -> None:
    row = folded(said)
    assert row.state in STATES
    assert folded(data.draw(st.permutations(said))) == row


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([inbox.ReplyAttempted], "queued"),
        ([inbox.ReplyDelayed], "queued"),
        ([inbox.ReplyAttempted, inbox.ReplyFailed], "failed"),
        ([inbox.ReplyAttempted, inbox.ReplyUnconfirmed], "unconfirmed"),
        ([inbox.ReplyAttempted, inbox.ReplyUnconfirmed, inbox.ReplyAccepted], "sent"),
        ([inbox.ReplyAccepted, inbox.ReplyDelivered], "delivered"),
        ([inbox.ReplyAccepted, inbox.ReplyRead], "read"),
    ],
)
def test_every_state_is_one_that_a_reply_may_come_to(kinds: list[type[Event]], state: str) -> None:
    said = [heard(kind, minute, final=True) for minute, kind in enumerate(kinds)]
    assert {folded(one).state for one in permutations(said)} == {state}
    assert state in STATES


def test_a_state_that_no_reply_comes_to_is_none() -> None:
    reached = {
        folded([heard(kind, minute, final=True) for minute, kind in enumerate(kinds)]).state
        for kinds in ([one] for one in OUTCOMES)
    }
    assert reached == {*STATES}
