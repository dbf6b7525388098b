"""Masked text is nobody's, and as long, as equal and as cut as it was."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.linking_signals import titled
from schemas.events.contacts import ContactReceived, CustomerDescribed, TicketHandedOver
from schemas.events.decisions import Span
from streams.bundles.masking import Mask

MASK = Mask(b"k" * 32)


@given(st.text())
def test_a_masked_text_is_as_long_and_has_its_words_where_they_were(text: str) -> None:
    masked = MASK.text(text)
    assert len(masked) == len(text)
    assert [c.isalnum() for c in masked] == [c.isalnum() for c in text]
    assert len(masked.split()) == len(text.split())
    assert [c.isascii() for c in masked] == [c.isascii() for c in text]


@pytest.mark.parametrize("text", ["Ann Moreau", "charged twice", "Überweisung", "支払い"])
def test_no_word_is_left(text: str) -> None:
    masked = MASK.text(text)
    assert not {*text.split()} & {*masked.split()}


def test_the_same_word_is_the_same_whatever_its_case_and_another_is_another() -> None:
    assert MASK.text("Refund") == MASK.text("refund").capitalize()
    assert MASK.text("On refund") == MASK.text("On ") + MASK.text("refund")
    assert MASK.text("ann@example.org") != MASK.text("bob@example.org")


@pytest.mark.parametrize("word", ["Re", "AW", "sv", "tr", "RV", "fw", "Fwd", "WG"])
@pytest.mark.parametrize("form", ["{}: ", " {} [2]: ", "{}:{}: "])
def test_an_answer_has_the_subject_of_what_it_answers_when_both_are_masked(
    word: str, form: str
) -> None:
    answer = form.format(word, word) + "My card"
    assert titled(answer) == titled("My card")
    assert titled(MASK.text(answer)) == titled(MASK.text("My card")) != titled("My card")


def test_another_key_masks_otherwise() -> None:
    assert MASK.text("charged twice") != Mask(b"j" * 32).text("charged twice")


def test_an_address_stays_an_address_and_a_ticket_its_own() -> None:
    name, _, domain = MASK.text("ann.m@example.org").partition("@")
    assert (name.count("."), domain.count(".")) == (1, 1)
    assert MASK.text("about TICK_0123456789ABCDEF, sir").split()[1] == "TICK_0123456789ABCDEF,"
    assert MASK.text("+49 170 1234567").replace(" ", "")[1:].isdigit()


def test_only_personal_fields_of_an_event_are_masked() -> None:
    event = ContactReceived(
        channel="email",
        customer_id="ann",
        handle="ann@example.org",
        message="I was charged twice",
        provider_id="p1",
        metadata='{"phone": 123}',
    )
    masked = MASK.part(event)
    assert masked.message == MASK.text(event.message)
    assert masked.handle == MASK.text("ann@example.org")
    assert masked.metadata == "{}"
    assert (masked.customer_id, masked.provider_id, masked.channel) == ("ann", "p1", "email")


def test_an_address_is_masked_alike_wherever_it_stands() -> None:
    said = CustomerDescribed(customer_id="ann", handles='{"email": ["ann@example.org"]}')
    masked = MASK.part(said)
    assert msgspec.json.decode(masked.handles or "") == {"email": [MASK.text("ann@example.org")]}
    odd = MASK.part(CustomerDescribed(customer_id="ann", handles="ann@example.org"))
    assert odd.handles == "{}"


def test_what_one_line_hands_to_another_is_left_out() -> None:
    event = TicketHandedOver(
        customer_id="a",
        from_customer_id="b",
        part=1,
        parts=1,
        tickets='[{"subject": "secret"}]',
        profile='{"handles": ["secret"]}',
    )
    assert "secret" not in MASK.part(event).model_dump_json()


def test_a_part_of_an_event_is_masked_in_its_place() -> None:
    span = MASK.part(Span(kind="order", text="A-1234", start=3, end=9))
    assert (span.kind, span.start, span.end) == ("order", 3, 9)
    assert span.text != "A-1234"
