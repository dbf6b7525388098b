"""Merges of merges: chains, circles, and that nothing is ever lost or doubled."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given as given_any
from hypothesis import settings

from agents.handing_back import request
from schemas.events.contacts import (
    ContactReceived,
    CustomerDescribed,
    RecordForwarded,
    TicketHandedOver,
)
from schemas.events.decisions import (
    ContactAccepted,
    IntentRefused,
)
from schemas.events.tickets import (
    TicketOpened,
)
from tests.histories import History, histories, play
from tests.identities import (
    ANON,
    PHONE,
    everybody,
    link,
    of,
    ticket_of,
    unlink,
    wrote,
)
from tests.lines import Lines


def test_a_chain_of_merges_passes_everything_on(lines: Lines) -> None:
    lines.put(link(ANON, "ann"))
    lines.put(link("ann", "ben", channel="email", handle="ann@example.org"))
    lines.put(link("ben", "cat", channel="email", handle="ben@example.org"))
    assert set(lines.tickets("cat")) == {ticket_of(0, "email"), ticket_of(1)}
    said = lines.put(wrote(ANON, 1, provider_id="p5"))
    assert [f.hops for f in of(RecordForwarded, said)] == [1, 2, 3]
    assert of(ContactAccepted, said)[0].customer_id == "cat"
    lines.put(unlink(ANON, "ann"))
    assert set(lines.tickets(ANON)) == {ticket_of(1)}
    assert set(lines.tickets("cat")) == {ticket_of(0, "email")}


def test_a_chain_built_from_its_end_is_the_same(lines: Lines) -> None:
    lines.put(link("ben", "cat", channel="email", handle="ben@example.org"))
    lines.put(link("ann", "ben", channel="email", handle="ann@example.org"))
    lines.put(link(ANON, "ann"))
    assert set(lines.tickets("cat")) == {ticket_of(0, "email"), ticket_of(1)}
    assert {"ann", "ben", ANON} <= set(lines.case("cat").absorbed)
    said = lines.put(link("cat", ANON, channel="email", handle="cat@example.org"))
    assert of(IntentRefused, said)[0].reason == "merged_the_other_way"


def test_a_line_that_asks_itself_for_what_it_gave_has_nothing_to_return(lines: Lines) -> None:
    asked = request({"email": ("ann@example.org",)}, (), lines.case("ann"), "ann")
    (refused,) = of(IntentRefused, lines.put(asked))
    assert (refused.customer_id, refused.reason) == ("ann", "not_linked")
    assert set(lines.tickets("ann")) == {ticket_of(0, "email")}


def chained(length: int) -> Lines:
    lines = Lines()
    for number in range(length):
        name = {"customer_id": f"u{number}", "name": f"U{number}"}
        lines.put(CustomerDescribed.model_validate(name))
        lines.put(link(f"u{number}", f"u{number + 1}", channel="slack", handle=f"U{number}"))
    return lines


@pytest.mark.parametrize(("length", "arrives"), [(8, 1), (9, 0)])
def test_a_record_takes_eight_hops_and_no_more(length: int, arrives: int) -> None:
    lines = chained(length)
    said = lines.put(wrote("u0", 1))
    assert len(of(RecordForwarded, said)) == 8
    assert len(of(TicketOpened, said)) == arrives
    assert [r.reason for r in of(IntentRefused, said)] == ([] if arrives else ["too_many_hops"])


def test_a_circle_that_two_people_ask_for_at_once_ends_and_loses_nothing() -> None:
    lines = Lines()
    lines.put(wrote("ann", 1, handle="a"))
    lines.put(wrote("ben", 2, handle="b"))
    lines.together(link("ann", "ben", handle="a"), link("ben", "ann", handle="b"))
    assert set(everybody(lines, "ann", "ben")) == {ticket_of(1), ticket_of(2)}
    assert None in {lines.case("ann").merged_into, lines.case("ben").merged_into}
    for number, name in ((3, "ann"), (4, "ben")):
        said = lines.put(wrote(name, number, handle=name[0]))
        assert len(of(ContactAccepted, said)) == 1


def test_a_circle_of_three_ends_and_loses_nothing() -> None:
    lines = Lines()
    for number, name in enumerate(("ann", "ben", "cat")):
        lines.put(wrote(name, number, handle=name))
    lines.together(
        link("ann", "ben", handle="ann"),
        link("ben", "cat", handle="ben"),
        link("cat", "ann", handle="cat"),
    )
    assert len(everybody(lines, "ann", "ben", "cat")) == 3
    for number, name in ((10, "ann"), (11, "ben"), (12, "cat")):
        assert len(of(ContactAccepted, lines.put(wrote(name, number, handle=name)))) == 1


def test_only_who_asked_for_tickets_gets_them() -> None:
    lines = Lines()
    lines.put(wrote("ann", 1))
    request = TicketHandedOver(
        customer_id="ann",
        from_customer_id="ann",
        part=0,
        parts=0,
        undo=True,
        tickets="[]",
        profile=msgspec.json.encode(
            {"customer_id": "ann", "handles": {"whatsapp": [PHONE]}}
        ).decode(),
    )
    lines.put(request)
    assert set(lines.tickets("ann")) == {ticket_of(1)}


@given_any(histories(("ann", "ben", "cat"), links=True))
@settings(max_examples=50)
def test_no_ticket_is_lost_or_doubled_whoever_is_linked_to_whom(history: History) -> None:
    lines = play(history)
    opened = {event.ticket_id for event in lines.said if isinstance(event, TicketOpened)}
    keys = {one.record.key for one in lines.turns if one.domain == "customer"}
    assert set(everybody(lines, *keys)) == opened


@given_any(histories(("ann", "ben", "cat"), links=True))
@settings(max_examples=50)
def test_every_contact_is_ruled_on_once_whoever_is_linked_to_whom(history: History) -> None:
    lines = play(history)
    contacts = {r.id for r in lines.outside if isinstance(r.event, ContactReceived)}
    ruled = [
        getattr(event, "contact_id", "")
        for event in lines.said
        if type(event).__name__ in {"ContactAccepted", "ContactRejected", "ContactHeld"}
    ]
    lost = [e for e in lines.said if isinstance(e, IntentRefused) and e.reason == "too_many_hops"]
    assert sorted(ruled) == sorted(contacts) or lost
