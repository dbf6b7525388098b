"""What a customer gives is quoted with its place, and pointers to matters are clues."""

from __future__ import annotations

from itertools import pairwise

import pytest

from streams.understanding.facts import LIMIT, clues, facts, found
from streams.understanding.text import MODEL_CHARS
from streams.understanding.tier import Tier
from tests.understood import seen


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ("Mail me at ann.lee@example.org please", "email", "ann.lee@example.org"),
        ("call +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("my order number is 4711-88", "order", "4711-88"),
        ("order #A123", "order", "A123"),
        ("ticket TKT-9F3", "ticket", "TKT-9F3"),
        ("booking reference: XK4711", "reference", "XK4711"),
        ("it cost $45.20", "amount", "$45.20"),
        ("I paid 1,200.50 euros", "amount", "1,200.50 euros"),
        ("on 12 May 2026", "date", "12 May 2026"),
        ("it was yesterday", "date", "yesterday"),
        ("at 14:30", "time", "14:30"),
        ("my card ending in 1234", "card_ending", "1234"),
        ("see https://example.org/a?b=1", "url", "https://example.org/a?b=1"),
        ("the code 998877", "number", "998877"),
        ("number 4898 5555 5412 5555", "number", "4898 5555 5412 5555"),
        ("it is REF-6473B9", "code", "REF-6473B9"),
        ("that is xk4711", "code", "xk4711"),
        ("the meter 88-4411-Z is stuck", "code", "88-4411-Z"),
        ("my meter says 12-999", "number", "12-999"),
        ("it takes 5-7 days", "number", "5-7"),
        ("a 12-month plan", "number", "12"),
        ("I use a Galaxy S22", "device", "Galaxy S22"),
        ("on my iphone 14 pro", "device", "iphone 14 pro"),
        ("I paid ₹1,23,456.00 for it", "amount", "₹1,23,456.00"),
        ("Rs 2,50,000 is missing", "amount", "Rs 2,50,000"),
        ("10,00,000 rupees", "amount", "10,00,000 rupees"),
        ("it was 1.5 lakh rupees", "amount", "1.5 lakh rupees"),
        ("CHF 1'234.50 please", "amount", "CHF 1'234.50"),
        ("On m'a débité 1 234,56 €", "amount", "1 234,56 €"),
        ("my balance shows -€50.00", "amount", "-€50.00"),
        ("R$ 25,90 was taken", "amount", "R$ 25,90"),
        ("it cost 499 kr", "amount", "499 kr"),
        ("1000 SEK were taken", "amount", "1000 SEK"),
        ("金額は12,000円です", "amount", "12,000円"),
        ("a claim of $1.2M", "amount", "$1.2M"),
        ("am 12. März 2026 abgebucht", "date", "12. März 2026"),
        ("depuis le 3 mai", "date", "3 mai"),
        ("el 3 de enero de 2026", "date", "3 de enero de 2026"),
        ("bis 11月3日", "date", "11月3日"),
        ("on 12-03-2026", "date", "12-03-2026"),
        ("at 2026-03-12T10:15:00Z it broke", "date", "2026-03-12T10:15:00Z"),
        ("um 9.30 Uhr", "time", "9.30 Uhr"),
        ("at 5 p.m. on the dot", "time", "5 p.m."),
        ("IBAN DE89 3704 0044 0532 0130 00", "code", "DE89 3704 0044 0532 0130 00"),
        ("GB82WEST12345698765432 is mine", "code", "GB82WEST12345698765432"),
        ("card 4111 0011 2233 4455", "number", "4111 0011 2233 4455"),
        ("appelez le 06 12 34 56 78, svp", "phone", "06 12 34 56 78"),
        ("invoice RE-2026/0815 is wrong", "order", "RE-2026/0815"),
        ("claim no. CLM/2026/00123", "reference", "CLM/2026/00123"),
        ("what about INV/2026/00123?", "code", "INV/2026/00123"),
        ("I was charged 49.99 twice", "number", "49.99"),
    ],
)
def test_a_fact_is_quoted(message: str, kind: str, text: str) -> None:
    quoted = found(message)
    assert [(one.kind, one.text) for one in quoted] == [(kind, text)]
    assert message[quoted[0].start : quoted[0].end] == text


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello there",
        "I have a question",
        "42nd",
        "order now",
        "covid-19",
        "windows10",
        "try 5 or sek 7",
        "AND 4 OF US",
        "3 mail",
    ],
)
def test_nothing_is_made_up(message: str) -> None:
    assert found(message) == []


