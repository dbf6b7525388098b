"""What our own people write in a thread of Slack: a note, unless they say that it goes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from streams.channels.channel import Heard, Hook, Remark
from streams.channels.settings import Slack
from streams.channels.slack_events import parse
from tests.providers import sent

SETTINGS = Slack(colleagues="U0LBN4C7E=bo, U0LCC1D2F=cy")
BY_BO = "thread_by_a_colleague.json"
THREAD = "C0LAN2Q65:1772442000.000200"


def said(content: bytes, path: str = "events") -> Heard:
    return parse(SETTINGS, Hook("POST", path, "", {}, {}, content, datetime.now(UTC)))


def heard(name: str = BY_BO, **changes: Any) -> Heard:
    """What a body says, with other fields in its event."""
    body = json.loads(sent("slack", name))
    body["event"].update(changes)
    return said(json.dumps(body).encode())


def only(told: Heard) -> Remark:
    """The one thing that was said, which is a remark."""
    assert told.inputs == []
    (remark,) = told.remarks
    return remark


def test_what_a_colleague_writes_in_a_thread_is_for_the_desk_alone() -> None:
    remark = only(heard())
    assert (remark.by, remark.goes_out) == ("bo", False)
    assert remark.text == "billing says the first one is <refunded> already"
    assert (remark.began, remark.began_here) == (f"T061EG9R6:{THREAD}", THREAD)
    assert remark.contact["provider_id"] == "T061EG9R6:C0LAN2Q65:1772442180.000600"


@pytest.mark.parametrize(
    "text", ["reply: We sent it.", "Reply:We sent it.", "<@U0LAN0Z89> REPLY:\nWe sent it."]
)
def test_what_begins_with_reply_goes_to_the_customer_without_that(text: str) -> None:
    remark = only(heard(text=text))
    assert (remark.goes_out, remark.text) == (True, "We sent it.")


@pytest.mark.parametrize(
    "text", ["note: reply: later", "I would reply: no", "reply later", "@a @b reply: x", ""]
)
def test_a_slip_stays_inside(text: str) -> None:
    remark = only(heard(text=text))
    assert (remark.goes_out, remark.text) == (False, text)


def test_what_has_files_never_goes_out_without_them() -> None:
    files = json.loads(sent("slack", "thread_with_files.json"))["event"]["files"]
    remark = only(heard(text="reply: see these", files=files))
    assert (remark.goes_out, remark.text) == (False, "reply: see these\n[crack.jpg]\n[file]")
    assert only(heard(text="", files=files[:1])).text == "[crack.jpg]"


def test_an_edit_of_what_went_out_goes_nowhere() -> None:
    event = json.loads(sent("slack", BY_BO))["event"]
    after = {**event, "text": "reply: no", "edited": {"user": event["user"], "ts": "1772442190.1"}}
    told = heard("message_changed.json", message=after, previous_message=event)
    remark = only(told)
    assert (remark.goes_out, remark.text) == (False, "Edited: reply: no")
    assert remark.began == f"T061EG9R6:{THREAD}"


def test_a_deletion_by_a_colleague_is_for_the_desk_alone() -> None:
    event = json.loads(sent("slack", BY_BO))["event"]
    remark = only(heard("message_deleted.json", previous_message={**event, "text": "reply: no"}))
    assert (remark.goes_out, remark.text) == (False, "Deleted: reply: no")


def test_a_colleague_who_presses_a_customer_s_button_says_nothing_for_them() -> None:
    payload = json.loads(sent("slack", "block_actions.json"))
    payload["user"]["id"] = "U0LBN4C7E"
    remark = only(said(urlencode({"payload": json.dumps(payload)}).encode(), "actions"))
    assert (remark.by, remark.goes_out, remark.began_here) == ("bo", False, THREAD)


@pytest.mark.parametrize(
    "changes",
    [
        {"user": "U2147483697"},
        {"thread_ts": None},
        {"thread_ts": "1772442180.000600"},
        {"channel": "D024BE91L"},
    ],
)
def test_who_writes_for_themselves_is_a_customer(changes: dict[str, Any]) -> None:
    told = heard(**changes)
    assert told.remarks == []
    assert len(told.inputs) == 1


def test_without_colleagues_everybody_is_a_customer() -> None:
    hook = Hook("POST", "events", "", {}, {}, sent("slack", BY_BO), datetime.now(UTC))
    assert len(parse(Slack(), hook).inputs) == 1


def test_colleagues_have_the_names_that_the_desk_knows_them_by() -> None:
    assert SETTINGS.names == {"U0LBN4C7E": "bo", "U0LCC1D2F": "cy"}
    assert Slack(colleagues=" W1 = bo.b@x ").names == {"W1": "bo.b@x"}
    assert Slack().names == {}


@pytest.mark.parametrize("colleagues", ["", "U1", "U1=", "bo=U1", "U1=bo cy", "U1=bo,", "U1=a=b"])
def test_what_names_no_colleagues_is_refused(colleagues: str) -> None:
    with pytest.raises(ValidationError):
        Slack(colleagues=colleagues)
