"""What a message means for its ticket, by who wrote it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from projections.case import Ticket
from projections.case.bounds import FACTS, MESSAGES, OFFERS, STATEMENTS, TIMELINE
from projections.case.state import STATEMENT, Contact, Entry, Fact, Seen
from projections.case.talk import kept, message
from schemas.events.tickets import MessageAdded
from tests.busycase import BUSY, NOW, case, told

QUIET = replace(BUSY, last_contact_id="C0", replies=4, person_replies=2)


def fact(kind: str, number: int) -> Fact:
    return Fact(kind, str(number), "C")


def added(known: Ticket = QUIET, contact: Contact | None = None, **fields: object) -> Ticket:
    """The ticket after an answer by an agent, or what the fields make of that."""
    first = {
        "interaction_id": "M",
        "direction": "out",
        "interaction_type": "agent_response",
        "message_channel": "email",
        "author": "knowledge",
        "solution_id": None,
        "kind": "solution",
        "instead_of": None,
        **fields,
    }
    return message(replace(case(), contact=contact), known, told(MessageAdded, **first), NOW)


def test_an_answer_of_ours_counts_as_a_reply_and_ends_what_was_offered() -> None:
    assert added() == replace(
        QUIET,
        messages=(("M", "answer"),),
        spoken_on=("email",),
        timeline=(Entry(at=NOW, kind="solution", who="knowledge"),),
        replies=5,
        last_reply_at=NOW,
        first_replied_at=NOW,
        offer=None,
    )


def test_the_first_reply_was_the_first_one() -> None:
    assert added(replace(QUIET, first_replied_at=3.0)).first_replied_at == 3.0


@pytest.mark.parametrize("kind", ["agent_reply", "opening"])
def test_what_people_write_counts_as_theirs_too(kind: str) -> None:
    after = added(kind=kind)
    assert after.messages == (("M", "reply"),)
    assert (after.replies, after.person_replies) == (5, 3)


def test_an_answer_offers_its_article_for_the_last_question() -> None:
    after = added(solution_id="s" * 130)
    assert (after.offer, after.offer_question) == ("s" * 120, "C0")
    assert after.offered == ("a1", "s" * 120)
    many = tuple(f"a{number}" for number in range(OFFERS))
    assert added(replace(QUIET, offered=many), solution_id="new").offered == (*many[1:], "new")


@pytest.mark.parametrize(
    "fields",
    [
        {"interaction_type": "note", "direction": "none"},
        {"interaction_type": "system_action"},
        {"instead_of": "another"},
    ],
)
def test_what_is_neither_theirs_nor_new_of_ours_is_listed_and_no_more(
    fields: dict[str, Any],
) -> None:
    assert added(**fields) == replace(
        QUIET,
        messages=(("M", "other"),),
        spoken_on=("email",),
        timeline=(Entry(at=NOW, kind="solution", who="knowledge"),),
    )


def test_of_too_many_messages_the_latest_are_remembered() -> None:
    messages = tuple((f"m{number}", "other") for number in range(MESSAGES))
    timeline = tuple(Entry(at=0.0, kind=str(number), who="x") for number in range(TIMELINE))
    known = replace(QUIET, messages=messages, spoken_on=("slack",) * MESSAGES, timeline=timeline)
    after = added(known, author="ü" * 80)
    assert after.messages == (*messages[1:], ("M", "answer"))
    assert after.spoken_on == (*(("slack",) * (MESSAGES - 1)), "email")
    last = Entry(at=NOW, kind="solution", who="ü" * 40)
    assert after.timeline == (*timeline[1:], last)


def theirs(**fields: object) -> dict[str, Any]:
    return {
        "interaction_id": "C",
        "direction": "in",
        "interaction_type": "customer_message",
        "message_channel": "slack",
        "author": None,
        "kind": "message",
        **fields,
    }


WAITING = replace(
    QUIET, assume_resolved_at=6.0, follow_up_at=5.0, sentiment=0.5, offer="a1", facts_given=3
)


def test_what_the_customer_writes_ends_the_waiting() -> None:
    assert added(WAITING, **theirs()) == replace(
        WAITING,
        messages=(("C", "contact"),),
        spoken_on=("slack",),
        timeline=(Entry(at=NOW, kind="message", who="customer"),),
        contacts=2,
        channels=("email", "slack"),
        last_customer_at=NOW,
        last_contact_id="C",
        last_channel="slack",
        assume_resolved_at=None,
        follow_up_at=None,
    )
    assert added(WAITING, **theirs(message_channel="email")).channels == ("email",)


def test_the_message_at_hand_says_where_it_can_be_answered_and_when_it_was_written() -> None:
    at_hand = Contact(id="C", channel="slack", at=90.0, thread="t", provider_id="p")
    after = added(replace(WAITING, threads=("u",)), at_hand, **theirs())
    assert (after.last_customer_at, after.thread, after.message_id) == (90.0, "t", "p")
    assert after.threads == ("u", "p", "t")
    bare = added(replace(WAITING, message_id="m"), replace(at_hand, provider_id=""), **theirs())
    assert (bare.message_id, bare.threads) == (None, ("t",))
    another = added(WAITING, at_hand, **theirs(interaction_id="D"))
    assert (another.last_customer_at, another.threads) == (NOW, ())


SEEN = Seen(
    sentiment=0.4,
    facts=(("order", "7"), ("code", "AB-12"), (STATEMENT, "it broke")),
    clues=(("order", "7"), ("reference", "r"), ("ticket", "t"), ("person", "bo")),
    features=((1, 2),),
    meaning="ab",
)


def test_what_was_understood_of_the_message_at_hand_is_the_tickets() -> None:
    at_hand = Contact(id="C", channel="slack", at=90.0, seen=SEEN)
    after = added(WAITING, at_hand, **theirs())
    assert after.facts == (
        Fact("order", "7", "C"), Fact("code", "AB-12", "C"), Fact(STATEMENT, "it broke", "C"),
    )  # fmt: skip
    assert after.facts_given == 6
    assert after.references == ("7", "r", "t", "AB-12")
    assert (after.features, after.meanings, after.sentiment) == ((((1, 2),),), ("ab",), 0.4)
    assert after.offer == "a1"


def test_a_ticket_keeps_what_fits_its_first_message_with_a_matter() -> None:
    solved = replace(SEEN, solutions=(("a1", 0.4), ("a2", 0.1)))
    hollow, other = replace(solved, meaning=None), replace(SEEN, solutions=(("a3", 0.9),))
    after = WAITING
    for seen, fits in ((hollow, ()), (solved, solved.solutions), (other, solved.solutions)):
        after = added(after, Contact(id="C", channel="slack", at=90.0, seen=seen), **theirs())
        assert after.solutions == fits


@pytest.mark.parametrize(("before", "now"), [(None, 0.4), (0.3, 0.3), (0.5, 0.4)])
def test_a_tickets_tone_is_its_worst(before: float | None, now: float) -> None:
    at_hand = Contact(id="C", channel="slack", at=90.0, seen=SEEN)
    assert added(replace(WAITING, sentiment=before), at_hand, **theirs()).sentiment == now


@pytest.mark.parametrize("cue", ["not_solved", "asks_person", "complaint"])
def test_who_is_unhappy_turns_down_what_was_offered(cue: str) -> None:
    unhappy = replace(SEEN, cues=("greeting", cue))
    after = added(WAITING, Contact(id="C", channel="slack", at=90.0, seen=unhappy), **theirs())
    assert after.offer is None


def test_what_stands_under_every_mail_takes_no_place_of_what_was_said_once() -> None:
    order, signature = fact("order", 4711), [fact("phone", n) for n in range(5)]
    facts: tuple[Fact, ...] = (order,)
    for _ in range(20):
        facts = kept((*facts, *signature))
    assert facts[0] == order
    assert set(facts[1:]) == set(signature)


def test_facts_and_statements_have_room_of_their_own() -> None:
    facts = tuple(fact("order", number) for number in range(FACTS))
    statements = tuple(fact(STATEMENT, number) for number in range(STATEMENTS))
    assert kept(facts + statements) == facts + statements
    assert kept((*facts[:-1], facts[0])) == (*facts[:-1], facts[0])
    assert kept((*facts, fact("order", FACTS), *statements)) == (
        *facts[1:], fact("order", FACTS), *statements,
    )  # fmt: skip
    assert kept((*facts, *statements, fact(STATEMENT, STATEMENTS))) == (
        *facts, *statements[1:], fact(STATEMENT, STATEMENTS),
    )  # fmt: skip
