"""Slack: who wrote what, what was pressed, and how a reply is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.models.blocks import Block

from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ReplyRequested
from streams.channels import slack
from streams.channels.channel import Accepted, Heard, Hook, Rejected, Response, Unverified
from streams.channels.settings import Slack
from streams.channels.slack_events import parse
from streams.channels.slack_text import plain
from streams.errors import Unreadable
from tests.gateways import Client, gateway
from tests.providers import SLACK, by_slack, sent
from tests.stores import a_desk

SETTINGS = Slack(**SLACK.settings)
ANN = "T061EG9R6/U2147483697"
FIRST = "T061EG9R6:C0LAN2Q65:1772442000.000200"
"""What Ann wrote first, in `message.json`."""


def hook(body: bytes, path: str = "events", **headers: str) -> Hook:
    named = {name.lower(): value for name, value in headers.items()}
    url = f"https://desk.example/channels/slack/{path}"
    return Hook("POST", path, url, {}, named, body, datetime.now(UTC))


def heard(name: str, **changes: Any) -> Heard:
    """What a body says, with other fields in its event."""
    body = json.loads(sent("slack", name))
    body.get("event", {}).update(changes)
    return parse(SETTINGS, hook(json.dumps(body).encode()))


def pressed(**changes: Any) -> Heard:
    """What a pressed button says, with other fields in its payload."""
    payload = {**json.loads(sent("slack", "block_actions.json")), **changes}
    return parse(SETTINGS, hook(form(payload), "actions"))


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def event(content: dict[str, str], team: str = "T1") -> bytes:
    return json.dumps({"type": "event_callback", "team_id": team, "event": content}).encode()


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "slack",
            "policy_version": "1",
            "channel": "slack",
            "handle": ANN,
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            **more,
        }
    )


def bodies(request_: ReplyRequested) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in slack.render(SETTINGS, request_, "r1")]


def test_a_message_says_who_wrote_what_where_and_when() -> None:
    (contact,) = heard("message.json").inputs
    assert contact.pop("metadata")["event_id"] == "Ev0PV52K21"
    assert contact == {
        "channel": "slack",
        "handle": ANN,
        "message": "@U0LAN0Z89 I was charged twice & nobody at"
        " your help page (https://shop.example/help) answers",
        "provider_id": FIRST,
        "at": "2026-03-02T09:00:00.000Z",
    }


def test_a_message_in_a_thread_names_what_began_it_and_has_its_files() -> None:
    (contact,) = heard("thread_with_files.json").inputs
    assert contact["thread"] == FIRST
    assert contact["in_reply_to"] == "C0LAN2Q65:1772442000.000200"
    picture, gone = contact["attachments"]
    assert picture == {
        "name": "crack.jpg",
        "media_type": "image/jpeg",
        "size": 48120,
        "url": "https://files.slack.com/files-pri/T061EG9R6-F07B1QHPK/download/crack.jpg",
    }
    assert "url" not in gone


def test_what_began_a_thread_is_in_none() -> None:
    (contact,) = heard("message.json", thread_ts="1772442000.000200").inputs
    assert not {"thread", "in_reply_to"} & {*contact}


def test_an_edit_is_a_message_of_its_own_in_answer_to_the_first() -> None:
    (contact,) = heard("message_changed.json").inputs
    assert contact["provider_id"] == f"{FIRST}:1772442030.000000"
    assert contact["in_reply_to"] == FIRST
    assert contact["message"].startswith("Edited: @U0LAN0Z89 I was charged three times")
    assert contact["at"] == "2026-03-02T09:00:30.000Z"


def test_an_edit_that_comes_as_a_mention_too_is_the_same_message() -> None:
    (edit,) = heard("message_changed.json").inputs
    new = json.loads(sent("slack", "message_changed.json"))["event"]["message"]
    (mention,) = heard("app_mention.json", text=new["text"], edited=new["edited"]).inputs
    assert {**edit, "metadata": None} == {**mention, "metadata": None}


@pytest.mark.parametrize("changed", ["its preview came", "it lost a file"])
def test_a_message_whose_words_are_the_same_was_not_edited(changed: str) -> None:
    body = json.loads(sent("slack", "message_changed.json"))["event"]
    before, message = body["previous_message"], {**body["message"]}
    if changed == "its preview came":
        del message["edited"]
    else:
        message["text"] = before["text"]
    found = heard("message_changed.json", message=message)
    assert (found.inputs, found.missed) == ([], ["message_changed: its words are the same"])


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("of_a_bot.json", {}, "message of a bot"),
        ("message.json", {"bot_id": "B19LU7CSY"}, "message of a bot"),
        ("message.json", {"user": "USLACKBOT"}, "message of a bot"),
        ("message.json", {"subtype": "channel_join"}, "message, channel_join"),
        ("message.json", {"type": "team_join", "user": {"id": "U1"}}, "team_join"),
        ("message_deleted.json", {"previous_message": {"bot_id": "B1", "ts": "1.0"}},
         "message of a bot, deleted"),
        ("app_rate_limited.json", {},
         "app_rate_limited: T061EG9R6 sends us too much, since 2026-03-02T09:00:00.000Z"),
    ],
)  # fmt: skip
def test_what_nobody_wrote_is_named_and_passed_over(
    name: str, changes: dict[str, Any], told: str
) -> None:
    found = heard(name, **changes)
    assert (found.inputs, found.missed) == ([], [told])


def test_the_handshake_gives_the_challenge_back() -> None:
    told = heard("url_verification.json").told
    assert told.body == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"


def test_a_pressed_button_is_its_words_in_answer_to_our_message() -> None:
    (contact,) = pressed().inputs
    assert contact.pop("metadata")["payload"]["type"] == "block_actions"
    assert contact == {
        "channel": "slack",
        "handle": ANN,
        "message": "I need more help",
        "provider_id": "T061EG9R6:C0LAN2Q65:1772442200.000700:1772442260.840180:U2147483697",
        "in_reply_to": "C0LAN2Q65:1772442200.000700",
        "thread": FIRST,
        "at": "2026-03-02T09:04:20.840Z",
    }


def test_who_presses_a_button_from_another_workspace_is_who_writes_from_there() -> None:
    (contact,) = pressed(team={"id": "T_THEIRS", "domain": "theirs"}).inputs
    assert contact["handle"] == ANN


def test_a_button_of_somebody_else_and_other_interactions_are_passed_over() -> None:
    (ours,) = json.loads(sent("slack", "block_actions.json"))["actions"]
    found = pressed(actions=[{**ours, "action_id": "approve"}])
    assert (found.inputs, found.missed) == ([], ["button approve: not ours"])
    assert pressed(type="view_submission").missed == ["view_submission"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("events", b""),
        ("events", b"[]"),
        ("events", b"{}"),
        ("events", event({})),
        ("events", event({"type": "message", "user": "U1", "channel": "C1", "ts": "1.0"}, "")),
        ("events", event({"type": "message", "user": "U1", "ts": "1.0"})),
        ("events", event({"type": "message", "user": "U1", "channel": "C1", "ts": "1e99"})),
        ("events", event({"type": "message", "subtype": "message_changed"})),
        ("events", event({"type": "message", "subtype": "message_deleted"})),
        ("events", b'{"type": "event_callback", "event": {"x": ' + b"[" * 100_000),
        ("commands", b"{}"),
        ("commands", b"command=%2Fsupport&team_id=T1"),
        ("actions", b"{}"),
        ("actions", b"\xff"),
        ("actions", b"other=1"),
        ("actions", b"payload=1"),
        ("actions", form({"type": "block_actions", "actions":
            [{"type": "button", "action_id": "pactdesk:0", "action_ts": "1.0", "value": "Yes"}]})),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_unreadable(path: str, body: bytes) -> None:
    with pytest.raises(Unreadable, match="Slack"):
        parse(SETTINGS, hook(body, path))


@pytest.mark.parametrize(
    ("marked", "read"),
    [
        ("plain, 1 &lt; 2 &amp;&amp; 3 &gt; 2", "plain, 1 < 2 && 3 > 2"),
        ("&amp;lt; stays", "&lt; stays"),
        ("<@U1> and <@U1|ann> and <@U1|@ann>", "@U1 and @ann and @ann"),
        ("in <#C1|help> or <#C1>", "in #help or #C1"),
        ("<!here>, <!subteam^S1|@crew>, <!subteam^S1>", "@here, @crew, @S1"),
        ("<!date^1772442000^{date}|2 March>", "2 March"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("<http://a.example|a.example>", "a.example"),
        ("<mailto:ann@a.example|ann@a.example>", "ann@a.example"),
        ("<https://a.example|A &amp; B>", "A & B (https://a.example)"),
        ("<https://a.example|example>", "example (https://a.example)"),
        ("<>", ""),
    ],
)  # fmt: skip
def test_marks_become_plain_text(marked: str, read: str) -> None:
    assert plain(marked) == read


def test_what_slack_signs_is_let_in_and_what_lacks_a_half_of_it_is_not() -> None:
    body, now = sent("slack", "message.json"), datetime.now(UTC)
    headers = by_slack("", body, now)
    slack.verify(SETTINGS, hook(body, **headers))
    for gone in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        with pytest.raises(Unverified):
            slack.verify(SETTINGS, hook(body, **{**headers, gone: "0"}))
        with pytest.raises(Unverified):
            slack.verify(SETTINGS, hook(body, **{k: v for k, v in headers.items() if k != gone}))


def test_a_reply_goes_under_the_message_that_it_answers_and_carries_our_id() -> None:
    (sending,) = slack.render(SETTINGS, request(in_reply_to=FIRST), "r1")
    assert sending.url == "https://slack.com/api/chat.postMessage"
    assert sending.headers["Authorization"] == "Bearer xoxb-ours"
    assert json.loads(sending.body) == {
        "channel": "C0LAN2Q65",
        "thread_ts": "1772442000.000200",
        "text": "We looked.",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "pactdesk_reply", "event_payload": {"request_id": "r1"}},
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "We looked."}, "expand": True}
        ],
    }


@pytest.mark.parametrize(
    ("answered", "thread_ts"),
    [
        ({"in_reply_to": f"{FIRST}:1772442030.000000"}, "1772442000.000200"),
        ({"in_reply_to": "T1:D1:9.0", "thread": FIRST}, "1772442000.000200"),
        ({"in_reply_to": FIRST, "thread": "of another kind"}, "1772442000.000200"),
        ({"in_reply_to": "T1:C1:7.0:8.0:U1"}, "7.0"),
    ],
    ids=["an edit", "in a thread", "a thread that Slack has not", "a button"],
)
def test_a_reply_goes_to_the_thread_of_what_it_answers(
    answered: dict[str, str], thread_ts: str
) -> None:
    assert [one["thread_ts"] for one in bodies(request(**answered))] == [thread_ts]


@pytest.mark.parametrize("answered", [None, "m1", "T1:C1:never"])
def test_a_reply_to_no_message_of_slack_goes_to_the_person(answered: str | None) -> None:
    (body,) = bodies(request(in_reply_to=answered))
    assert body["channel"] == "U2147483697"
    assert "thread_ts" not in body


def test_buttons_stand_on_the_last_part_and_each_part_has_its_own_id() -> None:
    long = "A" * 76
    first, last = bodies(request(parts=["One", "Two"], buttons=["That solved it", long]))
    assert [len(one["blocks"]) for one in (first, last)] == [1, 2]
    ids = [one["metadata"]["event_payload"]["request_id"] for one in (first, last)]
    assert ids == ["r1.0", "r1"]
    elements = last["blocks"][1]["elements"]
    assert [one["text"]["text"] for one in elements] == ["That solved it", "A" * 75]
    assert [one["value"] for one in elements] == ["That solved it", long]


def test_a_button_that_we_made_is_known_when_it_is_pressed() -> None:
    (body,) = bodies(request(buttons=["That solved it"]))
    (button,) = body["blocks"][1]["elements"]
    (contact,) = pressed(actions=[{**button, "action_ts": "1772442260.840180"}]).inputs
    assert contact["message"] == "That solved it"


def test_a_text_that_no_section_takes_goes_as_text_alone() -> None:
    fits, long = bodies(request(parts=["x" * 3000, "😀" * 1501]))
    assert "blocks" in fits
    assert "blocks" not in long


def test_the_blocks_are_such_as_slacks_own_models_take() -> None:
    buttons = [f"{nth} {'B' * 90}" for nth in range(5)]
    (body,) = bodies(request(parts=["*A* " * 750], buttons=buttons))
    blocks = Block.parse_all(body["blocks"])
    for one in blocks:
        one.validate_json()
    assert [one.to_dict() for one in blocks] == body["blocks"]


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (200, {}, b'{"ok": true, "channel": "C1", "ts": "7.1"}', Accepted("C1:7.1")),
        (429, {"retry-after": "30"}, b'{"ok": false, "error": "ratelimited"}',
         Rejected("ratelimited", final=False, retry_after=30.0)),
        (429, {"retry-after": "30"}, b"", Rejected("HTTP 429", final=False, retry_after=30.0)),
        (200, {}, b'{"ok": false, "error": "internal_error"}',
         Rejected("internal_error", final=False, unsure=True)),
        (200, {}, b'{"ok": false, "error": "channel_not_found"}',
         Rejected("channel_not_found", final=True)),
        (200, {}, b'{"ok": false, "error": "token_revoked"}',
         Rejected("token_revoked", final=False)),
        (503, {}, b"<html>", Rejected("HTTP 503", final=False, unsure=True)),
        (404, {}, b"<html>", Rejected("HTTP 404", final=True)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, headers: dict[str, str], body: bytes, expected: Accepted | Rejected
) -> None:
    assert slack.outcome(SETTINGS, Response(status, headers, body)) == expected


def contacts(client: Client) -> list[ContactReceived]:
    with a_desk(client.settings.data) as desk:
        return [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]


def send(client: Client, path: str, body: bytes, **more: str) -> tuple[int, bytes]:
    told = client("POST", path, body, {**by_slack("", body, datetime.now(UTC)), **more})
    return told.status, told.body


@pytest.fixture
def client(tmp_path: Any) -> Any:
    with gateway(tmp_path, **SLACK.flags) as one:
        yield one


@pytest.mark.parametrize(
    "names", [["message.json", "app_mention.json"], ["app_mention.json", "message.json"]]
)
def test_a_message_that_mentions_us_comes_twice_and_is_one(
    client: Client, names: list[str]
) -> None:
    for name in names:
        assert send(client, SLACK.path, sent("slack", name)) == (200, b"")
    assert len(contacts(client)) == 1
    with a_desk(client.settings.data) as desk:
        assert desk.letters() == []


def test_what_slack_tries_again_is_taken_where_the_first_never_came(client: Client) -> None:
    for number in "123":
        again = {"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"}
        assert send(client, SLACK.path, SLACK.one, **again) == (200, b"")
    assert len(contacts(client)) == 1


def test_a_pressed_button_is_acknowledged_with_nothing_and_is_one(client: Client) -> None:
    body = form(json.loads(sent("slack", "block_actions.json")))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert send(client, "/channels/slack/actions", body, **kind) == (200, b"")
    assert [one.message for one in contacts(client)] == ["I need more help"]


def test_slack_is_given_its_challenge_over_http(client: Client) -> None:
    status, body = send(client, SLACK.path, sent("slack", "url_verification.json"))
    assert (status, body[:8]) == (200, b"3eZbrw1a")
