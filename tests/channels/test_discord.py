"""Discord: who said what by command, button or message, and how a reply is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord_interactions
import pytest

from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ReplyRequested
from streams.channels import discord
from streams.channels.channel import Accepted, Heard, Hook, Rejected, Response, Unverified
from streams.channels.discord_events import contact_of, parse
from streams.channels.settings import Discord
from streams.errors import Misconfigured, Refused, Unreadable
from streams.settings import load
from tests.gateways import Answered, Client, gateway
from tests.providers import DISCORD, by_discord, sent
from tests.stores import a_desk

SETTINGS = Discord(**DISCORD.settings)
ANN = "53908232506183680"
HELP = "645027906669510667"
"""A channel of a server."""

DIRECT = "645027906669510999"
"""Ann's direct messages with us."""

PLACE = f"{HELP}:1477953611366400001"


def hook(body: bytes, **headers: str) -> Hook:
    named = {name.lower(): value for name, value in headers.items()}
    return Hook("POST", "", "https://desk.example/channels/discord", {}, named, body, now())


def now() -> datetime:
    return datetime.now(UTC)


def heard(name: str, **changes: Any) -> Heard:
    """What a body says, with other fields in its `data`."""
    body = json.loads(sent("discord", name))
    body.get("data", {}).update(changes)
    return parse(SETTINGS, hook(json.dumps(body).encode()))


def interaction(**changes: object) -> bytes:
    """A command of the least that one has, with other fields."""
    least = {"type": 2, "id": "1", "channel_id": "2", "data": {}, "user": {"id": "3"}}
    return json.dumps({**least, **changes}).encode()


def message(**changes: Any) -> dict[str, Any]:
    return {**json.loads(sent("discord", "message_create.json")), **changes}


def request(**more: Any) -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "TICK_1",
            "outcome": "discord",
            "policy_version": "1",
            "channel": "discord",
            "handle": ANN,
            "kind": "agent_reply",
            "author": "bo",
            "parts": ["We looked."],
            "in_reply_to": PLACE,
            **more,
        }
    )


def bodies(request_: ReplyRequested, request_id: str = "r1") -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in discord.render(SETTINGS, request_, request_id)]


def test_a_command_says_who_wrote_what_where_and_when() -> None:
    found = heard("command.json")
    (contact,) = found.inputs
    kept = contact.pop("metadata")["interaction"]
    assert kept["guild_id"] == "290926798626357999"
    assert "token" not in kept
    url = contact["attachments"][0].pop("url")
    assert url.startswith("https://cdn.discordapp.com/ephemeral-attachments/")
    assert contact == {
        "channel": "discord",
        "handle": ANN,
        "message": "I was charged twice\norders: 2",
        "provider_id": PLACE,
        "at": "2026-03-02T09:00:00.000Z",
        "attachments": [{"name": "crack.jpg", "media_type": "image/jpeg", "size": 48120}],
    }


def test_a_command_is_acknowledged_to_who_used_it_alone() -> None:
    told = heard("command.json").told
    assert (told.status, told.media) == (200, "application/json")
    answer = json.loads(told.body)
    assert (answer["type"], answer["data"]["flags"]) == (4, 64)


def test_what_is_given_to_a_command_below_a_command_is_read() -> None:
    inner = [{"name": "text", "type": 3, "value": "It broke"}]
    options = [
        {"name": "order", "type": 2, "options": [{"name": "x", "type": 1, "options": inner}]}
    ]
    (contact,) = heard("command.json", options=options).inputs
    assert contact["message"] == "It broke"


def test_a_command_without_words_is_its_name() -> None:
    (contact,) = heard("command.json", options=[], resolved={}).inputs
    assert contact["message"] == "/support"


def test_a_command_on_a_message_is_what_that_message_says() -> None:
    (contact,) = heard("message_command.json").inputs
    assert contact["message"] == "Who can tell @support where my parcel is? :sad:"
    assert contact["in_reply_to"] == f"{HELP}:1477953359708160002"


