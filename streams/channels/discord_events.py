"""What Discord sends: interactions over HTTP, and messages as its Gateway has them, as contacts.

Contract: https://docs.discord.com/developers (receiving interactions, webhook events, messages). A
message is its conversation and its id; an id says when it was made. Discord shows an interaction
as failed that is not answered within three seconds, and does not send it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from schemas.vocabulary import rfc3339
from streams.channels.channel import Heard, Hook, Told
from streams.channels.settings import Discord
from streams.errors import Unreadable

NAME = "discord"

BUTTON = "pactdesk:"
"""How the `custom_id` of a button of ours begins; its place and its words follow."""

GATEWAY = "gateway"
"""The path of what comes over the Gateway; over HTTP nothing comes there."""

_OF_A_PAGE = "see that it is a MESSAGE_CREATE or MESSAGE_UPDATE as Discord's pages describe it"

_PING, _COMMAND, _COMPONENT = 1, 2, 3
_MESSAGE_COMMAND = 3
_STRING, _INTEGER, _BOOLEAN, _NUMBER = 3, 4, 5, 10
_NAMED = {6: "@", 7: "#", 8: "@&", 9: "@"}
"""How Discord marks what an option names: a user, a channel, a role, a user or a role."""

_WRITTEN = frozenset({0, 19})
"""Types of messages that somebody wrote: one for itself, and one that answers another."""

_EPOCH_MILLISECONDS = 1_420_070_400_000
"""When Discord's time begins: 2015."""

_NOTHING = (msgspec.MsgspecError, ValueError, KeyError, OverflowError, OSError, RecursionError)
"""What reading a body of another shape raises."""

_MARK = re.compile(
    r"<(?:@!?(\d+)|@&(\d+)|#(\d+)|a?:(\w+):\d+|/([^:<>]+):\d+|t:(\d{1,11})(?::\w)?)>"
)


def _answer(**fields: object) -> Told:
    return Told(msgspec.json.encode(fields), "application/json")


_PONG = _answer(type=1)
_TAKEN = _answer(type=4, data={"content": "Thank you. We have your message.", "flags": 64})
"""Is shown to who used the command, and to nobody else."""

_PRESSED = _answer(type=6)
"""Leaves the message with the buttons as it is."""

_NOTED = Told(status=HTTPStatus.NO_CONTENT)
"""What Discord wants to hear of a webhook event."""


class _User(msgspec.Struct):
    id: str
    username: str = ""
    global_name: str | None = None
    bot: bool = False


class _Member(msgspec.Struct):
    user: _User


class _Attachment(msgspec.Struct):
    filename: str
    url: str
    size: int = 0
    content_type: str | None = None


class _Reference(msgspec.Struct):
    type: int = 0
    channel_id: str | None = None
    message_id: str | None = None


class _Sticker(msgspec.Struct):
    name: str


class _Media(msgspec.Struct):
    text: str = ""


class _Answer(msgspec.Struct):
    poll_media: _Media


class _Poll(msgspec.Struct):
    question: _Media
    answers: list[_Answer] = []


class _Words(msgspec.Struct):
    """What a message says."""

    content: str = ""
    attachments: list[_Attachment] = []
    mentions: list[_User] = []
    sticker_items: list[_Sticker] = []
    poll: _Poll | None = None


class _Snapshot(msgspec.Struct):
    message: _Words


class _Quoted(_Words):
    """A message, of which only what it says is wanted, and what it passes on of others."""

    message_snapshots: list[_Snapshot] = []


class _Message(_Quoted, kw_only=True):
    id: str
    channel_id: str
    author: _User
    type: int = 0
    webhook_id: str | None = None
    message_reference: _Reference | None = None
    edited_timestamp: datetime | None = None


class _Dispatch(msgspec.Struct):
    t: str
    d: dict[str, Any]


class _Resolved(msgspec.Struct):
    attachments: dict[str, _Attachment] = {}
    messages: dict[str, _Quoted] = {}
    users: dict[str, _User] = {}


class _Option(msgspec.Struct):
    name: str
    type: int
    value: Any = None  # text, a number or a truth, as the type says
    options: list[_Option] = []


