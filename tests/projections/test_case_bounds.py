"""A case stays small whatever the customer's history, and what it puts aside is not lost."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.policy import default_policy
from agents.policy_delivery import DeliveryPolicy
from agents.world import Understanding
from projections.case import Case, Ticket
from projections.case.bounds import BYTES, HANDLES, KEPT, KEPT_BYTES, TICKETS
from projections.case.parking import FEW, settle
from schemas.event import Intent
from schemas.events import intents as asked
from schemas.events.contacts import ContactReceived, CustomerDescribed, ProductSignalReported
from schemas.events.tickets import TicketOpened
from schemas.vocabulary import CHANNELS
from streams.testing import FakeModels, understood
from tests.histories import History, histories, play
from tests.lines import Lines
from tests.tickets import ANN

LIMIT = 64 * 1024
"""Law 10."""

LOUD = "\N{PILE OF POO}" * 300
"""A name of 1,200 bytes, four to the character."""


def size(case: Case) -> int:
    """Bytes of a case as it is stored."""
    return len(msgspec.msgpack.encode(case))


@drawn(histories(("ann", "ben")))
@settings(max_examples=15)
def test_the_case_of_any_history_is_small(history: History) -> None:
    lines = play(history)
    for one in lines.turns:
        if isinstance(one.after, Case):
            assert size(settle(one.after)[0]) < LIMIT


def most(n: int) -> Understanding:
    """Everything that models may say of a message, as long as they may say it."""
    spans = [{"kind": LOUD, "text": f"{n}-{k} {LOUD}", "start": 0, "end": 9} for k in range(40)]
    return understood(
        language="hi-Latn",
        cues=[LOUD] * 40,
        urgency_indicators=[LOUD] * 40,
        categories=[{"name": f"{k}{LOUD}", "confidence": 0.5} for k in range(9)],
        tags=[f"{k}{LOUD}" for k in range(40)],
        solutions=[{"id": f"{k}{LOUD}", "confidence": 0.4} for k in range(9)],
        clues=[{**span, "kind": "order"} for span in spans],
        facts=spans,
        features=[[float(2**31 + k), 0.5] for k in range(90)],
    )


def loud(n: int, channel: str) -> ContactReceived:
    """A message in which everything is as long as it can be."""
    return ContactReceived.model_validate(
        {
            "channel": channel,
            "customer_id": ANN,
            "handle": f"{n}{'h' * 240}",
            "message": f"{n} {LOUD}",
            "subject": LOUD,
            "thread": f"{n}{LOUD}",
            "in_reply_to": LOUD,
            "provider_id": f"{n}{LOUD}",
            "metadata": json.dumps({"headers": {"x": LOUD}}),
        }
    )


def test_the_longest_texts_on_the_most_tickets_fit() -> None:
    around = DeliveryPolicy(fall_back={c: CHANNELS[k - 1] for k, c in enumerate(CHANNELS)})
    strict = default_policy().model_copy(update={"linking": {"threshold": 1.0}, "delivery": around})
    lines = Lines(FakeModels(), strict)
    lines.put(
        CustomerDescribed(
            customer_id=ANN,
            name=LOUD,
            email=LOUD,
            phone=LOUD,
            account_manager=LOUD,
            handles=json.dumps({c: [f"{k}{'x' * 250}" for k in range(20)] for c in CHANNELS}),
        )
    )
    tickets: list[str] = []
    for n in range(20):
        lines.models = FakeModels(understanding=most(n))
        lines.later(minutes=3)
        said = lines.put(loud(n, CHANNELS[n % len(CHANNELS)]))
        tickets += [e.ticket_id for e in said if isinstance(e, TicketOpened)]
        if said and tickets:
            for intent in intents(tickets[-1], n):
                lines.put(intent)
            for number in range(KEPT):
                lines.put(replied(tickets[-1], number))
        for number in range(HANDLES):
            lines.put(from_many("whatsapp", number))
            lines.put(from_many("facebook", number))
            lines.put(from_many("phone", number))
        assert size(lines.case(ANN)) < LIMIT
    assert len(tickets) == 20
    assert any(len(t.kept) == KEPT for t in lines.tickets(ANN).values())
    known = [*lines.tickets(ANN).values(), *lines.parked(ANN).values()]
    assert any(len(t.unread) == KEPT for t in known)
    at_hand = set(lines.tickets(ANN))
    assert len(at_hand) <= TICKETS
    assert at_hand | set(lines.parked(ANN)) == set(tickets)


def from_many(channel: str, n: int) -> ContactReceived:
    """A word from one of many addresses, which ends messages to it where there is such a word."""
    handle = f"{n}{'h' * 240}"
    told = {"channel": channel, "customer_id": ANN, "handle": handle, "message": " "}
    consent = {"provider_id": f"stop{n}", "metadata": '{"consent":"STOP"}'}
    return ContactReceived.model_validate({**told, **consent})


def replied(ticket_id: str, n: int) -> asked.ReplyWritten:
    """A reply that may have to go another way, as long as may be kept with the others."""
    text = f"{n}{'x' * (KEPT_BYTES // KEPT - 1)}"
    told = {"ticket_id": ticket_id, "customer_id": ANN, "by": LOUD, "text": text}
    return asked.ReplyWritten.model_validate(told)


def intents(ticket_id: str, n: int) -> list[Intent]:
    """What people write on a ticket, at length."""
    told = {"ticket_id": ticket_id, "customer_id": ANN, "by": LOUD}
    return [
        asked.CategoryAsked.model_validate({**told, "category": f"{n}{LOUD}"}),
        asked.TagsAsked.model_validate({**told, "add": [f"{k}{LOUD}" for k in range(60)]}),
        asked.TransferAsked.model_validate({**told, "team": f"{n}{LOUD}", "reason": LOUD}),
        asked.AssignmentAsked.model_validate({**told, "specialist_id": f"{n}{LOUD}"}),
        *(asked.NoteWritten.model_validate({**told, "text": LOUD}) for _ in range(4)),
    ]


def test_signals_with_long_names_fit() -> None:
    lines = Lines()
    for _ in range(30):
        lines.put(ProductSignalReported(customer_id=ANN, kind=f"crash {LOUD}"))
    assert size(lines.case(ANN)) < LIMIT


def ticket(n: int, **fields: object) -> Ticket:
    """A ticket, touched at a moment."""
    told: dict[str, object] = {
        "id": f"T{n}",
        "status": "triaged",
        "priority": "low",
        "channel": "email",
        "opened_at": 0.0,
        "updated_at": float(n),
        **fields,
    }
    return msgspec.convert(told, Ticket)


@drawn(st.permutations(range(30)), st.sets(st.integers(0, 29)))
def test_closed_tickets_leave_and_of_the_others_the_ones_touched_least_lately(
    order: list[int], closed: set[int]
) -> None:
    tickets = {f"T{n}": ticket(n, status="closed" if n in closed else "triaged") for n in order}
    case, left = settle(Case(customer_id=ANN, tickets=tickets))
    still = [n for n in range(30) if n not in closed][-TICKETS:]
    assert set(case.tickets) == {f"T{n}" for n in still}
    assert {t.id for t in left} | set(case.tickets) == set(tickets)
    assert {t.id: t for t in left} | case.tickets == tickets
    assert settle(case) == (case, ())


def test_heavy_tickets_leave_until_the_case_is_light_but_the_latest_stays() -> None:
    heavy = ("x" * 8000,)
    tickets = {f"T{n}": ticket(n, tags=heavy) for n in range(10)}
    case, left = settle(Case(customer_id=ANN, tickets=tickets))
    assert size(case) <= BYTES
    assert set(case.tickets) == {f"T{n}" for n in range(4, 10)}
    assert [t.id for t in left] == ["T0", "T1", "T2", "T3"]


def test_a_case_with_few_tickets_is_not_even_measured() -> None:
    tickets = {f"T{n}": ticket(n) for n in range(FEW)}
    case = Case(customer_id=ANN, tickets=tickets)
    assert settle(case)[0] is case


def test_ten_thousand_tickets_leave_a_case_of_a_few() -> None:
    case = Case(customer_id=ANN)
    put_aside = 0
    for n in range(10_000):
        case = replace(case, tickets={**case.tickets, f"T{n}": ticket(n)})
        case, left = settle(case)
        put_aside += len(left)
        assert len(case.tickets) <= TICKETS
    assert put_aside == 10_000 - TICKETS
    assert size(case) < LIMIT / 8
