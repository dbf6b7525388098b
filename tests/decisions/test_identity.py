"""Who is the same person: linking an address, merging two lines, and taking it back."""

from __future__ import annotations

import pytest

from schemas.events.contacts import (
    RecordForwarded,
    SurveyAnswered,
    TicketHandedOver,
)
from schemas.events.decisions import (
    ContactAccepted,
    CustomerRecognised,
    CustomersMerged,
    CustomersUnmerged,
    IdentityLinked,
    IdentityUnlinked,
    IntentRefused,
)
from schemas.events.intents import CloseAsked, ReopenAsked, ResolveAsked
from schemas.events.tickets import (
    TicketClosed,
    TicketMoved,
    TicketRated,
    TicketReopened,
)
from schemas.record import contact_id
from tests.identities import (
    ANON,
    PHONE,
    Apart,
    ask,
    everybody,
    link,
    of,
    ticket_of,
    unlink,
    wrote,
)
from tests.lines import Lines


def test_linking_an_unidentified_address_merges_its_line(lines: Lines) -> None:
    said = lines.put(link(ANON, "ann"))
    merged = of(CustomersMerged, said)[0]
    assert (merged.customer_id, merged.into, merged.reasons) == (ANON, "ann", ["asked"])
    assert lines.case(ANON).merged_into == "ann"
    assert set(lines.tickets("ann")) == {ticket_of(0, "email"), ticket_of(1)}
    assert lines.tickets(ANON) == {}
    moved = of(TicketMoved, said)[0]
    assert (moved.customer_id, moved.from_customer_id) == ("ann", ANON)
    linked = of(IdentityLinked, said)[0]
    assert (linked.customer_id, linked.handle, linked.from_customer_id) == ("ann", PHONE, ANON)
    assert of(CustomerRecognised, said)[-1].handles == (
        '{"email":["ann@example.org"],"whatsapp":["+1"]}'
    )
    assert [c.merged_into for c in of(CustomerRecognised, said) if c.customer_id == ANON] == ["ann"]


def test_counters_move_and_come_back(lines: Lines) -> None:
    lines.later(hours=5)
    lines.put(wrote(ANON, 2))
    lines.put(link(ANON, "ann"))
    ann, anon = lines.case("ann"), lines.case(ANON)
    assert (ann.contacts, ann.opened, anon.contacts, anon.opened) == (3, 3, 0, 0)
    assert ann.first_at is not None
    lines.put(unlink(ANON, "ann"))
    ann, anon = lines.case("ann"), lines.case(ANON)
    assert (ann.contacts, ann.opened, anon.contacts, anon.opened) == (1, 1, 2, 2)


def test_an_address_that_nobody_wrote_from_is_known_after_the_link(lines: Lines) -> None:
    said = lines.put(link("c_2", "ann", channel="slack", handle="U7"))
    assert of(IdentityLinked, said)[0].handle == "U7"
    assert lines.case("ann").handles["slack"] == ("U7",)


def test_a_customer_nobody_heard_of_survives_too() -> None:
    lines = Lines()
    lines.put(wrote(ANON, 1))
    lines.put(link(ANON, "new"))
    assert set(lines.tickets("new")) == {ticket_of(1)}
    assert lines.case("new").first_at == lines.case(ANON).first_at


def test_linking_to_the_line_itself_just_says_so(lines: Lines) -> None:
    said = lines.put(link("ann", "ann", channel="email", handle="ann@example.org"))
    assert [type(event) for event in said] == [IdentityLinked, CustomerRecognised]
    assert of(IdentityLinked, said)[0].reasons == ["asked"]


def test_linking_again_merges_nothing_again(lines: Lines) -> None:
    lines.put(link(ANON, "ann"))
    again = link(ANON, "ann").model_copy(update={"by": "cy"})
    said = lines.put(again)
    assert of(CustomersMerged, said) == []
    assert of(IdentityLinked, said)[0].customer_id == "ann"