class _Data(msgspec.Struct):
    name: str = ""
    type: int = 1
    custom_id: str = ""
    target_id: str = ""
    options: list[_Option] = []
    resolved: _Resolved = msgspec.field(default_factory=_Resolved)


class _Named(msgspec.Struct):
    id: str


class _Body(msgspec.Struct):
    type: int
    event: dict[str, Any] | None = None


class _Interaction(msgspec.Struct):
    id: str
    channel_id: str
    data: _Data
    user: _User | None = None
    member: _Member | None = None
    message: _Named | None = None


def parse(_settings: Discord, hook: Hook) -> Heard:
    """Contacts in a body, and what Discord wants to hear of it; raises `Unreadable`."""
    if hook.path == GATEWAY:
        return _dispatched(hook.body)
    try:
        body = msgspec.json.decode(hook.body, type=_Body)
        if body.event is not None:
            return Heard(told=_NOTED, missed=[str(body.event["type"])])
        if body.type == 0:
            return Heard(told=_NOTED)
        if body.type == _PING:
            return Heard(told=_PONG)
        if body.type not in {_COMMAND, _COMPONENT}:
            return Heard(missed=[f"interaction of type {body.type}"])
        return _interacted(body.type, hook.body)
    except _NOTHING as error:
        raise Unreadable(
            f"the body is no interaction and no event of Discord ({error!r})",
            "see that the address is the interactions endpoint of this application alone",
        ) from error


def _interacted(kind: int, content: bytes) -> Heard:
    interaction = msgspec.json.decode(content, type=_Interaction)
    if kind == _COMPONENT and not interaction.data.custom_id.startswith(BUTTON):
        missed = f"component {interaction.data.custom_id}: not ours"
        return Heard(told=_PRESSED, missed=[missed])
    contact = _interaction(interaction)
    contact |= _press(interaction) if kind == _COMPONENT else _command(interaction)
    document = msgspec.json.decode(content)
    document.pop("token", None)  # with it anybody may answer in our name
    contact["metadata"] = {"interaction": document}
    return Heard(inputs=[contact], told=_PRESSED if kind == _COMPONENT else _TAKEN)


def _interaction(one: _Interaction) -> dict[str, Any]:
    user = one.member.user if one.member is not None else one.user
    if user is None:
        raise ValueError("an interaction of nobody")
    return {
        "channel": NAME,
        "handle": user.id,
        "provider_id": f"{one.channel_id}:{one.id}",
        "at": _time(one.id),
    }


def _press(one: _Interaction) -> dict[str, Any]:
    """What a button of ours says, in answer to the message that it stands under."""
    if one.message is None:
        raise ValueError("a button without its message")
    words = one.data.custom_id.removeprefix(BUTTON).partition(":")[2]
    return {"message": words, "in_reply_to": f"{one.channel_id}:{one.message.id}"}


def _command(one: _Interaction) -> dict[str, Any]:
    """What somebody gave a command to say, or the message that they used it on."""
    data, resolved = one.data, one.data.resolved
    if data.type == _MESSAGE_COMMAND:
        message = resolved.messages[data.target_id]
        about = {"in_reply_to": f"{one.channel_id}:{data.target_id}"}
        return {**_said(message), **about}
    words = "\n".join(_words(data.options))
    found = _content(words, resolved.attachments.values(), resolved.users.values())
    if not words and not resolved.attachments:
        found["message"] = f"/{data.name}"
    return found


def _words(options: Iterable[_Option]) -> Iterator[str]:
    for option in options:
        if option.type == _STRING:
            yield str(option.value)
        elif option.type in {_INTEGER, _BOOLEAN, _NUMBER}:
            yield f"{option.name}: {option.value}"
        elif option.type in _NAMED:
            yield f"{option.name}: <{_NAMED[option.type]}{option.value}>"
        yield from _words(option.options)


