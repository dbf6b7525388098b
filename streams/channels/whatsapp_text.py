"""What somebody said by a message on WhatsApp, as text; a kind that is not known says nothing.

Contract: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages. A
message holds what it says under the name of its type. Somebody says something also by a card of an
address book, by a list of goods, and by the form that they filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.channels.channel import NOT_PASSED_ON

_OF_THE_FORM = {"flow_token"}
"""Fields of a form that nobody filled in."""


def text(message: dict[str, Any]) -> str:
    """What somebody wrote, pressed, filled in, handed on or said of a file."""
    kind = message["type"]
    content = message.get(kind) or {}
    match kind:
        case "text":
            return str(content["body"])
        case "button":
            return str(content["text"])
        case "interactive":
            return _chosen(content)
        case "location":
            name = " ".join(content[part] for part in ("name", "address") if content.get(part))
            return f"{name} ({content['latitude']}, {content['longitude']})".strip()
        case "contacts":
            return "\n".join(", ".join(_card(one)) for one in content)
        case "order":
            return "\n".join(_ordered(content))
        case "unsupported":
            return NOT_PASSED_ON.format("WhatsApp")
        case _:
            return str(content.get("caption", "")) if isinstance(content, dict) else ""


def _chosen(content: dict[str, Any]) -> str:
    if (form := content.get("nfm_reply")) is not None:
        return "\n".join(_filled_in(form))
    chosen = content.get("button_reply") or content.get("list_reply") or {}
    return str(chosen.get("title", ""))


def _filled_in(form: dict[str, Any]) -> Iterator[str]:
    """A line for each field of a form; its own words where it is none of fields."""
    try:
        fields = msgspec.json.decode(form["response_json"], type=dict[str, Any])
    except (KeyError, TypeError, RecursionError, msgspec.MsgspecError):
        fields = {}
    told = {name: value for name, value in fields.items() if name not in _OF_THE_FORM}
    for name, value in told.items():
        said = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        yield f"{name}: {said}"
    if not told and form.get("body"):
        yield str(form["body"])


def _card(card: dict[str, Any]) -> Iterator[str]:
    """Who a card of an address book is about, and how they are reached."""
    for group, part in (("name", "formatted_name"), ("org", "company")):
        if said := (card.get(group) or {}).get(part):
            yield str(said)
    for group, part in (("phones", "phone"), ("emails", "email"), ("urls", "url")):
        yield from (str(one[part]) for one in card.get(group) or [] if one.get(part))


def _ordered(order: dict[str, Any]) -> Iterator[str]:
    """What was said along with an order, and a line for each of its goods."""
    if order.get("text"):
        yield str(order["text"])
    for one in order.get("product_items") or []:
        price = " ".join(str(one[part]) for part in ("item_price", "currency") if part in one)
        goods = f"{one.get('quantity', 1)} x {one.get('product_retailer_id', '')}".strip()
        yield f"{goods} ({price})" if price else goods
