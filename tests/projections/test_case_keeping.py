"""Which replies a ticket keeps in case they fail for good, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from projections.case import Case
from projections.case.bounds import KEPT, KEPT_BYTES
from projections.case.keeping import done, may_be_kept, requested
from projections.case.state import Kept
from schemas.event import Event
from schemas.events import contacts as inbox
from schemas.events.decisions import ReplyRequested
from tests.busycase import after, case, told


def asked(**fields: object) -> Any:  # Any: a request
    """A request for a reply that goes another way if it fails."""
    first = {"fall_back": "phone", "fall_back_text": "hello", "instead_of": None, **fields}
    return told(ReplyRequested, **first)


def with_replies(*texts: str) -> Case:
    """A case whose ticket was asked for these replies, by requests 0, 1 and so on."""
    known = case()
    for number, text in enumerate(texts):
        known = requested(known, asked(fall_back_text=text), str(number))
    return known


def ids(known: Case) -> list[str]:
    return [one.request_id for one in known.tickets["T"].kept]


def test_a_reply_that_may_go_another_way_is_kept_with_what_that_needs() -> None:
    event = asked(channel="email", kind="k" * 130, author="a" * 130, solution_id="s" * 130)
    (kept,) = requested(case(), event, "R1").tickets["T"].kept
    assert kept == Kept(
        request_id="R1",
        channel="email",
        other="phone",
        kind="k" * 120,
        author="a" * 120,
        text="hello",
        solution_id="s" * 120,
        confidence=0.25,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"fall_back": None},
        {"fall_back_text": None},
        {"ticket_id": "elsewhere"},
        {"fall_back_text": "x" * (KEPT_BYTES + 1)},
    ],
)
def test_a_reply_that_has_no_other_way_or_is_too_long_is_not_kept(fields: dict[str, Any]) -> None:
    assert requested(case(), asked(**fields), "R1") == case()


def test_a_text_may_be_as_long_as_all_of_them_together() -> None:
    assert may_be_kept("x" * KEPT_BYTES)
    assert not may_be_kept("ü" * (KEPT_BYTES // 2) + "x")
    assert may_be_kept("\ud800")


def test_of_too_many_replies_the_oldest_go() -> None:
    assert ids(with_replies(*["x"] * KEPT)) == [str(n) for n in range(KEPT)]
    assert ids(with_replies(*["x"] * (KEPT + 1))) == [str(n) for n in range(1, KEPT + 1)]


def test_of_too_much_text_the_oldest_goes_and_no_more_than_must() -> None:
    half = "x" * (KEPT_BYTES // 2)
    assert ids(with_replies(half, half)) == ["0", "1"]
    assert ids(with_replies("x", half, half)) == ["1", "2"]
    assert ids(with_replies("x", "y", "z", half * 2)) == ["3"]


@pytest.mark.parametrize("kind", [inbox.ReplyDelivered, inbox.ReplyRead])
def test_a_reply_that_arrived_is_let_go_and_the_others_stay(kind: type[Event]) -> None:
    assert ids(after(kind, at=with_replies("x", "y", "z"), request_id="1")) == ["0", "2"]


def test_a_reply_that_went_another_way_is_let_go_and_its_other_way_is_not_kept() -> None:
    again = asked(instead_of="0")
    assert ids(requested(with_replies("x", "y"), again, "2")) == ["1"]


def test_what_arrived_and_was_not_kept_changes_nothing() -> None:
    known = with_replies("x", "y")
    assert done(known, "T", "another") is known
    assert done(known, None, "0") is known
    assert done(known, "elsewhere", "0") is known
