"""X: what is written in a message, as it was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.channels import twitter
from streams.channels.channel import Hook
from streams.channels.settings import Twitter
from tests.providers import TWITTER, sent

SETTINGS = Twitter(**TWITTER.settings)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LINK = {"url": "https://t.co/a1", "expanded_url": "https://shop.example/orders/1?a=1&b=2"}


def said(**content: Any) -> str:
    body = json.loads(sent("twitter", "received.json"))
    (event,) = body["data"]["payload"]["direct_message_events"]
    event["message_create"]["message_data"] = content
    raw = json.dumps(body).encode()
    hook = Hook("POST", "", "https://desk.example", {}, {}, raw, AT)
    (contact,) = twitter.parse(SETTINGS, hook).inputs
    return str(contact["message"])


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("AT&amp;T &lt;no service&gt;", "AT&T <no service>"),
        ("it shows &amp;lt; there", "it shows &lt; there"),
        ("R&D at 5 < 6", "R&D at 5 < 6"),
    ],
)
def test_escaped_letters_are_read_as_they_were_written(given: str, written: str) -> None:
    assert said(text=given) == written


def test_an_address_is_the_one_that_was_written() -> None:
    text = "See https://t.co/a1 please"
    told = said(text=text, entities={"urls": [LINK]})
    assert told == "See https://shop.example/orders/1?a=1&b=2 please"


def test_the_address_that_stands_for_a_picture_is_none_of_the_text() -> None:
    own = {"url": "https://t.co/p1", "expanded_url": "https://twitter.com/messages/media/1"}
    media = {"type": "photo", "media_url_https": "https://ton.twitter.com/p.jpg", **own}
    told = said(
        text="It broke https://t.co/p1",
        entities={"urls": [own]},
        attachment={"type": "media", "media": media},
    )
    assert told == "It broke"


def test_a_place_is_told_in_the_text() -> None:
    point = {"type": "Point", "coordinates": [-122.4, 37.7]}
    place = {"type": "shared_coordinate", "shared_coordinate": {"coordinates": point}}
    told = said(text="", attachment={"type": "location", "location": place})
    assert told == "(37.7, -122.4)"


def test_who_takes_our_rights_away_is_named_and_passed_over() -> None:
    revoked = {"revoke": {"date_time": "2026-03-02T09:00:00Z", "source": {"user_id": "1"}}}
    raw = json.dumps({"user_event": revoked}).encode()
    found = twitter.parse(SETTINGS, Hook("POST", "", "https://desk.example", {}, {}, raw, AT))
    assert (found.inputs, found.missed) == ([], ["user_event"])