def test_a_pressed_button_is_its_words_in_answer_to_our_message() -> None:
    found = heard("button.json")
    (contact,) = found.inputs
    assert contact["message"] == "I need more help"
    assert contact["handle"] == ANN
    assert contact["provider_id"] == f"{DIRECT}:1477954114682880004"
    assert contact["in_reply_to"] == f"{DIRECT}:1477953863024640003"
    assert json.loads(found.told.body) == {"type": 6}


def test_a_button_of_somebody_else_is_passed_over_and_answered() -> None:
    found = heard("button.json", custom_id="approve")
    assert (found.inputs, found.missed) == ([], ["component approve: not ours"])
    assert json.loads(found.told.body) == {"type": 6}


def test_a_ping_is_answered_with_one() -> None:
    told = heard("ping.json").told
    assert (told.status, told.media, json.loads(told.body)) == (
        200,
        "application/json",
        {"type": 1},
    )


def test_webhook_events_are_noted_and_named() -> None:
    assert heard("event_ping.json") == Heard(told=heard("event.json").told)
    found = heard("event.json")
    assert (found.told.status, found.told.body) == (204, b"")
    assert (found.inputs, found.missed) == ([], ["APPLICATION_AUTHORIZED"])


def test_other_interactions_are_named_and_passed_over() -> None:
    body = {**json.loads(sent("discord", "command.json")), "type": 4}
    found = parse(SETTINGS, hook(json.dumps(body).encode()))
    assert (found.inputs, found.missed) == ([], ["interaction of type 4"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": 2}',
        b'{"type": 1, "event": {}}',
        interaction(user=None),
        interaction(id="x"),
        interaction(id="9" * 25),
        interaction(data={"type": 3, "target_id": "4"}),
        interaction(type=3, data={"custom_id": "pactdesk:0:A"}),
        b'{"type": 2, "x": ' + b"[" * 100_000,
    ],
)
def test_a_body_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="Discord"):
        parse(SETTINGS, hook(body))


def test_the_least_that_a_command_has_is_enough() -> None:
    (contact,) = parse(SETTINGS, hook(interaction())).inputs
    assert (contact["handle"], contact["at"]) == ("3", "2015-01-01T00:00:00.000Z")


def test_an_ordinary_message_is_a_contact_in_answer_to_what_it_names() -> None:
    contact = contact_of(message())
    assert contact is not None
    assert contact.pop("metadata")["message"]["position"] == 0
    assert contact["attachments"][0].pop("url").endswith("&hm=1f")
    assert contact == {
        "channel": "discord",
        "handle": ANN,
        "message": "No, @support, it did not",
        "provider_id": f"{HELP}:1477954366341120005",
        "in_reply_to": f"{HELP}:1477953863024640003",
        "at": "2026-03-02T09:03:00.000Z",
        "attachments": [{"name": "crack.jpg", "media_type": "image/jpeg", "size": 48120}],
    }


def test_stickers_are_named_and_a_poll_is_its_question_with_the_answers() -> None:
    answers = [{"poll_media": {"text": "A new one"}}, {"poll_media": {"text": "My money back"}}]
    poll = {"question": {"text": "What do I get?"}, "answers": answers}
    stickers = [{"id": "1", "name": "Sad face", "format_type": 1}]
    contact = contact_of(message(content="", attachments=[], sticker_items=stickers, poll=poll))
    assert contact is not None
    assert contact["message"] == "[Sad face]\nWhat do I get?\n- A new one\n- My money back"


def test_a_forwarded_message_answers_nothing() -> None:
    reference = {"type": 1, "channel_id": HELP, "message_id": "1"}
    contact = contact_of(message(message_reference=reference))
    assert contact is not None
    assert "in_reply_to" not in contact


