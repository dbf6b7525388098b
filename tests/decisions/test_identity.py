"""Who is the same person: linking, merging, chains and circles, and taking it all back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given as given_any
from hypothesis import settings

from agents.world import Understanding
from projections.case import Ticket
from schemas.event import Event
from schemas.events.contacts import (
    ContactReceived,
    CustomerDescribed,
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
from schemas.events.intents import CloseAsked, LinkAsked, ReopenAsked, ResolveAsked, UnlinkAsked
from schemas.events.tickets import (
    TicketClosed,
    TicketMoved,
    TicketOpened,
    TicketRated,
    TicketReopened,
)
from schemas.record import contact_id, ticket_id
from streams.testing import FakeModels, understood
from tests.histories import History, histories, play
from tests.lines import Lines

ANON = "c_1"
"""An unidentified line: that of the WhatsApp number below."""

PHONE = "+1"


def wrote(customer: str, number: int, **fields: Any) -> ContactReceived:
    told = {
        "channel": "whatsapp",
        "customer_id": customer,
        "handle": PHONE,
        "message": f"question {number}",
        "thread": f"t{number}",
        "provider_id": f"p{number}",
        **fields,
    }
    return ContactReceived.model_validate(told)


class Apart(FakeModels, frozen=True):
    """Models for which no two messages are about the same."""

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """Something else each time."""
        del subject, known_language
        number = float(message.rsplit(" ", 1)[-1])
        category = [{"name": message, "confidence": 0.9}]
        return understood(features=[[number, 1.0]], categories=category)


def link(line: str, into: str, *, channel: str = "whatsapp", handle: str = PHONE) -> LinkAsked:
    """What intake makes of `link INTO CHANNEL HANDLE` when the handle is on this line."""
    return LinkAsked.model_validate(
        {
            "customer_id": line,
            "channel": channel,
            "handle": handle,
            "other_customer_id": into,
            "by": "bo",
        }
    )


def unlink(line: str, frm: str, *, channel: str = "whatsapp", handle: str = PHONE) -> UnlinkAsked:
    told = link(line, frm, channel=channel, handle=handle).model_dump()
    return UnlinkAsked.model_validate(told)


def ask(kind: Any, lines: Lines, ticket: str, customer: str, **fields: Any) -> list[Event]:
    told = {"ticket_id": ticket, "customer_id": customer, "by": "bo", **fields}
    return lines.put(kind.model_validate(told))


def ticket_of(number: int, channel: str = "whatsapp") -> str:
    return ticket_id(contact_id(channel, f"p{number}"))


def of(kind: type[Event], said: list[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def everybody(lines: Lines, *keys: str) -> dict[str, Ticket]:
    """All tickets of some customers, at hand or parked; each must be in one place only."""
    found: dict[str, Ticket] = {}
    for key in keys:
        for place in (lines.tickets(key), lines.parked(key)):
            assert not found.keys() & place.keys(), "a ticket is in two places"
            found |= place
    return found


@pytest.fixture
def lines() -> Lines:
    """Ann has a ticket by e-mail; somebody unidentified has one by WhatsApp."""
    lines = Lines(Apart())
    lines.put(CustomerDescribed(customer_id="ann", name="Ann", email="ann@example.org"))
    lines.put(wrote("ann", 0, channel="email", handle="ann@example.org"))
    lines.put(wrote(ANON, 1))
    return lines


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
