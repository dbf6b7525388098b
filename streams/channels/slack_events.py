"""What Slack sends: events, interactions and commands, as contacts.

Contract: https://docs.slack.dev (Events API, interactivity). A message is its workspace, its
conversation and its `ts`: it comes again when it was not acknowledged in time, and as `message`
and as `app_mention` where it names us.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import msgspec

from schemas.vocabulary import rfc3339
from streams.channels.channel import Heard, Hook, Told
from streams.channels.settings import Slack
from streams.channels.slack_remarks import remark
from streams.channels.slack_text import plain
from streams.errors import Unreadable

NAME = "slack"

BUTTON = "pactdesk:"
"""How the `action_id` of a button of ours begins."""

_TAKEN = Told(
    b'{"response_type": "ephemeral", "text": "Thank you. We have your message."}',
    "application/json",
)
"""Is shown to who used the command, and to nobody else."""

_WRITTEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""Subtypes of messages that somebody wrote; the others tell of something that happened."""

_NOTHING = (msgspec.MsgspecError, ValueError, KeyError, OverflowError, OSError, RecursionError)
"""What reading a body of another shape raises."""


class _Edited(msgspec.Struct):
    ts: str


class _File(msgspec.Struct):
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    url_private: str | None = None
    url_private_download: str | None = None


class _Shared(msgspec.Struct):
    """What stands under a message: another one that was passed on, or a link's preview."""

    is_share: bool = False
    text: str | None = None
    fallback: str | None = None
    files: list[_File] = []


class _Message(msgspec.Struct):
    """A message, or an event that holds one."""

    type: str = "message"
    subtype: str | None = None
    channel: str = ""
    user: str | None = None
    bot_id: str | None = None
    text: str | None = None
    ts: str = ""
    thread_ts: str | None = None
    edited: _Edited | None = None
    files: list[_File] = []
    attachments: list[_Shared] = []
    message: _Message | None = None
    previous_message: _Message | None = None


class _Callback(msgspec.Struct):
    type: str
    challenge: str = ""
    team_id: str = ""
    event_id: str | None = None
    event: dict[str, Any] = {}
    minute_rate_limited: int = 0


class _Named(msgspec.Struct):
    id: str


class _Button(msgspec.Struct):
    action_id: str
    action_ts: str
    type: str
    value: str | None = None  # a field that was emptied has none


class _Pressed(msgspec.Struct):
    """What of a message with our buttons comes back when one is pressed."""

    ts: str
    team: str | None = None
    thread_ts: str | None = None


class _Interaction(msgspec.Struct):
    type: str
    team: _Named | None = None
    user: _Named | None = None
    channel: _Named | None = None
    message: _Pressed | None = None
    actions: list[_Button] = []


def parse(settings: Slack, hook: Hook) -> Heard:
    """Contacts in a body, or the answer to the handshake; raises `Unreadable`."""
    try:
        match hook.path:
            case "actions":
                heard = _interacted(hook.body)
            case "commands":
                heard = _commanded(hook.body, hook.at)
            case _:
                heard = _called_back(hook.body)
    except _NOTHING as error:
        raise Unreadable(
            f"the body is no event, no interaction and no command of Slack ({error!r})",
            "see that Slack's event subscriptions name …/events, its interactivity …/actions, its"
            " commands …/commands",
        ) from error
    said = [(one, remark(settings, one)) for one in heard.inputs]
    return msgspec.structs.replace(
        heard,
        inputs=[contact for contact, by_us in said if by_us is None],
        remarks=[by_us for _, by_us in said if by_us is not None],
    )


def _called_back(content: bytes) -> Heard:
    body = msgspec.json.decode(content, type=_Callback)
    if body.type == "url_verification":
        return Heard(told=Told(body.challenge.encode()))
    if body.type == "app_rate_limited":
        minute = rfc3339(datetime.fromtimestamp(body.minute_rate_limited, UTC))
        return Heard(missed=[f"app_rate_limited: {body.team_id} sends us too much, since {minute}"])
    if body.type != "event_callback":
        return Heard(missed=[body.type])
    if (kind := body.event["type"]) not in {"message", "app_mention"}:
        return Heard(missed=[kind])
    event = msgspec.convert(body.event, _Message)
    gone = _deleted(event)
    message, missed = _written(event if gone is None else gone)
    if message is None:
        return Heard(missed=[missed if gone is None else f"{missed}, deleted"])
    contact = _contact(body.team_id, event.channel, message)
    contact["metadata"] = {"event_id": body.event_id, "event": body.event}
    return Heard(inputs=[contact if gone is None else _deletion(contact, event)])


def _deleted(event: _Message) -> _Message | None:
    """The message that was deleted, if one was; in place of one with answers there is a stone."""
    stone = event.message is not None and event.message.subtype == "tombstone"
    if event.subtype != "message_deleted" and not (event.subtype == "message_changed" and stone):
        return None
    if event.previous_message is None:
        raise ValueError("a deletion without its message")
    return msgspec.structs.replace(event.previous_message, edited=None)  # it goes in all versions