@pytest.mark.parametrize(
    "changes",
    [{"type": 7}, {"webhook_id": "1"}, {"author": {"id": "1", "username": "x", "bot": True}}],
    ids=["somebody joined", "a webhook", "a bot"],
)
def test_what_nobody_wrote_is_no_contact(changes: dict[str, Any]) -> None:
    assert contact_of(message(**changes)) is None


@pytest.mark.parametrize("changes", [{"id": "x"}, {"author": None}, {"content": 7}])
def test_what_is_no_message_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="no message of Discord"):
        contact_of(message(**changes))


@pytest.mark.parametrize(
    ("marked", "read"),
    [
        (f"<@{ANN}> <@!{ANN}> <@1>", "@Ann Archer @Ann Archer @1"),
        ("<@&12> in <#34>", "@12 in #34"),
        ("<:sad:1> <a:wave:2>", ":sad: :wave:"),
        ("</order show:5>", "/order show"),
        ("<t:1772442000:R>", "2026-03-02T09:00:00.000Z"),
        ("1 < 2 > 0 <https://a.example> &amp;", "1 < 2 > 0 <https://a.example> &amp;"),
    ],
)
def test_marks_become_plain_text(marked: str, read: str) -> None:
    people = [{"id": ANN, "username": "ann", "global_name": "Ann Archer"}]
    contact = contact_of(message(content=marked, mentions=people))
    assert contact is not None
    assert contact["message"] == read


def test_what_we_let_in_is_what_a_third_party_lets_in() -> None:
    body, key = sent("discord", "command.json"), DISCORD.settings["public_key"]
    headers = by_discord("", body, now())
    signed = (headers["X-Signature-Ed25519"], headers["X-Signature-Timestamp"])
    assert discord_interactions.verify_key(body, *signed, key)
    discord.verify(SETTINGS, hook(body, **headers))
    changed = body.replace(b"twice", b"never")
    assert not discord_interactions.verify_key(changed, *signed, key)
    with pytest.raises(Unverified):
        discord.verify(SETTINGS, hook(changed, **headers))


@pytest.mark.parametrize("given", ["", "no digits", "0f", "0f" * 64, "\udc80"])
def test_what_is_no_signature_is_refused_with_401(given: str) -> None:
    headers = {**by_discord("", b"{}", now()), "X-Signature-Ed25519": given}
    with pytest.raises(Unverified) as told:
        discord.verify(SETTINGS, hook(b"{}", **headers))
    assert told.value.status == 401


def test_a_time_of_another_minute_is_refused_though_it_is_signed() -> None:
    headers = by_discord("", b"{}", now() - timedelta(seconds=301))
    with pytest.raises(Unverified, match="s from ours"):
        discord.verify(SETTINGS, hook(b"{}", **headers))


@pytest.mark.parametrize("ids", ["", "#help", "1;2", "1,,2"])
def test_what_cannot_be_channels_is_told_at_start(ids: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"channels\.discord\.guild_channels"):
        load({"channels.discord.guild_channels": ids}, {}, tmp_path)


@pytest.mark.parametrize("key", ["0f", "x" * 64])
def test_what_cannot_be_a_public_key_is_told_at_start(key: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"channels\.discord\.public_key"):
        load({"channels.discord.public_key": key}, {}, tmp_path)


def test_a_reply_goes_where_they_wrote_and_is_sent_once() -> None:
    (sending,) = discord.render(SETTINGS, request(), "r1")
    assert sending.url == f"https://discord.com/api/v10/channels/{HELP}/messages"
    assert sending.headers["Authorization"] == "Bot MTE5"
    assert sending.headers["User-Agent"].startswith("DiscordBot (")
    body = json.loads(sending.body)
    assert 0 < len(body.pop("nonce")) <= 25
    assert body == {
        "content": "We looked.",
        "enforce_nonce": True,
        "message_reference": {
            "message_id": "1477953611366400001",
            "fail_if_not_exists": False,
        },
        "allowed_mentions": {"parse": [], "replied_user": True},
    }


