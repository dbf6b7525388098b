"""Meta's sides know templates and tags: what Meta would refuse is refused here too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.channels.known import CHANNELS
from streams.clock import ManualClock
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from tests.simulating.test_provider import AT, go, rendered

TEMPLATE = {
    "name": "our_reply",
    "language": {"code": "de"},
    "components": [{"type": "body", "parameters": [{"type": "text", "text": "All is well."}]}],
}


def blank(text: str) -> dict[str, Any]:
    """The template with a text in its blank."""
    body = {"type": "body", "parameters": [{"type": "text", "text": text}]}
    return {**TEMPLATE, "components": [body]}


def taken(channel: str, **changes: object) -> list[str]:
    """The texts of what Meta's side took, of a reply that was changed on its way."""
    stand_in = StandIn(clock=ManualClock(AT))
    with Served(stand_in, port=0) as served:
        (sending,) = rendered(CHANNELS[channel], served.address)
        told = {**json.loads(sending.body), **changes}
        body = {name: value for name, value in told.items() if value is not None}
        go(sending._replace(body=json.dumps(body).encode()))
    return [one.text for one in stand_in.messages]


def test_a_template_says_what_is_in_its_blank() -> None:
    assert taken("whatsapp", type="template", template=TEMPLATE) == ["All is well."]


@pytest.mark.parametrize(
    "template",
    [
        {**TEMPLATE, "name": ""},
        {**TEMPLATE, "language": {}},
        {**TEMPLATE, "components": []},
        *(blank(text) for text in ("", "two\nlines", "a\ttab", "a  run of spaces")),
    ],
)
def test_a_template_that_lacks_something_is_refused(template: dict[str, Any]) -> None:
    assert taken("whatsapp", type="template", template=template) == []


def test_a_tag_goes_with_its_type_and_no_other() -> None:
    late = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert taken("facebook", **late) == ["We looked."]
    assert taken("facebook", messaging_type="MESSAGE_TAG") == []
    assert taken("facebook", **{**late, "tag": "ACCOUNT_UPDATE"}) == []
    assert taken("facebook", tag="HUMAN_AGENT") == []