def _written(event: _Message) -> tuple[_Message | None, str]:
    """The message that somebody wrote, or in words why there is none."""
    message = event
    if event.subtype == "message_changed":
        if event.message is None:
            raise ValueError("an edit without its message")
        message, before = event.message, event.previous_message
        if message.edited is None or (before is not None and before.text == message.text):
            return None, "message_changed: its words are the same"
    if message.bot_id is not None or message.user in {None, "USLACKBOT"}:
        return None, f"{event.type} of a bot"
    if message.subtype not in _WRITTEN:
        return None, f"message, {message.subtype}"
    return message, ""


def _contact(team: str, channel: str, message: _Message) -> dict[str, Any]:
    if not (team and channel):
        raise ValueError("a message without its workspace and conversation")
    name = f"{team}:{channel}:{message.ts}"
    passed_on = [one for one in message.attachments if one.is_share]
    text = "\n\n".join(filter(None, [plain(message.text or ""), *map(_forwarded, passed_on)]))
    files = [*message.files, *(file for one in passed_on for file in one.files)]
    contact: dict[str, Any] = {
        "channel": NAME,
        "handle": f"{team}/{message.user}",
        "message": text,
        "provider_id": name,
        "at": _time(message.ts),
    }
    if message.thread_ts is not None and message.thread_ts != message.ts:
        contact["thread"] = f"{team}:{channel}:{message.thread_ts}"
        # Slack's answer to a message of ours does not name the workspace, so that a thread which
        # begins with one is known by this name.
        contact["in_reply_to"] = f"{channel}:{message.thread_ts}"
    if message.edited is not None:
        contact |= {
            "message": f"Edited: {text}",
            "provider_id": f"{name}:{message.edited.ts}",
            "in_reply_to": name,
            "at": _time(message.edited.ts),
        }
    if files:
        contact["attachments"] = [_attachment(one) for one in files]
    return contact


def _forwarded(shared: _Shared) -> str:
    """A message that was passed on, in whose words there may be none of who passed it on."""
    return f"Forwarded: {plain(shared.text or shared.fallback or '')}".strip()


def _deletion(contact: dict[str, Any], event: _Message) -> dict[str, Any]:
    """What says of a contact that it was deleted; the agents leave it alone."""
    name = contact["provider_id"]
    return {
        **contact,
        "message": f"Deleted: {contact['message']}",
        "provider_id": f"{name}:deleted",
        "in_reply_to": name,
        "at": _time(event.ts),
        "metadata": {"deleted": True, **contact["metadata"]},
    }


def _attachment(file: _File) -> dict[str, Any]:
    attachment: dict[str, Any] = {
        "name": file.name or file.title or "file",
        "media_type": file.mimetype or "application/octet-stream",
        "size": file.size or 0,
    }
    if url := file.url_private_download or file.url_private:
        attachment["url"] = url
    return attachment


def _time(stamp: str) -> str:
    return rfc3339(datetime.fromtimestamp(float(stamp), UTC))


def _interacted(content: bytes) -> Heard:
    payload = parse_qs(content.decode(), strict_parsing=True)["payload"][0]
    body = msgspec.json.decode(payload, type=_Interaction)
    if body.type != "block_actions":
        return Heard(missed=[body.type])
    inputs, missed = [], []
    for button in body.actions:
        if button.action_id.startswith(BUTTON):
            contact = _press(body, button)
            contact["metadata"] = {"payload": msgspec.json.decode(payload)}
            inputs.append(contact)
        else:
            missed.append(f"{button.type} {button.action_id}: not ours")
    return Heard(inputs=inputs, missed=missed)


def _press(body: _Interaction, button: _Button) -> dict[str, Any]:
    """A contact that says what the button says."""
    if body.user is None or body.channel is None or body.message is None:
        raise ValueError("a button without its user, conversation or message")
    # The message's workspace is ours, as in events; the other is that of who pressed.
    team = body.message.team or (body.team.id if body.team is not None else "")
    place = f"{body.channel.id}:{body.message.ts}"
    contact = {
        "channel": NAME,
        "handle": f"{team}/{body.user.id}",
        "message": button.value or "",
        "provider_id": f"{team}:{place}:{button.action_ts}:{body.user.id}",
        "in_reply_to": place,
        "at": _time(button.action_ts),
    }
    if body.message.thread_ts is not None:
        contact["thread"] = f"{team}:{body.channel.id}:{body.message.thread_ts}"
    return contact


def _commanded(content: bytes, at: datetime) -> Heard:
    """What somebody gave a command to say; it has a name of its own, but neither time nor place."""
    form = dict(parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True))
    if form.get("ssl_check") == "1":  # now and then Slack looks at the address, and says nothing
        return Heard(missed=["ssl_check"])
    team = form["team_id"]
    contact = {
        "channel": NAME,
        "handle": f"{team}/{form['user_id']}",
        "message": form.get("text", "").strip() or form["command"],
        "provider_id": f"{team}:{form['trigger_id']}",
        "at": rfc3339(at),
        # With the two that are left out anybody could answer in our name.
        "metadata": {
            "command": {k: v for k, v in form.items() if k not in {"token", "response_url"}}
        },
    }
    return Heard(inputs=[contact], told=_TAKEN)