def test_an_address_that_was_absorbed_is_not_taken_along_elsewhere(lines: Lines) -> None:
    """A number that changed hands must not merge the two who had it."""
    lines.put(link(ANON, "ann"))
    said = lines.put(link(ANON, "cat"))
    assert [type(event) for event in said] == [IntentRefused]
    assert of(IntentRefused, said)[0].reason == "linked_elsewhere"
    assert lines.case("ann").merged_into is None


def test_a_described_customer_who_was_absorbed_brings_the_survivor(lines: Lines) -> None:
    lines.put(link("ann", "ben", channel="email", handle="ann@example.org"))
    lines.put(link("ann", "cat", channel="email", handle="ann@example.org"))
    assert lines.case("ben").merged_into == "cat"
    assert set(lines.tickets("cat")) == {ticket_of(0, "email")}


def test_a_merge_the_other_way_is_refused(lines: Lines) -> None:
    lines.put(link("ann", "ben", channel="email", handle="ann@example.org"))
    said = lines.put(link("ben", "ann", channel="email", handle="ben@example.org"))
    assert of(IntentRefused, said)[0].reason == "merged_the_other_way"
    assert lines.case("ben").merged_into is None


def test_later_messages_to_either_line_land_on_the_survivor(lines: Lines) -> None:
    lines.put(link(ANON, "ann"))
    said = lines.put(wrote(ANON, 1, provider_id="p5"))
    forwarded = of(RecordForwarded, said)[0]
    assert (forwarded.customer_id, forwarded.hops) == ("ann", 1)
    assert forwarded.record_id == contact_id("whatsapp", "p5")
    accepted = of(ContactAccepted, said)[0]
    assert (accepted.customer_id, accepted.contact_id) == ("ann", contact_id("whatsapp", "p5"))
    assert lines.tickets("ann")[ticket_of(1)].contacts == 2
    lines.put(wrote("ann", 1, provider_id="p6"))
    assert lines.tickets("ann")[ticket_of(1)].contacts == 3


def test_a_message_delivered_twice_counts_once_across_the_merge(lines: Lines) -> None:
    lines.put(link(ANON, "ann"))
    lines.put(wrote(ANON, 1, provider_id="p5"))
    assert lines.put(wrote(ANON, 1, provider_id="p5")) == []
    assert lines.put(wrote("ann", 1, provider_id="p5")) == []
    assert lines.tickets("ann")[ticket_of(1)].contacts == 2


def test_timers_of_moved_tickets_run_out_on_the_survivor(lines: Lines) -> None:
    ask(ResolveAsked, lines, ticket_of(1), ANON)
    lines.put(link(ANON, "ann"))
    closed = of(TicketClosed, lines.later(days=15))
    assert [(c.ticket_id, c.customer_id) for c in closed] == [(ticket_of(1), "ann")]


def test_a_closed_ticket_of_the_absorbed_line_can_be_reopened(lines: Lines) -> None:
    ask(CloseAsked, lines, ticket_of(1), ANON)
    assert ticket_of(1) in lines.parked(ANON)
    lines.put(link(ANON, "ann"))
    assert ticket_of(1) in lines.parked(ANON)
    said = ask(ReopenAsked, lines, ticket_of(1), ANON)
    assert of(TicketReopened, said)[0].customer_id == "ann"
    assert ticket_of(1) in lines.tickets("ann")
    assert lines.parked(ANON) == {}


def test_a_rating_of_the_absorbed_lines_last_ticket_finds_it(lines: Lines) -> None:
    ask(ResolveAsked, lines, ticket_of(1), ANON)
    lines.put(link(ANON, "ann"))
    said = lines.put(SurveyAnswered(customer_id=ANON, score=4))
    assert [(r.ticket_id, r.customer_id) for r in of(TicketRated, said)] == [(ticket_of(1), "ann")]


