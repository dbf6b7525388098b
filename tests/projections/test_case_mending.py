"""Merging two tickets and parting them again leaves both as they were, as far as they count."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.case import Case, Ticket
from projections.case.mending import absorbed, joined, let_go, lineage, parted
from projections.case.state import Fact

PLAIN = Ticket(
    id="a", status="closed", priority="low", channel="email", opened_at=0.0, updated_at=0.0
)

KINDS = ("contact", "answer", "reply", "other")


@st.composite
def tickets(draw: st.DrawFn, name: str) -> Ticket:
    """A ticket whose threads, messages and facts are its own."""
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=6))
    messages = tuple((f"{name}-m{n}", kind) for n, kind in enumerate(kinds))
    facts = tuple(
        Fact("order", str(n), m) for n, (m, kind) in enumerate(messages) if kind == KINDS[0]
    )
    return Ticket(
        id=name,
        status="triaged",
        priority="low",
        channel="email",
        opened_at=0.0,
        updated_at=0.0,
        messages=messages,
        contacts=kinds.count("contact"),
        replies=kinds.count("answer") + kinds.count("reply"),
        person_replies=kinds.count("reply"),
        threads=tuple(f"{name}-t{n}" for n in range(draw(st.integers(0, 6)))),
        references=tuple(f"{name}-r{n}" for n in range(draw(st.integers(0, 3)))),
        facts=facts,
        facts_given=len(facts),
        last_customer_at=float(draw(st.integers(0, 9))),
    )


def counts(ticket: Ticket) -> tuple[object, ...]:
    """What of a ticket is counted or leads messages to it."""
    return (
        ticket.contacts,
        ticket.replies,
        ticket.person_replies,
        ticket.threads,
        ticket.references,
        ticket.facts,
        ticket.facts_given,
        ticket.absorbed,
    )


@drawn(tickets("a"), tickets("b"))
def test_what_was_merged_and_parted_again_counts_as_before(a: Ticket, b: Ticket) -> None:
    both = absorbed(a, b)
    assert both.contacts == a.contacts + b.contacts
    assert set(a.threads) | set(b.threads) == set(both.threads)
    assert counts(let_go(both, b)) == counts(a)


@pytest.mark.parametrize(("spoke_at", "channel"), [(4.0, "email"), (5.0, "email"), (6.0, "phone")])
def test_what_was_merged_goes_on_where_the_customer_wrote_last(
    spoke_at: float, channel: str
) -> None:
    into = replace(PLAIN, last_channel="email", last_customer_at=5.0)
    both = absorbed(into, replace(PLAIN, id="b", last_channel="phone", last_customer_at=spoke_at))
    assert both.last_channel == channel
    assert both.last_customer_at == max(5.0, spoke_at)


def test_what_was_merged_is_about_what_it_began_with_or_else_what_came_to_it() -> None:
    about = replace(PLAIN, id="b", solutions=(("a1", 0.5),))
    assert absorbed(PLAIN, about).solutions == about.solutions
    assert absorbed(replace(PLAIN, solutions=(("a2", 0.4),)), about).solutions == (("a2", 0.4),)


@drawn(tickets("a"), tickets("b"), tickets("c"))
def test_a_chain_parts_where_it_was_joined(a: Ticket, b: Ticket, c: Ticket) -> None:
    middle = absorbed(b, c)
    whole = absorbed(a, middle)
    assert set(whole.absorbed) == {"b", "c"}
    assert counts(let_go(whole, middle)) == counts(a)
    assert counts(let_go(whole, c)) == counts(absorbed(a, b))


@drawn(tickets("a"), st.sets(st.integers(0, 5)))
def test_a_split_leaves_every_message_on_one_side_and_counted_there(
    a: Ticket, which: set[int]
) -> None:
    named = frozenset(f"a-m{n}" for n in which)
    rest, gone = parted(a, named)
    assert {m for m, _ in gone.messages} == named & {m for m, _ in a.messages}
    assert sorted((*rest.messages, *gone.messages)) == sorted(a.messages)
    assert gone.facts == tuple(fact for fact in a.facts if fact.contact_id in named)
    assert rest.facts == tuple(fact for fact in a.facts if fact.contact_id not in named)
    for field in ("contacts", "replies", "person_replies", "facts_given"):
        assert getattr(rest, field) + getattr(gone, field) == getattr(a, field)
    fresh = joined(replace(a, id="b", messages=(), contacts=0, facts=()), gone)
    assert (fresh.contacts, fresh.messages, fresh.facts) == (
        gone.contacts,
        gone.messages,
        gone.facts,
    )


def test_a_lineage_follows_the_merges_as_far_as_they_are_at_hand_and_never_in_circles() -> None:
    a, b = replace(PLAIN, merged_into="b"), replace(PLAIN, id="b", merged_into="c")
    case = Case(customer_id="ann", tickets={"a": a, "b": b})
    assert [t.id for t in lineage(case, "a")] == ["a", "b"]
    circle = replace(case, tickets={"a": a, "b": replace(b, merged_into="a")})
    assert [t.id for t in lineage(circle, "a")] == ["a", "b"]
    assert lineage(case, None) == []
