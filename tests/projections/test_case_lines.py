"""What a line gives and takes when customers are merged, and when that is taken back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from projections.case import Case, Ticket
from projections.case.bounds import ABSORBED
from projections.case.lines import handed_over
from projections.case.state import Reach
from schemas.events.contacts import TicketHandedOver


def ticket(name: str, **fields: Any) -> Ticket:
    return Ticket(
        id=name,
        status="triaged",
        priority="low",
        channel="email",
        opened_at=1.0,
        updated_at=2.0,
        **fields,
    )


COUNTS: dict[str, Any] = {"contacts": 9, "opened": 7, "resolved": 5, "escalations": 3}
FEW: dict[str, Any] = {"contacts": 4, "opened": 3, "resolved": 2, "escalations": 1}

ANN = Case(
    "ann",
    tickets={"T": ticket("T"), "U": ticket("U")},
    handles={"email": ("a", "b"), "whatsapp": ("+1", "+2")},
    reaches={"whatsapp": {"+1": Reach(heard_at=5.0), "+2": Reach(heard_at=6.0)}},
    unannounced=False,
    first_at=50.0,
    absorbed=("old", "ben", "eve"),
    **COUNTS,
)
"""A line that has absorbed others."""

PART = Case(
    "ben",
    handles={"email": ("b",), "whatsapp": ("+2", "+3")},
    reaches={"whatsapp": {"+3": Reach(heard_at=7.0)}},
    first_at=20.0,
    last_resolved="V",
    absorbed=("eve",),
    **FEW,
)
"""What passes, beside tickets."""


def passing(source: str, to: str, *tickets: Ticket, **fields: Any) -> TicketHandedOver:
    told: dict[str, Any] = {"undo": False, "profile": PART, **fields}
    return TicketHandedOver(
        customer_id=to,
        from_customer_id=source,
        part=1,
        parts=1,
        undo=told["undo"],
        tickets=msgspec.json.encode(tickets).decode(),
        profile=msgspec.json.encode(told["profile"]).decode(),
    )


def test_what_is_given_leaves_and_is_news_of_the_line() -> None:
    assert handed_over(ANN, passing("ann", "zoe", ticket("T"))) == replace(
        ANN,
        tickets={"U": ticket("U")},
        contacts=5,
        opened=4,
        resolved=3,
        escalations=2,
        unannounced=True,
    )


def test_what_is_given_back_takes_its_addresses_and_the_lines_that_it_had_absorbed_along() -> None:
    assert handed_over(ANN, passing("ann", "ben", ticket("T"), undo=True)) == replace(
        ANN,
        tickets={"U": ticket("U")},
        contacts=5,
        opened=4,
        resolved=3,
        escalations=2,
        handles={"email": ("a",), "whatsapp": ("+1",)},
        reaches={"whatsapp": {"+1": Reach(heard_at=5.0)}},
        absorbed=("old",),
        unannounced=True,
    )


def test_what_is_taken_comes_to_what_was_there() -> None:
    taken = handed_over(ANN, passing("zoe", "ann", ticket("V")))
    assert taken == replace(
        ANN,
        tickets={"T": ticket("T"), "U": ticket("U"), "V": ticket("V", home="zoe")},
        contacts=13,
        opened=10,
        resolved=7,
        escalations=4,
        handles={"email": ("a", "b"), "whatsapp": ("+1", "+2", "+3")},
        reaches={"whatsapp": {
            "+1": Reach(heard_at=5.0), "+2": Reach(heard_at=6.0), "+3": Reach(heard_at=7.0),
        }},
        absorbed=("old", "ben", "eve", "zoe"),
        unannounced=True,
        first_at=20.0,
        last_resolved="V",
    )  # fmt: skip


def test_what_is_taken_back_brings_its_addresses_but_neither_a_past_nor_absorbed_lines() -> None:
    line = replace(ANN, reaches={"whatsapp": {"+2": Reach(heard_at=90.0)}})
    taken = handed_over(line, passing("zoe", "ann", ticket("V", home="eve"), undo=True))
    assert taken == replace(
        line,
        tickets={"T": ticket("T"), "U": ticket("U"), "V": ticket("V", home="eve")},
        contacts=13,
        opened=10,
        resolved=7,
        escalations=4,
        handles={"email": ("a", "b"), "whatsapp": ("+1", "+2", "+3")},
        reaches={"whatsapp": {"+3": Reach(heard_at=7.0)}},
        unannounced=True,
    )


@pytest.mark.parametrize(
    ("undo", "before", "after"),
    [
        (False, None, "zoe"),
        (False, "yan", "yan"),
        (False, "ann", None),
        (True, "eve", "eve"),
        (True, "ann", None),
        (True, None, None),
    ],
)
def test_a_ticket_remembers_the_absorbed_line_that_it_began_on(
    *, undo: bool, before: str | None, after: str | None
) -> None:
    taken = handed_over(ANN, passing("zoe", "ann", ticket("V", home=before), undo=undo))
    assert taken.tickets["V"].home == after


def test_a_line_that_comes_back_to_itself_is_none_that_it_absorbed() -> None:
    profile = replace(PART, absorbed=("ann", "new"))
    taken = handed_over(ANN, passing("zoe", "ann", profile=profile))
    assert taken.absorbed == ("old", "ben", "eve", "new", "zoe")


def test_of_too_many_absorbed_lines_the_oldest_is_forgotten() -> None:
    many = tuple(f"l{number}" for number in range(ABSORBED))
    taken = handed_over(replace(ANN, absorbed=many), passing("zoe", "ann", profile=Case("zoe")))
    assert taken.absorbed == (*many[1:], "zoe")


@pytest.mark.parametrize(
    ("mine", "theirs", "first"),
    [(50.0, 20.0, 20.0), (20.0, 50.0, 20.0), (None, 20.0, 20.0), (50.0, None, 50.0),
     (None, None, None)],
)  # fmt: skip
def test_a_line_began_when_the_earlier_of_the_two_did(
    mine: float | None, theirs: float | None, first: float | None
) -> None:
    profile = Case("zoe", first_at=theirs)
    taken = handed_over(replace(ANN, first_at=mine), passing("zoe", "ann", profile=profile))
    assert taken.first_at == first


@pytest.mark.parametrize(("mine", "last"), [("T", "T"), (None, "V")])
def test_the_ticket_to_rate_is_ones_own_if_there_is_one(mine: str | None, last: str) -> None:
    taken = handed_over(replace(ANN, last_resolved=mine), passing("zoe", "ann"))
    assert taken.last_resolved == last


@pytest.mark.parametrize("line", ["ann", "ben"])
def test_asking_for_tickets_back_brings_and_takes_nothing(line: str) -> None:
    asks = passing("ben", "ann", ticket("T")).model_copy(update={"parts": 0})
    known = replace(ANN, customer_id=line)
    assert handed_over(known, asks) is known