def test_facts_come_in_order_and_do_not_overlap() -> None:
    quoted = found("On 12 May I paid $45.20 for order 4711-88, mail ann@example.org")
    assert [one.kind for one in quoted] == ["date", "amount", "order", "email"]
    assert all(a.end <= b.start for a, b in pairwise(quoted))


def test_no_more_than_a_bounded_number_is_taken() -> None:
    assert len(found("12 34 " * 600)) == LIMIT
    assert len(found("order 4711 " * 99 + "ann@example.org yesterday $5 12:30")) == LIMIT


def test_a_ticket_is_a_clue_and_as_a_fact_a_reference() -> None:
    said = "about ticket TKT-9F3 and $5"
    quoted = found(said)
    assert [(one.kind, one.text) for one in clues(quoted)] == [("ticket", "TKT-9F3")]
    assert [one.kind for one in facts(quoted, said)] == ["reference", "amount"]


def test_of_two_orders_with_a_slash_between_the_first_is_a_number_of_its_own() -> None:
    assert [one.text for one in found("order 4711/4712")] == ["4711"]


def test_a_day_is_no_number_of_an_order() -> None:
    assert [(one.kind, one.text) for one in found("my order 12/03/2026")] == [
        ("date", "12/03/2026")
    ]


def test_what_stands_in_a_mail_that_is_answered_is_no_fact_of_the_customer(models: Tier) -> None:
    message = (
        "It is order 4711.\n\nOn 29 Dec 2026, Help <help@example.org> wrote:\n"
        "> You paid €45.00, see invoice 5512. Call us on +49 30 1234567."
    )
    found_there = seen(models, message)
    assert [(one.kind, one.text) for one in found_there.facts] == [("order", "4711")]
    assert "5512" in {one.text for one in found_there.clues}


@pytest.mark.parametrize(
    "above",
    [
        "On Tue, 29 Dec 2026 at 10:00, Help <help@example.org> wrote:",
        "Am 29.12.2026 um 10:00 schrieb Help <help@example.org>:",
        "Le mar. 29 déc. 2026 à 10:00, Help <help@example.org> a écrit :",
        "El mar, 29 dic 2026 a las 10:00, Help (<help@example.org>) escribió:",
        "Op di 29 dec. 2026 om 10:00 schreef Help <help@example.org>:",
        "Den tis 29 dec. 2026 kl 10:00 skrev Help <help@example.org>:",
    ],
)
def test_the_line_above_a_quotation_is_not_the_customers(models: Tier, above: str) -> None:
    found_there = seen(models, f"It is order 4711.\n\n{above}\n> You paid €45.00")
    assert [(one.kind, one.text) for one in found_there.facts] == [("order", "4711")]


def test_a_number_on_which_a_long_message_is_cut_is_not_half_a_number(models: Tier) -> None:
    message = " order 1234567 ".rjust(MODEL_CHARS + 4, "-")
    assert message[:MODEL_CHARS].endswith("order 1234")
    assert [one.text for one in seen(models, message).clues] == []
    whole = message[6:]
    assert [one.text for one in seen(models, whole).clues] == ["1234567"]


def test_a_message_that_only_quotes_gives_what_it_quotes() -> None:
    message = "> my order is 4711\n"
    assert [one.text for one in facts(found(message), message)] == ["4711"]


def test_places_are_those_of_the_message_as_it_was_received(models: Tier) -> None:
    message = "Hi,\n\n  my order number is 4711-88\n\nKind regards,\nann@example.org"
    seen_facts = {one.kind: one for one in seen(models, message).facts}
    assert set(seen_facts) == {"order", "email"}
    for one in seen_facts.values():
        assert message[one.start : one.end] == one.text