def test_a_reply_to_an_edit_answers_the_message_that_was_edited() -> None:
    (sending,) = discord.render(SETTINGS, request(in_reply_to=f"{PLACE}:1772442300123"), "r1")
    assert sending.url.endswith(f"/channels/{HELP}/messages")
    answered = json.loads(sending.body)["message_reference"]["message_id"]
    assert f"{HELP}:{answered}" == PLACE


def test_the_same_part_of_a_reply_has_the_same_nonce_and_every_other_another() -> None:
    parts = [one["nonce"] for one in bodies(request(parts=["One", "Two"]))]
    assert parts == [one["nonce"] for one in bodies(request(parts=["One", "Two"]))]
    (other,) = bodies(request(), "r2")
    assert len({*parts, other["nonce"]}) == 3


def test_buttons_stand_on_the_last_part_and_are_known_when_they_are_pressed() -> None:
    first, last = bodies(request(parts=["One", "Two"], buttons=["That: solved it", "B" * 90]))
    assert "components" not in first
    (row,) = last["components"]
    assert (row["type"], [one["type"] for one in row["components"]]) == (1, [2, 2])
    assert [one["label"] for one in row["components"]] == ["That: solved it", "B" * 80]
    assert all(len(one["custom_id"]) <= 100 for one in row["components"])
    (contact,) = heard("button.json", custom_id=row["components"][0]["custom_id"]).inputs
    assert contact["message"] == "That: solved it"


@pytest.mark.parametrize("answered", [None, "m1", f"T1:{PLACE}"])
def test_a_reply_to_nothing_on_discord_is_refused(answered: str | None) -> None:
    with pytest.raises(Refused, match="in which conversation"):
        discord.render(SETTINGS, request(in_reply_to=answered), "r1")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"id": "8", "channel_id": "7"}', Accepted("7:8")),
        (429, b'{"message": "You are being rate limited.", "retry_after": 0.65, "global": false}',
         Rejected("You are being rate limited. (None)", final=False, retry_after=0.65)),
        (403, b'{"message": "Cannot send messages to this user", "code": 50007}',
         Rejected("Cannot send messages to this user (50007)", final=True)),
        (400, b'{"message": "Slowmode", "code": 20016}', Rejected("Slowmode (20016)", final=False)),
        (401, b'{"message": "401: Unauthorized", "code": 0}',
         Rejected("401: Unauthorized (0)", final=True)),
        (502, b"<html>", Rejected("HTTP 502 (None)", final=False)),
        (200, b"<html>", Rejected("HTTP 200 (None)", final=True)),
    ],
)  # fmt: skip
def test_what_the_answer_to_a_message_means(
    status: int, body: bytes, expected: Accepted | Rejected
) -> None:
    assert discord.outcome(SETTINGS, Response(status, {}, body)) == expected


def test_what_stands_before_discord_says_in_a_header_how_long_to_wait() -> None:
    answer = Response(429, {"retry-after": "120"}, b"<html>error code: 1015</html>")
    expected = Rejected("HTTP 429 (None)", final=False, retry_after=120.0)
    assert discord.outcome(SETTINGS, answer) == expected


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with gateway(tmp_path, **DISCORD.flags) as one:
        yield one


def send(client: Client, name: str) -> Answered:
    body = sent("discord", name)
    return client("POST", DISCORD.path, body, by_discord("", body, now()))


def test_over_http_each_is_answered_as_discord_wants_it(client: Client) -> None:
    assert send(client, "ping.json").json == {"type": 1}
    assert send(client, "command.json").json["type"] == 4
    assert send(client, "button.json").json == {"type": 6}
    noted = send(client, "event.json")
    assert (noted.status, noted.body) == (204, b"")
    with a_desk(client.settings.data) as desk:
        found = [one.event for one in desk.events() if isinstance(one.event, ContactReceived)]
        assert desk.letters() == []
    assert {one.message for one in found} == {"I was charged twice\norders: 2", "I need more help"}