def _dispatched(content: bytes) -> Heard:
    """The contact in an event of the Gateway."""
    try:
        event = msgspec.json.decode(content, type=_Dispatch)
    except _NOTHING as error:
        raise Unreadable(
            f"this is no event of Discord's Gateway ({error!r})", _OF_A_PAGE
        ) from error
    if event.t == "MESSAGE_UPDATE" and not event.d.get("edited_timestamp"):
        return Heard(missed=["MESSAGE_UPDATE: its words are the same"])
    contact = contact_of(event.d)
    return Heard(missed=[f"{event.t}: nobody wrote it"]) if contact is None else Heard([contact])


def contact_of(message: dict[str, Any]) -> dict[str, Any] | None:
    """The contact that an ordinary message is, as the Gateway has it in `MESSAGE_CREATE`.

    One that was edited, as in `MESSAGE_UPDATE`, is another message, which answers the first.

    Returns:
        A line of input; None where a program wrote it, or nobody did.

    Raises:
        Unreadable: It is no message.
    """
    try:
        said = msgspec.convert(message, _Message)
        if said.author.bot or said.webhook_id is not None or said.type not in _WRITTEN:
            return None
        contact = {
            "channel": NAME,
            "handle": said.author.id,
            **_said(said),
            "provider_id": f"{said.channel_id}:{said.id}",
            "at": _time(said.id),
            "metadata": {"message": message},
        }
    except _NOTHING as error:
        raise Unreadable(
            f"this is no message of Discord ({error!r})",
            _OF_A_PAGE,
        ) from error
    if said.edited_timestamp is not None:
        return contact | _edit(contact, said.edited_timestamp)
    answered = said.message_reference
    if answered is not None and answered.type == 0 and answered.message_id is not None:
        contact["in_reply_to"] = f"{answered.channel_id or said.channel_id}:{answered.message_id}"
    return contact


def _edit(contact: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What is other where a message was edited."""
    name = contact["provider_id"]
    return {
        "message": f"Edited: {contact['message']}",
        "provider_id": f"{name}:{int(at.timestamp() * 1000)}",
        "in_reply_to": name,
        "at": rfc3339(at),
    }


def _said(message: _Quoted) -> dict[str, Any]:
    """What a message says, and what it passes on: in that there is no word of its author's."""
    said = _content(_shown(message), message.attachments, message.mentions)
    for one in message.message_snapshots:
        more = _content(_shown(one.message), one.message.attachments, one.message.mentions)
        forwarded = f"Forwarded: {more['message']}".strip()
        said["message"] = f"{said['message']}\n\n{forwarded}".lstrip("\n")
        if files := [*said.get("attachments", []), *more.get("attachments", [])]:
            said["attachments"] = files
    return said


def _shown(words: _Words) -> str:
    """What somebody wrote, the names of their stickers, and the poll that they hold."""
    lines = [words.content, *(f"[{one.name}]" for one in words.sticker_items)]
    if words.poll is not None:
        lines.append(words.poll.question.text)
        lines += (f"- {one.poll_media.text}" for one in words.poll.answers)
    return "\n".join(line for line in lines if line)


def _content(
    text: str, attachments: Iterable[_Attachment], people: Iterable[_User]
) -> dict[str, Any]:
    names = {one.id: one.global_name or one.username for one in people}
    content: dict[str, Any] = {"message": _plain(text, names)}
    files = [
        {
            "name": one.filename,
            "media_type": one.content_type or "application/octet-stream",
            "size": one.size,
            "url": one.url,
        }
        for one in attachments
    ]
    return {**content, "attachments": files} if files else content


def _plain(text: str, names: dict[str, str]) -> str:
    """A text with the names of what Discord marks by its id."""

    def said(found: re.Match[str]) -> str:
        person, role, channel, emoji, command, moment = found.groups()
        if moment is not None:
            return rfc3339(datetime.fromtimestamp(int(moment), UTC))
        if person is not None:
            return f"@{names.get(person) or person}"
        if emoji is not None:
            return f":{emoji}:"
        return f"/{command}" if command else f"#{channel}" if channel else f"@{role}"

    return _MARK.sub(said, text)


def _time(snowflake: str) -> str:
    milliseconds = (int(snowflake) >> 22) + _EPOCH_MILLISECONDS
    return rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC))