def test_forty_open_tickets_move_in_bounded_records_and_come_back() -> None:
    lines = Lines(Apart())
    for number in range(40):
        lines.put(wrote(ANON, number))
        lines.later(minutes=3)
    opened = set(everybody(lines, ANON))
    assert len(opened) == 40
    assert len(lines.parked(ANON)) == 24
    said = lines.put(link(ANON, "ann"))
    records = of(TicketHandedOver, said)
    assert len(records) == 10
    assert max(len(record.model_dump_json()) for record in records) < 64 * 1024
    assert sorted(t.ticket_id for t in of(TicketMoved, said)) == sorted(opened)
    assert set(everybody(lines, "ann", ANON)) == opened
    assert everybody(lines, ANON) == {}
    said = lines.put(unlink(ANON, "ann"))
    assert sorted(t.ticket_id for t in of(TicketMoved, said)) == sorted(opened)
    assert set(everybody(lines, ANON)) == opened
    assert everybody(lines, "ann") == {}


def test_taking_back_returns_the_right_tickets(lines: Lines) -> None:
    lines.put(link(ANON, "ann"))
    lines.later(hours=5)
    lines.put(wrote("ann", 7))  # by the same number, after the merge
    lines.later(hours=5)
    lines.put(wrote("ann", 8, channel="email", handle="ann@example.org"))
    said = lines.put(unlink(ANON, "ann"))
    unmerged = of(CustomersUnmerged, said)[0]
    assert (unmerged.customer_id, unmerged.from_customer_id) == (ANON, "ann")
    assert of(IdentityUnlinked, said)[0].to_customer_id == ANON
    assert set(lines.tickets(ANON)) == {ticket_of(1), ticket_of(7)}
    assert set(lines.tickets("ann")) == {ticket_of(0, "email"), ticket_of(8, "email")}
    assert lines.case(ANON).merged_into is None
    assert lines.case("ann").handles == {"email": ("ann@example.org",)}
    assert lines.case("ann").absorbed == ()
    lines.put(wrote(ANON, 1, provider_id="p9"))
    assert lines.tickets(ANON)[ticket_of(1)].contacts == 2


def test_merged_taken_back_and_merged_again(lines: Lines) -> None:
    for _ in range(3):
        lines.put(link(ANON, "ann"))
        assert set(lines.tickets("ann")) == {ticket_of(0, "email"), ticket_of(1)}
        lines.put(unlink(ANON, "ann"))
        assert set(lines.tickets(ANON)) == {ticket_of(1)}
    lines.put(link("ann", ANON, channel="email", handle="ann@example.org"))
    assert set(lines.tickets(ANON)) == {ticket_of(0, "email"), ticket_of(1)}


def test_an_address_that_was_never_merged_is_unlinked_with_its_tickets(lines: Lines) -> None:
    said = lines.put(unlink("c_9", "ann", channel="email", handle="ann@example.org"))
    assert of(CustomersUnmerged, said) == []
    assert of(IdentityUnlinked, said)[0].customer_id == "ann"
    assert set(lines.tickets("c_9")) == {ticket_of(0, "email")}
    assert lines.tickets("ann") == {}


def test_unlinking_on_the_customers_own_line(lines: Lines) -> None:
    own = unlink("ann", "ann", channel="email", handle="ann@example.org")
    assert of(IdentityUnlinked, lines.put(own))[0].reasons == ["asked"]
    again = own.model_copy(update={"by": "cy"})
    assert of(IntentRefused, lines.put(again))[0].reason == "not_linked"


@pytest.mark.parametrize("line", ["c_9", "ben"])
def test_unlinking_what_was_never_linked_is_refused(lines: Lines, line: str) -> None:
    said = lines.put(unlink(line, "ann", channel="slack", handle="U7"))
    assert of(IntentRefused, said)[0].reason == "not_linked"
    assert set(lines.tickets("ann")) == {ticket_of(0, "email")}
