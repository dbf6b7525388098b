"""What somebody says on WhatsApp otherwise than by a text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.channels import whatsapp
from streams.channels.channel import Hook
from streams.channels.settings import WhatsApp
from tests.providers import WHATSAPP, sent

SETTINGS = WhatsApp(**WHATSAPP.settings)

CARD = {
    "name": {"formatted_name": "Dr. Ida Roe", "first_name": "Ida", "last_name": "Roe"},
    "org": {"company": "Roe Roofs", "title": "Owner"},
    "phones": [{"phone": "+49 30 901820", "type": "WORK", "wa_id": "4930901820"}],
    "emails": [{"email": "ida@roe.example", "type": "WORK"}],
    "addresses": [],
}

ORDER = {
    "catalog_id": "194836987003835",
    "text": "Is the blue one in stock?",
    "product_items": [
        {"product_retailer_id": "lamp-7", "quantity": 2, "item_price": 19.9, "currency": "EUR"},
        {"product_retailer_id": "bulb-1", "quantity": 6},
    ],
}

FORM = {
    "type": "nfm_reply",
    "nfm_reply": {
        "name": "flow",
        "body": "Sent",
        "response_json": '{"flow_token": "f1", "reason": "broken screen", "rooms": [1, 2]}',
    },
}


def said(*messages: dict[str, Any]) -> list[str]:
    body = json.loads(sent("whatsapp", "text.json"))
    value = body["entry"][0]["changes"][0]["value"]
    (first,) = value["messages"]
    about = {name: first[name] for name in ("from", "timestamp")}
    value["messages"] = [{**about, "id": f"wamid.{nth}", **one} for nth, one in enumerate(messages)]
    raw = json.dumps(body).encode()
    hook = Hook("POST", "", "https://desk.example", {}, {}, raw, datetime.now(UTC))
    return [one["message"] for one in whatsapp.parse(SETTINGS, hook).inputs]


def test_a_card_of_an_address_book_says_who_it_is_about() -> None:
    assert said({"type": "contacts", "contacts": [CARD, {"name": {"formatted_name": "Bo"}}]}) == [
        "Dr. Ida Roe, Roe Roofs, +49 30 901820, ida@roe.example\nBo"
    ]


def test_a_card_takes_nothing_from_who_writes_in_the_same_body() -> None:
    card = {"type": "contacts", "contacts": [CARD]}
    other = {"type": "text", "from": "4915100000", "text": {"body": "My parcel is lost"}}
    assert said(card, other)[1] == "My parcel is lost"


def test_an_order_says_what_was_written_with_it_and_its_goods() -> None:
    assert said({"type": "order", "order": ORDER}) == [
        "Is the blue one in stock?\n2 x lamp-7 (19.9 EUR)\n6 x bulb-1"
    ]


def test_a_form_says_what_was_filled_in() -> None:
    assert said({"type": "interactive", "interactive": FORM}) == [
        "reason: broken screen\nrooms: [1,2]"
    ]


@pytest.mark.parametrize("response", ["", "[1]", '{"flow_token": "f1"}'])
def test_a_form_without_fields_says_its_own_words(response: str) -> None:
    form = {"nfm_reply": {"body": "Sent", "response_json": response}}
    assert said({"type": "interactive", "interactive": form}) == ["Sent"]


@pytest.mark.parametrize("kind", ["request_welcome", "something_new"])
def test_what_cannot_be_read_says_nothing_and_breaks_nothing(kind: str) -> None:
    assert said({"type": kind}, {"type": kind, kind: ["of", "another", "shape"]}) == ["", ""]


def test_what_whatsapp_does_not_pass_on_is_a_message_that_says_so() -> None:
    errors = [{"code": 131051, "title": "Message type unknown"}]
    assert said({"type": "unsupported", "errors": errors}) == [
        "[WhatsApp does not pass on what was sent here: look there]"
    ]
